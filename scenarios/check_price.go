package scenarios

import "fmt"

// price checks what a target's tokens cost; numbers carry their own bounds.
func (c *checker) price(at string, p *Price) {
	if p.Unknown {
		return
	}
	if len(p.Windows) == 0 || c.given(at+".input") || c.given(at+".output") {
		c.rated(at, "the price")
	}
	c.tiers(at, p.Tiers)
	for i, w := range p.Windows {
		place := fmt.Sprintf("%s.windows[%d]", at, i)
		if !c.has(place) {
			continue
		}
		c.rated(place, "the window")
		if !c.given(place+".from") && !c.given(place+".until") && !c.given(place+".daily") {
			c.wrong(place, "add from: 2026-09-01, until:, or daily: 16:30-00:30", "nothing says when this window holds")
		}
		if c.given(place+".days") && !c.given(place+".daily") {
			c.wrong(place+".days", "add daily: 00:00-24:00 for whole days", "days need the hours that begin on them")
		}
		if c.has(place+".until") && c.has(place+".from") && !w.Until.After(w.From.Time) {
			c.wrong(place+".until", "", "the window ends before it begins")
		}
		c.tiers(place, w.Tiers)
	}
}

// rated checks that a price names something that every request has.
func (c *checker) rated(at, what string) {
	if !c.given(at+".input") && !c.given(at+".output") {
		c.wrong(at, "write {input: 3, output: 15}, USD per 1M tokens", "%s names neither input nor output", what)
	}
}

// tiers checks that no two begin together.
func (c *checker) tiers(at string, tiers []Tier) {
	seen := map[int]bool{}
	for i, t := range tiers {
		place := fmt.Sprintf("%s.tiers[%d]", at, i)
		if c.has(place+".above") && seen[t.Above] {
			c.wrong(place+".above", "", "two tiers begin above %d input tokens", t.Above)
		}
		seen[t.Above] = true
	}
}
