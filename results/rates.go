package results

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchover/results/stats"
	"switchover/targets/chat"
)

// ratio is sum(num)/sum(den) over independent units (blocks of time, sessions)
// with its interval from the linearised ratio estimator (Cochran, "Sampling
// Techniques", 3rd ed., section 6.3): the mean of r + (num - r den)/mean(den).
// ok is false when there is no denominator; an interval needs two units. It leaves
// those terms in num.
func ratio(num, den []float64) (r float64, low, high *float64, ok bool) {
	var n, d float64
	for i := range num {
		n += num[i]
		d += den[i]
	}
	if d <= 0 {
		return 0, nil, nil, false
	}
	r = n / d
	mean := d / float64(len(den))
	for i := range num {
		num[i] = r + (num[i]-r*den[i])/mean
	}
	if _, lo, hi, bounded := stats.Mean(num, level); bounded {
		lo = max(0, lo)
		return r, &lo, &hi, true
	}
	return r, nil, nil, true
}

// rated is a cell's steady window, cut into blocks for the intervals of rates.
type rated struct {
	tallies []tally
	// few says why there is no interval, empty when there is one.
	few string
}

func (c *cell) rated() rated {
	var seconds float64
	for _, s := range c.spans {
		seconds += s.seconds()
	}
	if seconds == 0 {
		return rated{}
	}
	n, need := blockCount(seconds, c.typical(), c.period())
	var r rated
	if n == 0 {
		r.few = fmt.Sprintf("no interval: need %.0f s of steady load", need)
		n = 1
	}
	r.tallies = c.tallies(split(c.spans, n))
	return r
}

// typical is the median latency, 0 when no request succeeded.
func (c *cell) typical() time.Duration {
	if c.median == nil {
		var d time.Duration
		if v := c.collect(latency); len(v) > 0 {
			slices.Sort(v)
			d = time.Duration(stats.Quantile(v, 0.5) * float64(time.Second))
		}
		c.median = &d
	}
	return *c.median
}

// rate is the figure of one count a second.
func (r rated) rate(unit string, n int, of func(tally) float64) Figure {
	num, den := make([]float64, len(r.tallies)), make([]float64, len(r.tallies))
	for i, t := range r.tallies {
		num[i], den[i] = of(t), t.seconds
	}
	v, low, high, ok := ratio(num, den)
	if !ok {
		return Unknown(unit, 0, "nothing was asked")
	}
	if r.few != "" { // two segments make two blocks, however short
		low, high = nil, nil
	}
	f := Figure{Value: &v, Low: low, High: high, Unit: unit, N: n, Reason: r.few}
	if v == 0 { // no scatter is no evidence of none
		f.Low, f.High, f.Reason = nil, nil, "none in the window"
	}
	return f
}

// rateFigures are the figures per second of the steady window.
func (c *cell) rateFigures(r rated, into map[string]Figure) {
	total := sum(r.tallies)
	into["output_tokens_per_s"] = r.rate("tokens/s", int(total.tokens), func(t tally) float64 { return t.tokens })
	if total.tokens == 0 && total.succeeded > 0 {
		into["output_tokens_per_s"] = Unknown("tokens/s", 0, "the tokens of the answers were not counted")
	}
	f := into["output_tokens_per_s"]
	f.Source = c.tokenSource()
	into["output_tokens_per_s"] = f
	into["requests_per_s"] = r.rate("1/s", int(total.succeeded), func(t tally) float64 { return t.succeeded })
	if len(c.run.Policy.latencyObjectives()) == 0 {
		into["goodput"] = Unknown("1/s", 0, "no latency objective: set one under objectives: in the scenario")
		return
	}
	into["goodput"] = r.rate("1/s", int(total.succeeded), func(t tally) float64 { return t.good })
}

// shareFigures are the failure shares with exact intervals. Where nothing failed,
// or everything, the one bound left is one-sided at the same level: 0 in 100 is
// below 3 %.
func (c *cell) shareFigures(n Counts, into map[string]Figure) {
	none := "nothing was asked"
	if n.Requests > 0 {
		none = allOurs
	}
	into["error_rate"] = share(n.Failed, n.Succeeded+n.Failed, none)
	into["interruption_rate"] = share(n.Interrupted, n.Began2xx, "no response began with 2xx")
}

func share(k, n int, none string) Figure {
	if n == 0 {
		return Unknown("share", 0, none)
	}
	at := level
	if k == 0 || k == n {
		at = 1 - 2*(1-level)
	}
	low, high := stats.ClopperPearson(k, n, at)
	v := float64(k) / float64(n)
	return Figure{Value: &v, Low: &low, High: &high, Unit: "share", N: n}
}

// counts are what the shares are made of.
func (c *cell) counts() Counts {
	var n Counts
	n.Sessions = len(c.sessions)
	for _, s := range c.sessions {
		if s.complete {
			n.Conversations++
		}
	}
	for q := range c.each {
		n.addLosses(q.last.shape.losses)
		switch {
		case q.unsent():
			n.Dropped++
		case q.ours():
			n.Cancelled++
		case q.ok():
			n.Succeeded++
		default:
			n.Failed++
			n.Errors = count(n.Errors, class(&q.last.Record))
		}
	}
	n.Requests = len(c.requests)
	c.attempts(func(r *row) { n.addAttempt(&r.Record) })
	c.countEvents(&n)
	return n
}

// addLosses counts a request by each of its losses, a line each.
func (n *Counts) addLosses(losses string) {
	for loss := range strings.SplitSeq(losses, "\n") {
		if loss != "" {
			n.Losses = count(n.Losses, loss)
		}
	}
}

// addAttempt counts one attempt. Cost is the sum of what is known.
func (n *Counts) addAttempt(r *Record) {
	n.Attempts++
	if r.Resent {
		n.Resent++
	}
	if !r.OK() {
		n.AttemptErrors = count(n.AttemptErrors, class(r))
	}
	// What this side cancelled was not interrupted by the other.
	if r.Status >= 200 && r.Status < 300 && (r.OK() || class(r) != chat.Cancelled) {
		n.Began2xx++
		if !r.Complete {
			n.Interrupted++
		}
	}
	if r.Status >= 200 && r.Status < 300 {
		if _, ok := r.InputTokens.Get(); !ok {
			n.Uncounted++
		}
		if _, ok := r.CostUSD.Get(); !ok {
			n.Unpriced++
		}
	}
	n.InputTokens += inputTokens(r)
	n.OutputTokens += r.OutputTokens.Or(0)
	if usd, ok := r.CostUSD.Get(); ok {
		n.CostUSD = Known(n.CostUSD.Or(0) + usd)
	}
}

// inputTokens adds up the three disjoint kinds of input.
func inputTokens(r *Record) int {
	return r.InputTokens.Or(0) + r.CacheReadTokens.Or(0) + r.CacheWriteTokens.Or(0)
}

func (c *cell) countEvents(n *Counts) {
	for _, e := range c.events {
		if e.Kind == EventDropped {
			n.Dropped++
			continue
		}
		var s Skipped
		if json.Unmarshal(e.Data, &s) == nil && s.Turns > 0 && s.Turns <= maxCount {
			n.NeverAsked += s.Turns
		}
	}
}

func count[K comparable](m map[K]int, k K) map[K]int {
	if m == nil {
		m = map[K]int{}
	}
	m[k]++
	return m
}
