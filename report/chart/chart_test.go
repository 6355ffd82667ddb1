package chart

import (
	"bytes"
	"flag"
	"fmt"
	"image/color"
	imagepng "image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/report"
	"switchover/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func fixtures() map[string]*report.Doc {
	return map[string]*report.Doc{
		"demo":    report.New(reporttest.Demo()),
		"invalid": report.New(reporttest.Invalid()),
		"unknown": report.New(reporttest.UnknownCost()),
		"hostile": report.New(reporttest.Hostile()),
		"one":     report.New(reporttest.One()),
		"many":    report.New(reporttest.Many(12)),
	}
}

// pictures are the two charts of a run as the drawing library writes them.
func pictures(t *testing.T, d *report.Doc) map[string]string {
	t.Helper()
	m, l := layMatrix(d), layLatency(d, false)
	out := map[string]string{}
	for name, p := range map[string]struct {
		height float64
		draw   func(*sheet)
	}{"matrix": {m.height, m.draw}, "latency": {l.height, l.draw}} {
		b, err := svg(p.height, false, p.draw)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = string(b)
	}
	return out
}

func TestPictures(t *testing.T) {
	for _, run := range []string{"demo", "invalid"} {
		for name, got := range pictures(t, fixtures()[run]) {
			path := filepath.Join("testdata", run+"-"+name+".svg")
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", path, diff)
			}
		}
	}
}

var textElement = regexp.MustCompile(`<text x="([^"]*)"[^>]*font-weight:(\w+)[^>]*font-size:([0-9.]+)px[^>]*>([^<]*)</text>`)

// Whatever the run, its pictures say what they must and write nothing outside
// their edges.
func TestEveryPictureStandsAlone(t *testing.T) {
	for run, d := range fixtures() {
		for name, p := range pictures(t, d) {
			if d.Simulated != strings.Contains(p, "SIMULATED") {
				t.Errorf("%s of %s: simulated is %v and the picture says otherwise", name, run, d.Simulated)
			}
			if strings.Contains(p, "is invalid") != (run == "invalid") {
				t.Errorf("%s of %s: whether the run is invalid is not what the picture says", name, run)
			}
			if !strings.Contains(p, "run 20261122T090102Z-") {
				t.Errorf("%s of %s does not name its run", name, run)
			}
			texts := textElement.FindAllStringSubmatch(p, -1)
			if len(texts) < 10 {
				t.Fatalf("%s of %s: found %d texts", name, run, len(texts))
			}
			for _, m := range texts {
				var x, size float64
				fmt.Sscan(m[1], &x)
				fmt.Sscan(m[3], &size)
				unescaped := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&amp;", "&").Replace(m[4])
				if end := x + (pen{size: size, bold: m[2] == "bold"}).width(unescaped); x < 0 || end > slideWidth+1 {
					t.Errorf("%s of %s: %q reaches from %.0f to %.0f of %d", name, run, m[4], x, end, slideWidth)
				}
				if !drawable(unescaped) {
					t.Errorf("%s of %s: the font cannot draw %q", name, run, m[4])
				}
			}
		}
	}
}

func TestNamesTheFontLacks(t *testing.T) {
	d := report.New(reporttest.Hostile())
	names, notes := (&sheet{}).labels(d)
	for i, r := range d.Rows {
		if strings.HasPrefix(r.Target, "\u901a") {
			if names[i] != "7b-sim" || len(notes) != 1 || !strings.Contains(notes[0], "number 3") {
				t.Errorf("name %q, notes %q: want the model's name and a note", names[i], notes)
			}
			// In a page the browser has the fonts.
			if inPage, _ := (&sheet{inPage: true}).labels(d); inPage[i] != r.Target {
				t.Errorf("in a page the name is %q", inPage[i])
			}
			d.Rows[i].Model = "\u901a\u4e49"
			if names, _ = (&sheet{}).labels(d); names[i] != "target 3" {
				t.Errorf("without a model's name: %q, want target 3", names[i])
			}
		} else if names[i] != r.Target {
			t.Errorf("%q stands as %q", r.Target, names[i])
		}
	}
}

func TestPNG(t *testing.T) {
	matrix, err := Matrix(report.New(reporttest.Demo()))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := imagepng.DecodeConfig(bytes.NewReader(matrix))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Width != slideWidth*dpi/72 || cfg.Height != slideHeight*dpi/72 {
		t.Errorf("the matrix of four targets is %d x %d pixels: not a slide", cfg.Width, cfg.Height)
	}
	// A small one is enough to see that nothing but the drawing goes into the file.
	var small [2][]byte
	for i := range small {
		if small[i], err = png(60, func(s *sheet) { kicker(s, report.New(reporttest.Demo()), "test") }); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(small[0], small[1]) {
		t.Error("two renderings of one picture differ")
	}
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(c color.NRGBA) float64 {
	f := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*f(c.R) + 0.7152*f(c.G) + 0.0722*f(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// Text is readable on every colour (WCAG AA: 4.5), on paper and on a dark page.
func TestContrast(t *testing.T) {
	for i := range report.Palette {
		if c := contrast(ink, hex(report.Palette[i])); c < 4.5 {
			t.Errorf("step %d: contrast %.1f", i, c)
		}
		if c := contrast(hex("#e8ebee"), hex(report.PaletteDark[i])); c < 4.5 {
			t.Errorf("step %d in the dark: contrast %.1f", i, c)
		}
	}
	for name, c := range map[string]color.NRGBA{"muted": muted, "accent": accent, "alarm": alarm, "amber": amber} {
		for ground, g := range map[string]color.NRGBA{"white": white, "faint": faint} {
			if v := contrast(c, g); v < 4.5 {
				t.Errorf("%s on %s: contrast %.1f", name, ground, v)
			}
		}
	}
}

func TestTicks(t *testing.T) {
	p := pen{size: 9.5}
	for _, tt := range []struct {
		lo, hi float64
	}{{0.3, 0.9}, {0.0001, 300}, {1, 1}, {0.012, 0.03}, {1e-9, 1e-8}} {
		s := newLogScale(tt.lo, tt.hi)
		s.place(200, 230)
		ticks := s.ticks(p)
		if len(ticks) < 1 || len(ticks) > 12 {
			t.Errorf("%v to %v: %d ticks", tt.lo, tt.hi, len(ticks))
		}
		end := math.Inf(-1)
		for _, v := range ticks {
			half := p.width(tickLabel(v)) / 2
			if s.at(v)-half < end {
				t.Errorf("%v to %v: the label of %v touches the one before", tt.lo, tt.hi, v)
			}
			end = s.at(v) + half
		}
		if s.at(tt.lo) < 200 || s.at(tt.hi) > 430 {
			t.Errorf("%v to %v stand at %v and %v", tt.lo, tt.hi, s.at(tt.lo), s.at(tt.hi))
		}
	}
}

// What stands in a page has no style attributes, no markup from names, and its
// elements are closed.
func TestLatencySVG(t *testing.T) {
	for run, d := range fixtures() {
		got, err := LatencySVG(d)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(got, "style=") || strings.Contains(got, "<script") || strings.Contains(got, "<?xml") {
			t.Errorf("%s: %.200s", run, got)
		}
		for _, el := range []string{"g", "text", "svg"} {
			if open, closed := strings.Count(got, "<"+el), strings.Count(got, "</"+el+">"); open != closed {
				t.Errorf("%s: %d <%s> and %d closed", run, open, el, closed)
			}
		}
		if run == "hostile" && !strings.Contains(got, "\u901a\u4e49\u5343\u95ee") {
			t.Error("a name in another script is missing")
		}
	}
}
