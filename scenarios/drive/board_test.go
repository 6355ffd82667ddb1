package drive

import (
	"testing"
	"time"
)

// Whoever lands goes on with what is due, and wakes the pacer for what it would
// else sleep through, and for nothing more.
func TestLandedGoesOn(t *testing.T) {
	const now = time.Second
	for _, c := range []struct {
		what      string
		inFlight  int             // at most
		waits     []time.Duration // on the board while the pacer sleeps
		follows   []time.Duration // put there by what lands
		goes      time.Duration   // -1 nothing
		signalled bool
	}{
		{"nothing is left", 2, nil, nil, -1, true},
		{"what follows is due", 2, nil, []time.Duration{now}, now, false},
		{"what follows is not due", 2, nil, []time.Duration{now + 1}, -1, true},
		{"what waited longer is first", 1, []time.Duration{now - 2}, []time.Duration{now - 1}, now - 2, false},
		{"more is due", 2, nil, []time.Duration{now, now}, now, true},
		{"the next is earlier than the pacer thinks", 2, []time.Duration{now + 9}, []time.Duration{now, now + 5}, now, true},
		{"the next is what the pacer waits for", 2, []time.Duration{now + 5}, []time.Duration{now, now + 9}, now, false},
		{"what is due is too late to leave", 2, nil, []time.Duration{now - LateLimit}, -1, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			b, lane := newBoard(1, c.inFlight), &lane{}
			b.push(&departure{lane: lane})
			first := b.next(0).leave
			for _, due := range c.waits {
				b.push(&departure{lane: lane, due: due})
			}
			b.next(now - 3) // and sleeps
			for _, due := range c.follows {
				b.push(&departure{lane: lane, due: due})
			}
			goes := time.Duration(-1)
			if d := b.landed(first, now); d != nil {
				goes = d.due
			}
			signalled := false
			select {
			case <-b.wake:
				signalled = true
			default:
			}
			if goes != c.goes || signalled != c.signalled {
				t.Errorf("goes on with %v, signalled %t; want %v, %t", goes, signalled, c.goes, c.signalled)
			}
		})
	}
}
