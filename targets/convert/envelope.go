package convert

import (
	"bytes"
	"encoding/json"
	"strings"

	"switchover/targets/dialect"
	"switchover/targets/wire"
)

// envelope is what a request stands in, where it does not stand alone: a line of a
// batch file, or of a log.
type envelope struct {
	id    json.RawMessage // custom_id
	field string          // that holds the request
}

// unwrap takes a request out of what it stands in; in is nil where nothing of that is
// written again. What is no envelope is left to the dialect, which says what is wrong.
func unwrap(src []byte) (body []byte, in *envelope, err error) {
	m, err := members(src)
	if m == nil || err != nil || m["messages"] != nil || m["prompt"] != nil {
		return src, nil, err
	}
	for _, field := range []string{"body", "params", "request"} { // OpenAI's batch, Anthropic's, a log
		if inner := m[field]; bytes.HasPrefix(inner, []byte("{")) {
			if m["custom_id"] == nil {
				return inner, nil, nil
			}
			return inner, &envelope{m["custom_id"], field}, nil
		}
	}
	return src, nil, nil
}

// members are those of an object; nil where there is none that can be read.
func members(src []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(src))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil
	}
	out := map[string]json.RawMessage{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return nil, nil
		}
		if out[name] != nil {
			return nil, &dialect.Invalid{Path: name, Problem: "is there twice", Remedy: "keep one"}
		}
		out[name] = value
	}
	return out, nil
}

// batchPaths are what a line of OpenAI's batch files calls the API it is for
// (https://platform.openai.com/docs/guides/batch).
var batchPaths = []string{"/chat/completions", "/completions", "/responses"}

// wrap puts a body into a line of a batch file: of the API it is now for, or, where
// this API has none that is known here, of the kind it came from.
func (e *envelope) wrap(body []byte, protocol wire.Protocol, path string) ([]byte, error) {
	var line struct {
		ID     json.RawMessage `json:"custom_id"`
		Method string          `json:"method,omitempty"`
		URL    string          `json:"url,omitempty"`
		Body   json.RawMessage `json:"body,omitempty"`
		Params json.RawMessage `json:"params,omitempty"`
	}
	line.ID, line.Body = e.id, body
	switch protocol {
	case wire.Anthropic{}:
		line.Body, line.Params = nil, body
	case wire.OpenAI{}, wire.Azure{}, wire.Completions{}, wire.Responses{}:
		for _, of := range batchPaths {
			if strings.HasSuffix(path, of) {
				line.Method, line.URL = "POST", "/v1"+of
				break
			}
		}
	default:
		if e.field == "params" {
			line.Body, line.Params = nil, body
		}
	}
	return json.Marshal(line)
}

// addressed reports whether a path names the model.
func addressed(path, model string) bool {
	return model != "" && (strings.Contains(path+"/", "/"+model+"/") || strings.Contains(path, "/"+model+":"))
}
