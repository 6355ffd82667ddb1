package scenarios

import (
	"encoding/json"
	"fmt"

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

// word reads a think time that is always the same.
func (t *Think) word(text string) error {
	var d Duration
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return err
	}
	*t = Think{Fixed: d}
	return nil
}

// MarshalJSON writes the duration, or the distribution.
func (t Think) MarshalJSON() ([]byte, error) {
	if len(t.Uniform) == 0 {
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

// JSONSchemaExtend lets a duration stand for the mapping.
func (Think) JSONSchemaExtend(s *jsonschema.Schema) { orWord(s, Duration(0).JSONSchema()) }

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
