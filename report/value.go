package report

import (
	"math"

	"switchover/results"
)

// valuesOf formats the figures of one column on one scale.
func valuesOf(unit string, figs []results.Figure) []Value {
	var vs []float64
	for _, f := range figs {
		if v := finite(f.Value); v != nil {
			vs = append(vs, *v)
		}
	}
	for _, f := range figs { // of capacity, users instead of a rate
		if f.Value != nil && f.Unit != "" {
			unit = f.Unit
		}
	}
	sc := NewScale(unit, vs...)
	out := make([]Value, len(figs))
	for i, f := range figs {
		out[i] = value(sc, f)
	}
	return out
}

func value(sc Scale, f results.Figure) Value {
	v := finite(f.Value)
	if v == nil {
		return unknown(f.Reason, f.N)
	}
	out := Value{Text: sc.Format(*v), N: f.N, Known: true, Numeric: true, Step: -1,
		Value: v, Low: finite(f.Low), High: finite(f.High)}
	switch f.Censored {
	case results.AtLeast:
		out.Text = "\u2265 " + out.Text
	case results.LessThan:
		out.Text = "< " + out.Text
	default:
		out.Interval = sc.Interval(out.Low, out.High)
	}
	if out.Low == nil || out.High == nil {
		out.Need = Clean(f.Reason)
	}
	return out
}

func unknown(reason string, n int) Value {
	if reason = Clean(reason); reason == "" {
		reason = "no data"
	}
	return Value{Text: "unknown", Reason: reason, N: n, Numeric: true, Step: -1}
}

// finite drops what is no number: summary.json cannot hold one, but a Summary in
// memory can.
func finite(p *float64) *float64 {
	if p == nil || math.IsNaN(*p) || math.IsInf(*p, 0) {
		return nil
	}
	return p
}

// text is a cell of plain text.
func text(s string) Value { return Value{Text: s, Known: true, Step: -1} }

// number is a cell of a count or of a figure without an interval.
func number(s string) Value { return Value{Text: s, Known: true, Numeric: true, Step: -1} }

func counted(n int) Value { return number(count(n)) }
