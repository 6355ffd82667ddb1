// Package chart draws a report's pictures: the decision matrix and the latency of
// every target, as PNG at 192 dots per inch for a slide and the latency as SVG for
// the HTML report. A picture stands alone: it carries the verdict or its title,
// its legend, its run and, where it applies, the words "simulated" and "invalid".
//
// The only font is Liberation Sans, which comes with the drawing library, so that
// a picture is the same on every machine. It holds no CJK: where a name cannot be
// drawn the picture uses the model's name or a number and says so, instead of
// showing boxes.
package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"switchover/report"
)

// A slide is 16 to 9; a picture with many targets grows downwards. In points.
const (
	slideWidth  = 960
	slideHeight = 540
	margin      = 36
	dpi         = 192
)

// The colours of a picture besides report.Palette.
var (
	ink    = hex("#1b1f24")
	muted  = hex("#59636e")
	rule   = hex("#d0d7de")
	faint  = hex("#f3f5f7")
	white  = hex("#ffffff")
	accent = hex("#0f4c81")
	alarm  = hex("#a3320b")
	amber  = hex("#7a4f01")
	mid    = hex("#4a90c8")
	warm   = hex("#c4622d")
)

// hex parses #rrggbb; it is only given this package's and report's own colours.
func hex(s string) color.NRGBA {
	var r, g, b uint8
	if _, err := fmt.Sscanf(s, "#%02x%02x%02x", &r, &g, &b); err != nil {
		panic("chart: bad colour " + s)
	}
	return color.NRGBA{r, g, b, 255}
}

// mix is a with share t of b in it.
func mix(a, b color.NRGBA, t float64) color.NRGBA {
	f := func(x, y uint8) uint8 { return uint8(float64(x)*(1-t) + float64(y)*t + 0.5) }
	return color.NRGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), 255}
}

// sheet is what is drawn on: points from the top left corner.
type sheet struct {
	canvas vg.Canvas
	height float64
	// inPage is true for a picture in a page that has its own heading and brings
	// its own fonts.
	inPage bool
}

// align says which point of a text lies at the given place.
type align int

const (
	left align = iota
	centre
	right
)

// pen is how text is written.
type pen struct {
	size  float64
	bold  bool
	color color.NRGBA
	align align
}

// face finds Liberation Sans in a size. The collection is part of the program.
func face(size float64, bold bool) font.Face {
	want := "LiberationSans-Regular"
	if bold {
		want = "LiberationSans-Bold"
	}
	for _, f := range liberation.Collection() {
		if f.Name() == want {
			f.Font.Size = vg.Points(size)
			return f
		}
	}
	panic("chart: the drawing library came without " + want)
}

func (p pen) width(s string) float64 {
	f := face(p.size, p.bold)
	return f.Width(s).Points()
}

// fit shortens s to width.
func (p pen) fit(s string, width float64) string {
	if p.width(s) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && p.width(string(r)+"\u2026") > width {
		r = r[:len(r)-1]
	}
	return strings.TrimRight(string(r), " ") + "\u2026"
}

// fitAll shortens names to width, so that they can still be told apart.
func (p pen) fitAll(names []string, width float64) []string {
	return report.Shorten(names, func(s string) bool { return p.width(s) <= width })
}

// lines breaks s between words into at most n lines of width; the last is shortened.
func (p pen) lines(s string, width float64, n int) []string {
	var out []string
	words := strings.Fields(s)
	for len(words) > 0 {
		if len(out) == n-1 {
			return append(out, p.fit(strings.Join(words, " "), width))
		}
		k := 1
		for k < len(words) && p.width(strings.Join(words[:k+1], " ")) <= width {
			k++
		}
		out = append(out, p.fit(strings.Join(words[:k], " "), width))
		words = words[k:]
	}
	return out
}

// text writes s with its baseline at y.
func (s *sheet) text(x, y float64, str string, p pen) {
	f := face(p.size, p.bold)
	switch p.align {
	case centre:
		x -= f.Width(str).Points() / 2
	case right:
		x -= f.Width(str).Points()
	}
	s.canvas.SetColor(p.color)
	s.canvas.FillString(f, vg.Point{X: vg.Points(x), Y: vg.Points(s.height - y)}, str)
}

func (s *sheet) point(x, y float64) vg.Point {
	return vg.Point{X: vg.Points(x), Y: vg.Points(s.height - y)}
}

func (s *sheet) rect(x, y, w, h float64, c color.NRGBA) {
	var p vg.Path
	p.Move(s.point(x, y))
	p.Line(s.point(x+w, y))
	p.Line(s.point(x+w, y+h))
	p.Line(s.point(x, y+h))
	p.Close()
	s.canvas.SetColor(c)
	s.canvas.Fill(p)
}

// pill is a rectangle with round ends.
func (s *sheet) pill(x, y, w, h float64, c color.NRGBA) {
	r := h / 2
	s.rect(x+r, y, w-h, h, c)
	s.disc(x+r, y+r, r, c)
	s.disc(x+w-r, y+r, r, c)
}

func (s *sheet) disc(x, y, r float64, c color.NRGBA) {
	s.canvas.SetColor(c)
	s.canvas.Fill(s.circle(x, y, r))
}

func (s *sheet) ring(x, y, r, width float64, c color.NRGBA) {
	s.disc(x, y, r, white)
	s.canvas.SetColor(c)
	s.canvas.SetLineWidth(vg.Points(width))
	s.canvas.SetLineDash(nil, 0)
	s.canvas.Stroke(s.circle(x, y, r))
}

func (s *sheet) circle(x, y, r float64) vg.Path {
	var p vg.Path
	p.Move(s.point(x+r, y))
	p.Arc(s.point(x, y), vg.Points(r), 0, 2*3.141592653589793)
	p.Close()
	return p
}

func (s *sheet) diamond(x, y, r float64, c color.NRGBA) {
	var p vg.Path
	p.Move(s.point(x, y-r))
	p.Line(s.point(x+r, y))
	p.Line(s.point(x, y+r))
	p.Line(s.point(x-r, y))
	p.Close()
	s.canvas.SetColor(c)
	s.canvas.Fill(p)
}

// line draws from one point to another; dash is in points, nothing is solid.
func (s *sheet) line(x1, y1, x2, y2, width float64, c color.NRGBA, dash ...float64) {
	var p vg.Path
	p.Move(s.point(x1, y1))
	p.Line(s.point(x2, y2))
	var d []vg.Length
	for _, v := range dash {
		d = append(d, vg.Points(v))
	}
	s.canvas.SetColor(c)
	s.canvas.SetLineWidth(vg.Points(width))
	s.canvas.SetLineDash(d, 0)
	s.canvas.Stroke(p)
}

// png draws a picture of the given height.
func png(height float64, draw func(*sheet)) ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(vg.Points(slideWidth), vg.Points(height)), vgimg.UseDPI(dpi))
	draw(&sheet{canvas: c, height: height})
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(&b); err != nil {
		return nil, fmt.Errorf("encode picture: %w", err)
	}
	return b.Bytes(), nil
}

// svg draws a picture of the given height as the drawing library writes it.
func svg(height float64, inPage bool, draw func(*sheet)) ([]byte, error) {
	c := vgsvg.New(vg.Points(slideWidth), vg.Points(height))
	draw(&sheet{canvas: c, height: height, inPage: inPage})
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("encode picture: %w", err)
	}
	return b.Bytes(), nil
}
