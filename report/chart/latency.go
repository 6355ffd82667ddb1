package chart

import (
	"image/color"
	"math"
	"strings"

	"switchover/report"
)

// Latency draws the time to the first token, between tokens and to the whole
// answer of every target as a PNG.
func Latency(d *report.Doc) ([]byte, error) {
	l := layLatency(d, false)
	return png(l.height, l.draw)
}

// panel is one measure: its percentiles, in order.
type panel struct {
	title string
	marks []mark
	x, w  float64
	scale logScale
}

// mark is one percentile of a panel and how it is drawn.
type mark struct {
	key   string
	shape string
}

// The shapes of the percentiles.
const (
	median = "median"
	p90    = "90th percentile"
	p99    = "99th percentile"
)

type latency struct {
	d      *report.Doc
	values map[string][]report.Value // by figure, by row
	panels []panel
	top    float64
	row    float64
	height float64
}

func layLatency(d *report.Doc, inPage bool) *latency {
	l := &latency{d: d, values: latencies(d)}
	all := []panel{
		{title: "Time to first token", marks: []mark{{"ttft_p50", median}, {"ttft_p90", p90}, {"ttft_p99", p99}}},
		{title: "Time between tokens", marks: []mark{{"itl_p50", median}, {"itl_p99", p99}}},
		{title: "Time to whole answer", marks: []mark{{"latency_p50", median}, {"latency_p99", p99}}},
	}
	for _, p := range all {
		if lo, hi, ok := l.extent(p); ok {
			p.scale = newLogScale(lo, hi)
			l.panels = append(l.panels, p)
		}
	}
	const names, gap = 168, 26
	if n := float64(len(l.panels)); n > 0 {
		w := (slideWidth - 2*margin - names - gap*(n-1)) / n
		for i := range l.panels {
			l.panels[i].x, l.panels[i].w = margin+names+float64(i)*(w+gap), w
			l.panels[i].scale.place(l.panels[i].x, w)
		}
	}
	l.top = 124 + warnHeight(d)
	foot := 100.0
	if inPage {
		l.top, foot = 52, 60
	}
	n := float64(max(1, len(d.Rows)))
	l.row = math.Max(34, math.Min(64, (slideHeight-l.top-foot)/n))
	l.height = l.top + l.row*n + foot
	return l
}

// latencies are the figures by row. The report's latency table is the one place
// that has them all; with several stages the last one measured counts, as it does
// in the matrix.
func latencies(d *report.Doc) map[string][]report.Value {
	out := map[string][]report.Value{}
	for _, t := range d.Tables {
		if t.ID != "latency" {
			continue
		}
		for col, h := range t.Head {
			if h.Key == "" {
				continue
			}
			vals := make([]report.Value, len(d.Rows))
			for i, r := range d.Rows {
				for _, row := range t.Rows {
					if row[0].Text == r.Target {
						vals[i] = row[col]
					}
				}
			}
			out[h.Key] = vals
		}
	}
	return out
}

// extent is the range of all values and bounds of a panel that a logarithm takes.
func (l *latency) extent(p panel) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), 0
	for _, m := range p.marks {
		for _, v := range l.values[m.key] {
			for _, x := range []*float64{v.Value, v.Low, v.High} {
				if x != nil && *x > 0 {
					lo, hi = math.Min(lo, *x), math.Max(hi, *x)
				}
			}
		}
	}
	return lo, hi, hi > 0
}

func (l *latency) draw(s *sheet) {
	if !s.inPage {
		kicker(s, l.d, "latency of the requests that succeeded")
		warn(s, l.d, 56)
		s.text(margin, 70+warnHeight(l.d), "How long users wait", titlePen)
	}
	if len(l.panels) == 0 {
		s.text(margin, l.top+20, "No latency was measured.", pen{size: 13, color: muted})
	}
	names, notes := s.labels(l.d)
	short := namePen.fitAll(names, 156)
	for i, r := range l.d.Rows {
		y := l.top + float64(i)*l.row
		if i%2 == 0 {
			s.rect(margin-8, y, slideWidth-2*margin+16, l.row, faint)
		}
		s.text(margin, y+l.row/2-1, short[i], namePen)
		sub := pen{size: 9.5, color: muted}
		s.text(margin, y+l.row/2+11.5, sub.fit(l.beside(r), 156), sub)
	}
	for _, p := range l.panels {
		l.panel(s, p)
	}
	l.foot(s, notes)
}

// beside is what stands under a name: latency is never shown without the share
// of requests that have none.
func (l *latency) beside(r report.Row) string {
	for i, c := range l.d.Columns {
		if c.Key == "error_rate" && r.Cells[i].Known {
			out := r.Cells[i].Text + " failed"
			if r.Role != "" {
				return r.Role + ", " + out
			}
			return out
		}
	}
	return "failures unknown"
}

func (l *latency) panel(s *sheet, p panel) {
	bottom := l.top + l.row*float64(len(l.d.Rows))
	s.text(p.x, l.top-26, p.title, pen{size: 12.5, bold: true, color: ink})
	tick := pen{size: 9.5, color: muted, align: centre}
	for _, t := range p.scale.ticks(tick) {
		x := p.scale.at(t)
		s.line(x, l.top, x, bottom, 0.5, rule)
		s.text(x, l.top-9, tickLabel(t), tick)
	}
	for i, r := range l.d.Rows {
		if v := l.at(p.marks[0].key, i); r.Incumbent && v.Value != nil && *v.Value > 0 {
			x := p.scale.at(*v.Value)
			s.line(x, l.top, x, bottom, 1, mid, 3, 3)
		}
	}
	for i := range l.d.Rows {
		l.strip(s, p, i)
	}
}

func (l *latency) at(key string, row int) report.Value {
	if vals := l.values[key]; row < len(vals) {
		return vals[row]
	}
	return report.Value{}
}

// strip draws one target in one panel: the percentiles joined by a line, each
// with its interval, the first and the last with their number.
func (l *latency) strip(s *sheet, p panel, row int) {
	y := l.top + (float64(row)+0.5)*l.row
	num := pen{size: 9.5, color: ink}
	first, last := math.Inf(1), math.Inf(-1) // outer ends of what is drawn
	var firstText, lastText string
	var firstX, lastX float64
	for _, m := range p.marks {
		v := l.at(m.key, row)
		if v.Value == nil || *v.Value <= 0 {
			continue
		}
		x := p.scale.at(*v.Value)
		lo, hi := l.ends(p, v)
		if firstText == "" {
			firstText, firstX = v.Text, x
		}
		first, last, lastText, lastX = math.Min(first, lo), math.Max(last, hi), v.Text, x
	}
	if firstText == "" {
		s.text(p.x+4, y+3.4, "unknown", pen{size: 9.5, color: amber})
		return
	}
	s.line(firstX, y, lastX, y, 1, rule)
	for _, m := range p.marks {
		if v := l.at(m.key, row); v.Value != nil && *v.Value > 0 {
			l.whisker(s, p, v, m, y)
		}
	}
	ground := white
	if row%2 == 0 {
		ground = faint
	}
	w := num.width(firstText)
	s.rect(first-7-w, y-6, w+4, 12, ground) // lines behind would strike the number through
	s.text(first-5-w, y+3.4, firstText, num)
	if lastX != firstX {
		s.rect(last+3, y-6, num.width(lastText)+4, 12, ground)
		s.text(last+5, y+3.4, lastText, num)
	}
}

// ends are where the drawing of a value begins and ends: its interval, a dotted
// stub where that is not bounded, at least the mark itself.
func (l *latency) ends(p panel, v report.Value) (lo, hi float64) {
	x := p.scale.at(*v.Value)
	lo, hi = x-5, x+5
	if v.Low != nil && *v.Low > 0 {
		lo = math.Min(lo, p.scale.at(*v.Low))
	} else if v.High != nil {
		lo = x - stub
	}
	if v.High != nil {
		hi = math.Max(hi, p.scale.at(*v.High))
	} else if v.Low != nil {
		hi = x + stub
	}
	return lo, hi
}

// stub is the length of the dotted line for a bound that is not known.
const stub = 16

func (l *latency) whisker(s *sheet, p panel, v report.Value, m mark, y float64) {
	x := p.scale.at(*v.Value)
	c := shapeColor(m.shape)
	end := func(bound, other *float64, side float64) {
		switch {
		case bound != nil && *bound > 0:
			e := p.scale.at(*bound)
			s.line(x, y, e, y, 2, c)
			s.line(e, y-3.5, e, y+3.5, 1.2, c)
		case other != nil:
			s.line(x, y, x+side*stub, y, 1.5, c, 1.5, 2.5)
		}
	}
	end(v.Low, v.High, -1)
	end(v.High, v.Low, 1)
	drawShape(s, x, y, m.shape)
}

func shapeColor(shape string) color.NRGBA {
	switch shape {
	case median:
		return accent
	case p90:
		return mid
	}
	return warm
}

func drawShape(s *sheet, x, y float64, shape string) {
	switch shape {
	case median:
		s.disc(x, y, 5, accent)
	case p90:
		s.ring(x, y, 4, 1.6, mid)
	default:
		s.diamond(x, y, 5.2, warm)
	}
}

func (l *latency) foot(s *sheet, notes []string) {
	y := l.top + l.row*float64(len(l.d.Rows)) + 28
	p := pen{size: 9.5, color: muted}
	x := float64(margin)
	for _, shape := range []string{median, p90, p99} {
		drawShape(s, x+5, y-3.4, shape)
		s.text(x+15, y, shape, p)
		x += 15 + p.width(shape) + 20
	}
	s.line(x, y-3.4, x+22, y-3.4, 2, muted)
	s.line(x, y-7, x, y, 1.2, muted)
	s.line(x+22, y-7, x+22, y, 1.2, muted)
	s.text(x+28, y, "95 % interval", p)
	x += 28 + p.width("95 % interval") + 20
	s.line(x, y-3.4, x+22, y-3.4, 1.5, muted, 1.5, 2.5)
	open := "not bounded by so few requests"
	s.text(x+28, y, open, p)
	x += 28 + p.width(open) + 20
	for _, r := range l.d.Rows {
		if r.Incumbent {
			s.line(x+6, y-11, x+6, y+4, 1, mid, 3, 3)
			s.text(x+14, y, "incumbent's median", p)
		}
	}
	s.text(margin, y+18, "Logarithmic scales. Waiting counts from when the request was due to leave.", p)
	if s.inPage {
		return
	}
	y += 36
	if len(notes) > 0 {
		s.text(margin, y, p.fit(strings.Join(notes, " "), slideWidth-2*margin), p)
		y += 16
	}
	s.text(margin, y, p.fit("switchover, run "+s.legible(l.d.Run), slideWidth-2*margin), p)
}
