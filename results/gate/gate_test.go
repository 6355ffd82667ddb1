package gate_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"switchover/results"
	"switchover/results/gate"
)

func ptr(v float64) *float64 { return &v }

func figure(unit string, v, low, high float64) results.Figure {
	return results.Figure{Value: &v, Low: &low, High: &high, Unit: unit, N: 400}
}

// ran is a complete, valid run of two targets and a judge that was held to three
// objectives, of which every target meets every one.
func ran() (*results.Run, *results.Summary) {
	run := &results.Run{ID: "20261122T090102Z-ci", State: results.StateComplete, Seed: 1, ScheduleHash: "aa",
		Targets: []results.RunTarget{{Name: "a", Model: "m"}, {Name: "b", Model: "m"}, {Name: "judge", Role: results.RoleJudge}},
		Stages:  []results.RunStage{{Name: "warm-up"}, {Name: "steady", Mode: "open", Rate: 5, Measure: true}},
		Policy: results.Policy{Objectives: []results.Bound{
			{Name: "ttft_p90", Op: "<=", Limit: ptr(0.8), Text: "800ms"},
			{Name: "output_tokens_per_s", Op: ">=", Limit: ptr(100), Text: "100"},
			{Name: "error_rate", Op: "<=", Limit: ptr(0.01), Text: "1%"},
		}}}
	s := &results.Summary{Run: run.ID, Valid: true, State: run.State}
	for _, name := range []string{"a", "b"} {
		s.Targets = append(s.Targets, results.TargetSummary{Name: name, Model: "m", Figures: map[string]results.Figure{
			"ttft_p90":            figure("s", 0.6, 0.55, 0.7),
			"output_tokens_per_s": figure("tokens/s", 150, 140, 160),
			"error_rate":          figure("share", 0.0025, 0.0001, 0.009),
		}})
	}
	return run, s
}

func TestCheckVerdict(t *testing.T) {
	type change = func(run *results.Run, s *results.Summary)
	set := func(target int, key string, f results.Figure) change {
		return func(_ *results.Run, s *results.Summary) { s.Targets[target].Figures[key] = f }
	}
	tests := []struct {
		intent string
		change change
		want   string
		code   int
		reason string
	}{
		{"every objective met", func(*results.Run, *results.Summary) {}, gate.Pass, 0, ""},
		{"a value at the limit meets it", set(0, "ttft_p90", figure("s", 0.8, 0.7, 0.9)), gate.Pass, 0, ""},
		{"one target misses one objective", set(1, "ttft_p90", figure("s", 1, 0.9, 1.1)), gate.Missed, 1, "ttft_p90 of b is 1 s, objective <= 800ms: missed by 25 %"},
		{"too little of what should be high is missed too", set(0, "output_tokens_per_s", figure("tokens/s", 80, 70, 90)), gate.Missed, 1, "missed by 20 %"},
		{"an unknown figure is not a pass", set(0, "error_rate", results.Unknown("share", 0, "nothing was asked")), gate.NoData, 4, "error_rate of a has no data: nothing was asked"},
		{"a figure that is not there at all is not one either", func(_ *results.Run, s *results.Summary) { delete(s.Targets[0].Figures, "error_rate") }, gate.NoData, 4, "measured none"},
		{"a target without a summary is not one either", func(_ *results.Run, s *results.Summary) { s.Targets = s.Targets[:1] }, gate.NoData, 4, "no such target"},
		{"no objectives: nothing was checked", func(run *results.Run, _ *results.Summary) { run.Policy.Objectives = nil }, gate.NoData, 4, "no objectives"},
		{"no targets: nothing was checked", func(run *results.Run, s *results.Summary) { run.Targets, s.Targets = nil, nil }, gate.NoData, 4, "no target"},
		{"an objective without a limit checks nothing", func(run *results.Run, _ *results.Summary) { run.Policy.Objectives[0].Limit = nil }, gate.NoData, 4, "not an objective"},
		{"a missed objective is missed whatever is unknown", func(_ *results.Run, s *results.Summary) {
			s.Targets[0].Figures["ttft_p90"] = figure("s", 1, 0.9, 1.1)
			delete(s.Targets[0].Figures, "error_rate")
		}, gate.Missed, 1, "ttft_p90"},
		{"an invalid run is invalid whatever it misses", func(_ *results.Run, s *results.Summary) {
			s.Valid, s.Reasons = false, []string{"schedule lag p99 is 40 ms"}
			s.Targets[0].Figures["ttft_p90"] = figure("s", 1, 0.9, 1.1)
		}, gate.Invalid, 4, "schedule lag p99 is 40 ms"},
		{"a run that was cut short is not judged", func(run *results.Run, _ *results.Summary) { run.State = results.StateInterrupted }, gate.Invalid, 4, "run --resume 20261122T090102Z-ci"},
	}
	for _, tt := range tests {
		t.Run(tt.intent, func(t *testing.T) {
			run, s := ran()
			tt.change(run, s)
			r := gate.Check(run, s)
			if r.Verdict != tt.want || r.ExitCode() != tt.code {
				t.Errorf("verdict %s, exit %d, want %s, %d (%q)", r.Verdict, r.ExitCode(), tt.want, tt.code, r.Reasons)
			}
			if !strings.Contains(strings.Join(r.Reasons, "\n"), tt.reason) {
				t.Errorf("reasons %q lack %q", r.Reasons, tt.reason)
			}
			if (r.Verdict == gate.Pass) != (len(r.Reasons) == 0) {
				t.Errorf("verdict %s with reasons %q", r.Verdict, r.Reasons)
			}
		})
	}
}

func TestCheckRows(t *testing.T) {
	run, s := ran()
	s.Targets[1].Figures["ttft_p90"] = figure("s", 1, 0.75, 1.1)
	r := gate.Check(run, s)
	if len(r.Rows) != 6 {
		t.Fatalf("%d rows, want 3 objectives for each of 2 targets and none for the judge", len(r.Rows))
	}
	tests := []struct {
		row   int
		name  string
		by    float64
		share float64
		close bool
	}{
		{0, "a ttft_p90", -0.2, -0.25, false},
		{1, "a output_tokens_per_s", -50, -0.5, false},
		{3, "b ttft_p90", 0.2, 0.25, true}, // its interval begins below the limit
	}
	for _, tt := range tests {
		row := r.Rows[tt.row]
		if got := row.Target + " " + row.Figure; got != tt.name {
			t.Errorf("row %d is %s, want %s", tt.row, got, tt.name)
		}
		if math.Abs(*row.By-tt.by) > 1e-9 || math.Abs(*row.ByShare-tt.share) > 1e-9 || row.Close != tt.close {
			t.Errorf("%s: by %v (%v), close %v, want %v (%v), %v", tt.name, *row.By, *row.ByShare, row.Close, tt.by, tt.share, tt.close)
		}
	}
}

func TestCheckOfSomeTargets(t *testing.T) {
	run, s := ran()
	s.Targets[1].Figures["ttft_p90"] = figure("s", 1, 0.9, 1.1)
	if r := gate.Check(run, s, "a"); r.Verdict != gate.Pass || len(r.Rows) != 3 {
		t.Errorf("gating a alone: %s with %d rows", r.Verdict, len(r.Rows))
	}
	if r := gate.Check(run, s, "a", "typo"); r.Verdict != gate.NoData {
		t.Errorf("gating a target that is not there: %s", r.Verdict)
	}
}

func TestCompare(t *testing.T) {
	run, now := ran()
	_, base := ran()
	base.Run = "20261121T090102Z-ci"
	now.Targets[0].Figures["ttft_p90"] = figure("s", 0.9, 0.8, 1)
	base.Targets[0].Figures["ttft_p50"] = figure("s", 0.3, 0.2, 0.4)
	p99 := figure("s", 2, 1.5, 0)
	p99.High = nil // not bounded
	now.Targets[0].Figures["ttft_p99"], base.Targets[0].Figures["ttft_p99"] = p99, figure("s", 1, 0.9, 1.2)
	r := gate.Check(run, now, "b")
	verdict := r.Verdict
	r.Compare(base, now)

	find := func(target, key string) gate.Difference {
		i := slices.IndexFunc(r.Differences, func(d gate.Difference) bool { return d.Target == target && d.Figure == key })
		if i < 0 {
			t.Fatalf("no difference for %s of %s", key, target)
		}
		return r.Differences[i]
	}
	near := func(what string, got *float64, want float64) {
		t.Helper()
		if got == nil || math.Abs(*got-want) > 1e-4 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	d := find("a", "ttft_p90")
	// 0.9 in [0.8, 1] against 0.6 in [0.55, 0.7]: 0.3 - hypot(0.1, 0.1), 0.3 + hypot(0.1, 0.05).
	near("difference", d.Diff, 0.3)
	near("low", d.Low, 0.15858)
	near("high", d.High, 0.41180)
	near("ratio", d.Ratio, 1.5)
	// exp(ln 1.5 - hypot(ln(0.9/0.8), ln(0.7/0.6))), exp(ln 1.5 + hypot(ln(1/0.9), ln(0.6/0.55)))
	near("ratio low", d.RatioLow, 1.5*math.Exp(-math.Hypot(math.Log(0.9/0.8), math.Log(0.7/0.6))))
	near("ratio high", d.RatioHigh, 1.5*math.Exp(math.Hypot(math.Log(1/0.9), math.Log(0.6/0.55))))
	if d.Direction != gate.Worse || d.Label != "within one run, not evidence" {
		t.Errorf("direction %q, label %q", d.Direction, d.Label)
	}
	if d := find("b", "output_tokens_per_s"); d.Direction != gate.Same || *d.Ratio != 1 {
		t.Errorf("an equal figure: %+v", d)
	}
	if d := find("a", "ttft_p50"); d.Diff != nil || d.Direction != "" {
		t.Errorf("a figure only the baseline has: %+v", d)
	}
	if d := find("a", "ttft_p99"); d.High != nil || d.Low == nil {
		t.Errorf("a figure without an upper bound: %+v", d)
	}
	if r.Verdict != verdict {
		t.Errorf("the comparison turned %s into %s", verdict, r.Verdict)
	}
}

func TestCompareWarns(t *testing.T) {
	run, now := ran()
	was, base := ran()
	r := gate.Check(run, now)
	r.Compare(base, now)
	r.CompareRuns(was, run)
	if len(r.Warnings) > 0 {
		t.Errorf("two runs of the same kind: %q", r.Warnings)
	}
	// A simulator listens somewhere else in every run; a real server that moved is
	// another server.
	was.Targets[0].URL, was.Targets[0].Simulated, run.Targets[0].Simulated = "http://127.0.0.1:1/v1", true, true
	if r.CompareRuns(was, run); len(r.Warnings) > 0 {
		t.Errorf("a simulator's port: %q", r.Warnings)
	}
	was.Targets[0].Simulated, run.Targets[0].Simulated = false, false
	was.Seed, was.ScheduleHash, was.Stages[1].Rate = 2, "bb", 10
	was.Targets[0].Price = &results.Price{Input: ptr(1), Output: ptr(2)}
	base.Targets[0].Model, base.Targets[1].Name, base.Valid, base.Simulated = "older", "c", false, true
	r.Compare(base, now)
	r.CompareRuns(was, run)
	all := strings.Join(r.Warnings, "\n")
	for _, want := range []string{"the seed differs: 2 in the baseline, 1 now", "the schedule differs: bb",
		"10 conversations/s", "a was model older in the baseline and is m now", "b is not in the baseline",
		"c is in the baseline only", "the address of a differs: http://127.0.0.1:1/v1", "baseline run is invalid", "simulated", "the price of a differs: input $1"} {
		if !strings.Contains(all, want) {
			t.Errorf("warnings lack %q:\n%s", want, all)
		}
	}
}

// A run that meets its objective, and says how close it was.
func Example() {
	run, s := ran()
	run.Policy.Objectives = run.Policy.Objectives[:1]
	s.Targets[0].Figures["ttft_p90"] = figure("s", 0.75, 0.7, 0.85)
	r := gate.Check(run, s, "a")
	row := r.Rows[0]
	fmt.Printf("%s %s: %v %s, limit %s %s: %s, close: %v\n", row.Target, row.Figure, *row.Value, row.Unit, row.Op, row.Text, row.Verdict, row.Close)
	fmt.Println(r.Verdict, r.ExitCode())
	// Output:
	// a ttft_p90: 0.75 s, limit <= 800ms: met, close: true
	// pass 0
}
