package prompts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// object is one line's JSON object: its fields as written.
//
// Note: not json.Unmarshal into a struct: that takes "Turns" for "turns", the
// last of two equal fields, and half a surrogate pair without a word.
type object map[string]json.RawMessage

// parse reads a line as one JSON object.
func parse(line []byte, first bool) (object, *Error) {
	if line[0] != '{' {
		return nil, notAnObject(line, first)
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	o := object{}
	if _, err := dec.Token(); err != nil { // the brace
		return nil, syntax(err)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, syntax(err)
		}
		name := key.(string) // the decoder gives nothing else for a key
		if _, ok := o[name]; ok {
			return nil, mistake("keep one of them", "the field %s is there twice", quoted(name))
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, syntax(err)
		}
		o[name] = raw
	}
	if _, err := dec.Token(); err != nil {
		return nil, syntax(err)
	}
	end := dec.InputOffset()
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, mistake("each line is one JSON object and nothing else",
			"something follows the JSON object that ends at byte %d", end)
	}
	return o, nil
}

// notAnObject says what a line that does not begin with a brace seems to be.
func notAnObject(line []byte, first bool) *Error {
	switch {
	case first && line[0] == '[':
		return mistake("write one object on each line; jq -c '.[]' FILE does that",
			"the file is a JSON array, not one JSON object on each line")
	case first && bytes.ContainsAny(line, ",;\t") && !json.Valid(line):
		return mistake("write each row as a JSON object on a line of its own",
			"the line is not a JSON object; the file looks like CSV")
	}
	return mistake("each line is one JSON object", "the line is not a JSON object")
}

func syntax(err error) *Error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return mistake("each line is one whole JSON object; jq -c . FILE writes a file like that",
			"the JSON object does not end on this line")
	}
	var se *json.SyntaxError
	if errors.As(err, &se) {
		return mistake("", "not JSON at byte %d: %v", se.Offset, err)
	}
	return mistake("", "not JSON: %v", err)
}

// only refuses fields that the format does not have.
func (o object) only(known ...string) *Error {
	var extra []string
	for name := range o {
		if !slices.Contains(known, name) {
			extra = append(extra, quoted(name))
		}
	}
	if len(extra) == 0 {
		return nil
	}
	slices.Sort(extra)
	if len(extra) > 5 {
		extra = append(extra[:5], fmt.Sprintf("and %d more", len(extra)-5))
	}
	return mistake("the fields are: "+strings.Join(known, ", "), "unknown field %s", strings.Join(extra, ", "))
}

// text takes an optional string; "" when it is not there.
func (o object) text(name string) (string, *Error) {
	raw, ok := o[name]
	if !ok {
		return "", nil
	}
	return str(name, raw)
}

// texts takes an optional list of strings; nil when it is not there.
func (o object) texts(name string) ([]string, *Error) {
	raw, ok := o[name]
	if !ok {
		return nil, nil
	}
	var list []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, mistake("", "%s is %s, not a list of strings", name, kind(raw))
	}
	out := make([]string, len(list))
	for i, item := range list {
		s, err := str(fmt.Sprintf("%s[%d]", name, i), item)
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

// str takes a string that is what the file says: an escape that stands for half
// a character has no meaning, and encoding/json would replace it silently.
func str(name string, raw json.RawMessage) (string, *Error) {
	if raw[0] != '"' {
		return "", mistake("", "%s is %s, not a string", name, kind(raw))
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", mistake("", "%s: %v", name, err)
	}
	const replacement = "\ufffd"
	written := strings.Count(string(raw), replacement) + strings.Count(strings.ToLower(string(raw)), `\ufffd`)
	if strings.Count(s, replacement) > written {
		err := mistake("write the character itself, as UTF-8",
			"%s holds half of a surrogate pair (a \\ud8.. to \\udf.. escape alone)", name)
		err.leave = "half of a character" // logs cut texts anywhere
		return "", err
	}
	return s, nil
}

func kind(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// turns takes the user's messages: at least one, none of them blank.
func (o object) turns(l Limits) ([]string, *Error) {
	const name = "turns"
	turns, err := o.texts(name)
	switch {
	case err != nil:
		return nil, err
	case o[name] == nil:
		return nil, mistake("it is the list of what the user says, in order", "turns is missing")
	case len(turns) == 0:
		return nil, mistake("", "turns is empty")
	case len(turns) > l.Turns:
		return nil, mistake("cut the conversation", "%d turns are more than %d", len(turns), l.Turns)
	}
	for i, t := range turns {
		if strings.TrimSpace(t) == "" {
			return nil, mistake("", "%s[%d] is blank", name, i)
		}
	}
	return turns, nil
}

// answers takes answers to the turns: none, or one for each.
func (o object) answers(name string, turns int) ([]string, *Error) {
	list, err := o.texts(name)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if len(list) != turns {
		return nil, mistake(`one for each turn; "" where there is none`,
			"%d %s answers for %d turns", len(list), name, turns)
	}
	return list, nil
}

// name checks a value that is shown in tables and joined on: one printable word.
func name(field, s string) *Error {
	const most = 128
	switch {
	case s == "":
		return mistake("", "%s is empty", field)
	case len(s) > most:
		return mistake("", "%s is %d bytes long, more than %d", field, len(s), most)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return mistake("use letters, digits, - and _", "%s %s holds a space or a control character", field, quoted(s))
	}
	return nil
}
