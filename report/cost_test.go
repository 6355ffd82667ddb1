package report

import (
	"slices"
	"testing"

	"switchover/results"
)

// What a server did not count is unknown, never 0, and what only some requests are
// known to have used or cost is a lower bound.
func TestSpentNoteKeepsTheUnknownUnknown(t *testing.T) {
	of := func(name string, c results.Counts) results.TargetSummary {
		return results.TargetSummary{Name: name, Stages: []results.StageSummary{{Name: "s", Counts: c}}}
	}
	own := of("own", results.Counts{InputTokens: 10, OutputTokens: 5, Unpriced: 1})
	own.CostAtUtilisation = map[string]float64{"100": 2}
	got := spentNote(&results.Summary{Targets: []results.TargetSummary{
		of("known", results.Counts{InputTokens: 1000, OutputTokens: 50, CostUSD: results.Known(2.0)}),
		of("some", results.Counts{InputTokens: 1000, OutputTokens: 50, CostUSD: results.Known(2.0), Uncounted: 1, Unpriced: 3}),
		of("mute", results.Counts{OutputTokens: 50, Uncounted: 7, Unpriced: 7}),
		of("nothing", results.Counts{}),
		own,
	}})
	want := []string{
		"known: 1000 input and 50 output tokens in the measured stages, for $2.00.",
		"some: at least 1000 input and 50 output tokens in the measured stages, for at least $2.00.",
		"mute: an unknown number of input and 50 output tokens in the measured stages, at an unknown cost.",
		"own: 10 input and 5 output tokens in the measured stages, paid by the hour.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// A target that nothing more was asked of is shown by what ended it, not by the
// requirements that it was never held to.
func TestQuarantinedTargetsAreShownByTheirFailure(t *testing.T) {
	run := &results.Run{ID: "r", Name: "r", Targets: []results.RunTarget{{Name: "broke"}},
		Policy: results.Policy{Require: []results.Bound{{Name: "data.training", Op: "=", Is: "no", Text: "no"}}}}
	s := &results.Summary{State: results.StateComplete, Valid: true,
		Targets: []results.TargetSummary{{Name: "broke", Quarantined: "quota: 429: your balance is empty", Figures: map[string]results.Figure{}}}}
	s.Matrix = results.BuildMatrix(run, s, nil)
	if got, want := New(run, s).Rows[0].Met, (Met{results.Fail, "quarantined", "quota"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
