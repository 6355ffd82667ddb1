package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestClusterMean(t *testing.T) {
	t.Run("equal groups: the t interval of the group means", func(t *testing.T) {
		// Group means 1.5, 3.5, 5.5: sd 2, SE 2/sqrt(3); t(2) at 97.5 % is 4.30265.
		mean, low, high, ok := ClusterMean([][]float64{{1, 2}, {3, 4}, {5, 6}}, 0.95)
		if !ok {
			t.Fatal("no interval")
		}
		near(t, "mean", mean, 3.5, 1e-12)
		near(t, "low", low, 3.5-4.30265*2/math.Sqrt(3), 1e-4)
		near(t, "high", high, 3.5+4.30265*2/math.Sqrt(3), 1e-4)
	})
	t.Run("unequal groups, by hand", func(t *testing.T) {
		// Items 4, 4, 4, 1, 2: mean 3. Sums of deviations: 3 and -3.
		// SE = sqrt(2/1 * (9+9)) / 5 = 1.2; t(1) at 97.5 % is 12.7062.
		mean, low, _, _ := ClusterMean([][]float64{{4, 4, 4}, {1, 2}}, 0.95)
		near(t, "mean", mean, 3, 1e-12)
		near(t, "low", low, 3-1.2*12.7062, 1e-3)
	})
	t.Run("repeats inside a dialogue do not raise n", func(t *testing.T) {
		_, low1, high1, _ := ClusterMean([][]float64{{1}, {3}, {4}}, 0.95)
		_, low2, high2, _ := ClusterMean([][]float64{{1, 1, 1, 1}, {3, 3, 3, 3}, {4, 4, 4, 4}}, 0.95)
		near(t, "low", low2, low1, 1e-9)
		near(t, "high", high2, high1, 1e-9)
	})
	t.Run("one group has a mean and no interval", func(t *testing.T) {
		mean, low, _, ok := ClusterMean([][]float64{{1, 3}, {}}, 0.95)
		if ok || !math.IsNaN(low) || mean != 2 {
			t.Errorf("mean %v, low %v, ok %v", mean, low, ok)
		}
	})
	t.Run("nothing is not zero", func(t *testing.T) {
		if mean, _, _, ok := ClusterMean(nil, 0.95); ok || !math.IsNaN(mean) {
			t.Errorf("mean %v, ok %v", mean, ok)
		}
	})
}

func TestPaired(t *testing.T) {
	d, ok := Paired([][]float64{{1, 2}, {3, 4}, {5, 6}}, 0.95)
	if !ok || d.Dialogues != 3 {
		t.Fatalf("ok %v, dialogues %d", ok, d.Dialogues)
	}
	near(t, "sd", d.SD, 2, 1e-9)
	// t(2) at 95 % is 2.91999.
	near(t, "one-sided lower", d.Lower, 3.5-2.91999*2/math.Sqrt(3), 1e-4)
	near(t, "one-sided upper", d.Upper, 3.5+2.91999*2/math.Sqrt(3), 1e-4)
	near(t, "two-sided low", d.Low, 3.5-4.30265*2/math.Sqrt(3), 1e-4)
}

// alternate is n differences, half of them mean+off and half mean-off.
func alternate(n int, mean, off float64) []float64 {
	d := make([]float64, n)
	for i := range d {
		d[i] = mean + off
		off = -off
	}
	return d
}

func TestNonInferior(t *testing.T) {
	tests := []struct {
		intent string
		d      []float64
		margin float64
		want   Finding
		more   int
	}{
		// sd = sqrt(20 x 0.25 / 19) = 0.513, SE = 0.1147, t(19) = 1.729: lower -0.198.
		{"equal at a margin the lower bound clears", alternate(20, 0, 0.5), 0.25, NotWorse, 0},
		// ceil(6.18 x 0.26316 / 0.15^2) = 73 dialogues, 20 are there.
		{"equal at a margin it does not clear", alternate(20, 0, 0.5), 0.15, Undecided, 53},
		{"clearly worse", alternate(20, -1, 0.5), 0.25, Worse, 0},
		{"better", alternate(20, 1, 0.5), 0.25, NotWorse, 0},
		{"a clear result on 19 dialogues is no verdict", alternate(19, 1, 0.01), 0.25, Undecided, 1},
		{"none at all needs the least a verdict takes", nil, 0.25, Undecided, 20},
		// At the margin exactly no number of dialogues decides.
		{"a true difference at the margin", alternate(100, -0.25, 0.5), 0.25, Undecided, MaxMore},
		// 30 needed for power at the margin are there; off by 0.05: ceil(6.18 x sd^2 / 0.05^2)
		// with sd^2 = 100 x 0.25 / 99, less 100.
		{"enough for the plan, still open", alternate(100, -0.2, 0.5), 0.25, Undecided, 525},
	}
	for _, tt := range tests {
		t.Run(tt.intent, func(t *testing.T) {
			r := NonInferior(tt.d, tt.margin)
			if r.Finding != tt.want || r.More != tt.more {
				t.Errorf("found %s, %d more, want %s, %d more (%+v)", r.Finding, r.More, tt.want, tt.more, r.Difference)
			}
		})
	}
}

// dialogue draws the score differences of six turns around a mean, with an
// intraclass correlation of 0.3: dialogue variance 0.3, turn variance 0.7.
func dialogue(r *rand.Rand, mean float64) []float64 {
	turns := make([]float64, 6)
	own := mean + math.Sqrt(0.3)*r.NormFloat64()
	for i := range turns {
		turns[i] = own + math.Sqrt(0.7)*r.NormFloat64()
	}
	return turns
}

func meanOf(x []float64) float64 {
	var s float64
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// A candidate that is worse by exactly the margin must pass, and fail, in 5 % of
// comparisons each, however few the dialogues; the interval must miss in 5 %.
// The naive error over turns is computed beside them to show that the simulation
// can tell: it is wrong in about a fifth.
func TestTypeIError(t *testing.T) {
	const margin, sims = 0.25, 5000 // standard error of a 5 % share: 0.3 points
	for _, g := range []int{10, 20, 40, 100} {
		r := NewRand(int64(g), "type I error")
		var pass, fail, miss, naive int
		for range sims {
			turns := make([][]float64, g)
			d := make([]float64, g)
			flat := make([][]float64, 0, 6*g)
			for i := range turns {
				turns[i] = dialogue(r, -margin)
				d[i] = meanOf(turns[i])
				for j := range turns[i] {
					flat = append(flat, turns[i][j:j+1])
				}
			}
			switch NonInferior(d, margin).Finding {
			case NotWorse:
				pass++
			case Worse:
				fail++
			}
			if _, low, high, _ := ClusterMean(turns, 0.95); low > -margin || high < -margin {
				miss++
			}
			if _, low, high, _ := ClusterMean(flat, 0.95); low > -margin || high < -margin {
				naive++
			}
		}
		share := func(k int) float64 { return 100 * float64(k) / sims }
		t.Logf("%3d dialogues: passes %.1f %%, fails %.1f %%, interval misses %.1f %% (per turn: %.1f %%)",
			g, share(pass), share(fail), share(miss), share(naive))
		if g < MinDialogues {
			if pass+fail > 0 {
				t.Errorf("%d dialogues gave %d verdicts, want none", g, pass+fail)
			}
		} else {
			within(t, "false passes", share(pass), 4, 6)
			within(t, "false failures", share(fail), 4, 6)
		}
		within(t, "misses of the interval", share(miss), 4, 6)
		within(t, "misses of the per-turn interval", share(naive), 18, 28)
	}
}

func within(t *testing.T, what string, got, low, high float64) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %.2f %%, want %v to %v %%", what, got, low, high)
	}
}
