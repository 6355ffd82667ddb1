package results

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"switchover/results/stats"
	"switchover/targets/chat"
)

// client gathers how the client did over the measured stages.
func client(d *Data, all []*cell) Client {
	var c Client
	n := 0
	for _, cell := range all {
		n += len(cell.order)
	}
	lags, received := make([]float64, 0, n), make([]float64, 0, n)
	var clocks []string
	var reads, coalesced, dropped, due int
	for _, cell := range all {
		cell.attempts(func(r *row) {
			if went, ok := left(&r.Record); ok && r.Scheduled.IsKnown() {
				lags = append(lags, max(0, float64(went-r.Scheduled.Or(0))/1e9))
			}
			if r.Clock != "" && !slices.Contains(clocks, r.Clock) {
				clocks = append(clocks, r.Clock)
			}
			reads += r.reads
			coalesced += r.Coalesced
			if r.Error != nil && r.Error.Class == chat.Client {
				dropped++
				c.Exhausted = cmp.Or(c.Exhausted, string(r.message))
			}
			if lag, ok := r.ReceiveLag.Get(); ok {
				received = append(received, float64(lag)/1e9)
			}
			due++
		})
		for _, e := range cell.events {
			if e.Kind == EventDropped {
				dropped++
				due++
			}
		}
	}
	if len(lags) > 0 {
		slices.Sort(lags)
		c.ScheduleLagP50, c.ScheduleLagP99 = stats.Quantile(lags, 0.5), stats.Quantile(lags, 0.99)
	}
	if len(received) > 0 {
		slices.Sort(received)
		c.ReceiveLagP99 = Known(stats.Quantile(received, 0.99))
	}
	if reads > 0 {
		c.CoalescedShare = float64(coalesced) / float64(reads)
	}
	slices.Sort(clocks)
	c.Clock = strings.Join(clocks, ", ")
	c.ClientHealth = health(d)
	c.Departures = due
	if due > 0 {
		c.DroppedShare = float64(dropped) / float64(due)
	}
	return c
}

// health is the worst of what the client measured of itself in any measured
// stage; the round trip to each target is the shortest, which waited for nothing.
func health(d *Data) ClientHealth {
	var h ClientHealth
	rtt := map[string]int64{}
	for _, e := range d.Events {
		var one ClientHealth
		if e.Kind != EventClient || !d.Run.measured(e.Stage) || json.Unmarshal(e.Data, &one) != nil {
			continue
		}
		h.CPUShare = max(h.CPUShare, one.CPUShare)
		h.GCPauseP99 = max(h.GCPauseP99, one.GCPauseP99)
		h.SchedLatencyP99 = max(h.SchedLatencyP99, one.SchedLatencyP99)
		h.WakeLagP99 = max(h.WakeLagP99, one.WakeLagP99)
		h.OpenSocketsMax = max(h.OpenSocketsMax, one.OpenSocketsMax)
		h.Waited, h.SocketLimit = h.Waited+one.Waited, max(h.SocketLimit, one.SocketLimit)
		for _, r := range one.RTT {
			if have, ok := rtt[r.Target]; !ok || r.NS < have {
				rtt[r.Target] = r.NS
			}
		}
	}
	for _, t := range sortedKeys(rtt) {
		h.RTT = append(h.RTT, RTT{Target: t, NS: rtt[t]})
	}
	return h
}

func (r *Run) measured(stage string) bool {
	return slices.ContainsFunc(r.Stages, func(s RunStage) bool { return s.Name == stage && s.Measure })
}

// warnings are what a reader must know beside the figures.
func warnings(d *Data, c Client, s *Summary, byKey map[cellKey]*cell) []string {
	var w []string
	for _, e := range d.Events {
		var r Reason
		if e.Kind == EventWarning && json.Unmarshal(e.Data, &r) == nil && r.Reason != "" {
			w = append(w, r.Reason)
		}
	}
	for _, torn := range d.Torn {
		w = append(w, "left out: "+torn)
	}
	if d.Replaced > 0 {
		w = append(w, fmt.Sprintf("%d records were written again under the same id: the later ones count", d.Replaced))
	}
	if c.Clock == ClockKernel && c.CoalescedShare > maxCoalesced {
		w = append(w, fmt.Sprintf("%s of reads held more than one event: their token gaps are coarse", twoDigits(c.CoalescedShare)))
	}
	for _, t := range s.Targets {
		var uncounted, answers int
		for _, st := range t.Stages {
			cell := byKey[cellKey{st.Name, t.Name}]
			n, of := cell.uncounted()
			uncounted, answers = uncounted+n, answers+of
			if why := cell.unsteady(); why != "" && len(cell.requests) > 0 && t.Quarantined == "" {
				then := "rates are over the whole stage, ramp and drain included"
				if cell.steady {
					then = "its figures depend on how long the stage lasted"
				}
				w = append(w, fmt.Sprintf("%s in %s: %s; %s", t.Name, st.Name, why, then))
			}
			if dis := cell.disagreement(); dis != "" {
				w = append(w, fmt.Sprintf("%s in %s: %s", t.Name, st.Name, dis))
			}
		}
		if uncounted > 0 {
			w = append(w, fmt.Sprintf("%s gave no token counts with %d of %d answers: each chunk of those counts as one token, in tokens/s, TPOT and token gaps", t.Name, uncounted, answers))
		}
	}
	return unique(w)
}

// unwatched names measured stages with records over which the client's own health
// was not recorded, as when it was killed: what is unknown is not fit.
func unwatched(d *Data, p *pack) []string {
	asked, watched := map[string]bool{}, map[string]bool{}
	for _, sh := range p.used() {
		asked[sh.stage] = true
	}
	for _, e := range d.Events {
		if e.Kind == EventClient {
			watched[e.Stage] = true
		}
	}
	var w []string
	for _, s := range d.Run.Stages {
		if s.Measure && asked[s.Name] && !watched[s.Name] {
			w = append(w, fmt.Sprintf("the client's own health was not recorded in stage %s", s.Name))
		}
	}
	return w
}

// uncounted is how many answers came without usage, so that their chunks were
// counted, of how many.
func (c *cell) uncounted() (n, of int) {
	for q := range c.each {
		if !q.ok() {
			continue
		}
		if of++; q.last.TokenSource == FromChunks {
			n++
		}
	}
	return n, of
}

// disagreement compares usage with the number of chunks, where a target streams
// one token a chunk: its typical answer has as many chunks as streamed tokens, to
// within 10 %. Elsewhere chunks say nothing, except that there cannot be more of
// them than tokens.
func (c *cell) disagreement() string {
	const tolerance, fewest = 0.10, 20 // fewest tokens an answer is judged by
	var ratios []float64
	for q := range c.each {
		if r := q.last; q.ok() && r.TokenSource == FromUsage {
			if n := streamed(r); n >= fewest {
				ratios = append(ratios, float64(r.chunks)/float64(n))
			}
		}
	}
	if len(ratios) == 0 {
		return ""
	}
	slices.Sort(ratios)
	switch typical := stats.Quantile(ratios, 0.5); {
	case typical > 1+tolerance:
		return fmt.Sprintf("usage counts fewer tokens than chunks were streamed (%.2g chunks a token): its token counts are in doubt", typical)
	case typical < 1-tolerance:
		return ""
	}
	var off int
	for _, r := range ratios {
		if r < 1-tolerance || r > 1+tolerance {
			off++
		}
	}
	if float64(off) <= tolerance*float64(len(ratios)) {
		return ""
	}
	return fmt.Sprintf("in %d of %d answers usage and streamed text disagree by more than 10 %%", off, len(ratios))
}

// streamed is how many tokens an answer streamed by its usage: all, less the
// reasoning that was billed and not shown.
func streamed(r *row) int {
	n := r.OutputTokens.Or(0)
	if !r.reasoned() {
		n -= r.ReasoningTokens.Or(0)
	}
	return n
}

// unique drops repeats and keeps the order.
func unique(in []string) []string {
	var out []string
	for _, s := range in {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// ended says how the run ended, where it did not carry out its plan and run.json
// does not say why.
func ended(d *Data) []string {
	switch {
	case d.Run.State == StateComplete || d.Run.State == StateInterrupted && len(d.Run.Reasons) > 0:
		return nil
	case d.Run.State == StateRunning:
		return []string{fmt.Sprintf("not finished: it is still running or was killed (switchover run --resume %s)", d.Run.ID)}
	}
	var why string
	for _, e := range d.Events {
		var r Reason
		if e.Kind == EventResume {
			why = ""
		}
		if (e.Kind == EventInterrupt || e.Kind == EventBudget) && json.Unmarshal(e.Data, &r) == nil {
			why = cmp.Or(r.Reason, why)
		}
	}
	return []string{"cut short: " + cmp.Or(why, "interrupted")}
}
