package dialect

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// document is a request while it is read. The first problem is kept; after it, what
// is read means nothing, and readers go on or stop as is simplest.
type document struct {
	problem  *Invalid
	elements int // of all arrays so far
	foreign  func(path string, raw json.RawMessage)
}

// ok reports whether no problem was found yet.
func (d *document) ok() bool { return d.problem == nil }

// wrong notes a problem, if it is the first.
func (d *document) wrong(path, problem, remedy string) {
	if d.problem == nil {
		if path == "" {
			problem = "the request " + problem
		}
		if len(path) > maxPath {
			path = strings.ToValidUTF8(path[:maxPath], "") + "..."
		}
		d.problem = &Invalid{Path: path, Problem: problem, Remedy: remedy}
	}
}

// value is a JSON value and where it stands. Its text is known to be valid JSON;
// empty is a value that is not there. Reading it as what it is not is a problem, and
// gives the zero value.
type value struct {
	doc  *document
	path string
	raw  json.RawMessage
}

// wrong notes a problem with the value, if it is the first one.
func (v *value) wrong(problem, remedy string) { v.doc.wrong(v.path, problem, remedy) }

// there reports whether the value is there and not null.
func (v *value) there() bool { return len(v.raw) > 0 && string(v.raw) != "null" }

// is reports whether the value begins as an object ('{'), an array ('[') or a string
// ('"') does.
func (v *value) is(first byte) bool { return len(v.raw) > 0 && v.raw[0] == first }

func (v *value) kind() string {
	switch {
	case !v.there():
		return "nothing"
	case v.is('{'):
		return "an object"
	case v.is('['):
		return "a list"
	case v.is('"'):
		return "text"
	case v.is('t'), v.is('f'):
		return "true or false"
	}
	return "a number"
}

func (v *value) want(kind string) { v.wrong("is "+v.kind()+", not "+kind, "") }

// text is the value as a string; empty where there is none.
func (v *value) text() string {
	var s string
	if v.there() && (!v.is('"') || json.Unmarshal(v.raw, &s) != nil) {
		v.want("text")
	}
	return s
}

// maxName is how long the name of a model can be: ARNs have up to 2048 characters.
const maxName = 2048

// name is the value as a name, which is shown and may be part of an address.
func (v *value) name() string {
	s := v.text()
	if len(s) > maxName || !printable(s) {
		v.wrong("is "+shorten(s), fmt.Sprintf("give a name of at most %d printable characters", maxName))
	}
	return s
}

// flag is the value as a boolean; false where there is none.
func (v *value) flag() bool {
	var b bool
	if v.there() && json.Unmarshal(v.raw, &b) != nil {
		v.want("true or false")
	}
	return b
}

// number is the value as a number between least and most; nil where there is none.
func (v *value) number(least, most float64) *float64 {
	if !v.there() {
		return nil
	}
	if v.kind() != "a number" {
		v.want("a number")
		return nil
	}
	n, err := strconv.ParseFloat(string(v.raw), 64)
	if err != nil || n < least || n > most { // the error is of one that is too large
		v.wrong("is "+shorten(string(v.raw)), fmt.Sprintf("give a number from %g to %g", least, most))
	}
	return &n
}

// most is more than any count of an API.
const most = 1 << 40

// whole is the value as a whole number between -2^40 and 2^40; nil where there is none.
func (v *value) whole() *int {
	if !v.there() {
		return nil
	}
	if v.kind() != "a number" {
		v.want("a number")
		return nil
	}
	n, err := strconv.ParseFloat(string(v.raw), 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) > most {
		v.wrong("is "+shorten(string(v.raw)), "give a whole number")
		n = 0
	}
	i := int(n)
	return &i
}

// positive is the value as a whole number of at least 1; 0 where there is none.
func (v *value) positive() int {
	n := v.whole()
	if n == nil {
		return 0
	}
	if *n < 1 {
		v.wrong("is "+shorten(string(v.raw)), "give at least 1")
	}
	return *n
}

// list is the value as an array; nil where there is none.
func (v *value) list() []value {
	if !v.there() {
		return nil
	}
	if !v.is('[') {
		v.want("a list")
		return nil
	}
	var out []value
	each(v.raw, func(_, element json.RawMessage) bool {
		if v.doc.elements++; v.doc.elements > maxElements {
			v.wrong(fmt.Sprintf("is where the request passes %d messages, blocks and other elements", maxElements), "split it")
			return false
		}
		out = append(out, value{v.doc, v.path + "[" + strconv.Itoa(len(out)) + "]", element})
		return true
	})
	return out
}

// texts is the value as a list of texts, or as one text alone.
func (v *value) texts() []string {
	if v.is('"') {
		return []string{v.text()}
	}
	var out []string
	for _, e := range v.list() {
		if !e.is('"') {
			e.want("text")
		}
		out = append(out, e.text())
	}
	return out
}

// object is the value as an object, without members where it is none. A member that
// is there twice is a problem: nobody can say which of the two is meant.
func (v *value) object() *object {
	o := &object{value: v, members: map[string]json.RawMessage{}}
	if !v.there() {
		return o
	}
	if !v.is('{') {
		v.want("an object")
		return o
	}
	each(v.raw, func(quoted, member json.RawMessage) bool {
		var name string
		if err := json.Unmarshal(quoted, &name); err != nil {
			v.wrong("has a member whose name cannot be read", "")
			return false
		}
		if _, twice := o.members[name]; twice {
			v.doc.wrong(v.child(name), "is there twice", "keep one")
			return false
		}
		if len(o.members) == maxMembers {
			v.wrong(fmt.Sprintf("has more than %d members", maxMembers), "")
			return false
		}
		o.members[name] = member
		o.order = append(o.order, name)
		return true
	})
	return o
}

// child is the path of a member: after a point, or quoted in brackets where its name
// would not be told from a path.
func (v *value) child(name string) string {
	if strings.ContainsAny(name, ".[]\"") || name == "" || !printable(name) {
		return v.path + "[" + strconv.Quote(name) + "]"
	}
	if v.path == "" {
		return name
	}
	return v.path + "." + name
}

// object is a JSON object whose members are taken one by one, by their exact names.
type object struct {
	*value
	members map[string]json.RawMessage // that were not taken
	order   []string                   // of the source
}

// take is a member, which then counts as read. One that is not there is a value too.
func (o *object) take(name string) *value {
	v := &value{doc: o.doc, path: o.child(name), raw: o.members[name]}
	delete(o.members, name)
	return v
}

// has reports whether a member is there, was not taken and is not null.
func (o *object) has(name string) bool {
	raw := o.members[name]
	return len(raw) > 0 && string(raw) != "null"
}

// need is a member that has to be there.
func (o *object) need(name, remedy string) *value {
	v := o.take(name)
	if !v.there() {
		v.wrong("is missing", remedy)
	}
	return v
}

// keep keeps every member that was not taken as foreign, by its path. A null says
// nothing and is not kept.
func (o *object) keep() {
	for _, name := range o.order {
		if o.has(name) {
			o.doc.foreign(o.child(name), o.members[name])
			delete(o.members, name)
		}
	}
}

// keepForeign keeps the value itself as foreign.
func (v *value) keepForeign() { v.doc.foreign(v.path, v.raw) }

// What an error quotes at most, of a value and of a path.
const (
	maxQuoted = 60
	maxPath   = 300
)

// shorten is what an error quotes of a text: its beginning, and quoted where a terminal
// would not show it as it is.
func shorten(s string) string {
	cut := s
	if len(s) > maxQuoted {
		cut = strings.ToValidUTF8(s[:maxQuoted], "") + "..."
	}
	if strings.TrimSpace(s) == "" || !printable(cut) {
		return strconv.Quote(cut)
	}
	return cut
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// each calls member with each element of an array, or each name, still quoted, and
// member of an object, until it returns false. The text is valid JSON that begins with
// its bracket.
func each(raw json.RawMessage, member func(name, value json.RawMessage) bool) {
	object := raw[0] == '{'
	var name json.RawMessage
	for at := 1; ; {
		at += space(raw[at:])
		switch c := raw[at]; { // what is between values
		case c == '}' || c == ']':
			return
		case c == ',' || c == ':':
			at++
			continue
		}
		end := at + span(raw[at:])
		if object && name == nil {
			name = raw[at:end]
		} else {
			if !member(name, raw[at:end:end]) {
				return
			}
			name = nil
		}
		at = end
	}
}

// space is how many bytes of white space the text begins with.
func space(text []byte) int {
	for i, c := range text {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return i
		}
	}
	return len(text)
}

// span is how many bytes the value takes that the text, valid JSON, begins with.
func span(text []byte) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			if quoted = !quoted; !quoted && depth == 0 {
				return i + 1
			}
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth == 0 {
				return i // the end of what holds a number or a word
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			return i
		}
	}
	return len(text)
}
