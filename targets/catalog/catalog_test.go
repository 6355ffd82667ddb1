package catalog

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"switchover/targets/price"
)

func load(t testing.TB) *Catalog {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Every entry is sourced and dated (Load checks that), names are one entry's alone,
// and what an entry names exists.
func TestData(t *testing.T) {
	c := load(t)
	today := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	names := map[string]string{}
	claim := func(kind, id string, all ...string) {
		for _, n := range append(all, id) {
			n = kind + " " + strings.ToLower(n)
			if other, taken := names[n]; taken && other != id {
				t.Errorf("%s means both %s and %s", n, other, id)
			}
			names[n] = id
		}
	}
	for _, m := range c.Models {
		claim("model", m.ID, m.Aliases...)
		if m.Successor != "" && c.Model(m.Successor) == nil {
			t.Errorf("%s: its successor %s is not in the catalog", m.ID, m.Successor)
		}
		if m.Licence != "" && c.Licence(m.Licence) == nil {
			t.Errorf("%s: its licence %s is not in the catalog", m.ID, m.Licence)
		}
		if (m.Status == StatusDeprecated || m.Status == StatusRetired) && (m.Retires.IsZero() || m.Successor == "") {
			t.Errorf("%s is %s without a day and a successor", m.ID, m.Status)
		}
		if m.Checked.After(today) || m.Status == StatusRetired && m.Retires.After(m.Checked.Time) || m.Status == StatusDeprecated && !m.Retires.After(m.Checked.Time) {
			t.Errorf("%s is %s, retires %v, and was checked on %v", m.ID, m.Status, m.Retires, m.Checked)
		}
		if s := m.Shape; s != nil && s.Heads > 0 && (s.HeadDim == 0 || s.KVHeads == 0 || s.Heads%s.KVHeads != 0) {
			t.Errorf("%s: %d heads do not share %d KV heads", m.ID, s.Heads, s.KVHeads)
		}
	}
	for _, p := range c.Providers {
		claim("provider", p.ID, append(p.Aliases, p.Name)...)
		for _, l := range p.Limits {
			if l.Model != "" && c.Model(l.Model) == nil {
				t.Errorf("%s: a limit is for %s, which is not in the catalog", p.ID, l.Model)
			}
		}
	}
	for _, p := range c.Prices {
		if c.Model(p.Model) == nil || c.Provider(p.Provider) == nil {
			t.Errorf("a price is for %s at %s: one is not in the catalog", p.Model, p.Provider)
		}
		if in, out := p.Dearest(1 << 30); in == nil || out == nil {
			t.Errorf("%s at %s: input or output has no price", p.Model, p.Provider)
		}
	}
	for _, l := range c.Licences {
		claim("licence", l.ID, append(l.Aliases, l.Name)...)
	}
	for _, g := range c.GPUs {
		claim("gpu", g.ID, append(g.Aliases, g.Name)...)
	}
}

// What the comparison is about is in the catalog: each model with its successor, each
// provider.
func TestCovers(t *testing.T) {
	c := load(t)
	for _, name := range []string{"gpt-4", "claude-sonnet-4-5", "deepseek-chat", "llama-2-7b", "llama-2-13b", "llama-2-70b", "mistral-7b", "falcon-40b", "qwen-7b"} {
		m := c.Model(name)
		if m == nil || m.Successor == "" {
			t.Errorf("%s, or its successor, is not in the catalog", name)
		}
	}
	for _, name := range []string{"AWS Bedrock", "Azure AI", "Tencent", "OpenAI", "Anthropic", "DeepSeek", "Mistral"} {
		if c.Provider(name) == nil {
			t.Errorf("the provider %s is not in the catalog", name)
		}
	}
}

// Keys and values to a token's cache from published architectures (fp16).
func TestShapes(t *testing.T) {
	c := load(t)
	for name, kib := range map[string]int{"llama-3.1-8b": 128, "llama-3.3-70b": 320, "mistral-7b": 128, "llama-2-70b": 320} {
		s := c.Model(name).Shape
		if got := 2 * s.Layers * s.KVHeads * s.HeadDim * 2 / 1024; got != kib {
			t.Errorf("%s: %d KiB a token, want %d", name, got, kib)
		}
	}
}

func TestProviderAt(t *testing.T) {
	c := load(t)
	for url, want := range map[string]string{
		"https://api.openai.com/v1":                                  "openai",
		"https://API.openai.com":                                     "openai",
		"https://bedrock-runtime.eu-central-1.amazonaws.com/model/x": "bedrock",
		"https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1":  "bedrock",
		"https://bedrock-mantle.us-east-1.api.aws/v1":                "bedrock",
		"https://ours.openai.azure.com/openai/deployments/a":         "azure",
		"https://api.deepseek.com/anthropic":                         "deepseek",
		"https://tokenhub-intl.tencentmaas.com/v1":                   "tencent",
		"https://api.anthropic.com.example.org/v1":                   "",
		"https://example.org/https://api.anthropic.com":              "",
		"http://127.0.0.1:8000/v1":                                   "",
		"https://api.openai.com@example.org":                         "",
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

// A price is found by each name that a provider has for a model, and by no other.
func TestPrice(t *testing.T) {
	c := load(t)
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		provider, model string
		input           int
		want            float64 // below 0: unknown
	}{
		{"openai", "gpt-6.1-terra", 1000, 1},
		{"openai", "gpt-6.1-terra", 272_001, 2},
		{"openai", "gpt-5-2025-08-07", 1, 1.25},
		{"anthropic", "claude-haiku-5-5", 100_000, 0.1},
		{"anthropic", "claude-haiku-5-5", 100_001, 0.5},
		{"deepseek", "deepseek-v4-flash", 1, 0.15},
		{"bedrock", "anthropic.claude-sonnet-5", 1, 2},
		{"bedrock", "eu.anthropic.claude-sonnet-5", 1, 2.2},
		{"bedrock", "gpt-5", 1, -1},
		{"openai", "gpt-5-pro", 1, -1},
		{"nobody", "gpt-5", 1, -1},
	} {
		p := c.Price(tt.provider, tt.model)
		if p == nil {
			if tt.want >= 0 {
				t.Errorf("%s at %s has no price", tt.model, tt.provider)
			}
			continue
		}
		if got := *p.At(at, tt.input).Input; got != tt.want {
			t.Errorf("%s at %s: $%v, want $%v", tt.model, tt.provider, got, tt.want)
		}
	}
	if p := c.Price("deepseek", "deepseek-flash"); *p.At(time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC), 1).Input != 0.3 {
		t.Error("DeepSeek costs the same in Beijing's morning")
	}
	if p := c.Price("anthropic", "claude-sonnet-5-5"); *p.At(at, 1).CacheRead != 0.1 || *p.At(at.AddDate(0, -2, 0), 1).CacheRead != 0.2 {
		t.Error("the price cut of 2026-10-07 is not dated")
	}
}

// A catalog laid over another hides its entries, and only those.
// A prefix that another's list gives holds for later models' names, too; what is known
// of those goes before it.
func TestPriceOfAlias(t *testing.T) {
	one, two := 1.0, 2.0
	proof := Proof{"s", price.Moment{Time: today}}
	c := &Catalog{
		Models: []Model{{ID: "new-5-5", Aliases: []string{"new-5-5-20261007"}, Proof: proof}},
		Prices: []Price{
			{Provider: "p", Model: "new-5", Match: &Match{StartsWith: "new-5"}, List: price.List{Input: &one}},
			{Provider: "q", Model: "new-5.5", List: price.List{Input: &one}},
			{Provider: "q", Model: "new-5-5", List: price.List{Input: &two}},
			{Provider: "p", Model: "new-5-5", List: price.List{Input: &two}},
		},
	}
	c.Models[0].Aliases = append(c.Models[0].Aliases, "new-5.5")
	if got := c.Price("q", "new-5-5-20261007"); *got.Input != 1 {
		t.Error("of two prices of one model, the first is not taken, whichever name it goes by")
	}
	for name, want := range map[string]float64{"new-5": 1, "new-5-20260101": 1, "new-5-5": 2, "new-5-5-20261007": 2} {
		if got := c.Price("p", name); got == nil || *got.Input != want {
			t.Errorf("%s has the price %v, want $%v", name, got, want)
		}
	}
	if shown := c.Show(" "); shown != nil {
		t.Errorf("no name shows %d entries", len(shown))
	}
}

// What is written a little otherwise is found, by any of its names.
func TestSuggest(t *testing.T) {
	c := load(t)
	for name, want := range map[string]string{"gtp-4o": "gpt-4o", "gpt4": "gpt-4", "H-100": "h100-sxm", "openai/gpt-5x": "gpt-5", "Sonnet 5.5": "claude-sonnet-5-5",
		"mitral": "mistral", "apache2": "apache-2.0"} {
		if got := c.Suggest(name); !slices.Contains(got, want) {
			t.Errorf("%q suggests %q, not %s", name, got, want)
		}
	}
	for _, name := range []string{"", " ", "/", "-", "nonsense-xyz", strings.Repeat("a", 1000)} {
		if got := c.Suggest(name); got != nil {
			t.Errorf("%.20q suggests %q", name, got)
		}
	}
}

func TestOver(t *testing.T) {
	own, err := Read([]byte(`{"prices": [{"provider": "openai", "model": "gpt-5", "input": 7, "output": 8, "source": "our contract", "checked": "2026-11-01"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	c := own.Over(load(t))
	if p := c.Price("openai", "gpt-5"); *p.Input != 7 {
		t.Errorf("$%v a million, want the contract's $7", *p.Input)
	}
	if c.Price("openai", "gpt-5-mini") == nil {
		t.Error("another model lost its price")
	}
	if all := c.PricesOf("gpt-5", "openai"); len(all) != 1 || *all[0].Input != 7 {
		t.Errorf("%d prices of gpt-5 at OpenAI are shown; the contract's alone holds", len(all))
	}
}

// What a catalog's file may not say, with what is said of it.
func TestRead(t *testing.T) {
	for text, want := range map[string]string{
		"{\n\"model\": []}": "line 2",
		`{"models": [{"id": "m", "name": "M", "vendor": "V", "checked": "2026-11-01"}]}`:                                                                            "no source",
		`{"models": [{"id": "m", "name": "M", "vendor": "V", "source": "s"}]}`:                                                                                      "no checked",
		`{"models": [{"id": "m", "name": "M", "vendor": "V", "source": "s", "checked": "2026-11-01", "status": "gone"}]}`:                                           "status",
		`{"models": [{"id": "m", "name": "M", "vendor": "V", "source": "s", "checked": "someday"}]}`:                                                                "no date",
		`{"models": [{"id": "m", "name": "\u001b[31mM", "vendor": "V", "source": "s", "checked": "2026-11-01"}]}`:                                                   "control",
		`{"prices": [{"provider": "p", "model": "m", "input": -1, "source": "s", "checked": "2026-11-01"}]}`:                                                        "a price is -1",
		`{"prices": [{"provider": "p", "model": "m", "match": {"regex": "("}, "source": "s", "checked": "2026-11-01"}]}`:                                            "match",
		`{"prices": [{"provider": "p", "model": "m", "match": {}, "source": "s", "checked": "2026-11-01"}]}`:                                                        "match",
		`{"providers": [{"id": "p", "name": "P", "addresses": ["("], "source": "s", "checked": "2026-11-01"}]}`:                                                     "address",
		`{"providers": [{"id": "p", "name": "P", "terms": {"training": "maybe", "source": "s", "checked": "2026-11-01"}, "source": "s", "checked": "2026-11-01"}]}`: "training",
		`{} {}`:                             "follows",
		``:                                  "it is empty",
		`[]`:                                "the catalog is an array that cannot be read as an object",
		`{"models": {}}`:                    "models is an object that cannot be read as a list",
		`{"models": [{"context": "many"}]}`: "context is a string that cannot be read as a whole number",
		`{"prices": [{"input": 1e999}]}`:    "input is a number 1e999 that cannot be read as a number",
		`{"prices": [{"imput": 1}]}`:        `unknown field "imput"`,
	} {
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nis refused with %v; want %q", text, err, want)
		} else if strings.Contains(err.Error(), "json:") || strings.Contains(err.Error(), "Go ") {
			t.Errorf("%s\nis refused in words of the program's own: %v", text, err)
		}
	}
	if _, err := Read([]byte("\ufeff{}")); err != nil {
		t.Errorf("a mark that some editors put first is refused: %v", err)
	}
}

// Whatever is read is written so that it is read alike.
func FuzzRead(f *testing.F) {
	c := load(f)
	for _, small := range []Catalog{{Models: c.Models[:1]}, {Providers: c.Providers[:1]}, {Prices: c.Prices[:1]}, {Licences: c.Licences[:1]}, {GPUs: c.GPUs[:1]}} {
		var b bytes.Buffer
		if err := small.Write(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(`{"prices": [{"provider": "p", "model": "m", "match": {"or": [{"equals": "a"}, {"contains": "b"}]}, "input": 1, "windows": [{"daily": "23:00-01:00", "input": 2}], "source": "s", "checked": "2026-11-01T10:00Z"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Read(b)
		if err != nil {
			t.Skip()
		}
		var out bytes.Buffer
		if err := c.Write(&out); err != nil {
			t.Fatal(err)
		}
		again, err := Read(out.Bytes())
		if err != nil {
			t.Fatalf("%v in\n%s", err, out.Bytes())
		}
		one, _ := json.Marshal(c)
		two, _ := json.Marshal(again)
		if !bytes.Equal(one, two) {
			t.Errorf("%s became %s", one, two)
		}
		for _, p := range c.Prices {
			if c.Price(p.Provider, p.Model) == nil && strings.TrimSpace(p.Model) == p.Model {
				t.Errorf("no price of %q at %q is found, though there is one", p.Model, p.Provider)
			}
		}
	})
}
