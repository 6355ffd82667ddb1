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
