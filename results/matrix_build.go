package results

import (
	"fmt"
	"slices"
	"strings"
)

// BuildMatrix compares the candidates of a run. It is pure and deterministic: the
// same run, summary and evidence give the same matrix to the last bit.
//
//  1. Every target is held against every requirement. One that fails any, was
//     quarantined, or never answered is out, with the reason. One of which a
//     required or weighted figure is unknown is unranked.
//  2. The rest get a utility: the weighted mean of their figures, each mapped to
//     0..1 between fixed anchors, so that no target's utility depends on which
//     others were run.
//  3. The shares of first place come from draws over blocks of time and over
//     dialogues, seeded by the policy.
//  4. The verdict names the best candidate. The incumbent is a row for comparison
//     and never the answer to "what to move to"; where it answers and scores
//     above every candidate, the verdict is to keep it while it does.
//
// An unranked candidate leaves the verdict open unless it could not come first
// even with the best value of everything unknown.
func BuildMatrix(run *Run, s *Summary, ev *Evidence) *Matrix {
	ws := weighings(&run.Policy)
	m := &Matrix{Rows: []Row{}, Weights: []Weight{}}
	for _, w := range ws {
		m.Weights = append(m.Weights, w.Weight)
	}
	if inc := incumbent(run); inc != nil {
		m.Incumbent = inc.Name
	}
	for _, b := range run.Policy.Require {
		text := b.Name + " " + b.Text
		if b.Limit == nil {
			text = factText(b.Name, b.Text)
		}
		m.Require = append(m.Require, text)
	}
	var cs []*contender
	for _, t := range run.Candidates() {
		cs = append(cs, newContender(run, s, &t, ws))
	}
	if m.Incumbent != "" && run.Policy.Margin > 0 {
		m.Require = append(m.Require, nonInferiorText(m.Incumbent, run.Policy.Margin))
	}
	score(ws, cs)
	rank(cs)

	candidates := ranked(cs)
	anyWeight := false
	if len(candidates) > 1 {
		m.draw(run.Policy.Seed, ws, cs, ev)
		m.Changes, anyWeight = changes(&run.Policy, ws, candidates)
	}
	m.Supply = supply(cs)
	m.Verdict = decide(m, ws, cs)
	m.note(run, s, len(candidates), anyWeight)
	for _, c := range cs {
		m.Rows = append(m.Rows, c.Row)
	}
	return m
}

// newContender holds one target against the requirements and finds its standing.
func newContender(run *Run, s *Summary, t *RunTarget, ws []weighing) *contender {
	c := &contender{
		Row:     Row{Target: t.Name, Incumbent: t.Incumbent, Simulated: t.Simulated},
		summary: s.Target(t.Name),
		values:  make([]*float64, len(ws)),
	}
	if c.summary != nil {
		c.Simulated = c.Simulated || c.summary.Simulated
	}
	c.Checks, c.unknown = checks(run, s, t, c.summary)
	for i, w := range ws {
		if c.summary != nil {
			c.values[i] = c.summary.Figures[w.Figure].Value
		}
		if c.values[i] == nil {
			c.unknown = appendNew(c.unknown, w.Figure)
		}
	}
	c.stand()
	return c
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// stand sets whether the target is ranked, unranked or out, and why.
func (c *contender) stand() {
	switch failed := c.failed(); {
	case c.summary == nil:
		c.Standing, c.Reason = Out, "nothing was measured"
	case c.summary.Quarantined != "":
		c.Standing, c.Reason = Out, "quarantined: "+c.summary.Quarantined
	case c.count(succeeded) == 0 && c.count(failures) > 0:
		c.Standing, c.Reason = Out, "no request succeeded"
		if c.summary.Cause != nil {
			c.Reason += ": " + c.summary.Cause.text()
		}
	case len(failed) > 0:
		var why []string
		for _, f := range failed {
			why = append(why, failText(f))
		}
		c.Standing, c.Reason = Out, strings.Join(why, "; ")
	case c.silent(): // nothing is known of it, so nothing rules it out
		c.Standing, c.Reason = Unranked, c.whySilent()
		c.unknown = appendNew(c.unknown, "error_rate")
	case len(c.unknown) > 0:
		var names []string
		for _, key := range c.unknown {
			names = append(names, figureLabel(key))
		}
		c.Standing, c.Reason = Unranked, list(names)+" unknown"
	default:
		c.Standing = Ranked
	}
}

// count adds up one of the target's counts over the measured stages.
func (c *contender) count(of func(*Counts) int) (n int) {
	for i := range c.summary.Stages {
		n += of(&c.summary.Stages[i].Counts)
	}
	if c.summary.Capacity != nil {
		n += of(&c.summary.Capacity.Counts)
	}
	return n
}

func succeeded(n *Counts) int { return n.Succeeded }
func failures(n *Counts) int  { return n.Failed }

// silent reports that the target neither answered nor failed.
func (c *contender) silent() bool {
	return c.summary != nil && c.count(succeeded) == 0 && c.count(failures) == 0
}

func (c *contender) whySilent() string {
	if c.count(func(n *Counts) int { return n.Requests }) > 0 {
		return allOurs
	}
	return "nothing was asked of it while load was measured"
}

// draw sets the shares of first place and what they rest on.
func (m *Matrix) draw(seed int64, ws []weighing, cs []*contender, ev *Evidence) {
	var in []*contender
	for _, c := range cs {
		if c.Standing == Ranked {
			in = append(in, c)
		}
	}
	r := newResampler(ws, in, ev)
	m.Blocks = r.blocks
	if !r.varies() {
		m.Notes = append(m.Notes, "the ranking rests on one value of each figure: there are neither two blocks of time nor two dialogues judged for every ranked target to draw from")
		return
	}
	m.Draws = draws
	firstShares(seed, ws, in, r)
	switch {
	case r.blocks < 2:
		m.Notes = append(m.Notes, "this hour only: one block of time, so the draws do not vary speed, errors or cost")
	default:
		m.Notes = append(m.Notes, fmt.Sprintf("the draws vary speed, errors and cost over %d blocks of time of this one run: another hour may differ", r.blocks))
	}
	for _, w := range ws {
		if w.Figure == "quality" && len(r.dialogues) < 2 {
			m.Notes = append(m.Notes, "the draws do not vary quality: fewer than two dialogues were judged for every ranked target")
		} else if w.Figure == "quality" {
			m.Notes = append(m.Notes, fmt.Sprintf("the draws vary quality over the %d dialogues judged for every ranked target", len(r.dialogues)))
		}
	}
}

// note says what a reader must know beside the ranking.
func (m *Matrix) note(run *Run, s *Summary, candidates int, anyWeight bool) {
	if len(run.Policy.Weights) == 0 {
		m.Notes = append(m.Notes, "the scenario names no weights: the built-in ones were used")
	}
	switch {
	case candidates < 2:
	case len(m.Changes) == 0:
		m.Notes = append(m.Notes, "no single weight, anchor or figure changes who comes first")
	case !anyWeight:
		m.Notes = append(m.Notes, "no single weight changes who comes first")
	}
	if !s.Valid {
		m.Notes = append(m.Notes, "the run is invalid, so the ranking cannot be relied on")
	}
	if run.State == StateInterrupted {
		m.Notes = append(m.Notes, "the run was interrupted: the figures cover a part of the schedule")
	}
	if run.Simulated() || s.Simulated {
		m.Notes = append(m.Notes, "simulated: figures of simulated targets say nothing about real models")
	}
}

// supply says, for every unknown that keeps a target from being ranked or lets it
// fail, how to supply it.
func supply(cs []*contender) map[string]string {
	out := map[string]string{}
	for _, c := range cs {
		for _, key := range c.unknown {
			if how := howToSupply(key, c.whyUnknown(key)); how != "" {
				out[key] = how
			}
		}
		for _, check := range c.Checks {
			if _, isFigure := LookupFigure(check.Name); isFigure || check.Result != Fail || check.Name == NonInferiorCheck {
				continue
			}
			if check.Detail == unknownFact {
				out[check.Name] = fmt.Sprintf("once you know it, give it to the target in the scenario: facts: {%s: \"...\"}", check.Name)
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// whyUnknown is why a figure of the target has no value.
func (c *contender) whyUnknown(key string) string {
	if c.summary == nil {
		return ""
	}
	return c.summary.Figures[key].Reason
}

// howToSupply says what a user can add so that a figure becomes known; empty where
// nothing can be added: a price does not help where no conversation succeeded.
func howToSupply(figure, reason string) string {
	switch {
	case reason == noPrice:
		return "give its price in USD per 1M tokens: --price IN,OUT, or price: {input: ..., output: ...} in the scenario; self-hosted, cost: {gpu_hour: ...}"
	case reason == notJudged:
		return "name a judge: --judge-url and --judge-model, or in the scenario a target with role: judge and eval: {judges: [NAME]}; or leave it out of decision.weights"
	case strings.HasPrefix(figure, "gpu_"):
		return "run on the host that has the GPU"
	}
	return ""
}
