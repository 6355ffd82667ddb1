package main

import (
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

func TestGarbagePercent(t *testing.T) {
	for _, tc := range []struct {
		alive uint64
		want  int
	}{{0, 400}, {1 << 20, 400}, {6 << 20, 200}, {12 << 20, 100}, {24 << 20, 50}, {48 << 20, 25}, {1 << 40, 25}} {
		if got := garbagePercent(tc.alive); got != tc.want {
			t.Errorf("%d bytes alive: %d %%, want %d", tc.alive, got, tc.want)
		}
	}
}

// TestGarbageIsBounded: with 64 MiB alive, Go's default would let 64 more pile up.
func TestGarbageIsBounded(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	stop := collectSteadily(func(string) (string, bool) { return "", false })
	alive := make([][]byte, 64)
	for i := range alive {
		alive[i] = make([]byte, 1<<20)
	}
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	var most uint64
	for i := range 4096 {
		alive[0] = make([]byte, 64<<10)
		if i < 1024 {
			continue // it is set from the first cycle on that sees them
		}
		metrics.Read(heap)
		most = max(most, heap[0].Value.Uint64())
	}
	if limit := uint64(64+2*garbage>>20+8) << 20; most > limit {
		t.Errorf("up to %d MiB were in use with 64 alive", most>>20)
	}
	if len(alive) != 64 {
		t.Error("they are not alive")
	}
	stop()
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("%d %% are left set", got)
	}
	collectSteadily(func(name string) (string, bool) { return "50", name == "GOGC" })()
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("GOGC is set, and %d %% are in force", got)
	}
}
