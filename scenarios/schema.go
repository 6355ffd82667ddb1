package scenarios

import (
	"embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"switchover/results"
	"switchover/targets/wire"
)

// The types' own comments are the schema's descriptions, so that the two cannot
// drift apart.
//
//go:embed http.go scenario.go scenario_price.go scenario_workload.go
var typeSources embed.FS

// Schema is the JSON Schema (draft 2020-12) of the scenario file, for editors and
// for checks in other languages. It says what the types say; that names refer to
// each other, that files exist and that limits fit together is checked by Parse
// alone.
func Schema() ([]byte, error) {
	r, comments, err := reflector()
	if err != nil {
		return nil, err
	}
	s := r.Reflect(&Scenario{})
	s.Title = "switchover scenario"
	s.Description = comments["Scenario."]
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the schema: %w", err)
	}
	return b, nil
}

// reflector makes schemas of the scenario's types, described by their comments.
func reflector() (*jsonschema.Reflector, map[string]string, error) {
	comments := map[string]string{}
	for _, name := range []string{"http.go", "scenario.go", "scenario_price.go", "scenario_workload.go"} {
		src, err := typeSources.ReadFile(name)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the scenario's types: %w", err)
		}
		some, err := fieldComments(name, src)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the comments of the scenario's types: %w", err)
		}
		maps.Copy(comments, some)
	}
	return &jsonschema.Reflector{
		Anonymous:      true,
		ExpandedStruct: true,
		LookupComment:  func(t reflect.Type, field string) string { return comments[t.Name()+"."+field] },
	}, comments, nil
}

// fieldComments maps Type.Field, and "Type." for the type itself, to the comment
// in the source: the one above, else the one behind.
func fieldComments(name string, src []byte) (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		for _, spec := range gen.Specs {
			t := spec.(*ast.TypeSpec)
			out[t.Name.Name+"."] = oneLine(gen.Doc)
			st, ok := t.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, f := range st.Fields.List {
				text := oneLine(f.Doc)
				if text == "" {
					text = oneLine(f.Comment)
				}
				for _, name := range f.Names {
					out[t.Name.Name+"."+name.Name] = text
				}
			}
		}
	}
	return out, nil
}

func oneLine(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }

// JSONSchemaExtend names the faults.
func (Fault) JSONSchemaExtend(s *jsonschema.Schema) { enum(s, "kind", FaultKinds) }

// JSONSchemaExtend names the protocols and bounds the name.
func (Target) JSONSchemaExtend(s *jsonschema.Schema) {
	enum(s, "protocol", wire.Names())
	pattern(s, "name")
}

// JSONSchemaExtend bounds the name and lists the figures a stage can wait for.
func (Stage) JSONSchemaExtend(s *jsonschema.Schema) {
	pattern(s, "name")
	names(s, "until", results.Aimable())
}

// JSONSchemaExtend bounds the name and lists the figures of objectives.
func (Scenario) JSONSchemaExtend(s *jsonschema.Schema) {
	pattern(s, "name")
	names(s, "objectives", gradedFigures())
}

// JSONSchemaExtend lists the figures that can be weighed, anchored and required.
func (Decision) JSONSchemaExtend(s *jsonschema.Schema) {
	names(s, "weights", slices.Concat(weightNames, slices.DeleteFunc(gradedFigures(), func(key string) bool { return key == "quality" })))
	names(s, "anchors", gradedFigures())
	if p, ok := s.Properties.Get("require"); ok {
		p.PropertyNames = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Enum: anys(figureKeys())}, {Pattern: `\.`, Description: "A dotted fact, such as licence.commercial."},
		}}
	}
}

// gradedFigures are the figures of which one direction is better.
func gradedFigures() []string {
	var out []string
	for _, f := range results.Figures {
		if f.Better != results.Neutral {
			out = append(out, f.Key)
		}
	}
	return out
}

func enum(s *jsonschema.Schema, property string, words []string) {
	if p, ok := s.Properties.Get(property); ok {
		p.Enum = anys(words)
	}
}

func names(s *jsonschema.Schema, property string, words []string) {
	if p, ok := s.Properties.Get(property); ok {
		p.PropertyNames = &jsonschema.Schema{Enum: anys(words)}
	}
}

func pattern(s *jsonschema.Schema, property string) {
	if p, ok := s.Properties.Get(property); ok {
		p.Pattern = pathName.String()
	}
}

func anys(words []string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = w
	}
	return out
}
