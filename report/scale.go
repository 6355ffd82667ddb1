package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// scale writes the figures of one column in one unit with one number of
// decimals, so that a column can be read down.
type scale struct {
	factor   float64 // from the base unit
	decimals int
	prefix   string
	suffix   string
	zero     string // how exactly 0 is written; empty: like any other
	money    bool   // decimals by each value: dollars span orders of magnitude
}

// newScale chooses the unit and the decimals by the smallest value that is not
// zero: it keeps about three significant digits. unit is that of the figure.
func newScale(unit string, values []float64) scale {
	lo, hi := magnitudes(values)
	switch unit {
	case "s":
		return timeScale(lo, hi)
	case "share":
		return scale{factor: 100, decimals: digits(lo*100, 2, 2), suffix: "%", zero: "0%"}
	case "USD":
		return scale{factor: 1, prefix: "$", zero: "$0", money: true}
	case "tokens/s":
		return scale{factor: 1, decimals: digits(lo, 3, 2)}
	case "1/s":
		return scale{factor: 1, decimals: digits(lo, 3, 2), suffix: "/s"}
	case "points":
		return scale{factor: 1, decimals: 2}
	case "":
		return scale{factor: 1, decimals: digits(lo, 3, 3)}
	default: // GiB, W
		return scale{factor: 1, decimals: digits(lo, 3, 2), suffix: " " + unit}
	}
}

func timeScale(lo, hi float64) scale {
	switch {
	case hi >= 100 && lo >= 1:
		return scale{factor: 1, decimals: 0, suffix: " s"}
	case lo >= 1, hi >= 100:
		return scale{factor: 1, decimals: 2, suffix: " s"}
	case hi < 1e-3 && hi > 0:
		return scale{factor: 1e6, decimals: 0, suffix: " \u00b5s"}
	}
	return scale{factor: 1e3, decimals: digits(lo*1e3, 3, 2), suffix: " ms"}
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

// format writes v, in the base unit, with its unit.
func (s scale) format(v float64) string {
	if v == 0 && s.zero != "" {
		return s.zero
	}
	n := s.number(v)
	if strings.HasPrefix(n, "-") {
		return "-" + s.prefix + n[1:] + s.suffix
	}
	return s.prefix + n + s.suffix
}

// signed is format with a plus sign before what is not negative.
func (s scale) signed(v float64) string {
	if v < 0 {
		return s.format(v)
	}
	return "+" + s.format(v)
}

// number writes v without its unit, thousands set apart from 10,000 on.
func (s scale) number(v float64) string {
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

// interval writes low to high with the unit once; a missing bound is "?". It is
// empty when both are missing.
func (s scale) interval(low, high *float64) string {
	if low == nil && high == nil {
		return ""
	}
	lo, hi := "?", "?"
	if low != nil {
		lo = s.prefix + s.number(*low)
	}
	if high != nil {
		hi = s.prefix + s.number(*high)
	}
	sep := "\u2013"
	if low != nil && *low < 0 || high != nil && *high < 0 {
		sep = " to "
	}
	return lo + sep + hi + s.suffix
}

// Format writes one figure for people: 0.312 s as "312 ms", a share of 0.012 as
// "1.2%". unit is a figure's base unit.
func Format(v float64, unit string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "unknown"
	}
	return newScale(unit, []float64{v}).format(v)
}

// FormatDifference is Format with a sign: "+12 ms".
func FormatDifference(v float64, unit string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "unknown"
	}
	return newScale(unit, []float64{v}).signed(v)
}

// FormatInterval writes an interval in one unit: "305-320 ms"; a missing bound is
// "?". It is empty when both are missing.
func FormatInterval(low, high *float64, unit string) string {
	var vs []float64
	for _, p := range []*float64{low, high} {
		if p != nil {
			vs = append(vs, *p)
		}
	}
	return newScale(unit, slices.Clip(vs)).interval(low, high)
}

func percent(v float64) string { return newScale("share", []float64{v}).format(v) }

func count(n int) string { return scale{factor: 1}.number(float64(n)) }
