package results

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"switchover/results/stats"
)

// Ten blocks of requests in the order they were due, of at least five each, tell
// whether a load that was meant to be steady was. Their medians drift where
// Kendall's S (Kendall, "A New Measure of Rank Correlation", Biometrika 30, 1938)
// says so at 1 %, two-sided, and the last third differs from the first by half: a
// trend that is sure and small changes no decision.
const (
	driftBlocks    = 10
	driftLeast     = 5
	driftS         = 29 // of 45 pairs
	driftMaterial  = 1.5
	driftThird     = 3 // blocks
	driftPrecision = time.Millisecond
)

// addEnds tells each cell when its arrivals were over, as the driver saw it.
func addEnds(cells map[cellKey]*cell, events []Event) {
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case EventQuarantine:
			for key, c := range cells {
				if key.target == e.Target {
					c.quarantined = true
				}
			}
		case EventStageEnd:
			var end StageEnd
			if json.Unmarshal(e.Data, &end) != nil {
				continue
			}
			for key, c := range cells {
				if key.stage == e.Stage && (e.Target == "" || e.Target == key.target) {
					if c.ends == nil {
						c.ends = map[int]StageEnd{}
					}
					c.ends[e.Segment] = end
				}
			}
		}
	}
}

// endArrivals sets when the load of a segment stops being whole. An open loop's
// goes on to the end that was planned, the pause after its last start included.
// Users finish the conversations they are in after it: that is drain; and where
// the conversations ran out first, the load falls from the moment when one user
// found none. Without the driver's word (it was killed), the plan says where the
// first segment ends at the latest and no other, for a resumed stage only has what
// was left.
func (c *cell) endArrivals(e *extent, first bool) {
	end, known := c.ends[e.segment]
	closed := c.stage.Users > 0
	switch {
	case !known && closed && first && c.stage.Duration > 0:
		e.arrivals = min(e.arrivals, e.first+c.stage.Duration)
	case !known:
	case closed:
		last := end.LastIntended
		if idle, ok := end.Idle[c.target.Name]; ok {
			last = idle
		}
		e.arrivals = min(e.arrivals, last)
	case !c.quarantined:
		e.arrivals = max(e.arrivals, end.LastIntended)
		e.lastEnd = max(e.lastEnd, e.arrivals)
	}
}

// allBegun is when the last user of a segment began. Sessions are numbered in the
// order they begin, and a resumed segment begins with those left open, so its
// users' first are the lowest it has.
func allBegun(firsts map[int]int64, users int) int64 {
	begun := int64(math.MinInt64)
	for _, session := range slices.Sorted(maps.Keys(firsts))[:min(users, len(firsts))] {
		begun = max(begun, firsts[session])
	}
	return begun
}

// period is after how long the load of a steady window repeats; 0 where it does not.
func (c *cell) period() time.Duration {
	if !c.steady {
		return 0
	}
	return time.Duration(c.stage.Period)
}

// whole shortens a window to whole periods of a load that repeats: part of one has
// a burst too many or too few.
func (c *cell) whole(s span) span {
	if p := c.stage.Period; p > 0 && s.to > s.from {
		s.to = s.from + (s.to-s.from)/p*p
	}
	return s
}

// findDrift says how the time to the first token changed within the steady window,
// empty where it did not: a queue that grows has no steady state, however long the
// window. Each segment is looked at by itself, for its queue begins empty; tried
// says that one had requests enough for that.
//
// Where conversations became so long that no steady part is left, what is left of
// the arrivals after a quarter tells whether a queue did that.
func (c *cell) findDrift() (drift string, tried bool) {
	for _, e := range c.seen {
		if c.steady && !slices.ContainsFunc(c.spans, func(s span) bool { return s.segment == e.segment }) {
			continue
		}
		first, last, ok := c.trend(c.settled(e))
		tried = tried || first > 0
		if !ok || max(first, last) < driftMaterial*min(first, last) {
			continue
		}
		change, as := "longer and longer", "as where a queue grows"
		if last < first {
			change, as = "less and less", "as while caches warm up"
		}
		round := func(v float64) time.Duration { return time.Duration(v * 1e9).Round(driftPrecision) }
		return fmt.Sprintf("its first tokens took %s (median %s in the first third, %s in the last), %s", change, round(first), round(last), as), true
	}
	return "", tried
}

// settled is a segment's window with no more than a quarter of its arrivals cut as
// ramp. Where a queue grows, so do conversations, and with them the ramp, until
// little is left of the growth.
func (c *cell) settled(e extent) span {
	out := span{e.segment, e.rampFrom + (e.arrivals-e.rampFrom)/4, e.arrivals}
	for _, s := range c.spans {
		if s.segment == e.segment {
			out.from, out.to = min(out.from, s.from), s.to
		}
	}
	return out
}

// trend is the median TTFT of the first and the last third of a window, zero where
// there are too few requests, and whether its blocks rise or fall beyond chance.
func (c *cell) trend(s span) (first, last float64, ok bool) {
	type point struct {
		due  int64
		ttft float64
	}
	var points []point
	for q := range c.each {
		due, known := q.last.Intended.Get()
		v, waited := ttft(q)
		if known && waited && q.ok() && q.last.Segment == s.segment && s.from <= due && due < s.to {
			points = append(points, point{due, v})
		}
	}
	if len(points) < driftBlocks*driftLeast {
		return 0, 0, false
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.due, b.due) })
	median := func(from, to int) float64 { // of blocks
		var v []float64
		for _, p := range points[len(points)*from/driftBlocks : len(points)*to/driftBlocks] {
			v = append(v, p.ttft)
		}
		slices.Sort(v)
		return stats.Quantile(v, 0.5)
	}
	rises, medians := 0, make([]float64, driftBlocks)
	for i := range medians {
		medians[i] = median(i, i+1)
		for _, before := range medians[:i] {
			rises += cmp.Compare(medians[i], before)
		}
	}
	return median(0, driftThird), median(driftBlocks-driftThird, driftBlocks), max(rises, -rises) >= driftS
}

// unsteady says why a stage's figures are not those of a steady load, empty where
// they are.
func (c *cell) unsteady() string {
	switch {
	case len(c.requests) == 0:
		return "nothing was asked"
	case c.drift != "":
		return c.drift
	case c.steady:
		return ""
	case c.stage.Varies:
		return "its load changes throughout"
	}
	return "too short for a steady part"
}
