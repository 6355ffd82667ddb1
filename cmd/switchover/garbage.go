package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// What a run lets pile up before it is collected.
const (
	garbage = 12 << 20 // bytes, at least
	// spacious is what a run may take with its garbage, in bytes, however little of it
	// lives: each collection looks at all of it, which slows what is measured.
	spacious = 40 << 20
	// The bounds of Go's own measure of it, in percent of what lives. A quarter keeps
	// collecting from taking over where very much lives.
	minGarbage, maxGarbage = 25, 800
)

// collectSteadily has about as much garbage pile up whatever lives, until stop is
// called. Go's default lets as much pile up as lives, stacks included: a run that
// waits for thousands of streams would need twice their memory, and a small one
// would collect all the time. Whoever sets GOGC or GOMEMLIMIT has decided already.
func collectSteadily(env func(string) (string, bool)) (stop func()) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if _, set := env(name); set {
			return func() {}
		}
	}
	c := &collecting{percent: 100}
	c.original = debug.SetGCPercent(c.percent)
	c.adjust(nil)
	return c.stop
}

// collecting adjusts the collector after each of its cycles.
type collecting struct {
	mu       sync.Mutex
	original int
	percent  int // in force
	stopped  bool
}

// cycle is collected by the next cycle, since nothing refers to it.
type cycle struct{ _ *cycle }

func (c *collecting) adjust(*cycle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	alive := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(alive)
	var sum uint64
	for _, s := range alive {
		sum += s.Value.Uint64()
	}
	// Setting it stops the program for a moment, so not for little.
	if p := garbagePercent(sum); p < c.percent*7/8 || p > c.percent*9/8 {
		c.percent = p
		debug.SetGCPercent(p)
	}
	runtime.SetFinalizer(&cycle{}, c.adjust)
}

func (c *collecting) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	debug.SetGCPercent(c.original)
}

// garbagePercent is the measure for so many bytes alive.
func garbagePercent(alive uint64) int {
	pile := uint64(garbage)
	if alive+garbage < spacious {
		pile = spacious - alive
	}
	return int(min(max(pile*100/max(alive, 1), minGarbage), maxGarbage))
}
