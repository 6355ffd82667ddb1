package report_test

import (
	"fmt"
	"strings"
	"testing"

	"switchover/report"
	"switchover/report/reporttest"
	"switchover/results"
)

func ExampleNew() {
	ttft := 0.312
	run := &results.Run{ID: "20261122T090102Z-quick", Name: "quick", Targets: []results.RunTarget{{Name: "small"}}}
	s := &results.Summary{State: results.StateComplete, Valid: true, Targets: []results.TargetSummary{{
		Name:    "small",
		Stages:  []results.StageSummary{{Counts: results.Counts{Succeeded: 96}}},
		Figures: map[string]results.Figure{"ttft_p50": {Value: &ttft, Unit: "s", N: 96}},
	}}}
	s.Matrix = results.BuildMatrix(run, s, nil)
	d := report.New(run, s)
	fmt.Println(d.Verdict.Headline)
	for i, c := range d.Columns[:3] {
		fmt.Println(c.Label, d.Rows[0].Cells[i].Text)
	}
	// Output:
	// No verdict
	// Quality unknown
	// $/1k conversations unknown
	// TTFT p50 312 ms
}

func TestFormat(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		unit string
		want string
	}{
		{0.312, "s", "312 ms"},
		{0.0131, "s", "13.1 ms"},
		{0.000042, "s", "42 \u00b5s"},
		{2.5, "s", "2.50 s"},
		{312.4, "s", "312 s"},
		{0, "s", "0 s"},
		{0.012, "share", "1.2 %"},
		{0.0005, "share", "0.05 %"},
		{0, "share", "0 %"},
		{1, "share", "100 %"},
		{15, "USD", "$15.00"},
		{0.5, "USD", "$0.50"},
		{0.0945, "USD", "$0.0945"},
		{0.000012, "USD", "$0.000012"},
		{12345.6, "USD", "$12,345.60"},
		{-0.25, "USD", "-$0.25"},
		{0, "USD", "$0"},
		{118.3, "tokens/s", "118"},
		{12345, "tokens/s", "12,345"},
		{3.88, "1/s", "3.88/s"},
		{4.333, "points", "4.33"},
		{-0.001, "points", "0.00"},
		{71.25, "GiB", "71.2 GiB"},
	} {
		if got := report.Format(tt.v, tt.unit); got != tt.want {
			t.Errorf("Format(%v, %q) = %q, want %q", tt.v, tt.unit, got, tt.want)
		}
	}
}

func TestInterval(t *testing.T) {
	p := func(v float64) *float64 { return &v }
	for _, tt := range []struct {
		low, high *float64
		unit      string
		values    []float64
		want      string
	}{
		{p(0.305), p(0.32), "s", []float64{0.31}, "305\u2013320 ms"},
		{p(0.305), nil, "s", []float64{0.31}, "305\u2013? ms"},
		{nil, p(0.32), "s", []float64{0.31}, "?\u2013320 ms"},
		{nil, nil, "s", nil, ""},
		{p(4.58), p(4.87), "USD", nil, "$4.58\u20134.87"},
		{p(-0.21), p(0.03), "points", nil, "-0.21 to 0.03"},
		{p(-0.127), p(0.127), "USD", nil, "-$0.127 to $0.127"},
		{p(0), p(0.034), "share", []float64{0.034}, "0.0\u20133.4 %"},
	} {
		if got := report.NewScale(tt.unit, tt.values...).Interval(tt.low, tt.high); got != tt.want {
			t.Errorf("Interval = %q, want %q", got, tt.want)
		}
	}
}

// What is unknown must never look like a measurement, and must say how to supply it.
func TestUnknownIsSaidAndExplained(t *testing.T) {
	d := report.New(reporttest.UnknownCost())
	if d.Verdict.Kind != results.NoVerdict || len(d.Verdict.Settle) == 0 {
		t.Errorf("verdict %+v: want none, with what would settle it", d.Verdict)
	}
	for i, c := range d.Columns {
		want := c.Key == "quality" || strings.HasPrefix(c.Key, "usd_")
		for _, r := range d.Rows {
			v := r.Cells[i]
			if v.Known == want {
				t.Errorf("%s of %s: known is %v", c.Label, r.Target, v.Known)
			}
			if !v.Known && (v.Text != "unknown" || v.Step != -1 || v.Note == 0 || v.Value != nil) {
				t.Errorf("%s of %s: unknown cell %+v", c.Label, r.Target, v)
			}
		}
	}
	if len(d.Footnotes) != 3 || !strings.Contains(d.Footnotes[0].What, "llama-3.1-8b, qwen2.5-7b") {
		t.Errorf("footnotes %+v: want one for each unknown figure, naming both targets", d.Footnotes)
	}
	if len(d.Verdict.Settle) == 0 || len(d.Supply) != 0 {
		t.Errorf("what to do is to be said once, with the verdict: %q and %q", d.Verdict.Settle, d.Supply)
	}
}

func TestBannersStandInOrderOfGravity(t *testing.T) {
	run, s := reporttest.Invalid()
	d := report.New(run, s)
	var kinds []string
	for _, b := range d.Banners {
		kinds = append(kinds, b.Kind)
	}
	want := "invalid cut simulated warning"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("banners %q, want %q", got, want)
	}
	if len(d.Banners[0].Lines) != 2 || len(d.Banners[1].Lines) != 0 {
		t.Errorf("the reasons must stand once, with the gravest: %+v", d.Banners)
	}

	s.Valid, s.State = true, results.StateComplete
	if d = report.New(run, s); d.Banners[0].Kind != report.BannerSimulated {
		t.Errorf("a valid run begins with %q", d.Banners[0].Kind)
	}
	if last := d.Banners[len(d.Banners)-1]; last.Kind != report.BannerWarning || len(last.Lines) != 3 {
		t.Errorf("reasons of a valid run were lost: %+v", last)
	}
}

func TestSimulatedTargetsAreNamedWhenOnlySomeAre(t *testing.T) {
	run, s := reporttest.Demo()
	run.Targets[0].Simulated, s.Targets[0].Simulated = false, false
	for i := range s.Matrix.Rows {
		s.Matrix.Rows[i].Simulated = s.Matrix.Rows[i].Target != "claude"
	}
	d := report.New(run, s)
	for _, r := range d.Rows {
		if want := r.Target != "claude"; strings.Contains(r.Role, "simulated") != want {
			t.Errorf("%s is marked %q", r.Target, r.Role)
		}
	}
	for _, b := range d.Banners {
		if b.Kind == report.BannerSimulated {
			if len(b.Lines) != 1 || strings.Contains(b.Lines[0], "claude") || !strings.Contains(b.Lines[0], "small-7b") {
				t.Errorf("lines %q", b.Lines)
			}
			return
		}
	}
	t.Error("no banner says simulated")
}

// An endpoint that the run did not start can say of itself that it is simulated.
func TestSimulatedEndpointIsSaid(t *testing.T) {
	run, s := reporttest.UnknownCost()
	s.Simulated, s.Targets[1].Simulated = true, true
	d := report.New(run, s)
	if !d.Simulated || len(d.Banners) == 0 || d.Banners[0].Kind != report.BannerSimulated ||
		len(d.Banners[0].Lines) != 1 || !strings.Contains(d.Banners[0].Lines[0], "qwen2.5-7b") {
		t.Errorf("simulated %v, banners %+v", d.Simulated, d.Banners)
	}
}

func TestStepFollowsTheAnchors(t *testing.T) {
	run, s := reporttest.Demo()
	d := report.New(run, s)
	for _, r := range d.Rows {
		for i, c := range d.Columns {
			v := r.Cells[i]
			if (c.Weight == "") != (v.Step == -1) {
				t.Errorf("%s of %s: weight %q, step %d", c.Label, r.Target, c.Weight, v.Step)
			}
			if v.Step < -1 || v.Step > 10 {
				t.Errorf("%s of %s: step %d", c.Label, r.Target, v.Step)
			}
		}
		// Every target has its colours, those that are out included.
		if r.Standing == results.Out && r.Cells[0].Step < 0 {
			t.Errorf("%s is out and has no colour", r.Target)
		}
	}
}

// A run of which nothing was compared still has its figures shown.
func TestWithoutMatrix(t *testing.T) {
	run, s := reporttest.Demo()
	s.Matrix = nil
	d := report.New(run, s)
	if len(d.Rows) != 4 || d.Verdict.Kind != results.NoVerdict || len(d.Tables) == 0 {
		t.Errorf("rows %d, verdict %q, tables %d", len(d.Rows), d.Verdict.Kind, len(d.Tables))
	}
}

func TestEveryFigureOfTheMatrixIsDefined(t *testing.T) {
	d := report.New(reporttest.Demo())
	defined := map[string]bool{}
	for _, def := range d.Definitions {
		defined[def.Key] = true
	}
	for _, c := range d.Columns {
		if !defined[c.Key] {
			t.Errorf("%s has no definition", c.Key)
		}
	}
	for _, tab := range d.Tables {
		for _, h := range tab.Head {
			if h.Key != "" && !defined[h.Key] {
				t.Errorf("%s in %s has no definition", h.Key, tab.Title)
			}
		}
	}
}

// Every row of every table has as many cells as its heading.
func TestTablesAreRectangular(t *testing.T) {
	run, s := reporttest.Demo()
	// A second stage that only some targets reached.
	second := s.Targets[0].Stages[0]
	second.Name = "people"
	s.Targets[0].Stages = append(s.Targets[0].Stages, second)
	d := report.New(run, s)
	for _, tab := range append(append(d.Tables, d.How...), d.Errors, d.Judging) {
		for _, r := range tab.Rows {
			if len(r) != len(tab.Head) {
				t.Errorf("%s: %d cells under %d headings", tab.Title, len(r), len(tab.Head))
			}
		}
		if tab.ID == "latency" && (len(tab.Rows) != 5 || tab.Head[1].Label != "Stage") {
			t.Errorf("latency has %d rows, second heading %q: want each target in each of its stages", len(tab.Rows), tab.Head[1].Label)
		}
	}
}
