//go:build !unix

package drive

import (
	"runtime/metrics"
	"time"
)

// cpuTime is the processor time this process has used, as the Go runtime
// estimates it: it looks at each garbage collection, so short stages read 0.
func cpuTime() time.Duration {
	samples := []metrics.Sample{{Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	metrics.Read(samples)
	var seconds float64
	for i, s := range samples {
		if s.Value.Kind() != metrics.KindFloat64 {
			return 0
		}
		if i == 0 {
			seconds = s.Value.Float64()
		} else {
			seconds -= s.Value.Float64()
		}
	}
	return time.Duration(seconds * float64(time.Second))
}
