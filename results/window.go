package results

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"

	"switchover/results/stats"
)

// level is the confidence of every interval.
const level = 0.95

// A span is a stretch of one segment's clock, [from, to) in nanoseconds.
type span struct {
	segment  int
	from, to int64
}

func (s span) seconds() float64 { return float64(s.to-s.from) / 1e9 }

// extent is what one target's load reached over in one segment, in nanoseconds.
type extent struct {
	segment  int
	first    int64 // first departure
	rampFrom int64 // from here it takes one turnaround until the load can be steady
	arrivals int64 // arrivals end
	lastEnd  int64
}

// shortest is the part of the time between first departure and end of arrivals
// that must remain for a window to be called steady.
const shortest = 0.25

// setWindow finds the steady part of a stage. The load of an open loop can be
// steady once a typical conversation has passed since the first departure (its
// later turns are part of the load), that of users once each has begun and a
// typical request has passed. It stops being steady when arrivals end
// (endArrivals), after whole periods where the load repeats. Where that leaves too
// little, the window is everything from the first departure to the last answer, and
// steady is false. So it is where the load is meant to vary.
func (c *cell) setWindow() {
	c.seen = c.extents()
	ramp := c.turnaround()
	for _, e := range c.seen {
		s := c.whole(span{e.segment, e.rampFrom + ramp, e.arrivals})
		if !c.stage.Varies && s.to > s.from && float64(s.to-s.from) >= shortest*float64(e.arrivals-e.first) {
			c.spans = append(c.spans, s)
		}
	}
	c.steady = len(c.spans) > 0
	if !c.stage.Varies {
		c.drift, c.tried = c.findDrift()
	}
	if c.steady {
		c.setBlocks()
		return
	}
	for _, e := range c.seen {
		if e.lastEnd > e.first { // a span ends before its end, the last answer is in it
			c.spans = append(c.spans, span{e.segment, e.first, e.lastEnd + 1})
		}
	}
}

// extents are the stretches of each segment that the cell's requests reached over.
func (c *cell) extents() []extent {
	byseg := map[int]*extent{}
	firsts := map[int]map[int]int64{} // when sessions began, by segment
	for q := range c.each {
		t, ok := q.last.Intended.Get()
		if !ok || !q.whole {
			continue
		}
		e := byseg[q.last.Segment]
		if e == nil {
			e = &extent{segment: q.last.Segment, first: t, lastEnd: t}
			byseg[q.last.Segment] = e
			firsts[q.last.Segment] = map[int]int64{}
		}
		e.first = min(e.first, t)
		if c.stage.Users > 0 || q.turn == 0 {
			e.arrivals = max(e.arrivals, t)
		}
		if began, ok := firsts[q.last.Segment][q.session]; c.stage.Users > 0 && (!ok || t < began) {
			firsts[q.last.Segment][q.session] = t
		}
		e.lastEnd = max(e.lastEnd, q.last.End.Or(t))
	}
	out := make([]extent, 0, len(byseg))
	for _, e := range byseg {
		e.rampFrom = max(e.first, allBegun(firsts[e.segment], c.stage.Users))
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b extent) int { return cmp.Compare(a.segment, b.segment) })
	for i := range out {
		c.endArrivals(&out[i], i == 0)
	}
	return out
}

// turnaround is how long a typical conversation (open loop) or request (users)
// takes, in nanoseconds: the median.
func (c *cell) turnaround() int64 {
	var took []float64
	if c.stage.Users == 0 {
		for s := range c.eachSession {
			first := s.first.last
			d, ok := Since(s.ended.End, first.Intended).Get()
			if ok && d >= 0 && s.complete && s.first.whole && first.Segment == s.ended.Segment {
				took = append(took, float64(d))
			}
		}
	}
	if len(took) == 0 {
		took = c.collect(func(q *request) (float64, bool) {
			d, ok := Since(q.last.End, q.last.Intended).Get()
			return float64(d), ok && q.whole && d >= 0
		})
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return int64(stats.Quantile(took, 0.5))
}

// window is the summary of setWindow, with the rates asked for and achieved.
func (c *cell) window(t []tally) Window {
	var w Window
	for _, e := range c.seen {
		i := slices.IndexFunc(c.spans, func(s span) bool { return s.segment == e.segment })
		if i < 0 { // a segment that ended before it could be steady
			w.RampCut += float64(e.lastEnd-e.first) / 1e9
			continue
		}
		s := c.spans[i]
		w.Seconds += s.seconds()
		w.RampCut += float64(s.from-e.first) / 1e9
		w.DrainCut += max(0, float64(e.lastEnd-s.to)/1e9)
	}
	w.Unsteady = c.unsteady()
	if w.Seconds > 0 {
		total := sum(t)
		w.OfferedPerS = total.offered / w.Seconds
		w.AchievedPerS = total.left / w.Seconds
	}
	return w
}

// split cuts spans into about n blocks of about the same length, none across two
// spans.
func split(spans []span, n int) []span {
	var total int64
	for _, s := range spans {
		total += s.to - s.from
	}
	var out []span
	for _, s := range spans {
		k := min(max(1, int64(math.Round(float64(n)*float64(s.to-s.from)/float64(total)))), int64(n))
		for i := range k {
			out = append(out, span{s.segment, s.from + (s.to-s.from)*i/k, s.from + (s.to-s.from)*(i+1)/k})
		}
	}
	return out
}

// find is the index of the block that holds an instant, -1 for none. Blocks are
// in order of segment and time.
func find(blocks []span, segment int, t int64) int {
	i := sort.Search(len(blocks), func(i int) bool {
		b := blocks[i]
		return b.segment > segment || b.segment == segment && b.to > t
	})
	if i < len(blocks) && blocks[i].segment == segment && blocks[i].from <= t {
		return i
	}
	return -1
}

// A tally counts what fell into one block of time.
type tally struct {
	seconds       float64
	tokens        float64 // output tokens that arrived
	succeeded     float64 // requests that ended well
	good          float64 // and met every latency objective
	inputTokens   float64 // of requests that ended well
	conversations float64 // complete ones that ended
	offered       float64 // requests that were due, dropped ones included
	left          float64 // of those, those that left before the window was over
}

func sum(ts []tally) tally {
	var s tally
	for _, t := range ts {
		s.seconds += t.seconds
		s.tokens += t.tokens
		s.succeeded += t.succeeded
		s.good += t.good
		s.inputTokens += t.inputTokens
		s.conversations += t.conversations
		s.offered += t.offered
		s.left += t.left
	}
	return s
}

// tallies counts a cell's events into blocks.
func (c *cell) tallies(blocks []span) []tally {
	out := make([]tally, len(blocks))
	for i, b := range blocks {
		out[i].seconds = b.seconds()
	}
	at := func(segment int, t int64, ok bool, add func(*tally)) {
		if !ok {
			return
		}
		if i := find(blocks, segment, t); i >= 0 {
			add(&out[i])
		}
	}
	objectives := c.run.Policy.latencyObjectives()
	for q := range c.each {
		due, ok := q.last.Intended.Get()
		at(q.last.Segment, due, ok && q.whole, func(t *tally) {
			t.offered++
			if q.leftBy(c.spanEnd(q.last.Segment)) {
				t.left++
			}
		})
		if !q.ok() {
			continue
		}
		end, ok := q.last.End.Get()
		at(q.last.Segment, end, ok, func(t *tally) {
			t.succeeded++
			t.inputTokens += float64(inputTokens(&q.last.Record))
			if len(objectives) > 0 && q.meets(objectives) {
				t.good++
			}
		})
	}
	for s := range c.eachSession {
		end, ok := s.ended.End.Get()
		at(s.ended.Segment, end, ok && s.complete, func(t *tally) { t.conversations++ })
	}
	for _, e := range c.events {
		at(e.Segment, e.T, e.Kind == EventDropped, func(t *tally) { t.offered++ })
	}
	c.attempts(func(r *row) {
		t, ok := r.Start.Get()
		r.eachChunk(func(ch Chunk) {
			t += int64(ch.Gap)
			if ch.Tokens > 0 {
				at(r.Segment, t, ok, func(b *tally) { b.tokens += float64(ch.Tokens) })
			}
		})
	})
	return out
}

// spanEnd is when the steady window ends in a segment, 0 where it has none there.
func (c *cell) spanEnd(segment int) int64 {
	for _, s := range c.spans {
		if s.segment == segment {
			return s.to
		}
	}
	return 0
}

// blockCount is how many blocks of time an interval of a rate rests on: each a
// second and two typical requests long, so that neighbours hardly depend on each
// other; at most 20. A load that repeats is cut into whole periods, for half of one
// with its burst and half without would scatter by themselves. Below four blocks
// there is no interval, and need is the steady time, in seconds, that would give
// them.
func blockCount(seconds float64, latency, period time.Duration) (n int, need float64) {
	const fewest, most = 4, 20
	length := max(time.Second, 2*latency).Seconds()
	n = min(most, int(seconds/length))
	if period > 0 {
		length = max(1, math.Ceil(length/period.Seconds())) * period.Seconds()
		periods := int(math.Round(seconds / period.Seconds()))
		for n = min(n, periods); n > 1 && periods%n != 0; n-- {
		}
	}
	if n < fewest {
		return 0, math.Ceil(fewest * length)
	}
	return n, 0
}
