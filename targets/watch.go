package targets

import (
	"context"
	"fmt"
	"sync"
	"time"

	"switchover/targets/chat"
)

// phase is what an attempt is waiting for. Phases only advance: a hook that
// comes late does not turn the watch back.
type phase int

const (
	phaseQueue phase = iota // for a socket; bounded by the total alone
	phaseConnect
	phaseFirstByte
	phaseHead // the rest of the response's head
	phaseIdle
	phaseErrorBody
	phaseDrain
)

// expired is the cause with which a watch cancels an attempt.
type expired struct {
	class chat.Class
	limit time.Duration
}

func (e *expired) Error() string {
	switch e.class {
	case chat.TimeoutConnect:
		return fmt.Sprintf("no connection within %v", e.limit)
	case chat.TimeoutFirstByte:
		return fmt.Sprintf("no response within %v of sending", e.limit)
	case chat.TimeoutIdle:
		return fmt.Sprintf("the stream stood still for %v", e.limit)
	}
	return fmt.Sprintf("not finished within %v", e.limit)
}

// watch bounds the phases of one attempt, and all of it.
//
// Note: it has one timer, which goes off too early where a phase has since ended
// and is then set anew: to move it with every phase and every piece of a stream
// would cost more than those do.
type watch struct {
	cancel context.CancelCauseFunc
	total  time.Duration

	mu       sync.Mutex
	phase    phase
	limit    time.Duration
	deadline time.Time // of the phase; zero for none
	end      time.Time // of all of it
	alarm    time.Time // when the timer goes off
	timer    *time.Timer
	stopped  bool
}

// start is for an attempt that begins now. The timer goes off when connecting may
// take no longer, which saves setting it for that.
func (w *watch) start(cancel context.CancelCauseFunc, limits Timeouts) {
	now, first := time.Now(), min(limits.Total, limits.Connect)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancel, w.total, w.end, w.alarm = cancel, limits.Total, now.Add(limits.Total), now.Add(first)
	w.timer = time.AfterFunc(first, w.look)
}

// look cancels the attempt if a bound has passed, or waits for the next.
func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	switch {
	case w.stopped:
	case !now.Before(w.end):
		w.cancel(&expired{chat.TimeoutTotal, w.total})
	case !w.deadline.IsZero() && !now.Before(w.deadline):
		w.cancel(&expired{w.phase.class(), w.limit})
	default:
		w.alarm = w.end
		w.sooner()
		w.timer.Reset(w.alarm.Sub(now))
	}
}

// class is what a phase that took too long is called.
func (p phase) class() chat.Class {
	switch p {
	case phaseConnect:
		return chat.TimeoutConnect
	case phaseIdle, phaseErrorBody, phaseDrain:
		return chat.TimeoutIdle
	}
	return chat.TimeoutFirstByte
}

// enter begins a phase, or begins it anew.
func (w *watch) enter(p phase, limit time.Duration) { w.enterAt(time.Now(), p, limit) }

func (w *watch) enterAt(now time.Time, p phase, limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || p < w.phase {
		return
	}
	w.phase, w.limit, w.deadline = p, limit, now.Add(limit)
	if w.sooner() {
		w.timer.Reset(w.alarm.Sub(now))
	}
}

// sooner has the timer go off by the phase's deadline, and reports whether that is
// news. The lock is held.
func (w *watch) sooner() bool {
	if w.deadline.IsZero() || !w.deadline.Before(w.alarm) {
		return false
	}
	w.alarm = w.deadline
	return true
}

// touch says that bytes came: the phase's time begins anew, except where it
// bounds the whole phase.
func (w *watch) touch() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.phase == phaseIdle {
		w.deadline = time.Now().Add(w.limit)
	}
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}
