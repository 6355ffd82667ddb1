package wire

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	busyRate   = 5000                  // arrivals a second from which on the loop is busy
	rateWindow = 10 * time.Millisecond // that they are counted over
)

// rounds is what the kernelLoop's goroutine alone knows.
type rounds struct {
	epoll   int
	events  []unix.EpollEvent
	conns   []*kernelConn // that events are of
	message *message      // what a socket is read into

	served    int // since the window began
	window    time.Time
	busyUntil time.Time
	holding   bool // pieces of streams may wait for their reader: the loop is busy
	held      bool // some do, perhaps

	cursor int // the descriptor that was swept last
	swept  []*kernelConn
	last   time.Time // sweep
}

func newRounds(epoll int) *rounds {
	return &rounds{epoll: epoll, events: make([]unix.EpollEvent, batchSize), conns: make([]*kernelConn, batchSize),
		message: newMessage()}
}

// busy decides how the loop goes on, and whether pieces may be held.
func (r *rounds) busy(now time.Time) bool {
	if passed := now.Sub(r.window); passed >= rateWindow {
		if float64(r.served) >= busyRate*passed.Seconds() {
			r.busyUntil = now.Add(MaxHold)
		}
		r.served, r.window = 0, now
	}
	r.holding = now.Before(r.busyUntil)
	return r.holding
}

// sweepNow is how many of the descriptors are due to be swept: by the time that
// has passed, so that a loop that comes round late holds nothing for longer.
func (r *rounds) sweepNow(descriptors int, now time.Time) int {
	passed := min(now.Sub(r.last), MaxHold)
	r.last = now
	return int((int64(passed)*int64(descriptors) + int64(MaxHold) - 1) / int64(MaxHold))
}
