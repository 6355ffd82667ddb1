package results

import (
	"cmp"
	"math"
	"slices"
)

// DefaultWeights are used where a scenario names none: answers first, then what
// a user waits and what it costs.
func DefaultWeights() map[string]float64 {
	return map[string]float64{"quality": 3, "latency": 2, "cost": 2}
}

// defaultAnchors map each figure that can be weighted to a utility where the
// scenario does not. They are fixed, so that a target's utility never depends on
// which others were run: good is about the best a hosted small model does today,
// bad is where people stop using an interactive product. Throughput depends on
// the load, so its anchors are rarely right for a scenario and are best set
// there.
var defaultAnchors = map[string]Anchor{
	"ttft_p50":                 {0.3, 3},
	"ttft_p90":                 {0.5, 5},
	"ttft_p99":                 {1, 10},
	"ttft_service_p50":         {0.3, 3},
	"ttfa_p50":                 {0.5, 10},
	"tpot_p50":                 {0.01, 0.1},
	"itl_p50":                  {0.01, 0.1},
	"itl_p99":                  {0.05, 1},
	"latency_p50":              {1, 20},
	"latency_p99":              {3, 60},
	"output_tokens_per_s":      {1000, 0},
	"requests_per_s":           {10, 0},
	"goodput":                  {10, 0},
	"capacity":                 {10, 0},
	"error_rate":               {0, 0.05},
	"interruption_rate":        {0, 0.05},
	"usd_per_mtok_input":       {0.1, 5},
	"usd_per_mtok_output":      {0.3, 20},
	"usd_per_mtok_blended":     {0.2, 10},
	"usd_per_1k_conversations": {0.1, 10},
	"coherence":                {5, 2},
	"understanding":            {5, 2},
	"usefulness":               {5, 2},
	"quality":                  {5, 2},
}

// DefaultAnchor is the anchor a figure has where the scenario sets none; false
// for figures that are neither good nor bad.
func DefaultAnchor(figure string) (Anchor, bool) {
	a, ok := defaultAnchors[figure]
	return a, ok
}

// Utility maps a value of the anchored figure to 0..1: linear between Bad and
// Good, clamped outside. An anchor without width is a threshold.
func (a Anchor) Utility(v float64) float64 {
	if a.Good == a.Bad {
		if v == a.Good {
			return 1
		}
		return 0
	}
	return min(1, max(0, (v-a.Bad)/(a.Good-a.Bad)))
}

// weighing is a Weight with the scenario's own number, before it was made a share.
type weighing struct {
	Weight
	raw float64
}

// weighings resolves a policy's weights in order of weight, then name. Weights
// of zero count for nothing and are left out.
func weighings(p *Policy) []weighing {
	weights := p.Weights
	if len(weights) == 0 {
		weights = DefaultWeights()
	}
	var out []weighing
	for name, raw := range weights {
		if !(raw > 0) || math.IsInf(raw, 0) {
			continue
		}
		w := weighing{Weight: Weight{Name: name, Figure: name}, raw: raw}
		if info, ok := WeightFigure(name); ok {
			w.Figure = info.Key
		}
		anchor, set := p.Anchors[w.Figure]
		if !set {
			anchor, w.Default = defaultAnchors[w.Figure], true
		}
		w.Anchor = anchor
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b weighing) int {
		return cmp.Or(cmp.Compare(b.raw, a.raw), cmp.Compare(a.Name, b.Name))
	})
	sum := 0.0
	for _, w := range out {
		sum += w.raw
	}
	for i := range out {
		out[i].Share = out[i].raw / sum
	}
	return out
}

// contender is one row with what its utility is made of.
type contender struct {
	Row
	summary *TargetSummary // nil: the run has no figures of it
	values  []*float64     // by index of weighing; nil: unknown
	// unknown are the required or weighted figures without a value.
	unknown []string
}

// utility is the weighted mean of the parts, 0 to 1, with unknown figures
// counted as missing. It sums in the order of ws, so that it is the same to the
// last bit whatever the map order of the policy was.
func utility(ws []weighing, values []*float64, missing float64) float64 {
	var sum, total float64
	for i, w := range ws {
		part := missing
		if values[i] != nil {
			part = w.Anchor.Utility(*values[i])
		}
		sum += w.raw * part
		total += w.raw
	}
	if total == 0 {
		return 0
	}
	return sum / total
}

// score fills in the parts of every contender and the utility of the ranked.
func score(ws []weighing, cs []*contender) {
	for _, c := range cs {
		c.Parts = make(map[string]float64, len(ws))
		for i, w := range ws {
			if c.values[i] != nil {
				c.Parts[w.Name] = w.Anchor.Utility(*c.values[i])
			}
		}
		if c.Standing == Ranked {
			u := utility(ws, c.values, 0)
			c.Utility = &u
		}
	}
}

// rank sorts the contenders (ranked by utility, then unranked, then out, the
// run's order between equals) and numbers the ranked candidates.
func rank(cs []*contender) {
	order := map[string]int{Ranked: 0, Unranked: 1, Out: 2}
	slices.SortStableFunc(cs, func(a, b *contender) int {
		if a.Standing == Ranked && b.Standing == Ranked {
			return cmp.Compare(*b.Utility, *a.Utility)
		}
		return cmp.Compare(order[a.Standing], order[b.Standing])
	})
	next := 1
	for _, c := range cs {
		if c.Standing == Ranked && !c.Incumbent {
			c.Rank = next
			next++
		}
	}
}

// ranked are the candidates in rank order.
func ranked(cs []*contender) []*contender {
	var out []*contender
	for _, c := range cs {
		if c.Rank > 0 {
			out = append(out, c)
		}
	}
	return out
}
