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
type watch struct {
	cancel context.CancelCauseFunc
	total  *time.Timer

	mu      sync.Mutex
	phase   phase
	limit   time.Duration
	timer   *time.Timer
	stopped bool
}

func newWatch(cancel context.CancelCauseFunc, total time.Duration) *watch {
	w := &watch{cancel: cancel}
	w.total = time.AfterFunc(total, func() { cancel(&expired{chat.TimeoutTotal, total}) })
	return w
}

// enter begins a phase, or begins it anew.
func (w *watch) enter(p phase, limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || p < w.phase {
		return
	}
	if w.timer != nil {
		w.timer.Stop()
	}
	class := chat.TimeoutFirstByte
	switch p {
	case phaseConnect:
		class = chat.TimeoutConnect
	case phaseIdle, phaseErrorBody, phaseDrain:
		class = chat.TimeoutIdle
	}
	w.phase, w.limit = p, limit
	w.timer = time.AfterFunc(limit, func() { w.cancel(&expired{class, limit}) })
}

// touch says that bytes came: the phase's time begins anew, except where it
// bounds the whole phase.
func (w *watch) touch() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stopped && w.phase == phaseIdle {
		w.timer.Reset(w.limit)
	}
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.total.Stop()
	if w.timer != nil {
		w.timer.Stop()
	}
}
