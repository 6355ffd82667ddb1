package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"switchover/report"
	"switchover/results"
)

// maxAcross is how many targets stand side by side before they become rows.
const maxAcross = 5

// page collects what is written, so that one error check at the end is enough.
type page struct {
	o Options
	b strings.Builder
}

// Matrix writes the comparison: warnings, the verdict, the table with the targets
// side by side (below one another when there are many, or no room), and what a
// reader needs to weigh it. It fails only when w does.
func Matrix(w io.Writer, d *report.Doc, o Options) error {
	p := &page{o: o}
	p.line(p.o.paint(elide(d.Title, p.o.width()), bold), 0)
	p.banners(d)
	p.verdict(d)
	p.b.WriteByte('\n')
	if err := p.table(d); err != nil {
		return err
	}
	if err := p.curves(d); err != nil {
		return err
	}
	p.b.WriteByte('\n')
	p.reasons(d)
	p.changes(d)
	p.unknowns(d)
	for _, n := range d.Notes {
		p.para("", "", n, "")
	}
	if d.Draws != "" {
		p.para("", "", d.Draws, dim)
	}
	_, err := io.WriteString(w, strings.TrimRight(p.b.String(), "\n")+"\n")
	return err
}

func (p *page) line(s string, indent int) {
	p.b.WriteString(strings.Repeat(" ", indent) + s + "\n")
}

// para writes label and text, wrapped and hanging under the text; under the label
// when that is long. label is written in st; the text too when label is empty.
func (p *page) para(indent, label, text string, st style) {
	lead := indent
	if label != "" {
		lead += label + " "
	}
	if cellWidth(lead) > p.o.width()/2 {
		p.para(indent, "", label+" "+text, "")
		return
	}
	hang := strings.Repeat(" ", cellWidth(lead))
	for i, l := range wrap(text, p.o.width()-cellWidth(hang)) {
		switch {
		case label == "":
			p.b.WriteString(indent + p.o.paint(l, st) + "\n")
		case i == 0:
			p.b.WriteString(indent + p.o.paint(label, st) + " " + l + "\n")
		default:
			p.b.WriteString(hang + l + "\n")
		}
	}
}

func (p *page) banners(d *report.Doc) {
	styles := map[string]style{
		report.BannerInvalid: bold + ";" + red, report.BannerCut: bold + ";" + yellow,
		report.BannerSimulated: bold + ";" + cyan, report.BannerWarning: bold,
	}
	for _, b := range d.Banners {
		p.para("", strings.ToUpper(b.Label), b.Title+".", styles[b.Kind])
		for _, l := range b.Lines {
			p.para("  ", "-", l, "")
		}
	}
}

func (p *page) verdict(d *report.Doc) {
	p.b.WriteByte('\n')
	st := green
	switch d.Verdict.Kind {
	case results.NoneQualifies:
		st = red
	case results.NoVerdict:
		st = yellow
	}
	p.para("", "VERDICT", d.Verdict.Headline+". "+d.Verdict.Text, bold+";"+st)
	for _, s := range d.Verdict.Why {
		p.para("  ", "-", s, "")
	}
	for _, s := range d.Verdict.Settle {
		p.para("  ", "What to do:", s, dim)
	}
}

// table writes the matrix in the widest form that fits: targets side by side with
// intervals, without, with shortened names; else targets below one another.
func (p *page) table(d *report.Doc) error {
	width := p.o.width()
	if len(d.Rows) <= maxAcross {
		for _, intervals := range []bool{true, false} {
			g := p.across(d, intervals, 24)
			if g.total() <= width {
				return p.render(p.across(d, intervals, 60), d, intervals)
			}
		}
		for names := 20; names >= 9; names-- {
			if g := p.across(d, false, names); g.total() <= width {
				return g.render(&p.b)
			}
		}
	}
	g, columns := p.down(d)
	if err := g.render(&p.b); err != nil {
		return err
	}
	var left []string
	for _, c := range d.Columns[columns:] {
		left = append(left, c.Label)
	}
	if left != nil {
		p.para("", "", "No room here for "+strings.Join(left, ", ")+": a wider terminal or the report has them.", dim)
	}
	if slices.ContainsFunc(d.Rows, func(r report.Row) bool { return r.Incumbent }) {
		p.line(p.o.paint("* the incumbent", dim), 0)
	}
	return nil
}

// render writes the side-by-side matrix with as much of the names as fits.
func (p *page) render(g *grid, d *report.Doc, intervals bool) error {
	for names := 59; g.total() > p.o.width() && names >= 24; names-- {
		g = p.across(d, intervals, names)
	}
	return g.render(&p.b)
}

// shortNames are the targets' names in at most so many cells each, in the order of the
// rows.
func shortNames(d *report.Doc, cells int) []string {
	names := make([]string, len(d.Rows))
	for i, r := range d.Rows {
		names[i] = r.Target
	}
	return report.Shorten(names, func(s string) bool { return cellWidth(s) <= cells })
}

// across is the matrix with one column for each target and one row for each
// requirement and figure, in the order in which the decision is made.
func (p *page) across(d *report.Doc, intervals bool, names int) *grid {
	a := &across{o: p.o, d: d, g: &grid{gap: 2, head: []string{""}, right: []bool{false}}, intervals: make([]int, len(d.Rows))}
	short := shortNames(d, names)
	for i, r := range d.Rows {
		h := p.o.paint(short[i], bold)
		if r.Role != "" {
			h += "\n" + p.o.paint(strings.ReplaceAll(r.Role, ", ", "\n"), dim)
		}
		a.g.head, a.g.right = append(a.g.head, h), append(a.g.right, true)
		for _, v := range r.Cells {
			if intervals {
				a.intervals[i] = max(a.intervals[i], cellWidth(bare(v.Interval)))
			}
		}
	}
	a.fill()
	return a.g
}

// across builds the side-by-side matrix row by row.
type across struct {
	o         Options
	d         *report.Doc
	g         *grid
	intervals []int // width of the intervals, by target; 0 leaves them out
}

// add appends one row of what is no figure.
func (a *across) add(label string, cell func(report.Row) string) {
	row := []string{label}
	for _, r := range a.d.Rows {
		row = append(row, cell(r))
	}
	a.g.rows = append(a.g.rows, row)
}

// interval pads the text after a figure, so that figures stay in line.
func (a *across) interval(target int, text string) string {
	w := a.intervals[target]
	if w == 0 {
		return ""
	}
	return strings.Repeat(" ", 1+max(0, w-cellWidth(text))) + a.o.paint(text, dim)
}

func (a *across) section(s string) { a.g.rows = append(a.g.rows, []string{a.o.paint(s, dim)}) }

func (a *across) figure(i int, c report.Column) {
	label := "  " + c.Label
	if c.Weight != "" {
		label += " " + a.o.paint(c.Weight, dim)
	}
	row := []string{label}
	for t, r := range a.d.Rows {
		row = append(row, a.o.value(r.Cells[i])+a.interval(t, bare(r.Cells[i].Interval)))
	}
	a.g.rows = append(a.g.rows, row)
}

func (a *across) fill() {
	d, o := a.d, a.o
	a.add("Rank", o.place)
	if len(d.Checks) > 0 {
		a.section("Requirements")
	}
	for i, c := range d.Checks {
		a.add("  "+elide(strings.TrimSpace(c.Label+" "+c.Want), 26), func(r report.Row) string { return o.mark(r.Checks[i].Result) })
	}
	weighted := slices.IndexFunc(d.Columns, func(c report.Column) bool { return c.Weight == "" })
	if weighted < 0 {
		weighted = len(d.Columns)
	}
	if weighted > 0 {
		a.section("Ranked by")
	}
	for i, c := range d.Columns[:weighted] {
		a.figure(i, c)
	}
	if slices.ContainsFunc(d.Rows, func(r report.Row) bool { return r.Utility != "" }) {
		a.add("  Utility, 0 to 1", func(r report.Row) string { return o.paint(dash(r.Utility), bold) })
	}
	if d.Draws != "" {
		a.add("  First in", func(r report.Row) string { return dash(r.First) })
	}
	if weighted < len(d.Columns) {
		a.section("Also measured")
	}
	for i, c := range d.Columns[weighted:] {
		a.figure(weighted+i, c)
	}
	a.add(o.paint("Requests, dialogues", dim), func(r report.Row) string { return o.paint(samples(d, r), dim) })
}

// bare is an interval without its unit, which the figure beside it has.
func bare(interval string) string {
	i := strings.TrimPrefix(interval, "$")
	if n := strings.IndexAny(i, " %/"); n > 0 && !strings.Contains(i, " to ") {
		i = i[:n]
	}
	return i
}

// worst is the gravest result of a target's requirements.
func worst(checks []report.Result) string {
	out := ""
	for _, grave := range []string{results.Pass, results.Unproven, results.Fail} {
		if slices.ContainsFunc(checks, func(c report.Result) bool { return c.Result == grave }) {
			out = grave
		}
	}
	return out
}

func (o Options) place(r report.Row) string {
	switch {
	case r.Standing == results.Out:
		return o.paint(r.Place, red)
	case r.Rank == 1:
		return o.paint(r.Place, bold+";"+green)
	case r.Standing == results.Unranked:
		return o.paint(r.Place, yellow)
	}
	return r.Place
}

func (o Options) mark(result string) string {
	switch result {
	case results.Pass:
		return o.paint("pass", green)
	case results.Fail:
		return o.paint("FAIL", bold+";"+red)
	case results.Unproven:
		return o.paint("unproven", yellow)
	}
	return "\u2013"
}

func (o Options) value(v report.Value) string {
	if !v.Known {
		return o.paint(fmt.Sprintf("unknown [%d]", v.Note), yellow)
	}
	return v.Text
}

// samples are the numbers of requests and dialogues behind a target's figures.
func samples(d *report.Doc, r report.Row) string {
	n := map[string]int{}
	for i, c := range d.Columns {
		n[c.Key] = r.Cells[i].N
	}
	return fmt.Sprintf("%d, %d", n["ttft_p50"], n["quality"])
}

func dash(s string) string {
	if s == "" {
		return "\u2013"
	}
	return s
}

// reasons say why a target is out or not ranked, and what is not proven.
func (p *page) reasons(d *report.Doc) {
	for i, r := range d.Rows {
		same := func(x report.Row) bool { return x.Place == r.Place && x.Reason == r.Reason }
		said := func(why string) bool { return strings.Contains(why, r.Reason) }
		if r.Reason == "" || slices.ContainsFunc(d.Rows[:i], same) || slices.ContainsFunc(d.Verdict.Why, said) {
			continue
		}
		var names []string
		for _, x := range d.Rows[i:] {
			if same(x) {
				names = append(names, x.Target)
			}
		}
		p.para("", fmt.Sprintf("%s (%s):", r.Place, strings.Join(names, ", ")), r.Reason, "")
	}
	for i, c := range d.Checks {
		for _, r := range d.Rows {
			if r.Checks[i].Result == results.Unproven {
				p.para("", "Unproven:", fmt.Sprintf("%s, %s: %s", r.Target, c.Text, r.Checks[i].Detail), yellow)
			}
		}
	}
}

func (p *page) changes(d *report.Doc) {
	if len(d.Changes) == 0 {
		return
	}
	p.line(p.o.paint("What would change this", bold), 0)
	for _, c := range d.Changes {
		p.para("  ", "-", fmt.Sprintf("%s from %s to %s: %s would win", c.What, c.From, c.To, c.Winner), "")
	}
}

func (p *page) unknowns(d *report.Doc) {
	for _, f := range d.Footnotes {
		p.para("", fmt.Sprintf("[%d]", f.Number), f.What+": "+f.Why+".", yellow)
	}
	for _, s := range d.Supply {
		p.para("", "To supply", s.Name+": "+s.Value, dim)
	}
}
