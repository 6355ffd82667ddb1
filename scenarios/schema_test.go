package scenarios

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSchema holds scenarios that Parse accepts to the published schema, with a
// small validator of the keywords that the schema uses.
func TestSchema(t *testing.T) {
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(b, &root); err != nil {
		t.Fatal(err)
	}
	if root["$schema"] != "https://json-schema.org/draft/2020-12/schema" {
		t.Errorf("draft is %v", root["$schema"])
	}
	src, _ := Bundled("outage.yaml")
	outage, err := Parse("outage.yaml", src, Env{})
	if err != nil {
		t.Fatal(err)
	}
	mix := workloadScenario(t, mixed, "[{mode: open, rate: 1/s, duration: 20s}]")
	trace := workloadScenario(t, "{trace: {file: t.csv, format: burstgpt}}", "[{mode: trace}]")
	for _, s := range []*Scenario{outage, loadFull(t), mix, trace} {
		var v any
		if err := json.Unmarshal([]byte(mustJSON(t, s)), &v); err != nil {
			t.Fatal(err)
		}
		if err := valid(root, root, v, s.Name); err != nil {
			t.Error(err)
		}
	}
	for _, broken := range []string{
		`{"name": "a"}`,
		strings.Replace(mustJSON(t, outage), `"ttft":"300ms"`, `"ttft":300`, 1),
		strings.Replace(mustJSON(t, outage), `"ttft":"300ms"`, `"ttft":"300"`, 1),
		strings.Replace(mustJSON(t, outage), `"mode":"open"`, `"mode":"opne"`, 1),
		strings.Replace(mustJSON(t, outage), `"seed":1`, `"sede":1`, 1),
		strings.Replace(mustJSON(t, outage), `"kind":"rate_limited"`, `"kind":"ratelimited"`, 1),
		strings.Replace(mustJSON(t, outage), `"ttft_p90"`, `"tft_p90"`, 1),
		strings.Replace(mustJSON(t, mix), `"weight":3`, `"weight":0`, 1),
		strings.Replace(mustJSON(t, mix), `"uniform"`, `"uniforn"`, 1),
		strings.Replace(mustJSON(t, mix), `"input_tokens":100`, `"input_tokens":"100"`, 1),
		strings.Replace(mustJSON(t, trace), `"burstgpt"`, `"openai"`, 1),
	} {
		var v any
		if err := json.Unmarshal([]byte(broken), &v); err != nil {
			t.Fatal(err)
		}
		if valid(root, root, v, "broken") == nil {
			t.Errorf("the schema accepts %.200s", broken)
		}
	}
}

// TestSchemaDescriptions checks that what a type says of itself reaches editors.
func TestSchemaDescriptions(t *testing.T) {
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a literal key is refused", "conversation starts of each target", "USD per 1M tokens", `"rate_limited"`, "\"additionalProperties\": false"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the schema does not say %q", want)
		}
	}
}

// valid checks v against the keywords of s that scenarios use.
func valid(root, s map[string]any, v any, path string) error {
	if ref, ok := s["$ref"].(string); ok {
		return valid(root, root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any), v, path)
	}
	if alts, ok := s["anyOf"].([]any); ok {
		var errs []string
		for _, alt := range alts {
			err := valid(root, alt.(map[string]any), v, path)
			if err == nil {
				return nil
			}
			errs = append(errs, err.Error())
		}
		return fmt.Errorf("%s: none of %q", path, errs)
	}
	if c, ok := s["const"]; ok && c != v {
		return fmt.Errorf("%s: %v is not %v", path, v, c)
	}
	if e, ok := s["enum"].([]any); ok && !slices.Contains(e, v) {
		return fmt.Errorf("%s: %v is not in the enumeration", path, v)
	}
	return validType(root, s, v, path)
}

func validType(root, s map[string]any, v any, path string) error {
	switch want, _ := s["type"].(string); v := v.(type) {
	case string:
		if want != "string" && want != "" {
			return fmt.Errorf("%s: text for %s", path, want)
		}
		if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v) {
			return fmt.Errorf("%s: %q does not match %s", path, v, p)
		}
	case float64:
		if want != "number" && want != "integer" {
			return fmt.Errorf("%s: a number for %s", path, want)
		}
		if least, ok := s["minimum"].(float64); ok && v < least {
			return fmt.Errorf("%s: %v below %v", path, v, least)
		}
		if least, ok := s["exclusiveMinimum"].(float64); ok && v <= least {
			return fmt.Errorf("%s: %v not above %v", path, v, least)
		}
	case bool:
		if want != "boolean" {
			return fmt.Errorf("%s: a truth value for %s", path, want)
		}
	case []any:
		if want != "array" {
			return fmt.Errorf("%s: a list for %s", path, want)
		}
		for i, item := range v {
			if err := valid(root, s["items"].(map[string]any), item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		return validObject(root, s, v, path)
	}
	return nil
}

func validObject(root, s, v map[string]any, path string) error {
	if s["type"] != "object" {
		return fmt.Errorf("%s: a mapping for %v", path, s["type"])
	}
	required, _ := s["required"].([]any)
	for _, r := range required {
		if _, ok := v[r.(string)]; !ok {
			return fmt.Errorf("%s: %v is missing", path, r)
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for key, value := range v {
		sub, known := properties[key].(map[string]any)
		if !known {
			more, ok := s["additionalProperties"].(map[string]any)
			if !ok {
				return fmt.Errorf("%s: unknown key %s", path, key)
			}
			sub = more
		}
		if names, ok := s["propertyNames"].(map[string]any); ok {
			if err := valid(root, names, key, path); err != nil {
				return err
			}
		}
		if err := valid(root, sub, value, path+"."+key); err != nil {
			return err
		}
	}
	return nil
}
