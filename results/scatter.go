package results

import (
	"cmp"

	"switchover/results/stats"
)

// setBlocks cuts the steady window into the blocks that intervals of times rest on.
func (c *cell) setBlocks() {
	var seconds float64
	for _, s := range c.spans {
		seconds += s.seconds()
	}
	if n, _ := blockCount(seconds, c.typical(), c.period()); n > 0 {
		c.blocks = split(c.spans, n)
	}
}

// widen makes the interval of a time's quantile at least as wide as the scatter of
// the steady window's blocks of time says. An order-statistic interval takes
// requests for independent, and those that met one queue are not: of a queue at
// 80 % of its capacity it covers the median a third of the time, not 95 %. Each
// block has a share of requests at or below the quantile; the interval of the mean
// share, blocks being the units, is read back as times (Woodruff, JASA 47, 1952).
// Where the window has too few blocks the figure stays as it is; where they differ
// so much that the share's bound leaves 0 to 1, there is no bound on that side.
func (c *cell) widen(f *Figure, q float64, sorted []float64, p placed) {
	if f.Value == nil || len(c.blocks) == 0 {
		return
	}
	below, all := make([]float64, len(c.blocks)), make([]float64, len(c.blocks))
	for i, v := range p.values {
		if at := p.blocks[i]; at >= 0 {
			all[at]++
			if v <= *f.Value {
				below[at]++
			}
		}
	}
	r, low, high, ok := ratio(below, all)
	if !ok || low == nil {
		return
	}
	bound := func(rank float64, have *float64, wider func(a, b float64) float64) *float64 {
		if have == nil || rank <= 0 || rank >= 1 {
			f.Reason = cmp.Or(f.Reason, "no bound: its minutes differ too much; measure longer")
			return nil
		}
		v := wider(*have, stats.Quantile(sorted, rank))
		return &v
	}
	f.Low = bound(q-(r-*low), f.Low, func(a, b float64) float64 { return min(a, b) })
	f.High = bound(q+(*high-r), f.High, func(a, b float64) float64 { return max(a, b) })
}
