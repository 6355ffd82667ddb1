package report

import "testing"

// A remark begins with a capital, but names of targets and of fields stay as they are.
func TestSentence(t *testing.T) {
	p := prose{[]string{"our-7b"}}
	for in, want := range map[string]string{
		"cost: give its price":              "Cost: give its price.",
		"licence.commercial: once you know": "licence.commercial: once you know.",
		"error_rate of all":                 "error_rate of all.",
		"our-7b is out":                     "our-7b is out.",
		"nothing more. It is over":          "Nothing more. It is over.",
		"simulated.":                        "Simulated.",
	} {
		if got := p.sentence(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
