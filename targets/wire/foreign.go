package wire

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"switchover/targets/chat"
)

// foreignLost adds to a request's losses what another dialect said that only its own
// protocol can be told.
func foreignLost(losses []chat.Loss, req *chat.Request, dialect string) []chat.Loss {
	if len(req.Foreign) == 0 || req.Dialect == dialect {
		return losses
	}
	return alsoLost(losses, chat.Lose(chat.FieldForeign, chat.Dropped, "known to "+orNobody(req.Dialect)+" alone"))
}

// withForeign is a body, a JSON object, with what its request's own dialect said that
// the neutral form cannot say, put back at its place, for a protocol of that dialect;
// for any other it is lost (foreignLost). Where its place is gone, because messages
// were merged for instance, it is lost too.
func withForeign(body []byte, req *chat.Request, dialect string, losses []chat.Loss) ([]byte, []chat.Loss, error) {
	if len(req.Foreign) == 0 || req.Dialect != dialect {
		return body, losses, nil
	}
	var all any
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		return nil, nil, err
	}
	for _, place := range foreignPlaces(req.Foreign) {
		if why := putBack(&all, place.steps, req.Foreign[place.path], false); why != "" {
			losses = alsoLost(losses, chat.Lose(chat.FieldForeign, chat.Dropped, why))
		}
	}
	body, err := json.Marshal(all)
	return body, losses, err
}

func orNobody(dialect string) string {
	if dialect == "" {
		return "its source"
	}
	return dialect
}

// foreignPlace is a path, as it is written and taken apart.
type foreignPlace struct {
	path  string
	steps []foreignStep
}

// foreignStep is a member's name, or a number in a list.
type foreignStep struct {
	name   string
	number int // -1 for a name
}

// foreignPlaces are the paths in the order of the source, so that what is put into a list
// is there before what stands behind it.
func foreignPlaces(foreign map[string]json.RawMessage) []foreignPlace {
	out := make([]foreignPlace, 0, len(foreign))
	for path := range foreign {
		out = append(out, foreignPlace{path, foreignSteps(path)})
	}
	slices.SortFunc(out, func(a, b foreignPlace) int {
		return slices.CompareFunc(a.steps, b.steps, func(a, b foreignStep) int {
			return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.name, b.name))
		})
	})
	return out
}

// foreignSteps takes a path like messages[2].content[0]["a name"].x apart; nil for what is
// none.
func foreignSteps(path string) (out []foreignStep) {
	for rest := path; rest != ""; {
		if inside, ok := strings.CutPrefix(rest, "["); ok {
			quoted, err := strconv.QuotedPrefix(inside)
			if err == nil {
				name, _ := strconv.Unquote(quoted) // which it can be
				out, inside = append(out, foreignStep{name, -1}), inside[len(quoted):]
			} else {
				end := strings.IndexByte(inside, ']')
				number, err := strconv.Atoi(inside[:max(end, 0)])
				if err != nil || number < 0 {
					return nil
				}
				out, inside = append(out, foreignStep{"", number}), inside[end:]
			}
			if rest, ok = strings.CutPrefix(inside, "]"); !ok {
				return nil
			}
			continue
		}
		if len(out) > 0 {
			rest = strings.TrimPrefix(rest, ".")
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		if end == 0 {
			return nil
		}
		out, rest = append(out, foreignStep{rest[:end], -1}), rest[end:]
	}
	return out
}

// Why what is foreign cannot be put back.
const (
	whyNoPlace = "its place in the request is gone"
	whySaid    = "the protocol says something else in its place"
)

// putBack sets a member of an object in a tree of JSON, unless it says something already,
// or puts an element into a list. Within a list an object of another type is one that
// stood for what is put back, and is replaced. It returns why it could not.
func putBack(in *any, steps []foreignStep, value json.RawMessage, inList bool) (why string) {
	if len(steps) == 0 {
		return whyNoPlace
	}
	s := steps[0]
	switch here := (*in).(type) {
	case map[string]any:
		member, said := here[s.name]
		switch {
		case s.number >= 0:
			return whyNoPlace
		case len(steps) > 1:
			if why = putBack(&member, steps[1:], value, inList); why == "" {
				here[s.name] = member
			}
			return why
		case !said || member == "" || inList && standsIn(member, value):
			here[s.name] = value
		case !same(member, value):
			return whySaid
		}
		return ""
	case []any:
		switch {
		case s.number < 0 || s.number > len(here):
			return whyNoPlace
		case len(steps) == 1:
			*in = slices.Insert(here, s.number, any(value))
			return ""
		case s.number < len(here):
			return putBack(&here[s.number], steps[1:], value, true)
		}
	}
	return whyNoPlace
}

// same reports whether a value is what JSON says.
func same(have any, value json.RawMessage) bool {
	var said any
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	return d.Decode(&said) == nil && reflect.DeepEqual(have, said)
}

// standsIn reports whether an object is of another type than the one in JSON.
func standsIn(member any, value json.RawMessage) bool {
	object, ok := member.(map[string]any)
	var said struct {
		Type string `json:"type"`
	}
	return ok && json.Unmarshal(value, &said) == nil && said.Type != "" && object["type"] != said.Type
}
