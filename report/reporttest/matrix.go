package reporttest

import (
	"cmp"
	"fmt"
	"slices"

	"switchover/results"
)

// matrix decides by a rule simple enough to read: a target whose quality is more
// than 0.25 below the incumbent's is out, the rest are ranked by utility, and
// nothing is ranked when quality or cost is unknown.
func matrix(ts []Target) *results.Matrix {
	m := &results.Matrix{Blocks: 1, Draws: 2000, Require: []string{"error_rate < 5%"}, Weights: []results.Weight{
		{Name: "quality", Figure: "quality", Share: 3.0 / 7, Anchor: results.Anchor{Good: 5, Bad: 0}, Default: true},
		{Name: "latency", Figure: "ttft_p50", Share: 2.0 / 7, Anchor: results.Anchor{Good: 0.2, Bad: 2}, Default: true},
		{Name: "cost", Figure: "usd_per_1k_conversations", Share: 2.0 / 7, Anchor: results.Anchor{Good: 0, Bad: 10}},
	}}
	incumbent := 0.0
	for _, t := range ts {
		if t.Incumbent {
			m.Incumbent, incumbent = t.Name, t.Quality
		}
	}
	known := true
	for _, t := range ts {
		known = known && t.Quality > 0 && t.Output > 0
		m.Rows = append(m.Rows, row(t, m, incumbent))
	}
	if !known {
		return undecided(m)
	}
	slices.SortStableFunc(m.Rows, func(a, b results.Row) int {
		if a.Standing != b.Standing {
			return cmp.Compare(b.Standing, a.Standing) // ranked before out
		}
		return cmp.Compare(*b.Utility, *a.Utility)
	})
	rank := 0
	for i := range m.Rows {
		r := &m.Rows[i]
		if r.Standing == results.Out {
			r.Utility = nil
			continue
		}
		rank++
		r.Rank = rank
		share := 0.88
		if rank > 1 {
			share = 0.12 / float64(rank*rank)
		}
		r.FirstShare = &share
	}
	decide(m)
	return m
}

func row(t Target, m *results.Matrix, incumbent float64) results.Row {
	r := results.Row{Target: t.Name, Incumbent: t.Incumbent, Simulated: true, Standing: results.Ranked, Parts: map[string]float64{}}
	u := 0.0
	for _, w := range m.Weights {
		v := map[string]float64{"quality": t.Quality, "ttft_p50": t.TTFT, "usd_per_1k_conversations": 0.315 * t.Output}[w.Figure]
		part := max(0, min((w.Anchor.Bad-v)/(w.Anchor.Bad-w.Anchor.Good), 1))
		r.Parts[w.Name] = part
		u += w.Share * part
	}
	r.Utility = &u
	check := results.Check{Name: "error_rate", Want: "< 5%", Result: results.Pass,
		Detail: fmt.Sprintf("%.1f%%, at most %.1f%% with 95%% confidence", 100*t.ErrorRate, 100*t.ErrorRate+2.9)}
	if t.ErrorRate > 0.01 {
		check.Result = results.Unproven
	}
	r.Checks = append(r.Checks, check)
	if t.Quality > 0 && incumbent > 0 && !t.Incumbent {
		d := t.Quality - incumbent
		c := results.Check{Name: "non_inferior", Want: "margin 0.25", Result: results.Pass, Detail: fmt.Sprintf("%+.2f points, one-sided bound %+.2f", d, d-0.12)}
		switch {
		case d+0.12 < -0.25:
			c.Result = results.Fail
			r.Standing, r.Reason = results.Out, fmt.Sprintf("its answers are worse than the incumbent's: %+.2f points, margin 0.25", d)
		case d-0.12 <= -0.25:
			c.Result = results.Unproven
		}
		r.Checks = append(r.Checks, c)
	}
	return r
}

func decide(m *results.Matrix) {
	first := m.Rows[0]
	kind, verb := results.Migrate, "Switch to"
	if first.Incumbent {
		kind, verb = results.Keep, "Stay with"
	}
	m.Verdict = results.Decision{Kind: kind, Target: first.Target,
		Text: fmt.Sprintf("%s %s: it meets every requirement and ranks first with utility %.2f.", verb, first.Target, *first.Utility),
		Why:  []string{"Its quality is within 0.25 points of the incumbent's.", "It ranks first in 88% of the draws."}}
	if len(m.Rows) > 1 && m.Rows[1].Standing == results.Ranked {
		m.Changes = []results.Change{
			{What: "weight of cost", From: "29%", To: "11%", Winner: m.Rows[1].Target},
			{What: "anchor ttft_p50 bad", From: "2 s", To: "840 ms", Winner: m.Rows[1].Target},
		}
	}
	m.Notes = []string{"One hour of one day was measured."}
}

func undecided(m *results.Matrix) *results.Matrix {
	for i := range m.Rows {
		r := &m.Rows[i]
		r.Standing, r.Utility, r.Parts, r.Reason = results.Unranked, nil, nil, "quality and cost are unknown"
	}
	m.Draws, m.Blocks = 0, 0
	m.Verdict = results.Decision{Kind: results.NoVerdict, Text: "No verdict: quality and cost are unknown.",
		Settle: []string{"Give a price for each target.", "Name a judge."}}
	m.Supply = map[string]string{
		"usd_per_1k_conversations": "give each target a price: {input: USD, output: USD} in the scenario",
		"quality":                  "name a judge under eval.judges in the scenario",
	}
	return m
}
