package terminal

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/report"
	"switchover/report/reporttest"
	"switchover/results"
	"switchover/results/gate"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func fixtures() map[string]*report.Doc {
	return map[string]*report.Doc{
		"demo":    report.New(reporttest.Demo()),
		"invalid": report.New(reporttest.Invalid()),
		"unknown": report.New(reporttest.UnknownCost()),
		"hostile": report.New(reporttest.Hostile()),
		"one":     report.New(reporttest.One()),
		"many":    report.New(reporttest.Many(8)),
	}
}

func show(t *testing.T, d *report.Doc, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Matrix(&b, d, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMatrix(t *testing.T) {
	docs := fixtures()
	for _, tt := range []struct {
		doc   string
		width int
	}{
		{"demo", 80}, {"demo", 120}, {"invalid", 100}, {"unknown", 80}, {"hostile", 100}, {"many", 80}, {"one", 80},
	} {
		golden(t, fmt.Sprintf("%s-%d.txt", tt.doc, tt.width), []byte(show(t, docs[tt.doc], Options{Width: tt.width})))
	}
}

// No line is wider than the terminal, at any width, whatever the names are.
func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	for name, d := range fixtures() {
		for width := 60; width <= 160; width += 7 {
			for i, l := range strings.Split(show(t, d, Options{Width: width}), "\n") {
				if n := cellWidth(l); n > width {
					t.Errorf("%s at %d columns: line %d fills %d: %q", name, width, i+1, n, l)
				}
			}
		}
	}
}

var sgr = regexp.MustCompile("\x1b\\[[0-9;]+m")

// Colours are there when asked for, nothing else changes, and nothing but
// colours is ever written.
func TestColour(t *testing.T) {
	for name, d := range fixtures() {
		plain := show(t, d, Options{Width: 100})
		colour := show(t, d, Options{Width: 100, Color: true})
		if strings.ContainsAny(plain, "\x1b\x07\u202e") {
			t.Errorf("%s: control characters without colour", name)
		}
		if !sgr.MatchString(colour) {
			t.Errorf("%s: no colour", name)
		}
		if diff := cmp.Diff(plain, sgr.ReplaceAllString(colour, "")); diff != "" {
			t.Errorf("%s: colour changes the text:\n%s", name, diff)
		}
	}
}

// The first thing a reader sees of a bad run is that it is bad.
func TestInvalidComesFirst(t *testing.T) {
	out := show(t, fixtures()["invalid"], Options{})
	bad, verdict := strings.Index(out, "INVALID"), strings.Index(out, "VERDICT")
	if bad < 0 || verdict < 0 || bad > verdict {
		t.Errorf("INVALID at %d, VERDICT at %d", bad, verdict)
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	rows := [][]string{
		{"20261122T090102Z-outage", "complete", "4", "$1.20"},
		{"\u901a\u4e49\u5343\u95ee", "in\x1b[2Jterrupted", "12", "unknown"},
		{strings.Repeat("long", 40), "running"},
	}
	if err := Table(&b, []string{"Run", "State", "Targets", "Cost"}, rows, Options{Width: 60}); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", b.Bytes())
}

// A table too wide for the terminal still says which row is whose.
func TestNamesInANarrowTableStayApart(t *testing.T) {
	rows := [][]string{
		{"our-own-self-hosted-model-7b", "TTFT p90 <= 1200ms", "met", "562 ms"}, {"our-own-self-hosted-model-7b", "Error rate <= 5%", "met", "0.67 %"},
		{"our-own-self-hosted-model-13b", "TTFT p90 <= 1200ms", "met", "778 ms"}, {"our-own-self-hosted-model-13b", "Error rate <= 5%", "met", "0 %"},
	}
	var b strings.Builder
	if err := Table(&b, []string{"Target", "Objective", "Verdict", "Measured"}, rows, Options{Width: 60}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")[2:6]
	if a, b := strings.Fields(lines[0])[0], strings.Fields(lines[2])[0]; a == b || !strings.HasSuffix(a, "7b") || !strings.HasSuffix(b, "13b") {
		t.Errorf("%q and %q cannot be told apart", a, b)
	}
	for _, l := range lines {
		if cellWidth(l) > 60 {
			t.Errorf("%d cells of 60: %q", cellWidth(l), l)
		}
	}
}

func TestGate(t *testing.T) {
	run, s := reporttest.Demo()
	run.Policy.Objectives = append(run.Policy.Objectives, results.Bound{Name: "gpu_util", Op: "<", Limit: new(float64), Text: "90%"})
	r := gate.Check(run, s, "claude", "medium-13b")
	_, base := reporttest.Demo()
	base.Run = "20261121T080000Z-outage"
	faster := 0.25
	base.Targets[0].Figures["ttft_p50"] = results.Figure{Value: &faster, Unit: "s", N: 80}
	r.Compare(base, s)
	r.Differences = r.Differences[:12]
	for _, width := range []int{80, 120} {
		var b bytes.Buffer
		if err := Gate(&b, r, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("gate-%d.txt", width), b.Bytes())
		for l := range strings.SplitSeq(b.String(), "\n") {
			if cellWidth(l) > width {
				t.Errorf("%d columns: %q", width, l)
			}
		}
	}
}
