package results

import "switchover/targets/chat"

const perMillion = 1e6

// USD is what an attempt cost: its token counts times the price. An absent cache
// price is the input price. An attempt that no server accepted (no connection
// came about, or the status was not 2xx) was not billed and costs nothing. The
// cost is unknown when there is no price, when a price is missing for tokens that
// were counted, and when the counts are missing or only chunks were counted.
func (p *Price) USD(r *Record) Opt[float64] {
	if p == nil {
		return Opt[float64]{}
	}
	if refused(r) {
		return Known(0.0)
	}
	input, haveInput := r.InputTokens.Get()
	output, haveOutput := r.OutputTokens.Get()
	if !haveInput || !haveOutput || r.TokenSource == FromChunks {
		return Opt[float64]{}
	}
	parts := []struct {
		tokens int
		price  *float64
	}{
		{input, p.Input},
		{r.CacheReadTokens.Or(0), or(p.CacheRead, p.Input)},
		{r.CacheWriteTokens.Or(0), or(p.CacheWrite, p.Input)},
		{output, p.Output},
	}
	var usd float64
	for _, part := range parts {
		if part.tokens == 0 {
			continue
		}
		if part.price == nil {
			return Opt[float64]{}
		}
		usd += float64(part.tokens) * *part.price / perMillion
	}
	return Known(usd)
}

// WorstUSD is the most an attempt with at most these token counts can cost:
// every input token at the dearest of the input prices. It reports false when a
// price is unknown.
func (p *Price) WorstUSD(inputTokens, outputTokens int) (float64, bool) {
	if p == nil || p.Input == nil || p.Output == nil {
		return 0, false
	}
	input := max(*p.Input, *or(p.CacheRead, p.Input), *or(p.CacheWrite, p.Input))
	return (float64(inputTokens)*input + float64(outputTokens)**p.Output) / perMillion, true
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

func or(a, b *float64) *float64 {
	if a != nil {
		return a
	}
	return b
}
