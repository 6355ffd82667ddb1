package drive

import (
	"strings"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets"
	"switchover/targets/chat"
)

// session is one conversation with one target: which turn and attempt is asked
// next, and what was answered before. It knows neither clock nor network. At most
// one departure of a session exists at any time, and whoever holds it owns the
// session.
type session struct {
	number  int // the plan's
	conv    *results.Conversation
	think   []time.Duration // before each turn after the first
	turn    int             // asked next, from 0
	attempt int             // asked next, from 1
	// intended is when the request of this turn was due; its retries keep it.
	intended time.Duration
	answers  []string
	exact    bool // the current attempt asks for an exact length
	resent   bool // the next attempt asks again what an earlier segment cancelled
}

func newSession(start scenarios.Start, items []results.Conversation) *session {
	return &session{number: start.Session, conv: &items[start.Item], think: start.Think, attempt: 1}
}

// begun reports whether anything of the session was asked.
func (s *session) begun() bool { return s.turn > 0 || s.attempt > 1 }

// unasked is how many turns have had no attempt yet.
func (s *session) unasked() int {
	n := len(s.conv.Turns) - s.turn
	if s.attempt > 1 {
		n--
	}
	return n
}

// thinkBefore is the think time before a turn, zero before the first.
func (s *session) thinkBefore(turn int) time.Duration {
	if i := turn - 1; i >= 0 && i < len(s.think) {
		return s.think[i]
	}
	return 0
}

// request is the next turn's question with its history: the system prompt (the
// target's own where it has one), and between the user's turns this target's
// earlier answers, never another's. What the target's own parameters leave open, the
// request of a log decides.
func (s *session) request(spec *targets.Spec, id string) chat.Request {
	opening := s.conv.Opening(spec.System)
	msgs := append(make([]chat.Message, 0, len(opening)+2*s.turn+1), opening...)
	for i := range s.turn {
		if asked, ok := s.conv.Question(i); ok {
			msgs = append(msgs, asked)
		}
		msgs = append(msgs, chat.Message{Role: chat.Assistant, Content: s.answers[i]})
	}
	if asked, ok := s.conv.Question(s.turn); ok {
		msgs = append(msgs, asked)
	}
	var req chat.Request
	params := spec.Params
	if s.conv.Request != nil {
		req = *s.conv.Request
		params = withLogged(params, req.Params)
		req.Foreign = foreignOf(s.conv, spec.System)
	}
	params.MaxTokens = s.conv.Limit(params.MaxTokens, !spec.DefaultLimit)
	params.Exact = s.conv.Exact
	req.ID, req.Model, req.Messages, req.Tools, req.Params = id, spec.Endpoint.Model, msgs, s.conv.Tools, params
	return req
}

// verb is what follows an attempt.
type verb int

const (
	askAgain  verb = iota // the same turn, after a backoff
	askNext               // the next turn, after the think time
	endOK                 // every turn was answered
	endFailed             // this turn failed for good
)

// step is what follows an attempt, and for askAgain and askNext how long after
// the attempt's end.
type step struct {
	verb verb
	wait time.Duration
}

// after moves the session past an attempt. It is the same function for an answer
// that just came and for one read back from a journal. u in [0,1) is the jitter
// of a backoff.
func (s *session) after(rec *results.Record, retry targets.Retry, u float64) step {
	if rec.OK() {
		s.answers = append(s.answers, answer(rec))
		s.turn, s.attempt = s.turn+1, 1
		if s.turn >= len(s.conv.Turns) {
			return step{verb: endOK}
		}
		return step{verb: askNext, wait: s.thinkBefore(s.turn)}
	}
	s.attempt++
	if wait, again := retry.Next(rec, u); again {
		return step{verb: askAgain, wait: wait}
	}
	return step{verb: endFailed}
}

// answer is what the history says the target said. Calls of tools are told in
// words: nobody ran them, and a protocol's call message without a result is
// refused by servers.
func answer(rec *results.Record) string {
	if rec.Text != "" || len(rec.ToolCalls) == 0 {
		return rec.Text
	}
	calls := make([]string, len(rec.ToolCalls))
	for i, c := range rec.ToolCalls {
		calls[i] = c.Name + "(" + c.Arguments + ")"
	}
	return strings.Join(calls, "\n")
}
