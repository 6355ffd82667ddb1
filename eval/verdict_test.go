package eval

import (
	"strings"
	"testing"
	"unicode/utf8"
)

var all = []string{"coherence", "understanding", "usefulness"}

func TestParseVerdict(t *testing.T) {
	const good = `{"scores":{"coherence":4,"understanding":5,"usefulness":0},"reasons":{"coherence":"clear"}}`
	for _, tc := range []struct {
		intent, reply string
		wrong         string // part of the error; empty for a verdict
	}{
		{"the asked form", good, ""},
		{"white space around it", "\n " + good + "\n", ""},
		{"one code fence around it", "```json\n" + good + "\n```", ""},
		{"a float that is whole", strings.Replace(good, ":4", ":4.0", 1), ""},
		{"reasons of a wrong type do not spoil scores", strings.Replace(good, `"clear"`, "7", 1), ""},
		{"reasons that are no object do not either", strings.Replace(good, `{"coherence":"clear"}`, `"all fine"`, 1), ""},
		{"prose before", "Here you are: " + good, "not one JSON object"},
		{"prose after", good + " Hope this helps.", "text after"},
		{"two objects: neither is the verdict", good + good, "text after"},
		{"an empty reply", "", "not one JSON object"},
		{"a bare array", "[5,5,5]", "not one JSON object"},
		{"a number in prose is no score", "I would give this a 5", "not one JSON object"},
		{"no scores", `{"pass":true}`, `no "scores"`},
		{"a criterion left out", `{"scores":{"coherence":4}}`, `no "understanding"`},
		{"a score as text", strings.Replace(good, ":5", `:"5"`, 1), "not a number"},
		{"null is no score", strings.Replace(good, ":5", ":null", 1), "not a number"},
		{"half a point", strings.Replace(good, ":5", ":4.5", 1), "whole number"},
		{"above the scale", strings.Replace(good, ":5", ":6", 1), "between 0 and 5"},
		{"below the scale", strings.Replace(good, ":5", ":-1", 1), "between 0 and 5"},
		{"cut off", good[:len(good)-10], "not one JSON object"},
	} {
		scores, reasons, err := parseVerdict(tc.reply, all)
		if tc.wrong == "" {
			if err != nil || scores["coherence"] != 4 || scores["understanding"] != 5 || scores["usefulness"] != 0 {
				t.Errorf("%s: got %v, %v", tc.intent, scores, err)
			}
			if tc.intent == "the asked form" && reasons["coherence"] != "clear" {
				t.Errorf("%s: reasons %v", tc.intent, reasons)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tc.wrong) {
			t.Errorf("%s: error %v, want one about %q", tc.intent, err, tc.wrong)
		}
		if scores != nil {
			t.Errorf("%s: scores %v beside an error", tc.intent, scores)
		}
	}
}

func TestReasonsAreBounded(t *testing.T) {
	_, reasons, err := parseVerdict(`{"scores":{"coherence":4,"understanding":5,"usefulness":0},"reasons":{"coherence":"`+
		strings.Repeat("很", 5000)+`","extra":"nobody asked"}}`, all)
	if err != nil || len(reasons) != 1 || len(reasons["coherence"]) > maxReason || !utf8.ValidString(reasons["coherence"]) {
		t.Errorf("%d bytes of %d reasons, %v", len(reasons["coherence"]), len(reasons), err)
	}
}

// Whatever a judge replies, a verdict has every wanted score in range, or none.
func FuzzParseVerdict(f *testing.F) {
	f.Add(`{"scores":{"coherence":4,"understanding":5,"usefulness":0}}`)
	f.Add("```json\n{}\n```")
	f.Fuzz(func(t *testing.T, reply string) {
		scores, _, err := parseVerdict(reply, all)
		if err != nil {
			return
		}
		for _, c := range all {
			if n, ok := scores[c]; !ok || n < minScore || n > maxScore {
				t.Fatalf("%q gave %v", reply, scores)
			}
		}
		if len(scores) != len(all) {
			t.Fatalf("%q gave %v", reply, scores)
		}
	})
}
