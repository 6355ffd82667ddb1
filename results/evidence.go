package results

import (
	"math"
	"slices"
)

// Blocks of evidence: as many as leave each target this many successful requests
// a block on average, none shorter than this or than a typical answer.
const (
	mostBlocks       = 60
	requestsPerBlock = 8
	shortestBlock    = 2.0 // s
)

// evidence cuts the stage whose figures are the ones ranked into blocks of time, the
// same for every target: from where the last target was steady to where the first
// stopped being so, counted from each target's own first departure, which is the
// same moment for all unless they ran one after the other.
func evidence(d *Data, s *Summary, byKey map[cellKey]*cell, verdicts map[string]*scores) *Evidence {
	ev := &Evidence{Targets: map[string]TargetEvidence{}}
	stage := d.Run.headline()
	var ranked []*cell // one that was quarantined is out: it must not shorten the window
	for _, t := range s.Targets {
		if c := byKey[cellKey{stage, t.Name}]; c != nil && t.Quarantined == "" && c.any((*request).ok) {
			ranked = append(ranked, c)
		}
	}
	common := commonWindow(ranked)
	n := evidenceBlocks(ranked, common)
	var some []*cell
	for _, t := range d.Run.Candidates() {
		if c := byKey[cellKey{stage, t.Name}]; c != nil {
			some = append(some, c)
		}
	}
	blocks := make([][]map[string]float64, len(some))
	eachCell(some, func(i int, c *cell) { blocks[i] = c.blockFigures(c.place(common, n)) })
	for _, t := range d.Run.Candidates() {
		var e TargetEvidence
		if i := slices.Index(some, byKey[cellKey{stage, t.Name}]); i >= 0 {
			e.Blocks = blocks[i]
		}
		if len(e.Blocks) == 0 { // never steady together: the stage is one block
			e.Blocks = []map[string]float64{values(s.Target(t.Name).Figures)}
		}
		if v := verdicts[t.Name]; v != nil {
			e.Dialogues = map[string]float64{}
			for _, item := range v.items {
				if points, ok := v.dialogue(item, quality); ok {
					e.Dialogues[item] = points
				}
			}
		}
		ev.Targets[t.Name] = e
	}
	return ev
}

// commonWindow is the stretch in which every target was steady, by segment, as
// offsets from each target's first departure there. Empty where there is none.
func commonWindow(cells []*cell) []span {
	var segments []int
	for _, c := range cells {
		for _, s := range c.spans {
			if !slices.Contains(segments, s.segment) {
				segments = append(segments, s.segment)
			}
		}
	}
	slices.Sort(segments)
	var out []span
	for _, seg := range segments {
		w := span{seg, 0, math.MaxInt64}
		for _, c := range cells {
			for _, s := range c.spans {
				if first, ok := c.first(seg); ok && s.segment == seg {
					w.from, w.to = max(w.from, s.from-first), min(w.to, s.to-first)
				}
			}
		}
		if w.to > w.from {
			out = append(out, w)
		}
	}
	return out
}

// first is the cell's first departure in a segment.
func (c *cell) first(segment int) (int64, bool) {
	for _, e := range c.seen {
		if e.segment == segment {
			return e.first, true
		}
	}
	return 0, false
}

// evidenceBlocks is how many blocks the common window is cut into.
func evidenceBlocks(cells []*cell, common []span) int {
	n := mostBlocks
	var seconds float64
	for _, s := range common {
		seconds += s.seconds()
	}
	for _, c := range cells {
		var ok int
		for q := range c.each {
			if q.ok() {
				ok++
			}
		}
		n = min(n, ok/requestsPerBlock, int(seconds/max(shortestBlock, c.typical().Seconds())))
	}
	return max(1, n)
}

// place cuts the common window into n blocks on the cell's own clock. A segment
// in which nothing was asked of the cell keeps its blocks, empty, so that block i
// stays the same stretch of time for every target.
func (c *cell) place(common []span, n int) []span {
	blocks := split(common, n)
	for i, b := range blocks {
		if first, ok := c.first(b.segment); ok {
			blocks[i].from, blocks[i].to = b.from+first, b.to+first
		}
	}
	return blocks
}

// blockFigures are the figures of each block: times by when a request was due,
// rates by when things arrived, costs by when a conversation began.
func (c *cell) blockFigures(blocks []span) []map[string]float64 {
	parts := make([]*cell, len(blocks))
	for i := range parts {
		parts[i] = c.part(c.stage)
		parts[i].spans, parts[i].rows, parts[i].begin = blocks[i:i+1], c.rows, c.begin
	}
	part := func(q *request) *cell {
		t, ok := q.last.Intended.Get()
		if i := find(blocks, q.last.Segment, t); ok && i >= 0 {
			return parts[i]
		}
		return nil
	}
	for ref, q := range c.eachRef {
		if p := part(q); p != nil {
			p.requests = append(p.requests, ref)
		}
	}
	for s := range c.eachSession {
		if p := part(s.first); p != nil {
			p.sessions = append(p.sessions, s.ref)
		}
	}
	tallies := c.tallies(blocks)
	out := make([]map[string]float64, len(blocks))
	for i, p := range parts {
		if len(c.rows) == 0 {
			c.buffers().part = p.remember(c.buffers().part)
		}
		figures := map[string]Figure{}
		r := rated{tallies: tallies[i : i+1]}
		p.latencyFigures(figures)
		p.rateFigures(r, figures)
		p.shareFigures(p.counts(), figures)
		p.costFigures(r, figures)
		if _, asked := c.first(blocks[i].segment); asked {
			out[i] = values(figures)
		}
	}
	return out
}

// values are the known figures' values, quality left out: its units are
// dialogues, not blocks of time.
func values(figures map[string]Figure) map[string]float64 {
	out := map[string]float64{}
	for k, f := range figures {
		if f.Value != nil && f.Unit != "points" {
			out[k] = *f.Value
		}
	}
	return out
}
