package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"switchover/targets/price"
)

// genaiSource is whose list it is; its licence asks for its notice to be kept.
const (
	genaiSource      = "https://github.com/pydantic/genai-prices"
	genaiAttribution = "Prices from genai-prices, https://github.com/pydantic/genai-prices, MIT License, Copyright (c) Pydantic Services Inc. 2025 to present"
)

// genaiProviders maps that list's providers to this catalog's where they differ.
var genaiProviders = map[string]string{"aws": "bedrock", "moonshotai": "moonshot"}

type genaiProvider struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Pattern string       `json:"api_pattern"`
	Models  []genaiModel `json:"models"`
	// The rest of a provider, which this catalog has no use for, is read past.
}

type genaiModel struct {
	ID      string          `json:"id"`
	Match   *Match          `json:"match"`
	Prices  json.RawMessage `json:"prices"`
	Comment string          `json:"price_comments"`
	// Deprecated says that the provider no longer offers the model; the price stays
	// that of runs that used it.
	Deprecated bool `json:"deprecated"`
}

// genai reads pydantic/genai-prices, the form of prices/data.json and data_slim.json:
// a list of providers, one after the other.
func (in *Import) genai(dec *json.Decoder, day price.Moment) error {
	in.Catalog.Attribution = genaiAttribution
	if err := open(dec, '[', "the list"); err != nil {
		return err
	}
	for dec.More() {
		var p genaiProvider
		if err := dec.Decode(&p); err != nil {
			return err
		}
		if p.ID == "" || p.Pattern == "" {
			return fmt.Errorf("a provider (%.60q) has no id or no api_pattern", p.ID)
		}
		id := p.ID
		if own, ok := genaiProviders[id]; ok {
			id = own
		}
		in.Catalog.Providers = append(in.Catalog.Providers, Provider{ID: id, Name: p.Name, Addresses: []string{p.Pattern}, Proof: Proof{genaiSource, day}})
		for _, m := range p.Models {
			list, err := in.genaiPrice(m.Prices)
			if err != nil {
				return fmt.Errorf("model %.60q of %.60q: %w", m.ID, p.ID, err)
			}
			if list == nil {
				continue
			}
			list.Source = genaiSource
			if err := in.add(Price{Provider: id, Model: m.ID, Match: m.Match, List: *list, Checked: day}); err != nil {
				return err
			}
		}
	}
	return open(dec, ']', "what follows the last provider")
}

// genaiPrice reads a model's price: one, or a list of those that hold under a
// condition, of which the last that holds is meant.
func (in *Import) genaiPrice(raw json.RawMessage) (*price.List, error) {
	if len(raw) == 0 {
		return nil, fmt.Errorf("it has no prices")
	}
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		rates, tiers, err := in.genaiRates(raw)
		if err != nil || rates == nil {
			return nil, err
		}
		return listOf(*rates, tiers), nil
	}
	var conditional []struct {
		Prices     json.RawMessage `json:"prices"`
		Constraint *genaiCondition `json:"constraint"`
	}
	if err := strictly(raw, &conditional); err != nil {
		return nil, err
	}
	var out *price.List
	for _, c := range conditional {
		rates, tiers, err := in.genaiRates(c.Prices)
		switch {
		case err != nil:
			return nil, err
		case rates == nil:
			return nil, nil // what holds at other times would be taken for what holds then
		case c.Constraint == nil: // nothing before it ever holds
			out = listOf(*rates, tiers)
			continue
		}
		if out == nil {
			out = &price.List{}
		}
		w := price.Window{Rates: *rates, Tiers: tiers}
		if err := c.Constraint.into(&w); err != nil {
			return nil, err
		}
		out.Windows = append(out.Windows, w)
	}
	return out, nil
}

// genaiCondition is when a price holds: from a day on, or in some hours of each day.
type genaiCondition struct {
	StartDate string `json:"start_date"`
	StartTime string `json:"start_time"`
	EndTime   string `json:"end_time"`
	Type      string `json:"type"`
}

func (c *genaiCondition) into(w *price.Window) error {
	if c.StartDate != "" {
		if err := w.From.UnmarshalText([]byte(c.StartDate)); err != nil {
			return err
		}
	}
	if (c.StartTime == "") != (c.EndTime == "") || c.StartDate == "" && c.StartTime == "" {
		return fmt.Errorf("a constraint is %+v: want start_date, or start_time and end_time", *c)
	}
	if c.StartTime == "" {
		return nil
	}
	start, err := utcMinute(c.StartTime)
	if err != nil {
		return err
	}
	end, err := utcMinute(c.EndTime)
	if err != nil {
		return err
	}
	return w.Daily.UnmarshalText([]byte(start + "-" + end))
}

// utcMinute is the hour and minute of 16:30:00Z.
func utcMinute(s string) (string, error) {
	if len(s) != len("16:30:00Z") || s[len(s)-4:] != ":00Z" {
		return "", fmt.Errorf("the time %.40q is not of the form 16:30:00Z", s)
	}
	return s[:5], nil
}

// genaiKinds are the kinds of tokens that this catalog prices, in Rates' order; and
// those of the list that it knows of but does not price.
var (
	genaiKinds = []string{"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok", "output_reasoning_mtok"}
	genaiOther = []string{"input_audio_mtok", "output_audio_mtok", "cache_audio_read_mtok", "input_image_mtok", "output_image_mtok",
		"cache_image_read_mtok", "input_video_mtok", "output_video_mtok", "output_citation_mtok", "web_searches_kcount"}
)

// genaiRates reads one price. It is nil where the list prices no text tokens, or
// something else that the price could not be known without.
func (in *Import) genaiRates(raw json.RawMessage) (*price.Rates, []price.Tier, error) {
	var kinds map[string]json.RawMessage
	if err := json.Unmarshal(raw, &kinds); err != nil {
		return nil, nil, err
	}
	for _, kind := range sortedKeys(kinds) {
		switch {
		case kind == "requests_kcount":
			in.skip("models priced by the request, too", 1)
			return nil, nil, nil
		case !slices.Contains(genaiKinds, kind) && !slices.Contains(genaiOther, kind):
			in.skip(unknownPart(kind), 1)
			return nil, nil, nil
		}
	}
	var rates price.Rates
	tiers := map[int]*price.Tier{}
	for _, kind := range sortedKeys(kinds) {
		i := slices.Index(genaiKinds, kind)
		if i < 0 {
			in.skip("parts that are no text tokens: "+kind, 1)
			continue
		}
		base, steps, err := genaiSteps(kinds[kind])
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", kind, err)
		}
		*rates.Each()[i] = base
		for _, s := range steps {
			if tiers[*s.Start] == nil {
				tiers[*s.Start] = &price.Tier{Above: *s.Start}
			}
			*tiers[*s.Start].Each()[i] = s.Price
		}
	}
	if rates.Input == nil && rates.Output == nil {
		in.skip("models without a price for text tokens", 1)
		return nil, nil, nil
	}
	return &rates, sortedTiers(tiers), nil
}

type genaiStep struct {
	Start *int     `json:"start"`
	Price *float64 `json:"price"`
}

// genaiSteps reads a number, {base, tiers}, or null, which is unknown.
func genaiSteps(raw json.RawMessage) (*float64, []genaiStep, error) {
	var n *float64
	if json.Unmarshal(raw, &n) == nil {
		return n, nil, nil
	}
	var stepped struct {
		Base  *float64    `json:"base"`
		Tiers []genaiStep `json:"tiers"`
	}
	if strictly(raw, &stepped) != nil || stepped.Base == nil ||
		slices.ContainsFunc(stepped.Tiers, func(s genaiStep) bool { return s.Start == nil || s.Price == nil }) {
		return nil, nil, fmt.Errorf("%.60s is neither a number of USD nor {base, tiers: [{start, price}]}", raw)
	}
	return stepped.Base, stepped.Tiers, nil
}

// sortedTiers are tiers by where they begin. A tier of the list names only some
// kinds; the others keep what the tier before it said.
func sortedTiers(tiers map[int]*price.Tier) []price.Tier {
	var out []price.Tier
	for _, t := range tiers {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b price.Tier) int { return a.Above - b.Above })
	for i := 1; i < len(out); i++ {
		out[i].Rates = out[i].Rates.Over(out[i-1].Rates)
	}
	return out
}

// listOf is a price without windows.
func listOf(r price.Rates, tiers []price.Tier) *price.List {
	return &price.List{Input: r.Input, Output: r.Output, CacheRead: r.CacheRead, CacheWrite: r.CacheWrite,
		CacheWrite1h: r.CacheWrite1h, Reasoning: r.Reasoning, Tiers: tiers}
}
