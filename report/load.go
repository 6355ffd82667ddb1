package report

import (
	"fmt"
	"strings"
	"time"

	"switchover/results"
)

// Curve is what a sweep or a capacity search shows of how targets behave under
// load: a table with a row for each target and load, and the points of a picture.
type Curve struct {
	Table
	// Axis names the load: "conversation starts a second", "users".
	Axis string
	// Unit is the load's base unit: 1/s or users.
	Unit   string
	Series []Series
}

// Series is one target's points, by load.
type Series struct {
	Target string
	Points []Point
	// Capacity is the target's capacity with its bounds; not Known without one.
	Capacity Value
}

// Point is one target at one load.
type Point struct {
	Load     float64 // in Curve.Unit
	P50, P90 Value   // TTFT
	Met      bool    // every objective; true without any
}

// curves are the sweeps and the searches of a run, in order.
func curves(run *results.Run, s *results.Summary) []Curve {
	var out []Curve
	for i, st := range run.Stages {
		switch {
		case !st.Measure:
		case st.Search != nil:
			out = append(out, capacityCurve(run, s, st))
		case st.Sweep != "" && (i == 0 || run.Stages[i-1].Sweep != st.Sweep):
			out = append(out, sweepCurve(run, s, st))
		}
	}
	return out
}

func newCurve(id, title, intro, over string) Curve {
	c := Curve{Table: Table{ID: id, Title: title, Intro: intro}, Unit: results.LoadUnit(over)}
	c.Axis = map[string]string{results.OverRate: "conversation starts a second", results.OverUsers: "users",
		results.OverConcurrency: "users who never think"}[over]
	return c
}

// curveKeys are the figures of a row.
var curveKeys = []string{"ttft_p50", "ttft_p90", "ttft_p99", "tpot_p50", "output_tokens_per_s", "goodput", "error_rate"}

// sweepCurve gathers the stages of one sweep.
func sweepCurve(run *results.Run, s *results.Summary, first results.RunStage) Curve {
	c := newCurve("load-"+idOf(first.Sweep), "Under load: "+Clean(first.Sweep),
		"One load after the other, each drained before the next.", first.Over)
	var rows []curveRow
	for ti := range s.Targets {
		t := &s.Targets[ti]
		for _, st := range run.Stages {
			for i := range t.Stages {
				if st.Sweep == first.Sweep && t.Stages[i].Name == st.Name {
					rows = append(rows, curveRow{target: t.Name, load: st.Level, stage: &t.Stages[i]})
				}
			}
		}
	}
	c.fill(run, rows, false)
	return c
}

// capacityCurve gathers the probes of a search.
func capacityCurve(run *results.Run, s *results.Summary, st results.RunStage) Curve {
	c := newCurve("load-"+idOf(st.Name), "Capacity: "+Clean(st.Name),
		"The windows of the search, in order; short ones explore. The capacity is estimated from all of them together. "+
			"Only what was due after the first fifth of a window, or more, is held to the objectives (Requests); its times are of all.", st.Search.Over)
	var rows []curveRow
	for ti := range s.Targets {
		t := &s.Targets[ti]
		if t.Capacity == nil || t.Capacity.Stage != st.Name {
			continue
		}
		for i := range t.Capacity.Probes {
			p := &t.Capacity.Probes[i]
			rows = append(rows, curveRow{target: t.Name, load: p.Load, stage: &p.Summary, probe: p})
		}
		c.Lead = append(c.Lead, capacityNote(t))
	}
	c.fill(run, rows, true)
	for i := range c.Series {
		if t := s.Target(c.Series[i].Target); t != nil && t.Capacity != nil {
			f := t.Capacity.Figure
			c.Series[i].Capacity = value(NewScale(f.Unit, known(f.Value)...), f)
		}
	}
	return c
}

// curveRow is one target at one load.
type curveRow struct {
	target string
	load   float64
	stage  *results.StageSummary
	probe  *results.ProbeSummary
}

// fill makes the table and the points.
func (c *Curve) fill(run *results.Run, rows []curveRow, probes bool) {
	c.Head = []Head{{Label: "Target"}, {Label: "Load", Numeric: true}}
	if probes {
		c.Head = append(c.Head, Head{Label: "Window", Numeric: true}, Head{Label: "Requests", Numeric: true})
	} else {
		c.Head = append(c.Head, Head{Label: "Offered", Numeric: true}, Head{Label: "Achieved", Numeric: true})
	}
	c.Head = append(c.Head, Head{Label: "Objectives"}) // before the many figures, where none need look for it
	columns := map[string][]Value{}
	for _, key := range curveKeys {
		info, _ := results.LookupFigure(key)
		figs := make([]results.Figure, len(rows))
		for i, r := range rows {
			figs[i] = r.stage.Figures[key]
		}
		columns[key] = valuesOf(info.Unit, figs)
		c.Head = append(c.Head, Head{info.Label, key, true})
	}
	var loads []float64
	for _, r := range rows {
		loads = append(loads, r.load)
	}
	scale := NewScale(c.Unit, loads...)
	for i, r := range rows {
		cells := []Value{text(nameOf(r.target)), number(scale.Format(r.load))}
		if probes {
			cells = append(cells, number(seconds(time.Duration(r.probe.Length).Seconds())), counted(r.probe.Requests))
		} else {
			cells = append(cells, number(Format(r.stage.Window.OfferedPerS, "1/s")), number(Format(r.stage.Window.AchievedPerS, "1/s")))
		}
		words, met := objectivesMet(run, r)
		cells = append(cells, text(words))
		for _, key := range curveKeys {
			cells = append(cells, columns[key][i])
		}
		c.Rows = append(c.Rows, cells)
		c.add(r.target, Point{Load: r.load, P50: columns["ttft_p50"][i], P90: columns["ttft_p90"][i], Met: met})
	}
}

func (c *Curve) add(target string, p Point) {
	name := nameOf(target)
	if n := len(c.Series); n == 0 || c.Series[n-1].Target != name {
		c.Series = append(c.Series, Series{Target: name})
	}
	last := &c.Series[len(c.Series)-1]
	last.Points = append(last.Points, p)
}

// objectivesMet says which objectives a row misses. A probe's are the shares that
// the search counts, in which a failed request misses every one.
func objectivesMet(run *results.Run, r curveRow) (words string, met bool) {
	if p := r.probe; p != nil {
		switch {
		case p.Requests == 0:
			return "nothing counts", true
		case p.Met:
			return "met", true
		}
		return "missed", false
	}
	if len(run.Policy.Objectives) == 0 {
		return "none", true
	}
	missed, open := run.Policy.Missed(r.stage.Figures)
	switch {
	case len(missed) > 0:
		return "missed: " + strings.Join(labels(missed), ", "), false
	case len(open) > 0:
		return "unknown: " + strings.Join(labels(open), ", "), false
	}
	return "met", true
}

func labels(keys []string) []string {
	var out []string
	for _, k := range keys {
		out = append(out, figureLabel(k))
	}
	return out
}

// capacityNote is the result of one target's search in a sentence.
func capacityNote(t *results.TargetSummary) string {
	c := t.Capacity
	f := c.Figure
	if f.Value == nil {
		return fmt.Sprintf("%s: capacity unknown: %s.", nameOf(t.Name), Clean(f.Reason))
	}
	v := value(NewScale(f.Unit, known(f.Value)...), f)
	out := fmt.Sprintf("%s: capacity %s", nameOf(t.Name), v.Text)
	if v.Interval != "" && f.Censored == "" {
		out += fmt.Sprintf(" (95 %%: %s)", v.Interval)
	}
	if rps, ok := c.RequestsPerS.Get(); ok && rps != *f.Value { // several turns a conversation
		same := f
		same.Value = &rps
		out += fmt.Sprintf(", %s in requests", value(NewScale(f.Unit, rps), same).Text)
	}
	if c.Limit != "" {
		out += ", set by " + Clean(c.Limit)
	}
	if f.Reason != "" {
		out += "; " + Clean(f.Reason)
	}
	return out + "."
}

func known(v *float64) []float64 {
	if v = finite(v); v != nil {
		return []float64{*v}
	}
	return nil
}

// idOf is a stage's name as part of an HTML id.
func idOf(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, name)
}
