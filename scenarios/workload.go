package scenarios

import (
	"fmt"

	"switchover/results"
	"switchover/scenarios/prompts"
	"switchover/scenarios/prompts/redact"
	"switchover/targets/chat"
)

// ReadOptions is how the workload's file is to be read: its format, the sample by
// the scenario's seed, and what is redacted. The scenario must come from Parse,
// Load or Quick.
func (s *Scenario) ReadOptions() (prompts.Options, error) {
	src := s.Workload.Conversations
	o := prompts.Options{
		Format: src.Format,
		Sample: s.Workload.Sample,
		Random: seedOf(s.Seed, "sample", "").Rand(),
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

// Salted reports whether every session's prompt begins with a line of its own.
func (s *Scenario) Salted() bool { return s.Workload.Salt == SaltOn }

// saltTokens is how many tokens that line is likely to have.
const saltTokens = 14

// answerLimit is the most tokens of an answer to a conversation: the target's
// limit and the conversation's, whichever is less.
func answerLimit(it results.Conversation, t *Target) int {
	limit := t.ChatParams().MaxTokens
	if it.MaxTokens > 0 {
		limit = min(limit, it.MaxTokens)
	}
	return limit
}

// saltCost is what a salt adds to the first message.
func saltCost(s *Scenario) (likely, worst int) {
	if s.Salted() {
		return saltTokens, chat.SaltBytes
	}
	return 0, 0
}
