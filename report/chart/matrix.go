package chart

import (
	"fmt"
	"math"
	"strings"

	"switchover/report"
	"switchover/results"
)

// The matrix's layout, in points.
const (
	nameWidth  = 176
	checkWidth = 128
	scoreWidth = 62
	cellWidth  = 72 // least
	rowLeast   = 36
	rowMost    = 54
	// intervalRow is the least height that has room for intervals.
	intervalRow = 38
)

// Matrix draws the decision as a PNG: every target with its requirements and
// figures, the weighted ones coloured by their utility, under the verdict.
func Matrix(d *report.Doc) ([]byte, error) {
	m := layMatrix(d)
	return png(m.height, m.draw)
}

// matrix is a laid out picture.
type matrix struct {
	d       *report.Doc
	columns int     // how many of the report's fit
	cell    float64 // width of one
	row     float64 // height of one
	top     float64 // where the rows begin
	height  float64
	title   []string
	text    []string
}

var (
	titlePen = pen{size: 22, bold: true, color: ink}
	namePen  = pen{size: 12.5, bold: true, color: ink}
	textPen  = pen{size: 12, color: ink}
)

func layMatrix(d *report.Doc) *matrix {
	m := &matrix{d: d}
	room := float64(slideWidth - 2*margin - nameWidth - checkWidth - scoreWidth)
	m.columns = min(len(d.Columns), int(room/cellWidth))
	if m.columns > 0 {
		m.cell = room / float64(m.columns)
	}
	names, _ := (&sheet{}).labels(d)
	m.title = titlePen.lines((&sheet{}).renamed(d, names, d.Verdict.Headline), slideWidth-2*margin, 2)
	m.text = textPen.lines((&sheet{}).renamed(d, names, d.Verdict.Text), slideWidth-2*margin, 2)
	m.top = 66 + 26*float64(len(m.title)) + 16*float64(len(m.text)) + warnHeight(d) + 40
	const foot = 88
	n := float64(max(1, len(d.Rows)))
	m.row = math.Max(rowLeast, math.Min(rowMost, (slideHeight-m.top-foot)/n))
	m.height = math.Max(slideHeight, m.top+m.row*n+foot)
	return m
}

func (m *matrix) draw(s *sheet) {
	m.head(s)
	m.headings(s)
	names, notes := s.labels(m.d)
	for i, name := range namePen.fitAll(names, nameWidth-42) {
		m.target(s, i, name)
	}
	y := m.legend(s)
	m.words(s, names, y+22)
	m.foot(s, notes)
}

// tag writes a word on a coloured pill that ends at x.
func tag(s *sheet, x, y float64, word string, p pen) {
	w := p.width(word) + 16
	s.pill(x-w, y, w, 18, p.color)
	p.color = white
	s.text(x-w+8, y+12.7, word, p)
}

// kicker is the line above a picture's title.
func kicker(s *sheet, d *report.Doc, what string) {
	p := pen{size: 11, color: muted}
	s.text(margin, 44, p.fit(s.legible(d.Title)+"  \u00b7  "+what, 620), p)
	if d.Simulated {
		tag(s, slideWidth-margin, 31, "SIMULATED, not a real model", pen{size: 10, bold: true, color: accent})
	}
}

// grave are the banners that forbid a decision.
func grave(d *report.Doc) []report.Banner {
	var out []report.Banner
	for _, b := range d.Banners {
		if b.Kind == report.BannerInvalid || b.Kind == report.BannerCut {
			out = append(out, b)
		}
	}
	return out
}

const bannerHeight = 24

// warnHeight is how far banners push down what follows.
func warnHeight(d *report.Doc) float64 {
	n := len(grave(d))
	if n == 0 {
		return 0
	}
	return bannerHeight*float64(n) + 10
}

// warn writes the banners that forbid a decision, from y on.
func warn(s *sheet, d *report.Doc, y float64) {
	for _, b := range grave(d) {
		s.rect(margin, y, slideWidth-2*margin, 20, mix(alarm, white, 0.88))
		s.rect(margin, y, 4, 20, alarm)
		p := pen{size: 11, bold: true, color: alarm}
		s.text(margin+12, y+14, p.fit(s.legible(b.Title), slideWidth-2*margin-20), p)
		y += bannerHeight
	}
}

func (m *matrix) head(s *sheet) {
	kicker(s, m.d, "the decision")
	warn(s, m.d, 56)
	p := titlePen
	if len(grave(m.d)) > 0 {
		p.color = muted
	}
	y := 70 + warnHeight(m.d)
	for _, l := range m.title {
		s.text(margin, y, l, p)
		y += 26
	}
	y -= 5
	for _, l := range m.text {
		s.text(margin, y, l, textPen)
		y += 16
	}
}

// x is where column i of the figures begins.
func (m *matrix) x(i int) float64 { return margin + nameWidth + checkWidth + float64(i)*m.cell }

func (m *matrix) headings(s *sheet) {
	y := m.top - 10
	p := pen{size: 9.7, bold: true, color: ink}
	small := pen{size: 9, color: muted}
	s.text(margin+34, y, "Target", p)
	s.text(margin+nameWidth+8, y, "Requirements", p)
	p.align, small.align = right, right
	for i, c := range m.d.Columns[:m.columns] {
		x := m.x(i) + m.cell - 8
		ls := p.lines(c.Label, m.cell-8, 2)
		second := c.Weight
		if second != "" {
			second += " weight"
			s.text(x, y, small.fit(second, m.cell-10), small)
		}
		up := float64(len(ls)) - 1
		if second != "" {
			up++
		}
		for j, l := range ls {
			s.text(x, y-12.5*(up-float64(j)), l, p)
		}
	}
	s.text(slideWidth-margin-4, y, "Utility", p)
	s.line(margin, m.top, slideWidth-margin, m.top, 1, ink)
}

func (m *matrix) target(s *sheet, i int, name string) {
	r := m.d.Rows[i]
	y := m.top + float64(i)*m.row
	mid := y + m.row/2
	out := r.Standing == results.Out
	for j, v := range r.Cells[:m.columns] {
		m.value(s, j, v, y, out)
	}
	m.place(s, r, mid)
	p := namePen
	if out {
		p.color = muted
	}
	line := s.legible(r.Model)
	if r.Role != "" {
		line = strings.TrimSuffix(r.Role+", "+line, ", ")
	}
	if line == "" {
		s.text(margin+34, mid+4, name, p)
	} else {
		s.text(margin+34, mid-1, name, p)
		sub := pen{size: 9.5, color: muted}
		s.text(margin+34, mid+11.5, sub.fit(line, nameWidth-42), sub)
	}
	m.requirements(s, r, mid)
	m.utility(s, r, mid)
	s.line(margin, y+m.row, slideWidth-margin, y+m.row, 0.5, rule)
}

// place marks the rank: the first is filled, out is said in words.
func (m *matrix) place(s *sheet, r report.Row, mid float64) {
	p := pen{size: 12, bold: true, color: ink, align: centre}
	x := float64(margin + 13)
	switch {
	case r.Rank == 1:
		s.disc(x, mid, 11, accent)
		p.color = white
		s.text(x, mid+4.2, r.Place, p)
	case r.Rank > 1:
		s.ring(x, mid, 10.5, 1.2, muted)
		s.text(x, mid+4.2, r.Place, p)
	case r.Standing == results.Out:
		p.color = alarm
		s.text(x, mid+4.2, "out", p)
	default:
		p.color = muted
		s.text(x, mid+4.2, "\u2013", p)
	}
}

func (m *matrix) value(s *sheet, j int, v report.Value, y float64, out bool) {
	x := m.x(j)
	mid := y + m.row/2
	if v.Step >= 0 {
		c := hex(report.Palette[v.Step])
		if out {
			c = mix(c, white, 0.55)
		}
		s.rect(x+1.5, y+1.5, m.cell-3, m.row-3, c)
	}
	p := pen{size: 12.5, color: ink, align: right}
	edge := x + m.cell - 8
	if !v.Known {
		p.size, p.color = 10.5, amber
		s.text(edge, mid+4, "unknown", p)
		return
	}
	small := pen{size: 8.5, color: muted, align: right}
	if v.Step >= 0 {
		small.color = ink
	}
	if v.Interval == "" || m.row < intervalRow {
		s.text(edge, mid+4.4, p.fit(v.Text, m.cell-10), p)
		return
	}
	s.text(edge, mid-0.5, p.fit(v.Text, m.cell-10), p)
	s.text(edge, mid+11.5, small.fit(v.Interval, m.cell-10), small)
}

// requirements says in one or two lines how a target stands.
func (m *matrix) requirements(s *sheet, r report.Row, mid float64) {
	x := float64(margin + nameWidth + 8)
	p := pen{size: 11, bold: true, color: accent}
	mark := ""
	switch r.Met.Result {
	case "":
		p.bold, p.color = false, muted
	case results.Fail:
		p.color, mark = alarm, "\u00d7 "
	case results.Unproven:
		p.color, mark = amber, "? "
	}
	if r.Met.Which == "" {
		s.text(x, mid+4, r.Met.Text, p)
		return
	}
	s.text(x, mid-1, mark+r.Met.Text, p)
	sub := pen{size: 9, color: muted}
	s.text(x, mid+11.5, sub.fit(s.legible(r.Met.Which), checkWidth-12), sub)
}

func (m *matrix) utility(s *sheet, r report.Row, mid float64) {
	p := pen{size: 13, bold: true, color: ink, align: right}
	edge := float64(slideWidth - margin - 4)
	if r.Utility == "" {
		p.color = muted
		s.text(edge, mid+4.4, "\u2013", p)
		return
	}
	if r.First == "" {
		s.text(edge, mid+4.4, r.Utility, p)
		return
	}
	s.text(edge, mid-0.5, r.Utility, p)
	s.text(edge, mid+11.5, "first in "+r.First, pen{size: 8.5, color: muted, align: right})
}

// legend explains the colours, below the rows; it returns where it ends.
func (m *matrix) legend(s *sheet) float64 {
	y := m.top + m.row*float64(len(m.d.Rows)) + 14
	if len(m.d.Weights) == 0 {
		return y
	}
	p := pen{size: 9.5, color: muted}
	s.text(margin, y+9, "bad", p)
	x := margin + p.width("bad") + 8
	for i, c := range report.Palette {
		s.rect(x+float64(i)*13, y, 13, 11, hex(c))
	}
	x += 13*11 + 8
	s.text(x, y+9, "good", p)
	x += p.width("good") + 14
	anchors := "Colour is utility, from the bad to the good anchor"
	for i, w := range m.d.Weights {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		anchors += fmt.Sprintf("%s%s %s to %s", sep, w.Label, w.Bad, w.Good)
	}
	s.text(x, y+9, p.fit(s.legible(anchors), slideWidth-margin-x), p)
	return y + 11
}

// words fills the room that few targets leave with the reasons and with what
// would change the winner.
func (m *matrix) words(s *sheet, names []string, y float64) {
	room := m.height - 52 - y
	head, why := "Why", m.d.Verdict.Why
	if len(m.d.Verdict.Settle) > 0 {
		head, why = "What would settle it", m.d.Verdict.Settle
	}
	var changes []string
	for _, c := range m.d.Changes {
		changes = append(changes, fmt.Sprintf("%s from %s to %s: %s wins", c.What, c.From, c.To, c.Winner))
	}
	const half = (slideWidth-2*margin)/2 - 16
	m.list(s, names, margin, y, half, room, head, why)
	m.list(s, names, margin+half+32, y, half, room, "What would change this", changes)
}

// list writes a heading and as many whole items as there is room for.
func (m *matrix) list(s *sheet, names []string, x, y, width, room float64, head string, items []string) {
	const step = 14.5
	p := pen{size: 10.5, color: ink}
	if len(items) == 0 || room < 16+step {
		return
	}
	s.text(x, y+10, head, pen{size: 10.5, bold: true, color: ink})
	end := y + room
	y += 10
	for _, item := range items {
		ls := p.lines(s.renamed(m.d, names, item), width-12, 2)
		if y+step*float64(len(ls)) > end {
			return
		}
		s.disc(x+3, y+step-3.6, 1.6, muted)
		for _, l := range ls {
			y += step
			s.text(x+12, y, l, p)
		}
		y += 2
	}
}

// foot is the notes and the run.
func (m *matrix) foot(s *sheet, notes []string) {
	y := m.height - 36
	p := pen{size: 9.5, color: muted}
	var line string
	if m.row >= intervalRow {
		line = "Small: 95 % interval. "
	}
	if m.d.Draws != "" {
		line += "First in: the share of draws in which it comes first. "
	}
	if len(notes) > 0 {
		line += notes[0]
		if len(notes) > 1 {
			line = fmt.Sprintf("%d targets stand under another name: this picture's font lacks characters of theirs; see the report.", len(notes))
		}
	}
	s.text(margin, y, p.fit(line, slideWidth-2*margin), p)
	s.text(margin, y+16, p.fit("switchover, run "+s.legible(m.d.Run), slideWidth-2*margin), p)
}
