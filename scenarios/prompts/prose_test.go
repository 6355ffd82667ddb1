package prompts

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// There is a short piece for every number of tokens that a text can lack.
func TestShortPieces(t *testing.T) {
	for lead, by := range shortPieces() {
		for n, list := range by {
			if least := 1 + strings.Count(lead, "，"); n >= least && len(list) == 0 {
				t.Errorf("behind %q none has %d tokens", lead, n)
			}
		}
	}
}

// No clause is longer than what is left for it.
func TestClausesAreBounded(t *testing.T) {
	p := &prose{random: newMaker([2]uint64{}, false, 0).random("test", 0)}
	for range 2000 {
		if text, n := p.clause(); n < 1 || n > mostClause || !utf8.ValidString(text) {
			t.Fatalf("%q has %d tokens", text, n)
		}
	}
}
