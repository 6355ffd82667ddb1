package results

import (
	"time"

	"switchover/targets/chat"
	"switchover/targets/price"
)

const perMillion = 1e6

// Price is what a target's tokens cost. A nil price is unknown, never free.
type Price = price.List

// USD is what an attempt cost at a price: its own token counts, at the rates that
// held for an input of its size when it started, epoch being the wall clock at its
// segment's zero. An absent cache price is the input price. An attempt that no server
// accepted (no connection came about, or the status was not 2xx) was not billed and
// costs nothing. The cost is unknown when there is no price, when a price is missing
// for tokens that were counted, and when the counts are missing or only chunks were
// counted.
func (r *Record) USD(p *Price, epoch time.Time) Opt[float64] {
	input, output := r.split(p, epoch)
	in, haveInput := input.Get()
	out, haveOutput := output.Get()
	if !haveInput || !haveOutput {
		return Opt[float64]{}
	}
	return Known(in + out)
}

// split is USD for the input and for the output alone.
func (r *Record) split(p *Price, epoch time.Time) (input, output Opt[float64]) {
	if p == nil {
		return input, output
	}
	if refused(r) {
		return Known(0.0), Known(0.0)
	}
	in, haveInput := r.InputTokens.Get()
	out, haveOutput := r.OutputTokens.Get()
	if !haveInput || !haveOutput || r.TokenSource == FromChunks {
		return input, output
	}
	// Note: caches that keep for an hour cost more, but no usage that is recorded
	// tells their writes from others; a worst case counts them.
	inputUSD, outputUSD, okInput, okOutput := p.Split(epoch.Add(time.Duration(r.began())), price.Tokens{
		Input: in, CacheRead: r.CacheReadTokens.Or(0), CacheWrite: r.CacheWriteTokens.Or(0),
		Output: out, Reasoning: r.ReasoningTokens.Or(0)})
	if okInput {
		input = Known(inputUSD)
	}
	if okOutput {
		output = Known(outputUSD)
	}
	return input, output
}

// began is when an attempt left, as far as is known.
func (r *Record) began() int64 {
	for _, at := range []Instant{r.Start, r.Scheduled, r.Intended} {
		if v, ok := at.Get(); ok {
			return v
		}
	}
	return 0
}

// Charge is what an ended attempt counts against a budget, in USD: its cost; its
// worst case when it may have been billed but never said so (a stream cut short,
// no response at all); nothing when the server refused it.
func (r *Record) Charge(worst float64) float64 {
	if usd, ok := r.CostUSD.Get(); ok {
		return usd
	}
	if r.Sent.IsKnown() && (r.Status == 0 || r.Status/100 == 2) {
		return worst
	}
	return 0
}

// refused reports whether the attempt never became work for a server.
func refused(r *Record) bool {
	if r.Status != 0 {
		return r.Status < 200 || r.Status > 299
	}
	if r.Error == nil {
		return false
	}
	switch r.Error.Class {
	case chat.DNS, chat.TLS, chat.TimeoutConnect:
		return true
	case chat.Connect:
		// A connection that broke after the request was sent may have been billed.
		return !r.Sent.IsKnown()
	}
	return false
}
