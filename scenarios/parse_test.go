package scenarios

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
)

func ExampleParse() {
	_, err := Parse("mine.yaml", []byte(`
name: mine
targets:
  - {name: a, url: "http://127.0.0.1:8000/v1", modle: small}
workload: {conversations: bundled}
load: [{mode: open, rate: 5, duration: 1m}]
`), Env{})
	fmt.Println(err)
	// Output:
	// mine.yaml:4:48: unknown field "modle" in a target
	//     4 |   - {name: a, url: "http://127.0.0.1:8000/v1", modle: small}
	//       |                                                ^
	//   hint: did you mean "model"?
	// mine.yaml:6:27: 5 has no unit
	//     6 | load: [{mode: open, rate: 5, duration: 1m}]
	//       |                           ^
	//   hint: write 5/s, 5/min or 5/h
}

func loadFull(t *testing.T) *Scenario {
	t.Helper()
	s, err := Load("testdata/full.yaml", testEnv)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFull reads a file that uses every field.
func TestFull(t *testing.T) {
	s := loadFull(t)
	api, own2, sim := s.Targets[0], s.Targets[2], s.Targets[3]
	abs, _ := filepath.Abs("testdata/two.jsonl")
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"system prompt read from its file", api.System.Text, "You are the assistant of a bookshop.\n"},
		{"system prompt as a word", own2.System.Text, "Be brief."},
		{"merged model", own2.Model, "small/model-7b"},
		{"own value instead of the merged one", own2.Cost.GPUs, 2},
		{"what is redacted", s.Workload.Conversations.Redact + s.Workload.Conversations.Patterns["customer"], "with-ipC-[0-9]{8}"},
		{"salt", s.Workload.Salt, "off"},
		{"default of gpus", s.Targets[1].Cost.GPUs, 1},
		{"default protocol", own2.Protocol, "openai"},
		{"temperature left to the API", *api.Params.Temperature, Temperature{AsAllowed: true}},
		{"a number for a temperature", own2.Params.Temperature.Value, 0.5},
		{"milliseconds with a fraction", time.Duration(sim.Simulate.TPOT), 12500 * time.Microsecond},
		{"per second", float64(sim.Simulate.Prefill), 8000.0},
		{"per minute", float64(s.Load[1].Rate.Fixed), 2.0},
		{"a share", float64(sim.Simulate.Faults[0].Share), 0.005},
		{"a simulated model is named after its target", sim.Model, "sim"},
		{"a stage's name", s.Load[0].Name, "users-1"},
		{"a warm-up", *s.Load[0].Measure, false},
		{"measured unless said otherwise", *s.Load[1].Measure, true},
		{"the file of conversations can be opened from anywhere", s.Workload.Conversations.File, abs},
		{"the format's default", s.Workload.Conversations.Format, "conversations"},
		{"an objective in seconds", s.Objectives["ttft_p90"].Value, 0.8},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
	if v, err := s.Targets[4].Key.Value(testEnv); err != nil || v.Reveal() != "sk-canary-in-a-file" {
		t.Errorf("key from a file: %v", err)
	}
}

// TestRestore reads a scenario back from the JSON in a run's folder: nothing is
// lost, and no key is in it.
func TestRestore(t *testing.T) {
	s := loadFull(t)
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "canary") {
		t.Errorf("a key is in the JSON:\n%s", b)
	}
	back, err := Restore(b, testEnv)
	if err != nil {
		t.Fatalf("reading it back: %v\n%s", err, b)
	}
	if diff := cmp.Diff(s, back); diff != "" {
		t.Errorf("changed on the way (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(s.Policy(), back.Policy()); diff != "" {
		t.Errorf("policy changed (-before +after):\n%s", diff)
	}
}

func TestPolicy(t *testing.T) {
	p := loadFull(t).Policy()
	limit := func(x float64) *float64 { return &x }
	want := results.Policy{
		Objectives: []results.Bound{
			{Name: "ttft_p90", Op: "<=", Limit: limit(0.8), Text: "800ms"},
			{Name: "output_tokens_per_s", Op: ">=", Limit: limit(20), Text: "20/s"},
			{Name: "error_rate", Op: "<=", Limit: limit(0.01), Text: "1%"},
			{Name: "usd_per_mtok_blended", Op: "<=", Limit: limit(12), Text: "12"},
			{Name: "quality", Op: ">=", Limit: limit(3.5), Text: "3.5"},
		},
		Require: []results.Bound{
			{Name: "ttft_p99", Op: "<=", Limit: limit(2), Text: "<=2s"},
			{Name: "error_rate", Op: "<", Limit: limit(0.01), Text: "< 1%"},
			{Name: "quality", Op: ">=", Limit: limit(3.5), Text: ">= 3.5"},
			{Name: "data.region", Op: "=", Is: "EU", Text: "= EU"},
			{Name: "licence.commercial", Op: "=", Is: "yes", Text: "yes"},
		},
		Weights:  map[string]float64{"quality": 3, "latency": 2, "usd_per_mtok_output": 1},
		Anchors:  map[string]results.Anchor{"ttft_p50": {Good: 0.3, Bad: 3}, "quality": {Good: 5, Bad: 1}},
		Margin:   0.5,
		Criteria: []string{"coherence", "usefulness"},
		Seed:     7,
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		text string
		dst  interface {
			UnmarshalText([]byte) error
			MarshalText() ([]byte, error)
		}
		want  float64 // NaN: refused
		canon string
	}{
		{"500ms", new(Duration), 0.5, "500ms"},
		{"1h30m", new(Duration), 5400, "1h30m"},
		{"90m", new(Duration), 5400, "1h30m"},
		{"1.5s", new(Duration), 1.5, "1.5s"},
		{"0s", new(Duration), 0, "0s"},
		{"0.25ms", new(Duration), 0.00025, "0.25ms"},
		{"500", new(Duration), math.NaN(), ""},
		{"5us", new(Duration), math.NaN(), ""},
		{"-5s", new(Duration), math.NaN(), ""},
		{"", new(Duration), math.NaN(), ""},
		{"5/s", new(Rate), 5, "5/s"},
		{"100/min", new(Rate), 100.0 / 60, "100/min"},
		{"1/h", new(Rate), 1.0 / 3600, "1/h"},
		{"0/s", new(Rate), math.NaN(), ""},
		{"5", new(Rate), math.NaN(), ""},
		{"5/day", new(Rate), math.NaN(), ""},
		{"1e99/s", new(Rate), math.NaN(), ""},
		{"99999999999999999999/s", new(Rate), math.NaN(), ""},
		{"1%", new(Share), 0.01, "1%"},
		{"0.3%", new(Share), 0.003, "0.3%"},
		{"100%", new(Share), 1, "100%"},
		{"100.1%", new(Share), math.NaN(), ""},
		{"0.5", new(Share), math.NaN(), ""},
		{"%", new(Share), math.NaN(), ""},
	} {
		err := c.dst.UnmarshalText([]byte(c.text))
		if math.IsNaN(c.want) {
			if err == nil {
				t.Errorf("%T %q: accepted", c.dst, c.text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%T %q: %v", c.dst, c.text, err)
			continue
		}
		var got float64
		switch v := c.dst.(type) {
		case *Duration:
			got = time.Duration(*v).Seconds()
		case *Rate:
			got = float64(*v)
		case *Share:
			got = float64(*v)
		}
		if math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%T %q = %v, want %v", c.dst, c.text, got, c.want)
		}
		if text, _ := c.dst.MarshalText(); string(text) != c.canon {
			t.Errorf("%T %q is written %q, want %q", c.dst, c.text, text, c.canon)
		}
	}
}

// What a share without its sign was meant to be is not decided for the user.
func TestHintOfAShareWithoutItsSign(t *testing.T) {
	for text, want := range map[string]string{"1": "write 1% or 100%", "0.01": "write 1%", "0.999": "write 99.9%", "5": "write 5%", "0": "write 0%"} {
		err := new(Share).UnmarshalText([]byte(text))
		if h, ok := err.(*hinted); !ok || h.hint != want {
			t.Errorf("%s: %#v, want the hint %q", text, err, want)
		}
	}
}

// TestBounds reads files made to be slow or deep: each is refused, soon.
func TestBounds(t *testing.T) {
	bomb := "name: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 'b'; i <= 'k'; i++ {
		bomb += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", i, i, i-1, i-1, i-1, i-1, i-1, i-1, i-1, i-1)
	}
	merges := "targets:\n  - &a {name: a}\n"
	for i := 'b'; i <= 'z'; i++ {
		merges += fmt.Sprintf("  - &%c {<<: [*%c, *%c, *%c, *%c]}\n", i, i-1, i-1, i-1, i-1)
	}
	for name, src := range map[string]string{
		"too many bytes":   "name: " + strings.Repeat("a", 2<<20),
		"too many words":   strings.Repeat("- 1\n", 100_000),
		"a deep list":      "name: " + strings.Repeat("[", 100_000),
		"deep dashes":      strings.Repeat("- ", 100_000) + "a",
		"deep keys":        strings.Repeat("? ", 100_000) + "a",
		"deep colons":      strings.Repeat("a: ", 100_000),
		"anchor on anchor": "name: " + strings.Repeat("&a ", 5_000),
		"many documents":   strings.Repeat("---\na: b\n", 5_000),
		"alias bomb":       bomb,
		"merge bomb":       merges,
		"a zero byte":      "name: a\x00b\n",
		"not UTF-8":        "name: \xff\xfe\n",
		"UTF-16":           "\xff\xfen\x00a\x00",
		"escape sequences": "name: \"a\"\n\x1b[31mred: 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			_, err := Parse("f.yaml", []byte(src), testEnv)
			ps, ok := err.(Problems)
			if !ok || len(ps) == 0 || len(ps) > maxProblems+1 {
				t.Fatalf("want some problems, got %T %v", err, err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			if len(err.Error()) > 40_000 || strings.ContainsAny(err.Error(), "\x00\x1b") {
				t.Errorf("prints %d bytes, or bytes that a terminal obeys", len(err.Error()))
			}
		})
	}
}

func TestByteOrderMarkAndLineEnds(t *testing.T) {
	src, _ := Bundled("outage.yaml")
	text := "\ufeff" + strings.ReplaceAll(string(src), "\n", "\r\n")
	if _, err := Parse("outage.yaml", []byte(text), Env{}); err != nil {
		t.Error(err)
	}
}

func TestReadFile(t *testing.T) {
	for _, path := range []string{"/dev/zero", t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if _, err := ReadFile(path); err == nil {
			t.Errorf("%s: read", path)
		}
	}
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := ReadFile(path); string(b) != "x" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestParseSim(t *testing.T) {
	s, err := ParseSim("sim.yaml", []byte("model: m\nlisten: 127.0.0.1:8001\nseed: 3\nlog: sim.jsonl\nsimulate: {ttft: 1ms, tpot: 2ms, quality: 0}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "sim" || s.Model != "m" || s.Seed != 3 || s.Simulate.Quality == nil || *s.Simulate.Quality != 0 {
		t.Errorf("got %+v", s)
	}
	for src, want := range map[string]string{
		"simulate: {ttft: 1, tpot: 2ms}": "sim.yaml:1:18: 1 has no unit",
		"name: a":                        `sim.yaml:1:1: missing field "simulate" in the file`,
		"simulate: {ttft: 1ms, tpot: 2ms}\nprot: 80":                         `sim.yaml:2:1: unknown field "prot" in the file`,
		"simulate: {ttft: 1ms, tpot: 2ms, faults: [{kind: cat, share: 1%}]}": `sim.yaml:1:50: the fault "cat" is not known`,
		"name: ../x\nsimulate: {ttft: 1ms, tpot: 2ms}":                       `sim.yaml:1:7: "../x" cannot be a name`,
	} {
		if _, err := ParseSim("sim.yaml", []byte(src)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", src, err, want)
		}
	}
}

// FuzzParse holds reading to its promises whatever the file: no panic, every
// problem within the file, and a scenario that was accepted survives being
// written and read again.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "testdata/broken/*.yaml", "*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	env := testEnv
	env.ReadFile = func(string) ([]byte, error) { return []byte("sk-canary-file"), nil }
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 16<<10 {
			t.Skip("long files are slow, and TestBounds has them")
		}
		s, err := Parse("f.yaml", src, env)
		if err == nil {
			b, err := json.Marshal(s)
			if err != nil {
				t.Fatalf("accepted, but cannot be written: %v", err)
			}
			back, err := Restore(b, env)
			if err != nil {
				t.Fatalf("accepted, but not when read back: %v\n%s", err, b)
			}
			if diff := cmp.Diff(s, back); diff != "" {
				t.Fatalf("changed on the way:\n%s", diff)
			}
			return
		}
		ps, ok := err.(Problems)
		if !ok || len(ps) == 0 {
			t.Fatalf("error %T: %v", err, err)
		}
		lines := strings.Count(string(src), "\n") + 1
		for _, p := range ps {
			if p.Line < 0 || p.Line > lines || p.Line > 0 && p.Column < 1 || p.Message == "" {
				t.Errorf("outside the file of %d lines: %+v", lines, p)
			}
		}
	})
}
