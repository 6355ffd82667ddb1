package drive

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestHowLateAProcessWakes(t *testing.T) {
	for _, c := range []struct {
		intent    string
		late      map[time.Duration]int
		low, high time.Duration
	}{
		{"nothing was due", nil, 0, 0},
		{"on time", map[time.Duration]int{0: 500}, 0, 2},
		{"late by 80 ms less often than one time in a hundred", map[time.Duration]int{time.Millisecond: 496, 80 * time.Millisecond: 4},
			time.Millisecond, 1100 * time.Microsecond},
		{"more often", map[time.Duration]int{time.Millisecond: 494, 80 * time.Millisecond: 6}, 80 * time.Millisecond, 88 * time.Millisecond},
		{"for good", map[time.Duration]int{1 << 62: 1}, 1 << 62, 1<<63 - 1},
	} {
		w := &wakes{}
		for late, n := range c.late {
			for range n {
				w.add(late)
			}
		}
		if got := w.p99(); got < c.low || got > c.high {
			t.Errorf("%s: p99 %s, want %s to %s", c.intent, got, c.low, c.high)
		}
	}
}

// A watch looks again and again, and is never late where time stands still for it.
func TestAWatchOfWakesEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watchWakes()
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		w.end()
		w.end()
		if got := w.p99(); w.total != 500 || got > 2 {
			t.Errorf("%d wakes in ten seconds, p99 %s; want 500 on time", w.total, got)
		}
	})
}
