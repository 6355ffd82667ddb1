package results

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"

	"switchover/targets/chat"
)

// Summarise computes every figure of a run from what its folder holds, and the
// matrix of them. It is pure: the same data give the same summary to the byte.
// The Evidence is what the matrix drew from.
//
// Requests count, not attempts: the last attempt decides, and what it waited
// starts when the first was due. Cancelled requests are in no figure. Stages that
// are not measured (warm-up) do not exist here.
func Summarise(d *Data) (*Summary, *Evidence) {
	p := d.packed()
	byKey := cells(d, p)
	a := newAsked(d)
	verdicts := readScores(d.Run, a.judged(d.Verdicts))
	s := &Summary{Run: d.Run.ID, Name: d.Run.Name, State: d.Run.State, Simulated: d.Run.Simulated()}
	simulated := map[string]bool{}
	for _, sh := range p.used() {
		if sh.flags&flagSimulated != 0 {
			simulated[sh.target] = true
			s.Simulated = true
		}
	}
	compareAll(d.Run, verdicts)
	stages := summariseCells(byKey, d.Telemetry)
	var inOrder []*cell
	for _, t := range d.Run.Candidates() {
		ts := TargetSummary{Name: t.Name, Model: t.Model, Incumbent: t.Incumbent, Facts: t.Facts,
			Simulated: t.Simulated || simulated[t.Name], Quarantined: quarantined(d.Events, t.Name), Stages: []StageSummary{}, Limits: stated(d.Events, t.Name)}
		first := len(inOrder)
		for _, st := range d.Run.Stages {
			if c := byKey[cellKey{st.Name, t.Name}]; c != nil {
				inOrder = append(inOrder, c)
				if st.Search != nil {
					ts.Capacity = c.capacity(d)
					continue
				}
				ts.Stages = append(ts.Stages, stages[c])
			}
		}
		ts.Cause = cause(inOrder[first:])
		ts.finish(d.Run, verdicts[t.Name], byKey)
		s.Targets = append(s.Targets, ts)
	}
	s.Client = client(d, inOrder)
	s.Client.MergedShare = merged(inOrder, s.Targets)
	s.judge(d, p, inOrder)
	s.Ended = endedStages(d)
	s.Warnings = unique(slices.Concat(warnings(d, s.Client, s, byKey), unreached(d, s), a.strays(d, p)))
	for _, t := range s.Targets {
		s.Warnings = unique(append(s.Warnings, t.failing()))
		if v := verdicts[t.Name]; v != nil {
			s.Warnings = unique(append(s.Warnings, v.blocked(t.Name)))
		}
	}
	ev := evidence(d, s, byKey, verdicts)
	s.Matrix = BuildMatrix(d.Run, s, ev)
	return s, ev
}

// summariseCells computes every target in every stage but those of searches.
func summariseCells(byKey map[cellKey]*cell, samples []Telemetry) map[*cell]StageSummary {
	var some []*cell
	for _, c := range byKey {
		if c.stage.Search == nil {
			some = append(some, c)
		}
	}
	done := make([]StageSummary, len(some))
	eachCell(some, func(i int, c *cell) { done[i] = c.summarise(samples) })
	out := map[*cell]StageSummary{}
	for i, c := range some {
		out[c] = done[i]
	}
	return out
}

// summarise computes one target in one stage.
func (c *cell) summarise(samples []Telemetry) StageSummary {
	c.setWindow()
	r := c.rated()
	s := StageSummary{Name: c.stage.Name, Window: c.window(r.tallies), Counts: c.counts(), Figures: map[string]Figure{}}
	c.latencyFigures(s.Figures)
	c.rateFigures(r, s.Figures)
	c.shareFigures(s.Counts, s.Figures)
	c.costFigures(r, s.Figures)
	c.gpuFigures(samples, s.Figures)
	s.Server = c.serverTimes()
	return s
}

// finish takes a target's figures from the stage that stands for it and adds the
// capacity and the quality, which belong to the run.
func (t *TargetSummary) finish(run *Run, s *scores, byKey map[cellKey]*cell) {
	t.Figures = map[string]Figure{}
	for _, f := range Figures {
		t.Figures[f.Key] = Unknown(f.Unit, 0, run.noHeadline())
	}
	for _, st := range t.Stages {
		if st.Name == run.headline() {
			t.Stage = st.Name
			maps.Copy(t.Figures, st.Figures)
			t.CostAtUtilisation = byKey[cellKey{st.Name, t.Name}].costAtUtilisation(st.Figures)
		}
	}
	t.Figures["capacity"] = t.capacityFigure()
	none := notJudged
	if slices.ContainsFunc(run.Targets, func(t RunTarget) bool { return t.Role == RoleJudge }) {
		none = noneJudged
	}
	qualityFigures(s, none, t.Figures)
	if s != nil {
		t.Judged = s.judged
	}
}

// compareAll compares every judged candidate with the incumbent.
func compareAll(run *Run, verdicts map[string]*scores) {
	for _, inc := range run.Candidates() {
		if !inc.Incumbent || verdicts[inc.Name] == nil {
			continue
		}
		for _, t := range run.Candidates() {
			if s := verdicts[t.Name]; s != nil && !t.Incumbent {
				s.compare(verdicts[inc.Name], t.Name, inc.Name, run.Policy.Margin)
			}
		}
	}
}

// judge says whether the run is valid, and why not or why it is not whole. A run
// cut short is judged like any other by what it has.
func (s *Summary) judge(d *Data, p *pack, all []*cell) {
	s.Reasons = append(unfit(s.Client, s.Targets), unwatched(d, p)...)
	if !slices.ContainsFunc(all, func(c *cell) bool { return len(c.requests) > 0 }) {
		s.Reasons = append(s.Reasons, "no request was measured")
	}
	s.Valid = len(s.Reasons) == 0 && (d.Run.Valid == nil || *d.Run.Valid)
	s.Reasons = unique(slices.Concat(s.Reasons, ended(d), d.Run.Reasons))
}

// quarantined is why nothing more was asked of a target, empty otherwise.
func quarantined(events []Event, target string) string {
	for _, e := range events {
		var r Reason
		if e.Kind == EventQuarantine && e.Target == target && json.Unmarshal(e.Data, &r) == nil {
			return r.Reason
		}
	}
	return ""
}

// stated are the limits that a target stated last.
func stated(events []Event, target string) *chat.RateLimits {
	for _, e := range slices.Backward(events) {
		var r RateLimit
		if e.Kind == EventRateLimit && e.Target == target && json.Unmarshal(e.Data, &r) == nil {
			return &r.Limits
		}
	}
	return nil
}

// Write writes summary.json into a run's folder.
func (s *Summary) Write(dir string) error {
	return writeJSON(filepath.Join(dir, fileSummary), s)
}
