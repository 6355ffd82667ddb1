// Package catalog is what is known of models, of those who serve them and of what
// they run on: prices, lifecycles, licences, terms of service, shapes, GPUs. Every
// entry names the document it was read from and the day. It records and shows; it
// decides nothing, gives no legal advice, asks no network, and refuses entries
// without a source. What it does not hold is unknown, never zero or "no".
package catalog

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"switchover/targets/price"
)

// Catalog is a set of entries. The zero value is empty.
type Catalog struct {
	// Attribution is owed to whom entries were taken from, in their words.
	Attribution string     `json:"attribution,omitempty"`
	Models      []Model    `json:"models,omitempty"`
	Providers   []Provider `json:"providers,omitempty"`
	Prices      []Price    `json:"prices,omitempty"`
	Licences    []Licence  `json:"licences,omitempty"`
	GPUs        []GPU      `json:"gpus,omitempty"`
}

// Proof is where an entry was read.
type Proof struct {
	Source  string       `json:"source"`  // the vendor's document, by its address
	Checked price.Moment `json:"checked"` // the day it was read
}

// Model is one model, whoever serves it. Absent is unknown.
type Model struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"` // names that APIs and model hubs know it by
	Vendor  string   `json:"vendor"`
	// Status is StatusActive, StatusDeprecated or StatusRetired at the vendor's own
	// service; clouds that serve the model have calendars of their own.
	Status     string       `json:"status,omitempty"`
	Released   price.Moment `json:"released,omitzero"`
	Deprecated price.Moment `json:"deprecated,omitzero"`
	Retires    price.Moment `json:"retires,omitzero"`     // requests fail from this day on
	Successor  string       `json:"successor,omitempty"`  // the vendor's advice, or its next model of the kind
	Context    int          `json:"context,omitempty"`    // tokens, input and output together
	MaxOutput  int          `json:"max_output,omitempty"` // tokens of one answer
	Open       *bool        `json:"open_weights,omitempty"`
	Licence    string       `json:"licence,omitempty"` // of the weights, or the terms of a closed model; a Licence's id
	Shape      *Shape       `json:"shape,omitempty"`
	Notes      string       `json:"notes,omitempty"`
	Proof
}

// The stages of a model's life.
const (
	StatusActive     = "active"
	StatusDeprecated = "deprecated" // still answers; the vendor advises against it
	StatusRetired    = "retired"    // requests fail
)

// Shape is what a model's memory need follows from. Absent is unknown.
type Shape struct {
	Parameters int64 `json:"parameters,omitempty"`
	Active     int64 `json:"active,omitempty"` // parameters used for one token, of a mixture of experts
	Layers     int   `json:"layers,omitempty"`
	Hidden     int   `json:"hidden,omitempty"`
	Heads      int   `json:"heads,omitempty"`
	KVHeads    int   `json:"kv_heads,omitempty"`
	HeadDim    int   `json:"head_dim,omitempty"`
	Window     int   `json:"window,omitempty"` // tokens of a sliding window
	Vocabulary int   `json:"vocabulary,omitempty"`
}

// Provider is a service that answers for models.
type Provider struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
	// Addresses are regular expressions (RE2) for how its addresses begin.
	Addresses []string `json:"addresses,omitempty"`
	// Deployments says that models are asked for by names that the customer gives, so
	// that a name does not tell the model.
	Deployments bool    `json:"deployments,omitempty"`
	Terms       *Terms  `json:"terms,omitempty"`
	Domain      *Domain `json:"failure,omitempty"`
	Limits      []Limit `json:"limits,omitempty"`
	Notes       string  `json:"notes,omitempty"`
	Proof
}

// Terms are what a provider says of what it is sent.
type Terms struct {
	Region        string `json:"region,omitempty"` // where it is processed and kept
	RetentionDays *int   `json:"retention_days,omitempty"`
	Training      string `json:"training,omitempty"` // on inputs, by default: yes, no, opt-out
	Buyers        string `json:"buyers,omitempty"`   // who may buy, and where
	Notes         string `json:"notes,omitempty"`
	Proof
}

// Domain is what fails together: a service is gone when any of these is.
type Domain struct {
	Vendor   string `json:"vendor,omitempty"`   // who runs the service
	Cloud    string `json:"cloud,omitempty"`    // whose machines it runs on
	Upstream string `json:"upstream,omitempty"` // whose models it needs
	Proof
}

// Limit is a published limit of a provider's service.
type Limit struct {
	Model      string `json:"model,omitempty"` // of one model; absent: of all
	Concurrent int    `json:"concurrent,omitempty"`
	PerMinute  int    `json:"requests_per_minute,omitempty"`
	Notes      string `json:"notes,omitempty"`
	Proof
}

// Price is what a provider takes for a model, in USD per 1,000,000 tokens. Its
// Source is the list's own.
type Price struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
	// Names are further names that the provider knows the model by; Match tells the
	// rest of them.
	Names []string `json:"names,omitempty"`
	Match *Match   `json:"match,omitempty"`
	price.List
	Checked price.Moment `json:"checked"`
	Notes   string       `json:"notes,omitempty"`
}

// Licence is a licence or terms of use as a checklist. Absent is unknown.
type Licence struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Aliases        []string `json:"aliases,omitempty"`
	Version        string   `json:"version,omitempty"`
	Commercial     string   `json:"commercial,omitempty"`      // yes, no, conditional
	Condition      string   `json:"condition,omitempty"`       // of commercial use
	Attribution    string   `json:"attribution,omitempty"`     // what must be named
	Notice         string   `json:"notice,omitempty"`          // what must be passed on
	Naming         string   `json:"naming,omitempty"`          // of derivatives
	Modify         string   `json:"modify,omitempty"`          // yes, no, conditional
	Redistribute   string   `json:"redistribute,omitempty"`    // yes, no, conditional
	Hosting        string   `json:"hosting,omitempty"`         // as a service to others: yes, no, conditional
	Geography      string   `json:"geography,omitempty"`       // where it does not hold
	OutputTraining string   `json:"output_training,omitempty"` // of other models on answers: yes, no, conditional
	AUP            string   `json:"aup,omitempty"`             // the acceptable use policy's address
	Notes          string   `json:"notes,omitempty"`
	Proof
}

// GPU is one accelerator's data sheet. Absent is unknown.
type GPU struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Aliases    []string `json:"aliases,omitempty"`
	MemoryGiB  float64  `json:"memory_gib,omitempty"`
	Bandwidth  float64  `json:"bandwidth_gbps,omitempty"` // GB/s of its memory
	TFLOPS     float64  `json:"bf16_tflops,omitempty"`    // dense
	FP8TFLOPS  float64  `json:"fp8_tflops,omitempty"`     // dense
	Watts      float64  `json:"watts,omitempty"`
	Capability string   `json:"compute_capability,omitempty"`
	Notes      string   `json:"notes,omitempty"`
	Proof
}

//go:embed data/*.json
var files embed.FS

// Load returns the catalog that comes with the program.
var Load = sync.OnceValues(func() (*Catalog, error) {
	entries, err := files.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	all := &Catalog{}
	for _, e := range entries {
		b, err := files.ReadFile("data/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("reading the catalog: %w", err)
		}
		c, err := Read(b)
		if err != nil {
			return nil, fmt.Errorf("reading the catalog's %s: %w", e.Name(), err)
		}
		all = all.Over(c)
	}
	return all, nil
})

// Over is the catalog with another beneath it: where both have an entry, this
// catalog's holds as a whole; only a provider keeps what it leaves out, because lists
// of prices name providers and say nothing of their terms.
func (c *Catalog) Over(base *Catalog) *Catalog {
	if c == nil {
		return base
	}
	if base == nil {
		return c
	}
	return &Catalog{
		Attribution: strings.TrimSpace(c.Attribution + "\n" + base.Attribution),
		Models:      slices.Concat(c.Models, base.Models),
		Providers:   slices.Concat(filled(c.Providers, base), base.Providers),
		Prices:      slices.Concat(c.Prices, base.Prices),
		Licences:    slices.Concat(c.Licences, base.Licences),
		GPUs:        slices.Concat(c.GPUs, base.GPUs),
	}
}

// filled are providers with what they leave out of those that they stand over.
func filled(over []Provider, base *Catalog) []Provider {
	out := slices.Clone(over)
	for i := range out {
		p := &out[i]
		b := base.Provider(p.ID)
		if b == nil || !strings.EqualFold(b.ID, p.ID) {
			continue
		}
		p.Deployments = p.Deployments || b.Deployments
		if p.Aliases == nil {
			p.Aliases = b.Aliases
		}
		if p.Addresses == nil {
			p.Addresses = b.Addresses
		}
		if p.Terms == nil {
			p.Terms = b.Terms
		}
		if p.Domain == nil {
			p.Domain = b.Domain
		}
		if p.Limits == nil {
			p.Limits = b.Limits
		}
	}
	return out
}

// Model finds a model by its id or an alias, in any case; nil where it is not known.
func (c *Catalog) Model(name string) *Model {
	return find(c.Models, name, func(m *Model) (string, string, []string) { return m.ID, m.Name, m.Aliases })
}

// Provider finds a provider by its id, name or an alias.
func (c *Catalog) Provider(name string) *Provider {
	return find(c.Providers, name, func(p *Provider) (string, string, []string) { return p.ID, p.Name, p.Aliases })
}

// Licence finds a licence by its id, name or an alias.
func (c *Catalog) Licence(name string) *Licence {
	return find(c.Licences, name, func(l *Licence) (string, string, []string) { return l.ID, l.Name, l.Aliases })
}

// GPU finds an accelerator by its id, name or an alias.
func (c *Catalog) GPU(name string) *GPU {
	return find(c.GPUs, name, func(g *GPU) (string, string, []string) { return g.ID, g.Name, g.Aliases })
}

// find is the first entry that goes by a name; ids go before names and aliases.
func find[T any](entries []T, name string, of func(*T) (id, name string, aliases []string)) *T {
	name = strings.TrimSpace(name)
	if name == "" {
		return nil
	}
	var other *T
	for i := range entries {
		id, full, aliases := of(&entries[i])
		if strings.EqualFold(id, name) {
			return &entries[i]
		}
		if other == nil && (strings.EqualFold(full, name) || slices.ContainsFunc(aliases, func(a string) bool { return strings.EqualFold(a, name) })) {
			other = &entries[i]
		}
	}
	return other
}

// ProviderAt finds who answers at an address; nil where that is not known.
func (c *Catalog) ProviderAt(url string) *Provider {
	url = strings.ToLower(url)
	for i := range c.Providers {
		for _, pattern := range c.Providers[i].Addresses {
			re, err := regexp.Compile("^(?:" + pattern + ")")
			if err != nil {
				continue
			}
			re.Longest()
			if at := re.FindStringIndex(url); at != nil && !splitsHost(url, at[1]) {
				return &c.Providers[i]
			}
		}
	}
	return nil
}

// splitsHost reports whether an address goes on after its first n bytes with more of its
// host's name: what is known of api.example.com does not hold for
// api.example.com.elsewhere.net. Patterns that end with a dot leave the rest open.
func splitsHost(url string, n int) bool {
	_, after, ok := strings.Cut(url, "://")
	host := len(url) - len(after)
	if !ok || n <= host {
		return false
	}
	if i := strings.IndexAny(after, "/:?#"); i >= 0 {
		after = after[:i]
	}
	return n < host+len(after) && url[n-1] != '.'
}

// Price finds what a provider takes for a model, by any of the names it has there;
// nil where that is not known. A name of the very price goes before a name of the
// model's, and that before what a Match holds for.
func (c *Catalog) Price(provider, model string) *Price {
	model = strings.TrimSpace(model)
	var named, matched *Price
	known := c.Model(model)
	for i := range c.Prices {
		p := &c.Prices[i]
		switch {
		case !strings.EqualFold(p.Provider, provider):
		case strings.EqualFold(p.Model, model), slices.ContainsFunc(p.Names, func(n string) bool { return strings.EqualFold(n, model) }):
			return p
		case named == nil && known != nil && (strings.EqualFold(known.ID, p.Model) || c.Model(p.Model) == known):
			named = p
		case matched == nil && named == nil && p.Match.holds(model):
			matched = p
		}
	}
	if named != nil {
		return named
	}
	return matched
}

// PricesOf are the prices of a model, or of a provider, in the catalog's order, without
// those that others stand over.
func (c *Catalog) PricesOf(model, provider string) []Price {
	var out []Price
	for i := range c.Prices {
		p := &c.Prices[i]
		if (model == "" || strings.EqualFold(p.Model, model)) && (provider == "" || strings.EqualFold(p.Provider, provider)) && c.reached(p) {
			out = append(out, *p)
		}
	}
	return out
}

// reached reports whether a price is found by one of its names.
func (c *Catalog) reached(p *Price) bool {
	return c.Price(p.Provider, p.Model) == p || slices.ContainsFunc(p.Names, func(name string) bool { return c.Price(p.Provider, name) == p })
}
