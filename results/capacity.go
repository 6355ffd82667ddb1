package results

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchover/results/stats"
)

// What a sweep and a capacity search can vary.
const (
	OverRate        = "rate"        // conversation starts a second of each target
	OverUsers       = "users"       // users who converse with each target at once
	OverConcurrency = "concurrency" // users who never think
)

// Search is a capacity search: it looks for the highest load at which the
// objectives still hold, by windows of load (probes), each drained before the next.
//
// It goes up from From by doubling, in windows of a sixth of the length, until an
// objective is missed, halves the gap by the geometric mean until the two loads
// are within 30 % of each other, and then puts windows of the whole length at the
// estimate that all windows so far give together (stats.FindThreshold: for
// `ttft_p90 <= X` the load at which 10 % of requests take longer than X). It ends
// when the bounds are narrow enough, when the capacity lies outside From and To
// for sure, or after Probes whole windows, with whatever bounds there are then. At
// least two whole windows are asked for, because one cannot show how windows differ.
// A short window in which nothing counted, as where answers take longer than it, is
// asked again at the whole length; where nothing counts then either, no higher load
// is tried on no evidence.
//
// The lowest capacity of all objectives counts. Both the driver, to choose the
// next probe, and Summarise, to rebuild the result, call Next and Estimate: neither
// keeps anything but the probes.
//
// # Why this estimator, and how good it is
//
// A single window says yes or no with a chance of error that nobody knows, since
// near saturation requests queue behind each other for tens of seconds; a
// bisection on such answers never recovers from a wrong turn. One curve through
// all windows can. Its load is the one that was drawn (the number of arrivals in
// the window, which scatters by its square root), not the one asked for: that
// halves the error of servers whose share of misses rises steeply. A window's first
// fifth is cut, because it begins on an idle server.
//
// Simulated searches, windows of 180 s, 40 seeds each, from an eighth of the capacity
// to twice it, within 5 %, bounds at 95 %; the truth is Erlang's formula's or that of
// runs of 1.5 million requests; requests are a share of what ten windows evenly over
// the same range would ask (go test -run SearchTable -capacity-table 40 prints it):
//
//	served at once, objective             capacity  off by  within 5 %  bounds hold  requests
//	64, ttft_p90                            26/s      0.9 %   40 of 40    39 of 40      54 %
//	64, ttft_p99                            24/s      2.2 %   34 of 40    38 of 40      61 %
//	8, ttft_p90                             5.2/s     2.2 %   38 of 40    39 of 40      66 %
//	4 (M/M/4), ttft_p50                     3.4/s     2.2 %   36 of 40    40 of 40      65 %
//	4 (M/M/4), ttft_p90, 2 s in the queue   3.1/s     4.0 %   30 of 40    39 of 40      67 %
//	4 (M/M/4), ttft_p90, hardly a queue     1.8/s     4.2 %   25 of 40    40 of 40      66 %
//	1 (M/M/1), ttft_p90                     3.2/s     4.1 %   28 of 40    38 of 40      67 %
//
// The last three are asked so little in 180 s that six windows cannot tell 5 %, and
// a p99 rests on bursts that windows of 180 s seldom hold: their bounds say so, 10 to
// 20 % either way.
type Search struct {
	Over   string  `json:"over"`   // OverRate, OverUsers or OverConcurrency
	From   float64 `json:"from"`   // the lowest load, > 0
	To     float64 `json:"to"`     // the highest
	Within float64 `json:"within"` // half the width of the bounds, of the capacity, that is enough
	Each   int64   `json:"each"`   // the length of a whole window, ns
	Probes int     `json:"probes"` // whole windows at most
}

// Unit is what loads are counted in: 1/s or users.
func (s *Search) Unit() string { return LoadUnit(s.Over) }

// LoadUnit is what the loads of a sweep or a search are counted in.
func LoadUnit(over string) string {
	if over == OverRate {
		return "1/s"
	}
	return "users"
}

const (
	exploring = 6     // an exploring window's share of a whole one, inverse
	doubling  = 2.0   // of the load while no objective is missed
	closeBy   = 1.3   // loads that met and missed, this close, are narrowed down together
	enough    = 30    // conversations that an exploring window begins at least
	certain   = 0.975 // that the capacity is out of bounds
)

// The words for how a search ended.
const (
	EndNarrow = "narrow" // the bounds are narrow enough
	EndProbes = "probes" // every whole window was used
	EndAbove  = "above"  // the capacity lies above the highest load
	EndBelow  = "below"  // or below the lowest
	EndEmpty  = "empty"  // nothing that was asked counts for the objectives
)

// Next is the load and the length of the next probe of a search with limits, or
// how it ended. whole says that it is one of the windows that Probes counts.
func (s *Search) Next(limits Limits, probes []Probe) (load float64, length time.Duration, whole bool, end string) {
	if n := len(probes); n > 0 && !probes[n-1].counted() {
		switch last := &probes[n-1]; {
		case last.Length < s.Each:
			return last.Load, time.Duration(s.Each), false, ""
		case !slices.ContainsFunc(probes, Probe.counted):
			return 0, 0, false, EndEmpty
		}
	}
	if load, ok := s.explore(limits, probes); ok {
		return load, s.glance(load), false, ""
	}
	est := s.Estimate(limits, probes)
	switch n := wholeWindows(probes); {
	case n >= 1 && est.Above > certain:
		return 0, 0, false, EndAbove
	case n >= 1 && est.Below > certain:
		return 0, 0, false, EndBelow
	case n >= 2 && (est.High-est.Low)/2 <= max(s.Within*est.Value, s.step()/2):
		return 0, 0, false, EndNarrow
	case n >= s.Probes:
		return 0, 0, false, EndProbes
	}
	highest := 0.0
	for _, p := range probes {
		highest = max(highest, p.Load)
	}
	return s.possible(min(est.Value, highest*doubling)), time.Duration(s.Each), true, ""
}

// glance is the length of a window while the search explores.
func (s *Search) glance(load float64) time.Duration {
	each := time.Duration(s.Each)
	length := each / exploring
	if s.Over == OverRate {
		length = max(length, time.Duration(enough/load*float64(time.Second)))
	}
	return min(length, each)
}

// step is the least difference of two loads.
func (s *Search) step() float64 {
	if s.Over == OverRate {
		return 0
	}
	return 1
}

// possible is the load next to x that can be asked for.
func (s *Search) possible(x float64) float64 {
	if s.Over != OverRate {
		x = math.Round(x)
	}
	return min(max(x, s.From), s.To)
}

func wholeWindows(probes []Probe) (n int) {
	for _, p := range probes {
		if p.Whole {
			n++
		}
	}
	return n
}

// explore is the next load while it is not yet known, to within closeBy, where the
// objectives begin to be missed.
func (s *Search) explore(limits Limits, probes []Probe) (float64, bool) {
	if slices.ContainsFunc(probes, func(p Probe) bool { return p.Whole && p.Load > s.From }) {
		return 0, false
	}
	met, missed := 0.0, math.Inf(1)
	for _, p := range probes {
		if limits.missed(probes, p.Load) {
			missed = min(missed, p.Load)
		}
	}
	for _, p := range probes {
		if p.Load < missed {
			met = max(met, p.Load)
		}
	}
	switch {
	case len(probes) == 0:
		return s.From, true
	case math.IsInf(missed, 1):
		return s.possible(met * doubling), met < s.To
	case met == 0 || missed/met <= closeBy || missed-met <= s.step():
		return 0, false
	}
	return s.possible(math.Sqrt(met * missed)), true
}

// missed reports whether the probes at a load, taken together, miss a limit.
func (ls Limits) missed(probes []Probe, load float64) bool {
	for i, l := range ls {
		var over, of float64
		for _, p := range probes {
			if p.Load == load {
				o, n := p.Counts[i].sums()
				over, of = over+o, of+n
			}
		}
		if over > l.Share*of {
			return true
		}
	}
	return false
}

// WorstLoads are the probes of the search that asks for most: the capacity is the
// highest load, and every whole window is used.
func (s *Search) WorstLoads() (loads []float64, lengths []time.Duration) {
	var probes []Probe
	for {
		load, ok := s.explore(nil, probes)
		if !ok {
			break
		}
		probes = append(probes, Probe{ProbeStart: ProbeStart{Load: load}})
		loads, lengths = append(loads, load), append(lengths, s.glance(load))
	}
	for range s.Probes {
		loads, lengths = append(loads, s.To), append(lengths, time.Duration(s.Each))
	}
	return loads, lengths
}

// Crossing is an estimate with the objective that sets it.
type Crossing struct {
	stats.Threshold
	Limit Limit
}

// Estimate is the capacity by the objective whose own is the lowest. Its bounds are
// those of the lowest at each end: the capacity is the least of several. An objective
// for which nothing counted sets none; the zero Crossing, where that holds of all.
func (s *Search) Estimate(limits Limits, probes []Probe) Crossing {
	var out Crossing
	for i, l := range limits {
		doses := make([]stats.Dose, 0, len(probes))
		for _, p := range probes {
			if p.Counts[i].asked() {
				doses = append(doses, stats.Dose{Load: p.Drawn, Over: p.Counts[i].Over, Of: p.Counts[i].Of})
			}
		}
		if len(doses) == 0 { // the answer would be that to no question
			continue
		}
		t := stats.FindThreshold(doses, l.Share, s.From, s.To, level)
		switch {
		case out.Value == 0:
			out = Crossing{t, l}
		case t.Value < out.Value:
			low, high := min(out.Low, t.Low), min(out.High, t.High)
			below, above := max(out.Below, t.Below), min(out.Above, t.Above)
			out = Crossing{t, l}
			out.Low, out.High, out.Below, out.Above = low, high, below, above
		default:
			out.Low, out.High = min(out.Low, t.Low), min(out.High, t.High)
			out.Below, out.Above = max(out.Below, t.Below), min(out.Above, t.Above)
		}
	}
	return out
}

// Limit is an objective as a search holds it: at most Share of what counts may miss
// it. Of a quantile it is the rest: 10 % of `ttft_p90 <= 800ms`.
type Limit struct {
	Bound
	Share float64
}

// String is the limit in words: "ttft_p90 <= 800ms".
func (l Limit) String() string {
	if strings.HasPrefix(l.Text, l.Op) {
		return l.Name + " " + l.Text
	}
	return fmt.Sprintf("%s %s %s", l.Name, l.Op, l.Text)
}

// Limits are the objectives that a higher load makes worse.
type Limits []Limit

// Limits are the policy's objectives that a capacity search looks for the end of:
// those on times and the error rate. Throughput grows with the load and costs and
// quality do not depend on it, so that they have no highest load.
func (p Policy) Limits() Limits {
	var out Limits
	for _, b := range p.Objectives {
		if b.Limit == nil {
			continue
		}
		if b.Name == "error_rate" && *b.Limit > 0 && *b.Limit < 1 {
			out = append(out, Limit{b, *b.Limit})
		}
		if share, ok := toleratedShare(b.Name); ok && timeOf[stem(b.Name)] != nil {
			out = append(out, Limit{b, share})
		}
	}
	return out
}

// toleratedShare is the share of requests that may miss the limit of a quantile:
// 0.1 for ttft_p90.
func toleratedShare(key string) (float64, bool) {
	_, p, ok := strings.Cut(key, "_p")
	percent, err := strconv.Atoi(p)
	return float64(100-percent) / 100, ok && err == nil && percent > 0 && percent < 100
}
