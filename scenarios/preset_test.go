package scenarios

import (
	"encoding/json"
	"strings"
	"testing"
)

// presetScenario is a scenario whose one target has these fields.
func presetScenario(fields string) []byte {
	return []byte("name: p\ntargets: [{name: a, model: m, " + fields + "}]\nworkload: {conversations: bundled}\nload: [{mode: users, users: 1, conversations: 1}]\n")
}

func TestOneWordStandsForAnAPI(t *testing.T) {
	for _, tc := range []struct {
		fields, url, protocol, key string
	}{
		{`url: groq`, "https://api.groq.com/openai/v1", "openai", "GROQ_API_KEY"},
		{`url: Groq`, "https://api.groq.com/openai/v1", "openai", "GROQ_API_KEY"},
		{`url: groq, key: {env: OTHER_KEY}`, "https://api.groq.com/openai/v1", "openai", "OTHER_KEY"},
		{`url: vllm`, "http://127.0.0.1:8000/v1", "openai", ""},
		{`url: vllm, key: {env: OTHER_KEY}`, "http://127.0.0.1:8000/v1", "openai", "OTHER_KEY"},
		{`url: ollama`, "http://127.0.0.1:11434", "ollama", ""},
		{`url: tencent, protocol: tencent-tc3, key_id: {env: ID}, key: {env: SECRET}`, "https://hunyuan.tencentcloudapi.com", "tencent-tc3", "SECRET"},
		{`url: azure, resource: my-team, api_version: 2024-10-21`, "https://my-team.openai.azure.com", "azure", "AZURE_OPENAI_API_KEY"},
		{`url: deepseek, protocol: anthropic`, "https://api.deepseek.com/anthropic", "anthropic", "DEEPSEEK_API_KEY"},
		{`url: ollama, protocol: openai`, "http://127.0.0.1:11434/v1", "openai", ""},
		{`url: vertex, resource: my-project, region: europe-west4, key: {env: TOKEN}`,
			"https://europe-west4-aiplatform.googleapis.com/v1/projects/my-project/locations/europe-west4", "vertex", "TOKEN"},
		{`url: vertex, resource: my-project, region: global, key: {env: TOKEN}`,
			"https://aiplatform.googleapis.com/v1/projects/my-project/locations/global", "vertex", "TOKEN"},
		{`url: 'https://{resource}.example.com/{region}/v1', resource: us, region: eu-1`, "https://us.example.com/eu-1/v1", "openai", ""},
		{`url: 'http://h/v1'`, "http://h/v1", "openai", ""},
		{`url: 'https://api.anthropic.com/'`, "https://api.anthropic.com/", "anthropic", ""},
		{`url: 'https://api.anthropic.com/v1'`, "https://api.anthropic.com/v1", "openai", ""},
		{`url: 'https://api.anthropic.com', protocol: openai`, "https://api.anthropic.com", "openai", ""},
		{`url: 'https://api.deepseek.com'`, "https://api.deepseek.com", "deepseek", ""},
		{`url: 'http://127.0.0.1:8080'`, "http://127.0.0.1:8080", "openai", ""},
	} {
		s, err := Parse("p.yaml", presetScenario(tc.fields), Env{LookupEnv: keys})
		if err != nil {
			t.Errorf("%s: %v", tc.fields, err)
			continue
		}
		got := s.Targets[0]
		key := ""
		if got.Key != nil {
			key = got.Key.Env
		}
		if got.URL != tc.url || got.Protocol != tc.protocol || key != tc.key {
			t.Errorf("%s: %s, %s, key in %q", tc.fields, got.URL, got.Protocol, key)
		}
		// What was resolved is read again as it is, when a run is resumed.
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Restore(text, Env{LookupEnv: keys})
		if err != nil || again.Targets[0].URL != tc.url || again.Targets[0].Protocol != tc.protocol {
			t.Errorf("%s, again: %v", tc.fields, err)
		}
	}
}

func TestWordsThatStandForNothing(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	for _, tc := range []struct {
		fields string
		lookup func(string) (string, bool)
		says   []string
	}{
		{`url: grok`, keys, []string{`"grok" is no address`, "did you mean groq?"}},
		{`url: somebody`, keys, []string{`"somebody" is no address`, "openai, anthropic, azure, bedrock, vertex, gemini,", "ollama, tgi"}},
		{`url: groq`, none, []string{"GROQ_API_KEY is not set", "export GROQ_API_KEY=", "key: {env: NAME}"}},
		{`url: groq, protocol: vertex`, keys, []string{"groq speaks openai", "vertex"}},
		{`url: vertex, resource: r, region: eu-1`, keys, []string{"vertex needs a key", "gcloud auth print-access-token"}},
		{`url: vertex, resource: r, key: {env: T}`, keys, []string{"needs a region", "add region: NAME"}},
		{`url: vertex, region: eu-1, key: {env: T}`, keys, []string{"needs a resource", "add resource: NAME"}},
		{`url: vertex, region: eu-1, resource: 'evil.example/', key: {env: T}`, keys, []string{`"evil.example/" cannot be part of an address`}},
		{`url: vertex, region: 'evil.example/', resource: r, key: {env: T}`, keys, []string{`"evil.example/" is no region`}},
		{`url: tencent, protocol: tencent-tc3`, keys, []string{"requests of tencent-tc3 are signed", "TENCENTCLOUD_SECRET_ID"}},
		{`url: groq, resource: r`, keys, []string{"no {resource} in it"}},
		{`simulate: {ttft: 1ms, tpot: 1ms}, resource: r`, keys, []string{"a simulated target has no address"}},
	} {
		_, err := Parse("p.yaml", presetScenario(tc.fields), Env{LookupEnv: tc.lookup})
		if err == nil {
			t.Errorf("%s is taken", tc.fields)
			continue
		}
		for _, want := range tc.says {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in: %v", tc.fields, want, err)
			}
		}
		if n := len(err.(Problems)); n != 1 {
			t.Errorf("%s: %d problems: %v", tc.fields, n, err)
		}
	}
}

// What an address lacks is said at once, not one after the other.
func TestAllThatAnAddressNeeds(t *testing.T) {
	_, err := Parse("p.yaml", presetScenario(`url: vertex, key: {env: T}`), Env{LookupEnv: keys})
	problems, _ := err.(Problems)
	if len(problems) != 2 || !strings.Contains(err.Error(), "add region: NAME") || !strings.Contains(err.Error(), "add resource: NAME") {
		t.Errorf("%d problems: %v", len(problems), err)
	}
}

func TestKeysOfPresetsAreLeftAlone(t *testing.T) {
	if _, err := Parse("p.yaml", presetScenario(`url: groq`), Env{KeysUnread: true}); err != nil {
		t.Error(err)
	}
}

func TestOneWordOnTheCommandLine(t *testing.T) {
	s, err := Quick(QuickOptions{URLs: []string{"groq", "vllm"}, Models: []string{"llama", "llama"}, JudgeURL: "openai", JudgeModel: "gpt"}, Env{LookupEnv: keys})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range s.Targets {
		key := "none"
		if c.Key != nil {
			key = c.Key.Env
		}
		got = append(got, c.Name+" "+c.URL+" "+key)
	}
	want := "llama-groq https://api.groq.com/openai/v1 GROQ_API_KEY; llama-vllm http://127.0.0.1:8000/v1 none; judge https://api.openai.com/v1 OPENAI_API_KEY"
	if strings.Join(got, "; ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, "; "), want)
	}
	_, err = Quick(QuickOptions{URLs: []string{"grok"}, Models: []string{"m"}}, Env{})
	if err == nil || !strings.Contains(err.Error(), `--url: "grok" is no address`) {
		t.Errorf("%v", err)
	}
	_, err = Quick(QuickOptions{URLs: []string{"vertex"}, Models: []string{"m"}, KeyEnvs: []string{"T"}}, Env{LookupEnv: keys})
	if err == nil || !strings.Contains(err.Error(), "write a scenario file with region: NAME") {
		t.Errorf("%v", err)
	}
}
