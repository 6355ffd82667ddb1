package arrival

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"
	"time"
)

func Example() {
	for at := range Constant(4) {
		if at >= time.Second {
			break
		}
		fmt.Println(at)
	}
	// Output:
	// 0s
	// 250ms
	// 500ms
	// 750ms
}

// within collects the arrivals before end.
func within(seq iter.Seq[time.Duration], end time.Duration) []time.Duration {
	var out []time.Duration
	for at := range seq {
		if at >= end {
			break
		}
		out = append(out, at)
	}
	return out
}

// TestConstant checks that rounding does not add up: the millionth arrival is
// where it belongs.
func TestConstant(t *testing.T) {
	i := 0
	for at := range Constant(3) {
		if want := float64(i) / 3; math.Abs(at.Seconds()-want) > Resolution.Seconds() {
			t.Fatalf("arrival %d at %v, want %.9fs", i, at, want)
		}
		if i++; i == 1_000_000 {
			return
		}
	}
	t.Errorf("ended after %d", i)
}

// TestPoisson holds the process to what defines it: the mean rate, counts in
// windows whose variance equals their mean, and gaps whose standard deviation
// equals their mean, with no memory of the gap before.
func TestPoisson(t *testing.T) {
	const rate, windows = 5.0, 20_000
	at := within(Poisson(rate, Seed{1, 2}), windows*time.Second)
	if got := float64(len(at)) / windows; math.Abs(got-rate) > 0.06 { // 4 standard errors
		t.Errorf("rate %.3f/s, want %v", got, rate)
	}
	counts := make([]float64, windows)
	gaps := make([]float64, 0, len(at))
	last := time.Duration(0)
	for _, a := range at {
		counts[int(a/time.Second)]++
		gaps = append(gaps, (a - last).Seconds())
		last = a
	}
	if !slices.IsSorted(at) {
		t.Error("arrivals run backwards")
	}
	mean, sd := moments(counts)
	if dispersion := sd * sd / mean; math.Abs(dispersion-1) > 0.04 {
		t.Errorf("variance / mean of the counts = %.3f, want 1", dispersion)
	}
	mean, sd = moments(gaps)
	if math.Abs(sd/mean-1) > 0.02 {
		t.Errorf("sd / mean of the gaps = %.3f, want 1", sd/mean)
	}
	cov := 0.0
	for i := 1; i < len(gaps); i++ {
		cov += (gaps[i] - mean) * (gaps[i-1] - mean)
	}
	if r := cov / float64(len(gaps)) / (sd * sd); math.Abs(r) > 0.015 {
		t.Errorf("correlation of neighbouring gaps %.3f, want 0", r)
	}
}

func moments(x []float64) (mean, sd float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / float64(len(x)-1))
}

// TestSeed checks that a process can be ranged over again, and that seeds differ.
func TestSeed(t *testing.T) {
	p := Poisson(10, Seed{3, 4})
	first := within(p, time.Minute)
	if !slices.Equal(first, within(p, time.Minute)) {
		t.Error("the same process gave other arrivals the second time")
	}
	if slices.Equal(first, within(Poisson(10, Seed{3, 5}), time.Minute)) {
		t.Error("another seed gave the same arrivals")
	}
	// A schedule drawn today is drawn again next year: resumed runs depend on it.
	want := []time.Duration{}
	for at := range p {
		if want = append(want, at); len(want) == 3 {
			break
		}
	}
	if got := fmt.Sprint(want); got != pinned {
		t.Errorf("the first arrivals of a seed changed: %s, want %s", got, pinned)
	}
}

const pinned = "[52.468ms 220.537ms 645.726ms]"

// TestImpossible checks that rates without meaning yield nothing, and that tiny
// ones end rather than overflow.
func TestImpossible(t *testing.T) {
	for _, rate := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		for range Constant(rate) {
			t.Fatalf("constant %v yields", rate)
		}
		for range Poisson(rate, Seed{}) {
			t.Fatalf("poisson %v yields", rate)
		}
	}
	n := 0
	for at := range Constant(1e-9) {
		if n++; at < 0 {
			t.Fatalf("arrival %d overflows to %v", n, at)
		}
	}
	if n != 10 { // 0 to 9e9 s; the range ends at 9.22e9 s
		t.Errorf("%d arrivals, want 10", n)
	}
}
