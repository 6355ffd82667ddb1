package wire

import (
	"encoding/json"
	"maps"
	"slices"
)

// withExtra is a body, a JSON object, with further members, which replace its own.
// Those in an object whose name is nested are put beside what the body has in its own
// object of that name: to ask for one more option is not to unsay the others.
func withExtra(body []byte, extra map[string]json.RawMessage, nested ...string) ([]byte, error) {
	if len(extra) == 0 {
		return body, nil
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, err
	}
	for name, value := range extra {
		if slices.Contains(nested, name) {
			if own, more := members(all[name]), members(value); own != nil && more != nil {
				maps.Copy(own, more)
				var err error
				if value, err = json.Marshal(own); err != nil {
					return nil, err
				}
			}
		}
		all[name] = value
	}
	return json.Marshal(all)
}

// members are those of a JSON object; nil for anything else.
func members(object json.RawMessage) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if json.Unmarshal(object, &out) != nil {
		return nil
	}
	return out
}
