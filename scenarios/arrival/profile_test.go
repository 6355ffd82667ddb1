package arrival

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"
	"time"
)

// TestGamma holds the process to what its parameter promises: the mean rate, gaps
// whose squared coefficient of variation is 1/burstiness, and, in windows that
// are long against the gaps, counts with that index of dispersion.
func TestGamma(t *testing.T) {
	for _, burstiness := range []float64{0.25, 0.5, 1, 2, 10} {
		const rate, windows, width = 20.0, 2000, 10 * time.Second
		at := within(Gamma(rate, burstiness, Seed{5, 6}), windows*width)
		n := float64(len(at))
		// The standard error of the mean rate is that of a count with this dispersion.
		if got, se := n/windows/width.Seconds(), rate/math.Sqrt(n*burstiness); math.Abs(got-rate) > 4*se {
			t.Errorf("burstiness %v: rate %.3f/s, want %v", burstiness, got, rate)
		}
		counts := make([]float64, windows)
		gaps := make([]float64, 0, len(at))
		for i, a := range at {
			counts[int(a/width)]++
			if i > 0 {
				gaps = append(gaps, (a - at[i-1]).Seconds())
			}
		}
		mean, sd := moments(gaps)
		if got, want := sd*sd/mean/mean, 1/burstiness; math.Abs(got/want-1) > 0.04 {
			t.Errorf("burstiness %v: squared variation of the gaps %.3f, want %.3f", burstiness, got, want)
		}
		mean, sd = moments(counts)
		if got, want := sd*sd/mean, 1/burstiness; math.Abs(got/want-1) > 0.13 { // 4 standard errors
			t.Errorf("burstiness %v: variance / mean of the counts %.3f, want %.3f", burstiness, got, want)
		}
	}
}

// TestGammaOfOneIsPoisson checks that the two ways to write a memoryless process
// give the same instants.
func TestGammaOfOneIsPoisson(t *testing.T) {
	seed := Seed{1, 2}
	if !slices.Equal(within(Gamma(5, 1, seed), time.Minute), within(Poisson(5, seed), time.Minute)) {
		t.Error("gamma of burstiness 1 is not Poisson")
	}
	p := Profile{{time.Minute, 5, 9}}
	if !slices.Equal(slices.Collect(p.Gamma(1, seed)), slices.Collect(p.Poisson(seed))) {
		t.Error("gamma of burstiness 1 is not Poisson on a ramp")
	}
}

// TestProfileConstant checks a ramp and a step by hand: arrival number n comes
// when the rate has added up to n.
func TestProfileConstant(t *testing.T) {
	p := Profile{{2 * time.Second, 0, 4}, {time.Second, 2, 2}}
	want := "[0s 1s 1.414214s 1.732051s 2s 2.5s]" // sqrt(n) on the ramp
	if got := fmt.Sprint(slices.Collect(p.Constant())); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := fmt.Sprint(slices.Collect(p.Constant())); got != want {
		t.Errorf("the second time: %s", got)
	}
	down := Profile{{2 * time.Second, 4, 0}}
	if got, want := fmt.Sprint(slices.Collect(down.Constant())), "[0s 267.949ms 585.786ms 1s]"; got != want {
		t.Errorf("downwards: %s, want %s", got, want)
	}
}

// TestProfileOfOneRate checks that a profile which does not change is the process
// at that rate.
func TestProfileOfOneRate(t *testing.T) {
	p := Profile{{time.Minute, 5, 5}, {time.Minute, 5, 5}}
	for name, pair := range map[string][2]iter.Seq[time.Duration]{
		"constant": {Constant(5), p.Constant()},
		"poisson":  {Poisson(5, Seed{1, 2}), p.Poisson(Seed{1, 2})},
		"gamma":    {Gamma(5, 0.5, Seed{1, 2}), p.Gamma(0.5, Seed{1, 2})},
	} {
		a, b := within(pair[0], 2*time.Minute), slices.Collect(pair[1])
		if len(a) != len(b) {
			t.Errorf("%s: %d arrivals, by profile %d", name, len(a), len(b))
			continue
		}
		for i := range a {
			if d := a[i] - b[i]; d.Abs() > Resolution { // rounding
				t.Errorf("%s: arrival %d at %v, by profile %v", name, i, a[i], b[i])
				break
			}
		}
	}
}

// TestProfilePoisson checks that the process on a ramp is the inhomogeneous one:
// in each window, over many seeds, counts have the mean that the rate says and a
// variance equal to it.
func TestProfilePoisson(t *testing.T) {
	const seeds, windows = 2000, 6
	p := Profile{{4 * time.Second, 1, 9}, {2 * time.Second, 3, 3}}
	want := [windows]float64{2, 4, 6, 8, 3, 3}
	var counts [windows][]float64
	for seed := range uint64(seeds) {
		var n [windows]float64
		for at := range p.Poisson(Seed{seed, 1}) {
			n[min(int(at/time.Second), windows-1)]++
		}
		for i := range n {
			counts[i] = append(counts[i], n[i])
		}
	}
	for i, c := range counts {
		mean, sd := moments(c)
		if math.Abs(mean-want[i]) > 4*math.Sqrt(want[i]/seeds) {
			t.Errorf("second %d: %.3f arrivals, want %v", i, mean, want[i])
		}
		if dispersion := sd * sd / mean; math.Abs(dispersion-1) > 4*math.Sqrt(2.0/seeds) {
			t.Errorf("second %d: variance / mean = %.3f, want 1", i, dispersion)
		}
	}
}

// TestImpossibleProfiles checks that shapes and rates without meaning yield
// nothing and do not hang.
func TestImpossibleProfiles(t *testing.T) {
	for _, p := range []Profile{nil, {{0, 1, 1}}, {{-time.Second, 1, 1}}, {{time.Second, -1, 1}}, {{time.Second, 1, math.NaN()}}, {{time.Second, math.Inf(1), 1}}, {{time.Hour, 0, 0}}} {
		for at := range p.Poisson(Seed{}) {
			t.Errorf("%v yields %v", p, at)
		}
	}
	for _, burstiness := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		for range Gamma(1, burstiness, Seed{}) {
			t.Fatalf("burstiness %v yields", burstiness)
		}
		for range (Profile{{time.Second, 1, 1}}).Gamma(burstiness, Seed{}) {
			t.Fatalf("burstiness %v yields on a profile", burstiness)
		}
	}
}
