package results

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"switchover/results/stats"
)

// maxChanges bounds the list of what would change the winner.
const maxChanges = 6

// change is a Change with its distance: how far the value moves, relative to
// where it is.
type change struct {
	Change
	distance float64
}

// dial is one number the winner depends on, with how far it can be turned to
// either side.
type dial struct {
	what string
	unit string // empty for a weight
	now  float64
	ends [2]float64
	// scale is what a distance is measured in where now is 0.
	scale float64
	// set puts v into ws or values, both of which are its own; the rows of values
	// are not.
	set func(ws []weighing, values [][]*float64, v float64)
}

// changes looks, one number at a time, for the nearest weight, anchor or figure
// at which another of the ranked candidates would come first, be it that it scores
// more or that the first one fails a requirement, and returns them nearest first.
// anyWeight reports whether a weight is among them.
func changes(p *Policy, ws []weighing, cs []*contender) (out []Change, anyWeight bool) {
	if len(cs) < 2 {
		return nil, false
	}
	found := falls(p, cs)
	for _, d := range dials(ws, cs) {
		if c, ok := turn(d, ws, cs); ok {
			found = append(found, c)
			anyWeight = anyWeight || d.unit == ""
		}
	}
	slices.SortStableFunc(found, func(a, b change) int { return cmp.Compare(a.distance, b.distance) })
	said := map[string]bool{}
	for _, c := range found {
		if !said[c.What] && len(out) < maxChanges { // the nearer of two places of one number
			out = append(out, c.Change)
		}
		said[c.What] = true
	}
	return out, anyWeight
}

// falls are the places at which a figure of the first candidate would fail a
// requirement that it does not fail now, so that the next one would come first.
func falls(p *Policy, cs []*contender) (out []change) {
	first := cs[0]
	fall := func(key, to string, now, at float64) {
		info, _ := LookupFigure(key)
		scale := math.Abs(now)
		if scale == 0 {
			scale = math.Abs(at)
		}
		out = append(out, change{
			Change: Change{What: figureLabel(key) + " of " + first.Target, From: amount(info.Unit, now),
				To: to + ", where it fails a requirement", Winner: cs[1].Target},
			distance: math.Abs(at-now) / scale,
		})
	}
	for _, b := range p.Require {
		info, known := LookupFigure(b.Name)
		now := first.summary.Figures[b.Name].Value
		if !known || now == nil || b.Limit == nil {
			continue
		}
		switch to := exact(info.Unit, *b.Limit); b.Op {
		case "<", ">":
			fall(b.Name, to, *now, *b.Limit)
		case "<=":
			fall(b.Name, "over "+to, *now, *b.Limit)
		case ">=":
			fall(b.Name, "under "+to, *now, *b.Limit)
		}
	}
	// Worse answers lower the paired difference and its bounds by as much.
	compared := slices.ContainsFunc(first.Checks, func(c Check) bool { return c.Name == NonInferiorCheck })
	j, now := first.summary.Judged, first.summary.Figures[quality].Value
	if compared && now != nil && j.UpperOneSided != nil && j.Difference.N >= stats.MinDialogues {
		at := math.Floor(100*(*now-*j.UpperOneSided-p.Margin)) / 100
		if at >= 0 {
			fall(quality, "below "+exact("points", at), *now, at)
		}
	}
	return out
}

func dials(ws []weighing, cs []*contender) []dial {
	const reach = 100 // a weight is tried up to this many times itself
	var out []dial
	for j, w := range ws {
		unit := ""
		if info, ok := LookupFigure(w.Figure); ok {
			unit = info.Unit
		}
		span := math.Abs(w.Anchor.Good - w.Anchor.Bad)
		if len(ws) > 1 {
			out = append(out, dial{"weight of " + w.Name, "", w.raw, [2]float64{0, reach * w.raw}, w.raw,
				func(ws []weighing, _ [][]*float64, v float64) { ws[j].raw = v }})
		}
		out = append(out, anchorDial(j, w, unit, true), anchorDial(j, w, unit, false))
		for i, c := range cs {
			v := *c.values[j]
			// The winner's figure can only lose its place by worsening, a rival's win it
			// by improving; past the anchors nothing changes.
			d := dial{figureLabel(w.Figure) + " of " + c.Target, unit, v, [2]float64{v, w.Anchor.Good}, span,
				func(_ []weighing, values [][]*float64, v float64) {
					values[i] = slices.Clone(values[i])
					values[i][j] = &v
				}}
			if i == 0 {
				d.ends[1] = w.Anchor.Bad
			}
			out = append(out, d)
		}
	}
	return out
}

// anchorDial turns one anchor from just beside the other one to five spans away
// on its own side, and never below zero: no figure is.
func anchorDial(j int, w weighing, unit string, good bool) dial {
	now, other, name := w.Anchor.Good, w.Anchor.Bad, " good"
	if !good {
		now, other, name = other, now, " bad"
	}
	const spans = 5
	near, far := other+(now-other)/100, now+spans*(now-other)
	return dial{"anchor " + w.Figure + name, unit, now, [2]float64{max(0, near), max(0, far)}, math.Abs(now - other),
		func(ws []weighing, _ [][]*float64, v float64) {
			if good {
				ws[j].Anchor.Good = v
			} else {
				ws[j].Anchor.Bad = v
			}
		}}
}

// turn turns one dial away from where it is, both ways, until the winner is
// another, and reports the nearer of the two places, rounded away from where the
// dial stands to as few digits as still change the winner.
func turn(d dial, ws []weighing, cs []*contender) (change, bool) {
	now := make([][]*float64, len(cs))
	for i, c := range cs {
		now[i] = c.values
	}
	winner := func(v float64) int {
		turned, values := slices.Clone(ws), slices.Clone(now)
		d.set(turned, values, v)
		best, first := -1.0, 0
		for i := range values {
			if u := utility(turned, values[i], 0); u > best {
				best, first = u, i
			}
		}
		return first
	}
	at, ok := math.NaN(), false
	for _, end := range d.ends {
		if v, found := firstChange(d.now, end, winner); found && (!ok || math.Abs(v-d.now) < math.Abs(at-d.now)) {
			at, ok = v, true
		}
	}
	if !ok {
		return change{}, false
	}
	at = rounded(at, d, winner)
	scale := math.Abs(d.now)
	if scale == 0 {
		scale = d.scale
	}
	from, to := amount(d.unit, d.now), exact(d.unit, at)
	if amount(d.unit, at) == from { // they differ by less than is shown
		to = "just above " + from
		if at < d.now {
			to = "just below " + from
		}
	}
	return change{
		Change:   Change{What: d.what, From: from, To: to, Winner: cs[winner(at)].Target},
		distance: math.Abs(at-d.now) / scale,
	}, true
}

// firstChange walks from a value towards an end in steps that grow with the
// distance and returns the nearest value found at which the winner is not the
// first contender, to within a part in 10^9 of the way.
func firstChange(from, end float64, winner func(float64) int) (float64, bool) {
	const steps = 400
	last := from
	for k := 1; k <= steps; k++ {
		t := float64(k) / steps
		v := from + t*t*(end-from)
		if winner(v) == 0 {
			last = v
			continue
		}
		for range 30 {
			mid := last + (v-last)/2
			if winner(mid) == 0 {
				last = mid
			} else {
				v = mid
			}
		}
		return v, true
	}
	return 0, false
}

// rounded is v with as few significant digits as keep the winner another,
// rounded away from where the dial stands by at most a tenth of the way, and
// kept within its range.
func rounded(v float64, d dial, winner func(float64) int) float64 {
	lo, hi := min(d.ends[0], d.now, d.ends[1]), max(d.ends[0], d.now, d.ends[1])
	for digits := 2; digits <= 8 && v != 0; digits++ {
		step := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-float64(digits-1))
		r := math.Ceil(v/step) * step
		if v < d.now {
			r = math.Floor(v/step) * step
		}
		// Through text, so that 0.30000000000000004 is 0.3.
		r, _ = strconv.ParseFloat(strconv.FormatFloat(r, 'g', digits, 64), 64)
		if r >= lo && r <= hi && winner(r) != 0 && math.Abs(r-v) <= 0.1*math.Abs(v-d.now) {
			return r
		}
	}
	return v
}
