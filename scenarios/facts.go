package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchover/results"
	"switchover/targets/catalog"
)

// factName refuses a required fact that no target gives and that is written almost as
// one the catalog gives: every candidate would fail it, after the run was paid for.
func (c *checker) factName(path, name string, targets []Target) {
	if !c.fresh || !strings.Contains(name, ".") || slices.Contains(catalog.FactNames, name) || given(targets, name) {
		return
	}
	if near := nearest(name, catalog.FactNames); near != "" {
		c.misplaced(path, fmt.Sprintf("did you mean %q? A fact of your own is given to a target: facts: {%s: ...}", near, clip(name)), "no target has the fact %q", clip(name))
	}
}

// foregone warns of required facts that no target has, now that what the catalog
// knows is filled in: no candidate can meet them.
func (s *Scenario) foregone() {
	for _, name := range slices.Sorted(maps.Keys(s.Decision.Require)) {
		if strings.Contains(name, ".") && !given(s.Targets, name) {
			s.Read.Warnings = append(s.Read.Warnings, fmt.Sprintf("no target has the fact %s, so that none meets the requirement: give it under facts: of a target", clip(name)))
		}
	}
}

// given reports whether a target has a fact; a judge needs none.
func given(targets []Target, name string) bool {
	return slices.ContainsFunc(targets, func(t Target) bool {
		_, ok := t.Facts[name]
		return ok && t.Role != results.RoleJudge
	})
}
