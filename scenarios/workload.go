package scenarios

import (
	"cmp"
	"fmt"

	"switchover/results"
	"switchover/scenarios/prompts"
	"switchover/scenarios/prompts/redact"
	"switchover/targets/chat"
)

// defaultSynthetic is how many synthetic conversations are made where the scenario
// does not say: enough for a distribution's tail to be met, and made in a moment.
const defaultSynthetic = 200

// Part is one source of a workload, with its place in it.
type Part struct {
	// Name is what conversations.jsonl calls it; empty for the only source.
	Name string
	// Share is the part of the sessions that it has, 0 to 1.
	Share float64
	*Asked
}

// Parts are the sources of the workload, in the order of the file.
func (w *Workload) Parts() []Part {
	if w.Mix == nil {
		return []Part{{Share: 1, Asked: &w.Asked}}
	}
	sum, kinds := 0.0, map[string]int{}
	for i := range w.Mix {
		sum += w.Mix[i].Weight
		kinds[w.Mix[i].Kind()]++
	}
	out := make([]Part, len(w.Mix))
	for i := range w.Mix {
		m := &w.Mix[i]
		out[i] = Part{Name: m.Kind(), Share: m.Weight / sum, Asked: &m.Asked}
		if kinds[m.Kind()] > 1 {
			out[i].Name = fmt.Sprintf("%s-%d", m.Kind(), i+1)
		}
	}
	return out
}

// The kinds of sources besides the formats of files.
const (
	KindBundled   = "bundled"
	KindSynthetic = "synthetic"
	KindTrace     = "trace"
)

// Kind is bundled, synthetic, trace, or the format of a file.
func (a *Asked) Kind() string {
	switch {
	case a.Synthetic != nil:
		return KindSynthetic
	case a.Trace != nil:
		return KindTrace
	case a.Conversations == nil || a.Conversations.Bundled:
		return KindBundled
	}
	return cmp.Or(a.Conversations.Format, prompts.FormatConversations)
}

// fillDefaults writes what a source left out.
func (a *Asked) fillDefaults() {
	a.Salt = cmp.Or(a.Salt, SaltOn)
	switch {
	case a.Synthetic != nil:
		a.Synthetic.Language = cmp.Or(a.Synthetic.Language, prompts.LanguageEN)
		a.Synthetic.Turns = cmp.Or(a.Synthetic.Turns, 1)
		a.Synthetic.Conversations = cmp.Or(a.Synthetic.Conversations, defaultSynthetic)
	case a.Trace != nil:
		a.Trace.Speed = cmp.Or(a.Trace.Speed, 1)
	case a.Conversations != nil && !a.Conversations.Bundled:
		a.Conversations.Format = cmp.Or(a.Conversations.Format, prompts.FormatConversations)
		a.Conversations.Redact = cmp.Or(a.Conversations.Redact, RedactOn)
	}
}

// Own gives the conversations of a part the names and the marks by which a plan
// tells them from those of others.
func (p Part) Own(items []results.Conversation) {
	if p.Name == "" {
		return
	}
	for i := range items {
		c := &items[i]
		c.Source, c.Item = p.Name, p.Name+"/"+c.Item
		if p.Salt == SaltOff {
			c.Salt = &results.SaltPlace{Scope: results.SaltNone}
		}
	}
}

// ReadOptions is how a part's file is to be read: its format, the sample by the
// scenario's seed, and what is redacted. The scenario must come from Parse, Load
// or Quick.
func (s *Scenario) ReadOptions(p Part) (prompts.Options, error) {
	src := p.Conversations
	o := prompts.Options{
		Format: src.Format,
		Sample: p.Sample,
		Random: seedOf(s.Seed, "sample", p.Name).Rand(),
	}
	if src.Redact == RedactOff {
		return o, nil
	}
	r, err := redact.New(redact.Rules{IP: src.Redact == RedactWithIP, Patterns: src.Patterns})
	if err != nil {
		return o, fmt.Errorf("workload.conversations.patterns: %w", err)
	}
	o.Redact = r
	return o, nil
}

// SyntheticOptions is what a part's prompts are made like.
func (s *Scenario) SyntheticOptions(p Part) prompts.Synthetic {
	y := p.Synthetic
	o := prompts.Synthetic{
		Language: y.Language, Input: y.InputTokens.lengths(), Shared: float64(y.SharedPrefix), Turns: y.Turns, Conversations: y.Conversations,
		Salted: p.Salt == SaltOn, Seed: seedOf(s.Seed, "synthetic", p.Name),
	}
	if y.OutputTokens != nil {
		o.Output = y.OutputTokens.lengths()
	}
	return o
}

// TraceOptions is how the workload's trace is to be read: as far as the stage that
// replays the most of it needs.
func (s *Scenario) TraceOptions(p Part) prompts.TraceOptions {
	o := prompts.TraceOptions{Format: p.Trace.Format, Salted: p.Salt == SaltOn, Seed: seedOf(s.Seed, "trace", p.Name)}
	endless, countless := false, false
	for i := range s.Load {
		if st := &s.Load[i]; st.Mode == ModeTrace {
			until, most := st.replayed(p.Trace.Speed)
			endless, countless = endless || until == 0, countless || most == 0
			o.Until, o.Requests = max(o.Until, until), max(o.Requests, most)
		}
	}
	if endless {
		o.Until = 0
	}
	if countless {
		o.Requests = 0
	}
	return o
}

// Salted reports whether sessions' prompts begin with a line of their own, but for
// those that say otherwise themselves.
func (s *Scenario) Salted() bool {
	for _, p := range s.Workload.Parts() {
		if p.Salt == SaltOn {
			return true
		}
	}
	return false
}

// saltTokens is how many tokens that line is likely to have.
const saltTokens = 10

// AnswerLimit is the most tokens of an answer to a conversation: the target's
// limit and the conversation's, whichever is less, as results.Conversation.Limit has
// it. Of answers that were asked for by a limit of their own, one that the target does
// not name is none.
func (t *Target) AnswerLimit(it *results.Conversation) int {
	return it.Limit(t.ChatParams().MaxTokens, t.OwnLimit() > 0)
}

// OwnLimit is the limit of answers that the target names, 0 for none.
func (t *Target) OwnLimit() int {
	if t.Params == nil {
		return 0
	}
	return t.Params.MaxTokens
}

// saltCost is what a salt adds to the first message of a conversation.
func saltCost(s *Scenario, it *results.Conversation) (likely, worst int) {
	switch {
	case !s.Salted() || it.Salt != nil && it.Salt.Scope == results.SaltNone:
		return 0, 0
	case it.InputTokens != nil:
		return 0, chat.SaltBytes // it has room in the tokens
	}
	return saltTokens, chat.SaltBytes
}

// turnTokens is how many tokens a turn is likely to have; those that were made to
// measure are known.
func turnTokens(it *results.Conversation, turn int) int {
	if turn < len(it.InputTokens) {
		return it.InputTokens[turn]
	}
	asked, _ := it.Question(turn)
	return messageLikely(&asked)
}
