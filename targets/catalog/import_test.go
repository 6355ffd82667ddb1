package catalog

import (
	"bytes"
	"cmp"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchover/targets/price"
)

var today = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

// The published list is read whole, and three of its prices are what their requests
// cost by hand: a plain one, one with a tier, and one that was changed on a day.
func TestImportPublished(t *testing.T) {
	path := filepath.Join(cmp.Or(os.Getenv("SWITCHOVER_DATA"), filepath.Join("..", "..", "..", "shared", "data")), "prices", "genai-prices_v2_slim.json")
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("the published prices are not here (SWITCHOVER_DATA): %v", err)
	}
	defer f.Close()
	in, err := ImportFrom("genai-prices", f, today)
	if err != nil {
		t.Fatal(err)
	}
	if in.Skipped["models priced by the request, too"] != 4 {
		t.Errorf("%s\n4 models cost something for each request, too", in.Text())
	}
	if in.Taken < 1000 || in.Taken != len(in.Catalog.Prices) {
		t.Errorf("%d prices taken, %d kept; the list has 1309 models", in.Taken, len(in.Catalog.Prices))
	}
	if !strings.Contains(in.Catalog.Attribution, "MIT License") {
		t.Errorf("the attribution is %q: the licence's notice is lost", in.Catalog.Attribution)
	}
	checkPublished(t, in.Catalog)
	var out bytes.Buffer
	if err := in.Catalog.Write(&out); err != nil {
		t.Fatal(err)
	}
	again, err := Read(out.Bytes())
	if err != nil {
		t.Fatalf("what was imported cannot be read back: %v", err)
	}
	checkPublished(t, again.Over(load(t)))
}

func checkPublished(t *testing.T, c *Catalog) {
	t.Helper()
	for _, tt := range []struct {
		intent, url, model, at string
		tokens                 price.Tokens
		want                   float64
	}{
		{"plain: $15 and $75", "https://api.anthropic.com", "claude-opus-4-20250514", "2026-11-23T00:00:00Z",
			price.Tokens{Input: 2000, CacheRead: 10_000, CacheWrite: 1000, Output: 500}, (2000*15 + 10_000*1.5 + 1000*18.75 + 500*75) / 1e6},
		{"before the change, above 200,000: $10 and $37.50 for all tokens", "https://api.anthropic.com", "claude-opus-4-6", "2026-03-12T23:59:59Z",
			price.Tokens{Input: 150_000, CacheRead: 100_000, Output: 1000}, (150_000*10 + 100_000*1 + 1000*37.5) / 1e6},
		{"at 200,000: the base", "https://api.anthropic.com", "claude-opus-4-6", "2026-03-12T23:59:59Z",
			price.Tokens{Input: 200_000, Output: 1000}, (200_000*5 + 1000*25) / 1e6},
		{"from 2026-03-13 on: $5 and $25 at any size", "https://api.anthropic.com", "claude-opus-4-6", "2026-03-13T00:00:00Z",
			price.Tokens{Input: 150_000, CacheRead: 100_000, Output: 1000}, (150_000*5 + 100_000*0.5 + 1000*25) / 1e6},
		{"by day in Beijing", "https://api.deepseek.com/v1", "deepseek-chat", "2025-07-01T00:30:00Z", price.Tokens{Input: 1e6, Output: 1e6}, 0.27 + 1.1},
		{"by night", "https://api.deepseek.com/v1", "deepseek-chat", "2025-07-01T16:30:00Z", price.Tokens{Input: 1e6, Output: 1e6}, 0.135 + 0.55},
	} {
		p := c.ProviderAt(tt.url)
		if p == nil {
			t.Fatalf("nobody is known to serve %s", tt.url)
		}
		found := c.Price(p.ID, tt.model)
		if found == nil {
			t.Errorf("%s: %s at %s has no price", tt.intent, tt.model, p.ID)
			continue
		}
		at, _ := time.Parse(time.RFC3339, tt.at)
		in, out, ok, ok2 := found.Split(at, tt.tokens)
		if !ok || !ok2 || math.Abs(in+out-tt.want) > 1e-9 {
			t.Errorf("%s: $%v, want $%v", tt.intent, in+out, tt.want)
		}
	}
}

func TestImportModelsDev(t *testing.T) {
	in, err := ImportFrom("models.dev", strings.NewReader(`{
		"acme": {"id": "acme", "name": "Acme", "api": "https://api.acme.example/v1", "env": ["K"], "models": {
			"big": {"id": "big", "name": "Big", "cost": {"input": 3, "output": 15, "cache_read": 0.3, "reasoning": 20, "context_over_200k": {"input": 6, "output": 22.5}}},
			"new": {"id": "new", "name": "New", "cost": {"input": 1, "output": 2, "tiers": [{"input": 2, "output": 3, "tier": {"type": "context", "size": 1000}}]}},
			"plan": {"id": "plan", "name": "Plan", "cost": {"input": 0, "output": 0}},
			"odd": {"id": "odd", "cost": {"input": 1, "output": 2, "weekend": 3}},
			"odder": {"id": "odder", "cost": {"input": 1, "output": 2, "tiers": [{"input": 2, "weekend": 3, "tier": {"size": 9}}]}},
			"oddest": {"id": "oddest", "cost": {"input": 1, "output": 2, "context_over_200k": {"weekend": 3}}},
			"free": {"id": "free", "name": "Free"}}},
		"amazon-bedrock": {"id": "amazon-bedrock", "name": "Amazon Bedrock", "models": {"x.y": {"id": "x.y", "cost": {"input": 1, "output": 2}}}}}`), today)
	if err != nil {
		t.Fatal(err)
	}
	if in.Taken != 3 || in.Skipped["models without a price"] != 1 || in.Skipped[unknownPart("weekend")] != 3 || len(in.Skipped) != 3 {
		t.Errorf("%s", in.Text())
	}
	c := in.Catalog.Over(load(t))
	if p := c.ProviderAt("https://api.acme.example/v1/chat/completions"); p == nil || p.ID != "acme" {
		t.Errorf("the address is served by %v", p)
	}
	in.Catalog.Providers = append(in.Catalog.Providers, Provider{ID: "openai", Name: "OpenAI", Addresses: []string{"https://api.openai.com"}})
	if p := in.Catalog.Over(load(t)).ProviderAt("https://api.openai.com/v1"); p.Terms == nil || p.Domain == nil {
		t.Error("a list of prices hides a provider's terms")
	}
	for _, tt := range []struct {
		provider, model string
		input           int
		want            float64
	}{{"acme", "big", 200_000, 3}, {"acme", "big", 200_001, 6}, {"acme", "new", 1000, 1}, {"acme", "new", 1001, 2}, {"bedrock", "x.y", 1, 1}} {
		p := c.Price(tt.provider, tt.model)
		if p == nil || *p.At(today, tt.input).Input != tt.want {
			t.Errorf("%s with %d input tokens has the price %v, want $%v", tt.model, tt.input, p, tt.want)
		}
	}
}

// A list of another shape is refused, and says where it is another.
func TestImportRefuses(t *testing.T) {
	for _, tt := range []struct{ format, text, want string }{
		{"genai-prices", `{}`, "begins with"},
		{"genai-prices", `[]`, "no price"},
		{"genai-prices", `[{"id": "a"}]`, "api_pattern"},
		{"genai-prices", `[{"id": "a", "name": "A", "api_pattern": "x", "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": "free"}}]}]`, `model "m" of "a"`},
		{"genai-prices", `[{"id": "a", "name": "A", "api_pattern": "x", "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_gtok": 1}}]}]`, "no price"},
		{"genai-prices", `[{"id": "a", "name": "A", "api_pattern": "x", "models": [{"id": "m", "match": {"like": "m"}, "prices": {"input_mtok": 1}}]}]`, "match"},
		{"genai-prices", `[{"id": "a", "name": "A", "api_pattern": "x", "models": [{"id": "m", "match": {"equals": "m"}, "prices": [{"constraint": {"weekday": 1}, "prices": {"input_mtok": 1}}]}]}]`, "weekday"},
		{"genai-prices", `[{"id": "a", "name": "A", "api_pattern": "x", "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": -1}}]}]`, "a price is -1"},
		{"genai-prices", `[{"id": "a", "name": "A", "api_pattern": "(", "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": 1}}]}]`, "an address"},
		{"genai-prices", `[{"id": "a", "name`, "byte"},
		{"models.dev", `[]`, "begins with"},
		{"models.dev", `{"a": {"id": "a", "models": {"m": {"cost": {"input": 1, "output": 2, "weekend": 3}}}}}`, "no price"},
		{"models.dev", `{"a": {"id": "a", "models": {"m": {"cost": {"input": 1, "output": 2, "tiers": [{"input": 3}]}}}}}`, `model "m" of "a"`},
		{"models.dev", `{"a": {"id": "a", "models": {"m": {"cost": {"input": 1, "output": 2, "tiers": 7}}}}}`, `model "m" of "a"`},
		{"genai-prices", genaiModel1(`{"input_mtok": null}`), "no price"},
		{"genai-prices", genaiModel1(`{"input_mtok": {"base": null}}`), "neither a number"},
		{"genai-prices", genaiModel1(`{"input_mtok": {"base": 1, "tiers": [{"start": 5}]}}`), "neither a number"},
		{"genai-prices", genaiModel1(`{"input_mtok": {"base": 1, "tiers": [{"price": 5}]}}`), "neither a number"},
		{"litellm", `{}`, "not known"},
	} {
		if _, err := ImportFrom(tt.format, strings.NewReader(tt.text), today); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %s\nis refused with %v; want %q", tt.format, tt.text, err, tt.want)
		}
	}
	if _, err := importFrom("models.dev", endless{}, today, 1<<20); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("an endless list is refused with %v", err)
	}
}

// genaiModel1 is a list with one model's prices.
func genaiModel1(prices string) string {
	return `[{"id": "a", "name": "A", "api_pattern": "x", "models": [{"id": "m", "match": {"equals": "m"}, "prices": ` + prices + `}]}]`
}

// A price that is null is unknown, not free; a price without a condition covers those
// before it; what is counted as left out does not depend on the order of maps.
func TestImportGenaiParts(t *testing.T) {
	read := func(prices string) *Import {
		t.Helper()
		in, err := ImportFrom("genai-prices", strings.NewReader("\ufeff"+genaiModel1(prices)), today)
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	if p := read(`{"input_mtok": null, "output_mtok": 2}`).Catalog.Prices[0]; p.Input != nil || *p.Output != 2 {
		t.Errorf("an input price of null is read as %v", *p.Input)
	}
	p := read(`[{"constraint": {"start_date": "2026-01-01"}, "prices": {"input_mtok": 1, "output_mtok": 1}}, {"prices": {"input_mtok": 5, "output_mtok": 5}}]`).Catalog.Prices[0]
	if got := p.At(today, 1); *got.Input != 5 || len(p.Windows) != 0 {
		t.Errorf("of two prices the last that holds is $5, but $%v is taken", *got.Input)
	}
	for range 20 {
		in, err := ImportFrom("genai-prices", strings.NewReader(strings.Replace(genaiModel1(`{"input_mtok": 1}`), `"models": [`,
			`"models": [{"id": "n", "prices": {"input_mtok": 1, "input_audio_mtok": 2, "web_searches_kcount": 3, "requests_kcount": 4}}, `, 1)), today)
		if err != nil {
			t.Fatal(err)
		}
		if len(in.Skipped) != 1 || in.Skipped["models priced by the request, too"] != 1 {
			t.Fatalf("one model was left out, for one reason:\n%s", in.Text())
		}
	}
}

// endless is a list that never ends.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// Whatever list is taken makes a catalog that can be kept.
func FuzzImport(f *testing.F) {
	f.Add(true, []byte(`[{"id":"a","name":"A","api_pattern":"https://a","models":[{"id":"m","match":{"or":[{"equals":"m"},{"starts_with":"n"}]},"prices":[{"prices":{"input_mtok":{"base":1,"tiers":[{"start":10,"price":2}]},"output_mtok":2}},{"constraint":{"start_time":"00:30:00Z","end_time":"16:30:00Z"},"prices":{"input_mtok":3}}]}]}]`))
	f.Add(false, []byte(`{"a":{"id":"a","name":"A","api":"https://a","models":{"m":{"cost":{"input":1,"output":2,"context_over_200k":{"input":2}}}}}}`))
	f.Fuzz(func(t *testing.T, genai bool, text []byte) {
		format := Formats[1]
		if genai {
			format = Formats[0]
		}
		in, err := ImportFrom(format, bytes.NewReader(text), today)
		if err != nil {
			t.Skip()
		}
		var out bytes.Buffer
		if err := in.Catalog.Write(&out); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(out.Bytes()); err != nil {
			t.Errorf("what was taken cannot be kept: %v\n%s", err, out.Bytes())
		}
	})
}

// Patterns of published lists end where they please; what is known of an address does
// not hold for one that goes on with another name.
func TestImportedAddressesEndWithTheHost(t *testing.T) {
	c := &Catalog{Providers: []Provider{
		{ID: "a", Addresses: []string{`https://api\.a\.com`}},
		{ID: "open", Addresses: []string{`https://api\.open\.`}},
		{ID: "path", Addresses: []string{`https://router\.b\.co/groq`}},
		{ID: "any", Addresses: []string{`(https?://)?([^.]*\.)?(?:any\.com|any\.com\.au)`}},
	}}
	for url, want := range map[string]string{
		"https://api.a.com": "a", "https://api.a.com/v1": "a", "https://api.a.com:8443/v1": "a", "https://api.a.com?x": "a",
		"https://api.a.com.example.org/v1": "", "https://api.a.company/v1": "", "https://api.a.com@example.org": "", "https://api.a.com-x.org": "",
		"https://api.open.cn/v1": "open", "https://router.b.co/groq/v1": "path", "https://router.b.co/groq2": "path",
		"https://us.any.com.au/v1": "any", "any.com/v1": "any", "https://us.any.com.example.org": "",
	} {
		got := ""
		if p := c.ProviderAt(url); p != nil {
			got = p.ID
		}
		if got != want {
			t.Errorf("%s is served by %q, want %q", url, got, want)
		}
	}
}

// What must be known of a price goes with its source wherever that is shown.
func TestAPriceSaysWhatMustBeKnownOfIt(t *testing.T) {
	p := load(t).Price("deepseek", "deepseek-flash")
	if p == nil || !strings.Contains(p.Said(), p.Source) || !strings.Contains(p.Said(), "public holidays") {
		t.Errorf("%+v", p)
	}
	if said := (&Price{List: price.List{Source: "a quote"}, Checked: p.Checked}).Said(); !strings.HasSuffix(said, ": a quote") {
		t.Errorf("%q", said)
	}
}
