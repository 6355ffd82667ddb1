package catalog

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Every preset can be asked, and says where it was read and when.
func TestPresets(t *testing.T) {
	wanted := "openai anthropic azure bedrock vertex gemini deepseek mistral tencent dashscope volcengine moonshot openrouter groq together vllm sglang llamacpp ollama tgi"
	var names []string
	variable := regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)
	for _, p := range Presets() {
		names = append(names, p.Name)
		if p.Checked.IsZero() || !strings.HasPrefix(p.Source, "https://") {
			t.Errorf("%s: source %q, checked %v", p.Name, p.Source, p.Checked)
		}
		if p.KeyEnv != "" && (!variable.MatchString(p.KeyEnv) || p.Local) {
			t.Errorf("%s: key in %q", p.Name, p.KeyEnv)
		}
		if p.KeyEnv == "" && !p.Local && p.Note == "" {
			t.Errorf("%s: nothing says what its key is", p.Name)
		}
		for _, protocol := range p.Protocols() {
			address, err := p.Address(protocol)
			if err != nil {
				t.Fatal(err)
			}
			checkPresetURL(t, &p, strings.NewReplacer("{region}", "eu-1", "{resource}", "r").Replace(address))
		}
		if usual, err := p.Address(""); err != nil || usual != p.URL {
			t.Errorf("%s: the usual address is %q, %v", p.Name, usual, err)
		}
		if _, err := p.Address("smoke-signals"); err == nil || !strings.Contains(err.Error(), p.Protocol) {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	if got := strings.Join(names, " "); got != wanted {
		t.Errorf("presets %s\nwant    %s", got, wanted)
	}
	shown := new(Catalog).Show("Azure")
	if len(shown) != 1 || shown[0].Kind != "word" || len(shown[0].Facts) != 5 || shown[0].Facts[2].Value != "https://{resource}.services.ai.azure.com/anthropic" {
		t.Errorf("azure is shown as %+v", shown)
	}
	if _, ok := LookupPreset("groq"); !ok {
		t.Error("groq is not found")
	}
	if _, ok := LookupPreset("nobody"); ok {
		t.Error("nobody is found")
	}
}

// checkPresetURL wants keys to travel encrypted, and local servers to be local.
func checkPresetURL(t *testing.T, p *Preset, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.RawQuery != "" || strings.ContainsAny(address, "{}") || strings.HasSuffix(address, "/") {
		t.Errorf("%s: address %q, %v", p.Name, address, err)
		return
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if local := err == nil && ip.IsLoopback(); local != p.Local || local == (u.Scheme == "https") {
		t.Errorf("%s: address %q, local %v", p.Name, address, p.Local)
	}
}

func TestSpokenAt(t *testing.T) {
	for address, want := range map[string]string{
		"https://api.anthropic.com":          "anthropic",
		"https://api.anthropic.com/":         "anthropic",
		"https://api.anthropic.com/v1/x":     "",
		"https://api.mistral.ai/v1":          "mistral",
		"http://127.0.0.1:11434":             "ollama",
		"http://127.0.0.1:11434/v1":          "openai",
		"http://127.0.0.1:8080":              "", // two servers' usual port
		"https://api.anthropic.com.evil.net": "",
		"":                                   "",
	} {
		if got := SpokenAt(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
