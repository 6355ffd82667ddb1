package prompts

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Draws have the mean and the standard deviation that the distribution has by its
// definition, and stay in its range.
func TestLengths(t *testing.T) {
	harmonic := func(n int, s float64) (sum float64) {
		for k := 1; k <= n; k++ {
			sum += math.Pow(float64(k), -s)
		}
		return sum
	}
	h := harmonic(1000, 1.2)
	zipfMean := harmonic(1000, 0.2) / h
	zipfSD := math.Sqrt(harmonic(1000, -0.8)/h - zipfMean*zipfMean)
	for name, tc := range map[string]struct {
		draw        Lengths
		mean, sd    float64
		least, most int
	}{
		"fixed":      {FixedLengths(512), 512, 0, 512, 512},
		"uniform":    {UniformLengths(100, 300), 200, math.Sqrt((201*201 - 1) / 12.0), 100, 300},
		"normal":     {NormalLengths(512, 100), 512, 100, 1, 1200},
		"log-normal": {LognormalLengths(512, 200), 512, 200, 1, 10_000},
		"zipf":       {ZipfLengths(1.2, 1000), zipfMean, zipfSD, 1, 1000},
	} {
		const n = 200_000
		r := rand.New(rand.NewPCG(1, 2))
		sum, squares := 0.0, 0.0
		for range n {
			x := tc.draw(r.Float64())
			if x < tc.least || x > tc.most {
				t.Fatalf("%s: %d is not in %d to %d", name, x, tc.least, tc.most)
			}
			sum += float64(x)
			squares += float64(x) * float64(x)
		}
		mean := sum / n
		sd := math.Sqrt(max(0, squares/n-mean*mean))
		if math.Abs(mean-tc.mean) > 4*tc.sd/math.Sqrt(n)+1e-9 {
			t.Errorf("%s: mean %.2f, want %.2f", name, mean, tc.mean)
		}
		if math.Abs(sd-tc.sd) > 0.03*tc.sd+1e-9 {
			t.Errorf("%s: standard deviation %.2f, want %.2f", name, sd, tc.sd)
		}
	}
}

// The ends of a distribution are lengths too: at least one token, and not more
// than a prompt can have.
func TestLengthsAtTheEnds(t *testing.T) {
	for name, draw := range map[string]Lengths{
		"fixed": FixedLengths(0), "uniform": UniformLengths(0, 2), "normal": NormalLengths(5, 100),
		"log-normal": LognormalLengths(1e6, 1e7), "zipf": ZipfLengths(0, 3), "zipf of one": ZipfLengths(9, 1),
	} {
		for _, u := range []float64{0, 1e-17, 0.5, 1 - 1e-16} {
			if n := draw(u); n < 1 || n > MaxInput {
				t.Errorf("%s at %v: %d", name, u, n)
			}
		}
	}
	even := ZipfLengths(0, 3) // each as likely
	if even(0) != 1 || even(0.34) != 2 || even(0.67) != 3 {
		t.Errorf("%d %d %d", even(0), even(0.34), even(0.67))
	}
}
