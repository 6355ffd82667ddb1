package report

import (
	"math"
	"strconv"
	"strings"
)

// Scale writes figures that belong together in one unit with one number of
// decimals, so that they can be compared by eye.
type Scale struct {
	factor   float64 // from the base unit
	decimals int
	prefix   string
	suffix   string
	zero     string // how exactly 0 is written; empty: like any other
	money    bool   // decimals by each value: dollars span orders of magnitude
}

// NewScale chooses the unit and the decimals by the smallest of the values that
// is not zero: it keeps about three significant digits. unit is a figure's base
// unit: s, share, USD, tokens/s, 1/s, points, GiB or W.
func NewScale(unit string, values ...float64) Scale {
	lo, hi := magnitudes(values)
	switch unit {
	case "s":
		return timeScale(lo, hi)
	case "share":
		return Scale{factor: 100, decimals: digits(lo*100, 2, 2), suffix: " %", zero: "0 %"}
	case "USD":
		return Scale{factor: 1, prefix: "$", zero: "$0", money: true}
	case "tokens/s":
		return Scale{factor: 1, decimals: digits(lo, 3, 2)}
	case "1/s":
		return Scale{factor: 1, decimals: digits(lo, 3, 2), suffix: "/s"}
	case "users":
		return Scale{factor: 1, suffix: " users"}
	case "points":
		return Scale{factor: 1, decimals: 2}
	case "":
		return Scale{factor: 1, decimals: digits(lo, 3, 3)}
	default: // GiB, W
		return Scale{factor: 1, decimals: digits(lo, 3, 2), suffix: " " + unit}
	}
}

func timeScale(lo, hi float64) Scale {
	s := Scale{factor: 1e3, decimals: digits(lo*1e3, 3, 2), suffix: " ms"}
	switch {
	case hi >= 100 && lo >= 1:
		s = Scale{factor: 1, decimals: 0, suffix: " s"}
	case lo >= 1, hi >= 10 && lo >= 0.1, hi >= 100:
		s = Scale{factor: 1, decimals: 2, suffix: " s"}
	case hi < 1e-3 && hi > 0:
		s = Scale{factor: 1e6, decimals: 0, suffix: " \u00b5s"}
	}
	s.zero = "0" + s.suffix
	return s
}

// magnitudes returns the smallest magnitude above zero and the largest; 1 and 1
// when there is none.
func magnitudes(values []float64) (lo, hi float64) {
	lo, hi = math.Inf(1), 0
	for _, v := range values {
		v = math.Abs(v)
		if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	if hi == 0 {
		return 1, 1
	}
	return lo, hi
}

// digits is the number of decimals that leaves v significant digits, at most most.
func digits(v float64, significant, most int) int {
	if v <= 0 {
		return 0
	}
	d := significant - 1 - int(math.Floor(math.Log10(v)))
	return max(0, min(d, most))
}

// Format writes v, given in the base unit, with its unit; "unknown" for what is no
// number.
func (s Scale) Format(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "unknown"
	}
	if v == 0 && s.zero != "" {
		return s.zero
	}
	n := s.number(v)
	if strings.HasPrefix(n, "-") {
		return "-" + s.prefix + n[1:] + s.suffix
	}
	return s.prefix + n + s.suffix
}

// Signed is Format with a plus sign before what is not negative.
func (s Scale) Signed(v float64) string {
	if v < 0 {
		return s.Format(v)
	}
	return "+" + s.Format(v)
}

// number writes v without its unit, thousands set apart from 10,000 on.
func (s Scale) number(v float64) string {
	decimals := s.decimals
	if s.money {
		decimals = max(2, digits(math.Abs(v), 3, 6))
	}
	n := strconv.FormatFloat(v*s.factor, 'f', decimals, 64)
	if s.money && decimals > 2 {
		n = strings.TrimRight(n, "0")
		if _, frac, _ := strings.Cut(n, "."); len(frac) < 2 {
			n += strings.Repeat("0", 2-len(frac))
		}
	}
	if strings.Trim(n, "-0.") == "" {
		n = strings.TrimPrefix(n, "-")
	}
	whole, frac, _ := strings.Cut(n, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	if len(whole) > 4 {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
	}
	if frac != "" {
		frac = "." + frac
	}
	return sign + whole + frac
}

// Interval writes low to high with the unit once; a missing bound is "?". It is
// empty when both are missing, or read the same.
func (s Scale) Interval(low, high *float64) string {
	if low == nil && high == nil {
		return ""
	}
	lower, upper := s.bare(), s.bare()
	lo, hi, sep := "?", "?", "\u2013"
	if low != nil && *low < 0 || high != nil && *high < 0 {
		sep = " to "
	} else if low != nil {
		upper.prefix = "" // the lower bound has it
	}
	if low != nil {
		lo = lower.Format(*low)
	}
	if high != nil {
		hi = upper.Format(*high)
	}
	if low != nil && high != nil && lower.Format(*low) == lower.Format(*high) {
		return "" // a price has no spread: saying "0.30-0.30" would claim one
	}
	return lo + sep + hi + s.suffix
}

// bare is the scale without its suffix, zero written like any other value.
func (s Scale) bare() Scale {
	s.suffix, s.zero = "", ""
	return s
}

// Format writes one figure for people: 0.312 s as "312 ms", a share of 0.012 as
// "1.2 %". unit is a figure's base unit.
func Format(v float64, unit string) string {
	return NewScale(unit, v).Format(v)
}

// short writes a round number without the zeros that a column would need.
func short(v float64, unit string) string {
	sc := NewScale(unit, v)
	n := strconv.FormatFloat(v*sc.factor, 'f', sc.decimals, 64)
	sc.decimals = 0
	if _, frac, ok := strings.Cut(n, "."); ok {
		sc.decimals = len(strings.TrimRight(frac, "0"))
	}
	return sc.Format(v)
}

func percent(v float64) string { return NewScale("share", v).Format(v) }

func count(n int) string { return Scale{factor: 1}.number(float64(n)) }
