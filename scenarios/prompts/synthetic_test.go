package prompts

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"switchover/results"
	"switchover/targets/chat"
)

// said is a turn as it is sent.
func said(c *results.Conversation, turn int, salt string) string {
	messages := []chat.Message{{Role: chat.User, Content: c.Turns[turn]}}
	if turn == 0 && c.Salt != nil && c.Salt.Scope != results.SaltNone {
		chat.PlaceSalt(messages, c.Salt.At, salt)
	}
	return messages[0].Content
}

// Every turn has exactly the tokens that were drawn for it, by the tokenizer, with
// whatever salt it is sent; at every length, share and kind of end.
func TestSyntheticHasTheTokensAskedFor(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, s := range []Synthetic{
		{Input: UniformLengths(1, 40), Conversations: 120, Salted: true},
		{Input: UniformLengths(1, 40), Conversations: 100},
		{Input: UniformLengths(1, 60), Conversations: 120, Shared: 0.5, Salted: true},
		{Input: UniformLengths(1, 60), Conversations: 60, Shared: 1, Salted: true},
		{Input: LognormalLengths(300, 400), Conversations: 25, Shared: 0.3, Turns: 3, Salted: true},
		{Input: FixedLengths(20_000), Conversations: 1},
		{Input: UniformLengths(1, 60), Conversations: 150, Salted: true, Language: LanguageZH},
		{Input: UniformLengths(1, 120), Conversations: 150, Shared: 0.5, Salted: true, Language: LanguageZH},
		{Input: UniformLengths(1, 120), Conversations: 60, Shared: 0.4, Turns: 2, Language: LanguageZH},
	} {
		s.Seed = [2]uint64{r.Uint64(), r.Uint64()}
		made, err := s.Make()
		if err != nil {
			t.Fatal(err)
		}
		for i := range made {
			c := &made[i]
			for turn, want := range c.InputTokens {
				for range 2 {
					text := said(c, turn, chat.Salt(r.Uint64()))
					if n, err := countTokens(text); n != want || err != nil {
						t.Fatalf("%s, turn %d: %d tokens, want %d: %.200q", c.Item, turn, n, want, text)
					}
				}
			}
		}
	}
}

// The same seed makes the same conversations, however many there are; another
// makes others, and no two begin alike.
func TestSyntheticFollowsTheSeed(t *testing.T) {
	s := Synthetic{Input: FixedLengths(50), Output: UniformLengths(10, 20), Conversations: 200, Salted: true}
	a, err := s.Make()
	if err != nil {
		t.Fatal(err)
	}
	s.Conversations = 20
	b, err := s.Make()
	if err != nil || !reflect.DeepEqual(a[:20], b) {
		t.Errorf("fewer are not the first of more: %v", err)
	}
	begins := map[string]bool{}
	for _, c := range a {
		if begins[c.Turns[0][:30]] {
			t.Errorf("%q begins two prompts", c.Turns[0][:30])
		}
		begins[c.Turns[0][:30]] = true
		if c.MaxTokens < 10 || c.MaxTokens > 20 || !c.Exact {
			t.Errorf("%s: an answer of %d", c.Item, c.MaxTokens)
		}
	}
	s.Seed[0]++
	if c, err := s.Make(); err != nil || c[0].Turns[0] == b[0].Turns[0] {
		t.Errorf("another seed makes the same: %v", err)
	}
}

// A shared beginning is that share of each prompt's tokens, the same text in all,
// and what follows is not.
func TestSyntheticSharedPrefix(t *testing.T) {
	made, err := Synthetic{Input: UniformLengths(100, 200), Conversations: 50, Shared: 0.3, Salted: true}.Make()
	if err != nil {
		t.Fatal(err)
	}
	for i := range made {
		c := &made[i]
		shared := c.Turns[0][:c.Salt.At]
		if n, err := countTokens(shared); err != nil || float64(n) < 0.3*float64(c.InputTokens[0])-0.51 || float64(n) > 0.3*float64(c.InputTokens[0])+0.51 {
			t.Errorf("%s: %d of %d tokens are shared", c.Item, n, c.InputTokens[0])
		}
		for _, other := range made {
			if len(other.Turns[0]) > len(shared)+40 && other.Item != c.Item && other.Salt.At >= c.Salt.At {
				if !strings.HasPrefix(other.Turns[0], shared) {
					t.Errorf("%s and %s begin differently", c.Item, other.Item)
				}
			}
		}
	}
}

// Too much text is refused while it is made.
func TestSyntheticIsBounded(t *testing.T) {
	_, err := Synthetic{Input: FixedLengths(1000), Conversations: 1000, Bytes: 10_000}.Make()
	if err == nil || !strings.Contains(err.Error(), "more than 10000 bytes of text") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkSynthetic(b *testing.B) {
	for b.Loop() {
		made, err := Synthetic{Input: FixedLengths(100_000), Conversations: 10}.Make()
		if err != nil || len(made) != 10 {
			b.Fatal(err)
		}
	}
}
