package results

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"switchover/results/stats"
)

// collect takes one number from each successful request that has it.
func (c *cell) collect(of func(*request) (float64, bool)) []float64 {
	var out []float64
	for _, q := range c.requests {
		if !q.ok() {
			continue
		}
		if v, ok := of(q); ok {
			out = append(out, v)
		}
	}
	return out
}

// The times of one request that figures and objectives are about.
func ttft(q *request) (float64, bool)        { return q.waited(q.last.FirstToken) }
func ttftService(q *request) (float64, bool) { return q.served(q.last.FirstToken) }
func ttfa(q *request) (float64, bool)        { return q.waited(q.last.FirstAnswer) }
func latency(q *request) (float64, bool)     { return q.waited(q.last.LastToken) }
func tpot(q *request) (float64, bool)        { return q.tpot() }

// timeOf maps the stem of a figure's key to the request's own time. A single
// request's ITL is its mean token gap: TPOT.
var timeOf = map[string]func(*request) (float64, bool){
	"ttft": ttft, "ttft_service": ttftService, "ttfa": ttfa, "latency": latency, "tpot": tpot, "itl": tpot,
}

// percentileKeys are the figures that are a quantile of one number a request.
var percentileKeys = []struct {
	key string
	q   float64
}{
	{"ttft_p50", 0.5}, {"ttft_p90", 0.9}, {"ttft_p99", 0.99}, {"ttft_service_p50", 0.5}, {"ttfa_p50", 0.5},
	{"tpot_p50", 0.5}, {"latency_p50", 0.5}, {"latency_p99", 0.99},
}

func stem(key string) string {
	s, _, _ := strings.Cut(key, "_p")
	return s
}

// latencyFigures are the percentiles over successful requests.
func (c *cell) latencyFigures(into map[string]Figure) {
	sorted := map[string][]float64{}
	for _, p := range percentileKeys {
		v, have := sorted[stem(p.key)]
		if !have {
			v = c.collect(timeOf[stem(p.key)])
			slices.Sort(v)
			sorted[stem(p.key)] = v
		}
		f := percentile(v, p.q, c.noTime(stem(p.key)))
		c.widen(&f, p.key, v)
		into[p.key] = f
	}
	gaps := c.tokenGaps()
	into["itl_p50"] = gaps.percentile(0.5, c.noTime("itl"))
	into["itl_p99"] = gaps.percentile(0.99, c.noTime("itl"))
	source := c.tokenSource()
	for _, key := range []string{"tpot_p50", "itl_p50", "itl_p99"} {
		f := into[key]
		f.Source = source
		into[key] = f
	}
}

// noTime says why no request has a time.
func (c *cell) noTime(stem string) string {
	switch {
	case len(c.requests) == 0:
		return "nothing was asked"
	case !slices.ContainsFunc(c.requests, func(q *request) bool { return !q.cancelled() }):
		return "every request was cancelled"
	case !slices.ContainsFunc(c.requests, (*request).ok):
		return "no request succeeded"
	case stem == "tpot" || stem == "itl":
		return "no answer had tokens after its first chunk"
	}
	return "no successful request has this instant"
}

// percentile is a quantile with its order-statistic interval.
func percentile(sorted []float64, q float64, none string) Figure {
	if len(sorted) == 0 {
		return Unknown("s", 0, none)
	}
	v := stats.Quantile(sorted, q)
	iv, need := stats.QuantileInterval(sorted, q, level)
	return Figure{Value: &v, Low: iv.Low, High: iv.High, Unit: "s", N: len(sorted), Reason: needs(need, "")}
}

func needs(n int, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("need %d%s", n, what)
}

// gapSamples are inter-token gaps, ascending. A chunk of k tokens is one entry
// that counts k times: a server can claim any k, so they are never spread out.
type gapSamples struct {
	seconds  []float64
	upto     []float64 // samples up to and including the entry
	requests int       // that they come from
}

// tokenGaps are the gaps of the successful requests.
func (c *cell) tokenGaps() gapSamples {
	type entry struct {
		seconds float64
		k       int
	}
	var chunks int
	for _, q := range c.requests {
		chunks += len(q.last.Chunks)
	}
	all := make([]entry, 0, chunks)
	var g gapSamples
	for _, q := range c.requests {
		if !q.ok() {
			continue
		}
		before := len(all)
		tokenGaps(q.last, func(s float64, k int) { all = append(all, entry{s, k}) })
		if len(all) > before {
			g.requests++
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.seconds, b.seconds) })
	g.seconds, g.upto = make([]float64, 0, len(all)), make([]float64, 0, len(all))
	var n float64
	for _, e := range all {
		n += float64(e.k)
		g.seconds, g.upto = append(g.seconds, e.seconds), append(g.upto, n)
	}
	return g
}

// quantile is stats.Quantile of the samples spread out.
func (g gapSamples) quantile(q float64) float64 {
	rank := (g.upto[len(g.upto)-1] - 1) * q
	at := func(rank float64) float64 {
		i, _ := slices.BinarySearchFunc(g.upto, rank, func(upto, rank float64) int {
			if upto > rank {
				return 1
			}
			return -1
		})
		return g.seconds[min(i, len(g.seconds)-1)]
	}
	low := math.Floor(rank)
	v := at(low)
	return v + (rank-low)*(at(low+1)-v)
}

// percentile is a quantile over all gaps. The gaps of one request depend on each
// other, so its interval is that of as many samples as there are requests: the
// ranks such a sample would have, looked up among all gaps.
func (g gapSamples) percentile(q float64, none string) Figure {
	if len(g.seconds) == 0 {
		return Unknown("s", 0, none)
	}
	ranks := make([]float64, g.requests)
	for i := range ranks {
		ranks[i] = float64(i)
	}
	iv, need := stats.QuantileInterval(ranks, q, level)
	at := func(rank *float64) *float64 {
		if rank == nil {
			return nil
		}
		v := g.quantile(*rank / float64(max(1, g.requests-1)))
		return &v
	}
	v := g.quantile(q)
	return Figure{Value: &v, Low: at(iv.Low), High: at(iv.High), Unit: "s", N: int(g.upto[len(g.upto)-1]), Reason: needs(need, " requests")}
}

// tokenSource names where the tokens of the successful requests were counted.
func (c *cell) tokenSource() string {
	var from []string
	for _, q := range c.requests {
		if q.ok() && q.last.TokenSource != "" && !slices.Contains(from, q.last.TokenSource) {
			from = append(from, q.last.TokenSource)
		}
	}
	slices.Sort(from)
	return strings.Join(from, ", ")
}

// latencyObjectives are the objectives that one request can meet: those on times.
func (p Policy) latencyObjectives() []Bound {
	var out []Bound
	for _, b := range p.Objectives {
		if timeOf[stem(b.Name)] != nil && b.Limit != nil {
			out = append(out, b)
		}
	}
	return out
}

// meets reports whether a successful request's own times meet the objectives. A
// token time that does not exist (an answer of one chunk) keeps no one waiting; a
// missing first or last token does.
func (q *request) meets(objectives []Bound) bool {
	for _, b := range objectives {
		v, ok := timeOf[stem(b.Name)](q)
		if !ok {
			if s := stem(b.Name); s == "tpot" || s == "itl" {
				continue
			}
			return false
		}
		if !b.holds(v) {
			return false
		}
	}
	return true
}

// holds compares a number with the bound's limit.
func (b Bound) holds(v float64) bool {
	switch b.Op {
	case "<":
		return v < *b.Limit
	case ">":
		return v > *b.Limit
	case ">=":
		return v >= *b.Limit
	}
	return v <= *b.Limit
}
