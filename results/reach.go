package results

import "math"

// Reaching is how far a target's figures of one stage have come towards goals.
type Reaching struct {
	Target string
	// Conversations are those that have ended, well or not.
	Conversations int
	// Unsteady says why the load is not steady yet; nothing is reached before it is.
	Unsteady string
	// Reach is the reach of each goal's figure, in the order of the goals; infinite
	// where the figure or its interval is unknown.
	Reach []float64
}

// Met reports whether every goal is reached.
func (r *Reaching) Met(goals []Goal) bool {
	for i, g := range goals {
		if r.Reach[i] > g.Within {
			return false
		}
	}
	return r.Unsteady == ""
}

// Reached computes how far each candidate has come towards the goals in a stage
// that may still be running. Data need hold no more than that stage; a target of
// which nothing was asked has no entry.
//
// Looking again and again and stopping when an interval is narrow favours the
// moments when it happens to be narrow, so that what a rule stopped covers the
// truth less often than an interval of a planned length. Goals should therefore be
// met at two looks in a row, each after a quarter more conversations than the one
// before, the first after 30. Simulated so (TestCoverageAtTheStop), intervals of
// the median that should cover it in 95 of 100 stages did so
//
//	independent times, within 10 %                 in 97
//	a queue at 80 % of its capacity, within 20 %   in 88 (in 78 with one look)
func Reached(d *Data, stage string, goals []Goal) []Reaching {
	var out []Reaching
	byKey := cells(d, d.packed())
	for _, t := range d.Run.Candidates() {
		c := byKey[cellKey{stage, t.Name}]
		if c == nil || len(c.requests) == 0 {
			continue
		}
		c.setWindow()
		r := Reaching{Target: t.Name, Unsteady: c.unsteady()}
		if !c.tried && r.Unsteady == "" {
			r.Unsteady = "too few requests to tell"
		}
		for s := range c.eachSession {
			if s.over() {
				r.Conversations++
			}
		}
		figures := c.figuresFor(goals)
		for _, g := range goals {
			f, ok := figures[g.Figure]
			reach := f.Reach()
			if !ok {
				reach = math.Inf(1)
			}
			r.Reach = append(r.Reach, reach)
		}
		out = append(out, r)
	}
	return out
}

// over reports whether nothing more is asked in a session, as far as its records
// tell: every turn was answered, or the last failed.
func (s *session) over() bool { return s.complete || !s.last.ok() }

// figuresFor computes the groups of figures that hold the goals'.
func (c *cell) figuresFor(goals []Goal) map[string]Figure {
	out := map[string]Figure{}
	need := map[string]bool{}
	for _, g := range goals {
		f, _ := LookupFigure(g.Figure)
		need[f.Unit] = true
	}
	var r rated
	if need["tokens/s"] || need["1/s"] || need["USD"] {
		r = c.rated()
		c.rateFigures(r, out)
	}
	if need["s"] {
		c.latencyFigures(out)
	}
	if need["share"] {
		c.shareFigures(c.counts(), out)
	}
	if need["USD"] {
		c.costFigures(r, out)
	}
	return out
}
