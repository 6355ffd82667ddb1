package chart

import (
	"fmt"
	"math"
)

// logScale maps a positive value to a place between two ends, with room for the
// numbers beside the outermost marks.
type logScale struct {
	lo, hi float64 // logarithms to base 10
	x, w   float64
}

// numberRoom is kept free at both ends of a panel.
const numberRoom = 54

// newLogScale spans lo to hi, at least a factor of 3: a narrower one would make
// nothing of nothing.
func newLogScale(lo, hi float64) logScale {
	a, b := math.Log10(lo), math.Log10(hi)
	if least := math.Log10(3); b-a < least {
		c := (a + b) / 2
		a, b = c-least/2, c+least/2
	}
	return logScale{lo: a, hi: b}
}

func (l *logScale) place(x, w float64) { l.x, l.w = x+numberRoom, w-2*numberRoom }

func (l logScale) at(v float64) float64 {
	return l.x + l.w*(math.Log10(v)-l.lo)/(l.hi-l.lo)
}

// ticks are 1, 2 and 5 times powers of ten within the panel, the room for numbers
// included; fewer where their labels would touch.
func (l logScale) ticks(p pen) []float64 {
	for _, steps := range [][]float64{{1, 2, 5}, {1, 3}} {
		if out, ok := l.fit(p, steps, 1); ok {
			return out
		}
	}
	for every := 1; ; every++ {
		if out, ok := l.fit(p, []float64{1}, every); ok {
			return out
		}
	}
}

// fit lists the steps in every n-th power of ten and reports whether their labels
// keep apart.
func (l logScale) fit(p pen, steps []float64, every int) (out []float64, ok bool) {
	perPoint := (l.hi - l.lo) / l.w
	from, to := l.lo-numberRoom*perPoint, l.hi+numberRoom*perPoint
	end := math.Inf(-1)
	for e := math.Floor(from); e <= to; e++ {
		if math.Mod(e, float64(every)) != 0 {
			continue
		}
		for _, m := range steps {
			v := m * math.Pow(10, e)
			half := p.width(tickLabel(v)) / 2
			if l.at(v)-half < l.x-numberRoom || l.at(v)+half > l.x+l.w+numberRoom {
				continue
			}
			if l.at(v)-half <= end+8 {
				return nil, false
			}
			end = l.at(v) + half
			out = append(out, v)
		}
	}
	return out, true
}

// tickLabel writes 0.2 as 200 ms, 5 as 5 s.
func tickLabel(v float64) string {
	switch {
	case v >= 0.9999:
		return fmt.Sprintf("%.6g s", v)
	case v >= 0.00099999:
		return fmt.Sprintf("%.6g ms", v*1e3)
	}
	return fmt.Sprintf("%.6g \u00b5s", v*1e6)
}
