package arrival

import (
	"iter"
	"math"
	"time"
)

// Trace yields recorded instants as they are replayed, speed times as fast as they
// were recorded: 2 is in half the time. It ends with the record, or before an
// instant that is out of the range of time.Duration; a speed that is not positive
// and finite yields nothing.
func Trace(recorded iter.Seq[time.Duration], speed float64) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		if !(speed > 0) || math.IsInf(speed, 1) {
			return
		}
		for at := range recorded {
			if at, ok := instant(at.Seconds() / speed); !ok || !yield(at) {
				return
			}
		}
	}
}
