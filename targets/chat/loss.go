package chat

import "slices"

// Fate is what becomes of a field on the way into another protocol.
type Fate string

// The fates, from best to worst. A request with a rejected field is not sent.
const (
	Lossless    Fate = "lossless"
	Approximate Fate = "approximate" // said in another way, which may mean something else
	Dropped     Fate = "dropped"     // not said at all
	Rejected    Fate = "rejected"    // cannot be asked of this protocol without it
)

var fates = []Fate{Lossless, Approximate, Dropped, Rejected}

// Compare orders fates from best to worst: it is negative where less is lost by f than by
// g, and 0 where both are the same.
func (f Fate) Compare(g Fate) int { return slices.Index(fates, f) - slices.Index(fates, g) }

// Loss is a field that a protocol could not carry as asked.
type Loss struct {
	Field Field  `json:"field"`
	Fate  Fate   `json:"fate"`
	Why   string `json:"why,omitempty"` // what becomes of it, in a few words
}

// String is the loss as the journal counts it: field: fate.
func (l Loss) String() string { return l.Field.String() + ": " + string(l.Fate) }

// Carriage says what becomes of every field in a protocol. What it does not name is
// lossless.
type Carriage map[Field]Loss

// Lose notes a field's fate, for a table.
func Lose(f Field, fate Fate, why string) Loss { return Loss{f, fate, why} }

// Carry makes the table of a protocol from what it loses.
func Carry(losses ...Loss) Carriage {
	c := make(Carriage, len(losses))
	for _, l := range losses {
		c[l.Field] = l
	}
	return c
}

// Set is the set of the fields that the table names.
func (c Carriage) Set() FieldSet {
	var s FieldSet
	for f := range c {
		s = s.With(f)
	}
	return s
}

// Losses is what is lost of these fields, in their order; nil for nothing.
func (c Carriage) Losses(has FieldSet) []Loss {
	var out []Loss
	for f := range has.All() {
		if l, ok := c[f]; ok && l.Fate != Lossless {
			out = append(out, l)
		}
	}
	return out
}

// Timings are what a server says of its own work on one answer; a field of 0 was
// not said.
type Timings struct {
	Total  int64 `json:"total,omitempty"`  // ns, all of it
	Load   int64 `json:"load,omitempty"`   // ns, of loading the model
	Queue  int64 `json:"queue,omitempty"`  // ns, waiting
	Prompt int64 `json:"prompt,omitempty"` // ns, of reading the prompt
	Decode int64 `json:"decode,omitempty"` // ns, of writing the answer
	// PromptTokens and DecodeTokens are what those two took: with a warm cache fewer
	// than the prompt has.
	PromptTokens int `json:"prompt_tokens,omitempty"`
	DecodeTokens int `json:"decode_tokens,omitempty"`
}
