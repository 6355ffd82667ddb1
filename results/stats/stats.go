// Package stats is the statistics of this tool, pure and seeded: quantiles and
// shares with their intervals, means of clustered scores, paired differences,
// non-inferiority and draws with replacement.
//
// It refuses to make a number up. A bound that so few samples cannot give is
// nil, and the count that would give it is returned instead; a mean of one
// cluster has no interval; a comparison of fewer than MinDialogues dialogues
// has no verdict. Nothing here reads a clock, and every random draw comes from
// a generator the caller seeded.
package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a confidence interval whose bounds may be missing: nil is "not
// bounded by this many samples", never zero or infinity.
type Interval struct{ Low, High *float64 }

// Quantile is the q-quantile (q in [0,1]) of samples in ascending order,
// interpolated linearly between the two order statistics around (n-1)q: type 7
// of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American
// Statistician 50 (1996). It is NaN without samples or for q outside [0,1].
func Quantile(sorted []float64, q float64) float64 {
	n := len(sorted)
	if n == 0 || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	h := float64(n-1) * q
	i := int(h)
	if i >= n-1 {
		return sorted[n-1]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}

// QuantileInterval is the distribution-free interval of the q-quantile at the
// level (0.95): the order statistics whose ranks leave at most (1-level)/2 of a
// Binomial(n, q) on either side (Conover, "Practical Nonparametric Statistics",
// 3rd ed., section 3.2). It assumes independent samples. Where so few samples
// put a rank beyond the interpolated quantile (the p99 of two lies below the
// larger, which bounds it), the bound is widened to the quantile, which only
// raises its coverage: a value never stands outside its own interval.
//
// A bound beyond the smallest or largest sample is nil, and need is the number
// of samples from which both bounds exist: 6 for the median at 95 %, 368 for
// p99. need is 0 when both do. For q outside (0,1) or a level outside (0,1)
// there is no such number: both bounds are nil and need is 0.
func QuantileInterval(sorted []float64, q, level float64) (iv Interval, need int) {
	if !(q > 0 && q < 1) || !(level > 0 && level < 1) {
		return Interval{}, 0
	}
	n := len(sorted)
	tail := (1 - level) / 2
	need = max(samplesFor(1-q, tail), samplesFor(q, tail))
	if n == 0 {
		return Interval{}, need
	}
	below := distuv.Binomial{N: float64(n), P: q}.CDF
	// Low is the l-th smallest, l the largest rank with P(X <= l-1) <= tail.
	if l := search(n, func(l int) bool { return below(float64(l-1)) > tail }) - 1; l >= 1 {
		iv.Low = &sorted[l-1]
	}
	// High is the u-th smallest, u the smallest rank with P(X >= u) <= tail.
	if u := search(n, func(u int) bool { return 1-below(float64(u-1)) <= tail }); u <= n {
		iv.High = &sorted[u-1]
	}
	iv = iv.holding(Quantile(sorted, q))
	if iv.Low != nil && iv.High != nil {
		need = 0
	}
	return iv, need
}

// samplesFor is the smallest n with p^n <= tail.
func samplesFor(p, tail float64) int {
	return int(math.Ceil(math.Log(tail) / math.Log(p)))
}

// search is the smallest rank in 1..n+1 at which the monotonic f holds.
func search(n int, f func(int) bool) int {
	lo, hi := 1, n+1
	for lo < hi {
		if mid := lo + (hi-lo)/2; f(mid) {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// holding copies the bounds, so that they do not alias the samples, and widens
// them to the estimate v.
func (iv Interval) holding(v float64) Interval {
	if iv.Low != nil {
		low := min(*iv.Low, v)
		iv.Low = &low
	}
	if iv.High != nil {
		high := max(*iv.High, v)
		iv.High = &high
	}
	return iv
}

// ClopperPearson is the exact interval of a share of k in n (Clopper and
// Pearson, Biometrika 26, 1934): the one to decide by, since its coverage never
// falls below the level. The one-sided bound at level 1-a is the bound of this
// interval at level 1-2a: at 0.90 the upper bound of 0 in 100 is 2.95 %. Without
// trials, or with k outside 0..n, nothing is known: 0 to 1.
func ClopperPearson(k, n int, level float64) (low, high float64) {
	if n <= 0 || k < 0 || k > n {
		return 0, 1
	}
	tail := (1 - level) / 2
	low, high = 0, 1
	if k > 0 {
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
	}
	if k < n {
		high = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - tail)
	}
	return low, high
}
