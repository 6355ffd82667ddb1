package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"switchover/results"
)

// always are the figures of the matrix that are shown whether weighted or not.
var always = []string{"quality", "ttft_p50", "tpot_p50", "output_tokens_per_s", "error_rate",
	"usd_per_1k_conversations", "usd_per_mtok_output"}

// verdictLabels say each kind of verdict in two words.
var verdictLabels = map[string]string{
	results.Migrate:       "switch",
	results.Keep:          "stay",
	results.NoneQualifies: "no candidate qualifies",
	results.NoVerdict:     "no verdict",
}

// matrix fills in everything that comes from the comparison matrix. Without one
// (the run compared nothing) the rows are the targets, unranked.
func (d *Doc) matrix(run *results.Run, s *results.Summary) {
	m := s.Matrix
	if m == nil {
		m = &results.Matrix{Verdict: results.Decision{Kind: results.NoVerdict, Text: "No verdict: nothing was compared."}}
		for _, t := range s.Targets {
			m.Rows = append(m.Rows, results.Row{Target: t.Name, Incumbent: t.Incumbent, Simulated: t.Simulated, Standing: results.Unranked})
		}
	}
	d.Verdict = Verdict{
		Kind:   m.Verdict.Kind,
		Label:  verdictLabels[m.Verdict.Kind],
		Target: Clean(m.Verdict.Target),
		Text:   Clean(m.Verdict.Text),
		Why:    cleanAll(m.Verdict.Why),
		Settle: cleanAll(m.Verdict.Settle),
	}
	if d.Verdict.Label == "" {
		d.Verdict.Kind, d.Verdict.Label = results.NoVerdict, verdictLabels[results.NoVerdict]
	}
	if d.Verdict.Text == "" {
		d.Verdict.Text = "No verdict."
	}
	d.Weights = weights(m)
	d.Columns = columns(m)
	d.Checks = checks(m)
	d.Notes = cleanAll(m.Notes)
	for _, key := range slices.Sorted(maps.Keys(m.Supply)) {
		d.Supply = append(d.Supply, Pair{figureLabel(key), Clean(m.Supply[key])})
	}
	for _, c := range m.Changes {
		d.Changes = append(d.Changes, Change{Clean(c.What), Clean(c.From), Clean(c.To), Clean(c.Winner)})
	}
	if m.Draws > 0 {
		d.Draws = fmt.Sprintf("First in: the share of %s draws in which a target ranks first, drawn over %s.", count(m.Draws), blocks(m.Blocks))
	}
	for _, r := range m.Rows {
		d.Rows = append(d.Rows, d.row(run, s, m, r))
	}
	d.cells(s, m)
}

func blocks(n int) string {
	if n <= 1 {
		return "one block of time: it speaks for this hour only"
	}
	return fmt.Sprintf("%d blocks of time", n)
}

func weights(m *results.Matrix) []Weight {
	var out []Weight
	for _, w := range m.Weights {
		info, _ := results.LookupFigure(w.Figure)
		sc := newScale(info.Unit, []float64{w.Anchor.Good, w.Anchor.Bad})
		out = append(out, Weight{Clean(w.Name), w.Figure, figureLabel(w.Figure), percentWhole(w.Share),
			sc.format(w.Anchor.Good), sc.format(w.Anchor.Bad), w.Default})
	}
	return out
}

func columns(m *results.Matrix) []Column {
	var out []Column
	add := func(key, weight string) {
		info, ok := results.LookupFigure(key)
		if !ok || slices.ContainsFunc(out, func(c Column) bool { return c.Key == key }) {
			return
		}
		out = append(out, Column{key, info.Label, better(info.Better), weight, info})
	}
	for _, w := range m.Weights {
		add(w.Figure, percentWhole(w.Share))
	}
	for _, key := range always {
		add(key, "")
	}
	return out
}

// checks collects the requirements over all rows in the order in which they
// first come up: not every one applies to every target.
func checks(m *results.Matrix) []Check {
	var out []Check
	for _, r := range m.Rows {
		for _, c := range r.Checks {
			k := Check{c.Name, checkLabel(c.Name), Clean(c.Want)}
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

func checkLabel(name string) string {
	if name == "non_inferior" {
		return "No worse than incumbent"
	}
	return figureLabel(name)
}

func figureLabel(key string) string {
	if info, ok := results.LookupFigure(key); ok {
		return info.Label
	}
	return Clean(key)
}

func (d *Doc) row(run *results.Run, s *results.Summary, m *results.Matrix, r results.Row) Row {
	row := Row{
		Target:    nameOf(r.Target),
		Incumbent: r.Incumbent,
		Simulated: r.Simulated,
		Standing:  r.Standing,
		Rank:      r.Rank,
		Reason:    Clean(r.Reason),
		Place:     "not ranked",
		Order:     1 + slices.IndexFunc(run.Targets, func(t results.RunTarget) bool { return t.Name == r.Target }),
	}
	if t := s.Target(r.Target); t != nil {
		row.Model = Clean(t.Model)
		if t.Quarantined != "" && row.Reason == "" {
			row.Reason = "quarantined: " + Clean(t.Quarantined)
		}
	}
	switch {
	case r.Standing == results.Out:
		row.Place = "out"
	case r.Standing == results.Ranked && r.Rank > 0:
		row.Place = fmt.Sprint(r.Rank)
	}
	if r.Utility != nil {
		row.Utility = newScale("points", nil).format(*r.Utility)
	}
	if r.FirstShare != nil {
		row.FirstShare = *r.FirstShare
		row.First = percentWhole(*r.FirstShare)
	}
	for _, want := range d.Checks {
		var res Result
		for _, c := range r.Checks {
			if c.Name == want.Name && Clean(c.Want) == want.Want {
				res = Result{c.Result, Clean(c.Detail)}
			}
		}
		row.Checks = append(row.Checks, res)
	}
	return row
}

// cells fills in the figures of the matrix, each column on one scale, and the
// footnotes for what is unknown.
func (d *Doc) cells(s *results.Summary, m *results.Matrix) {
	for _, c := range d.Columns {
		figs := make([]results.Figure, len(m.Rows))
		for i, r := range m.Rows {
			figs[i] = results.Unknown(c.Numeric.Unit, 0, "not measured")
			if t := s.Target(r.Target); t != nil {
				if f, ok := t.Figures[c.Key]; ok {
					figs[i] = f
				}
			}
		}
		for i, v := range valuesOf(c.Numeric.Unit, figs) {
			v.Step = step(m, c.Key, m.Rows[i], v.Value)
			if !v.Known {
				v.Note = d.footnote(c.Label, d.Rows[i].Target, v.Reason)
			}
			d.Rows[i].Cells = append(d.Rows[i].Cells, v)
		}
	}
}

// footnote returns the number of the footnote for an unknown figure, shared by
// the targets that lack it for the same reason.
func (d *Doc) footnote(label, target, why string) int {
	prefix := label + " of "
	for i := range d.Footnotes {
		f := &d.Footnotes[i]
		if f.Why == why && strings.HasPrefix(f.What, prefix) {
			f.What += ", " + target
			return f.Number
		}
	}
	d.Footnotes = append(d.Footnotes, Footnote{len(d.Footnotes) + 1, prefix + target, why})
	return len(d.Footnotes)
}

// step is the utility of a weighted figure in tenths, -1 when it has none. A
// target that is out has no parts; its utility is where the figure lies between
// the anchors all the same.
func step(m *results.Matrix, key string, r results.Row, v *float64) int {
	if v == nil {
		return -1
	}
	for _, w := range m.Weights {
		if w.Figure != key {
			continue
		}
		u, ok := r.Parts[w.Name]
		if !ok {
			u = (w.Anchor.Bad - *v) / (w.Anchor.Bad - w.Anchor.Good)
		}
		if math.IsNaN(u) {
			return -1
		}
		return int(math.Round(10 * max(0, min(u, 1))))
	}
	return -1
}

// percentWhole is a share in whole percent, and never 0% or 100% for what is not.
func percentWhole(v float64) string {
	p := math.Round(v * 100)
	switch {
	case p == 0 && v > 0:
		return "<1%"
	case p == 100 && v < 1:
		return ">99%"
	}
	return fmt.Sprintf("%.0f%%", p)
}

func nameOf(s string) string {
	if s = Clean(s); s != "" {
		return s
	}
	return "(no name)"
}
