package results

import (
	"math"
	"strings"
	"testing"
)

// A stage whose load is meant to change has no steady part, however long it is:
// its figures are over the whole, and the report says why.
func TestVaryingLoadIsNotSteady(t *testing.T) {
	l := load{ttft: 0.5, tpot: 0.1, tokens: 6} // 1 s an answer, 2 s a conversation
	d := steadyRun("open", 0, 60)
	d.Run.Stages[0].Varies = true
	var starts []float64
	for at := 0.0; at < 60; at += 0.5 {
		starts = append(starts, at)
	}
	l.open(d, "inc", starts)
	s, _ := Summarise(d)
	w := s.Targets[0].Stages[0].Window
	if w.RampCut != 0 || w.DrainCut != 0 || math.Abs(w.Seconds-61.5) > 1e-6 {
		t.Errorf("window is %+v, want all of 61.5 s", w)
	}
	if all := strings.Join(s.Warnings, "\n"); !strings.Contains(all, "inc in steady: its load changes throughout") || strings.Contains(all, "too short") {
		t.Errorf("warnings: %q", s.Warnings)
	}
}
