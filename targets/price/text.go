package price

import (
	"fmt"
	"strconv"
	"strings"
)

// Text says a price in words, its source left out; usd writes one amount. A price
// that is unknown altogether gives "unknown".
func (l *List) Text(usd func(float64) string) string {
	if l == nil {
		return "unknown"
	}
	var parts []string
	if !l.covered() {
		parts = append(parts, ratesText(l.Base(), l.Tiers, usd))
	}
	for i := range l.Windows {
		w := &l.Windows[i]
		parts = append(parts, w.when()+": "+ratesText(w.Rates, w.Tiers, usd))
	}
	return strings.Join(parts, "; ")
}

func ratesText(r Rates, tiers []Tier, usd func(float64) string) string {
	text := r.text(usd)
	for _, t := range tiers {
		text += fmt.Sprintf(" (above %s input tokens: %s)", grouped(t.Above), t.Rates.text(usd))
	}
	return text
}

// grouped is a count with its thousands apart: 272,000.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (r Rates) text(usd func(float64) string) string {
	var parts []string
	for i, x := range r.Each() {
		if *x != nil {
			parts = append(parts, kinds[i]+" "+usd(**x))
		}
	}
	if len(parts) == 0 {
		return "unknown"
	}
	return strings.Join(parts, ", ")
}

// kinds are the tokens of Rates, in its order.
var kinds = [...]string{"input", "output", "cache read", "cache write", "cache write for an hour", "reasoning"}

// when says when a window holds.
func (w *Window) when() string {
	var parts []string
	date := func(word string, m Moment) {
		if !m.IsZero() {
			text, _ := m.MarshalText() // always succeeds
			parts = append(parts, word+" "+string(text))
		}
	}
	date("from", w.From)
	date("until", w.Until)
	if w.Daily != (Hours{}) {
		text, _ := w.Daily.MarshalText() // always succeeds
		parts = append(parts, "daily "+string(text)+" UTC")
	}
	var days []string
	for _, d := range w.Days {
		if name, err := d.MarshalText(); err == nil {
			days = append(days, string(name))
		}
	}
	if len(days) > 0 {
		parts = append(parts, "on "+strings.Join(days, " "))
	}
	if len(parts) == 0 {
		return "always"
	}
	return strings.Join(parts, " ")
}
