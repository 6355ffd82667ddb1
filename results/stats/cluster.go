package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// ClusterMean is the mean over all items of all groups with its two-sided
// interval at the level, the groups (dialogues) being what is independent:
//
//	SE = sqrt( G/(G-1) * sum_g ( sum_i (s_gi - m) )^2 ) / N, interval m -+ t(G-1) SE
//
// for G groups with N items: Liang and Zeger's cluster-robust error (Biometrika
// 73, 1986) with the small-sample factor known as CR1. Empty groups do not
// count. ok is false below two groups: the mean stands, an interval does not
// exist (low and high are NaN); without any item the mean is NaN too.
func ClusterMean(groups [][]float64, level float64) (mean, low, high float64, ok bool) {
	mean, se, g := clustered(groups)
	if g < 2 {
		return mean, math.NaN(), math.NaN(), false
	}
	half := se * tQuantile(1-(1-level)/2, g-1)
	return mean, mean - half, mean + half, true
}

// Mean is ClusterMean of samples that are each a group of its own.
func Mean(samples []float64, level float64) (mean, low, high float64, ok bool) {
	n := len(samples)
	var sum, squares float64
	for _, s := range samples {
		sum += s
	}
	mean = sum / float64(n) // NaN without samples
	if n < 2 {
		return mean, math.NaN(), math.NaN(), false
	}
	for _, s := range samples {
		off := s - mean
		squares += off * off
	}
	se := math.Sqrt(float64(n)/float64(n-1)*squares) / float64(n)
	half := se * tQuantile(1-(1-level)/2, n-1)
	return mean, mean - half, mean + half, true
}

// clustered is the mean, its CR1 standard error and the number of groups that
// hold anything. The error is NaN below two groups.
func clustered(groups [][]float64) (mean, se float64, g int) {
	n, sum := 0, 0.0
	for _, items := range groups {
		if len(items) > 0 {
			g++
		}
		n += len(items)
		for _, s := range items {
			sum += s
		}
	}
	if n == 0 {
		return math.NaN(), math.NaN(), 0
	}
	mean = sum / float64(n)
	if g < 2 {
		return mean, math.NaN(), g
	}
	var squares float64
	for _, items := range groups {
		var off float64
		for _, s := range items {
			off += s - mean
		}
		squares += off * off
	}
	return mean, math.Sqrt(float64(g)/float64(g-1)*squares) / float64(n), g
}

func tQuantile(p float64, df int) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(df)}.Quantile(p)
}

// Difference is a mean paired difference (candidate - incumbent) with its bounds.
type Difference struct {
	Mean float64
	SE   float64 // standard error of Mean, by dialogue
	// SD is what one dialogue's difference scatters by: SE x sqrt(Dialogues).
	SD        float64
	Low, High float64 // two-sided at the level
	// Lower and Upper are one-sided bounds, each at the level.
	Lower, Upper float64
	Dialogues    int
}

// Paired is ClusterMean on differences: d holds, for each dialogue, candidate
// minus incumbent on the same items by the same judge. level is used both for
// the two-sided interval and for each one-sided bound. ok is false below two
// dialogues: there are no bounds then (NaN).
func Paired(d [][]float64, level float64) (diff Difference, ok bool) {
	mean, se, g := clustered(d)
	nan := math.NaN()
	diff = Difference{Mean: mean, SE: se, SD: nan, Low: nan, High: nan, Lower: nan, Upper: nan, Dialogues: g}
	if g < 2 {
		return diff, false
	}
	diff.SD = se * math.Sqrt(float64(g))
	two, one := se*tQuantile(1-(1-level)/2, g-1), se*tQuantile(level, g-1)
	diff.Low, diff.High = mean-two, mean+two
	diff.Lower, diff.Upper = mean-one, mean+one
	return diff, true
}

// Finding is what a non-inferiority comparison found.
type Finding string

// The findings.
const (
	NotWorse  Finding = "pass"      // the lower bound is above -margin
	Worse     Finding = "fail"      // the upper bound is below -margin
	Undecided Finding = "undecided" // not enough evidence
)

// MinDialogues is the number of dialogues below which no verdict is given.
const MinDialogues = 20

// MaxMore caps NonInferiority.More: further dialogues beyond it are not a plan.
const MaxMore = 100000

// NonInferiority is a comparison with the incumbent at a margin.
type NonInferiority struct {
	Difference
	Finding Finding
	// More is how many further dialogues it needs to be decided, 0 when it is.
	More int
}

// NonInferior holds the differences (candidate - incumbent, one per dialogue, in
// points) against a margin > 0 that was fixed before judging, with one-sided
// 95 % bounds on the mean: pass when the lower is above -margin, fail when the
// upper is below it, else undecided. Below MinDialogues it is always undecided.
//
// More comes from n = 6.18 sd^2 / margin^2, the dialogues at which a candidate
// that truly equals the incumbent passes with 80 % power ((z95 + z80)^2 =
// 6.18; Julious, Statistics in Medicine 23, 2004). Where that many are there
// already, the observed distance to -margin takes the margin's place. It is at
// least 1 and at most MaxMore while undecided.
func NonInferior(d []float64, margin float64) NonInferiority {
	groups := make([][]float64, len(d))
	for i := range d {
		groups[i] = d[i : i+1]
	}
	diff, ok := Paired(groups, 0.95)
	r := NonInferiority{Difference: diff, Finding: Undecided}
	if ok && diff.Dialogues >= MinDialogues {
		switch {
		case diff.Lower > -margin:
			r.Finding = NotWorse
		case diff.Upper < -margin:
			r.Finding = Worse
		}
	}
	if r.Finding == Undecided {
		r.More = furtherDialogues(diff, margin)
	}
	return r
}

func furtherDialogues(d Difference, margin float64) int {
	const power = 6.18
	have := float64(d.Dialogues)
	least := max(1, MinDialogues-have)
	if !(margin > 0) || !(d.SD > 0) {
		return int(least)
	}
	need := math.Ceil(power * d.SD * d.SD / (margin * margin))
	if need <= have && have >= MinDialogues {
		// A distance of 0 makes this infinite, which the cap below turns into MaxMore.
		off := d.Mean + margin
		need = math.Ceil(power * d.SD * d.SD / (off * off))
	}
	return int(min(max(need-have, least), MaxMore))
}
