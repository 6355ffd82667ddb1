package drive

import (
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
)

// A file limit leaves each target an equal share of the connections, and says what
// waited for one.
func TestConnectionsThatTheFileLimitLeaves(t *testing.T) {
	for _, c := range []struct {
		intent                 string
		sockets, own, inFlight int
		peak, limit            int
	}{
		{"no bound", 0, 0, 0, 20, 0},
		{"an equal share", 7, 0, 0, 3, 7},
		{"one at least", 1, 0, 0, 1, 1},
		{"the target's own limit is less", 7, 2, 0, 2, 0},
		{"the target's own limit is more", 7, 5, 0, 3, 7},
		{"the limit of all comes first", 60, 0, 10, 10, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, other := &server{}, &server{}
			a, b := targetOf("a", s), targetOf("b", other)
			a.spec.MaxSockets, b.spec.MaxSockets = c.own, c.own
			journal, _ := drive(t, Config{MaxSockets: c.sockets, MaxInFlight: c.inFlight,
				Plan: planOf(conversations(1, 1), openStage("s", time.Second, every(0, 20, 1)))}, a, b)
			health, err := decode[results.ClientHealth](&journal.kinds(results.EventClient)[0])
			if err != nil || max(s.peak, other.peak) > c.peak || health.SocketLimit != c.limit || (health.Waited > 0) != (c.peak < 20) {
				t.Errorf("%s: %d and %d in flight, want %d; health %+v, %v", c.intent, s.peak, other.peak, c.peak, health, err)
			}
		})
	}
}
