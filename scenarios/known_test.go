package scenarios

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/scenarios/prompts"
	"switchover/targets/catalog"
	"switchover/targets/price"
)

// knowing is an environment in which the catalog is known and the day is fixed.
func knowing(day string) Env {
	env := testEnv
	env.Catalog = catalog.Load
	env.Now = func() time.Time {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			panic(err)
		}
		return t
	}
	return env
}

const knownScenario = `name: known
decision: {require: {licence.commercial: "yes", data.training: "no", data.retention_days: "<= 30", data.region: EU}}
targets:
  - {name: claude, protocol: openai, url: https://api.anthropic.com, model: claude-sonnet-4-5-20250929}
  - {name: contract, url: https://api.openai.com/v1, model: gpt-6.1-terra, price: {input: 0.5, output: 2, source: our contract}, facts: {data.region: EU}}
  - {name: night, url: https://api.deepseek.com, model: deepseek-flash}
  - {name: kept-out, url: https://api.openai.com/v1, model: gpt-6.1-sol, price: unknown}
  - {name: azure, url: https://ours.openai.azure.com/openai/v1, model: gpt-5}
  - {name: own-7b, url: http://127.0.0.1:8000/v1, model: mistralai/Mistral-7B-Instruct-v0.2, cost: {gpu_hour: 2}}
  - {name: elsewhere, url: https://gateway.example.org/v1, model: gpt-6.1-sol}
workload: {conversations: bundled, max_turns: 1}
load: [{mode: users, users: 1, conversations: 2}]
`

func mustKnow(t *testing.T, text, day string) *Scenario {
	t.Helper()
	s, err := Parse("known.yaml", []byte(text), knowing(day))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Prices come from the scenario, else from the catalog, else from nowhere; each says
// which.
func TestKnownPrices(t *testing.T) {
	s := mustKnow(t, knownScenario, "2026-11-23")
	for i, want := range []struct {
		input  float64 // below 0: unknown
		source string
	}{
		{3, "catalog, checked 2026-11-23: https://platform.claude.com"}, {0.5, "our contract"}, {0.15, "catalog"},
		{-1, ""}, {-1, ""}, {-1, ""}, {-1, ""},
	} {
		target := &s.Targets[i]
		p := s.PriceOf(target)
		if p == nil {
			if want.input >= 0 {
				t.Errorf("%s has no price", target.Name)
			}
			continue
		}
		if *p.Input != want.input || !strings.HasPrefix(p.Source, want.source) {
			t.Errorf("%s costs $%v (%s), want $%v (%s...)", target.Name, *p.Input, p.Source, want.input, want.source)
		}
	}
	night := s.PriceOf(&s.Targets[2])
	if day := night.At(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC), 1); *day.Input != 0.3 {
		t.Errorf("the peak costs $%v, want $0.3", *day.Input)
	}
	if lines := s.FromCatalog(); len(lines) != 2 || !strings.Contains(lines[1], "daily 01:00-04:00 UTC on mon tue wed thu fri") {
		t.Errorf("the plan says of the catalog's prices:\n%s", strings.Join(lines, "\n"))
	}
}

// Facts that are required come from the catalog with their source; those of the
// scenario go before them, and what is not known stays so.
func TestKnownFacts(t *testing.T) {
	s := mustKnow(t, knownScenario, "2026-11-23")
	for i, want := range []map[string]string{
		{"licence.commercial": "yes", "data.training": "no", "data.retention_days": "30"},
		{"licence.commercial": "yes", "data.training": "no", "data.retention_days": "30", "data.region": "EU"},
		{"data.region": "People's Republic of China"},
		{"licence.commercial": "yes", "data.training": "no", "data.retention_days": "30"},
		{"data.training": "no", "data.region": s.Targets[4].Facts["data.region"]},
		{"licence.commercial": "yes"},
		nil,
	} {
		if diff := cmp.Diff(want, s.Targets[i].Facts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", s.Targets[i].Name, diff)
		}
	}
	if from := s.Targets[1].FactSources; from["data.region"] != "" || !strings.Contains(from["data.training"], "developers.openai.com") {
		t.Errorf("the facts of %s are from %v", s.Targets[1].Name, from)
	}
}

// A model that its vendor ends is said with its day and its successor, as long as it
// is not too late, and after it.
func TestRetirement(t *testing.T) {
	for _, tt := range []struct{ day, want string }{
		{"2026-11-29", "claude: the model claude-sonnet-4-5-20250929 is deprecated and retires on 2026-11-30; its successor is claude-sonnet-5-5 (catalog, checked"},
		{"2026-11-30", "claude: the model claude-sonnet-4-5-20250929 was retired on 2026-11-30; its successor"},
	} {
		if got := mustKnow(t, knownScenario, tt.day).Read.Warnings; len(got) != 1 || !strings.HasPrefix(got[0], tt.want) {
			t.Errorf("on %s:\n%q, want\n%q", tt.day, got, tt.want)
		}
	}
}

// What was resolved goes into the run's own copy and comes back from it alike, with
// or without a catalog; the schema knows it.
func TestKnownRestored(t *testing.T) {
	s := mustKnow(t, strings.Replace(knownScenario, "price: unknown", "price: {input: 1, output: 2, cache_write_1h: 3, reasoning: 4, tiers: [{above: 9, output: 5}], windows: [{until: 2026-12-01T10:30Z, daily: 23:00-01:00, days: [sun], input: 1, tiers: [{above: 3, input: 2}]}]}", 1), "2026-11-23")
	b := []byte(mustJSON(t, s))
	again, err := Restore(b, knowing("2027-11-23"))
	if err != nil {
		t.Fatal(err)
	}
	if got := mustJSON(t, again); got != string(b) {
		t.Errorf("the run's copy changed (-want +got):\n%s", cmp.Diff(string(b), got))
	}
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	var v any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if err := valid(root, root, v, "known"); err != nil {
		t.Error(err)
	}
}

// A plan is priced by the size of its requests, not by their sum, at worst at the
// dearest hour.
func TestPlanByTiers(t *testing.T) {
	plan := func(price string) TargetEstimate {
		t.Helper()
		s, err := Parse("t.yaml", []byte(`{name: t, targets: [{name: a, url: "http://127.0.0.1:1", model: m, price: `+price+`}],
			workload: {conversations: bundled, max_turns: 1}, load: [{mode: users, users: 1, conversations: 20}]}`), knowing("2026-11-23"))
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compile(s, prompts.Bundled())
		if err != nil {
			t.Fatal(err)
		}
		return p.Estimate.Targets[0]
	}
	flat := plan("{input: 1, output: 1}")
	if tiered := plan("{input: 1, output: 1, tiers: [{above: 100000, input: 100, output: 100}]}"); *tiered.WorstUSD != *flat.WorstUSD || *tiered.USD != *flat.USD {
		t.Errorf("a tier that no request reaches makes the plan $%v, not $%v", *tiered.WorstUSD, *flat.WorstUSD)
	}
	if reached := plan("{input: 1, output: 1, tiers: [{above: 1, input: 3, output: 3}]}"); math.Abs(*reached.WorstUSD-3**flat.WorstUSD) > 1e-9 {
		t.Errorf("a tier that requests reach makes the worst case $%v, want three times $%v", *reached.WorstUSD, *flat.WorstUSD)
	}
	if peak := plan("{input: 1, output: 1, windows: [{daily: 01:00-02:00, input: 2, output: 2}]}"); math.Abs(*peak.WorstUSD-2**flat.WorstUSD) > 1e-9 || *peak.USD != *flat.USD {
		t.Errorf("an hour of twice the price: $%v at worst, $%v expected; want twice and once $%v", *peak.WorstUSD, *peak.USD, *flat.WorstUSD)
	}
	if over := plan("{input: 1, output: 1, windows: [{until: 2026-11-01, input: 9, output: 9}]}"); *over.WorstUSD != *flat.WorstUSD {
		t.Errorf("a price that is over counts: $%v", *over.WorstUSD)
	}
}

// The scenario's own catalog goes before the program's.
func TestOwnCatalog(t *testing.T) {
	dir := t.TempDir()
	own := `{"prices": [{"provider": "openai", "model": "gpt-6.1-sol", "input": 9, "output": 9, "source": "a quote", "checked": "2026-11-01"}]}`
	if err := os.WriteFile(filepath.Join(dir, "own.json"), []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "catalog: own.json\n" + strings.Replace(knownScenario, ", price: unknown", "", 1)
	s, err := Parse(filepath.Join(dir, "known.yaml"), []byte(text), knowing("2026-11-23"))
	if err != nil {
		t.Fatal(err)
	}
	if p := s.PriceOf(&s.Targets[3]); p == nil || *p.Input != 9 || p.Source != "catalog, checked 2026-11-01: a quote" {
		t.Errorf("the price is %+v, want that of the scenario's catalog", p)
	}
	if !filepath.IsAbs(s.Catalog) {
		t.Errorf("the catalog's path %q is not absolute", s.Catalog)
	}
}

// Each price of the catalog can be written into a run's own copy and read from it.
func TestEveryPriceGoesIntoARun(t *testing.T) {
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Prices {
		text := `{"name": "t", "targets": [{"name": "a", "url": "http://127.0.0.1:1", "model": "m", "price": ` + mustJSON(t, priceOf(&p.List, p.Said())) +
			`}], "workload": {"conversations": "bundled"}, "load": [{"mode": "users", "users": 1, "conversations": 1}]}`
		s, err := Parse("t.yaml", []byte(text), Env{})
		if err != nil {
			t.Errorf("%s at %s: %v", p.Model, p.Provider, err)
			continue
		}
		want := p.List
		want.Source = p.Said()
		if diff := cmp.Diff(&want, s.Targets[0].Price.list(), cmp.AllowUnexported(price.Hours{})); diff != "" {
			t.Errorf("%s at %s changed on its way (-want +got):\n%s", p.Model, p.Provider, diff)
		}
	}
}
