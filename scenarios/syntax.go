package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of one file. The YAML library's time grows with the square of the
// number of tokens and its stack with their nesting, so both are bounded before
// it is called.
const (
	maxFileBytes = 1 << 20
	maxTokens    = 20_000
	maxNesting   = 50
	maxNodes     = 50_000 // visited, aliases expanded
	maxAnchors   = 100
	maxSecrets   = 200 // literal keys; a file with more is shown without excerpts
)

// document is a file on its way from bytes to values: its lines, its anchors,
// where each field was written, and what is wrong with it.
type document struct {
	file     string
	lines    []string
	parsed   bool // there is a syntax tree, so the secrets are known
	root     ast.Node
	anchors  map[string]*ast.AnchorNode // nil for one that contains itself
	at       map[string]place           // by path
	bad      map[string]bool            // paths whose value could not be read
	secrets  []string                   // literal keys, never shown
	nodes    int                        // visited so far
	problems Problems
}

// place is where a field stands: its key, and its value.
type place struct{ key, value position }

// position is a place in the file, line and column from 1.
type position struct{ line, column int }

// newDocument parses the syntax of a file. A syntax error is recorded as the
// document's problem, and root is nil.
func newDocument(file string, src []byte) *document {
	d := &document{file: file, anchors: map[string]*ast.AnchorNode{}, at: map[string]place{}, bad: map[string]bool{}}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if len(src) > maxFileBytes {
		d.whole(fmt.Sprintf("the file has %d bytes; a scenario has at most %d", len(src), maxFileBytes), "keep conversations in a file of their own and name it under workload")
		return d
	}
	if bytes.HasPrefix(src, []byte{0xff, 0xfe}) || bytes.HasPrefix(src, []byte{0xfe, 0xff}) {
		d.whole("the file is UTF-16", "save it as UTF-8")
		return d
	}
	text := strings.ReplaceAll(string(src), "\r\n", "\n")
	d.lines = strings.Split(strings.ToValidUTF8(text, "\ufffd"), "\n")
	for i, line := range strings.Split(text, "\n") {
		if !utf8.ValidString(line) || strings.ContainsRune(line, 0) {
			bad := strings.IndexFunc(line, func(r rune) bool { return r == utf8.RuneError || r == 0 })
			d.problem(position{i + 1, utf8.RuneCountInString(line[:max(bad, 0)]) + 1}, "", "not text: a byte here is not UTF-8, or is zero", "save the file as UTF-8")
			return d
		}
	}
	d.parse(text)
	return d
}

// parse fills root and anchors.
func (d *document) parse(text string) {
	// The library has panicked on hostile input before; a file must not end the program.
	defer func() {
		if r := recover(); r != nil {
			d.root, d.problems = nil, nil
			d.whole("not readable as YAML", "look for a bracket or a quotation mark that is never closed")
		}
	}()
	tokens := lexer.Tokenize(text)
	if !d.bounded(tokens) {
		return
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntaxError(err)
		return
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.DirectiveType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		d.whole("the file is empty", "")
		return
	case len(bodies) > 1:
		d.problem(start(bodies[1]), "", "a second YAML document begins here; a scenario is one document", "put it into a file of its own: run takes several files as a suite")
		return
	}
	d.root, d.parsed = bodies[0], true
	d.collectAnchors(d.root)
	d.hideNamed(d.root)
}

// bounded refuses token streams that would cost the parser too much, and tags,
// whose meaning differs between YAML libraries.
func (d *document) bounded(tokens token.Tokens) bool {
	if len(tokens) > maxTokens {
		d.whole(fmt.Sprintf("the file has %d words and signs; a scenario has at most %d", len(tokens), maxTokens), "keep conversations in a file of their own and name it under workload")
		return false
	}
	flow, line, marks := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, marks = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow = max(flow-1, 0)
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType:
			marks++
		case token.MappingValueType:
			if flow == 0 {
				marks++
			}
		case token.TagType:
			d.problem(tokenStart(t), "", "YAML tags are not used in scenarios", "remove it; quote the value where text is meant")
			return false
		}
		if flow > maxNesting || marks > maxNesting || t.Position.IndentLevel > maxNesting {
			d.problem(tokenStart(t), "", fmt.Sprintf("nested more than %d deep", maxNesting), "")
			return false
		}
	}
	return true
}

// syntaxError records what the parser stopped at.
func (d *document) syntaxError(err error) {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil {
		d.whole("not readable as YAML", "")
		return
	}
	at, message := tokenStart(e.GetToken()), e.GetMessage()
	hint := "the rest of the file is checked once this is mended"
	switch line := d.line(at.line); {
	case strings.Contains(line[:len(line)-len(strings.TrimLeft(line, " \t"))], "\t"):
		message, hint = "a tab indents this line; YAML takes spaces only", "replace it by spaces"
	case strings.Contains(message, "invalid header option"):
		// The library's words quote the value; ">" begins folded text in YAML.
		message, hint = "a value that begins with > or | must be quoted", `write ">= 3.5", with the quotation marks`
	case strings.Contains(message, "reserved character"):
		hint = "quote the value"
	case strings.Contains(message, "mapping value is not allowed"):
		message, hint = "a colon stands where none can be", "quote the value if the colon belongs to it"
	}
	if strings.ContainsAny(message, "\n\"") {
		message = "not readable as YAML"
	}
	d.problem(at, "", "YAML: "+message, hint)
}

// collectAnchors finds every anchor. One name may be used once, because which of
// two an alias means depends on the reader, and no anchor may contain itself.
func (d *document) collectAnchors(n ast.Node) {
	ast.Walk(visitor(func(n ast.Node) {
		a, ok := n.(*ast.AnchorNode)
		if !ok || len(d.anchors) > maxAnchors {
			return
		}
		name := a.Name.GetToken().Value
		switch _, twice := d.anchors[name]; {
		case twice:
			d.problem(start(a), "", fmt.Sprintf("the anchor &%s is defined twice", clip(name)), "")
			return
		case len(d.anchors) == maxAnchors:
			d.problem(start(a), "", fmt.Sprintf("more than %d anchors", maxAnchors), "")
		}
		d.anchors[name] = a
		ast.Walk(visitor(func(inner ast.Node) {
			if alias, ok := inner.(*ast.AliasNode); ok && alias.Value.GetToken().Value == name {
				d.problem(start(alias), "", fmt.Sprintf("the anchor &%s contains itself", clip(name)), "")
				d.anchors[name] = nil
			}
		}), a.Value)
	}), n)
}

// visitor makes a function an ast.Visitor.
type visitor func(ast.Node)

func (v visitor) Visit(n ast.Node) ast.Visitor {
	v(n)
	return v
}

// line returns a line of the file, from 1, or nothing.
func (d *document) line(n int) string {
	if n < 1 || n > len(d.lines) {
		return ""
	}
	return d.lines[n-1]
}

// whole records a problem of the file as a whole.
func (d *document) whole(message, hint string) {
	d.problems = append(d.problems, Problem{File: d.file, Message: message, Hint: hint})
}

// problem records a mistake at a place. The excerpt is added at the end, when
// every secret of the file is known.
func (d *document) problem(at position, path, message, hint string) {
	at.column = max(at.column, 1)
	d.problems = append(d.problems, Problem{File: d.file, Line: at.line, Column: at.column, Path: path, Message: message, Hint: hint})
}

// finish returns the problems in order, with their excerpts.
func (d *document) finish() Problems {
	if len(d.problems) == 0 {
		return nil
	}
	mask := guessSecrets
	if d.parsed {
		mask = findSecrets(d.secrets)
	}
	out := d.problems.sorted()
	for i := range out {
		if line := d.line(out[i].Line); out[i].Line > 0 && len(line) <= maxLine && len(d.secrets) < maxSecrets {
			out[i].Excerpt = excerpt(line, out[i].Line, out[i].Column, mask)
		}
		for _, field := range []*string{&out[i].Message, &out[i].Hint, &out[i].Path} {
			*field = d.hide(*field)
		}
	}
	return out
}

// tokenStart is where a token stands.
func tokenStart(t *token.Token) position { return position{t.Position.Line, t.Position.Column} }

// start is where a node begins; the library places mappings at their first colon
// and block text at its end.
func start(n ast.Node) position {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return start(n.Values[0])
		}
	case *ast.MappingValueNode:
		return start(n.Key)
	case *ast.LiteralNode:
		return tokenStart(n.Start)
	}
	return tokenStart(n.GetToken())
}
