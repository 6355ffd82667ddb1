package catalog

import (
	"fmt"
	"strconv"
	"strings"
)

// Fact is one thing that is known of a model at a provider, under the dotted name
// that requirements use: licence.commercial, data.region.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Proof
}

// FactNames are the names that Facts gives, by the alphabet.
var FactNames = []string{
	"data.buyers", "data.region", "data.retention_days", "data.training",
	"failure.cloud", "failure.upstream", "failure.vendor",
	"licence.attribution", "licence.aup", "licence.commercial", "licence.condition", "licence.geography", "licence.hosting",
	"licence.id", "licence.modify", "licence.naming", "licence.notice", "licence.output_training", "licence.redistribute", "licence.version",
	"model.context", "model.max_output", "model.open_weights", "model.retires", "model.status", "model.vendor",
}

// Said is the fact's source with its day.
func (f Fact) Said() string { return f.Proof.Said() }

// Said is a source with the day it was read.
func (p Proof) Said() string {
	day, _ := p.Checked.MarshalText() // always succeeds
	return fmt.Sprintf("catalog, checked %s: %s", day, p.Source)
}

// Said is a price's source with the day it was read, and what must be known of it.
func (p *Price) Said() string {
	said := Proof{p.Source, p.Checked}.Said()
	if p.Notes != "" {
		said += "; note: " + p.Notes
	}
	return said
}

// Facts are what is known of a model that a provider serves; either may be nil. The
// licence of open weights holds wherever they run. The terms of a closed model are
// those of its vendor's own service, and say nothing of other providers.
func (c *Catalog) Facts(p *Provider, m *Model) []Fact {
	var f facts
	if m != nil {
		f.model(m)
		own := p != nil && p.Domain != nil && strings.EqualFold(p.Domain.Vendor, m.Vendor)
		if l := c.Licence(m.Licence); l != nil && (own || m.Open != nil && *m.Open) {
			f.licence(l)
		}
	}
	if p != nil {
		f.provider(p, m)
	}
	return f.all
}

type facts struct{ all []Fact }

func (f *facts) add(name, value string, proof Proof) {
	if value != "" {
		f.all = append(f.all, Fact{name, value, proof})
	}
}

func (f *facts) model(m *Model) {
	f.add("model.vendor", m.Vendor, m.Proof)
	f.add("model.status", m.Status, m.Proof)
	if !m.Retires.IsZero() {
		day, _ := m.Retires.MarshalText() // always succeeds
		f.add("model.retires", string(day), m.Proof)
	}
	f.add("model.context", number(m.Context), m.Proof)
	f.add("model.max_output", number(m.MaxOutput), m.Proof)
	if m.Open != nil {
		f.add("model.open_weights", yesNo(*m.Open), m.Proof)
	}
}

func (f *facts) licence(l *Licence) {
	for _, x := range []struct{ name, value string }{
		{"id", l.ID}, {"version", l.Version}, {"commercial", l.Commercial}, {"condition", l.Condition}, {"attribution", l.Attribution},
		{"notice", l.Notice}, {"naming", l.Naming}, {"modify", l.Modify}, {"redistribute", l.Redistribute}, {"hosting", l.Hosting},
		{"geography", l.Geography}, {"output_training", l.OutputTraining}, {"aup", l.AUP},
	} {
		f.add("licence."+x.name, x.value, l.Proof)
	}
}

func (f *facts) provider(p *Provider, m *Model) {
	if t := p.Terms; t != nil {
		f.add("data.region", t.Region, t.Proof)
		if t.RetentionDays != nil {
			f.add("data.retention_days", strconv.Itoa(*t.RetentionDays), t.Proof)
		}
		f.add("data.training", t.Training, t.Proof)
		f.add("data.buyers", t.Buyers, t.Proof)
	}
	if d := p.Domain; d != nil {
		f.add("failure.vendor", d.Vendor, d.Proof)
		f.add("failure.cloud", d.Cloud, d.Proof)
		if d.Upstream == "" && m != nil {
			f.add("failure.upstream", m.Vendor, m.Proof)
		}
		f.add("failure.upstream", d.Upstream, d.Proof)
	}
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
