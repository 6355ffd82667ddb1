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
	p := proseOf(run)
	d.Verdict = verdict(m, p)
	d.Weights = weights(m)
	d.Columns = columns(m, slices.ContainsFunc(s.Targets, func(t results.TargetSummary) bool { return t.Capacity != nil }))
	d.Checks = checks(m)
	d.Notes = p.sentences(m.Notes)
	if len(m.Verdict.Settle) == 0 { // else it is said with the verdict
		for _, key := range slices.Sorted(maps.Keys(m.Supply)) {
			d.Supply = append(d.Supply, Pair{figureLabel(key), p.sentence(m.Supply[key])})
		}
	}
	for _, c := range m.Changes {
		d.Changes = append(d.Changes, Change{Clean(c.What), Clean(c.From), Clean(c.To), Clean(c.Winner)})
	}
	if m.Draws > 0 {
		d.Draws = fmt.Sprintf("First in: the share of %s draws in which a target comes first.", count(m.Draws))
	}
	for _, r := range m.Rows {
		d.Rows = append(d.Rows, d.row(run, s, m, r))
	}
	d.cells(s, m)
}

// verdict puts the decision before what it rests on. Results begins most verdicts
// with the decision itself, which is not said twice.
func verdict(m *results.Matrix, p prose) Verdict {
	v := Verdict{Kind: m.Verdict.Kind, Why: p.sentences(m.Verdict.Why), Settle: p.sentences(m.Verdict.Settle)}
	target := nameOf(m.Verdict.Target)
	switch m.Verdict.Kind {
	case results.Migrate:
		v.Headline = "Move to " + target
	case results.Keep:
		v.Headline = "Keep " + target
	case results.NoneQualifies:
		v.Headline = "No candidate to move to"
	default:
		v.Kind, v.Headline = results.NoVerdict, "No verdict"
	}
	text := Clean(m.Verdict.Text)
	if rest, ok := strings.CutPrefix(text, v.Headline+":"); ok {
		text = rest
	}
	v.Text = p.sentence(text)
	return v
}

func weights(m *results.Matrix) []Weight {
	var out []Weight
	for _, w := range m.Weights {
		info, _ := results.LookupFigure(w.Figure)
		out = append(out, Weight{Clean(w.Name), w.Figure, figureLabel(w.Figure), percentWhole(w.Share),
			short(w.Anchor.Good, info.Unit), short(w.Anchor.Bad, info.Unit), w.Default})
	}
	return out
}

// columns are those of the matrix; searched says that a capacity was looked for.
func columns(m *results.Matrix, searched bool) []Column {
	var out []Column
	add := func(key, weight string) {
		info, ok := results.LookupFigure(key)
		if !ok || slices.ContainsFunc(out, func(c Column) bool { return c.Key == key }) {
			return
		}
		out = append(out, Column{key, info.Label, info.Unit, weight})
	}
	share := map[string]float64{} // two weights can name one figure
	for _, w := range m.Weights {
		share[w.Figure] += w.Share
	}
	for _, w := range m.Weights {
		add(w.Figure, percentWhole(share[w.Figure]))
	}
	for _, key := range always {
		add(key, "")
	}
	if searched {
		add("capacity", "")
	}
	return out
}

// checks collects the requirements over all rows in the order in which they
// first come up: not every one applies to every target.
func checks(m *results.Matrix) []Check {
	var out []Check
	for _, r := range m.Rows {
		for _, c := range r.Checks {
			if k := requirement(c); !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}

func requirement(c results.Check) Check {
	want := Clean(c.Want)
	if c.Name == results.NonInferiorCheck {
		return Check{c.Name, "No worse than incumbent", "", want}
	}
	if want != "" && !strings.ContainsAny(want[:1], "<>=") {
		want = "= " + want
	}
	label := figureLabel(c.Name)
	return Check{c.Name, label, want, strings.TrimSpace(label + " " + want)}
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
		Role:      roleOf(run, s, r),
		Standing:  r.Standing,
		Rank:      r.Rank,
		Reason:    Clean(r.Reason),
		Place:     "not ranked",
		Order:     1 + slices.IndexFunc(run.Targets, func(t results.RunTarget) bool { return t.Name == r.Target }),
	}
	if t := s.Target(r.Target); t != nil {
		if row.Model = Clean(t.Model); row.Model == row.Target {
			row.Model = ""
		}
		if t.Quarantined != "" && row.Reason == "" {
			row.Reason = "quarantined: " + Clean(t.Quarantined)
		}
	}
	switch {
	case r.Standing == results.Out:
		row.Place = "out"
	case r.Rank > 0:
		row.Place = fmt.Sprint(r.Rank)
	case r.Incumbent:
		row.Place = "\u2013" // compared with, never the answer to where to move
	}
	if r.Utility != nil {
		row.Utility = Scale{factor: 1, decimals: 3}.Format(*r.Utility)
	}
	if r.FirstShare != nil && !r.Incumbent { // its share is of another question: how often nothing beats it
		row.First = percentWhole(*r.FirstShare)
	}
	for _, want := range d.Checks {
		var res Result
		for _, c := range r.Checks {
			if requirement(c) == want {
				res = Result{c.Result, Clean(c.Detail)}
			}
		}
		row.Checks = append(row.Checks, res)
	}
	row.Met = d.met(row.Checks)
	if t := s.Target(r.Target); t != nil && t.Quarantined != "" { // what it would have met was never tried
		why, _, _ := strings.Cut(t.Quarantined, ":")
		row.Met = Met{results.Fail, "quarantined", Clean(why)}
	}
	return row
}

// roleOf is what sets a target apart from the others. Where every candidate is
// simulated, the report says so once instead.
func roleOf(run *results.Run, s *results.Summary, r results.Row) string {
	var out []string
	if r.Incumbent {
		out = append(out, "incumbent")
	}
	for _, t := range run.Candidates() {
		if r.Simulated && !isSimulated(s, t) {
			return strings.Join(append(out, "simulated"), ", ")
		}
	}
	return strings.Join(out, ", ")
}

// cells fills in the figures of the matrix, each column on one scale, and the
// footnotes for what is unknown.
func (d *Doc) cells(s *results.Summary, m *results.Matrix) {
	for _, c := range d.Columns {
		figs := make([]results.Figure, len(m.Rows))
		for i, r := range m.Rows {
			figs[i] = results.Unknown(c.Unit, 0, "not measured")
			if t := s.Target(r.Target); t != nil {
				if f, ok := t.Figures[c.Key]; ok {
					figs[i] = f
				}
			}
		}
		for i, v := range valuesOf(c.Unit, figs) {
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

// percentWhole is a share in whole percent, and never 0 % or 100 % for what is not.
func percentWhole(v float64) string {
	p := math.Round(v * 100)
	switch {
	case p == 0 && v > 0:
		return "<1 %"
	case p == 100 && v < 1:
		return ">99 %"
	}
	return fmt.Sprintf("%.0f %%", p)
}

func nameOf(s string) string {
	if s = Clean(s); s != "" {
		return s
	}
	return "(no name)"
}

// met sums up the checks of a row: the worst of them says how it stands.
func (d *Doc) met(checks []Result) Met {
	count, first := map[string]int{}, map[string]string{}
	for i, c := range checks {
		if count[c.Result]++; first[c.Result] == "" {
			first[c.Result] = d.Checks[i].Label
		}
	}
	all := count[results.Fail] + count[results.Unproven] + count[results.Pass]
	for _, worst := range []struct{ result, word string }{{results.Fail, "failed"}, {results.Unproven, "unproven"}} {
		if n := count[worst.result]; n > 0 {
			return Met{worst.result, fmt.Sprintf("%d of %d %s", n, all, worst.word), first[worst.result]}
		}
	}
	if all == 0 {
		return Met{Text: "none"}
	}
	return Met{Result: results.Pass, Text: fmt.Sprintf("%d of %d met", all, all)}
}
