package scenarios

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/invopop/jsonschema"

	"switchover/scenarios/prompts"
)

// list is where several sources go.
func (w *Workload) list() any { return &w.Mix }

// MarshalJSON writes the one source, or the list.
func (w Workload) MarshalJSON() ([]byte, error) {
	if w.Mix != nil {
		return json.Marshal(w.Mix)
	}
	return json.Marshal(w.Asked)
}

// word reads a length that is always the same.
func (l *TokenLengths) word(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil {
		return &hinted{fmt.Sprintf("%q is not a number of tokens", clip(text)), "write 512, or a distribution: {uniform: [100, 1000]}"}
	}
	if n < 1 {
		return &hinted{fmt.Sprintf("%d is too small: a length is at least 1 token", n), ""}
	}
	*l = TokenLengths{Fixed: n}
	return nil
}

// MarshalJSON writes the number, or the distribution.
func (l TokenLengths) MarshalJSON() ([]byte, error) {
	if l.Fixed > 0 {
		return json.Marshal(l.Fixed)
	}
	type mapping TokenLengths
	return json.Marshal(mapping(l))
}

// lengths is the distribution itself.
func (l *TokenLengths) lengths() prompts.Lengths {
	switch {
	case len(l.Uniform) == 2:
		return prompts.UniformLengths(l.Uniform[0], l.Uniform[1])
	case l.Normal != nil:
		return prompts.NormalLengths(l.Normal.Mean, l.Normal.SD)
	case l.Lognormal != nil:
		return prompts.LognormalLengths(l.Lognormal.Mean, l.Lognormal.SD)
	case l.Zipf != nil:
		return prompts.ZipfLengths(l.Zipf.Exponent, l.Zipf.Max)
	}
	return prompts.FixedLengths(l.Fixed)
}

// Text is the distribution in words.
func (l *TokenLengths) Text() string {
	switch {
	case len(l.Uniform) == 2:
		return fmt.Sprintf("%d to %d (uniform)", l.Uniform[0], l.Uniform[1])
	case l.Normal != nil:
		return fmt.Sprintf("%s on average (normal, sd %s)", short(l.Normal.Mean), short(l.Normal.SD))
	case l.Lognormal != nil:
		return fmt.Sprintf("%s on average (log-normal, sd %s)", short(l.Lognormal.Mean), short(l.Lognormal.SD))
	case l.Zipf != nil:
		return fmt.Sprintf("1 to %d (zipf, exponent %s)", l.Zipf.Max, short(l.Zipf.Exponent))
	}
	return strconv.Itoa(l.Fixed)
}

// JSONSchemaExtend lets a list of sources stand for one.
func (Workload) JSONSchemaExtend(s *jsonschema.Schema) {
	r, _, err := reflector()
	if err != nil {
		panic("the schema's own comments cannot be read: " + err.Error()) // a mistake of the build
	}
	r.DoNotReference = true
	source := r.Reflect(&Weighted{})
	source.Version = ""
	least, most := uint64(1), uint64(16)
	orWord(s, &jsonschema.Schema{Type: "array", MinItems: &least, MaxItems: &most, Items: source})
}

// JSONSchemaExtend lets a number of tokens stand for the mapping, which names one
// distribution.
func (TokenLengths) JSONSchemaExtend(s *jsonschema.Schema) {
	one := uint64(1)
	s.MinProperties, s.MaxProperties = &one, &one
	orWord(s, &jsonschema.Schema{Type: "integer", Minimum: "1"})
}

// JSONSchemaExtend names the formats.
func (Trace) JSONSchemaExtend(s *jsonschema.Schema) { enum(s, "format", prompts.TraceFormats) }
