package stats_test

import (
	"fmt"

	"switchover/results/stats"
)

// A p99 of 100 requests has a value but no upper bound, and says what it needs.
func ExampleQuantileInterval() {
	ttft := make([]float64, 100) // milliseconds, ascending
	for i := range ttft {
		ttft[i] = float64(300 + i)
	}
	iv, need := stats.QuantileInterval(ttft, 0.99, 0.95)
	fmt.Printf("p99 %.1f ms, at least %.0f ms, bounded above: %v, need %d requests\n",
		stats.Quantile(ttft, 0.99), *iv.Low, iv.High != nil, need)
	// Output: p99 398.0 ms, at least 396 ms, bounded above: false, need 368 requests
}
