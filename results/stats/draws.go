package stats

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
)

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
