package drive

import (
	"math"
	"sync"
	"time"
)

// wakeEvery is how often this process looks whether it wakes in time: often enough
// for a p99 of a short stage, seldom enough to cost nothing.
const wakeEvery = 20 * time.Millisecond

// wakes is how late this process woke, again and again at a fixed rate. It sees
// what Go's own scheduler cannot: that the system let something else run. What was
// slept through is counted as often as it was due, so that a standstill weighs as
// long as it lasted.
type wakes struct {
	stop, done chan struct{}
	once       sync.Once
	counts     [wakeBuckets]uint64
	total      uint64
}

// Lateness is kept by its logarithm, eight steps to a doubling.
const (
	wakeSteps   = 8
	wakeBuckets = 63 * wakeSteps
)

// watchWakes begins to watch.
func watchWakes() *wakes {
	w := &wakes{stop: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

func (w *wakes) run() {
	defer close(w.done)
	due := time.Now().Add(wakeEvery)
	timer := time.NewTimer(wakeEvery)
	defer timer.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-timer.C:
		}
		now := time.Now()
		for ; !due.After(now); due = due.Add(wakeEvery) {
			w.add(now.Sub(due))
		}
		timer.Reset(due.Sub(now))
	}
}

func (w *wakes) add(late time.Duration) {
	w.counts[int(wakeSteps*math.Log2(float64(max(late, 1))))]++
	w.total++
}

// end ends the watch; further calls do nothing.
func (w *wakes) end() {
	w.once.Do(func() { close(w.stop) })
	<-w.done
}

// p99 is the 99th percentile of the lateness once the watch has ended, at most a
// tenth above what it was; 0 when nothing was due.
func (w *wakes) p99() time.Duration {
	rank := uint64(math.Ceil(float64(w.total) * 0.99))
	var seen uint64
	for i, n := range w.counts {
		if seen += n; n > 0 && seen >= rank {
			return time.Duration(math.Exp2(float64(i+1) / wakeSteps))
		}
	}
	return 0
}
