// Package price is what tokens cost: USD per 1,000,000 of them, by the size of a
// request's input and by the time it is made. It computes what a request costs and
// what one can cost at most. It knows no provider and no model (package catalog
// does), converts no currency, and refuses to take an unknown price for nothing.
package price

import (
	"math"
	"time"
)

const perMillion = 1e6

// Rates are prices in USD per 1,000,000 tokens. Nil is unknown, never free.
type Rates struct {
	Input        *float64 `json:"input,omitempty"`
	Output       *float64 `json:"output,omitempty"`
	CacheRead    *float64 `json:"cache_read,omitempty"`     // absent: the input price
	CacheWrite   *float64 `json:"cache_write,omitempty"`    // absent: the input price
	CacheWrite1h *float64 `json:"cache_write_1h,omitempty"` // kept for an hour; absent: the cache_write price
	Reasoning    *float64 `json:"reasoning,omitempty"`      // absent: the output price
}

// Tier is what a request costs whose input has more than Above tokens, cached ones
// included: all its tokens, not only those above. Prices it does not name stay as
// they are below it.
type Tier struct {
	Above int `json:"above"`
	Rates
}

// Window is a price for a time: between two moments, in some hours of each day, or
// both. It is a whole price; nothing of the one outside of it holds within.
type Window struct {
	From  Moment `json:"from,omitzero"`  // included
	Until Moment `json:"until,omitzero"` // excluded
	Daily Hours  `json:"daily,omitzero"`
	// Days are the days of the week on which Daily begins; none: every day.
	Days []Day `json:"days,omitempty"`
	Rates
	Tiers []Tier `json:"tiers,omitempty"`
}

// List is a price: that outside of its windows, and the windows. Of several windows
// that hold at once the last does.
type List struct {
	Input        *float64 `json:"input,omitempty"`
	Output       *float64 `json:"output,omitempty"`
	CacheRead    *float64 `json:"cache_read,omitempty"`
	CacheWrite   *float64 `json:"cache_write,omitempty"`
	CacheWrite1h *float64 `json:"cache_write_1h,omitempty"`
	Reasoning    *float64 `json:"reasoning,omitempty"`

	Tiers   []Tier   `json:"tiers,omitempty"`
	Windows []Window `json:"windows,omitempty"`
	// Source says where the price comes from: "scenario", or a document and when it
	// was read.
	Source string `json:"source,omitempty"`
}

// Tokens are what one request used.
type Tokens struct {
	Input                    int // neither read from a cache nor written to one
	CacheRead                int
	CacheWrite, CacheWrite1h int // kept for minutes, and for an hour
	Output                   int // Reasoning included
	Reasoning                int
}

// input is the size that tiers go by.
func (t Tokens) input() int { return t.Input + t.CacheRead + t.CacheWrite + t.CacheWrite1h }

// Base are the rates outside of windows and below the first tier.
func (l *List) Base() Rates {
	return Rates{l.Input, l.Output, l.CacheRead, l.CacheWrite, l.CacheWrite1h, l.Reasoning}
}

// At are the rates for a request made at a time, whose input has that many tokens.
func (l *List) At(at time.Time, input int) Rates {
	for i := len(l.Windows) - 1; i >= 0; i-- {
		if w := &l.Windows[i]; w.holds(at) {
			return tiered(w.Rates, w.Tiers, input)
		}
	}
	return tiered(l.Base(), l.Tiers, input)
}

// tiered are the rates of the highest tier that an input of that size reaches.
func tiered(r Rates, tiers []Tier, input int) Rates {
	var top *Tier
	for i := range tiers {
		if t := &tiers[i]; input > t.Above && (top == nil || t.Above > top.Above) {
			top = t
		}
	}
	if top == nil {
		return r
	}
	return top.Rates.Over(r)
}

// Over are the rates, with those of base where there are none.
func (r Rates) Over(base Rates) Rates {
	into, from := r.Each(), base.Each()
	for i, x := range into {
		if *x == nil {
			*x = *from[i]
		}
	}
	return Rates{*into[0], *into[1], *into[2], *into[3], *into[4], *into[5]}
}

// Each are the rates in the order of their fields, to be set one by one.
func (r *Rates) Each() [6]**float64 {
	return [...]**float64{&r.Input, &r.Output, &r.CacheRead, &r.CacheWrite, &r.CacheWrite1h, &r.Reasoning}
}

// Cost is what a request's input and its output cost, in USD. Either is false when a
// price is unknown for tokens that it has.
func (r Rates) Cost(t Tokens) (input, output float64, haveInput, haveOutput bool) {
	write := or(r.CacheWrite, r.Input)
	input, haveInput = sum([]part{{t.Input, r.Input}, {t.CacheRead, or(r.CacheRead, r.Input)},
		{t.CacheWrite, write}, {t.CacheWrite1h, or(r.CacheWrite1h, write)}})
	thought := min(t.Reasoning, t.Output)
	output, haveOutput = sum([]part{{t.Output - thought, r.Output}, {thought, or(r.Reasoning, r.Output)}})
	return input, output, haveInput, haveOutput
}

type part struct {
	tokens int
	rate   *float64
}

func sum(parts []part) (usd float64, ok bool) {
	for _, p := range parts {
		switch {
		case p.tokens == 0:
		case p.rate == nil:
			return 0, false
		default:
			usd += float64(p.tokens) * *p.rate / perMillion
		}
	}
	return usd, true
}

// Split is what a request's input and its output cost at a time, in USD; see
// Rates.Cost.
func (l *List) Split(at time.Time, t Tokens) (input, output float64, haveInput, haveOutput bool) {
	return l.At(at, t.input()).Cost(t)
}

// Dearest are the highest rates of each kind that can hold for a request whose input
// has at most that many tokens, in any window: input tokens are taken to be of the
// dearest kind, output tokens too. Nil is unknown in one of the cases.
func (l *List) Dearest(input int) (in, out *float64) {
	var inputs, outputs []*float64
	collect := func(base Rates, tiers []Tier) {
		cases := []Rates{base}
		for _, t := range tiers {
			if input > t.Above {
				cases = append(cases, t.Rates.Over(base))
			}
		}
		for _, r := range cases {
			write := or(r.CacheWrite, r.Input)
			inputs = append(inputs, r.Input, or(r.CacheRead, r.Input), write, or(r.CacheWrite1h, write))
			outputs = append(outputs, r.Output, or(r.Reasoning, r.Output))
		}
	}
	if !l.covered() {
		collect(l.Base(), l.Tiers)
	}
	for _, w := range l.Windows {
		collect(w.Rates, w.Tiers)
	}
	return highest(inputs), highest(outputs)
}

// covered reports whether some window always holds.
func (l *List) covered() bool {
	for i := range l.Windows {
		if l.Windows[i].always() {
			return true
		}
	}
	return false
}

func highest(rates []*float64) *float64 {
	most := math.Inf(-1)
	for _, r := range rates {
		if r == nil {
			return nil
		}
		most = max(most, *r)
	}
	return &most
}

// WorstUSD is the most that a request with at most these tokens can cost, at any time.
// It reports false when a price is unknown.
func (l *List) WorstUSD(inputTokens, outputTokens int) (float64, bool) {
	if l == nil {
		return 0, false
	}
	in, out := l.Dearest(inputTokens)
	if in == nil || out == nil {
		return 0, false
	}
	return (float64(inputTokens)**in + float64(outputTokens)**out) / perMillion, true
}

// During is the price as it matters from one moment to another: windows that cannot
// hold then are left out, and one that holds all the time takes the place of what it
// covers. A zero from or until is no bound.
func (l *List) During(from, until time.Time) *List {
	out := *l
	out.Windows = nil
	for _, w := range l.Windows {
		if w.over(from, until) {
			continue
		}
		if w.covers(from, until) {
			out = List{w.Input, w.Output, w.CacheRead, w.CacheWrite, w.CacheWrite1h, w.Reasoning, w.Tiers, nil, l.Source}
			continue
		}
		out.Windows = append(out.Windows, w)
	}
	return &out
}

func or(a, b *float64) *float64 {
	if a != nil {
		return a
	}
	return b
}
