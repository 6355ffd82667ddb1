package arrival

import (
	"iter"
	"math"
	"time"
)

// Stretch is a stretch of time over which the rate goes evenly from one value to
// another; the same value twice is a step.
type Stretch struct {
	Length   time.Duration
	From, To float64 // arrivals per second, at least 0
}

// count is the expected number of arrivals of the whole stretch.
func (s Stretch) count() float64 { return s.Length.Seconds() * (s.From + s.To) / 2 }

// after is how many seconds into the stretch n arrivals are expected, for n up
// to count: the root of From t + (To-From) t^2 / 2 Length = n, in the form that
// does not cancel.
func (s Stretch) after(n float64) float64 {
	slope := (s.To - s.From) / s.Length.Seconds()
	root := s.From + math.Sqrt(max(0, s.From*s.From+2*slope*n))
	if root == 0 {
		return 0
	}
	return 2 * n / root
}

// Profile is a rate that changes over time: stretches, one after the other. Its
// processes are those of a constant rate seen on a clock that runs as fast as the
// rate is high (time rescaling), which for Poisson is the exact inhomogeneous
// process. They end with the profile; a stretch that has no length, or a rate
// that is negative or not finite, yields nothing from there on.
type Profile []Stretch

// Constant yields the instants at which a whole number of arrivals is expected:
// the first at 0, then the gaps follow the rate.
func (p Profile) Constant() iter.Seq[time.Duration] {
	return p.rescaled(func() func() float64 {
		gap := 0.0
		return func() float64 {
			defer func() { gap = 1 }()
			return gap
		}
	})
}

// Poisson yields the memoryless process of the profile's rate.
func (p Profile) Poisson(seed Seed) iter.Seq[time.Duration] {
	return p.rescaled(func() func() float64 { return exponentialGaps(seed.Rand()) })
}

// Gamma yields arrivals as [Gamma] does, at the profile's rate.
func (p Profile) Gamma(burstiness float64, seed Seed) iter.Seq[time.Duration] {
	if burstiness == 1 {
		return p.Poisson(seed)
	}
	if !possible(burstiness) {
		return func(func(time.Duration) bool) {}
	}
	return p.rescaled(func() func() float64 { return gammaGaps(burstiness, seed.Rand()) })
}

// rescaled places arrivals with the given gaps, in expected arrivals, on the
// profile's clock. gaps is called once for each time the sequence is ranged over.
func (p Profile) rescaled(gaps func() func() float64) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		gap := gaps()
		expected := gap()
		began, counted := 0.0, 0.0 // seconds and arrivals before this stretch
		for _, s := range p {
			if s.Length <= 0 || !(s.From >= 0) || !(s.To >= 0) || math.IsInf(s.From+s.To, 0) {
				return
			}
			for ; expected-counted < s.count(); expected += gap() {
				at, ok := instant(began + s.after(expected-counted))
				if !ok || !yield(at) {
					return
				}
			}
			began += s.Length.Seconds()
			counted += s.count()
		}
	}
}
