package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// answerPath is the way to a value in a JSON document: choices[0].delta.text, the same
// after $., or $ for all of it. A name that has other characters stands in brackets
// and quotes, a["b.c"]; a negative number counts from the end of a list. Its zero
// value leads nowhere.
type answerPath struct {
	text  string
	steps []step
}

// step is a name, or a place in a list.
type step struct {
	name    string
	index   int
	inArray bool
}

const maxSteps = 32

// parseAnswerPath reads a path; its errors count characters from 1.
func parseAnswerPath(text string) (answerPath, error) {
	p := answerPath{text: text}
	if len(text) > maxTemplatePath {
		return p, fmt.Errorf("the path has more than %d characters", maxTemplatePath)
	}
	at := 0
	if strings.HasPrefix(text, "$") {
		at = 1
	} else if text != "" && text[0] != '[' {
		text, at = "."+text, 0 // the first name stands without its dot
	}
	shift := len(text) - len(p.text)
	wrong := func(at int, what string) (answerPath, error) {
		return answerPath{}, fmt.Errorf("%s at character %d of %q", what, max(at-shift, 0)+1, clipped(p.text))
	}
	for at < len(text) {
		if len(p.steps) == maxSteps {
			return wrong(at, fmt.Sprintf("more than %d steps", maxSteps))
		}
		switch text[at] {
		case '.':
			n := strings.IndexAny(text[at+1:], ".[")
			if n < 0 {
				n = len(text) - at - 1
			}
			name := text[at+1 : at+1+n]
			if bad := strings.IndexAny(name, "]\"'$ \t\r\n"); bad >= 0 || name == "" {
				return wrong(at+1+max(bad, 0), "a name is missing or has a character that belongs into [\"...\"]")
			}
			p.steps = append(p.steps, step{name: name})
			at += 1 + n
		case '[':
			s, n, what := bracketed(text[at:])
			if what != "" {
				return wrong(at, what)
			}
			p.steps = append(p.steps, s)
			at += n
		default:
			return wrong(at, "a dot or a bracket is missing")
		}
	}
	if p.text == "" {
		return p, errors.New("the path is empty")
	}
	return p, nil
}

// bracketed reads [0], ["name"] or ['name'] at the beginning of a text, and returns
// how long it is, or what is wrong with it.
func bracketed(text string) (s step, n int, wrong string) {
	inside := text[1:]
	if inside != "" && (inside[0] == '"' || inside[0] == '\'') {
		name, rest, closed := strings.Cut(inside[1:], inside[:1])
		if !closed || !strings.HasPrefix(rest, "]") {
			return s, 0, "a quote or a bracket is not closed"
		}
		return step{name: name}, len(text) - len(rest) + 1, ""
	}
	number, rest, closed := strings.Cut(inside, "]")
	if !closed {
		return s, 0, "a bracket is not closed"
	}
	index, err := strconv.Atoi(number)
	if err != nil || index > maxDocument || index < -maxDocument || strings.HasPrefix(number, "+") {
		return s, 0, "what stands in brackets is a number, or a name in quotes"
	}
	return step{index: index, inArray: true}, len(text) - len(rest), ""
}

// in finds the value in a document; nil where there is none, or null.
func (p *answerPath) in(doc any) any {
	if p.text == "" {
		return nil
	}
	for _, s := range p.steps {
		switch v := doc.(type) {
		case map[string]any:
			if s.inArray {
				return nil
			}
			doc = v[s.name]
		case []any:
			i := s.index
			if i < 0 {
				i += len(v)
			}
			if !s.inArray || i < 0 || i >= len(v) {
				return nil
			}
			doc = v[i]
		default:
			return nil
		}
	}
	return doc
}

// last is the name nearest the value, by which it can be looked for; empty where the
// path has none.
func (p *answerPath) last() string {
	for i := len(p.steps) - 1; i >= 0; i-- {
		if !p.steps[i].inArray {
			return p.steps[i].name
		}
	}
	return ""
}

// textIn is the value as text: a number or a truth value as JSON writes it.
func (p *answerPath) textIn(doc any) (string, error) {
	switch v := p.in(doc).(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	case []any:
		return "", fmt.Errorf("%s is a list, not text: say which, %s[0]", p.text, p.text)
	}
	return "", fmt.Errorf("%s is an object, not text: name the member, %s.text", p.text, p.text)
}

// countIn is the value as a number of tokens; nil where it cannot be one.
func (p *answerPath) countIn(doc any) *int {
	number, ok := p.in(doc).(json.Number)
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(number.String())
	if err != nil || n < 0 || n > maxTokens {
		return nil
	}
	return &n
}

// saysIn reports whether the value says yes: it is there and none of null, false, 0,
// an empty text, list or object.
func (p *answerPath) saysIn(doc any) bool {
	switch v := p.in(doc).(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case json.Number:
		f, err := v.Float64()
		return err != nil || f != 0
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return true
}

// readJSON reads one JSON document and nothing after it.
func readJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("it ends too early")
		}
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON document")
	}
	return doc, nil
}

// hints finds, without decoding it, whether a document may have a value other than
// null and false under a name.
func hints(data []byte, name string) bool {
	quoted := `"` + name + `"`
	for {
		i := bytes.Index(data, []byte(quoted))
		if i < 0 {
			return false
		}
		data = data[i+len(quoted):]
		value := bytes.TrimLeft(data, " \t:")
		if !bytes.HasPrefix(value, []byte("null")) && !bytes.HasPrefix(value, []byte("false")) {
			return true
		}
	}
}
