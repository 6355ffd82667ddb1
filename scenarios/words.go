package scenarios

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"switchover/scenarios/prompts"
)

// word reads "bundled"; a file is a mapping.
func (s *Source) word(text string) error {
	if text != "bundled" {
		return &hinted{fmt.Sprintf("%q is no source of conversations", clip(text)), "write bundled, or {file: PATH, format: conversations}"}
	}
	*s = Source{Bundled: true}
	return nil
}

// MarshalJSON writes bundled, or the file.
func (s Source) MarshalJSON() ([]byte, error) {
	if s.Bundled {
		return []byte(`"bundled"`), nil
	}
	type mapping Source
	return json.Marshal(mapping(s))
}

// word reads a rate that stays the same.
func (r *Ramp) word(text string) error {
	var fixed Rate
	if err := fixed.UnmarshalText([]byte(text)); err != nil {
		return err
	}
	*r = Ramp{Fixed: fixed}
	return nil
}

// MarshalJSON writes the rate, or its two ends.
func (r Ramp) MarshalJSON() ([]byte, error) {
	if r.Fixed > 0 {
		return json.Marshal(r.Fixed)
	}
	type mapping Ramp
	return json.Marshal(mapping(r))
}

// word reads a process without parameters.
func (a *Arrivals) word(text string) error {
	words := []string{ArrivalsPoisson, ArrivalsConstant}
	if !slices.Contains(words, text) {
		hint := "or {gamma: {burstiness: 0.5}}"
		if near := nearest(text, words); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		} else if text == "gamma" {
			hint = "say how bursty: arrivals: {gamma: {burstiness: 0.5}}"
		}
		return &hinted{fmt.Sprintf("%q is none of %s", clip(text), strings.Join(words, ", ")), hint}
	}
	*a = Arrivals{Process: text}
	return nil
}

// MarshalJSON writes the word, or the process with its parameters.
func (a Arrivals) MarshalJSON() ([]byte, error) {
	if a.Gamma == nil {
		return json.Marshal(a.Process)
	}
	type mapping Arrivals
	return json.Marshal(mapping(a))
}

// word reads a think time that is always the same.
func (t *Think) word(text string) error {
	var d Duration
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return err
	}
	*t = Think{Fixed: &d}
	return nil
}

// MarshalJSON writes the duration, or the distribution.
func (t Think) MarshalJSON() ([]byte, error) {
	if t.Fixed != nil {
		return json.Marshal(t.Fixed)
	}
	type mapping Think
	return json.Marshal(mapping(t))
}

// word reads a system prompt that stands in the scenario itself.
func (s *System) word(text string) error {
	*s = System{Text: text}
	return nil
}

// JSONSchemaExtend lets the word bundled stand for the mapping.
func (Source) JSONSchemaExtend(s *jsonschema.Schema) {
	enum(s, "format", prompts.Formats)
	orWord(s, &jsonschema.Schema{Const: "bundled"})
}

// JSONSchemaExtend lets a rate stand for the mapping.
func (Ramp) JSONSchemaExtend(s *jsonschema.Schema) { orWord(s, Rate(0).JSONSchema()) }

// JSONSchemaExtend lets the processes without parameters stand for the mapping.
func (Arrivals) JSONSchemaExtend(s *jsonschema.Schema) {
	orWord(s, &jsonschema.Schema{Enum: []any{ArrivalsPoisson, ArrivalsConstant}})
}

// JSONSchemaExtend lets a duration stand for the mapping, which names one
// distribution.
func (Think) JSONSchemaExtend(s *jsonschema.Schema) {
	one := uint64(1)
	s.MinProperties, s.MaxProperties = &one, &one
	orWord(s, Duration(0).JSONSchema())
}

// JSONSchemaExtend lets text stand for the mapping.
func (System) JSONSchemaExtend(s *jsonschema.Schema) {
	orWord(s, &jsonschema.Schema{Type: "string"})
}

// orWord turns a mapping's schema into a choice of the mapping and a word.
func orWord(s, word *jsonschema.Schema) {
	mapping := *s
	mapping.Description, mapping.Title = "", ""
	*s = jsonschema.Schema{Description: s.Description, AnyOf: []*jsonschema.Schema{word, &mapping}}
}
