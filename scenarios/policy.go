package scenarios

import (
	"maps"
	"slices"
	"strings"

	"switchover/results"
)

// Policy compiles objectives, requirements, weights and anchors into what a run
// is held against, limits in base units. The scenario must come from Parse,
// Load, Restore or Quick.
func (s *Scenario) Policy() results.Policy {
	p := results.Policy{Weights: s.Decision.Weights, Seed: s.Seed}
	for _, key := range inOrder(s.Objectives) {
		f, _ := results.LookupFigure(key)
		q, op := s.Objectives[key], "<="
		if f.Better == results.HigherBetter {
			op = ">="
		}
		limit := q.Value
		p.Objectives = append(p.Objectives, results.Bound{Name: key, Op: op, Limit: &limit, Text: q.Text})
	}
	for _, name := range inOrder(s.Decision.Require) {
		if b, err := requirement(name, s.Decision.Require[name]); err == nil {
			p.Require = append(p.Require, b)
		}
	}
	for key, a := range s.Decision.Anchors {
		if p.Anchors == nil {
			p.Anchors = map[string]results.Anchor{}
		}
		p.Anchors[key] = results.Anchor{Good: a.Good.Value, Bad: a.Bad.Value}
	}
	if s.Eval != nil {
		p.Criteria = s.Eval.Criteria
		if s.Eval.Margin != nil {
			p.Margin = *s.Eval.Margin
		}
	}
	return p
}

// inOrder lists names as reports show them: figures in their order, then facts
// by the alphabet.
func inOrder[V any](m map[string]V) []string {
	rank := map[string]int{}
	for i, f := range results.Figures {
		rank[f.Key] = i
	}
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		i, known := rank[a]
		j, other := rank[b]
		switch {
		case known && other:
			return i - j
		case known:
			return -1
		case other:
			return 1
		}
		return strings.Compare(a, b)
	})
}
