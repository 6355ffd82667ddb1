package results_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"switchover/results"
)

// Each change that is said to make another candidate first does so when it is
// made, and half of it does not.
func TestMatrixChangesAreTrue(t *testing.T) {
	es := outage()[1:3]
	run, s, ev := made(es)
	m := results.BuildMatrix(run, s, ev)
	if len(m.Changes) < 3 {
		t.Fatalf("only %d changes: %+v", len(m.Changes), m.Changes)
	}
	distances := make([]float64, len(m.Changes))
	for i, c := range m.Changes {
		from, to := parseAmount(t, c.From), parseAmount(t, c.To)
		distances[i] = math.Abs(to-from) / math.Abs(from)
		for _, step := range []struct {
			share  float64
			winner string
		}{{1, c.Winner}, {0.5, m.Verdict.Target}} {
			run, s, ev := made(es)
			apply(t, run, s, c.What, from+step.share*(to-from))
			if got := results.BuildMatrix(run, s, ev).Verdict.Target; got != step.winner {
				t.Errorf("%.0f %% of %s from %s to %s: winner %s, want %s", 100*step.share, c.What, c.From, c.To, got, step.winner)
			}
		}
	}
	if !slices.IsSorted(distances) {
		t.Errorf("changes are not sorted by distance: %v", distances)
	}
}

// The first candidate also loses its place by failing a requirement, mostly long
// before it is outscored: that nearer place is the one named.
func TestMatrixChangesNameTheRequirementThatFails(t *testing.T) {
	require := []results.Bound{
		{Name: "ttft_p50", Op: "<=", Limit: limit(0.8), Text: "<= 800ms"},
		{Name: "error_rate", Op: "<", Limit: limit(0.05), Text: "< 5%"},
		{Name: "licence.commercial", Op: "=", Is: "yes", Text: "yes"},
	}
	es := outage()
	for i := range es {
		es[i].facts = map[string]string{"licence.commercial": "yes"}
	}
	worse := func(what string, change func(*results.TargetSummary)) {
		t.Helper()
		run, s, ev := made(es)
		run.Policy.Require = require
		change(s.Target("small-7b"))
		if got := results.BuildMatrix(run, s, ev).Verdict; got.Target != "hosted" && got.Replacement != "hosted" {
			t.Errorf("%s: the verdict is still %s", what, got.Text)
		}
	}
	set := func(key string, v float64) func(*results.TargetSummary) {
		return func(ts *results.TargetSummary) {
			f := ts.Figures[key]
			f.Value = &v
			ts.Figures[key] = f
		}
	}
	run, s, ev := made(es)
	run.Policy.Require = require
	m := results.BuildMatrix(run, s, ev)
	have := map[string]string{}
	for _, c := range m.Changes {
		if _, twice := have[c.What]; twice {
			t.Errorf("%s is named twice", c.What)
		}
		have[c.What] = c.From + " to " + c.To + ": " + c.Winner
	}
	for what, want := range map[string]string{
		"TTFT p50 of small-7b":   "500 ms to over 800 ms, where it fails a requirement: hosted",
		"error rate of small-7b": "0 % to 5 %, where it fails a requirement: hosted",
		// 4.4 with an upper bound of 0: 0.25 less, and it is shown to be worse.
		"quality of small-7b": "4.40 to below 4.15, where it fails a requirement: hosted",
	} {
		if have[what] != want {
			t.Errorf("%s: %q, want %q", what, have[what], want)
		}
	}
	worse("TTFT", set("ttft_p50", 0.8000001))
	worse("errors", set("error_rate", 0.05))
	worse("quality", func(ts *results.TargetSummary) {
		set("quality", 4.1499)(ts)
		*ts.Judged.LowerOneSided -= 0.2501
		*ts.Judged.UpperOneSided -= 0.2501
	})
}

// parseAmount reads "500 ms", "$0.15", "4.2" and "2 %" back into base units.
func parseAmount(t *testing.T, s string) float64 {
	t.Helper()
	var v float64
	if _, err := fmt.Sscanf(strings.TrimPrefix(s, "$"), "%g", &v); err != nil {
		t.Fatalf("amount %q: %v", s, err)
	}
	switch {
	case strings.HasSuffix(s, " ms"):
		v /= 1000
	case strings.HasSuffix(s, " %"):
		v /= 100
	}
	return v
}

func apply(t *testing.T, run *results.Run, s *results.Summary, what string, v float64) {
	t.Helper()
	words := strings.Fields(what)
	switch {
	case words[0] == "weight": // weight of NAME
		run.Policy.Weights = maps.Clone(run.Policy.Weights)
		run.Policy.Weights[words[2]] = v
	case words[0] == "anchor": // anchor FIGURE good
		a, _ := results.DefaultAnchor(words[1])
		if words[2] == "good" {
			a.Good = v
		} else {
			a.Bad = v
		}
		run.Policy.Anchors = map[string]results.Anchor{words[1]: a}
	default: // FIGURE of TARGET, the figure as people say it
		key := map[string]string{"cost": "usd_per_1k_conversations", "TTFT p50": "ttft_p50", "quality": "quality"}[strings.Join(words[:len(words)-2], " ")]
		target := s.Target(words[len(words)-1])
		f := target.Figures[key]
		f.Value = &v
		target.Figures[key] = f
	}
}

// A candidate that is best in everything stays first whatever the weights.
func TestMatrixSaysThatNothingChangesIt(t *testing.T) {
	es := []entrant{{name: "a", ttft: 0.2, cost: 0.05, quality: 5}, {name: "b", ttft: 5, cost: 50, quality: 1}}
	m := results.BuildMatrix(made(es))
	for _, c := range m.Changes {
		if strings.HasPrefix(c.What, "weight") {
			t.Errorf("a weight changes it: %+v", c)
		}
	}
	wantText(t, "notes", strings.Join(m.Notes, "\n"), "changes who comes first")
	if share := *row(t, m, "a").FirstShare; share != 1 {
		t.Errorf("first in %v of the draws", share)
	}
}

// Of two that are all but equal the next comes first after less than is shown of a
// figure: never "from 4.11 to 4.1060606", which reads as if worse were better.
func TestMatrixChangesOfEqualsReadTheRightWay(t *testing.T) {
	es := []entrant{{name: "a", ttft: 0.25510001, cost: 1.69268172, quality: 4.1060605}, {name: "b", ttft: 0.25510002, cost: 1.69268174, quality: 4.1060605}}
	m := results.BuildMatrix(made(es))
	have := map[string]string{}
	for _, c := range m.Changes {
		have[c.What] = c.From + " to " + c.To
	}
	for what, want := range map[string]string{
		"quality of b": "4.11 to just above 4.11",
		"quality of a": "4.11 to just below 4.11",
		"cost of a":    "$1.69 to just above $1.69",
	} {
		if have[what] != want {
			t.Errorf("%s: from %q, want %q", what, have[what], want)
		}
	}
}
