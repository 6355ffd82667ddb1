package report

import (
	"slices"
	"testing"

	"switchover/results"
)

// Facts of several targets that were read in one document are said once.
func TestFactNotes(t *testing.T) {
	terms, licence := "catalog, checked 2026-11-23: https://terms.example", "catalog, checked 2026-11-23: https://licence.example"
	of := map[string]string{"data.training": terms, "data.region": terms, "licence.commercial": licence}
	run := &results.Run{Targets: []results.RunTarget{
		{Name: "a", FactSources: of},
		{Name: "b", FactSources: of},
		{Name: "c", FactSources: map[string]string{"data.training": terms}},
		{Name: "d"},
	}}
	want := []string{
		"licence.commercial of a, b: " + licence + ".",
		"data.region, data.training of a, b: " + terms + ".",
		"data.training of c: " + terms + ".",
	}
	if got := factNotes(run); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
