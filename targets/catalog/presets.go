package catalog

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Preset is what one word in place of an address stands for: where an API is, what it
// speaks, and in which variable its users keep the key.
type Preset struct {
	Name string `json:"name"`
	// Protocol is spoken at URL, unless another is asked for. URL may have {region} and
	// {resource} in it, which the user has to name.
	Protocol string `json:"protocol"`
	URL      string `json:"url"`
	// Also are the addresses at which further protocols are spoken.
	Also map[string]string `json:"also,omitempty"`
	// KeyEnv is the variable that the vendor's own documents name; empty where they
	// name none.
	KeyEnv string `json:"key_env,omitempty"`
	// Local says that it is a server of one's own, which needs no key.
	Local bool   `json:"local,omitempty"`
	Note  string `json:"note,omitempty"`
	Proof
}

//go:embed presets.json
var presetsJSON []byte

var presets = sync.OnceValue(func() []Preset {
	var out []Preset
	d := json.NewDecoder(bytes.NewReader(presetsJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		panic("presets.json: " + err.Error()) // part of the program; a test reads it
	}
	return out
})

// Presets lists them all, hosted services first.
func Presets() []Preset { return slices.Clone(presets()) }

// LookupPreset finds a preset by its name.
func LookupPreset(name string) (Preset, bool) {
	for _, p := range presets() {
		if p.Name == name {
			return p, true
		}
	}
	return Preset{}, false
}

// SpokenAt is the usual protocol at an address that is a preset's to the letter; empty
// for any other, and where several presets have the same.
func SpokenAt(address string) (protocol string) {
	address = strings.TrimRight(address, "/")
	found := 0
	for _, p := range presets() {
		for _, spoken := range p.Protocols() {
			if at, err := p.Address(spoken); err == nil && at == address {
				protocol = spoken
				found++
				break
			}
		}
	}
	if found != 1 {
		return ""
	}
	return protocol
}

// Protocols lists what is spoken there, the usual one first.
func (p *Preset) Protocols() []string {
	return append([]string{p.Protocol}, slices.Sorted(maps.Keys(p.Also))...)
}

// Address is where a protocol is spoken, the usual one where it is empty, with its
// {region} and {resource} still in it.
func (p *Preset) Address(protocol string) (string, error) {
	if protocol == "" || protocol == p.Protocol {
		return p.URL, nil
	}
	if address, ok := p.Also[protocol]; ok {
		return address, nil
	}
	return "", fmt.Errorf("%s speaks %s", p.Name, strings.Join(p.Protocols(), ", "))
}

// show is the preset as an entry: what its word stands for.
func (p *Preset) show() Entry {
	e := Entry{Kind: "word", ID: p.Name}
	for i, protocol := range p.Protocols() {
		address, _ := p.Address(protocol) // of a protocol that it speaks
		name := "address, " + protocol
		if i == 0 {
			name = "address"
			e.put(p.Proof, "protocol", protocol)
		}
		e.put(p.Proof, name, address)
	}
	key := p.KeyEnv
	switch {
	case p.Local:
		key = "none is needed"
	case key == "":
		key = "none is usual: name one"
	}
	e.put(p.Proof, "key's variable", key)
	e.add(p.Proof, "notes", p.Note)
	return e
}
