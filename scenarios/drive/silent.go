package drive

import (
	"fmt"
	"strings"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// A target of which nothing was ever heard, not even a refusal, is given up after
// this many attempts in a row and this much time: a server that hangs would else
// hold every conversation of the plan for all its timeouts and retries. One that
// loads its model on the first request has the minute. The head of a response, or
// comments that keep it open, are nothing: a proxy in front of an engine that hangs
// sends them.
const (
	silentAttempts = 3
	silentTime     = time.Minute
)

// silence is what a lane has heard of its target.
type silence struct {
	heard    bool // see heardOf; in this segment or an earlier one
	attempts int  // without any
	since    time.Duration
}

// heardOf reports whether the target was heard of in an attempt: a response, whatever
// it said, but for one that timed out before any content.
func heardOf(rec *results.Record) bool {
	if rec.Error == nil || rec.FirstToken.IsKnown() {
		return true
	}
	return rec.Status != 0 && !timedOut(rec.Error.Class)
}

// timedOut reports whether a class is one of waiting in vain.
func timedOut(c chat.Class) bool {
	switch c {
	case chat.TimeoutConnect, chat.TimeoutFirstByte, chat.TimeoutIdle, chat.TimeoutTotal:
		return true
	}
	return false
}

// broken takes in an attempt that ended and says why the target is given up, or
// nothing.
func (s *silence) broken(rec *results.Record) string {
	switch {
	case s.heard || isCancelled(rec):
		return ""
	case heardOf(rec):
		s.heard = true
		return ""
	case !timedOut(rec.Error.Class):
		return "" // refused at once, it costs no time, and it may be starting
	}
	if s.attempts++; s.attempts == 1 {
		s.since = time.Duration(rec.Scheduled.Or(0))
	}
	waited := time.Duration(rec.End.Or(0)) - s.since
	if s.attempts < silentAttempts || waited < silentTime {
		return ""
	}
	return fmt.Sprintf("%s: nothing was heard of it in %s, not one of %d attempts got any content; look at its address and its log, or raise timeouts.%s",
		rec.Error.Class, waited.Round(time.Second), s.attempts, strings.TrimPrefix(string(rec.Error.Class), "timeout_"))
}
