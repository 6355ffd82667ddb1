package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"switchover/targets/price"
)

// modelsDevSource is whose list it is; its licence asks for its notice to be kept.
const (
	modelsDevSource      = "https://models.dev"
	modelsDevAttribution = "Prices from models.dev, https://github.com/anomalyco/models.dev, MIT License, Copyright (c) 2025 models.dev"
)

// modelsDevProviders maps that list's providers to this catalog's where they differ.
var modelsDevProviders = map[string]string{"amazon-bedrock": "bedrock", "moonshotai": "moonshot", "tencent-tokenhub": "tencent", "google-vertex": "vertex", "google": "gemini"}

type modelsDevProvider struct {
	ID     string                     `json:"id"`
	Name   string                     `json:"name"`
	API    string                     `json:"api"`
	Models map[string]json.RawMessage `json:"models"`
}

type modelsDevModel struct {
	Cost json.RawMessage `json:"cost"`
	// The rest of a model is not about its price and is read past.
}

// modelsDevRates is what one price names. Prices of sound are not taken.
type modelsDevRates struct {
	Input      *float64 `json:"input"`
	Output     *float64 `json:"output"`
	CacheRead  *float64 `json:"cache_read"`
	CacheWrite *float64 `json:"cache_write"`
	Reasoning  *float64 `json:"reasoning"`
	AudioIn    *float64 `json:"input_audio"`
	AudioOut   *float64 `json:"output_audio"`
}

// modelsDevTier is a price of requests with more than a number of input tokens.
type modelsDevTier struct {
	modelsDevRates
	Tier struct {
		Size int    `json:"size"`
		Type string `json:"type"`
	} `json:"tier"`
}

// modelsDevKinds are what a price can have that is known here.
var modelsDevKinds = []string{"input", "output", "cache_read", "cache_write", "reasoning", "input_audio", "output_audio"}

// modelsDev reads models.dev's api.json: providers by their id, one after the other.
func (in *Import) modelsDev(dec *json.Decoder, day price.Moment) error {
	in.Catalog.Attribution = modelsDevAttribution
	if err := open(dec, '{', "the list"); err != nil {
		return err
	}
	for dec.More() {
		if _, err := dec.Token(); err != nil { // the id again
			return err
		}
		var p modelsDevProvider
		if err := dec.Decode(&p); err != nil {
			return err
		}
		if p.ID == "" || p.Models == nil {
			return fmt.Errorf("a provider (%.60q) has no id or no models", p.ID)
		}
		if err := in.modelsDevProvider(p, day); err != nil {
			return err
		}
	}
	return open(dec, '}', "what follows the last provider")
}

func (in *Import) modelsDevProvider(p modelsDevProvider, day price.Moment) error {
	id := p.ID
	if own, ok := modelsDevProviders[id]; ok {
		id = own
	}
	if strings.HasPrefix(p.API, "http") {
		in.Catalog.Providers = append(in.Catalog.Providers, Provider{ID: id, Name: p.Name,
			Addresses: []string{regexp.QuoteMeta(strings.ToLower(strings.TrimRight(p.API, "/"))) + "(/|$)"}, Proof: Proof{modelsDevSource, day}})
	}
	for _, name := range sortedKeys(p.Models) {
		var m modelsDevModel
		if err := json.Unmarshal(p.Models[name], &m); err != nil {
			return fmt.Errorf("model %.60q of %.60q: %w", name, p.ID, err)
		}
		if len(m.Cost) == 0 {
			in.skip("models without a price", 1)
			continue
		}
		list, err := in.modelsDevPrice(m.Cost)
		if err != nil {
			return fmt.Errorf("model %.60q of %.60q: its cost: %w", name, p.ID, err)
		}
		if list == nil {
			continue
		}
		list.Source = modelsDevSource
		if err := in.add(Price{Provider: id, Model: name, List: *list, Checked: day}); err != nil {
			return err
		}
	}
	return nil
}

// modelsDevPrice reads a cost; nil where it prices no text tokens, or has a part that
// it could not be known without. The list writes 0 where a plan of another kind pays,
// which is not taken for a price.
func (in *Import) modelsDevPrice(raw json.RawMessage) (*price.List, error) {
	if part, err := modelsDevUnknown(raw); err != nil {
		return nil, err
	} else if part != "" {
		in.skip(unknownPart(part), 1)
		return nil, nil
	}
	var cost struct {
		modelsDevRates
		Over200k *modelsDevRates `json:"context_over_200k"`
		Tiers    []modelsDevTier `json:"tiers"`
	}
	if err := json.Unmarshal(raw, &cost); err != nil {
		return nil, err
	}
	r := in.modelsDevTake(cost.modelsDevRates)
	if r.Input == nil || r.Output == nil {
		in.skip("models without a price for text tokens", 1)
		return nil, nil
	}
	if *r.Input == 0 && *r.Output == 0 {
		in.skip("models at no price: the list says so of subscriptions, too", 1)
		return nil, nil
	}
	tiers := map[int]*price.Tier{}
	for _, t := range cost.Tiers {
		if t.Tier.Size < 1 || t.Tier.Type != "" && t.Tier.Type != "context" {
			return nil, fmt.Errorf("a tier of size %d and type %.40q is not of a kind that is known", t.Tier.Size, t.Tier.Type)
		}
		tiers[t.Tier.Size] = &price.Tier{Above: t.Tier.Size, Rates: in.modelsDevTake(t.modelsDevRates)}
	}
	if len(tiers) == 0 && cost.Over200k != nil {
		tiers[200_000] = &price.Tier{Above: 200_000, Rates: in.modelsDevTake(*cost.Over200k)}
	}
	return listOf(r, sortedTiers(tiers)), nil
}

// modelsDevUnknown names a part of a cost, or of one of its tiers, that is not known
// here; empty where all are.
func modelsDevUnknown(raw json.RawMessage) (string, error) {
	parts := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return "", err
	}
	var over map[string]json.RawMessage
	var tiers []map[string]json.RawMessage
	if err := errors.Join(unmarshal(parts["context_over_200k"], &over), unmarshal(parts["tiers"], &tiers)); err != nil {
		return "", err
	}
	delete(parts, "context_over_200k")
	delete(parts, "tiers")
	for _, t := range tiers {
		delete(t, "tier")
	}
	for _, some := range append(tiers, parts, over) {
		for _, part := range sortedKeys(some) {
			if !slices.Contains(modelsDevKinds, part) {
				return part, nil
			}
		}
	}
	return "", nil
}

// unmarshal reads a part that need not be there.
func unmarshal(raw json.RawMessage, into any) error {
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, into)
}

func (in *Import) modelsDevTake(r modelsDevRates) price.Rates {
	if r.AudioIn != nil || r.AudioOut != nil {
		in.skip("parts that are no text tokens: audio", 1)
	}
	return price.Rates{Input: r.Input, Output: r.Output, CacheRead: r.CacheRead, CacheWrite: r.CacheWrite, Reasoning: r.Reasoning}
}
