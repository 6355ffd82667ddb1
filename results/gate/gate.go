// Package gate holds one run against its scenario's objectives, and shows what
// differs from another run without letting that decide.
//
// It is pure: a run and its summary in, a report out. It refuses to pass
// without data: an objective whose figure is unknown, a run without objectives
// and a run that is invalid or was cut short each have a verdict of their own,
// and none of them is a pass. It refuses to certify a difference between two
// single runs, whose server starts, hour and machine are confounded with the
// change: those rows are labelled NotEvidence.
package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"switchover/results"
)

// The verdicts of a report. Of several findings the first in this order is the
// verdict: figures of an invalid run cannot be believed, a missed objective is
// missed whatever else is unknown, and what is unknown is never a pass.
const (
	Invalid = "invalid" // the run cannot be judged: exit code 4
	Missed  = "missed"  // an objective is missed: exit code 1
	NoData  = "no data" // an objective has no data, or there is none: exit code 4
	Pass    = "pass"    // every objective is met: exit code 0
)

// Met is the verdict of a row whose objective holds; Missed and NoData are the
// others.
const Met = "met"

// NotEvidence labels every difference between two single runs.
const NotEvidence = "within one run, not evidence"

// Report is what a gate found.
type Report struct {
	Run     string   `json:"run"`
	Verdict string   `json:"verdict"`
	Reasons []string `json:"reasons,omitempty"` // why the verdict is not pass, one sentence each
	Rows    []Row    `json:"rows"`              // target by target, in the objectives' order

	Baseline    string       `json:"baseline,omitempty"` // the run compared with
	Differences []Difference `json:"differences,omitempty"`
	Warnings    []string     `json:"warnings,omitempty"` // why the runs may not be comparable
	Simulated   bool         `json:"simulated,omitempty"`
}

// Row is one objective held against one target.
type Row struct {
	Target string   `json:"target"`
	Figure string   `json:"figure"` // its key
	Value  *float64 `json:"value"`  // nil: no data, see Reason
	Low    *float64 `json:"low"`    // the figure's 95 % interval
	High   *float64 `json:"high"`
	Unit   string   `json:"unit"` // of Value, Low, High, Limit and By
	N      int      `json:"n"`
	Op     string   `json:"op"` // <, <=, >, >=
	Limit  float64  `json:"limit"`
	Text   string   `json:"text"` // the limit as the scenario wrote it
	// By is how far the value is on the wrong side of the limit, positive when the
	// objective is missed; negative is room to spare. Nil without data.
	By *float64 `json:"by"`
	// ByShare is By as a share of the limit, nil for a limit of 0.
	ByShare *float64 `json:"by_share"`
	// Close is true when the interval reaches past the limit on the other side than
	// the value, or is not bounded there: another run might find otherwise.
	Close   bool   `json:"close,omitempty"`
	Verdict string `json:"verdict"` // met, missed, no data
	Reason  string `json:"reason,omitempty"`
}

// ExitCode is what a command that prints the report ends with: 0 for Pass, 1
// for Missed, 4 for Invalid and NoData.
func (r *Report) ExitCode() int {
	switch r.Verdict {
	case Pass:
		return 0
	case Missed:
		return 1
	default:
		return 4
	}
}

// Check holds the figures of a run's last measured stage against the run's
// objectives, for every target that is not a judge, or only for the named ones.
// A name the run does not have is no data. An objective is met by its figure's
// value; the interval stands beside it and only says how close it was.
func Check(run *results.Run, s *results.Summary, only ...string) *Report {
	r := &Report{Run: run.ID, Simulated: s.Simulated}
	for _, name := range targets(run, only) {
		ts := s.Target(name)
		for _, o := range run.Policy.Objectives {
			r.Rows = append(r.Rows, hold(name, ts, o))
		}
	}
	r.conclude(run, s)
	return r
}

// targets are the names to gate, in the run's order.
func targets(run *results.Run, only []string) []string {
	var names []string
	for _, t := range run.Candidates() {
		if len(only) == 0 || slices.Contains(only, t.Name) {
			names = append(names, t.Name)
		}
	}
	for _, name := range only {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func hold(target string, ts *results.TargetSummary, o results.Bound) Row {
	row := Row{Target: target, Figure: o.Name, Op: o.Op, Text: o.Text, Verdict: NoData}
	info, known := results.LookupFigure(o.Name)
	row.Unit = info.Unit
	if o.Limit != nil {
		row.Limit = *o.Limit
	}
	switch {
	case !known || o.Limit == nil || !slices.Contains([]string{"<", "<=", ">", ">="}, o.Op):
		row.Reason = fmt.Sprintf("%q is not an objective: want a figure and a limit", o.Name)
		return row
	case ts == nil:
		row.Reason = "the run has no such target"
		return row
	}
	f, ok := ts.Figures[o.Name]
	row.N = f.N
	if !ok || f.Value == nil {
		row.Reason = f.Reason
		if row.Reason == "" {
			row.Reason = "the run measured none"
		}
		return row
	}
	row.Value, row.Low, row.High = f.Value, f.Low, f.High
	row.judge()
	return row
}

// judge sets the verdict of a row that has a value.
func (row *Row) judge() {
	by, far, near := *row.Value-row.Limit, row.High, row.Low
	met := by < 0 || by == 0 && row.Op == "<="
	if row.Op == ">" || row.Op == ">=" {
		by, far, near = -by, row.Low, row.High
		met = by < 0 || by == 0 && row.Op == ">="
	}
	row.By = &by
	if row.Limit != 0 {
		share := by / abs(row.Limit)
		row.ByShare = &share
	}
	row.Verdict = Missed
	beyond := near // the bound that would have to hold for the verdict to be certain
	if met {
		row.Verdict, beyond = Met, far
	}
	row.Close = beyond == nil || !sameSide(*beyond, row.Limit, row.Op, met)
}

// sameSide reports whether v meets the limit as met says.
func sameSide(v, limit float64, op string, met bool) bool {
	var ok bool
	switch op {
	case "<":
		ok = v < limit
	case "<=":
		ok = v <= limit
	case ">":
		ok = v > limit
	case ">=":
		ok = v >= limit
	}
	return ok == met
}

func abs(v float64) float64 { return max(v, -v) }

// conclude sets the verdict and its reasons from the rows and the run's state.
func (r *Report) conclude(run *results.Run, s *results.Summary) {
	var invalid, missed, noData []string
	if !s.Valid {
		invalid = append(invalid, "the run is invalid: its figures cannot be believed")
		invalid = append(invalid, s.Reasons...)
	}
	if run.State != results.StateComplete {
		invalid = append(invalid, fmt.Sprintf("the run is %s, not complete: its figures cover a part of the schedule; finish it with switchover run --resume %s", run.State, run.ID))
	}
	for _, row := range r.Rows {
		switch row.Verdict {
		case Missed:
			missed = append(missed, row.missed())
		case NoData:
			noData = append(noData, fmt.Sprintf("%s of %s has no data: %s", row.Figure, row.Target, row.Reason))
		}
	}
	if len(r.Rows) == 0 {
		noData = append(noData, "nothing to hold the run against: its scenario has no objectives, or it has no target")
	}
	r.Reasons = slices.Concat(invalid, missed, noData)
	switch {
	case len(invalid) > 0:
		r.Verdict = Invalid
	case len(missed) > 0:
		r.Verdict = Missed
	case len(noData) > 0:
		r.Verdict = NoData
	default:
		r.Verdict = Pass
	}
}

// missed says by how much, the value in the figure's base unit.
func (row *Row) missed() string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
	s := fmt.Sprintf("%s of %s is %s %s, objective %s %s", row.Figure, row.Target,
		number(*row.Value), row.Unit, row.Op, cmp.Or(row.Text, number(row.Limit)))
	if row.ByShare != nil {
		return fmt.Sprintf("%s: missed by %s %%", s, number(100**row.ByShare))
	}
	return fmt.Sprintf("%s: missed by %s", s, number(*row.By))
}
