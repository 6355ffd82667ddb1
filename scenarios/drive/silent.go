package drive

import (
	"fmt"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// A target of which nothing was ever heard, not even a refusal, is given up after
// this many attempts in a row and this much time: a server that hangs would else
// hold every conversation of the plan for all its timeouts and retries. One that
// loads its model on the first request has the minute.
const (
	silentAttempts = 3
	silentTime     = time.Minute
)

// silence is what a lane has heard of its target.
type silence struct {
	heard    bool // a response, whatever it said, in this segment or an earlier one
	attempts int  // without any
	since    time.Duration
}

// broken takes in an attempt that ended and says why the target is given up, or
// nothing.
func (s *silence) broken(rec *results.Record) string {
	switch {
	case s.heard || isCancelled(rec):
		return ""
	case rec.Status != 0 || rec.Error == nil:
		s.heard = true
		return ""
	case rec.Error.Class != chat.TimeoutFirstByte && rec.Error.Class != chat.TimeoutConnect:
		return "" // refused at once, it costs no time, and it may be starting
	}
	if s.attempts++; s.attempts == 1 {
		s.since = time.Duration(rec.Scheduled.Or(0))
	}
	waited := time.Duration(rec.End.Or(0)) - s.since
	if s.attempts < silentAttempts || waited < silentTime {
		return ""
	}
	return fmt.Sprintf("%s: nothing was heard of it in %s, not one of %d attempts got any response; look at its address and its log, or raise timeouts.first_byte",
		rec.Error.Class, waited.Round(time.Second), s.attempts)
}
