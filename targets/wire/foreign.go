package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"switchover/targets/chat"
)

// withForeign is a body, a JSON object, with what its request's own dialect said that
// the neutral form cannot say, put back at its place, for a protocol of that dialect.
// For any other it is lost. Where its place is gone, because messages were merged for
// instance, it is lost too.
func withForeign(body []byte, req *chat.Request, dialect string, losses []chat.Loss) ([]byte, []chat.Loss, error) {
	if len(req.Foreign) == 0 {
		return body, losses, nil
	}
	if req.Dialect != dialect {
		return body, alsoLost(losses, chat.Lose(chat.FieldForeign, chat.Dropped, "known to "+orNobody(req.Dialect)+" alone")), nil
	}
	var all any
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		return nil, nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(req.Foreign)) {
		if !putBack(all, path, req.Foreign[path]) {
			losses = alsoLost(losses, chat.Lose(chat.FieldForeign, chat.Dropped, "its place in the request is gone"))
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

// putBack sets a member of an object in a tree of JSON, by a path like
// messages[2].content[0].x, unless it is there already. It reports whether the object
// is there.
func putBack(in any, path string, value json.RawMessage) bool {
	for {
		name, rest, deeper := cutPath(path)
		if object, ok := in.(map[string]any); ok {
			if !deeper {
				if _, said := object[name]; !said {
					object[name] = value
				}
				return true
			}
			in = object[name]
		} else if list, ok := in.([]any); ok && deeper {
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(list) {
				return false
			}
			in = list[i]
		} else {
			return false
		}
		path = rest
	}
}

// cutPath is a path's first name or number, and what follows it.
func cutPath(path string) (name, rest string, deeper bool) {
	end := strings.IndexAny(path, ".[]")
	if end < 0 {
		return path, "", false
	}
	name, rest = path[:end], strings.TrimPrefix(path[end:], "]")
	if rest = strings.TrimLeft(rest, ".["); rest == "" {
		return name, "", false
	}
	return name, rest, true
}
