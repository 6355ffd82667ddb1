package terminal

import (
	"switchover/report"
)

// curves writes a table for each sweep and each capacity search: the columns that
// fit, the objectives always.
func (p *page) curves(d *report.Doc) error {
	for i := range d.Curves {
		c := &d.Curves[i]
		p.b.WriteByte('\n')
		p.line(p.o.paint(c.Title, bold), 0)
		for _, n := range c.Lead {
			p.para("", "", n, "")
		}
		p.para("", "", c.Intro, dim)
		g := &grid{gap: 2}
		for _, h := range c.Head {
			g.head, g.right = append(g.head, h.Label), append(g.right, h.Numeric)
		}
		for _, r := range c.Rows {
			var row []string
			for _, v := range r {
				row = append(row, v.Text)
			}
			g.rows = append(g.rows, row)
		}
		g.drop(p.o.width(), "TTFT p99", "Offered", "Window", "TPOT p50", "Goodput", "Requests", "Achieved", "Output tokens/s")
		g.shrink(p.o.width())
		if err := g.render(&p.b); err != nil {
			return err
		}
	}
	return nil
}
