package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"switchover/targets/chat"
)

// Placeholders are what a template's body can have in a text, between {{ and }}. A
// text that is one placeholder and nothing else becomes that value as JSON, and is
// left out with its name where the request has none; inside a longer text it becomes
// text, an empty one where there is none.
//
//	prompt       the conversation as one text; a single message is the prompt as it is
//	messages     the conversation as [{"role": ..., "content": ...}]
//	last         what the user said last
//	system       the system prompt; it is then not in prompt or messages
//	model        the model's name
//	user         the end user
//	max_tokens, temperature, top_p, top_k, seed, stop: the parameters
//
// A text cannot have messages or stop, which are lists, inside.
var Placeholders = []string{"prompt", "messages", "last", "system", "model", "user", "max_tokens", "temperature", "top_p", "top_k", "seed", "stop"}

// segment is a piece of a text: as it is, or a placeholder.
type segment struct{ text, name string }

// node is a JSON value of a template. One of its fields is set, or none for an empty
// object.
type node struct {
	literal []byte // as JSON
	whole   string // the placeholder that it is
	text    []segment
	members []member
	items   []node
	isList  bool
}

type member struct {
	name  string
	value node
}

// keyName is what a member is called that has a key.
var keyName = regexp.MustCompile(`(?i)^(x[_-])?((api|access|secret|auth|bearer)[_-]?)?(key|token|secret|password|authorization)$`)

// compileBody reads the body.
func (c *templateCompiler) compileBody(raw json.RawMessage) {
	switch raw = bytes.TrimSpace(raw); {
	case len(raw) == 0:
		c.wrong("body", `for instance body: {inputs: "{{prompt}}"}`, "nothing says what is asked")
		return
	case len(raw) > maxTemplate:
		c.wrong("body", "", "the body has %d bytes; at most %d", len(raw), maxTemplate)
		return
	case !json.Valid(raw):
		c.wrong("body", "", "the body is no JSON")
		return
	case raw[0] != '{':
		c.wrong("body", "", "the body is no JSON object")
		return
	}
	if tooDeep(raw) {
		c.wrong("body", "", "the body is nested more than %d levels deep", maxTemplateDepth)
		return
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	c.out.body = c.node(d, "body")
	asks := []string{"prompt", "messages", "last"}
	if len(c.problems) == 0 && !slices.ContainsFunc(asks, func(name string) bool { return c.out.uses[name] }) {
		c.wrong("body", `write "{{prompt}}", "{{messages}}" or "{{last}}" where it belongs`, "the body never says what is asked")
	}
}

// tooDeep reports whether valid JSON has too many levels.
func tooDeep(raw []byte) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	for depth := 0; depth <= maxTemplateDepth; {
		token, err := d.Token()
		if err != nil {
			return false // its end
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return true
}

// node reads a value. The text is valid JSON.
func (c *templateCompiler) node(d *json.Decoder, at string) node {
	token, err := d.Token()
	if err != nil {
		c.wrong(at, "", "the body cannot be read: %v", err)
		return node{}
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return c.list(d, at)
		}
		return c.object(d, at)
	case string:
		return c.text(at, token)
	}
	literal, _ := json.Marshal(token) // of a number, a truth value or null, which always works
	return node{literal: literal}
}

func (c *templateCompiler) list(d *json.Decoder, at string) node {
	n := node{isList: true}
	for i := 0; d.More(); i++ {
		n.items = append(n.items, c.node(d, fmt.Sprintf("%s[%d]", at, i)))
	}
	_, _ = d.Token() // its end
	return n
}

func (c *templateCompiler) object(d *json.Decoder, at string) node {
	var n node
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			c.wrong(at, "", "the body cannot be read")
			return n
		}
		below := at + "." + name
		switch {
		case seen[name]:
			c.wrong(below, "", "the name stands twice in its object")
		case strings.Contains(name, "{{"):
			c.wrong(below, "", "a placeholder is a value, not a name")
		}
		seen[name] = true
		value := c.node(d, below)
		if keyName.MatchString(name) && len(value.literal) > 2 && value.literal[0] == '"' {
			c.wrong(below, "give it as the target's key: {env: NAME}; it goes into a header", "a key does not belong into the body")
		}
		n.members = append(n.members, member{name, value})
	}
	_, _ = d.Token() // its end
	return n
}

// text reads a text.
func (c *templateCompiler) text(at, text string) node {
	parts := c.segments(at, text)
	switch {
	case len(parts) == 1 && parts[0].name != "":
		return node{whole: parts[0].name}
	case len(parts) == 0 || len(parts) == 1:
		literal, _ := json.Marshal(text) // which always works
		return node{literal: literal}
	}
	for _, p := range parts {
		if p.name == "messages" || p.name == "stop" {
			c.wrong(at, `write "{{`+p.name+`}}" alone as the value`, "{{%s}} is a list, which no text can have inside", p.name)
		}
	}
	return node{text: parts}
}

// segments finds the placeholders of a text, and counts its characters from 1.
func (c *templateCompiler) segments(at, text string) (out []segment) {
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{{")
		if before != "" {
			out = append(out, segment{text: before})
		}
		if !found {
			break
		}
		column := utf8.RuneCountInString(text[:len(text)-len(after)-2]) + 1
		name, behind, closed := strings.Cut(after, "}}")
		if !closed {
			c.wrong(at, "", "the {{ at character %d has no }}", column)
			break
		}
		if name = strings.TrimSpace(name); !slices.Contains(Placeholders, name) {
			c.wrong(at, "placeholders: "+strings.Join(Placeholders, ", "), "{{%s}} at character %d is no placeholder", clipped(name), column)
		}
		c.out.uses[name] = true
		out = append(out, segment{name: name})
		rest = behind
	}
	return out
}

// filled is a placeholder's value for one request.
type filled struct {
	json []byte
	text string
	ok   bool
}

// fill makes the values that the template uses.
func (t *Template) fill(model string, req *chat.Request, messages []chat.Message) (map[string]filled, error) {
	talk, system := messages, []chat.Message(nil)
	for len(talk) > 0 && talk[0].Role == chat.System {
		system, talk = append(system, talk[0]), talk[1:]
	}
	if !t.uses["system"] {
		talk = messages
	}
	prompt, _ := promptText(talk)
	p := &req.Params
	if p.AsAllowed && p.Temperature == nil {
		p.Temperature = new(float64)
	}
	out := make(map[string]filled, len(t.uses))
	for name := range t.uses {
		var v any
		switch name {
		case "prompt":
			v = prompt
		case "messages":
			v = plainMessages(talk)
		case "last":
			v = lastOfUser(messages)
		case "system":
			v = optional(joined(system), len(system) > 0)
		case "model":
			v = model
		case "user":
			v = optional(req.User, req.User != "")
		case "max_tokens":
			v = optional(p.MaxTokens, p.MaxTokens > 0)
		case "temperature":
			v = pointed(p.Temperature)
		case "top_p":
			v = pointed(p.TopP)
		case "top_k":
			v = pointed(p.TopK)
		case "seed":
			v = pointed(p.Seed)
		case "stop":
			v = optional(p.Stop, len(p.Stop) > 0)
		}
		if v == nil {
			out[name] = filled{}
			continue
		}
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("filling in {{%s}}: %w", name, err)
		}
		f := filled{b, string(b), true}
		if s, isText := v.(string); isText {
			f.text = s
		}
		out[name] = f
	}
	return out, nil
}

func optional(v any, has bool) any {
	if !has {
		return nil
	}
	return v
}

func pointed[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

type plainMessage struct {
	Role    chat.Role `json:"role"`
	Content string    `json:"content"`
}

func plainMessages(messages []chat.Message) []plainMessage {
	out := make([]plainMessage, len(messages))
	for i := range messages {
		out[i] = plainMessage{messages[i].Role, messages[i].Text()}
	}
	return out
}

func joined(messages []chat.Message) string {
	said := make([]string, len(messages))
	for i := range messages {
		said[i] = messages[i].Text()
	}
	return strings.Join(said, "\n\n")
}

// lastOfUser is what the user said last, or whoever did where the user said nothing.
func lastOfUser(messages []chat.Message) string {
	for i := range slices.Backward(messages) {
		if messages[i].Role == chat.User {
			return messages[i].Text()
		}
	}
	if len(messages) == 0 {
		return ""
	}
	return messages[len(messages)-1].Text()
}

// appendJSON appends the value; not at all, and false, where it is a placeholder for
// what the request has none of.
func (n *node) appendJSON(b []byte, values map[string]filled) ([]byte, bool) {
	switch {
	case n.literal != nil:
		return append(b, n.literal...), true
	case n.whole != "":
		v := values[n.whole]
		return append(b, v.json...), v.ok
	case n.text != nil:
		quoted, _ := json.Marshal(fillText(n.text, values)) // of text, which always works
		return append(b, quoted...), true
	case n.isList:
		b = append(b, '[')
		for i := range n.items {
			b = appendAfter(b, '[', nil, &n.items[i], values)
		}
		return append(b, ']'), true
	}
	b = append(b, '{')
	for i := range n.members {
		name, _ := json.Marshal(n.members[i].name) // of text, which always works
		b = appendAfter(b, '{', append(name, ':'), &n.members[i].value, values)
	}
	return append(b, '}'), true
}

// appendAfter appends a value behind those before it, if there is one.
func appendAfter(b []byte, opened byte, name []byte, n *node, values map[string]filled) []byte {
	before := len(b)
	if b[before-1] != opened {
		b = append(b, ',')
	}
	b, ok := n.appendJSON(append(b, name...), values)
	if !ok {
		return b[:before]
	}
	return b
}

func fillText(parts []segment, values map[string]filled) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
		b.WriteString(values[p.name].text)
	}
	return b.String()
}
