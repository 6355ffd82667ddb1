package terminal

import (
	"slices"
	"strings"

	"switchover/report"
)

// down is the matrix with one row for each target, and as many columns as fit.
func (p *page) down(d *report.Doc) (g *grid, columns int) {
	names := 28
	for {
		columns = len(d.Columns)
		g = p.rows(d, columns, names)
		for g.total() > p.o.width() && columns > 1 {
			columns--
			g = p.rows(d, columns, names)
		}
		if g.total() <= p.o.width() || names <= 9 {
			return g, columns
		}
		names--
	}
}

func (p *page) rows(d *report.Doc, columns, names int) *grid {
	o := p.o
	g := &grid{gap: 2, head: []string{"Rank", "Target"}, right: []bool{false, false}}
	if len(d.Checks) > 0 {
		g.head, g.right = append(g.head, "Required"), append(g.right, false)
	}
	for _, c := range d.Columns[:columns] {
		label := wrap(c.Label, 13)
		if c.Weight != "" {
			label = append(label, c.Weight)
		}
		g.head, g.right = append(g.head, strings.Join(label, "\n")), append(g.right, true)
	}
	ranked := slices.ContainsFunc(d.Rows, func(r report.Row) bool { return r.Utility != "" })
	if ranked {
		g.head, g.right = append(g.head, "Utility"), append(g.right, true)
	}
	short := shortNames(d, names)
	for i, r := range d.Rows {
		name := short[i]
		if r.Incumbent {
			name += " *"
		}
		row := []string{o.place(r), o.paint(name, bold)}
		if len(d.Checks) > 0 {
			row = append(row, o.mark(worst(r.Checks)))
		}
		for _, v := range r.Cells[:columns] {
			row = append(row, o.value(v))
		}
		if ranked {
			row = append(row, dash(r.Utility))
		}
		g.rows = append(g.rows, row)
	}
	return g
}
