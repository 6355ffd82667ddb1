// Package arrival draws when conversations start in open-loop load: constant,
// at even gaps; Poisson, the memoryless process by which many independent people
// arrive; or gamma, burstier or more even than that; each at one rate, or at one
// that ramps and steps; bursts, many at once; and the recorded instants of a trace.
// A process is a pure function of its rate and seed: ranging over it twice gives the
// same instants, and one process schedules a whole stage, because several of them
// side by side, one a worker, do not add up to the process that was asked for.
//
// It refuses to know about time: it reads no clock and waits for nothing.
package arrival

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// Seed determines a process.
type Seed [2]uint64

// Rand is the source of randomness of a seed: the PCG generator, whose stream is
// fixed by its published definition.
func (s Seed) Rand() *rand.Rand { return rand.New(rand.NewPCG(s[0], s[1])) }

// Resolution is what instants are rounded to. It is far below what a network
// shows, and large enough that the last bit of a logarithm, which differs
// between processors, does not change a schedule.
const Resolution = time.Microsecond

// Constant yields arrivals at even gaps, perSecond of them each second, the
// first at 0. Each is computed from its number, so that rounding does not add
// up. It does not end by itself before the range of time.Duration does; a rate
// that is not positive and finite yields nothing.
func Constant(perSecond float64) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		if !possible(perSecond) {
			return
		}
		for i := 0; ; i++ {
			at, ok := instant(float64(i) / perSecond)
			if !ok || !yield(at) {
				return
			}
		}
	}
}

// Poisson yields arrivals whose gaps are independent and exponentially
// distributed with mean 1/perSecond seconds, drawn by inversion. The first comes
// one gap after 0. It ends as Constant does.
func Poisson(perSecond float64, seed Seed) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		if !possible(perSecond) {
			return
		}
		gap := exponentialGaps(seed.Rand())
		for t := 0.0; ; {
			t += gap() / perSecond
			at, ok := instant(t)
			if !ok || !yield(at) {
				return
			}
		}
	}
}

func possible(perSecond float64) bool { return perSecond > 0 && !math.IsInf(perSecond, 1) }

// instant rounds seconds to the resolution; false past the range of a duration.
func instant(seconds float64) (time.Duration, bool) {
	units := math.Round(seconds * float64(time.Second/Resolution))
	if !(units < math.MaxInt64/float64(Resolution)) {
		return 0, false
	}
	return time.Duration(units) * Resolution, true
}
