package convert

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"switchover/targets/wire"
)

// FuzzRequests: of a file nothing is lost but white space, and its requests stand in
// order. What is converted is JSON, one line, and of what is not it is said why.
func FuzzRequests(f *testing.F) {
	for _, file := range []string{asked + "\n" + asked, "{\n  \"a\": {\n  }\n}\n{\"b\":2}\n", "\ufeff" + asked, `[` + asked + `]`,
		`{"custom_id":"r-1","params":` + asked + `}`, `{"custom_id":1,"body":{"model":"m","messages":[{"role":"user","content":"Hi"}]}}`, "{\"a\":1\n{\"b\":2}\n"} {
		f.Add([]byte(file), uint8(0))
	}
	names := wire.Names()
	f.Fuzz(func(t *testing.T, file []byte, to uint8) {
		protocol, _ := wire.Lookup(names[int(to)%len(names)])
		c := Converter{From: "anthropic", Protocol: protocol}
		if to%2 == 0 {
			c.From = "openai"
		}
		var seen []byte
		line := 0
		for r, err := range Requests(bytes.NewReader(file)) {
			if err != nil {
				return
			}
			if r.Line <= line {
				t.Fatalf("line %d comes after line %d", r.Line, line)
			}
			line = r.Line
			seen = append(seen, r.JSON...)
			got := c.Convert(r.JSON)
			if (got.Body == nil) == (got.Refused == nil) {
				t.Fatalf("%q became %q, refused: %v", r.JSON, got.Body, got.Refused)
			}
			if got.Body != nil && (!json.Valid(got.Body) || bytes.ContainsAny(got.Body, "\n")) {
				t.Fatalf("%q became %q", r.JSON, got.Body)
			}
		}
		without := func(b []byte) string {
			return strings.Join(strings.Fields(strings.ReplaceAll(string(b), "\ufeff", "")), "")
		}
		if want := without(file); without(seen) != want {
			t.Errorf("of %q was read %q", want, without(seen))
		}
	})
}
