package report_test

import (
	"slices"
	"testing"
	"unicode/utf8"

	"switchover/report"
)

// Names too long for their column still say which target is which.
func TestShortenedNamesStayApart(t *testing.T) {
	for _, tt := range []struct {
		width       int
		names, want []string
	}{
		{17, []string{"a", "small-sim-127.0.0.1"}, []string{"a", "small-sim-127.0.…"}},
		{17, []string{"small-sim-127.0.0.1-18765", "small-sim-127.0.0.1-18765-2"}, []string{"small-sim-127.0.…", "small-sim-127.…-2"}},
		{17, []string{"llama-70b-instruct-api.groq.com", "llama-70b-instruct-api.together.xyz"}, []string{"llama-70…groq.com", "llam…together.xyz"}},
		{9, []string{"model-of-one-very-long-name", "model-of-two-very-long-name"}, []string{"…one-ver…", "…two-ver…"}},
		{4, []string{"模型模型模型一", "模型模型模型二"}, []string{"模型…一", "模型…二"}},
		{0, []string{"a", "b"}, []string{"…", "…"}},
		{3, nil, []string{}},
	} {
		got := report.Shorten(tt.names, func(s string) bool { return utf8.RuneCountInString(s) <= tt.width })
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q in %d: %q, want %q", tt.names, tt.width, got, tt.want)
		}
	}
}
