package prompts

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"

	"switchover/results"
	"switchover/targets/chat"
)

// maxMade bounds the text that is made for one source, in bytes.
const maxMade = 512 << 20

// verified is how much of what is made is counted again by the tokenizer, in
// bytes: the first conversations. All of it would take longer than making it.
const verified = 1 << 20

// maker makes texts to measure.
type maker struct {
	seed     [2]uint64
	salted   bool
	language string // LanguageZH, or English
	limit    int64
	held     int64
	costs    map[string]int // tokens of a salt, by what stands before it
	err      error          // of the tokenizer
	buf      []byte         // of the text that is being made
}

func newMaker(seed [2]uint64, salted bool, limit int64) *maker {
	if limit <= 0 {
		limit = maxMade
	}
	return &maker{seed: seed, salted: salted, limit: limit, costs: map[string]int{}}
}

// random is the randomness of one use, so that a text does not depend on how many
// others are made.
func (m *maker) random(use string, number int64) *rand.Rand {
	seed := sha256.Sum256(fmt.Appendf(nil, "%d %d %s %d", m.seed[0], m.seed[1], use, number))
	return rand.New(rand.NewChaCha8(seed))
}

// saltTokens is what a salt adds to a text in which it stands behind a piece; ""
// at the beginning. The tokenizer cuts before a bracket behind a word, so that
// all words come to the same, and so do all clauses.
func (m *maker) saltTokens(behind string) int {
	switch {
	case strings.HasPrefix(behind, " "):
		behind = " word"
	case m.language == LanguageZH && behind != "":
		behind = "的"
	}
	if n, ok := m.costs[behind]; ok {
		return n
	}
	n, err := countTokens(behind + chat.Salt())
	if behind != "" {
		n-- // its own
	}
	if err != nil && m.err == nil {
		m.err = err
	}
	m.costs[behind] = n
	return n
}

// keep counts a conversation's text, and holds the first against the tokenizer.
func (m *maker) keep(c *results.Conversation) error {
	if m.err != nil {
		return m.err
	}
	before := m.held
	for _, turn := range c.Turns {
		m.held += int64(len(turn))
	}
	if before >= verified {
		return nil
	}
	for i, turn := range c.Turns {
		if i == 0 && c.Salt != nil && c.Salt.Scope != results.SaltNone {
			turn = turn[:c.Salt.At] + chat.Salt(c.Item) + turn[c.Salt.At:]
		}
		n, err := countTokens(turn)
		if err != nil {
			return err
		}
		if n != c.InputTokens[i] {
			return fmt.Errorf("making prompts: turn %d of %s has %d tokens of %s, not %d", i+1, c.Item, n, Tokenizer, c.InputTokens[i])
		}
	}
	return nil
}

// full says that no more text is to be held.
func (m *maker) full() bool { return m.held > m.limit }

// ruler is a text of which any first tokens can be taken, or as many whole pieces
// as they hold.
type ruler struct {
	text string
	ends []int // ends[k]: the bytes of the first k tokens, or of the pieces in them
	fits []int // fits[k]: the tokens of these
	last []string
}

// ruler makes the text that prompts begin with in common, of n tokens.
func (m *maker) ruler(n int) ruler {
	r := ruler{ends: make([]int, n+1), fits: make([]int, n+1), last: make([]string, n+1)}
	piece := m.pieces()
	var text []byte
	for fit := 0; fit < n; {
		next, tokens := piece()
		for k := fit + 1; k <= min(fit+tokens-1, n); k++ {
			r.ends[k], r.fits[k], r.last[k] = len(text), fit, r.last[fit]
		}
		if fit += tokens; fit <= n {
			text = append(text, next...)
			r.ends[fit], r.fits[fit], r.last[fit] = len(text), fit, next
		}
	}
	r.text = string(text)
	return r
}

// pieces draws the pieces of a text, each with its tokens.
func (m *maker) pieces() func() (string, int) {
	if m.language == LanguageZH {
		p := &prose{random: m.random("shared", 0), begins: true}
		return p.clause
	}
	p := m.passage("shared", 0, true)
	return func() (string, int) { return p.next(), 1 }
}

// first is the text of the pieces in the first k tokens, how many tokens they are,
// and the last of them, "" where there is none.
func (r ruler) first(k int) (text string, tokens int, last string) {
	return r.text[:r.ends[k]], r.fits[k], r.last[k]
}

func (m *maker) passage(use string, number int64, begins bool) *passage {
	return &passage{random: m.random(use, number), begins: begins}
}

// text appends a text of its own of n tokens.
func (m *maker) text(to []byte, use string, number int64, begins bool, n int) []byte {
	if m.language == LanguageZH {
		return (&prose{random: m.random(use, number), begins: begins}).write(to, n)
	}
	return m.passage(use, number, begins).write(to, n, true)
}
