package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchover/targets/catalog"
)

// A fact that nobody has is met by nobody: where its name is almost one that the
// catalog gives, it is a mistake at its place, else it is said before the run.
func TestFactsThatNobodyHas(t *testing.T) {
	scenario := func(require, facts string) string {
		return fmt.Sprintf(`name: facts
targets:
  - {name: own, url: http://127.0.0.1:8000/v1, model: m, facts: {%s}}
  - {name: judge, role: judge, url: http://127.0.0.1:8000/v1, model: m, facts: {house.approved: "yes"}}
workload: {conversations: bundled, max_turns: 1}
load: [{mode: users, users: 1, conversations: 2}]
eval: {judges: [judge]}
decision:
  require: {%s}
`, facts, require)
	}
	for _, tt := range []struct{ require, facts, problem, hint, warning string }{
		{`license.commercial: "yes"`, ``, `facts.yaml:9:13: no target has the fact "license.commercial"`, `did you mean "licence.commercial"?`, ""},
		{`data.retention_day: "<= 30"`, ``, `facts.yaml:9:13: no target has the fact "data.retention_day"`, `did you mean "data.retention_days"?`, ""},
		{`licences.commercial: "yes"`, `licences.commercial: "yes"`, "", "", ""}, // the user's own
		{`licence.commercial: "yes"`, ``, "", "", "no target has the fact licence.commercial, so that none meets the requirement"},
		{`house.approved: "yes"`, ``, "", "", "no target has the fact house.approved"},
		{`house.approved: "yes"`, `house.approved: "no"`, "", "", ""},
		{`error_rate: "< 1%"`, ``, "", "", ""},
	} {
		s, err := Parse("facts.yaml", []byte(scenario(tt.require, tt.facts)), knowing("2026-11-23"))
		if tt.problem != "" {
			ps, ok := err.(Problems)
			if !ok || len(ps) != 1 || !strings.HasPrefix(ps[0].String(), tt.problem) || !strings.HasPrefix(ps[0].Hint, tt.hint) {
				t.Errorf("require %s: %v, want %s (%s)", tt.require, err, tt.problem, tt.hint)
			}
			continue
		}
		if err != nil {
			t.Errorf("require %s with facts %s: %v", tt.require, tt.facts, err)
			continue
		}
		if got := strings.Join(s.Read.Warnings, "\n"); !strings.HasPrefix(got, tt.warning) || tt.warning == "" && got != "" {
			t.Errorf("require %s with facts %s warns %q, want %q", tt.require, tt.facts, got, tt.warning)
		}
	}
}

// The names that requirements are held against are those that the catalog gives.
func TestFactNamesAreTheCatalogs(t *testing.T) {
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(catalog.FactNames) {
		t.Errorf("not in order: %v", catalog.FactNames)
	}
	seen := map[string]bool{}
	for i := range c.Models {
		m := &c.Models[i]
		for j := range c.Providers {
			for _, f := range c.Facts(&c.Providers[j], m) {
				seen[f.Name] = true
			}
		}
	}
	for name := range seen {
		if !slices.Contains(catalog.FactNames, name) {
			t.Errorf("the catalog gives %s, which has no place among the names", name)
		}
	}
	if len(seen) < len(catalog.FactNames)-3 {
		t.Errorf("the catalog gives %d of %d names: %v", len(seen), len(catalog.FactNames), seen)
	}
}
