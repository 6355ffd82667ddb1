package results

import (
	"fmt"
	"math"
	"time"
)

// The reasons a cost is unknown, each with how to supply what is missing.
const (
	noPrice  = "no price: give --price IN,OUT or price: in the scenario"
	noUsage  = "no token counts from the server: it sent no usage"
	gpuInput = "a GPU is paid by the hour, not by input tokens: see $/1M output and blended"
	noneDone = "no conversation succeeded"
)

// Utilisations are the shares of the measured throughput that
// TargetSummary.CostAtUtilisation is given for; its keys are their names.
var Utilisations = []struct {
	Name  string
	Share float64
}{{"100%", 1}, {"50%", 0.5}, {"20%", 0.2}}

// costFigures prices a cell. The unit of evidence is the session.
func (c *cell) costFigures(r rated, into map[string]Figure) {
	if c.target.GPUHourUSD > 0 {
		c.gpuHourFigures(r, into)
		return
	}
	price := c.target.Price
	if price == nil {
		for _, key := range []string{"usd_per_mtok_input", "usd_per_mtok_output", "usd_per_mtok_blended", "usd_per_1k_conversations"} {
			into[key] = Unknown("USD", 0, noPrice)
		}
		return
	}
	into["usd_per_mtok_input"] = c.perToken(func(r *Record) (float64, int, bool) {
		input, _ := r.split(price, c.run.epoch(r.Segment))
		usd, ok := input.Get()
		return usd, inputTokens(r), ok && !refused(r)
	})
	into["usd_per_mtok_output"] = c.perToken(func(r *Record) (float64, int, bool) {
		_, output := r.split(price, c.run.epoch(r.Segment))
		usd, ok := output.Get()
		out, known := r.OutputTokens.Get()
		return usd, out, ok && known && !refused(r)
	})
	into["usd_per_mtok_blended"] = c.perToken(func(r *Record) (float64, int, bool) {
		usd, ok := r.CostUSD.Get()
		out, known := r.OutputTokens.Get()
		return usd, inputTokens(r) + out, ok && known && !refused(r)
	})
	into["usd_per_1k_conversations"] = c.perConversation()
}

// perToken is the cost of 1,000,000 tokens over the attempts that cost answers
// for.
func (c *cell) perToken(cost func(*Record) (usd float64, tokens int, ok bool)) Figure {
	usd, tokens := c.buffers().first[:0], c.buffers().second[:0]
	for _, s := range c.sessions {
		var u, n float64
		c.attemptsOf(s, func(r *row) {
			if v, k, ok := cost(&r.Record); ok {
				u += v
				n += float64(k)
			}
		})
		if n > 0 {
			usd, tokens = append(usd, u*perMillion), append(tokens, n)
		}
	}
	c.buffers().first, c.buffers().second = usd, tokens
	v, low, high, ok := ratio(usd, tokens)
	if !ok {
		return Unknown("USD", 0, c.noCost())
	}
	return Figure{Value: &v, Low: low, High: high, Unit: "USD", N: len(usd), Source: c.tokenSource()}
}

// epoch is the wall clock at a segment's zero; the zero time where it is not told.
func (r *Run) epoch(segment int) time.Time {
	if segment < 0 || segment >= len(r.Segments) {
		return time.Time{}
	}
	return time.Unix(0, r.Segments[segment].EpochUnixNs)
}

// noCost says why no cost is known although there is a price.
func (c *cell) noCost() string {
	if why := c.noTime(""); len(c.collect(latency)) == 0 {
		return why
	}
	if in, out := c.target.Price.Dearest(math.MaxInt); in == nil || out == nil {
		return "the price names only one of input and output: give both"
	}
	return noUsage
}

// usd is what a session cost, its failed attempts included.
func (c *cell) usd(s sessionRef) (total float64, ok bool) {
	ok = true
	c.attemptsOf(s, func(r *row) {
		v, known := r.CostUSD.Get()
		total += v
		ok = ok && known
	})
	return total, ok
}

// perConversation is the mean cost of 1,000 complete conversations, by token
// prices. A conversation that failed half-way is no conversation of this
// workload: it would look cheap.
func (c *cell) perConversation() Figure {
	usd, ones := c.buffers().first[:0], c.buffers().second[:0]
	var unknown int
	for _, s := range c.sessions {
		if !s.complete {
			continue
		}
		if v, ok := c.usd(s); ok {
			usd, ones = append(usd, 1000*v), append(ones, 1)
		} else {
			unknown++
		}
	}
	c.buffers().first, c.buffers().second = usd, ones
	v, low, high, ok := ratio(usd, ones)
	switch {
	case !ok && unknown == 0:
		return Unknown("USD", 0, noneDone)
	case !ok:
		return Unknown("USD", 0, c.noCost())
	}
	f := Figure{Value: &v, Low: low, High: high, Unit: "USD", N: len(usd), Source: c.tokenSource()}
	if unknown > 0 {
		f.Reason = fmt.Sprintf("%d of %d conversations left out: their token counts are unknown", unknown, unknown+len(usd))
	}
	return f
}

// gpuHourFigures price a deployment that is paid by the hour: the price of the
// steady window over what it produced.
func (c *cell) gpuHourFigures(r rated, into map[string]Figure) {
	perSecond := c.target.GPUHourUSD / 3600
	total := sum(r.tallies)
	per := func(scale, n float64, of func(tally) float64) Figure {
		rate := r.rate("", int(n), of)
		if rate.Value == nil || *rate.Value == 0 {
			return Unknown("USD", int(n), "nothing was produced in the steady window")
		}
		f := Figure{Unit: "USD", N: int(n), Reason: rate.Reason, Source: c.tokenSource()}
		f.Value = invert(rate.Value, perSecond*scale)
		f.Low, f.High = invert(rate.High, perSecond*scale), invert(rate.Low, perSecond*scale)
		if rate.Low != nil && f.High == nil {
			f.Reason = "not bounded above: the interval of what was produced reaches zero"
		}
		return f
	}
	into["usd_per_mtok_input"] = Unknown("USD", 0, gpuInput)
	into["usd_per_mtok_output"] = per(perMillion, total.tokens, func(t tally) float64 { return t.tokens })
	into["usd_per_mtok_blended"] = per(perMillion, total.tokens+total.inputTokens, func(t tally) float64 { return t.tokens + t.inputTokens })
	into["usd_per_1k_conversations"] = per(1000, total.conversations, func(t tally) float64 { return t.conversations })
}

// invert is scale/v, nil for an unknown v and for a bound at zero.
func invert(v *float64, scale float64) *float64 {
	if v == nil || *v <= 0 {
		return nil
	}
	x := scale / *v
	return &x
}

// costAtUtilisation is the output price at shares of the measured throughput.
func (c *cell) costAtUtilisation(figures map[string]Figure) map[string]float64 {
	full := figures["usd_per_mtok_output"].Value
	if c.target.GPUHourUSD <= 0 || full == nil {
		return nil
	}
	out := map[string]float64{}
	for _, u := range Utilisations {
		out[u.Name] = *full / u.Share
	}
	return out
}
