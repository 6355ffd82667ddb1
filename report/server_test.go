package report

import (
	"slices"
	"testing"

	"switchover/results"
)

// Each time that a server states has ours beside it, and what none states has no column.
func TestServerTimesStandBesideOurs(t *testing.T) {
	v := func(x float64) results.Figure { return results.Figure{Value: &x, Unit: "s"} }
	s := &results.Summary{Targets: []results.TargetSummary{
		{Name: "a", Stages: []results.StageSummary{{Name: "s", Server: &results.ServerTimes{N: 7, Total: results.Known(0.2), Token: results.Known(0.009)},
			Figures: map[string]results.Figure{"latency_p50": v(0.25), "tpot_p50": v(0.01)}}}},
		{Name: "b", Stages: []results.StageSummary{{Name: "s", Server: &results.ServerTimes{N: 3, Queue: results.Known(0.004)}}}},
		{Name: "silent", Stages: []results.StageSummary{{Name: "s"}}},
	}}
	table := serverTable(s)
	var got []string
	for _, h := range table.Head {
		got = append(got, h.Label)
	}
	for _, row := range table.Rows {
		for _, cell := range row {
			got = append(got, cell.Text)
		}
	}
	want := []string{
		"Target", "Stage", "Requests", "Whole request", "Our latency", "Queue", "Per token", "Our TPOT",
		"a", "s", "7", "200 ms", "250 ms", "\u2013", "9.00 ms", "10.0 ms",
		"b", "s", "3", "\u2013", "unknown", "4.00 ms", "\u2013", "unknown",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
