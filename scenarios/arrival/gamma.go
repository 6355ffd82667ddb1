package arrival

import (
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// Gamma yields arrivals whose gaps are independent and gamma distributed, with
// mean 1/perSecond seconds and shape burstiness: as vLLM's benchmark defines the
// word, so less than 1 is burstier than Poisson, 1 is Poisson itself (the same
// instants for the same seed), and more is more even. The squared coefficient of
// variation of the gaps, and in the long run the index of dispersion of the
// counts, is 1/burstiness. It ends as Constant does; a burstiness that is not
// positive and finite yields nothing.
func Gamma(perSecond, burstiness float64, seed Seed) iter.Seq[time.Duration] {
	if burstiness == 1 {
		return Poisson(perSecond, seed)
	}
	return func(yield func(time.Duration) bool) {
		if !possible(perSecond) || !possible(burstiness) {
			return
		}
		gap := gammaGaps(burstiness, seed.Rand())
		for t := 0.0; ; {
			t += gap() / perSecond
			at, ok := instant(t)
			if !ok || !yield(at) {
				return
			}
		}
	}
}

// exponentialGaps draws gaps of mean 1, by inversion.
func exponentialGaps(r *rand.Rand) func() float64 {
	return func() float64 { return -math.Log1p(-r.Float64()) }
}

// gammaGaps draws gaps of mean 1 and the given shape: Marsaglia and Tsang, A
// simple method for generating gamma variables (2000), with a shape below 1
// taken from the one above it and a power of a uniform. Normal deviates come by
// inversion rather than from the library, whose tables are not promised to stay.
func gammaGaps(shape float64, r *rand.Rand) func() float64 {
	above, boost := shape, 1.0
	if shape < 1 {
		above++
	}
	d := above - 1.0/3
	c := 1 / math.Sqrt(9*d)
	return func() float64 {
		if shape < 1 {
			boost = math.Pow(open01(r), 1/shape)
		}
		for {
			x := math.Sqrt2 * math.Erfinv(2*open01(r)-1)
			v := 1 + c*x
			if v <= 0 {
				continue
			}
			v = v * v * v
			if math.Log(open01(r)) < x*x/2+d-d*v+d*math.Log(v) {
				return d * v * boost / shape
			}
		}
	}
}

// open01 is uniform on the open interval (0, 1), where logarithms and inverses
// are finite.
func open01(r *rand.Rand) float64 {
	return (float64(r.Uint64()>>12) + 0.5) / (1 << 52)
}
