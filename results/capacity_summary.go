package results

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Capacity is what a capacity search found of one target.
type Capacity struct {
	Stage  string   `json:"stage"`
	Search Search   `json:"search"`
	Limits []string `json:"limits"` // the objectives it searched by
	// Limit is the objective that sets the capacity, empty where none does.
	Limit string `json:"limit,omitempty"`
	// End is how the search ended, one of the End words; empty while it has not.
	End string `json:"end,omitempty"`
	// RequestsPerS is the capacity in requests a second, at the workload's turns a
	// conversation; absent for users.
	RequestsPerS Opt[float64] `json:"requests_per_s,omitzero"`
	Figure       Figure       `json:"figure"`
	// Counts are over all probes.
	Counts Counts         `json:"counts"`
	Probes []ProbeSummary `json:"probes"`
}

// ProbeSummary is one window of a capacity search.
type ProbeSummary struct {
	ProbeStart
	Drawn    float64 `json:"drawn"`    // the load that arrived
	Requests int     `json:"requests"` // that count for an objective: due in the window's steady part
	Met      bool    `json:"met"`      // every objective, in this window by itself; false where no request counts
	// Missed are the shares that missed each limit, in the order of Capacity.Limits.
	Missed  []float64    `json:"missed"`
	Summary StageSummary `json:"summary"`
}

// The words of Figure.Censored.
const (
	AtLeast   = "at_least" // the value is a lower bound: nothing higher was tried
	LessThan  = "below"    // the value is an upper bound: nothing lower was tried
	notStated = "no capacity search: add a stage of mode: capacity"
)

// capacity rebuilds what a search found from what was journalled.
func (c *cell) capacity(d *Data) *Capacity {
	s, limits := *c.stage.Search, c.run.Policy.Limits()
	out := &Capacity{Stage: c.stage.Name, Search: s, Limits: []string{}, Counts: c.counts(), Probes: []ProbeSummary{}}
	for _, l := range limits {
		out.Limits = append(out.Limits, l.String())
	}
	var probes []Probe
	for _, start := range c.ended(d) {
		p, part := c.probe(s, limits, start)
		probes = append(probes, p)
		out.Probes = append(out.Probes, part.probed(d, limits, p))
	}
	if len(probes) == 0 || len(limits) == 0 {
		out.Figure = Unknown(s.Unit(), 0, reasonOr(c.searchless(d), "the search was cut short before its first window was over"))
		return out
	}
	_, _, _, out.End = s.Next(limits, probes)
	est := s.Estimate(limits, probes)
	if est.Value == 0 {
		out.Figure = Unknown(s.Unit(), 0, s.emptyBecause(limits, out.End))
		return out
	}
	out.Figure = s.figure(est, out.End, probes)
	if out.Figure.Censored != AtLeast {
		out.Limit = est.Limit.String()
	}
	if turns := meanTurns(d.Conversations); s.Over == OverRate && out.Figure.Value != nil && turns > 0 {
		out.RequestsPerS = Known(*out.Figure.Value * turns)
	}
	return out
}

// searchless says why there is no probe.
func (c *cell) searchless(d *Data) string {
	if why := quarantined(d.Events, c.target.Name); why != "" {
		return "nothing more was asked: " + why
	}
	return ""
}

// emptyBecause says why windows that were asked show nothing.
func (s *Search) emptyBecause(limits Limits, end string) string {
	if end == "" {
		return "the search was cut short before a window with requests that count was over"
	}
	why := fmt.Sprintf("in windows of %s, no request after the first part, which is cut, counts for the objectives: lengthen each", time.Duration(s.Each))
	if !slices.ContainsFunc(limits, func(l Limit) bool { return stem(l.Name) != "tpot" && stem(l.Name) != "itl" }) {
		why += ", or let answers be of several tokens"
	}
	return why
}

// mostProbes is far more than a search makes.
const mostProbes = 1000

// possible refuses what no such search can have begun.
func (p *ProbeStart) possible(s *Search) bool {
	return p.Number >= 0 && p.Number < maxCount/ProbeSessions && p.Load >= s.From && p.Load <= s.To && p.Length > 0 && p.Length <= s.Each &&
		p.Starts >= 0 && p.Starts <= ProbeSessions
}

// check refuses a search that no scenario can have asked for.
func (s *Search) check() error {
	const lowest, highest = 1e-9, 1e9
	switch {
	case s == nil:
		return nil
	case !slices.Contains([]string{OverRate, OverUsers, OverConcurrency}, s.Over):
		return fmt.Errorf("its search is over %.100q, want %s, %s or %s", s.Over, OverRate, OverUsers, OverConcurrency)
	case !(s.From >= lowest && s.From < s.To && s.To <= highest):
		return fmt.Errorf("its search runs from %v to %v, want loads from %v to %v, the lower first", s.From, s.To, lowest, highest)
	case !(s.Within > 0 && s.Within <= 1):
		return outside("its search's within", s.Within, 0, 1)
	case s.Each <= 0 || s.Each > maxInstant:
		return outside("its search's window", s.Each, 1, maxInstant)
	case s.Probes < 1 || s.Probes > mostProbes:
		return outside("its search's windows", s.Probes, 1, mostProbes)
	}
	return nil
}

// ended are the windows whose last answer came, in order.
func (c *cell) ended(d *Data) []ProbeStart {
	var out []ProbeStart
	for _, e := range d.Events {
		var start ProbeStart
		if e.Kind == EventProbeEnd && e.Stage == c.stage.Name && e.Target == c.target.Name && json.Unmarshal(e.Data, &start) == nil &&
			start.possible(c.stage.Search) && len(out) < mostProbes {
			out = append(out, start)
		}
	}
	return out
}

// Probes are the windows of a target's capacity search that have ended, for a
// search that goes on. None for what is no such stage.
func Probes(d *Data, stage, target string) []Probe {
	c := cells(d, d.packed())[cellKey{stage, target}]
	if c == nil || c.stage.Search == nil {
		return nil
	}
	var out []Probe
	for _, start := range c.ended(d) {
		p, _ := c.probe(*c.stage.Search, c.run.Policy.Limits(), start)
		out = append(out, p)
	}
	return out
}

// probe gathers one window's requests: as evidence, and as a cell of their own.
func (c *cell) probe(s Search, limits Limits, start ProbeStart) (Probe, *cell) {
	stage := &RunStage{Name: fmt.Sprintf("%s, probe %d", c.stage.Name, start.Number+1), Mode: ModeOf(s.Over), Measure: true, Duration: start.Length}
	if s.Over == OverRate {
		stage.Rate = start.Load
	} else {
		stage.Users = int(start.Load)
	}
	part := c.part(stage)
	var answers []Answered
	for ref, q := range c.eachRef {
		if q.session/ProbeSessions != start.Number {
			continue
		}
		part.requests = append(part.requests, ref)
		if a, ok := limits.answer(q.last); ok {
			answers = append(answers, a)
		}
	}
	for s := range c.eachSession {
		if s.first.session/ProbeSessions == start.Number {
			part.sessions = append(part.sessions, s.ref)
		}
	}
	var dropped []int64
	for _, e := range c.events {
		if n, ok := sessionOf(e); ok && n/ProbeSessions == start.Number {
			part.events = append(part.events, e)
			if e.Kind == EventDropped {
				dropped = append(dropped, e.T)
			}
		}
	}
	return s.Probe(limits, start, answers, dropped), part
}

// probed is what a window's own cell shows.
func (c *cell) probed(d *Data, limits Limits, p Probe) ProbeSummary {
	out := ProbeSummary{ProbeStart: p.ProbeStart, Drawn: p.Drawn, Requests: p.Requests, Met: p.Requests > 0 && !limits.missed([]Probe{p}, p.Load),
		Missed: []float64{}, Summary: c.summarise(d.Telemetry)}
	for _, counted := range p.Counts {
		over, of := counted.sums()
		out.Missed = append(out.Missed, over/max(of, 1))
	}
	return out
}

// ModeOf is the mode of the stages of a sweep or a search.
func ModeOf(over string) string {
	if over == OverRate {
		return "open"
	}
	return over
}

// sessionOf is the session that a skipped or dropped event is about.
func sessionOf(e *Event) (int, bool) {
	if e.Kind == EventSkipped {
		var s Skipped
		err := json.Unmarshal(e.Data, &s)
		return s.Session, err == nil
	}
	var a Asked
	if json.Unmarshal(e.Data, &a) != nil {
		return 0, false
	}
	parts := strings.Split(a.ID, "/") // stage/target/session/turn/attempt
	if len(parts) < 3 {
		return 0, false
	}
	n, err := strconv.Atoi(parts[len(parts)-3])
	return n, err == nil
}

// figure is the estimate as a figure. Of users it is a whole number: the highest
// that meets the objectives.
func (s *Search) figure(est Crossing, end string, probes []Probe) Figure {
	f := Figure{Unit: s.Unit()}
	for _, p := range probes {
		f.N += p.Requests
	}
	whole := func(x float64) *float64 {
		if s.Over != OverRate {
			x = max(s.From, math.Floor(x+1e-9))
		}
		return &x
	}
	switch end {
	case EndAbove:
		f.Value, f.Low, f.Censored = whole(s.To), whole(s.To), AtLeast
		f.Reason = fmt.Sprintf("the objectives were met at %s, the highest load tried: raise to", s.Amount(s.To))
		return f
	case EndBelow:
		f.Value, f.High, f.Censored = whole(s.From), whole(s.From), LessThan
		f.Reason = fmt.Sprintf("%s is missed at %s, the lowest load tried%s", est.Limit, s.Amount(s.From), s.lower())
		return f
	}
	f.Value, f.Low, f.High = whole(est.Value), whole(est.Low), whole(est.High)
	switch {
	case end == "":
		f.Reason = "the search was cut short: its bounds are wider than asked for"
	case end == EndProbes:
		f.Reason = fmt.Sprintf("all %d windows were used before the bounds were within %.3g %%", s.Probes, 100*s.Within)
	}
	// A bound at the edge of what was tried is none.
	var open []string
	if est.Above > (1-level)/2 {
		f.High = nil
		open = append(open, fmt.Sprintf("no upper bound: the objectives may hold at %s, the highest load allowed: raise to", s.Amount(s.To)))
	}
	if est.Below > (1-level)/2 {
		f.Low = nil
		open = append(open, fmt.Sprintf("no lower bound: %s may be missed at %s already, the lowest load allowed%s", est.Limit, s.Amount(s.From), s.lower()))
	}
	if f.Reason != "" {
		open = append([]string{f.Reason}, open...)
	}
	f.Reason = strings.Join(open, "; ")
	// An estimate outside of what was allowed is no value: what is known is a bound.
	switch {
	case f.Low == nil && f.High != nil && est.Below > 0.5:
		above := *f.High + s.step() // of users the bound itself is still possible
		f.Value, f.Censored = &above, LessThan
	case f.High == nil && f.Low != nil && est.Above > 0.5:
		f.Value, f.Censored = f.Low, AtLeast
	}
	return f
}

// lower asks for a lower range, where there is one.
func (s *Search) lower() string {
	if s.Over != OverRate && s.From <= 1 {
		return ""
	}
	return ": lower from"
}

// Amount is a load in words: "4/s", "32 users".
func (s *Search) Amount(load float64) string {
	if s.Over == OverRate {
		return strconv.FormatFloat(load, 'g', 3, 64) + "/s"
	}
	if load == 1 {
		return "1 user"
	}
	return strconv.FormatFloat(load, 'f', 0, 64) + " users"
}

func meanTurns(items []Conversation) float64 {
	n := 0
	for _, c := range items {
		n += len(c.Turns)
	}
	return float64(n) / float64(max(len(items), 1))
}

// capacityFigure is the target's figure of its search, or why there is none.
func (t *TargetSummary) capacityFigure() Figure {
	if t.Capacity == nil {
		return Unknown("1/s", 0, notStated)
	}
	return t.Capacity.Figure
}

// Missed names the objectives that figures miss, in the policy's order, and those
// of which the figure is unknown.
func (p Policy) Missed(figures map[string]Figure) (missed, unknown []string) {
	for _, b := range p.Objectives {
		if b.Limit == nil || b.Name == "capacity" {
			continue
		}
		switch f := figures[b.Name]; {
		case f.Value == nil:
			unknown = append(unknown, b.Name)
		case !b.holds(*f.Value):
			missed = append(missed, b.Name)
		}
	}
	return missed, unknown
}
