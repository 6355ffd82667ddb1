package wire

import (
	"encoding/json"
	"maps"
)

// withNested is a body with further members, as withExtra's, but those in the object
// called name are put beside what the body has in its own object of that name: to
// ask for one more option is not to unsay the others.
func withNested(body []byte, extra map[string]json.RawMessage, name string) ([]byte, error) {
	more := members(extra[name])
	if more == nil {
		return withExtra(body, extra)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, err
	}
	own := members(all[name])
	if own == nil {
		return withExtra(body, extra)
	}
	maps.Copy(own, more)
	merged, err := json.Marshal(own)
	if err != nil {
		return nil, err
	}
	extra = maps.Clone(extra)
	extra[name] = merged
	return withExtra(body, extra)
}

// members are those of a JSON object; nil for anything else.
func members(object json.RawMessage) map[string]json.RawMessage {
	var out map[string]json.RawMessage
	if json.Unmarshal(object, &out) != nil {
		return nil
	}
	return out
}
