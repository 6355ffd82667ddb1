package chart

import (
	"bytes"
	"image"
	_ "image/png"
	"strings"
	"testing"

	"switchover/report"
)

// curved is a Doc of one sweep and one search.
func curved() *report.Doc {
	v := func(x float64) report.Value { return report.Value{Text: "x", Known: true, Value: &x} }
	lo, hi := 3.0, 5.0
	capacity := v(4)
	capacity.Low, capacity.High, capacity.Interval = &lo, &hi, "3.00-5.00/s"
	series := func(c report.Value) []report.Series {
		return []report.Series{{Target: "a", Points: []report.Point{{Load: 1, P50: v(0.2), P90: v(0.3), Met: true}, {Load: 8, P50: v(2), P90: v(4)}}, Capacity: c}}
	}
	return &report.Doc{Title: "t", Run: "r", Curves: []report.Curve{
		{Table: report.Table{ID: "load-s", Title: "Under load: s"}, Axis: "users", Unit: "users", Series: series(report.Value{})},
		{Table: report.Table{ID: "load-c", Title: "Capacity: <c>"}, Axis: "conversation starts a second", Unit: "1/s", Series: series(capacity)},
		{Table: report.Table{ID: "load-e", Title: "Empty"}, Axis: "users", Unit: "users"},
	}}
}

func TestLoad(t *testing.T) {
	d := curved()
	b, err := Load(d)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil || img.Bounds().Dx() < 2000 {
		t.Fatalf("no picture: %v", err)
	}
	again, _ := Load(d)
	if !bytes.Equal(b, again) {
		t.Error("the same run gave another picture")
	}
	svg, err := LoadSVG(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Under load: s", "Capacity: &lt;c&gt;", "No latency was measured.", "3.00-5.00/s"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	if strings.Contains(svg, "style=") || strings.Contains(svg, "<c>") {
		t.Error("the picture has styles or markup of a name")
	}
	sweep := *d
	sweep.Curves = d.Curves[:1]
	const dashed = "Dashed: the capacity; shaded: its 95 % bounds"
	if alone, err := LoadSVG(&sweep); err != nil || strings.Contains(alone, dashed) || !strings.Contains(svg, dashed) {
		t.Errorf("the marks of a capacity are explained where there is none, or not where there is one: %v", err)
	}
	if none, err := LoadSVG(&report.Doc{}); none != "" || err != nil {
		t.Errorf("a run of one load has a picture: %q, %v", none, err)
	}
}
