package results

import (
	"cmp"
	"math"
	"slices"
	"time"

	"switchover/results/stats"
)

// tokenGaps calls add for each inter-token gap of an answer: k tokens, seconds
// apart. A chunk that apportioning left without a token lends its gap to the next
// one.
func tokenGaps(r *row, add func(seconds float64, k int)) {
	var gap time.Duration
	first := true
	r.eachChunk(func(c Chunk) {
		if first {
			first = false
			return
		}
		gap += c.Gap
		if c.Tokens > 0 {
			add(gap.Seconds()/float64(c.Tokens), c.Tokens)
			gap = 0
		}
	})
}

// gapSamples are the inter-token gaps of a cell's successful requests. A chunk of k
// tokens is one entry that counts k times: a server can claim any k, so they are
// never spread out.
type gapSamples struct {
	cell     *cell
	entries  int
	samples  uint64
	requests int // that they come from
}

type gapEntry struct {
	seconds float64
	k       int
}

// sortedGaps is how many entries are sorted; of more, quantiles are searched for in
// what is packed.
const sortedGaps = 1 << 17

// tokenGaps are the gaps of the successful requests.
func (c *cell) tokenGaps() gapSamples {
	g := gapSamples{cell: c}
	for q := range c.each {
		if !q.ok() {
			continue
		}
		before := g.entries
		tokenGaps(q.last, func(_ float64, k int) {
			g.entries++
			g.samples += uint64(k)
		})
		if g.entries > before {
			g.requests++
		}
	}
	return g
}

// each calls f for every gap.
func (g gapSamples) each(f func(seconds float64, k int)) {
	for q := range g.cell.each {
		if q.ok() {
			tokenGaps(q.last, f)
		}
	}
}

// percentiles are quantiles over all gaps. The gaps of one request depend on each
// other, so an interval is that of as many samples as there are requests: the ranks
// such a sample would have, looked up among all gaps.
func (g gapSamples) percentiles(none string, qs ...float64) []Figure {
	out := make([]Figure, len(qs))
	if g.entries == 0 {
		for i := range out {
			out[i] = Unknown("s", 0, none)
		}
		return out
	}
	ordinals := g.cell.buffers().first[:0]
	for i := range g.requests {
		ordinals = append(ordinals, float64(i))
	}
	g.cell.buffers().first = ordinals
	var wanted []float64 // shares of the samples
	var into []**float64
	want := func(share float64, p **float64) { wanted, into = append(wanted, share), append(into, p) }
	for i, q := range qs {
		iv, need := stats.QuantileInterval(ordinals, q, level)
		out[i] = Figure{Unit: "s", N: int(g.samples), Reason: needs(need, " requests")}
		want(q, &out[i].Value)
		if iv.Low != nil {
			want(*iv.Low/float64(max(1, g.requests-1)), &out[i].Low)
		}
		if iv.High != nil {
			want(*iv.High/float64(max(1, g.requests-1)), &out[i].High)
		}
	}
	for i, v := range g.quantiles(wanted, sortedGaps) {
		*into[i] = &v
	}
	return out
}

// quantiles are stats.Quantile of the samples spread out; of more than most entries
// they are searched for.
func (g gapSamples) quantiles(qs []float64, most int) []float64 {
	var ranks []float64
	for _, q := range qs {
		low := math.Floor((float64(g.samples) - 1) * q)
		ranks = append(ranks, low, low+1)
	}
	var at []float64
	if g.entries <= most {
		at = g.sortFor(ranks)
	} else {
		at = g.searchFor(ranks)
	}
	out := make([]float64, len(qs))
	for i, q := range qs {
		rank := (float64(g.samples) - 1) * q
		v, next := at[2*i], at[2*i+1]
		out[i] = v + (rank-math.Floor(rank))*(next-v)
	}
	return out
}

// sortFor finds the samples of these ranks, from 0, by sorting all.
func (g gapSamples) sortFor(ranks []float64) []float64 {
	if g.samples == uint64(g.entries) { // of one token each, as most are
		all := g.cell.buffers().first[:0]
		g.each(func(s float64, _ int) { all = append(all, s) })
		g.cell.buffers().first = all
		slices.Sort(all)
		out := make([]float64, len(ranks))
		for i, rank := range ranks {
			out[i] = all[min(int(rank), len(all)-1)]
		}
		return out
	}
	all := g.cell.buffers().gaps[:0]
	g.each(func(s float64, k int) { all = append(all, gapEntry{s, k}) })
	g.cell.buffers().gaps = all
	slices.SortFunc(all, func(a, b gapEntry) int { return cmp.Compare(a.seconds, b.seconds) })
	upto := g.cell.buffers().first[:0]
	var n float64
	for _, e := range all {
		n += float64(e.k)
		upto = append(upto, n)
	}
	g.cell.buffers().first = upto
	out := make([]float64, len(ranks))
	for i, rank := range ranks {
		at, _ := slices.BinarySearchFunc(upto, rank, func(upto, rank float64) int {
			if upto > rank {
				return 1
			}
			return -1
		})
		out[i] = all[min(at, len(all)-1)].seconds
	}
	return out
}

// digit is how many bits of a number each pass of a search settles.
const digit = 16

// searchFor finds the samples of these ranks without holding all: passes over them
// settle the sought numbers sixteen bits at a time, from the top, by counting those
// that begin with the bits settled so far (a radix selection).
func (g gapSamples) searchFor(ranks []float64) []float64 {
	type sought struct {
		rank  float64
		bits  uint64 // settled
		below uint64 // samples smaller than any that begins with them
	}
	all := make([]sought, len(ranks))
	for i, rank := range ranks {
		all[i].rank = min(rank, float64(g.samples)-1)
	}
	room := g.cell.buffers()
	var begins []uint64
	for shift := 64 - digit; shift >= 0; shift -= digit {
		begins = begins[:0]
		for _, s := range all {
			if !slices.Contains(begins, s.bits) {
				begins = append(begins, s.bits)
			}
		}
		for len(room.counts) < len(begins) {
			room.counts = append(room.counts, new([1 << digit]uint64))
		}
		counts := room.counts[:len(begins)]
		for _, c := range counts {
			clear(c[:])
		}
		g.each(func(seconds float64, k int) {
			key := orderedBits(seconds)
			begin := key >> shift >> digit
			for i, b := range begins {
				if b == begin {
					counts[i][key>>shift&(1<<digit-1)] += uint64(k)
					return
				}
			}
		})
		for i := range all {
			s := &all[i]
			hist, next := counts[slices.Index(begins, s.bits)], uint64(0)
			for float64(s.below+hist[next]) <= s.rank && next < 1<<digit-1 {
				s.below += hist[next]
				next++
			}
			s.bits = s.bits<<digit | next
		}
	}
	out := make([]float64, len(ranks))
	for i, s := range all {
		out[i] = fromOrderedBits(s.bits)
	}
	return out
}

// orderedBits are the bits of a number changed so that they order as numbers do.
func orderedBits(v float64) uint64 {
	b := math.Float64bits(v)
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

func fromOrderedBits(b uint64) float64 {
	if b>>63 != 0 {
		return math.Float64frombits(b &^ (1 << 63))
	}
	return math.Float64frombits(^b)
}
