package report

import (
	"fmt"
	"slices"
	"strings"

	"switchover/results"
)

// steadyNotes say which stage the figures are of, what was cut off it, and which
// stages ended early.
func steadyNotes(p prose, s *results.Summary) []string {
	var ended []string
	for _, e := range s.Ended {
		ended = append(ended, e.String())
	}
	out := p.sentences(ended)
	var names []string
	var parts [3][]float64 // steady, ramp, drain
	stage := ""
	for _, t := range s.Targets {
		i := slices.IndexFunc(t.Stages, func(s results.StageSummary) bool { return s.Name == t.Stage })
		if i < 0 {
			i = len(t.Stages) - 1 // a summary that does not say which stands for the target
		}
		if i < 0 {
			continue
		}
		w := t.Stages[i].Window
		if w.Seconds == 0 || w.RampCut+w.DrainCut == 0 {
			continue // nothing was steady, which is said on top
		}
		stage = t.Stages[i].Name
		names = append(names, nameOf(t.Name))
		for i, v := range []float64{w.Seconds, w.RampCut, w.DrainCut} {
			parts[i] = append(parts[i], v)
		}
	}
	if len(names) == 0 {
		return out
	}
	of := ""
	if len(names) < len(s.Targets) {
		of = " of " + joinNames(names)
	}
	return append(out, fmt.Sprintf("Rates%s are over the steady part of %s, %s; ramp (%s) and drain (%s) are cut off.",
		of, Clean(stage), between(parts[0]), between(parts[1]), between(parts[2])))
}

// between is the range of some times.
func between(v []float64) string {
	low, high := strings.TrimSuffix(seconds(slices.Min(v)), " s"), seconds(slices.Max(v))
	if low+" s" == high {
		return high
	}
	return low + " to " + high
}
