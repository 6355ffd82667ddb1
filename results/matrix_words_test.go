package results

import "testing"

// A requirement of a fact reads as it was written, a comparison as one.
func TestRequirementsOfFactsInWords(t *testing.T) {
	for _, tt := range []struct{ want, text string }{
		{"yes", "fails data.x = yes (unknown)"},
		{"= yes", "fails data.x = yes (unknown)"},
		{"<= 30", "fails data.x <= 30 (unknown)"},
		{"> 5", "fails data.x > 5 (unknown)"},
	} {
		if got := failText(Check{Name: "data.x", Want: tt.want, Detail: "unknown"}); got != tt.text {
			t.Errorf("%q is said as %q, want %q", tt.want, got, tt.text)
		}
	}
}
