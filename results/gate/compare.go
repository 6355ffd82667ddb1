package gate

import (
	"cmp"
	"fmt"
	"math"

	"switchover/results"
)

// Difference is one figure of one target in this run against the baseline run.
type Difference struct {
	Target string         `json:"target"`
	Figure string         `json:"figure"`
	Unit   string         `json:"unit"`
	Base   results.Figure `json:"base"`
	Now    results.Figure `json:"now"`
	// Diff is now - base with its interval, nil where either is unknown.
	Diff *float64 `json:"diff"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	// Ratio is now / base with its interval, nil unless both are positive.
	Ratio     *float64 `json:"ratio"`
	RatioLow  *float64 `json:"ratio_low"`
	RatioHigh *float64 `json:"ratio_high"`
	// Direction is better, worse, same, or Unclear; empty for a figure that is
	// neither good nor bad, and where the difference is unknown.
	Direction string `json:"direction,omitempty"`
	Label     string `json:"label"` // NotEvidence
}

// The directions of a difference.
const (
	Better = "better"
	Worse  = "worse"
	Same   = "same"
	// Unclear is a difference whose interval holds zero or is not bounded on that
	// side, so that not even its sign is known.
	Unclear = "~"
)

// Compare adds a row for every figure that either run has of a target both have,
// and warns of targets and models that differ. It does not touch the verdict.
//
// The interval of a difference is put together from the two runs' own intervals
// by the method of variance estimates recovery (Zou and Donner, Statistics in
// Medicine 27, 2008): low = d - sqrt((now - now.low)^2 + (base.high - base)^2),
// high likewise; the ratio's is the same on logarithms. It holds what varies
// between requests inside each run and nothing of what varies between runs,
// which is usually more: hence the label.
func (r *Report) Compare(base, now *results.Summary) {
	r.Baseline = base.Run
	for i := range now.Targets {
		n := &now.Targets[i]
		b := base.Target(n.Name)
		if b == nil {
			r.warn("%s is not in the baseline: no differences for it", n.Name)
			continue
		}
		if b.Model != n.Model {
			r.warn("%s was model %s in the baseline and is %s now", n.Name, b.Model, n.Model)
		}
		for _, info := range results.Figures {
			if d, ok := difference(info, n.Name, b, n); ok {
				r.Differences = append(r.Differences, d)
			}
		}
	}
	for _, b := range base.Targets {
		if now.Target(b.Name) == nil {
			r.warn("%s is in the baseline only", b.Name)
		}
	}
	if !base.Valid {
		r.warn("the baseline run is invalid: its figures cannot be believed")
	}
	if base.Simulated != now.Simulated {
		r.warn("one of the runs has simulated targets, the other has none")
	}
}

// CompareRuns warns where the two runs did not do the same: another schedule,
// seed, load, tool, host, endpoint or price.
func (r *Report) CompareRuns(base, now *results.Run) {
	differs := func(what, b, n string) {
		if b != n {
			r.warn("%s differs: %s in the baseline, %s now", what, cmp.Or(b, "none"), cmp.Or(n, "none"))
		}
	}
	differs("the schedule", base.ScheduleHash, now.ScheduleHash)
	differs("the seed", fmt.Sprint(base.Seed), fmt.Sprint(now.Seed))
	differs("the last measured stage", lastMeasured(base), lastMeasured(now))
	differs("the version of switchover", base.Version, now.Version)
	differs("the host", host(base), host(now))
	differs("the state", base.State, now.State)
	for _, n := range now.Candidates() {
		b := base.Target(n.Name)
		if b == nil {
			continue
		}
		if !b.Simulated || !n.Simulated { // a simulator's port is another in every run
			differs("the address of "+n.Name, b.URL, n.URL)
		}
		differs("the price of "+n.Name, price(b), price(&n))
	}
}

func (r *Report) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

func lastMeasured(run *results.Run) string {
	last := ""
	for _, st := range run.Stages {
		if st.Measure {
			last = fmt.Sprintf("%s (%s, %g conversations/s, %d users)", st.Name, st.Mode, st.Rate, st.Users)
			if st.Varies || st.Search != nil { // a number would say too little
				last = fmt.Sprintf("%s (%s, %s)", st.Name, st.Mode, st.Load)
			}
		}
	}
	return last
}

func host(run *results.Run) string {
	return fmt.Sprintf("%s/%s with %d CPUs", run.Host.OS, run.Host.Arch, run.Host.CPUs)
}

func price(t *results.RunTarget) string {
	if t.GPUHourUSD > 0 {
		return fmt.Sprintf("$%g an hour", t.GPUHourUSD)
	}
	if t.Price == nil {
		return "unknown"
	}
	return t.Price.Text(func(usd float64) string { return fmt.Sprintf("$%g", usd) })
}

// difference is false where neither run has the figure.
func difference(info results.FigureInfo, target string, b, n *results.TargetSummary) (Difference, bool) {
	base, now := b.Figures[info.Key], n.Figures[info.Key]
	if base.Value == nil && now.Value == nil {
		return Difference{}, false
	}
	d := Difference{Target: target, Figure: info.Key, Unit: info.Unit, Base: base, Now: now, Label: NotEvidence}
	if base.Value == nil || now.Value == nil {
		return d, true
	}
	d.Diff, d.Low, d.High = propagate(base, now, func(v float64) float64 { return v })
	if *base.Value > 0 && *now.Value > 0 {
		d.Ratio, d.RatioLow, d.RatioHigh = propagate(base, now, math.Log)
		for _, p := range []*float64{d.Ratio, d.RatioLow, d.RatioHigh} {
			if p != nil {
				*p = math.Exp(*p)
			}
		}
	}
	d.Direction = direction(info.Better, *d.Diff, d.Low, d.High)
	return d, true
}

// direction says which way a figure moved, where its interval knows.
func direction(better results.Direction, diff float64, low, high *float64) string {
	up := low != nil && *low > 0
	down := high != nil && *high < 0
	switch {
	case better == results.Neutral:
		return ""
	case diff == 0:
		return Same
	case !up && !down:
		return Unclear
	case up == (better == results.HigherBetter):
		return Better
	}
	return Worse
}

// propagate gives f(now) - f(base) and its interval for a rising f. A bound is nil
// where one of the two it needs is missing or has no f.
func propagate(base, now results.Figure, f func(float64) float64) (d, low, high *float64) {
	b, n := f(*base.Value), f(*now.Value)
	diff := n - b
	d = &diff
	bound := func(sign float64, nb, bb *float64) *float64 {
		if nb == nil || bb == nil {
			return nil
		}
		v := diff + sign*math.Hypot(f(*nb)-n, f(*bb)-b)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return &v
	}
	return d, bound(-1, now.Low, base.High), bound(1, now.High, base.Low)
}
