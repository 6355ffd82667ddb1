package wire

import (
	"encoding/json"
	"maps"
	"slices"

	"switchover/targets/chat"
)

// asBody is a request's body: v, which is written as a JSON object, with what the request
// has as further members.
func asBody(v any, req *chat.Request, nested ...string) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return withExtra(body, req.Params.Extra, nested...)
}

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
