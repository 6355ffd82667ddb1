package stats

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tol {
		t.Errorf("%s = %.6g, want %.6g", what, got, want)
	}
}

func upTo(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i + 1)
	}
	return out
}

func TestQuantile(t *testing.T) {
	tests := []struct {
		intent  string
		samples []float64
		q, want float64
	}{
		{"R's quantile(1:10, .25, type=7)", upTo(10), 0.25, 3.25},
		{"R's quantile(1:10, .9, type=7)", upTo(10), 0.9, 9.1},
		{"the median of an even count is the midpoint", []float64{1, 2, 4, 100}, 0.5, 3},
		{"q=0 is the smallest", upTo(7), 0, 1},
		{"q=1 is the largest", upTo(7), 1, 7},
		{"one sample is every quantile", []float64{42}, 0.99, 42},
	}
	for _, tt := range tests {
		t.Run(tt.intent, func(t *testing.T) { near(t, "quantile", Quantile(tt.samples, tt.q), tt.want, 1e-12) })
	}
	for _, q := range []float64{-0.1, 1.1, math.NaN()} {
		if got := Quantile(upTo(3), q); !math.IsNaN(got) {
			t.Errorf("Quantile at q=%v = %v, want NaN", q, got)
		}
	}
	if got := Quantile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("Quantile of nothing = %v, want NaN", got)
	}
}

func TestQuantileInterval(t *testing.T) {
	const none = -1
	tests := []struct {
		intent    string
		n         int
		q         float64
		low, high float64 // ranks, since the samples are 1..n; from sums of the binomial; none: no bound
		need      int
	}{
		{"five samples do not bound a median", 5, 0.5, none, none, 6},
		{"six do: 2/64 is left outside", 6, 0.5, 1, 6, 0},
		{"median of 10, as in the tables", 10, 0.5, 2, 9, 0},
		{"median of 100, as in the tables", 100, 0.5, 40, 61, 0},
		{"p90 of 30 has no upper bound", 30, 0.9, 23, none, 36},
		{"p90 of 36 has one", 36, 0.9, 29, 36, 0},
		{"p99 of 367 lacks one sample", 367, 0.99, 359, none, 368},
		{"p99 of 368 is bounded by the largest", 368, 0.99, 360, 368, 0},
		{"p10 mirrors p90: 30 have no lower bound", 30, 0.1, none, 8, 36},
		{"nothing is nothing, but says what it needs", 0, 0.99, none, none, 368},
	}
	for _, tt := range tests {
		t.Run(tt.intent, func(t *testing.T) {
			iv, need := QuantileInterval(upTo(tt.n), tt.q, 0.95)
			for _, b := range []struct {
				name string
				got  *float64
				want float64
			}{{"low", iv.Low, tt.low}, {"high", iv.High, tt.high}} {
				switch {
				case b.want == none && b.got != nil:
					t.Errorf("%s = %v, want none", b.name, *b.got)
				case b.want != none && b.got == nil:
					t.Errorf("%s missing, want rank %v", b.name, b.want)
				case b.want != none && *b.got != b.want:
					t.Errorf("%s = rank %v, want %v", b.name, *b.got, b.want)
				}
			}
			if need != tt.need {
				t.Errorf("need = %d, want %d", need, tt.need)
			}
		})
	}
}

// The interval must not change when the caller reuses the samples' memory.
func TestQuantileIntervalDoesNotAlias(t *testing.T) {
	s := upTo(10)
	iv, _ := QuantileInterval(s, 0.5, 0.95)
	clear(s)
	if *iv.Low != 2 || *iv.High != 9 {
		t.Errorf("interval became %v..%v", *iv.Low, *iv.High)
	}
}

// The published values are those of Newcombe, "Two-sided confidence intervals
// for the single proportion", Statistics in Medicine 17 (1998), table I.
func TestShares(t *testing.T) {
	tests := []struct {
		k, n          int
		cpLow, cpHigh float64
	}{
		{81, 263, 0.2527, 0.3676},
		{15, 148, 0.0578, 0.1617},
		{0, 20, 0, 0.1684},
		{1, 29, 0.0009, 0.1776},
		{20, 20, 0.8316, 1}, // the mirror of 0 in 20
		{0, 0, 0, 1},        // no trials: nothing is known
		{3, 2, 0, 1},        // impossible: nothing is known
	}
	for _, tt := range tests {
		low, high := ClopperPearson(tt.k, tt.n, 0.95)
		near(t, "Clopper-Pearson low", low, tt.cpLow, 5e-5)
		near(t, "Clopper-Pearson high", high, tt.cpHigh, 5e-5)
	}
	// One-sided: 1 - 0.05^(1/100), the rule of three.
	_, high := ClopperPearson(0, 100, 0.90)
	near(t, "one-sided bound of 0 in 100", high, 1-math.Pow(0.05, 0.01), 1e-9)
}

func TestNewRand(t *testing.T) {
	draws := func(seed int64, purpose string) [64]int {
		var d [64]int
		Resample(NewRand(seed, purpose), d[:], 1000)
		return d
	}
	first := draws(7, "test")
	if draws(7, "test") != first {
		t.Error("the same seed and purpose gave other draws")
	}
	if draws(7, "other") == first || draws(8, "test") == first {
		t.Error("another purpose or seed shared the draws")
	}
	for _, i := range first {
		if i < 0 || i >= 1000 {
			t.Errorf("index %d of 1000", i)
		}
	}
}

// Whatever the samples, the quantile lies between its bounds, and what is said
// to be needed is more than there is.
func FuzzQuantileInterval(f *testing.F) {
	f.Add(uint16(10), 0.5)
	f.Add(uint16(400), 0.99)
	f.Add(uint16(0), 0.01)
	f.Add(uint16(2), 0.99) // the larger of two bounds a p99 that interpolates below it
	f.Fuzz(func(t *testing.T, n uint16, q float64) {
		s := upTo(int(n) % 3000)
		iv, need := QuantileInterval(s, q, 0.95)
		v := Quantile(s, q)
		if iv.Low != nil && *iv.Low > v {
			t.Errorf("low %v above the quantile %v", *iv.Low, v)
		}
		if iv.High != nil && *iv.High < v {
			t.Errorf("high %v below the quantile %v", *iv.High, v)
		}
		if iv.Low != nil && iv.High != nil && need != 0 {
			t.Errorf("bounded, yet needs %d", need)
		}
		if q > 0.001 && q < 0.999 && (iv.Low == nil || iv.High == nil) && need <= len(s) {
			t.Errorf("not bounded by %d samples, yet needs only %d", len(s), need)
		}
	})
}
