package report

import (
	"fmt"
	"strings"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// howTables say what was asked of whom, and under which load.
func howTables(run *results.Run, s *results.Summary) []Table {
	targets := Table{ID: "targets", Title: "Targets", Head: []Head{{Label: "Target"}, {Label: "Role"}, {Label: "Protocol"},
		{Label: "Model"}, {Label: "Address"}, {Label: "Price per 1M tokens"}, {Label: "Facts"}}}
	for _, t := range run.Targets {
		targets.Rows = append(targets.Rows, []Value{text(nameOf(t.Name)), text(role(s, t)), text(Clean(t.Protocol)), text(Clean(t.Model)),
			text(Clean(t.URL)), price(t), text(factList(t.Facts))})
		if sum := s.Target(t.Name); sum != nil && sum.Quarantined != "" {
			targets.Notes = append(targets.Notes, nameOf(t.Name)+" was quarantined, nothing more was asked of it: "+Clean(sum.Quarantined))
		}
		if sum := s.Target(t.Name); sum != nil && sum.Limits != nil {
			if said := limitsText(sum.Limits); said != "" {
				targets.Notes = append(targets.Notes, nameOf(t.Name)+" states limits of "+said+": a minute's, unless its API counts by the day")
			}
		}
	}
	targets.Notes = append(targets.Notes, factNotes(run)...)
	stages := Table{ID: "load", Title: "Load", Intro: "Stages, one after the other; rates and users are for each target.",
		Head: []Head{{Label: "Stage"}, {Label: "Mode"}, {Label: "Load", Numeric: true}, {Label: "Length", Numeric: true}, {Label: "Measured"}}}
	for _, st := range run.Stages {
		load, length, measured := "\u2013", "by count", "yes"
		switch {
		case st.Load != "":
			load = Clean(st.Load)
		case st.Rate > 0:
			load = Format(st.Rate, "1/s") + " conversations"
		case st.Users > 0:
			load = count(st.Users) + " users"
		}
		if st.Duration > 0 {
			length = time.Duration(st.Duration).String()
		}
		if len(st.Until) > 0 {
			length += " at most"
		}
		if !st.Measure {
			measured = "no"
		}
		stages.Rows = append(stages.Rows, []Value{text(nameOf(st.Name)), text(Clean(st.Mode)), number(load), number(length), text(measured)})
	}
	return []Table{targets, stages}
}

// factNotes say where facts were read: the targets of which the same ones were read in
// one document, together.
func factNotes(run *results.Run) []string {
	type read struct{ facts, source string }
	var order []read
	targets := map[read][]string{}
	for _, t := range run.Targets {
		of := map[string][]string{}
		for _, name := range sortedKeys(t.FactSources) {
			of[t.FactSources[name]] = append(of[t.FactSources[name]], Clean(name))
		}
		for _, source := range sortedKeys(of) {
			r := read{strings.Join(of[source], ", "), source}
			if targets[r] == nil {
				order = append(order, r)
			}
			targets[r] = append(targets[r], nameOf(t.Name))
		}
	}
	var notes []string
	for _, r := range order {
		notes = append(notes, fmt.Sprintf("%s of %s: %s.", r.facts, strings.Join(targets[r], ", "), Clean(r.source)))
	}
	return notes
}

// limitsText is what may be asked of a target, in words.
func limitsText(l *chat.RateLimits) string {
	var parts []string
	for _, of := range []struct {
		limit chat.RateLimit
		what  string
	}{{l.Requests, "requests"}, {l.Tokens, "tokens"}, {l.InputTokens, "input tokens"}, {l.OutputTokens, "output tokens"}} {
		if of.limit.Limit > 0 {
			parts = append(parts, count(int(of.limit.Limit))+" "+of.what)
		}
	}
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

func role(s *results.Summary, t results.RunTarget) string {
	r := "candidate"
	switch {
	case t.Role != "":
		r = Clean(t.Role)
	case t.Incumbent:
		r = "incumbent"
	}
	if isSimulated(s, t) {
		r += ", simulated"
	}
	return r
}

// price is what a target costs, with where that was read beneath it.
func price(t results.RunTarget) Value {
	if t.GPUHourUSD > 0 {
		return text(Format(t.GPUHourUSD, "USD") + " an hour for the deployment")
	}
	if t.Price == nil {
		return text("unknown")
	}
	v := text(t.Price.Text(func(usd float64) string { return Format(usd, "USD") }))
	if v.Text != "unknown" {
		v.Under = Clean(t.Price.Source)
	}
	return v
}

func factList(facts map[string]string) string {
	var parts []string
	for _, k := range sortedKeys(facts) {
		parts = append(parts, Clean(k)+": "+Clean(facts[k]))
	}
	return strings.Join(parts, "; ")
}

// facts are the lines that identify the run. The start is the wall clock that the
// run itself wrote down.
func facts(run *results.Run) []Pair {
	out := []Pair{{"Run", Clean(run.ID)}}
	if run.Suite != "" {
		out = append(out, Pair{"Suite", Clean(run.Suite)})
	}
	for i, seg := range run.Segments {
		name := "Started"
		if i > 0 {
			name = "Resumed"
		}
		out = append(out, Pair{name, time.Unix(0, seg.EpochUnixNs).UTC().Format("2006-01-02 15:04:05 UTC")})
	}
	host := fmt.Sprintf("%s/%s, %d CPUs", Clean(run.Host.OS), Clean(run.Host.Arch), run.Host.CPUs)
	if g := Clean(run.Host.GPUs); g != "" {
		host += ", " + g
	}
	out = append(out,
		Pair{"State", Clean(run.State)},
		Pair{"Client host", host},
		Pair{"switchover", Clean(run.Version)},
		Pair{"Seed", fmt.Sprint(run.Seed)},
		Pair{"Schedule hash", Clean(run.ScheduleHash)})
	if p := run.Policy; len(p.Objectives) > 0 {
		var parts []string
		for _, b := range p.Objectives {
			parts = append(parts, figureLabel(b.Name)+" "+bound(b))
		}
		out = append(out, Pair{"Objectives", strings.Join(parts, ", ")})
	}
	if run.Policy.Margin > 0 {
		out = append(out, Pair{"Quality margin", fmt.Sprintf("%s points", Format(run.Policy.Margin, "points"))})
	}
	return out
}

// bound writes a limit with its comparison once: Bound.Text may hold it already.
func bound(b results.Bound) string {
	t := Clean(b.Text)
	if strings.HasPrefix(t, "<") || strings.HasPrefix(t, ">") || strings.HasPrefix(t, "=") {
		return t
	}
	return strings.TrimSpace(Clean(b.Op) + " " + t)
}

// wokeLate is unknown of runs that did not look.
func wokeLate(c results.Client) string {
	if c.WakeLagP99 == 0 {
		return "unknown"
	}
	return Format(float64(c.WakeLagP99)/1e9, "s")
}

// clientFacts say whether the client was fit to measure.
func clientFacts(s *results.Summary) []Pair {
	c := s.Client
	ms := func(ns int64) string { return Format(float64(ns)/1e9, "s") }
	clock := map[string]string{results.ClockKernel: "the kernel's receive stamps", results.ClockUser: "user space",
		results.ClockKernel + ", " + results.ClockUser: "the kernel's receive stamps, for some answers user space"}[c.Clock]
	if clock == "" {
		clock = "unknown"
	}
	lag := "unknown on this clock"
	if v, ok := c.ReceiveLagP99.Get(); ok {
		lag = Format(v, "s")
	}
	out := []Pair{
		{"Clock", clock},
		{"Schedule lag p50, p99", Format(c.ScheduleLagP50, "s") + ", " + Format(c.ScheduleLagP99, "s")},
		{"Receive lag p99", lag},
		{"Reads that held several events", percent(c.CoalescedShare)},
		{"Tokens that lost their own stamp", percent(c.MergedShare)},
		{"Departures dropped", fmt.Sprintf("%s of %s", percent(c.DroppedShare), count(c.Departures))},
		{"CPU share", percent(c.CPUShare)},
		{"Garbage collection pause p99", ms(c.GCPauseP99)},
		{"Go scheduler latency p99", ms(c.SchedLatencyP99)},
		{"Woke late p99", wokeLate(c)},
		{"Open sockets, most", count(c.OpenSocketsMax)},
	}
	for _, r := range c.RTT {
		out = append(out, Pair{"Connect time to " + nameOf(r.Target), ms(r.NS)})
	}
	return out
}
