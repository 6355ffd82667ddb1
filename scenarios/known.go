package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"switchover/results"
	"switchover/targets/catalog"
)

// priceHorizon is how long after its plan a run may still be: what a price changes to
// later than that is no part of a worst case.
const priceHorizon = 31 * 24 * time.Hour

// catalog is what the scenario takes prices and facts from: its own file, over what
// the program was given, over what comes with it. It is nil where there is none.
func (c *checker) catalog(s *Scenario) {
	if !c.fresh {
		return // what was taken is in the run's own copy
	}
	if c.env.Catalog != nil {
		all, err := c.env.Catalog()
		if err != nil {
			c.whole(err.Error(), "")
			return
		}
		c.known = all
	}
	if !c.has("catalog") {
		return
	}
	b, ok := c.readable("catalog", s.Catalog)
	if !ok {
		return
	}
	own, err := catalog.Read(b)
	if err != nil {
		c.wrong("catalog", "'switchover catalog import' makes such a file", "%s is no catalog: %v", clip(s.Catalog), err)
		return
	}
	s.Catalog = c.anywhere(s.Catalog)
	c.known = own.Over(c.known)
}

// know fills in what the catalog knows and the scenario does not say: prices, and the
// facts that are required.
func (c *checker) know(s *Scenario) {
	s.Read.At = c.env.now()
	if c.fresh { // else the run began earlier
		s.Read.Since = s.Read.At
	}
	if c.known == nil {
		return
	}
	for i := range s.Targets {
		t := &s.Targets[i]
		if t.Simulate != nil {
			continue
		}
		provider, model := c.known.ProviderAt(t.URL), c.known.Model(t.Model)
		if provider != nil && provider.Deployments {
			model = nil // the name is the customer's own
		}
		if provider != nil && t.Price == nil && t.Cost == nil && !provider.Deployments {
			if p := c.known.Price(provider.ID, t.Model); p != nil {
				t.Price = priceOf(&p.List, p.Said())
			}
		}
		s.factsOf(t, c.known.Facts(provider, model))
		if w := retirement(t, provider, model, s.Read.At); w != "" {
			s.Read.Warnings = append(s.Read.Warnings, w)
		}
	}
}

// factsOf fills in the required facts that the scenario does not give.
func (s *Scenario) factsOf(t *Target, facts []catalog.Fact) {
	if t.Role == results.RoleJudge {
		return
	}
	for _, f := range facts {
		if _, required := s.Decision.Require[f.Name]; !required {
			continue
		}
		if _, given := t.Facts[f.Name]; given {
			continue
		}
		if t.Facts == nil {
			t.Facts = map[string]string{}
		}
		if t.FactSources == nil {
			t.FactSources = map[string]string{}
		}
		t.Facts[f.Name], t.FactSources[f.Name] = f.Value, f.Said()
	}
}

// retirement warns of a model whose own vendor has announced its end, or ended it.
// Weights of one's own do not retire, and other clouds have calendars of their own.
func retirement(t *Target, p *catalog.Provider, m *catalog.Model, now time.Time) string {
	if m == nil || p == nil || p.Domain == nil || !strings.EqualFold(p.Domain.Vendor, m.Vendor) || m.Retires.IsZero() {
		return ""
	}
	state := "is deprecated and retires on"
	switch over := !now.IsZero() && !now.Before(m.Retires.Time); {
	case over || m.Status == catalog.StatusRetired:
		state = "was retired on"
	case m.Status != catalog.StatusDeprecated:
		return ""
	}
	out := fmt.Sprintf("%s: the model %s %s %s", t.Name, clip(t.Model), state, m.Retires.Format("2006-01-02"))
	if m.Successor != "" {
		out += "; its successor is " + m.Successor
	}
	return out + " (" + m.Said() + ")"
}

// PriceOf is a target's price as it matters for a run that begins now, or has begun;
// nil is unknown.
func (s *Scenario) PriceOf(t *Target) *results.Price {
	p := t.Price.list()
	if p == nil {
		return nil
	}
	until := s.Read.At
	if !until.IsZero() {
		until = until.Add(priceHorizon)
	}
	return p.During(s.Read.Since, until)
}

// FromCatalog lists the targets whose price the catalog gave, with the price and its
// source.
func (s *Scenario) FromCatalog() []string {
	var out []string
	for i := range s.Targets {
		if p := s.PriceOf(&s.Targets[i]); p != nil && strings.HasPrefix(p.Source, "catalog") {
			out = append(out, fmt.Sprintf("%s: %s (%s)", s.Targets[i].Name, p.Text(func(usd float64) string { return "$" + plain(usd) }), p.Source))
		}
	}
	return out
}

// factSources checks that a source belongs to a fact.
func (c *checker) factSources(at string, t *Target) {
	for _, name := range slices.Sorted(maps.Keys(t.FactSources)) {
		if _, ok := t.Facts[name]; !ok {
			c.wrong(at+".fact_sources."+name, "add it under facts:", "there is no fact %q that this could be the source of", clip(name))
		}
	}
}

// now is the present, or the zero time where there is no clock.
func (e Env) now() time.Time {
	if e.Now == nil {
		return time.Time{}
	}
	return e.Now()
}
