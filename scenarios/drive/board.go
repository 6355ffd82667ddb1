package drive

import (
	"container/heap"
	"math"
	"sync"
	"time"
)

// departure is one attempt that is to leave.
type departure struct {
	leg  *leg
	lane *lane
	sess *session
	due  time.Duration // since the segment's zero
	// rank orders departures due at the same instant: it rotates over the targets,
	// so that none is always last.
	rank int
	held bool   // it was due, and something was over a cap
	seq  uint64 // order of being put on the board, the last tie-breaker
}

// board is the queue of departures of one leg, ordered by due time. It holds back
// what may not leave yet because too much is in flight, and gives up what waited
// longer than LateLimit.
type board struct {
	maxInFlight int
	caps        []int         // per lane; 0 is no cap
	wake        chan struct{} // signals, with room for one, that next may answer otherwise

	mu       sync.Mutex
	queue    queue
	held     [][]*departure // per lane, due and over a cap, in order
	inFlight []int          // per lane; from the moment next let it go
	total    int
	peak     int
	ready    []*departure  // let go, and waiting for a hit to carry them
	asks     time.Duration // when next is called again by itself, at the latest
	live     int           // on the board or in flight; at 0 nothing more can come
	seq      uint64
	closed   bool

	left   int // departures let go
	waited int // of those that were due, how many were held back first
}

func newBoard(lanes, maxInFlight int) *board {
	return &board{
		maxInFlight: maxInFlight, caps: make([]int, lanes), wake: make(chan struct{}, 1),
		held: make([][]*departure, lanes), inFlight: make([]int, lanes),
	}
}

// push puts a departure on the board; a closed board takes none. It wakes nobody:
// who pushes while the leg runs asks next afterwards, or says what landed.
func (b *board) push(d *departure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	d.seq = b.seq
	b.seq++
	b.live++
	heap.Push(&b.queue, d)
}

// shift moves everything that waits by the same time, so that the order stays.
func (b *board) shift(by time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range b.queue {
		d.due += by
		d.sess.intended += by
	}
}

// due is what the board wants done at an instant.
type due struct {
	leave   *departure    // it leaves now; nil for none
	over    bool          // nothing more can come
	wait    time.Duration // else: ask again after this, or when woken; negative: only when woken
	dropped []*departure  // gave up; the caller ends their sessions
}

// next lets at most one departure go.
func (b *board) next(now time.Duration) due {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := due{wait: -1}
	for i := range b.held {
		for len(b.held[i]) > 0 && now-b.held[i][0].due >= LateLimit {
			out.dropped = append(out.dropped, b.held[i][0])
			b.held[i] = b.held[i][1:]
		}
		if len(b.held[i]) > 0 {
			out.until(b.held[i][0].due + LateLimit - now)
		}
	}
	for len(b.queue) > 0 {
		d := b.queue[0]
		if d.due > now {
			out.until(d.due - now)
			break
		}
		heap.Pop(&b.queue)
		if now-d.due >= LateLimit {
			out.dropped = append(out.dropped, d)
			continue
		}
		if !b.free(d.lane.index) {
			if !d.held {
				d.held = true
				b.waited++
			}
			b.held[d.lane.index] = append(b.held[d.lane.index], d)
			out.until(d.due + LateLimit - now)
			continue
		}
		b.letGo(d)
		out.leave = d
		break
	}
	b.live -= len(out.dropped)
	// Ending a dropped session may put its user's next one on the board, so that
	// over cannot be told before the caller has seen to it.
	if len(out.dropped) > 0 {
		out.wait = 0
	} else {
		out.over = out.leave == nil && (b.closed || b.live == 0)
	}
	switch {
	case out.leave != nil:
		b.asks = now
	case out.wait < 0:
		b.asks = math.MaxInt64
	default:
		b.asks = now + out.wait
	}
	return out
}

func (b *board) letGo(d *departure) {
	b.inFlight[d.lane.index]++
	b.total++
	b.peak = max(b.peak, b.total)
	b.left++
}

func (d *due) until(wait time.Duration) {
	if d.wait < 0 || wait < d.wait {
		d.wait = wait
	}
}

func (b *board) free(lane int) bool {
	return b.total < b.maxInFlight && (b.caps[lane] == 0 || b.inFlight[lane] < b.caps[lane])
}

// keep holds a departure that was let go until take.
func (b *board) keep(d *departure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready = append(b.ready, d)
}

// take hands out a departure that is kept; nil for none.
func (b *board) take() *departure {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ready) == 0 {
		return nil
	}
	d := b.ready[0]
	b.ready = b.ready[1:]
	return d
}

// landed says that a departure and all that follows from it is on the board, and
// lets the next one go if that may leave by now; nil if not. Of those held back, the
// longest due that now may leave goes back to the queue.
func (b *board) landed(d *departure, now time.Duration) *departure {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight[d.lane.index]--
	b.total--
	b.live--
	first := -1
	for i := range b.held {
		if len(b.held[i]) > 0 && b.free(i) && (first < 0 || before(b.held[i][0], b.held[first][0])) {
			first = i
		}
	}
	if first >= 0 {
		heap.Push(&b.queue, b.held[first][0])
		b.held[first] = b.held[first][1:]
	}
	var next *departure
	if len(b.queue) > 0 {
		if d := b.queue[0]; d.due <= now && now-d.due < LateLimit && b.free(d.lane.index) {
			heap.Pop(&b.queue)
			b.letGo(d)
			next = d
		}
	}
	if next == nil || len(b.queue) > 0 && b.queue[0].due < b.asks {
		b.signal()
	}
	return next
}

// remove takes what waits for a lane off the board and returns it in order.
func (b *board) remove(lane *lane) []*departure {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.held[lane.index]
	b.held[lane.index] = nil
	var rest, gone queue
	for _, d := range b.queue {
		if d.lane == lane {
			gone = append(gone, d)
		} else {
			rest = append(rest, d)
		}
	}
	heap.Init(&rest)
	b.queue = rest
	heap.Init(&gone)
	for len(gone) > 0 {
		out = append(out, heap.Pop(&gone).(*departure))
	}
	b.live -= len(out)
	b.signal()
	return out
}

// close lets nothing more leave and returns what waited, in order of time.
func (b *board) close() []*departure {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for i, held := range b.held {
		for _, d := range held {
			heap.Push(&b.queue, d)
		}
		b.held[i] = nil
	}
	out := make([]*departure, 0, len(b.queue))
	for len(b.queue) > 0 {
		out = append(out, heap.Pop(&b.queue).(*departure))
	}
	b.live -= len(out)
	b.signal()
	return out
}

// counts returns the departures let go, the most that were in flight at once, and
// how many had to wait for others to end first.
func (b *board) counts() (left, peak, waited int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left, b.peak, b.waited
}

func (b *board) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// queue is a heap of departures, the next one first.
type queue []*departure

func before(a, b *departure) bool {
	switch {
	case a.due != b.due:
		return a.due < b.due
	case a.rank != b.rank:
		return a.rank < b.rank
	}
	return a.seq < b.seq
}

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return before(q[i], q[j]) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push and Pop are container/heap's.
func (q *queue) Push(x any) { *q = append(*q, x.(*departure)) }
func (q *queue) Pop() any {
	old := *q
	n := len(old) - 1
	d := old[n]
	old[n] = nil
	*q = old[:n]
	return d
}
