package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestGarbagePercent(t *testing.T) {
	for _, tc := range []struct {
		alive uint64
		want  int
	}{{0, 800}, {1 << 20, 800}, {5 << 20, 700}, {8 << 20, 400}, {20 << 20, 100}, {28 << 20, 42}, {40 << 20, 30}, {48 << 20, 25}, {1 << 40, 25}} {
		if got := garbagePercent(tc.alive); got != tc.want {
			t.Errorf("%d bytes alive: %d %%, want %d", tc.alive, got, tc.want)
		}
	}
}

// TestGarbageIsBounded: with 64 MiB alive, Go's default would let 64 more pile up.
// What does pile up depends on the machine, too: while it is busy, Go misses its aim.
func TestGarbageIsBounded(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	stop := collectSteadily(func(string) (string, bool) { return "", false })
	alive := make([][]byte, 64)
	for i := range alive {
		alive[i] = make([]byte, 1<<20)
	}
	goal := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		runtime.GC() // it is set some time after the first cycle that sees them
		metrics.Read(goal)
		most := goal[0].Value.Uint64() >> 20
		if most >= 64 && most <= 64+2*garbage>>20+8 {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("up to %d MiB may be in use with 64 alive", most)
		}
	}
	runtime.KeepAlive(alive)
	stop()
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("%d %% are left set", got)
	}
	collectSteadily(func(name string) (string, bool) { return "50", name == "GOGC" })()
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("GOGC is set, and %d %% are in force", got)
	}
}
