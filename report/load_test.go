package report

import (
	"slices"
	"strings"
	"testing"

	"switchover/results"
)

// TestCapacityTable checks that a search's table says what it comes to, shows which
// windows met the objectives before the many figures, and calls a window in which
// nothing counted neither met nor missed.
func TestCapacityTable(t *testing.T) {
	run := &results.Run{Stages: []results.RunStage{{Name: "c", Measure: true, Search: &results.Search{Over: results.OverUsers, From: 1, To: 8}}}}
	probe := func(users float64, requests int, met bool) results.ProbeSummary {
		return results.ProbeSummary{ProbeStart: results.ProbeStart{Load: users, Length: 1e9}, Requests: requests, Met: met}
	}
	found := &results.Capacity{Stage: "c", Figure: results.Unknown("users", 0, "lengthen each"),
		Probes: []results.ProbeSummary{probe(1, 0, false), probe(2, 9, true), probe(4, 9, false)}}
	all := curves(run, &results.Summary{Targets: []results.TargetSummary{{Name: "a", Capacity: found}}})
	if len(all) != 1 || len(all[0].Rows) != 3 {
		t.Fatalf("%+v", all)
	}
	c := all[0]
	if got := strings.Join(c.Lead, " "); got != "a: capacity unknown: lengthen each." {
		t.Errorf("it says %q", got)
	}
	at := slices.IndexFunc(c.Head, func(h Head) bool { return h.Label == "Objectives" })
	if figure := slices.IndexFunc(c.Head, func(h Head) bool { return h.Key != "" }); at < 0 || at > figure {
		t.Fatalf("the objectives stand at %d, the first figure at %d", at, figure)
	}
	for i, want := range []string{"nothing counts", "met", "missed"} {
		if got := c.Rows[i][at].Text; got != want {
			t.Errorf("window %d: %q, want %q", i, got, want)
		}
	}
	found.Figure = results.Figure{Value: new(float64), High: new(float64), Unit: "1/s", Censored: results.LessThan}
	for turns, want := range map[float64]string{1: "a: capacity < 5.00/s.", 2: "a: capacity < 5.00/s, < 10.0/s in requests."} {
		*found.Figure.Value, found.RequestsPerS = 5, results.Known(5*turns)
		if got := capacityNote(&results.TargetSummary{Name: "a", Capacity: found}); got != want {
			t.Errorf("%v turns: %q, want %q", turns, got, want)
		}
	}
	if points := c.Series[0].Points; !points[0].Met || !points[1].Met || points[2].Met {
		t.Errorf("crossed out are others than what was missed: %+v", points)
	}
}
