package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"switchover/targets/secret"
)

// entry is one key of a mapping with its value.
type entry struct {
	name  string
	key   ast.Node
	value ast.Node
}

// entries lists a mapping's keys, those merged in with << last, where a key of
// the mapping's own has not replaced them.
func (d *document) entries(n ast.Node, path string) []entry {
	var own, merged []entry
	seen := map[string]bool{}
	if !d.spend(len(pairs(n))) {
		return nil
	}
	for _, kv := range pairs(n) {
		if kv.Key.IsMergeKey() {
			merged = append(merged, d.mergedEntries(kv.Value, path)...)
			continue
		}
		name, ok := keyText(kv.Key)
		if !ok {
			d.problem(start(kv.Key), path, "a key must be one word", "")
			continue
		}
		if seen[name] {
			d.problem(start(kv.Key), join(path, name), fmt.Sprintf("the key %q is given twice", clip(name)), "remove one of the two")
			continue
		}
		seen[name] = true
		own = append(own, entry{name, kv.Key, kv.Value})
	}
	for _, e := range merged {
		if !seen[e.name] {
			seen[e.name] = true
			own = append(own, e)
		}
	}
	return own
}

// mergedEntries lists what a merge key brings: an alias, or a list of them.
func (d *document) mergedEntries(n ast.Node, path string) []entry {
	n, ok := d.resolve(n, path)
	if !ok {
		return nil
	}
	if isMap(n) {
		return d.entries(n, path)
	}
	seq, isSeq := n.(*ast.SequenceNode)
	if !isSeq {
		d.problem(start(n), path, "<< merges mappings only", "write <<: *name")
		return nil
	}
	var out []entry
	for _, v := range seq.Values {
		if v, ok := d.resolve(v, path); ok && isMap(v) {
			out = append(out, d.entries(v, path)...)
		}
	}
	return out
}

// resolve follows anchors and aliases to the value itself. It counts every
// visit, so that aliases of aliases cannot blow up, and refuses empty values.
func (d *document) resolve(n ast.Node, path string) (ast.Node, bool) {
	for {
		if !d.spend(1) {
			return nil, false
		}
		switch t := n.(type) {
		case nil:
			return nil, false
		case *ast.AnchorNode:
			n = t.Value
		case *ast.AliasNode:
			name := t.Value.GetToken().Value
			a, known := d.anchors[name]
			if known && a == nil {
				return nil, false // said already
			}
			if !known {
				d.problem(start(t), path, fmt.Sprintf("no anchor is named &%s", clip(name)), "define it before it is used")
				return nil, false
			}
			if before(start(t), start(a)) {
				d.problem(start(t), path, fmt.Sprintf("the anchor &%s is defined after its use", clip(name)), "")
				return nil, false
			}
			n = a.Value
		case *ast.NullNode:
			d.problem(start(t), path, "no value is given here", "give one, or remove the key")
			return nil, false
		default:
			return n, true
		}
	}
}

// spend counts visited values and reports whether the file is still within its
// bound.
func (d *document) spend(n int) bool {
	if d.nodes > maxNodes {
		return false
	}
	if d.nodes += n; d.nodes > maxNodes {
		d.whole("the file expands to too many values", "use fewer aliases")
		return false
	}
	return true
}

func before(a, b position) bool {
	return a.line < b.line || a.line == b.line && a.column < b.column
}

// pairs lists the raw key-value pairs of a mapping.
func pairs(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// keyText is a key as written.
func keyText(k ast.MapKeyNode) (string, bool) {
	var n ast.Node = k
	if m, ok := k.(*ast.MappingKeyNode); ok {
		n = m.Value
	}
	if text, ok := scalarText(n); ok {
		return text, true
	}
	if _, null := n.(*ast.NullNode); null {
		return n.GetToken().Value, true
	}
	return "", false
}

// secretName matches field names whose values are not shown.
var secretName = regexp.MustCompile(`(?i)key|token|secret|passw|auth|credential|bearer|header|cookie`)

// hideNamed masks text that stands under such a name anywhere in the file,
// whether or not the field is known. The fields key and key_id are
// mappings that name a place; what is wrong with it is seen when it is read.
func (d *document) hideNamed(root ast.Node) {
	ast.Walk(visitor(func(n ast.Node) {
		kv, ok := n.(*ast.MappingValueNode)
		if !ok {
			return
		}
		name, ok := keyText(kv.Key)
		if !ok || !secretName.MatchString(name) || (name == "key" || name == "key_id") && isMap(kv.Value) || slices.Contains(tokenCounts, name) {
			return
		}
		if kv.Value != nil && !isNumber(kv.Value) {
			d.hideAll(kv.Value)
		}
	}), root)
}

// tokenCounts are fields of distributions, which the name does not make secret.
var tokenCounts = []string{"input_tokens", "output_tokens"}

// isNumber tells counts such as max_tokens from secrets.
func isNumber(n ast.Node) bool {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	}
	return false
}

// shortestSecret is the fewest characters of a literal that is masked: masking
// shorter ones would blot out half the file and protect nothing.
const shortestSecret = 4

// plainWord is what a field is called, and no key: hiding it beneath a name that is
// unknown would also hide it in the advice about that name.
var plainWord = regexp.MustCompile(`^[a-z]{1,16}(_[a-z]{1,16})?$`)

// hideAll masks every scalar beneath a node, aliases followed, but for field names that
// are plain words.
func (d *document) hideAll(n ast.Node) {
	if n == nil {
		return
	}
	names := map[ast.Node]bool{}
	ast.Walk(visitor(func(n ast.Node) {
		if kv, ok := n.(*ast.MappingValueNode); ok {
			if name, plain := keyText(kv.Key); plain && plainWord.MatchString(name) {
				names[kv.Key] = true
			}
		}
		if names[n] {
			return
		}
		if a, ok := n.(*ast.AliasNode); ok {
			if target, known := d.anchors[a.Value.GetToken().Value]; known && target != nil {
				for _, s := range scalarsOf(target.Value) {
					d.hideText(s)
				}
			}
			return
		}
		if text, ok := scalarText(n); ok {
			d.hideText(text)
			d.hideText(n.GetToken().Origin)
		}
	}), n)
}

// scalarsOf lists the texts beneath a node.
func scalarsOf(n ast.Node) []string {
	var out []string
	ast.Walk(visitor(func(n ast.Node) {
		if text, ok := scalarText(n); ok {
			out = append(out, text, n.GetToken().Origin)
		}
	}), n)
	return out
}

// hideText masks a text wherever it stands in the file, line by line.
func (d *document) hideText(text string) {
	for part := range strings.SplitSeq(text, "\n") {
		part = strings.Trim(strings.TrimSpace(part), `"'`)
		if len([]rune(part)) >= shortestSecret && !slices.Contains(d.secrets, part) && len(d.secrets) < maxSecrets {
			d.secrets = append(d.secrets, part)
		}
	}
}

// hide removes the secrets of the file from a message.
func (d *document) hide(text string) string {
	for _, s := range d.secrets {
		text = strings.ReplaceAll(text, s, secret.Mask)
	}
	return text
}

// join extends a path by a key; keys with dots are bracketed.
func join(path, key string) string {
	switch {
	case strings.ContainsAny(key, ".[]\" "):
		return path + "[" + strconv.Quote(clip(key)) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// clip bounds text that is quoted in a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}

// tag is the jsonschema tag of a field: the same rules bind the parser and the
// published schema.
type tag string

// number returns a numeric rule.
func (t tag) number(rule string) (float64, bool) {
	for part := range strings.SplitSeq(string(t), ",") {
		if value, ok := strings.CutPrefix(part, rule+"="); ok {
			x, err := strconv.ParseFloat(value, 64)
			return x, err == nil
		}
	}
	return 0, false
}

// words returns the enumeration.
func (t tag) words() []string {
	var out []string
	for part := range strings.SplitSeq(string(t), ",") {
		if value, ok := strings.CutPrefix(part, "enum="); ok {
			out = append(out, value)
		}
	}
	return out
}

// elements are the rules that bind a list's entries rather than the list.
func (t tag) elements() tag {
	var keep []string
	for part := range strings.SplitSeq(string(t), ",") {
		if strings.HasPrefix(part, "enum=") {
			keep = append(keep, part)
		}
	}
	return tag(strings.Join(keep, ","))
}

// jsonName is a field's name in the file, and whether it is required.
func jsonName(f reflect.StructField) (name string, required bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "-" || name == "" {
		return "", false
	}
	return name, !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero")
}

// fieldNames lists the names a struct has in the file, in its order.
func fieldNames(t reflect.Type) []string {
	var out []string
	for _, f := range reflect.VisibleFields(t) {
		if name, _ := jsonName(f); name != "" {
			out = append(out, name)
		}
	}
	return out
}

// wanted names a type's values for people.
func wanted(t reflect.Type) string {
	if d, ok := reflect.New(t).Interface().(interface{ describe() string }); ok {
		return d.describe()
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "a value"
}

// nounOf names a struct for people: what the file calls it.
func nounOf(t reflect.Type) string {
	switch name := strings.ToLower(t.Name()); name {
	case "scenario", "simfile":
		return "the file"
	case "eval", "simulate", "workload", "params", "arrivals", "synthetic", "zipf", "http":
		return name
	case "weighted":
		return "a source of the workload"
	case "tokenlengths", "spread":
		return "a distribution"
	case "anchor", "exponential":
		return "an " + name
	default:
		return "a " + name
	}
}
