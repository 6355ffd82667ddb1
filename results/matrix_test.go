package results_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"switchover/results"
)

// entrant is one target of a made-up run.
type entrant struct {
	name      string
	incumbent bool
	ttft      float64 // s; NaN unknown
	cost      float64 // USD per 1,000 conversations; NaN unknown
	quality   float64 // points; NaN unknown
	failed    int     // of 400 requests
	// diff is the paired difference from the incumbent over 40 dialogues with its
	// one-sided bounds.
	diff, lower, upper float64
	facts              map[string]string
	quarantined        string
}

var nan = math.NaN()

// outage is the run most cases start from: the incumbent answers best, the 30 $
// alternative is nearly as good, a 7B is cheap and good enough, a 13B is cheapest
// and clearly worse.
func outage() []entrant {
	return []entrant{
		{name: "claude", incumbent: true, ttft: 0.3, cost: 5.2, quality: 4.5},
		{name: "hosted", ttft: 0.32, cost: 9.8, quality: 4.5, diff: 0, lower: -0.1, upper: 0.1},
		{name: "small-7b", ttft: 0.5, cost: 0.15, quality: 4.4, diff: -0.1, lower: -0.2, upper: 0},
		{name: "small-13b", ttft: 0.7, cost: 0.1, quality: 3.5, diff: -1, lower: -1.1, upper: -0.9},
	}
}

// made turns entrants into a run with a judge, its summary and its evidence: six
// blocks and 40 dialogues that scatter around each figure.
func made(es []entrant) (*results.Run, *results.Summary, *results.Evidence) {
	run := &results.Run{ID: "20261122T090102Z-outage", State: results.StateComplete,
		Policy: results.Policy{Margin: 0.25, Seed: 1, Weights: map[string]float64{"quality": 3, "latency": 2, "cost": 2}}}
	s := &results.Summary{Valid: true}
	ev := &results.Evidence{Targets: map[string]results.TargetEvidence{}}
	for i, e := range es {
		run.Targets = append(run.Targets, results.RunTarget{Name: e.name, Incumbent: e.incumbent, Facts: e.facts})
		figure := func(unit string, v float64, n int) results.Figure {
			if math.IsNaN(v) {
				return results.Unknown(unit, 0, map[string]string{
					"USD":    "no price: give --price IN,OUT or price: in the scenario",
					"points": "not judged: name a judge (--judge-url and --judge-model, or eval: in the scenario)",
				}[unit])
			}
			low, high := v*0.95, v*1.05
			return results.Figure{Value: &v, Low: &low, High: &high, Unit: unit, N: n}
		}
		ts := results.TargetSummary{Name: e.name, Incumbent: e.incumbent, Quarantined: e.quarantined,
			Figures: map[string]results.Figure{
				"ttft_p50":                 figure("s", e.ttft, 400),
				"usd_per_1k_conversations": figure("USD", e.cost, 200),
				"quality":                  figure("points", e.quality, 40),
				"error_rate":               figure("share", float64(e.failed)/400, 400),
			},
			Stages: []results.StageSummary{{Name: "steady", Counts: results.Counts{Requests: 400, Succeeded: 400 - e.failed, Failed: e.failed}}},
		}
		if !e.incumbent {
			d := figure("points", e.diff, 40)
			ts.Judged = results.Judged{Dialogues: 40, Difference: &d, LowerOneSided: &e.lower, UpperOneSided: &e.upper}
		}
		s.Targets = append(s.Targets, ts)
		te := results.TargetEvidence{Dialogues: map[string]float64{}}
		r := rand.New(rand.NewPCG(uint64(i), 9))
		for range 6 {
			te.Blocks = append(te.Blocks, map[string]float64{"ttft_p50": e.ttft * (0.95 + 0.1*r.Float64()), "usd_per_1k_conversations": e.cost})
		}
		for k := range 40 {
			te.Dialogues[fmt.Sprint("d", k)] = e.quality + r.NormFloat64()/2
		}
		ev.Targets[e.name] = te
	}
	run.Targets = append(run.Targets, results.RunTarget{Name: "judge", Role: results.RoleJudge})
	return run, s, ev
}

func row(t *testing.T, m *results.Matrix, name string) results.Row {
	t.Helper()
	i := slices.IndexFunc(m.Rows, func(r results.Row) bool { return r.Target == name })
	if i < 0 {
		t.Fatalf("no row for %s", name)
	}
	return m.Rows[i]
}

func wantText(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s lacks %q: %s", what, p, text)
		}
	}
}

func TestMatrixNamesAReplacement(t *testing.T) {
	run, s, ev := made(outage())
	m := results.BuildMatrix(run, s, ev)

	if v := m.Verdict; v.Kind != results.Migrate || v.Target != "small-7b" {
		t.Fatalf("verdict %s %s: %s", v.Kind, v.Target, v.Text)
	}
	wantText(t, "the verdict", m.Verdict.Text, "Move to small-7b", "quality 4.40 of 5 (claude 4.50)",
		"first token after 500 ms at the median (claude 300 ms)", "$0.15 per 1,000 conversations (claude $5.20)")
	wantText(t, "why", strings.Join(m.Verdict.Why, "\n"), "quality 0.10 points lower", "35x cheaper", "1.7x slower to the first token",
		"small-7b meets every requirement", "small-13b is out: its answers are worse (-1.00 points over 40 dialogues")
	var order []string
	for _, r := range m.Rows {
		order = append(order, fmt.Sprint(r.Target, " ", r.Standing, " ", r.Rank))
	}
	want := []string{"small-7b ranked 1", "claude ranked 0", "hosted ranked 2", "small-13b out 0"}
	if !slices.Equal(order, want) {
		t.Errorf("rows %q, want %q", order, want)
	}
	// (3 x 0.8 + 2 x 0.9259 + 2 x 0.9949) / 7, by hand.
	if u := *row(t, m, "small-7b").Utility; math.Abs(u-0.8917) > 5e-4 {
		t.Errorf("utility %.4f, want 0.8917", u)
	}
	if m.Draws < 2000 || m.Blocks != 6 {
		t.Errorf("%d draws over %d blocks", m.Draws, m.Blocks)
	}
	sum := *row(t, m, "small-7b").FirstShare + *row(t, m, "hosted").FirstShare
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("the candidates' shares of first place add up to %v", sum)
	}
}

func TestMatrixVerdicts(t *testing.T) {
	tests := []struct {
		intent string
		change func(es []entrant) []entrant
		kind   string
		target string
		text   []string
		settle []string
	}{
		{"the incumbent scores best: keep it, but say what replaces it",
			func(es []entrant) []entrant { es[0].cost = 0.2; return es },
			results.Keep, "claude", []string{"Keep claude: while it answers", "move to small-7b"}, nil},
		{"the incumbent was quarantined: it is no longer a choice, nor compared with",
			func(es []entrant) []entrant {
				es[0] = entrant{name: "claude", incumbent: true, ttft: nan, cost: nan, quality: nan, quarantined: "auth"}
				return es
			},
			results.Migrate, "small-7b", []string{"Move to small-7b: quality 4.40 of 5, "}, nil},
		{"an unknown cost that could matter leaves it open",
			func(es []entrant) []entrant { es[1].cost = nan; return es },
			results.NoVerdict, "", []string{"No verdict: cost unknown for hosted."}, []string{"cost: give its price", "price:"}},
		{"an unknown cost that cannot matter does not",
			func(es []entrant) []entrant { es[1].cost, es[1].ttft = nan, 3; return es },
			results.Migrate, "small-7b", nil, nil},
		{"nothing was judged: no verdict is made up",
			func(es []entrant) []entrant {
				for i := range es {
					es[i].quality = nan
				}
				return es[1:3]
			},
			results.NoVerdict, "", []string{"quality unknown for hosted and small-7b"}, []string{"role: judge"}},
		{"every candidate fails",
			func(es []entrant) []entrant { return []entrant{es[0], es[3]} },
			results.NoneQualifies, "", []string{"small-13b, the only one", "-1.00 points"}, nil},
		{"one candidate that passes is an answer",
			func(es []entrant) []entrant { return es[2:3] },
			results.Migrate, "small-7b", nil, nil},
		{"only the incumbent was run",
			func(es []entrant) []entrant { return es[:1] },
			results.NoVerdict, "", []string{"no candidate besides the incumbent, claude"}, nil},
		{"no answer at all is out",
			func(es []entrant) []entrant { es[2].failed = 400; return es },
			results.Keep, "claude", []string{"move to hosted"}, nil},
		{"too little evidence of equal answers is said, not hidden",
			func(es []entrant) []entrant { es[2].lower, es[2].upper = -0.4, 0.2; return es },
			results.Migrate, "small-7b", []string{"not proven yet: answers not worse than claude's"}, []string{"between -0.40 and +0.20: not enough evidence"}},
	}
	for _, tt := range tests {
		t.Run(tt.intent, func(t *testing.T) {
			m := results.BuildMatrix(made(tt.change(outage())))
			if m.Verdict.Kind != tt.kind || m.Verdict.Target != tt.target {
				t.Fatalf("verdict %s %q (%s), want %s %q", m.Verdict.Kind, m.Verdict.Target, m.Verdict.Text, tt.kind, tt.target)
			}
			wantText(t, "the verdict", m.Verdict.Text, tt.text...)
			wantText(t, "what would settle it", strings.Join(m.Verdict.Settle, "\n"), tt.settle...)
		})
	}
}

func limit(v float64) *float64 { return &v }

func TestMatrixRequirements(t *testing.T) {
	errors := results.Bound{Name: "error_rate", Op: "<", Limit: limit(0.01), Text: "< 1%"}
	fact := results.Bound{Name: "licence.commercial", Op: "=", Is: "yes", Text: "yes"}
	tests := []struct {
		intent string
		bound  results.Bound
		value  float64
		n      int
		facts  map[string]string
		want   string
		detail string
	}{
		{"0 of 100 does not prove less than 1 %", errors, 0, 100, nil, results.Unproven, "0 of 100, at most 2.95 % with 95 % confidence; 299 without a further one would prove it"},
		{"0 of 299 does", errors, 0, 299, nil, results.Pass, "0 of 299, at most 0.997 %"},
		{"1 of 50 is 2 %, which fails", errors, 0.02, 50, nil, results.Fail, "1 of 50"},
		{"a figure whose interval clears the limit", results.Bound{Name: "ttft_p50", Op: "<=", Limit: limit(0.8), Text: "<= 800ms"}, 0.7, 100, nil, results.Pass, "700 ms over 100 samples, at most 735 ms"},
		{"a figure whose interval reaches past it", results.Bound{Name: "ttft_p50", Op: "<=", Limit: limit(0.72), Text: "<= 720ms"}, 0.7, 100, nil, results.Unproven, "at most 735 ms"},
		{"at least, on the lower bound", results.Bound{Name: "quality", Op: ">=", Limit: limit(4), Text: ">= 4"}, 4.1, 40, nil, results.Unproven, "at least 3.89"},
		{"a fact that is as wanted", fact, 0, 1, map[string]string{"licence.commercial": "Yes"}, results.Pass, `"Yes"`},
		{"a fact that is not", fact, 0, 1, map[string]string{"licence.commercial": "no"}, results.Fail, `"no"`},
		{"a fact nobody gave", fact, 0, 1, nil, results.Fail, "unknown"},
		{"a fact as a number", results.Bound{Name: "data.retention_days", Op: "<=", Limit: limit(30), Text: "<= 30"}, 0, 1, map[string]string{"data.retention_days": "7"}, results.Pass, `"7"`},
		{"a fact that should be a number", results.Bound{Name: "data.retention_days", Op: "<=", Limit: limit(30), Text: "<= 30"}, 0, 1, map[string]string{"data.retention_days": "a week"}, results.Fail, "not a number"},
	}
	for _, tt := range tests {
		t.Run(tt.intent, func(t *testing.T) {
			run, s, ev := made(outage()[2:3])
			run.Policy.Require = []results.Bound{tt.bound}
			run.Targets[0].Facts = tt.facts
			low, high := tt.value*0.95, tt.value*1.05
			info, _ := results.LookupFigure(tt.bound.Name)
			s.Targets[0].Figures[tt.bound.Name] = results.Figure{Value: &tt.value, Low: &low, High: &high, Unit: info.Unit, N: tt.n}
			c := row(t, results.BuildMatrix(run, s, ev), "small-7b").Checks[0]
			if c.Result != tt.want {
				t.Errorf("%s (%s), want %s", c.Result, c.Detail, tt.want)
			}
			wantText(t, "the detail", c.Detail, tt.detail)
		})
	}
	t.Run("a fact says where it comes from", func(t *testing.T) {
		run, s, ev := made(outage()[2:3])
		run.Policy.Require = []results.Bound{fact}
		run.Targets[0].Facts = map[string]string{"licence.commercial": "conditional"}
		run.Targets[0].FactSources = map[string]string{"licence.commercial": "catalog, checked 2026-11-23: the licence"}
		c := row(t, results.BuildMatrix(run, s, ev), "small-7b").Checks[0]
		wantText(t, "the detail", c.Detail, `"conditional" (catalog, checked 2026-11-23: the licence)`)
	})
	t.Run("an unknown fact says how to supply it", func(t *testing.T) {
		run, s, ev := made(outage()[2:3])
		run.Policy.Require = []results.Bound{fact}
		m := results.BuildMatrix(run, s, ev)
		wantText(t, "supply", m.Supply["licence.commercial"], "facts: {licence.commercial:")
		wantText(t, "settle", strings.Join(m.Verdict.Settle, ""), "facts: {licence.commercial:")
	})
	t.Run("nobody is told to give a price that is there", func(t *testing.T) {
		run, s, ev := made(outage()[2:3])
		s.Targets[0].Figures["usd_per_1k_conversations"] = results.Unknown("USD", 0, "no token counts from the server: it sent no usage")
		m := results.BuildMatrix(run, s, ev)
		if len(m.Supply) != 0 {
			t.Errorf("supply %q", m.Supply)
		}
		wantText(t, "settle", strings.Join(m.Verdict.Settle, "\n"), "cost: no token counts from the server")
	})
	t.Run("an unknown required figure is neither passed nor failed", func(t *testing.T) {
		run, s, ev := made(outage()[2:3])
		run.Policy.Require = []results.Bound{{Name: "goodput", Op: ">=", Limit: limit(1), Text: ">= 1"}}
		m := results.BuildMatrix(run, s, ev)
		if r := row(t, m, "small-7b"); r.Standing != results.Unranked || r.Checks[0].Result != results.Unproven {
			t.Errorf("standing %s, check %+v", r.Standing, r.Checks[0])
		}
		if m.Verdict.Kind != results.NoVerdict {
			t.Errorf("verdict %s", m.Verdict.Kind)
		}
	})
}

// Adding a candidate, however poor, never changes the order of two others: the
// anchors do not move with the field.
func TestMatrixIsIndependentOfIrrelevantCandidates(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	draw := func(name string) entrant {
		return entrant{name: name, ttft: 3 * r.Float64(), cost: 20 * r.Float64(), quality: 5 * r.Float64()}
	}
	utilities := func(es []entrant) map[string]float64 {
		out := map[string]float64{}
		for _, row := range results.BuildMatrix(made(es)).Rows {
			out[row.Target] = *row.Utility
		}
		return out
	}
	for range 20 {
		two := []entrant{draw("a"), draw("b")}
		before := utilities(two)
		after := utilities(append(two, draw("c"), entrant{name: "awful", ttft: 60, cost: 900, quality: 0}))
		if before["a"] != after["a"] || before["b"] != after["b"] {
			t.Fatalf("utilities %v became %v", before, after)
		}
	}
}

func TestMatrixDefaults(t *testing.T) {
	run, s, ev := made(outage())
	run.Policy.Weights = nil
	run.Policy.Anchors = map[string]results.Anchor{"ttft_p50": {Good: 0.1, Bad: 1}}
	s.Valid = false
	m := results.BuildMatrix(run, s, ev)
	wantText(t, "notes", strings.Join(m.Notes, "\n"), "names no weights", "invalid")
	var got []string
	total := 0.0
	for _, w := range m.Weights {
		got = append(got, fmt.Sprintf("%s %s %v %v", w.Name, w.Figure, w.Anchor, w.Default))
		total += w.Share
	}
	want := []string{"quality quality {5 2} true", "cost usd_per_1k_conversations {0.1 10} true", "latency ttft_p50 {0.1 1} false"}
	if !slices.Equal(got, want) || math.Abs(total-1) > 1e-12 {
		t.Errorf("weights %q sum %v, want %q", got, total, want)
	}
	for _, f := range results.Figures {
		a, ok := results.DefaultAnchor(f.Key)
		switch {
		case ok == (f.Better == results.Neutral):
			t.Errorf("%s: has an anchor: %v", f.Key, ok)
		case f.Better == results.LowerBetter && a.Good >= a.Bad, f.Better == results.HigherBetter && a.Good <= a.Bad:
			t.Errorf("%s: anchor %+v points the wrong way", f.Key, a)
		}
	}
}

func TestMatrixIsReproducible(t *testing.T) {
	encode := func() string {
		b, err := json.Marshal(results.BuildMatrix(made(outage())))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := encode()
	for range 10 {
		if got := encode(); got != first {
			t.Fatalf("the same run gave another matrix:\n%s\n%s", first, got)
		}
	}
}
