package scenarios

import (
	"fmt"
	"math"
	"time"

	"switchover/results"
)

// likelyEnd is the search of which nothing is known but its bounds: it is reckoned
// to end at their geometric mean.
func likelyEnd(s results.Search) results.Search {
	s.To = math.Sqrt(s.From * s.To)
	return s
}

// searchLoad adds what a capacity search sends to one target: at worst every whole
// window at the highest load.
func searchLoad(p *Plan, st *PlannedStage, t *Target, costs []tally, out *TargetEstimate, all *tally) {
	var mean tally // of one conversation of each item
	for _, c := range costs {
		mean.add(c, 1)
	}
	items := float64(len(costs))
	turns := float64(mean.requests) / items
	scaled := func(n, of int) int { return int(math.Ceil(float64(n) * float64(of) / items)) }
	likely, _ := searchSessions(p, st, t, likelyEnd(*st.Search))
	_, most := searchSessions(p, st, t, *st.Search)
	all.add(tally{scaled(likely, mean.requests), scaled(likely, mean.in), scaled(likely, mean.out), scaled(most, mean.worstIn), scaled(most, mean.worstOut), mean.largest}, 1)
	out.WorstRequests += scaled(most, mean.requests)
	if st.Search.Over != OverRate {
		out.PeakConcurrent = max(out.PeakConcurrent, int(st.Search.To))
		return
	}
	qps := st.Search.To * turns
	out.PeakQPS = max(out.PeakQPS, qps)
	out.PeakConcurrent = max(out.PeakConcurrent, int(min(math.Ceil(qps*totalTimeout(t).Seconds()), float64(most)*turns)))
}

// searchSessions is how many conversations the windows of a search begin: likely,
// and with answers as fast as a plan reckons with.
func searchSessions(p *Plan, st *PlannedStage, t *Target, s results.Search) (likely, most int) {
	loads, lengths := s.WorstLoads()
	turns := meanTurns(p.Items)
	fast := time.Duration(turns * float64(min(fastTurn, turnTime(p, t))+st.Think.least()))
	for i, load := range loads {
		if s.Over == OverRate {
			n := int(math.Ceil(load * lengths[i].Seconds()))
			likely, most = likely+n, most+n
			continue
		}
		fit := func(session time.Duration) int {
			return min(maxStarts, int(load)*(1+int(lengths[i]/max(session, time.Millisecond))))
		}
		n := fit(fast)
		likely, most = likely+min(n, fit(sessionTime(p, *st, t)+st.Think.mean())), most+n
	}
	return likely, most
}

// searchTime is how long a search is likely to take, each window drained.
func searchTime(p *Plan, st *PlannedStage, t *Target) time.Duration {
	s := likelyEnd(*st.Search)
	_, lengths := s.WorstLoads()
	sum := time.Duration(len(lengths)) * sessionTime(p, *st, t)
	for _, l := range lengths {
		sum += l
	}
	return sum
}

// overSearch holds a search by users to what a target allows at once.
func overSearch(st *PlannedStage, t *Target) []string {
	s := st.Search
	if s == nil || s.Over == OverRate || t.Limits.Concurrent == 0 || s.To <= float64(t.Limits.Concurrent) {
		return nil
	}
	return []string{fmt.Sprintf("target %s: the %s that stage %s may try are above its limit of %d concurrent requests: lower its to",
		t.Name, s.Amount(s.To), st.Name, t.Limits.Concurrent)}
}

// allItems is one start of each conversation: what a search comes to ask.
func allItems(p *Plan) []Start {
	out := make([]Start, len(p.Items))
	for i := range out {
		out[i].Item = i
	}
	return out
}
