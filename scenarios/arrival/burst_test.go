package arrival

import (
	"fmt"
	"testing"
	"time"
)

// TestBursts checks bursts alone, over a rate, and those that cannot be.
func TestBursts(t *testing.T) {
	bursts := Bursts(2*time.Second, 2)
	if got, want := fmt.Sprint(within(bursts, 5*time.Second)), "[0s 0s 2s 2s 4s 4s]"; got != want {
		t.Errorf("bursts %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(within(Merge(Constant(1), bursts), 4*time.Second)), "[0s 0s 0s 1s 2s 2s 2s 3s]"; got != want {
		t.Errorf("merged %s, want %s", got, want)
	}
	ramp := Profile{{time.Second, 1, 1}}.Constant() // ends, the bursts do not
	if got, want := fmt.Sprint(within(Merge(ramp, bursts), 3*time.Second)), "[0s 0s 0s 2s 2s]"; got != want {
		t.Errorf("after the end of one: %s, want %s", got, want)
	}
	for _, impossible := range []struct {
		every time.Duration
		size  int
	}{{0, 1}, {-1, 1}, {1, 0}, {1, -1}} {
		for range Bursts(impossible.every, impossible.size) {
			t.Fatalf("%v yields", impossible)
		}
	}
}
