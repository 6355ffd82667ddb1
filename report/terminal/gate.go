package terminal

import (
	"fmt"
	"io"
	"strings"

	"switchover/report"
	"switchover/results"
	"switchover/results/gate"
)

// Gate writes what a gate found: the verdict with its reasons, a row for each
// objective and target that says by how much, and the differences from the
// baseline where there is one. It fails only when w does.
func Gate(w io.Writer, r *gate.Report, o Options) error {
	p := &page{o: o}
	st := red
	if r.Verdict == gate.Pass {
		st = green
	}
	p.para("", "GATE "+strings.ToUpper(report.Clean(r.Verdict)), gateSentence(r), bold+";"+st)
	if r.Simulated {
		p.para("", "SIMULATED", "These figures come from simulated servers and say nothing about any real model.", bold+";"+cyan)
	}
	for _, why := range r.Reasons {
		p.para("  ", "-", report.Clean(why), "")
	}
	if len(r.Rows) > 0 {
		p.b.WriteByte('\n')
		if err := p.objectives(r); err != nil {
			return err
		}
	}
	if r.Baseline != "" {
		if err := p.differences(r); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

func gateSentence(r *gate.Report) string {
	n := map[string]int{}
	for _, row := range r.Rows {
		n[row.Verdict]++
	}
	return fmt.Sprintf("%s: of %d objectives %d met, %d missed, %d without data.", report.Clean(r.Run), len(r.Rows), n[gate.Met], n[gate.Missed], n[gate.NoData])
}

func (p *page) objectives(r *gate.Report) error {
	g := &grid{gap: 2, head: []string{"Target", "Objective", "Verdict", "Measured", "Off by", "Interval", "n"},
		right: []bool{false, false, false, true, true, true, true}}
	for _, row := range r.Rows {
		sc := scaleOf(row.Unit, row.Value, &row.Limit, row.Low, row.High)
		measured, off := "unknown", "\u2013"
		if row.Value != nil {
			measured = sc.Format(*row.Value)
		}
		if row.By != nil {
			off = sc.Signed(*row.By)
			if row.ByShare != nil {
				off += fmt.Sprintf(" (%+.1f %%)", 100**row.ByShare)
			}
		}
		verdict := row.Verdict
		if row.Close {
			verdict += ", close"
		}
		g.rows = append(g.rows, []string{report.Clean(row.Target), report.Clean(label(row.Figure) + " " + limit(row)), verdict, measured, off,
			sc.Interval(row.Low, row.High), fmt.Sprint(row.N)})
	}
	g.drop(p.o.width(), "n", "Interval")
	g.shrink(p.o.width())
	for i, row := range r.Rows {
		g.rows[i][2] = p.o.paint(g.rows[i][2], map[string]style{gate.Met: green, gate.Missed: bold + ";" + red, gate.NoData: yellow}[row.Verdict])
	}
	p.heads(g)
	return g.render(&p.b)
}

// scaleOf is the scale of the values that are there.
func scaleOf(unit string, values ...*float64) report.Scale {
	var known []float64
	for _, v := range values {
		if v != nil {
			known = append(known, *v)
		}
	}
	return report.NewScale(unit, known...)
}

func (p *page) heads(g *grid) {
	for i, h := range g.head {
		g.head[i] = p.o.paint(h, bold)
	}
}

// limit writes the objective's limit with its comparison once: the text may hold it.
func limit(row gate.Row) string {
	if strings.HasPrefix(row.Text, "<") || strings.HasPrefix(row.Text, ">") {
		return row.Text
	}
	return row.Op + " " + row.Text
}

func label(key string) string {
	if info, ok := results.LookupFigure(key); ok {
		return info.Label
	}
	return key
}

func (p *page) differences(r *gate.Report) error {
	p.b.WriteByte('\n')
	p.para("", "Against "+report.Clean(r.Baseline)+":", gate.NotEvidence+". These differences decide nothing.", bold)
	for _, s := range r.Warnings {
		p.para("  ", "-", report.Clean(s), "")
	}
	if len(r.Differences) == 0 {
		return nil
	}
	g := &grid{gap: 2, head: []string{"Target", "Figure", "Baseline", "Now", "Difference", "Interval", "Ratio", ""},
		right: []bool{false, false, true, true, true, true, true, false}}
	for _, d := range r.Differences {
		sc := scaleOf(d.Unit, d.Base.Value, d.Now.Value)
		diff, ratio := "unknown", "\u2013"
		if d.Diff != nil {
			diff = sc.Signed(*d.Diff)
		}
		if d.Ratio != nil {
			ratio = fmt.Sprintf("%.2f", *d.Ratio)
		}
		g.rows = append(g.rows, []string{report.Clean(d.Target), report.Clean(label(d.Figure)), figure(sc, d.Base), figure(sc, d.Now),
			diff, sc.Interval(d.Low, d.High), ratio, d.Direction})
	}
	g.drop(p.o.width(), "Ratio", "Interval")
	g.shrink(p.o.width())
	p.heads(g)
	return g.render(&p.b)
}

func figure(sc report.Scale, f results.Figure) string {
	if f.Value == nil {
		return "unknown"
	}
	return sc.Format(*f.Value)
}
