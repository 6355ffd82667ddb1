package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"switchover/targets/price"
)

// Bounds of a catalog's file.
const (
	MaxBytes   = 64 << 20
	maxEntries = 100_000
	maxText    = 10_000 // bytes of any one text
	// maxPrice is the highest price of 1,000,000 tokens, in USD, that is no mistake.
	maxPrice = 1e6
)

// Read reads a catalog's file: the form that Write writes. Unknown fields, entries
// without a source or a day, and values that cannot be are refused with their place.
func Read(b []byte) (*Catalog, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("the catalog has %d bytes; at most %d can be", len(b), MaxBytes)
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // what some editors put first
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var c Catalog
	if err := dec.Decode(&c); err != nil {
		return nil, fmt.Errorf("line %d: %w", lineOf(b, dec.InputOffset(), err), inWords(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: something follows the catalog", lineOf(b, dec.InputOffset(), nil))
	}
	return &c, c.Check()
}

// lineOf is the line of a place in a file, from 1.
func lineOf(b []byte, at int64, err error) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	}
	return 1 + bytes.Count(b[:min(max(at, 0), int64(len(b)))], []byte("\n"))
}

// inWords says what is wrong with JSON without the names of Go's types.
func inWords(err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case !errors.As(err, &kind):
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	want := "a text"
	switch kind.Type.Kind() {
	case reflect.Struct, reflect.Map:
		want = "an object"
	case reflect.Slice:
		want = "a list"
	case reflect.Bool:
		want = "true or false"
	case reflect.Int, reflect.Int64:
		want = "a whole number"
	case reflect.Float64:
		want = "a number"
	}
	at := "the catalog"
	if kind.Field != "" {
		at = kind.Field
	}
	return fmt.Errorf("%s is %s that cannot be read as %s", at, article(kind.Value), want)
}

// article puts one before a kind of JSON value.
func article(kind string) string {
	if strings.ContainsAny(kind[:min(1, len(kind))], "aeiou") {
		return "an " + kind
	}
	return "a " + kind
}

// Write writes a catalog as Read reads it.
func (c *Catalog) Write(w io.Writer) error {
	b, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return fmt.Errorf("writing the catalog: %w", err)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// Check refuses entries without a name, a source or a day, and values that cannot be.
func (c *Catalog) Check() error {
	if n := len(c.Models) + len(c.Providers) + len(c.Prices) + len(c.Licences) + len(c.GPUs); n > maxEntries {
		return fmt.Errorf("the catalog has %d entries; at most %d can be", n, maxEntries)
	}
	for i := range c.Models {
		if err := c.Models[i].check(); err != nil {
			return fmt.Errorf("model %d (%.60q): %w", i+1, c.Models[i].ID, err)
		}
	}
	for i := range c.Providers {
		if err := c.Providers[i].check(); err != nil {
			return fmt.Errorf("provider %d (%.60q): %w", i+1, c.Providers[i].ID, err)
		}
	}
	for i := range c.Prices {
		if err := c.Prices[i].check(); err != nil {
			return fmt.Errorf("price %d (%.60q at %.60q): %w", i+1, c.Prices[i].Model, c.Prices[i].Provider, err)
		}
	}
	for i := range c.Licences {
		if err := c.Licences[i].check(); err != nil {
			return fmt.Errorf("licence %d (%.60q): %w", i+1, c.Licences[i].ID, err)
		}
	}
	for i := range c.GPUs {
		if err := c.GPUs[i].check(); err != nil {
			return fmt.Errorf("gpu %d (%.60q): %w", i+1, c.GPUs[i].ID, err)
		}
	}
	return nil
}

func (p Proof) check() error {
	switch {
	case strings.TrimSpace(p.Source) == "":
		return errors.New("no source: name the document it was read from")
	case p.Checked.IsZero():
		return errors.New("no checked: give the day the source was read, as 2026-11-23")
	}
	return texts(p.Source)
}

// named checks what every entry has.
func named(id string, others ...string) error {
	if id == "" || strings.TrimSpace(id) != id {
		return errors.New("the id is empty, or begins or ends with a space")
	}
	return texts(append(others, id)...)
}

// texts refuses texts that are too long, or hold what a terminal would obey.
func texts(all ...string) error {
	for _, s := range all {
		if len(s) > maxText {
			return fmt.Errorf("a text has %d bytes; at most %d can be", len(s), maxText)
		}
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }) {
			return fmt.Errorf("the text %.60q holds control characters", s)
		}
	}
	return nil
}

func oneOf(field, have string, words ...string) error {
	if have != "" && !slices.Contains(words, have) {
		return fmt.Errorf("%s is %.60q; it is one of %s, or absent", field, have, strings.Join(words, ", "))
	}
	return nil
}

func (m *Model) check() error {
	errs := []error{named(m.ID, append(m.Aliases, m.Name, m.Vendor, m.Successor, m.Licence, m.Notes)...), m.Proof.check(),
		oneOf("status", m.Status, StatusActive, StatusDeprecated, StatusRetired)}
	if s := m.Shape; s != nil {
		for _, n := range []int64{s.Parameters, s.Active, int64(s.Layers), int64(s.Hidden), int64(s.Heads), int64(s.KVHeads), int64(s.HeadDim), int64(s.Window), int64(s.Vocabulary)} {
			if n < 0 || n > 1e15 {
				errs = append(errs, fmt.Errorf("its shape has %d of something", n))
			}
		}
	}
	if m.Context < 0 || m.MaxOutput < 0 {
		errs = append(errs, errors.New("its context or max_output is below 0"))
	}
	return errors.Join(errs...)
}

func (p *Provider) check() error {
	errs := []error{named(p.ID, append(p.Aliases, p.Name, p.Notes)...), p.Proof.check()}
	for _, pattern := range p.Addresses {
		if len(pattern) > maxMatchLetter {
			errs = append(errs, fmt.Errorf("an address has %d bytes; at most %d can be", len(pattern), maxMatchLetter))
		} else if _, err := regexp.Compile(pattern); err != nil {
			errs = append(errs, fmt.Errorf("an address: %w", err))
		}
	}
	if t := p.Terms; t != nil {
		errs = append(errs, t.Proof.check(), texts(t.Region, t.Buyers, t.Notes), oneOf("terms.training", t.Training, "yes", "no", "opt-out"))
		if t.RetentionDays != nil && *t.RetentionDays < 0 {
			errs = append(errs, errors.New("terms.retention_days is below 0"))
		}
	}
	if d := p.Domain; d != nil {
		errs = append(errs, d.Proof.check(), texts(d.Vendor, d.Cloud, d.Upstream))
	}
	for _, l := range p.Limits {
		errs = append(errs, l.Proof.check(), texts(l.Model, l.Notes))
		if l.Concurrent < 0 || l.PerMinute < 0 {
			errs = append(errs, errors.New("a limit is below 0"))
		}
	}
	return errors.Join(errs...)
}

func (p *Price) check() error {
	errs := []error{named(p.Provider, append(p.Names, p.Notes)...), named(p.Model), Proof{p.Source, p.Checked}.check(), p.List.Check(maxPrice)}
	if p.Match != nil {
		errs = append(errs, p.Match.check(1))
	}
	if len(p.Windows) == 0 && p.Input == nil && p.Output == nil {
		errs = append(errs, errors.New("it names neither input nor output"))
	}
	for i, w := range p.Windows {
		switch {
		case w.Input == nil && w.Output == nil:
			errs = append(errs, fmt.Errorf("window %d names neither input nor output", i+1))
		case w.From.IsZero() && w.Until.IsZero() && w.Daily == price.Hours{}:
			errs = append(errs, fmt.Errorf("nothing says when window %d holds", i+1))
		case len(w.Days) > 0 && w.Daily == price.Hours{}:
			errs = append(errs, fmt.Errorf("the days of window %d need the hours that begin on them", i+1))
		}
	}
	return errors.Join(errs...)
}

func (l *Licence) check() error {
	graded := []string{"yes", "no", "conditional"}
	return errors.Join(named(l.ID, append(l.Aliases, l.Name, l.Version, l.Condition, l.Attribution, l.Notice, l.Naming, l.Geography, l.AUP, l.Notes)...),
		l.Proof.check(), oneOf("commercial", l.Commercial, graded...), oneOf("modify", l.Modify, graded...),
		oneOf("redistribute", l.Redistribute, graded...), oneOf("hosting", l.Hosting, graded...),
		oneOf("output_training", l.OutputTraining, graded...))
}

func (g *GPU) check() error {
	errs := []error{named(g.ID, append(g.Aliases, g.Name, g.Capability, g.Notes)...), g.Proof.check()}
	for _, n := range []float64{g.MemoryGiB, g.Bandwidth, g.TFLOPS, g.FP8TFLOPS, g.Watts} {
		if !(n >= 0 && n < 1e9) {
			errs = append(errs, fmt.Errorf("it has %v of something", n))
		}
	}
	return errors.Join(errs...)
}
