package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"switchover/report"
)

// Load draws the time to the first token over the load, of every sweep and every
// capacity search, as a PNG.
func Load(d *report.Doc) ([]byte, error) {
	l := layLoad(d, false)
	return png(l.height, l.draw)
}

// LoadSVG is Load for the HTML report, as LatencySVG is Latency; empty where there
// is no such load.
func LoadSVG(d *report.Doc) (string, error) {
	if len(d.Curves) == 0 {
		return "", nil
	}
	l := layLoad(d, true)
	b, err := svg(l.height, true, l.draw)
	if err != nil {
		return "", err
	}
	return inline(b, l.height, "Time to first token over the load: the figures are in the tables below"), nil
}

const (
	plotHeight = 250 // of one curve's axes
	plotGap    = 74  // between two, title and axis labels included
	plotLeft   = 64  // room for the labels of the vertical axis
	plotRight  = 190 // room for the names
)

type load struct {
	d      *report.Doc
	top    float64
	height float64
}

func layLoad(d *report.Doc, inPage bool) *load {
	l := &load{d: d, top: 124 + warnHeight(d)}
	foot := 84.0
	if inPage {
		l.top, foot = 34, 44
	}
	l.height = l.top + float64(len(d.Curves))*(plotHeight+plotGap) + foot
	if !inPage {
		l.height = math.Max(l.height, slideHeight)
	}
	return l
}

// colours of the targets, in their order; the shapes of marks tell further ones
// apart, and every line has its name at its end.
var seriesColors = []color.NRGBA{accent, warm, mid, amber, alarm, muted}

func (l *load) draw(s *sheet) {
	if !s.inPage {
		kicker(s, l.d, "several loads, one after the other")
		warn(s, l.d, 56)
		s.text(margin, 70+warnHeight(l.d), "How much load they carry", titlePen)
	}
	for i := range l.d.Curves {
		l.curve(s, &l.d.Curves[i], l.top+float64(i)*(plotHeight+plotGap))
	}
	p := pen{size: 9.5, color: muted}
	y := l.height - 50
	if s.inPage {
		y = l.height - 22
	}
	s.text(margin, y, l.legend(), p)
	if !s.inPage {
		s.text(margin, y+18, p.fit("switchover, run "+s.legible(l.d.Run), slideWidth-2*margin), p)
	}
}

// legend says what the marks mean that are drawn.
func (l *load) legend() string {
	searched := slices.ContainsFunc(l.d.Curves, func(c report.Curve) bool {
		return slices.ContainsFunc(c.Series, func(ser report.Series) bool { return ser.Capacity.Known })
	})
	text := "Filled marks: median; open marks: 90th percentile. Crossed out: an objective was missed at this load. "
	if searched {
		text += "Dashed: the capacity; shaded: its 95 % bounds. "
	}
	return text + "Logarithmic scales."
}

// plot is the axes of one curve.
type plot struct {
	x, y        logScale
	left, right float64
	top, bottom float64
}

func (p *plot) atY(v float64) float64 {
	return p.bottom - (p.bottom-p.top)*(math.Log10(v)-p.y.lo)/(p.y.hi-p.y.lo)
}

// newPlot spans all points of a curve; ok is false without any.
func newPlot(c *report.Curve, top float64) (*plot, bool) {
	xlo, xhi, ylo, yhi := math.Inf(1), 0.0, math.Inf(1), 0.0
	for _, ser := range c.Series {
		for _, pt := range ser.Points {
			xlo, xhi = math.Min(xlo, pt.Load), math.Max(xhi, pt.Load)
			for _, v := range []report.Value{pt.P50, pt.P90} {
				if v.Value != nil && *v.Value > 0 {
					ylo, yhi = math.Min(ylo, *v.Value), math.Max(yhi, *v.Value)
				}
			}
		}
	}
	if yhi == 0 || xhi == 0 {
		return nil, false
	}
	p := &plot{x: newLogScale(xlo, xhi), y: newLogScale(ylo/1.1, yhi*1.1), left: margin + plotLeft, right: slideWidth - margin - plotRight,
		top: top, bottom: top + plotHeight}
	p.x.place(p.left-numberRoom/2, p.right-p.left+numberRoom)
	p.y.place(0, plotHeight)
	return p, true
}

func (l *load) curve(s *sheet, c *report.Curve, top float64) {
	s.text(margin, top-14, s.legible(c.Title), pen{size: 12.5, bold: true, color: ink})
	p, ok := newPlot(c, top)
	if !ok {
		s.text(margin, top+20, "No latency was measured.", pen{size: 11, color: muted})
		return
	}
	tick := pen{size: 9.5, color: muted, align: centre}
	for _, v := range p.x.ticks(tick) {
		x := p.x.at(v)
		if x < p.left || x > p.right {
			continue
		}
		s.line(x, p.top, x, p.bottom, 0.5, rule)
		s.text(x, p.bottom+14, fmt.Sprintf("%.6g", v), tick)
	}
	side := pen{size: 9.5, color: muted, align: right}
	for e := math.Floor(p.y.lo); e <= p.y.hi; e++ {
		for _, m := range []float64{1, 2, 5} {
			v := m * math.Pow(10, e)
			if y := p.atY(v); y >= p.top && y <= p.bottom {
				s.line(p.left, y, p.right, y, 0.5, rule)
				s.text(p.left-8, y+3.4, tickLabel(v), side)
			}
		}
	}
	s.text((p.left+p.right)/2, p.bottom+30, c.Axis, tick)
	title := pen{size: 12.5, bold: true, color: ink}
	s.text(margin+title.width(s.legible(c.Title))+10, top-14, "time to first token", pen{size: 9.5, color: muted})
	names, _ := s.labels(l.d)
	label := pen{size: 10.5, bold: true, color: ink}
	names = label.fitAll(names, plotRight-44)
	for i, ser := range c.Series { // beneath all lines
		l.band(s, p, ser, seriesColors[i%len(seriesColors)])
	}
	last := math.Inf(-1)
	for i, ser := range c.Series {
		col := seriesColors[i%len(seriesColors)]
		l.lines(s, p, ser, col)
		name := label.fit(ser.Target, plotRight-44)
		for j, r := range l.d.Rows {
			if r.Target == ser.Target {
				name = names[j]
			}
		}
		y := math.Max(p.top+8+float64(i)*30, last+30)
		last = y
		l.name(s, p, name, ser, col, y)
	}
}

// name is one entry of the list beside a plot.
func (l *load) name(s *sheet, p *plot, name string, ser report.Series, col color.NRGBA, y float64) {
	x := p.right + 16
	s.line(x, y-3.4, x+16, y-3.4, 2, col)
	s.disc(x+8, y-3.4, 3.2, col)
	label := pen{size: 10.5, bold: true, color: ink}
	s.text(x+22, y, name, label)
	if ser.Capacity.Known {
		text := ser.Capacity.Text
		if ser.Capacity.Interval != "" {
			text += " (" + ser.Capacity.Interval + ")"
		}
		sub := pen{size: 9.5, color: muted}
		s.text(x+22, y+12, sub.fit(text, plotRight-44), sub)
	}
}

// band shades a capacity between its bounds.
func (l *load) band(s *sheet, p *plot, ser report.Series, col color.NRGBA) {
	c := ser.Capacity
	if c.Value == nil || *c.Value <= 0 {
		return
	}
	clip := func(v float64) float64 { return math.Min(math.Max(p.x.at(v), p.left), p.right) }
	if c.Low != nil && c.High != nil && *c.Low > 0 {
		lo, hi := clip(*c.Low), clip(*c.High)
		s.rect(lo, p.top, math.Max(1, hi-lo), p.bottom-p.top, faint)
		s.line(lo, p.top, lo, p.bottom, 0.6, col)
		s.line(hi, p.top, hi, p.bottom, 0.6, col)
	}
	x := clip(*c.Value)
	s.line(x, p.top, x, p.bottom, 1, col, 3, 3)
}

func (l *load) lines(s *sheet, p *plot, ser report.Series, col color.NRGBA) {
	points := ordered(ser.Points)
	for _, tail := range []bool{true, false} {
		var lastX, lastY float64
		drawn := false
		for _, pt := range points {
			v := pt.P50
			if tail {
				v = pt.P90
			}
			if v.Value == nil || *v.Value <= 0 {
				drawn = false
				continue
			}
			x, y := p.x.at(pt.Load), p.atY(*v.Value)
			width := 2.0
			if tail {
				width = 0.8
			}
			if drawn && !ser.Capacity.Known { // a search's windows scatter around the curve
				s.line(lastX, lastY, x, y, width, col)
			}
			lastX, lastY, drawn = x, y, true
			if tail {
				s.ring(x, y, 2.6, 1, col)
			} else {
				s.disc(x, y, 3.2, col)
			}
			if !pt.Met && !tail {
				s.line(x-5, y-5, x+5, y+5, 1.4, alarm)
				s.line(x-5, y+5, x+5, y-5, 1.4, alarm)
			}
		}
	}
}

// ordered are the points by load; those at one load in the order they were tried.
func ordered(points []report.Point) []report.Point {
	out := make([]report.Point, 0, len(points))
	for _, p := range points {
		i := len(out)
		for i > 0 && out[i-1].Load > p.Load {
			i--
		}
		out = append(out[:i], append([]report.Point{p}, out[i:]...)...)
	}
	return out
}
