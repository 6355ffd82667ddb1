package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"
	"github.com/invopop/jsonschema"

	"switchover/targets/chat"
)

// JSON is any value, passed on to a server as it is written.
type JSON json.RawMessage

// MarshalJSON writes the value.
func (j JSON) MarshalJSON() ([]byte, error) { return json.RawMessage(j).MarshalJSON() }

// UnmarshalJSON keeps the value.
func (j *JSON) UnmarshalJSON(b []byte) error { *j = bytes.Clone(b); return nil }

// JSONSchema allows anything.
func (JSON) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{} }

// maxJSON bounds a value's size in bytes as JSON.
const maxJSON = 64 << 10

// anything reads any value as JSON: YAML's words for numbers, truth and nothing are
// JSON's.
func (d *document) anything(n ast.Node, path string) (JSON, bool) {
	v, ok := d.value(n, path, 0)
	if !ok {
		return nil, false
	}
	b, err := json.Marshal(v)
	if err != nil || len(b) > maxJSON {
		d.reject(n, path, fmt.Sprintf("the value is larger than %d bytes as JSON, or none", maxJSON), "")
		return nil, false
	}
	return b, true
}

func (d *document) value(n ast.Node, path string, depth int) (any, bool) {
	if _, null := n.(*ast.NullNode); null || n == nil {
		return nil, true
	}
	if depth > 32 {
		d.reject(n, path, "the value is nested more than 32 levels deep", "")
		return nil, false
	}
	n, ok := d.resolve(n, path)
	if !ok {
		return nil, false
	}
	switch {
	case isMap(n):
		out := map[string]any{}
		for _, e := range d.entries(n, path) {
			at := join(path, e.name)
			d.at[at] = place{start(e.key), start(e.value)}
			if out[e.name], ok = d.value(e.value, at, depth+1); !ok {
				return nil, false
			}
		}
		return out, true
	case isPlain(n):
		text, _ := scalarText(n)
		if json.Valid([]byte(text)) {
			return json.Number(text), true
		}
		if i, err := strconv.ParseInt(text, 0, 64); err == nil {
			return i, true
		}
		return text, true
	}
	switch n := n.(type) {
	case *ast.SequenceNode:
		out := make([]any, len(n.Values))
		for i, item := range n.Values {
			at := fmt.Sprintf("%s[%d]", path, i)
			if item != nil {
				d.at[at] = place{start(item), start(item)}
			}
			if out[i], ok = d.value(item, at, depth+1); !ok {
				return nil, false
			}
		}
		return out, true
	case *ast.BoolNode:
		return n.Value, true
	}
	text, ok := scalarText(n)
	if !ok || !isText(n) {
		d.reject(n, path, "the value is "+kindOf(n)+", which JSON cannot say", "")
		return nil, false
	}
	return text, true
}

func (t *Thinking) word(text string) error {
	if text != "on" && text != "off" && text != "adaptive" {
		return &hinted{fmt.Sprintf("%q is none of on, off, adaptive", clip(text)), "or write {budget: 2048}"}
	}
	*t = Thinking{Mode: text}
	return nil
}

// JSONSchemaExtend allows the word alone.
func (Thinking) JSONSchemaExtend(s *jsonschema.Schema) {
	mapping := *s
	*s = jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Enum: anys([]string{"on", "off", "adaptive"})}, &mapping}}
}

// chat converts to what a request asks for.
func (t *Thinking) chat(effort string) chat.Thinking {
	out := chat.Thinking{Effort: effort}
	if t != nil {
		out.Mode, out.Budget = chat.ThinkingMode(t.Mode), t.Budget
		if t.Budget > 0 && t.Mode == "" {
			out.Mode = chat.ThinkingOn
		}
	}
	return out
}

// keyHeaders are what keys travel in: a literal one would be kept with the scenario.
var keyHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie", "Api-Key", "X-Api-Key", "X-Goog-Api-Key", "X-Amz-Security-Token"}

var headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,128}$`)

// ownHeaders are this program's to set.
var ownHeaders = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Accept-Encoding", "Content-Encoding", "Upgrade", "Te", "Trailer"}

// api checks what some APIs need.
func (c *checker) api(at string, t *Target) {
	for _, k := range []struct {
		name string
		key  *Key
	}{{"key_id", t.KeyID}, {"session", t.Session}} {
		if path := at + "." + k.name; c.has(path) {
			c.key(path, k.key)
			if !c.given(at + ".key") {
				c.misplaced(path, "add key: {env: NAME} for the secret half", "half of a signing key has no use alone")
			}
		}
	}
	if t.Protocol == "tencent-tc3" && !c.given(at+".key_id") && c.has(at+".protocol") {
		c.wrong(at+".protocol", "add key_id: {env: TENCENTCLOUD_SECRET_ID} and key: {env: TENCENTCLOUD_SECRET_KEY}", "requests of tencent-tc3 are signed, with a key that has an id")
	}
	if c.has(at+".session") && !c.given(at+".key_id") {
		c.misplaced(at+".session", "add key_id: {env: AWS_ACCESS_KEY_ID}", "a session token belongs to a signing key, which also has an id")
	}
	for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
		path, canonical := at+".headers."+name, http.CanonicalHeaderKey(name)
		switch value := t.Headers[name]; {
		case slices.Contains(keyHeaders, canonical) || strings.Contains(canonical, "Secret"):
			c.hideText(value)
			c.wrong(path, "name the variable that holds it: key: {env: NAME}", "a key does not belong into headers: scenario files are shared and committed")
		case slices.Contains(ownHeaders, canonical):
			c.wrong(path, "", "this header is set by the program itself")
		case !headerName.MatchString(name) || strings.ContainsFunc(value, unicode.IsControl) || len(value) > 4096:
			c.wrong(path, "", "this is no header: its name or its value has characters that none can have")
		}
	}
	if c.has(at+".region") && strings.ContainsFunc(t.Region, notRegion) {
		c.wrong(at+".region", "write it as eu-central-1", "%q is no region", clip(t.Region))
	}
	if p := t.Params; p != nil && p.Thinking != nil && p.Thinking.Mode == "off" && p.Thinking.Budget > 0 {
		c.wrong(at+".params.thinking", "", "a budget for reasoning that is off has no use")
	}
}

func notRegion(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
}
