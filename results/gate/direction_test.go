package gate

import (
	"testing"

	"switchover/results"
)

// A word stands beside a difference only where its interval knows the sign.
func TestDirection(t *testing.T) {
	at := func(v float64) *float64 { return &v }
	for _, tc := range []struct {
		intent    string
		better    results.Direction
		diff      float64
		low, high *float64
		want      string
	}{
		{"more latency for sure", results.LowerBetter, 2, at(1), at(3), Worse},
		{"less latency for sure", results.LowerBetter, -2, at(-3), at(-1), Better},
		{"more throughput for sure", results.HigherBetter, 2, at(1), at(3), Better},
		{"less throughput for sure", results.HigherBetter, -2, at(-3), at(-1), Worse},
		{"zero inside the interval", results.LowerBetter, 2, at(-1), at(5), Unclear},
		{"no bound on the side that matters", results.LowerBetter, 2, nil, at(5), Unclear},
		{"a bound on the side that matters is enough", results.LowerBetter, 2, at(1), nil, Worse},
		{"no difference", results.LowerBetter, 0, at(-1), at(1), Same},
		{"neither good nor bad", results.Neutral, 2, at(1), at(3), ""},
	} {
		if got := direction(tc.better, tc.diff, tc.low, tc.high); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.intent, got, tc.want)
		}
	}
}
