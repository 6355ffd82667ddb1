package wire

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
	"switchover/targets/secret"
)

func TestAzureAddress(t *testing.T) {
	const key, token = "0123456789abcdef", "eyJhbGciOi.e30.c2ln"
	for _, tc := range []struct {
		url, version, key string
		want, header      string
	}{
		{"https://r.openai.azure.com", "", key, "https://r.openai.azure.com/openai/v1/chat/completions", "Api-Key"},
		{"https://r.openai.azure.com/", "", key, "https://r.openai.azure.com/openai/v1/chat/completions", "Api-Key"},
		{"https://r.openai.azure.com/openai/v1", "", token, "https://r.openai.azure.com/openai/v1/chat/completions", "Authorization"},
		{"https://r.openai.azure.com/openai/v1/", "preview", key, "https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview", "Api-Key"},
		{"https://r.openai.azure.com", "2024-10-21", key, "https://r.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21", "Api-Key"},
		{"https://r.openai.azure.com/openai", "2024-10-21", token, "https://r.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21", "Authorization"},
		{"https://r.openai.azure.com/openai/deployments/other", "2024-10-21", key, "https://r.openai.azure.com/openai/deployments/other/chat/completions?api-version=2024-10-21", "Api-Key"},
		{"https://gateway.example/llm/openai/deployments/other/chat/completions", "2024-10-21", key, "https://gateway.example/llm/openai/deployments/other/chat/completions?api-version=2024-10-21", "Api-Key"},
		{"https://r.services.ai.azure.com", "", key, "https://r.services.ai.azure.com/openai/v1/chat/completions", "Api-Key"},
		{"http://127.0.0.1:9", "2024-10-21&x=1", "", "http://127.0.0.1:9/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21%26x%3D1", ""},
	} {
		r, _, err := Azure{}.Encode(Endpoint{URL: tc.url, Model: "my-gpt", APIVersion: tc.version, Key: secret.New(tc.key)},
			chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "hello"}}})
		if err != nil {
			t.Errorf("%s: %v", tc.url, err)
			continue
		}
		if got := r.URL.String(); got != tc.want {
			t.Errorf("%s: asks %s, want %s", tc.url, got, tc.want)
		}
		for _, name := range []string{"Api-Key", "Authorization"} {
			if got := r.Header.Get(name); (got != "") != (name == tc.header) || got != "" && !strings.HasSuffix(got, tc.key) {
				t.Errorf("%s: %s %q", tc.url, name, got)
			}
		}
	}
	for _, end := range []string{"", "/chat/completions"} {
		_, _, err := Azure{}.Encode(Endpoint{URL: "https://r.openai.azure.com/openai/deployments/d" + end, Model: "m"}, chat.Request{})
		if err == nil || !strings.Contains(err.Error(), "api_version") {
			t.Errorf("a deployment without a version: %v", err)
		}
	}
	r, _, err := Azure{}.Encode(Endpoint{URL: "https://r.openai.azure.com", Model: "m", APIVersion: "2024-10-21"}, chat.Request{Model: "a/../b"})
	if err != nil || r.URL.EscapedPath() != "/openai/deployments/a%2F..%2Fb/chat/completions" {
		t.Errorf("a name that is a path: %v, %v", r.URL, err)
	}
}

// bodyOf is the body of a user's one word with parameters, as text.
func bodyOf(t *testing.T, p Protocol, ep Endpoint, req chat.Request) (body, lost string) {
	t.Helper()
	if req.Messages == nil {
		req.Messages = []chat.Message{{Role: chat.User, Content: "hi"}}
	}
	if ep.URL == "" {
		ep.URL = "https://gateway.example/v1"
	}
	ep.Model = "m"
	r, losses, err := p.Encode(ep, req)
	var names []string
	for _, l := range losses {
		names = append(names, l.String())
	}
	if err != nil {
		return err.Error(), strings.Join(names, ", ")
	}
	text, _ := io.ReadAll(r.Body)
	return string(text), strings.Join(names, ", ")
}

func flavourOf(t *testing.T, name string) Protocol {
	p, ok := Lookup(name)
	if !ok {
		t.Fatalf("no protocol %s", name)
	}
	return p
}

func TestFlavoursBodies(t *testing.T) {
	const messages = `"messages":[{"role":"user","content":"hi"}]`
	zero, seed, k := 0.0, int64(7), 5
	tool := []chat.Tool{{Name: "f", Parameters: json.RawMessage(`{"type":"object"}`), Strict: true}}
	const strictTool = `"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object"}}}]`
	for _, tc := range []struct {
		intent, protocol string
		ep               Endpoint
		req              chat.Request
		want, lost       string
	}{
		{"Azure's rules hold behind a gateway", "azure", Endpoint{APIVersion: "2025-01-01-preview"}, chat.Request{Params: chat.Params{MaxTokens: 9, Exact: true, TopK: &k}},
			`{"model":"m","max_completion_tokens":9,"stream":true,"stream_options":{"include_usage":true},` + messages + `}`, "exact length: dropped, top_k: dropped"},
		{"old versions of Azure's know neither the new name nor the option", "azure", Endpoint{APIVersion: "2024-06-01"}, chat.Request{Params: chat.Params{MaxTokens: 9}},
			`{"model":"m","max_tokens":9,"stream":true,` + messages + `}`, ""},
		{"DeepSeek thinks by itself", "deepseek", Endpoint{}, chat.Request{Params: chat.Params{MaxTokens: 9}},
			`{"model":"m","max_tokens":9,"stream":true,"stream_options":{"include_usage":true},` + messages + `}`, ""},
		{"DeepSeek told not to think heeds a temperature", "deepseek", Endpoint{}, chat.Request{Params: chat.Params{Temperature: &zero, Thinking: chat.Thinking{Mode: chat.ThinkingOff}}},
			`{"model":"m","stream":true,"stream_options":{"include_usage":true},` + messages + `,"temperature":0,"thinking":{"type":"disabled"}}`, ""},
		{"DeepSeek that thinks does not", "deepseek", Endpoint{}, chat.Request{Params: chat.Params{Temperature: &zero, Thinking: chat.Thinking{Mode: chat.ThinkingOn, Effort: "xhigh"}}},
			`{"model":"m","stream":true,"stream_options":{"include_usage":true},` + messages + `,"temperature":0,"reasoning_effort":"high","thinking":{"type":"enabled"}}`,
			"temperature: approximate, effort: approximate"},
		{"DeepSeek's greatest effort", "deepseek", Endpoint{}, chat.Request{Params: chat.Params{Thinking: chat.Thinking{Effort: "max"}}},
			`{"model":"m","stream":true,"stream_options":{"include_usage":true},` + messages + `,"reasoning_effort":"max"}`, ""},
		{"what DeepSeek has not is not sent", "deepseek", Endpoint{}, chat.Request{User: "u", Metadata: map[string]string{"a": "b"}, ServiceTier: "flex", Tools: tool, ToolChoice: chat.ToolChoice{Single: true},
			Format: chat.Format{JSON: true, Schema: json.RawMessage(`{}`)}, Params: chat.Params{Seed: &seed, TopK: &k, MaxTokens: 9, Exact: true}},
			`{"model":"m","max_tokens":9,"stream":true,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"stream_options":{"include_usage":true},` + messages +
				`,"response_format":{"type":"json_object"}}`,
			"strict tools: dropped, no parallel tool calls: dropped, JSON schema: approximate, exact length: dropped, top_k: dropped, seed: dropped, user: dropped, metadata: dropped, service tier: dropped"},
		{"Mistral's own names", "mistral", Endpoint{}, chat.Request{Tools: tool, ToolChoice: chat.ToolChoice{Mode: chat.ToolsAny}, User: "u", ServiceTier: "standard_only",
			Params: chat.Params{MaxTokens: 9, Exact: true, Seed: &seed, TopK: &k, Thinking: chat.Thinking{Effort: "low"}}},
			`{"model":"m","max_tokens":9,"stream":true,` + strictTool + `,` + messages + `,"tool_choice":"any","reasoning_effort":"high","service_tier":"standard_only","random_seed":7}`,
			"exact length: dropped, top_k: dropped, effort: approximate, user: dropped"},
		{"Mistral continues an answer", "mistral", Endpoint{}, chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "hi"}, {Role: chat.Assistant, Content: "Well"}}},
			`{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"Well","prefix":true}]}`, ""},
		{"Mistral reads documents and sounds in its own form", "mistral", Endpoint{}, chat.Request{Messages: []chat.Message{{Role: chat.User, Parts: []chat.Part{
			{Kind: chat.DocumentPart, MediaType: "application/pdf", Data: "JVBE", Name: "n"}, {Kind: chat.AudioPart, MediaType: "audio/wav", Data: "UklG"}}}}},
			`{"model":"m","stream":true,"messages":[{"role":"user","content":[{"type":"document_url","document_url":"data:application/pdf;base64,JVBE","document_name":"n.pdf"},{"type":"input_audio","input_audio":"UklG"}]}]}`,
			"document: approximate"},
		{"Mistral takes no message of the user's after results", "mistral", Endpoint{}, chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "a"},
			{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "abcdefghi", Name: "f", Arguments: "{}"}}}, {Role: chat.ToolRole, ToolCallID: "abcdefghi", Content: "4"}, {Role: chat.User, Content: "well?"}}},
			`{"model":"m","stream":true,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"abcdefghi","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
				`{"role":"tool","content":[{"type":"text","text":"4"},{"type":"text","text":"well?"}],"tool_call_id":"abcdefghi"}]}`, "tool results: approximate"},
		{"an effort of thinking that is off", "deepseek", Endpoint{}, chat.Request{Params: chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingOff, Effort: "high"}}},
			`{"model":"m","stream":true,"stream_options":{"include_usage":true},` + messages + `,"thinking":{"type":"disabled"}}`, "effort: dropped"},
		{"thinking that is left to DeepSeek", "deepseek", Endpoint{}, chat.Request{Params: chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingAdaptive}}},
			`{"model":"m","stream":true,"stream_options":{"include_usage":true},` + messages + `}`, "thinking asked for: approximate"},
		{"Tencent's switch", "tencent", Endpoint{}, chat.Request{Params: chat.Params{MaxTokens: 9, Exact: true, Thinking: chat.Thinking{Mode: chat.ThinkingOff}, Extra: map[string]json.RawMessage{"enable_enhancement": json.RawMessage("true")}}},
			`{"enable_enhancement":true,"max_tokens":9,` + messages + `,"model":"m","stream":true,"stream_options":{"include_usage":true},"thinking":{"type":"disabled"}}`, "exact length: dropped"},
	} {
		body, lost := bodyOf(t, flavourOf(t, tc.protocol), tc.ep, tc.req)
		if body != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", tc.intent, body, tc.want)
		}
		if lost != tc.lost {
			t.Errorf("%s: lost %q, want %q", tc.intent, lost, tc.lost)
		}
	}
}

// A conversation that reasoned and called a tool, as it goes on.
func reasonedAndCalled() []chat.Message {
	thought := func(s string) chat.Part { return chat.Part{Kind: chat.ThinkingPart, Text: s} }
	return []chat.Message{
		{Role: chat.User, Content: "one"},
		{Role: chat.Assistant, Parts: []chat.Part{thought("idle"), text("First.")}},
		{Role: chat.User, Content: "two"},
		{Role: chat.Assistant, Parts: []chat.Part{thought("look")}, ToolCalls: []chat.ToolCall{{ID: "toolu_01A09q90qw90lq917835lq9", Name: "f", Arguments: "{}"}}},
		{Role: chat.ToolRole, ToolCallID: "toolu_01A09q90qw90lq917835lq9", Content: "4"},
	}
}

// DeepSeek answers 400 where the reasoning before a call is not said again, and has no
// use for any other.
func TestDeepSeekIsToldWhatItReasonedBeforeCalls(t *testing.T) {
	p := flavourOf(t, "deepseek")
	body, _ := bodyOf(t, p, Endpoint{}, chat.Request{Messages: reasonedAndCalled()})
	if strings.Count(body, "reasoning_content") != 1 || !strings.Contains(body, `"reasoning_content":"look"`) || strings.Contains(body, "idle") {
		t.Error(body)
	}
	called := reasonedAndCalled()
	called[3].Parts = nil
	if body, _ = bodyOf(t, p, Endpoint{}, chat.Request{Messages: called}); !strings.Contains(body, `"reasoning_content":""`) {
		t.Errorf("a call without reasoning: %s", body)
	}
	off := chat.Request{Messages: reasonedAndCalled(), Params: chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingOff}}}
	if body, _ = bodyOf(t, p, Endpoint{}, off); strings.Contains(body, "reasoning_content") {
		t.Errorf("without thinking: %s", body)
	}
}

// Mistral takes reasoning as a part where it is to reason, and ids of nine letters and digits alone.
func TestMistralConversation(t *testing.T) {
	p := flavourOf(t, "mistral")
	body, lost := bodyOf(t, p, Endpoint{}, chat.Request{Messages: reasonedAndCalled()})
	if strings.Contains(body, "idle") || lost != "thinking: dropped" {
		t.Errorf("reasoning, though none is asked for: lost %q of %s", lost, body)
	}
	body, _ = bodyOf(t, p, Endpoint{}, chat.Request{Messages: reasonedAndCalled(), Params: chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingOn}}})
	if !strings.Contains(body, `{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"idle"}]},{"type":"text","text":"First."}]}`) {
		t.Errorf("reasoning: %s", body)
	}
	ids := regexp.MustCompile(`"(?:id|tool_call_id)":"([^"]*)"`).FindAllStringSubmatch(body, -1)
	if len(ids) != 2 || ids[0][1] != ids[1][1] || !mistralID.MatchString(ids[0][1]) {
		t.Errorf("ids %v in %s", ids, body)
	}
	if id := mistralCallID("D681PevKs"); id != "D681PevKs" {
		t.Errorf("its own id became %s", id)
	}
}

func TestFlavoursRefuse(t *testing.T) {
	pdf := []chat.Message{{Role: chat.User, Parts: []chat.Part{{Kind: chat.DocumentPart, MediaType: "application/pdf", Data: "JVBE"}}}}
	for _, tc := range []struct {
		protocol string
		req      chat.Request
		says     string
	}{
		{"deepseek", chat.Request{Messages: pdf}, "DeepSeek reads no files"},
		{"deepseek", chat.Request{Messages: []chat.Message{{Role: chat.User, Parts: []chat.Part{{Kind: chat.AudioPart, MediaType: "audio/wav", Data: "AAAA"}}}}}, "no sounds"},
		{"mistral", chat.Request{Dialect: "openai", Tools: []chat.Tool{{Hosted: "custom", Definition: json.RawMessage(`{"type":"custom"}`)}}}, "run by another provider"},
	} {
		_, _, err := flavourOf(t, tc.protocol).Encode(Endpoint{URL: "https://h/v1", Model: "m"}, tc.req)
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Protocol != tc.protocol || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", tc.protocol, err)
		}
	}
}

func TestAzureSaysWhatItFiltered(t *testing.T) {
	body := `{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation",` +
		`"content_filter_result":{"violence":{"filtered":true,"severity":"medium"},"hate":{"filtered":false,"severity":"safe"},"jailbreak":{"filtered":true,"detected":true},"odd":7}}}}`
	f := Azure{}.Failure(400, http.Header{}, []byte(body))
	if f.Class != chat.ContentFilter || !strings.HasSuffix(f.Message, "; filtered for jailbreak, violence medium") {
		t.Errorf("%v", f)
	}
	for _, odd := range []string{``, `{`, `{"error":{"code":"content_filter","innererror":[]}}`, `{"error":{"code":"content_filter","innererror":{"content_filter_result":null}}}`} {
		if f := (Azure{}).Failure(400, http.Header{}, []byte(odd)); f.Message == "" {
			t.Errorf("%s: %v", odd, f)
		}
	}
}

func TestFinishReasons(t *testing.T) {
	for reason, want := range map[chat.Finish]chat.Finish{"stop": chat.FinishStop, "eos": chat.FinishStop, "model_length": chat.FinishLength, "sensitive": chat.FinishContentFilter, "odd": "odd"} {
		if got, err := finishOf(reason); got != want || err != nil {
			t.Errorf("%s: %s, %v", reason, got, err)
		}
	}
	_, err := finishOf("error")
	var f *chat.Failure
	if !errors.As(err, &f) || f.Class != chat.StreamError {
		t.Errorf("error: %v", err)
	}
}

// What FastAPI says of a request is told by place; anything else as it stands.
func TestSpoken(t *testing.T) {
	for raw, want := range map[string]string{
		`"plain"`: "plain",
		`{"detail":[{"loc":["body","a",0],"msg":"bad","input":"secret"}]}`: "body.a.0: bad",
		`[{"msg":"bad"}]`:               "bad",
		`[{"loc":["a"]}]`:               `[{"loc":["a"]}]`,
		`["a","b"]`:                     `["a","b"]`,
		`{"detail":"not here"}`:         "not here",
		`[]`:                            `[]`,
		`{"a":1}`:                       `{"a":1}`,
		`[{"loc":"x","msg":"strange"}]`: `[{"loc":"x","msg":"strange"}]`,
	} {
		if diff := cmp.Diff(want, spoken(json.RawMessage(raw))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
	long := `[` + strings.Repeat(`{"loc":["a"],"msg":"bad"},`, 1000) + `{"loc":["a"],"msg":"bad"}]`
	if n := strings.Count(spoken(json.RawMessage(long)), "bad"); n != maxSpoken {
		t.Errorf("%d mistakes told", n)
	}
}
