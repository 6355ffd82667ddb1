package arrival

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

// TestTrace checks that recorded gaps are kept in proportion, whatever the speed.
func TestTrace(t *testing.T) {
	recorded := slices.Values([]time.Duration{0, 1500 * time.Millisecond, 1500 * time.Millisecond, 4 * time.Second})
	for speed, want := range map[float64]string{1: "[0s 1.5s 1.5s 4s]", 4: "[0s 375ms 375ms 1s]", 0.5: "[0s 3s 3s 8s]", 3: "[0s 500ms 500ms 1.333333s]",
		0: "[]", -1: "[]", math.Inf(1): "[]", math.NaN(): "[]"} {
		if got := fmt.Sprint(slices.Collect(Trace(recorded, speed))); got != want {
			t.Errorf("%v times as fast: %s, want %s", speed, got, want)
		}
	}
	for range Trace(slices.Values([]time.Duration{math.MaxInt64}), 1e-3) {
		t.Error("an instant beyond the range is yielded")
	}
}
