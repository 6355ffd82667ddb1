package scenarios

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// worded is implemented by types that are written as one word or as a mapping:
// bundled or {file: PATH}.
type worded interface{ word(text string) error }

// listed is implemented by types that are written as a mapping or as a list of
// them; list gives a pointer to the slice.
type listed interface{ list() any }

// hinted is an error with advice on how to write the value instead.
type hinted struct{ message, hint string }

func (e *hinted) Error() string { return e.message }

// decode fills v from a node. Mistakes become problems at their place; what
// could be read is kept, so that the checks that follow see as much as possible.
func (d *document) decode(n ast.Node, v reflect.Value, path string, rules tag) {
	n, ok := d.resolve(n, path)
	if !ok {
		d.bad[path] = true
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if v.Type() == reflect.TypeFor[Key]() && !isMap(n) {
		d.hideAll(n)
		d.reject(n, path, "a literal key is refused: scenario files are shared and committed", "name the variable that holds it: key: {env: NAME}, or a file: key: {file: PATH}")
		return
	}
	if to, ok := v.Addr().Interface().(*JSON); ok {
		if value, ok := d.anything(n, path); ok {
			*to = value
		}
		return
	}
	if d.decodeText(n, v, path) {
		return
	}
	if l, ok := v.Addr().Interface().(listed); ok {
		if _, isList := n.(*ast.SequenceNode); isList {
			d.decodeSlice(n, reflect.ValueOf(l.list()).Elem(), path, "minItems=1,maxItems=16")
			return
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		d.decodeStruct(n, v, path)
	case reflect.Map:
		d.decodeMap(n, v, path, rules)
	case reflect.Slice:
		d.decodeSlice(n, v, path, rules)
	default:
		d.decodeScalar(n, v, path, rules)
	}
}

// decodeText reads types that know how they are written: units, and words that
// stand for a mapping. It reports whether v was one of them.
func (d *document) decodeText(n ast.Node, v reflect.Value, path string) bool {
	text, scalar := scalarText(n)
	var err error
	switch dst := v.Addr().Interface().(type) {
	case worded:
		if !scalar {
			return false // a mapping
		}
		err = dst.word(text)
	case encoding.TextUnmarshaler:
		if !scalar {
			d.reject(n, path, "wrong type: "+kindOf(n)+" where "+wanted(v.Type())+" belongs", "")
			return true
		}
		err = dst.UnmarshalText([]byte(text))
	default:
		return false
	}
	if err == nil {
		return true
	}
	hint := ""
	if h, ok := err.(*hinted); ok {
		hint = h.hint
	}
	d.reject(n, path, err.Error(), hint)
	return true
}

// decodeStruct reads a mapping into a struct by its json tags.
func (d *document) decodeStruct(n ast.Node, v reflect.Value, path string) {
	if !isMap(n) {
		d.reject(n, path, fmt.Sprintf("wrong type: %s where a mapping with the fields %s belongs", kindOf(n), strings.Join(fieldNames(v.Type()), ", ")), "")
		return
	}
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if name, _ := jsonName(f); name != "" {
			fields[name] = f
		}
	}
	seen := map[string]bool{}
	for _, e := range d.entries(n, path) {
		seen[e.name] = true
		f, known := fields[e.name]
		if !known {
			// What was probably meant is not reported as missing on top.
			if near := d.unknownField(e, v.Type(), path); near != "" {
				if _, given := d.at[join(path, near)]; !given {
					d.bad[join(path, near)] = true
				}
				seen[near] = true
			}
			continue
		}
		at := join(path, e.name)
		d.at[at] = place{start(e.key), start(e.value)}
		delete(d.bad, at)
		d.decode(e.value, v.FieldByIndex(f.Index), at, tag(f.Tag.Get("jsonschema")))
	}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if name, required := jsonName(f); required && !seen[name] {
			d.bad[join(path, name)] = true
			d.problem(start(n), path, fmt.Sprintf("missing field %q in %s", name, nounOf(v.Type())), "")
		}
	}
}

// unknownField records a key that the type does not have, and returns the field
// that was probably meant.
func (d *document) unknownField(e entry, t reflect.Type, path string) (near string) {
	if t == reflect.TypeFor[Key]() {
		d.hideAll(e.value)
		d.bad[path] = true
	}
	names := fieldNames(t)
	hint := "known fields: " + strings.Join(names, ", ")
	switch near = nearest(e.name, names); near {
	case "":
	case "key":
		hint = "did you mean key: {env: NAME}?"
	default:
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	d.problem(start(e.key), join(path, e.name), fmt.Sprintf("unknown field %q in %s", clip(e.name), nounOf(t)), hint)
	return near
}

// decodeMap reads a mapping with free keys.
func (d *document) decodeMap(n ast.Node, v reflect.Value, path string, rules tag) {
	if !isMap(n) {
		d.reject(n, path, fmt.Sprintf("wrong type: %s where a mapping belongs", kindOf(n)), "")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range d.entries(n, path) {
		at := join(path, e.name)
		d.at[at] = place{start(e.key), start(e.value)}
		elem := reflect.New(v.Type().Elem()).Elem()
		d.decode(e.value, elem, at, rules)
		v.SetMapIndex(reflect.ValueOf(e.name), elem)
	}
}

// decodeSlice reads a sequence.
func (d *document) decodeSlice(n ast.Node, v reflect.Value, path string, rules tag) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.reject(n, path, fmt.Sprintf("wrong type: %s where a list belongs", kindOf(n)), "write it as [a, b], or one per line after a dash")
		return
	}
	if least, ok := rules.number("minItems"); ok && len(seq.Values) < int(least) {
		d.reject(n, path, fmt.Sprintf("the list has %d entries; at least %d belong there", len(seq.Values), int(least)), "")
		return
	}
	if most, ok := rules.number("maxItems"); ok && len(seq.Values) > int(most) {
		d.reject(n, path, fmt.Sprintf("the list has %d entries; at most %d can be there", len(seq.Values), int(most)), "")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, item := range seq.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		pos := start(seq)
		if item != nil {
			pos = start(item)
		}
		d.at[at] = place{pos, pos}
		d.decode(item, v.Index(i), at, rules.elements())
	}
}

// decodeScalar reads text, truth and numbers, and holds them to the field's rules.
func (d *document) decodeScalar(n ast.Node, v reflect.Value, path string, rules tag) {
	text, scalar := scalarText(n)
	wrong := func() {
		hint := ""
		if v.Kind() == reflect.String && scalar {
			hint = fmt.Sprintf("quote it: %q", clip(text))
		}
		d.reject(n, path, fmt.Sprintf("wrong type: %s where %s belongs", kindOf(n), wanted(v.Type())), hint)
	}
	switch v.Kind() {
	case reflect.String:
		if !isText(n) {
			wrong()
			return
		}
		v.SetString(text)
		d.checkWord(n, text, path, rules)
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			wrong()
			return
		}
		v.SetBool(b.Value)
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(text, 0, 64)
		if !isPlain(n) || err != nil {
			wrong()
			return
		}
		v.SetInt(i)
		d.checkRange(n, float64(i), path, rules)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if !isPlain(n) || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			wrong()
			return
		}
		v.SetFloat(f)
		d.checkRange(n, f, path, rules)
	}
}

// checkWord holds a text to the field's enumeration.
func (d *document) checkWord(n ast.Node, text, path string, rules tag) {
	if words := rules.words(); len(words) > 0 && !slices.Contains(words, text) {
		hint := ""
		if near := nearest(text, words); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		message := fmt.Sprintf("%q is none of %s", clip(text), strings.Join(words, ", "))
		if len(words) == 1 {
			message = fmt.Sprintf("%q is not %s, the only word there is", clip(text), words[0])
		}
		d.reject(n, path, message, hint)
	}
}

// checkRange holds a number to the field's bounds.
func (d *document) checkRange(n ast.Node, x float64, path string, rules tag) {
	if least, ok := rules.number("minimum"); ok && x < least {
		d.reject(n, path, fmt.Sprintf("%s is too small: it must be at least %s", plain(x), plain(least)), "")
	}
	if least, ok := rules.number("exclusiveMinimum"); ok && x <= least {
		d.reject(n, path, fmt.Sprintf("%s is too small: it must be more than %s", plain(x), plain(least)), "")
	}
	if most, ok := rules.number("maximum"); ok && x > most {
		d.reject(n, path, fmt.Sprintf("%s is too large: it can be at most %s", plain(x), plain(most)), "")
	}
}

// plain writes a number as people do, without an exponent while it has at most 15
// digits before the point.
func plain(x float64) string {
	if math.Abs(x) < 1e15 && math.Abs(x) >= 1e-6 || x == 0 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// reject records that the value at path cannot be used.
func (d *document) reject(n ast.Node, path, message, hint string) {
	d.bad[path] = true
	d.problem(start(n), path, message, hint)
}

// scalarText is a scalar's text as written, quotation marks resolved.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// isText reports whether a node is text and not a number or a truth value.
func isText(n ast.Node) bool {
	switch n.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return true
	}
	return false
}

// isPlain reports whether a scalar was written without quotation marks; 1e3 is
// plain text to the YAML library, though YAML calls it a number.
func isPlain(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	case *ast.StringNode:
		return n.Token.Type == token.StringType
	}
	return false
}

func isMap(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// kindOf names what a node is, for people.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	case *ast.IntegerNode, *ast.FloatNode:
		return "a number"
	case *ast.InfinityNode, *ast.NanNode:
		return "no finite number"
	case *ast.BoolNode:
		return "a truth value"
	}
	return "text"
}
