package stats

import (
	"cmp"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"slices"
)

// sortBy sorts indexes by the value they point at, equal values by index.
func sortBy(order []int, value []float64) {
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(value[a], value[b]), cmp.Compare(a, b))
	})
}

// NewRand is the generator draws are made with: the same seed and purpose give
// the same draws on every machine, and two purposes of one seed do not share
// them.
func NewRand(seed int64, purpose string) *rand.Rand {
	h := fnv.New64a()
	io.WriteString(h, purpose) // a hash never fails to write
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

// Resample fills draw with indexes below n, with replacement: one bootstrap
// sample. n must be positive.
func Resample(r *rand.Rand, draw []int, n int) {
	for i := range draw {
		draw[i] = r.IntN(n)
	}
}

// Bootstrap is the percentile interval at the level of a statistic over n units
// (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13):
// each draw resamples the units with replacement and computes stat on their
// indexes. Units must be what is independent: dialogues or blocks of time, never
// requests. Draws whose statistic is NaN are left out. ok is false below two
// units, or when fewer than half of the draws gave a number.
func Bootstrap(r *rand.Rand, n, draws int, level float64, stat func(units []int) float64) (low, high float64, ok bool) {
	if n < 2 || draws < 1 {
		return math.NaN(), math.NaN(), false
	}
	values := make([]float64, 0, draws)
	units := make([]int, n)
	for range draws {
		Resample(r, units, n)
		if v := stat(units); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if 2*len(values) < draws {
		return math.NaN(), math.NaN(), false
	}
	slices.Sort(values)
	tail := (1 - level) / 2
	return Quantile(values, tail), Quantile(values, 1-tail), true
}
