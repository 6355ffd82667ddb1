package prompts

import (
	"math"
	"slices"
)

// The bounds of lengths, in tokens.
const (
	MaxInput  = 2_000_000 // of one turn
	MaxOutput = 1_000_000 // of one answer
	// MaxZipf bounds what a Zipf distribution draws, because each value has its own
	// probability in memory.
	MaxZipf = 1_000_000
)

// Lengths is a distribution of lengths in tokens: the least length that a share u
// of all lengths, in [0, 1), is at most. A u drawn evenly makes it a draw. Every
// length is at least 1.
type Lengths func(u float64) int

// FixedLengths are all the same.
func FixedLengths(n int) Lengths { return func(float64) int { return max(1, n) } }

// UniformLengths are the whole numbers from least to most, each as likely.
func UniformLengths(least, most int) Lengths {
	return func(u float64) int { return max(1, least+int(u*float64(most-least+1))) }
}

// NormalLengths are normal deviates, rounded, and 1 where that is less: below a
// mean of four standard deviations the mean of the draws is above mean.
func NormalLengths(mean, sd float64) Lengths {
	return func(u float64) int { return rounded(mean + sd*normalQuantile(u)) }
}

// LognormalLengths have a mean and a standard deviation of the lengths themselves,
// not of their logarithms: sigma^2 = ln(1 + (sd/mean)^2), mu = ln(mean) - sigma^2/2.
func LognormalLengths(mean, sd float64) Lengths {
	variance := math.Log1p(sd / mean * (sd / mean))
	return func(u float64) int {
		return rounded(mean * math.Exp(math.Sqrt(variance)*normalQuantile(u)-variance/2))
	}
}

// ZipfLengths are 1 to most, at most MaxZipf, length k with a probability in
// proportion to k to the power of -exponent: many short ones and a few long.
func ZipfLengths(exponent float64, most int) Lengths {
	most = min(max(most, 1), MaxZipf)
	below := make([]float64, most) // the share of lengths up to k, not yet divided by its sum
	sum := 0.0
	for k := range below {
		sum += math.Pow(float64(k+1), -exponent)
		below[k] = sum
	}
	return func(u float64) int {
		k, found := slices.BinarySearch(below, u*sum)
		if found {
			k++ // at most u of all lengths are up to k, and the next has the rest
		}
		return min(k+1, most)
	}
}

func normalQuantile(u float64) float64 { return math.Sqrt2 * math.Erfinv(2*u-1) }

// rounded keeps the tails of a distribution in bounds, infinite ones too.
func rounded(x float64) int { return int(math.Round(min(max(x, 1), MaxInput))) }
