package results

import (
	"fmt"
	"slices"
	"strings"

	"switchover/results/stats"
)

// buffers are room for numbers that figures are computed from one after another.
type buffers struct {
	times, first, second []float64
	gaps                 []gapEntry
	placed               placed
	row                  row
	rows, part           []row
	counts               []*[1 << digit]uint64
}

// placed are numbers in the order of their requests, each with the block of the
// steady window that the request was due in; -1 for none.
type placed struct {
	values []float64
	blocks []int32
}

// buffers are the cell's.
func (c *cell) buffers() *buffers {
	if c.room == nil {
		c.room = new(buffers)
	}
	return c.room
}

// collect takes one number from each successful request that has it. They are good
// until the next are collected.
func (c *cell) collect(of func(*request) (float64, bool)) []float64 {
	out := c.buffers().times[:0]
	for q := range c.each {
		if !q.ok() {
			continue
		}
		if v, ok := of(q); ok {
			out = append(out, v)
		}
	}
	c.buffers().times = out
	return out
}

// sorted is collect with the numbers ascending, and placed.
func (c *cell) sorted(of func(*request) (float64, bool)) ([]float64, placed) {
	if len(c.blocks) == 0 {
		v := c.collect(of)
		slices.Sort(v)
		return v, placed{}
	}
	p := placed{c.buffers().placed.values[:0], c.buffers().placed.blocks[:0]}
	for q := range c.each {
		v, ok := of(q)
		if !ok || !q.ok() {
			continue
		}
		at := -1
		if due, known := q.last.Intended.Get(); known {
			at = find(c.blocks, q.last.Segment, due)
		}
		p.values, p.blocks = append(p.values, v), append(p.blocks, int32(at))
	}
	c.buffers().placed = p
	v := append(c.buffers().times[:0], p.values...)
	c.buffers().times = v
	slices.Sort(v)
	return v, p
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
	var v []float64
	var p placed
	of := ""
	for _, k := range percentileKeys { // those of one stem stand together
		if stem(k.key) != of {
			of = stem(k.key)
			v, p = c.sorted(timeOf[of])
		}
		f := percentile(v, k.q, c.noTime(of))
		c.widen(&f, k.q, v, p)
		into[k.key] = f
	}
	gaps := c.tokenGaps().percentiles(c.noTime("itl"), 0.5, 0.99)
	into["itl_p50"], into["itl_p99"] = gaps[0], gaps[1]
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
	case !c.any(func(q *request) bool { return !q.ours() }):
		return allOurs
	case !c.any((*request).ok):
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

// tokenSource names where the tokens of the successful requests were counted.
func (c *cell) tokenSource() string {
	var from []string
	for _, ref := range c.requests {
		sh := c.pack.shape(int(c.order[ref.to-1]))
		if sh.ok() && sh.tokenSource != "" && !slices.Contains(from, sh.tokenSource) {
			from = append(from, sh.tokenSource)
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
