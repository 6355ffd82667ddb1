package prompts

import (
	"slices"
	"strings"
	"testing"
)

// Each word is one token where it stands: behind a space, and those that begin a
// text also without one. No list names a word twice, which would weigh it double.
func TestWordsAreSingleTokens(t *testing.T) {
	one := func(text string) {
		t.Helper()
		if n, err := countTokens(text); n != 1 || err != nil {
			t.Errorf("%q: %d tokens, %v", text, n, err)
		}
	}
	for _, list := range [][]string{openers, articles, describes, things, actions, manners, places, joints} {
		for i, w := range list {
			one(w)
			if slices.Contains(list[:i], w) {
				t.Errorf("%q is there twice", w)
			}
		}
	}
	for _, w := range openers {
		one(strings.TrimPrefix(w, " "))
	}
	for _, mark := range []string{".", ",", ".\n\n", "?"} {
		one(mark)
	}
}
