package results

import (
	"math"
	"slices"
	"time"

	"switchover/results/stats"
)

// The events of a capacity search.
const (
	EventProbe    = "probe"     // a window of load begins for Target; Data ProbeStart
	EventProbeEnd = "probe_end" // its last answer came; Data ProbeStart. Without it the window is no evidence
)

// ProbeStart is the data of EventProbe and EventProbeEnd.
type ProbeStart struct {
	Number int     `json:"number"` // from 0, within the stage
	Load   float64 `json:"load"`   // asked for
	Length int64   `json:"length"` // of its arrivals, ns
	// Whole is false while the search explores.
	Whole  bool `json:"whole,omitempty"`
	Starts int  `json:"starts,omitempty"` // conversations drawn; 0 for users
}

// ProbeSessions is how many session numbers each probe has to itself: session n of
// a capacity stage belongs to probe n / ProbeSessions.
const ProbeSessions = 1_000_000

// Answered is what a search keeps of one request.
type Answered struct {
	Due, End int64 // ns since the segment's zero
	Segment  int
	// over and of are what counts for each limit, and what of it missed.
	over, of []float64
}

// Answer reads a request off its last attempt. ok is false for one that this side
// cancelled, or whose instants are not known.
//
// A request that failed misses every limit: nobody got an answer in time.
func (ls Limits) Answer(r *Record) (a Answered, ok bool) { return ls.answer(r.row()) }

func (ls Limits) answer(r *row) (a Answered, ok bool) {
	q := &request{first: r, last: r, whole: true}
	due, known := r.Intended.Get()
	if !known || q.ours() {
		return a, false
	}
	a = Answered{Due: due, End: r.End.Or(due), Segment: r.Segment, over: make([]float64, len(ls)), of: make([]float64, len(ls))}
	for i, l := range ls {
		a.over[i], a.of[i] = l.count(q)
	}
	return a, true
}

// count is what of a request counts for a limit and what of it missed: the request
// itself, or its token gaps.
func (l Limit) count(q *request) (over, of float64) {
	if !q.ok() {
		return 1, 1
	}
	switch s := stem(l.Name); s {
	case "error_rate":
		return 0, 1
	case "itl":
		tokenGaps(q.last, func(seconds float64, k int) {
			of += float64(k)
			if !l.holds(seconds) {
				over += float64(k)
			}
		})
		return over, of
	default:
		v, known := timeOf[s](q)
		switch {
		case !known && s == "tpot":
			return 0, 0 // an answer of one chunk keeps no one waiting between tokens
		case !known || !l.holds(v):
			return 1, 1
		}
		return 0, 1
	}
}

// Probe is the evidence of one window.
type Probe struct {
	ProbeStart
	// Drawn is the load that arrived: conversations begun a second, or users.
	Drawn    float64
	Requests int // that count for a limit: due in the steady part of the window
	// Counts are, for each limit, its misses by block of time.
	Counts []Counted
}

// Counted are the misses of one limit, by block of time.
type Counted struct{ Over, Of []float64 }

func (c Counted) sums() (over, of float64) {
	for i := range c.Of {
		over += c.Over[i]
		of += c.Of[i]
	}
	return over, of
}

func (c Counted) asked() bool {
	_, of := c.sums()
	return of > 0
}

// counted reports whether the window is evidence for any limit.
func (p Probe) counted() bool { return slices.ContainsFunc(p.Counts, Counted.asked) }

const (
	// settling is the part of a window that is cut at its beginning, inverse; where a
	// typical request takes longer, that long is cut, up to half of the window.
	settling = 5
	// blocksPerWindow are the blocks of time of a whole window.
	blocksPerWindow = 28
)

// Probe makes evidence of a window's requests, in any order. Dropped are the
// instants at which departures of it were due that could not leave: they miss every
// limit.
func (s *Search) Probe(ls Limits, start ProbeStart, answers []Answered, dropped []int64) Probe {
	p := Probe{ProbeStart: start, Drawn: start.Load, Counts: make([]Counted, len(ls))}
	if s.Over == OverRate && start.Starts > 0 {
		p.Drawn = float64(start.Starts) / time.Duration(start.Length).Seconds()
	}
	var zero int64 = math.MaxInt64
	took := make([]float64, 0, len(answers))
	for _, a := range answers {
		zero = min(zero, a.Due)
		took = append(took, float64(a.End-a.Due))
	}
	for _, t := range dropped {
		zero = min(zero, t)
	}
	slices.Sort(took)
	cut := start.Length / settling
	if len(took) > 0 {
		cut = max(cut, min(int64(stats.Quantile(took, 0.5)), start.Length/2))
	}
	blocks := max(2, int(math.Round(blocksPerWindow*float64(start.Length)/float64(max(s.Each, 1)))))
	for i := range p.Counts {
		p.Counts[i] = Counted{make([]float64, blocks), make([]float64, blocks)}
	}
	block := func(due int64) (int, bool) {
		at := due - zero
		if at < cut || at >= start.Length {
			return 0, false
		}
		return int(float64(blocks) * float64(at-cut) / float64(start.Length-cut)), true
	}
	for _, a := range answers {
		if b, ok := block(a.Due); ok {
			if slices.ContainsFunc(a.of, func(n float64) bool { return n > 0 }) {
				p.Requests++
			}
			for i := range ls {
				p.Counts[i].Over[b] += a.over[i]
				p.Counts[i].Of[b] += a.of[i]
			}
		}
	}
	for _, t := range dropped {
		if b, ok := block(t); ok {
			p.Requests++
			for i := range ls {
				p.Counts[i].Over[b]++
				p.Counts[i].Of[b]++
			}
		}
	}
	return p
}
