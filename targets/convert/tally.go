package convert

import (
	"slices"

	"switchover/targets/chat"
)

// Tally counts what became of the fields of many requests.
type Tally struct {
	Requests int `json:"requests"`
	// Converted are those that have a new form; Invalid are those that no API would
	// take, Refused those that would have lost what may not be lost.
	Converted int `json:"converted"`
	Invalid   int `json:"invalid"`
	Refused   int `json:"refused"`
	// Addressed are those whose model stands in the address, and not in the request.
	Addressed int `json:"model_in_address,omitempty"`
	// Unnamed are those that name no model, and so must be given one to be asked.
	Unnamed int `json:"without_model,omitempty"`
	// Fields are counted by field and fate, in the order of the fields, best fate
	// first.
	Fields []FieldCount `json:"fields"`
}

// FieldCount is how many requests have a field with that fate.
type FieldCount struct {
	Field    string    `json:"field"`
	Fate     chat.Fate `json:"fate"`
	Requests int       `json:"requests"`
	Why      string    `json:"why,omitempty"`

	field chat.Field
}

// Add counts one request.
func (t *Tally) Add(c *Converted) {
	t.Requests++
	switch {
	case c.Refused == nil:
		t.Converted++
		if c.Addressed {
			t.Addressed++
		}
		if c.Unnamed {
			t.Unnamed++
		}
	case c.Invalid():
		t.Invalid++
	default:
		t.Refused++
	}
	for _, l := range c.Fields {
		t.add(l)
	}
}

func (t *Tally) add(l chat.Loss) {
	at, found := slices.BinarySearchFunc(t.Fields, l, func(have FieldCount, l chat.Loss) int {
		if have.field != l.Field {
			return int(have.field) - int(l.Field)
		}
		return have.Fate.Compare(l.Fate)
	})
	if !found {
		t.Fields = slices.Insert(t.Fields, at, FieldCount{Field: l.Field.String(), Fate: l.Fate, Why: l.Why, field: l.Field})
	}
	t.Fields[at].Requests++
}
