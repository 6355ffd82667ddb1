package catalog

import (
	"fmt"
	"strconv"
	"strings"
)

// Entry is one entry to be shown: what is known of it, each with its source, and the
// names of what is not.
type Entry struct {
	Kind    string   `json:"kind"` // model, provider, licence, gpu, word
	ID      string   `json:"id"`
	Facts   []Fact   `json:"facts"`
	Unknown []string `json:"unknown,omitempty"`
}

// Show is every entry that goes by a name, a word for an address included.
func (c *Catalog) Show(name string) []Entry {
	name = strings.TrimSpace(name)
	if name == "" {
		return nil // and not all there is
	}
	var out []Entry
	if m := c.Model(name); m != nil {
		out = append(out, c.showModel(m))
	}
	if p := c.Provider(name); p != nil {
		out = append(out, c.showProvider(p))
	}
	if l := c.Licence(name); l != nil {
		out = append(out, showLicence(l))
	}
	if g := c.GPU(name); g != nil {
		out = append(out, showGPU(g))
	}
	if p, ok := LookupPreset(strings.ToLower(name)); ok {
		out = append(out, p.show())
	}
	if len(out) == 0 { // a name that only prices know
		if e := c.showPriced(name); e != nil {
			out = append(out, *e)
		}
	}
	return out
}

// put adds a fact, or its name to what is unknown.
func (e *Entry) put(proof Proof, name, value string) {
	if value == "" {
		e.Unknown = append(e.Unknown, name)
		return
	}
	e.Facts = append(e.Facts, Fact{name, value, proof})
}

// add adds a fact that an entry need not have.
func (e *Entry) add(proof Proof, name, value string) {
	if value != "" {
		e.put(proof, name, value)
	}
}

func (c *Catalog) showModel(m *Model) Entry {
	e := Entry{Kind: "model", ID: m.ID}
	put := func(name, value string) { e.put(m.Proof, name, value) }
	put("name", m.Name)
	put("vendor", m.Vendor)
	e.add(m.Proof, "also known as", strings.Join(m.Aliases, ", "))
	put("status", m.Status)
	for _, d := range []struct {
		name string
		day  interface {
			IsZero() bool
			MarshalText() ([]byte, error)
		}
		always bool
	}{{"released", m.Released, true}, {"deprecated", m.Deprecated, false}, {"retires", m.Retires, m.Status == StatusDeprecated || m.Status == StatusRetired}} {
		switch text, _ := d.day.MarshalText(); {
		case !d.day.IsZero():
			put(d.name, string(text))
		case d.always:
			put(d.name, "")
		}
	}
	e.add(m.Proof, "successor", m.Successor)
	put("context", tokens(m.Context))
	put("max output", tokens(m.MaxOutput))
	open := ""
	if m.Open != nil {
		open = yesNo(*m.Open)
	}
	put("open weights", open)
	put("licence", m.Licence)
	if m.Open == nil || *m.Open {
		put("shape", m.Shape.text())
	}
	e.add(m.Proof, "notes", m.Notes)
	c.showPrices(&e, m.ID, "")
	return e
}

// showPrices adds prices of a model, or of a provider.
func (c *Catalog) showPrices(e *Entry, model, provider string) {
	list := c.PricesOf(model, provider)
	for _, p := range list {
		name := "price at " + p.Provider
		if provider != "" {
			name = "price of " + p.Model
		}
		text := p.Text(dollars)
		if len(p.Names) > 0 {
			text += " (as " + strings.Join(p.Names, ", ") + ")"
		}
		if p.Notes != "" {
			text += ". " + p.Notes
		}
		e.put(Proof{p.Source, p.Checked}, name, text)
	}
	if len(list) == 0 {
		e.Unknown = append(e.Unknown, "prices")
	}
}

// showPriced is a model of which only prices are known.
func (c *Catalog) showPriced(name string) *Entry {
	e := Entry{Kind: "model", ID: name}
	c.showPrices(&e, name, "")
	if len(e.Facts) == 0 {
		return nil
	}
	e.Unknown = append(e.Unknown, "everything else")
	return &e
}

func (c *Catalog) showProvider(p *Provider) Entry {
	e := Entry{Kind: "provider", ID: p.ID}
	e.put(p.Proof, "name", p.Name)
	e.add(p.Proof, "also known as", strings.Join(p.Aliases, ", "))
	e.put(p.Proof, "addresses", strings.Join(p.Addresses, ", "))
	if p.Deployments {
		e.put(p.Proof, "models", "go by the names of deployments, which the customer gives: their prices are not looked up")
	}
	t := p.Terms
	if t == nil {
		t = &Terms{}
	}
	e.put(t.Proof, "data.region", t.Region)
	days := ""
	if t.RetentionDays != nil {
		days = strconv.Itoa(*t.RetentionDays)
	}
	e.put(t.Proof, "data.retention_days", days)
	e.put(t.Proof, "data.training", t.Training)
	e.put(t.Proof, "data.buyers", t.Buyers)
	e.add(t.Proof, "terms", t.Notes)
	if d := p.Domain; d != nil {
		e.put(d.Proof, "failure.vendor", d.Vendor)
		e.put(d.Proof, "failure.cloud", d.Cloud)
		e.add(d.Proof, "failure.upstream", d.Upstream)
	}
	for _, l := range p.Limits {
		var parts []string
		if l.Concurrent > 0 {
			parts = append(parts, fmt.Sprintf("%d requests at once", l.Concurrent))
		}
		if l.PerMinute > 0 {
			parts = append(parts, fmt.Sprintf("%d requests a minute", l.PerMinute))
		}
		e.put(l.Proof, strings.TrimSpace("limit "+l.Model), strings.Join(append(parts, l.Notes), " "))
	}
	if len(p.Limits) == 0 {
		e.Unknown = append(e.Unknown, "limits")
	}
	e.add(p.Proof, "notes", p.Notes)
	c.showPrices(&e, "", p.ID)
	return e
}

func showLicence(l *Licence) Entry {
	e := Entry{Kind: "licence", ID: l.ID}
	e.put(l.Proof, "name", l.Name)
	for _, x := range []struct{ name, value string }{
		{"version", l.Version}, {"commercial", l.Commercial}, {"attribution", l.Attribution}, {"notice", l.Notice}, {"modify", l.Modify},
		{"redistribute", l.Redistribute}, {"hosting", l.Hosting}, {"output_training", l.OutputTraining},
	} {
		e.put(l.Proof, "licence."+x.name, x.value)
	}
	for _, x := range []struct{ name, value string }{{"condition", l.Condition}, {"naming", l.Naming}, {"geography", l.Geography}, {"aup", l.AUP}} {
		e.add(l.Proof, "licence."+x.name, x.value)
	}
	e.add(l.Proof, "notes", l.Notes)
	return e
}

func showGPU(g *GPU) Entry {
	e := Entry{Kind: "gpu", ID: g.ID}
	e.put(g.Proof, "name", g.Name)
	e.put(g.Proof, "memory", unit(g.MemoryGiB, "GiB"))
	e.put(g.Proof, "memory bandwidth", unit(g.Bandwidth, "GB/s"))
	e.put(g.Proof, "bf16, dense", unit(g.TFLOPS, "TFLOPS"))
	e.put(g.Proof, "fp8, dense", unit(g.FP8TFLOPS, "TFLOPS"))
	e.put(g.Proof, "power", unit(g.Watts, "W"))
	e.put(g.Proof, "compute capability", g.Capability)
	e.add(g.Proof, "notes", g.Notes)
	return e
}

// text says a shape in words; empty where nothing is known.
func (s *Shape) text() string {
	if s == nil {
		return ""
	}
	var parts []string
	for _, x := range []struct {
		n    int64
		what string
	}{{s.Parameters, "parameters"}, {s.Active, "active"}, {int64(s.Layers), "layers"}, {int64(s.Hidden), "hidden"}, {int64(s.Heads), "heads"},
		{int64(s.KVHeads), "KV heads"}, {int64(s.HeadDim), "head dimension"}, {int64(s.Window), "window"}, {int64(s.Vocabulary), "vocabulary"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return strings.Join(parts, ", ")
}

func tokens(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d tokens", n)
}

func unit(n float64, unit string) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64) + " " + unit
}

func dollars(usd float64) string { return "$" + strconv.FormatFloat(usd, 'f', -1, 64) }
