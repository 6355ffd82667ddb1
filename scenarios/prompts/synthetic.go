package prompts

import (
	"cmp"
	"fmt"
	"math"

	"switchover/results"
)

// The languages that prompts are made in.
const (
	LanguageEN = "en"
	LanguageZH = "zh"
)

// Synthetic says what conversations are made: sensible sentences of no meaning, as
// long as is drawn, the same for the same seed.
type Synthetic struct {
	Language string  // LanguageEN, the default, or LanguageZH
	Input    Lengths // of what the user says in each turn, by Tokenizer
	Output   Lengths // of the answers, drawn once for a conversation; nil: the target's limit
	// Shared is the share of each first turn, 0 to 1, that is the beginning of one
	// text: prompts of a length begin alike for that many tokens, in Chinese for the
	// whole clauses among them.
	Shared        float64
	Turns         int // default 1
	Conversations int
	// Salted leaves room for a salt behind the shared part, so that a prompt has its
	// length with it. Prompts that are too short for one have none.
	Salted bool
	Seed   [2]uint64
	Bytes  int64 // of text at most; default 512 MiB
}

// Make makes the conversations. The error says that they are too much text.
func (s Synthetic) Make() ([]results.Conversation, error) {
	m := newMaker(s.Seed, s.Salted, s.Bytes)
	m.language = cmp.Or(s.Language, LanguageEN)
	out := make([]results.Conversation, s.Conversations)
	longest := 0
	for i := range out {
		c := &out[i]
		r := m.random("lengths", int64(i))
		c.Item, c.Language, c.Category = fmt.Sprintf("prompt-%d", i+1), m.language, "synthetic"
		for range max(1, s.Turns) {
			c.InputTokens = append(c.InputTokens, s.Input(r.Float64()))
		}
		if s.Output != nil {
			c.MaxTokens, c.Exact = min(s.Output(r.Float64()), MaxOutput), true
		}
		longest = max(longest, s.shared(c))
	}
	common := m.ruler(longest)
	for i := range out {
		c := &out[i]
		c.Turns = make([]string, len(c.InputTokens))
		c.Turns[0] = m.first(c, common, s.shared(c), int64(i))
		for j := 1; j < len(c.Turns); j++ {
			m.buf = m.text(m.buf[:0], fmt.Sprintf("turn %d", j+1), int64(i), true, c.InputTokens[j])
			c.Turns[j] = string(m.buf)
		}
		if err := m.keep(c); err != nil {
			return nil, err
		}
		if m.full() {
			return nil, fmt.Errorf("the first %d of %d synthetic conversations are more than %d bytes of text: make them shorter or fewer", i+1, len(out), m.limit)
		}
	}
	return out, nil
}

// shared is how many tokens of a conversation's first turn are common to all.
func (s Synthetic) shared(c *results.Conversation) int {
	return min(int(math.Round(s.Shared*float64(c.InputTokens[0]))), c.InputTokens[0])
}

// first makes a first turn: what is shared, room for a salt, and a text of its own.
func (m *maker) first(c *results.Conversation, common ruler, shared int, number int64) string {
	text, tokens, last := common.first(shared)
	m.buf = append(m.buf[:0], text...)
	own := c.InputTokens[0] - tokens
	begins := tokens == 0
	c.Salt = &results.SaltPlace{Scope: results.SaltNone}
	if salt := m.saltTokens(last); m.salted && own > salt {
		own -= salt
		begins = true // the salt ends a line
		c.Salt = &results.SaltPlace{At: len(m.buf), Scope: results.SaltOfSession}
	}
	m.buf = m.text(m.buf, "own", number, begins, own)
	return string(m.buf)
}
