package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"switchover/report"
	"switchover/results/as"
)

// As writes a run's figures beside those that another tool would have computed
// from the same streams, and in words why they differ. It fails only when w does.
func As(w io.Writer, r *as.Report, o Options) error {
	p := &page{o: o}
	switch {
	case !r.Valid:
		p.para("", "INVALID RUN", "The client was not fit to measure: neither figure is to be believed.", bold+";"+red)
	case len(r.Reasons) > 0:
		p.para("", "CUT SHORT", "The figures are of what there is.", bold+";"+yellow)
	}
	for _, why := range r.Reasons {
		p.para("  ", "-", report.Clean(why), "")
	}
	if r.Simulated {
		p.para("", "SIMULATED", "These figures come from simulated servers and say nothing about any real model.", bold+";"+cyan)
	}
	p.para("", "AS "+strings.ToUpper(r.Tool), report.Clean(r.Run)+" by the definitions of "+r.Title+", from the same records. Nothing here enters the matrix or a gate.", bold)
	for _, t := range r.Targets {
		p.b.WriteByte('\n')
		if t.Reason != "" {
			p.para("", report.Clean(t.Name)+",", "not compared: "+report.Clean(t.Reason), bold)
			continue
		}
		p.para("", report.Clean(t.Name)+",", "stage "+report.Clean(t.Stage), bold)
		g := &grid{gap: 2, head: []string{"", "Ours", "As " + r.Tool, "Difference", "n"}, right: []bool{false, true, true, true, true}}
		for _, row := range t.Rows {
			g.rows = append(g.rows, beside(row))
		}
		g.shrink(o.width())
		p.heads(g)
		if err := g.render(&p.b); err != nil {
			return err
		}
		for _, s := range t.Seen {
			p.para("  ", "-", s, "")
		}
		p.inexact(t.Rows)
	}
	p.definitions(r)
	_, err := io.WriteString(w, p.b.String())
	return err
}

// beside is one figure by both definitions, marked where it is not exact.
func beside(row as.Row) []string {
	sc := scaleOf(row.Ours.Unit, row.Ours.Value, row.Theirs.Value)
	off := "\u2013"
	switch {
	case row.Difference == nil:
	case *row.Difference == 0:
		off = "none"
	default:
		off = sc.Signed(*row.Difference)
	}
	theirs, n := figure(sc, row.Theirs), fmt.Sprint(row.Theirs.N)
	if row.Theirs.Value == nil {
		n = "\u2013"
	}
	if row.Inexact != "" {
		theirs = "\u2248 " + theirs
	}
	return []string{label(row.Figure), figure(sc, row.Ours), theirs, off, n}
}

// inexact says once what each mark is about.
func (p *page) inexact(rows []as.Row) {
	for _, why := range once(rows, func(r as.Row) string { return r.Inexact }) {
		if why.text != "" {
			p.para("  ", "\u2248", strings.Join(why.labels, ", ")+": "+why.text, "")
		}
	}
}

// definitions says how the definitions differ, each figure once.
func (p *page) definitions(r *as.Report) {
	i := slices.IndexFunc(r.Targets, func(t as.Target) bool { return t.Reason == "" })
	if i < 0 {
		return
	}
	p.b.WriteByte('\n')
	p.para("", "", "Why they differ", bold)
	for _, s := range r.Throughout {
		p.para("  ", "-", s, "")
	}
	for _, why := range once(r.Targets[i].Rows, func(r as.Row) string { return r.Why }) {
		p.para("  ", "-", strings.Join(why.labels, ", ")+": "+why.text, "")
	}
}

type shared struct {
	text   string
	labels []string
}

// once groups rows by a text they share, in order.
func once(rows []as.Row, text func(as.Row) string) []shared {
	var out []shared
	for _, r := range rows {
		t := text(r)
		i := slices.IndexFunc(out, func(s shared) bool { return s.text == t })
		if i < 0 {
			i, out = len(out), append(out, shared{text: t})
		}
		out[i].labels = append(out[i].labels, label(r.Figure))
	}
	return out
}
