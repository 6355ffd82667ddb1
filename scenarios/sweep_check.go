package scenarios

import (
	"fmt"
	"math"
	"slices"
	"time"

	"switchover/results"
)

// severalFields belong to the modes that try several loads, and to which of them.
var severalFields = map[string][]string{
	"over": {ModeSweep, ModeCapacity}, "each": {ModeSweep, ModeCapacity},
	"values": {ModeSweep}, "range": {ModeSweep},
	"from": {ModeCapacity}, "to": {ModeCapacity}, "within": {ModeCapacity}, "probes": {ModeCapacity},
}

// severalOnly refuses what means something in a sweep or a search alone.
func (c *checker) severalOnly(at string, st *Stage) {
	for _, field := range []string{"over", "values", "range", "from", "to", "within", "each", "probes"} {
		if modes := severalFields[field]; c.given(at+"."+field) && !slices.Contains(modes, st.Mode) && c.has(at+".mode") {
			c.misplaced(at+"."+field, "remove it, or use mode: "+modes[0], "%s has no meaning in a stage of mode %s", field, st.Mode)
		}
	}
}

// several checks a sweep or a search.
func (c *checker) several(at string, st *Stage) {
	if !c.given(at + ".over") {
		c.wrong(at, "add over: rate, or users, or concurrency", "a %s stage needs what to vary", st.Mode)
		return
	}
	wrong := []string{"rate", "steps", "burst", "users", "duration"}
	if st.Mode == ModeCapacity {
		wrong = append(wrong, "conversations", "requests")
	}
	for _, field := range wrong {
		if c.given(at + "." + field) {
			c.misplaced(at+"."+field, "remove it: over, and each, say it", "%s has no meaning in a stage of mode %s, which sets the load itself", field, st.Mode)
		}
	}
	if st.Over != OverRate && c.given(at+".arrivals") {
		c.misplaced(at+".arrivals", "remove it, or use over: rate", "arrivals say how a rate is spaced, and %s has none", st.Over)
	}
	if st.Over == OverConcurrency && c.given(at+".think") {
		c.misplaced(at+".think", "remove it, or use over: users", "the users of concurrency never think")
	}
	if st.Measure != nil && !*st.Measure {
		c.wrong(at+".measure", "remove it, or the stage", "a %s that is not measured shows nothing", st.Mode)
	}
	c.span(at+".each", st.Each)
	if st.Mode == ModeSweep {
		c.sweep(at, st)
	} else {
		c.search(at, st)
	}
}

// sweep checks that the loads are of one kind and not the same.
func (c *checker) sweep(at string, st *Stage) {
	values, span := c.given(at+".values"), c.given(at+".range")
	switch {
	case values && span:
		c.misplaced(at+".range", "keep one of the two", "a sweep has values or a range, not both")
		return
	case !values && !span:
		c.wrong(at, "add values: [1/s, 2/s, 4/s], or range: {from: 1/s, to: 10/s, steps: 10}", "a sweep needs its loads")
		return
	}
	for i := range st.Values {
		path := fmt.Sprintf("%s.values[%d]", at, i)
		if c.fits(path, st.Over, &st.Values[i]) && slices.Index(st.Values, st.Values[i]) < i {
			c.wrong(path, "", "the load %s is listed twice", st.Values[i])
		}
	}
	if r := st.Range; r != nil && c.has(at+".range") {
		from := c.has(at+".range.from") && c.fits(at+".range.from", st.Over, &r.From)
		to := c.has(at+".range.to") && c.fits(at+".range.to", st.Over, &r.To)
		if from && to && r.From.value() >= r.To.value() {
			c.wrong(at+".range", "the lower load first", "the range runs from %s to %s", r.From, r.To)
		}
	}
}

// search checks the bounds, and that there is something to search for.
func (c *checker) search(at string, st *Stage) {
	from := st.From == nil || c.fits(at+".from", st.Over, st.From)
	to := st.To == nil || c.fits(at+".to", st.Over, st.To)
	low, high := st.bounds()
	if from && to && low >= high {
		path := at + ".to"
		if st.To == nil {
			path = at + ".from"
		}
		c.wrong(path, "from is the lowest load that is tried, to the highest", "the search runs from %s to %s", levelOf(st.Over, low), levelOf(st.Over, high))
	}
	if n := low * windowOf(st).Seconds(); from && st.Over == OverRate && n < leastStarts && !c.bad[at+".each"] {
		path := at + ".each"
		if st.Each == 0 {
			path = at + ".from"
		}
		hint := "a higher from"
		if each := math.Ceil(leastStarts / low); each <= time.Hour.Seconds() {
			hint = fmt.Sprintf("each: %.0fs, or a higher from", each)
		}
		c.wrong(path, hint, "a window of %s at %s, the lowest rate, begins about %.2g conversations, and shows something from %d on",
			windowOf(st), levelOf(st.Over, low), n, leastStarts)
	}
	if c.given(at+".within") && st.Within <= 0 {
		c.wrong(at+".within", "write 5%", "bounds are never narrower than 0%%")
	}
}

// leastStarts are the conversations that a window of a search begins at least, on
// average: with fewer there is one in which none does, now and then.
const leastStarts = 10

// windowOf is how long a whole window of a search lasts.
func windowOf(s *Stage) time.Duration {
	if s.Each == 0 {
		return time.Duration(defaultWindow)
	}
	return time.Duration(s.Each)
}

// bounds are the loads of a search, defaults filled in.
func (s *Stage) bounds() (low, high float64) {
	low, high = s.From.value(), s.To.value()
	if s.From == nil {
		low = defaultLowest[s.Over]
	}
	if s.To == nil {
		high = defaultHighest[s.Over]
	}
	return low, high
}

// fits checks that a load is of the kind that is varied.
func (c *checker) fits(path, over string, l *Level) bool {
	switch {
	case c.bad[path]:
		return false
	case over == OverRate && l.Users > 0:
		c.wrong(path, fmt.Sprintf("write %d/s or %d/min", l.Users, l.Users), "%d has no unit", l.Users)
		return false
	case over != OverRate && l.Rate > 0:
		c.wrong(path, "write a whole number", "%s is a rate, and the stage varies %s", l, over)
		return false
	}
	return true
}

// searches checks what capacity stages need of the rest of the file.
func (c *checker) searches(s *Scenario) {
	seen := false
	for i := range s.Load {
		at := fmt.Sprintf("load[%d]", i)
		if s.Load[i].Mode != ModeCapacity || c.bad[at] {
			continue
		}
		if seen {
			c.wrong(at+".mode", "make it a scenario of its own", "a second capacity stage: a target has one capacity")
			continue
		}
		seen = true
		if c.bad["objectives"] {
			continue
		}
		if len(s.limits()) == 0 {
			c.wrong(at+".mode", "add objectives: {ttft_p90: 800ms}", "a capacity search needs an objective on a time or on error_rate that a higher load makes worse, and there is none")
		}
		for _, key := range inOrder(s.Objectives) {
			if q := s.Objectives[key]; key == "error_rate" && q.Value <= 0 && c.has("objectives.error_rate") {
				c.wrong("objectives.error_rate", "write 1%", "no number of requests shows an error rate of 0%%: a capacity search would never end")
			}
		}
	}
}

// limits are the objectives that a search looks for the end of.
func (s *Scenario) limits() results.Limits { return s.Policy().Limits() }
