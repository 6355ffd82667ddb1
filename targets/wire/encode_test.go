package wire

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
	"switchover/targets/secret"
)

func ptr[T any](v T) *T { return &v }

func encoded(t *testing.T, ep Endpoint, req chat.Request) (header map[string][]string, address, body string) {
	t.Helper()
	r, loss, err := OpenAI{}.Encode(ep, req)
	if err != nil {
		t.Fatal(err)
	}
	if len(loss) > 0 {
		t.Errorf("lost %v", loss)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.Header, r.URL.String(), string(text)
}

func TestEncode(t *testing.T) {
	ep := Endpoint{URL: "http://127.0.0.1:8000/v1", Model: "m"}
	hello := []chat.Message{{Role: chat.User, Content: "hello"}}
	for _, tc := range []struct {
		intent string
		ep     Endpoint
		req    chat.Request
		want   string
	}{
		{"nothing but what was asked", ep, chat.Request{Messages: hello},
			`{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true}}`},
		{"a temperature of 0 is sent", ep, chat.Request{Messages: hello, Model: "other",
			Params: chat.Params{MaxTokens: 9, Temperature: ptr(0.0), TopP: ptr(0.9), Seed: ptr(int64(0)), Stop: []string{"END"}}},
			`{"model":"other","messages":[{"role":"user","content":"hello"}],"max_tokens":9,"temperature":0,"top_p":0.9,"seed":0,` +
				`"stop":["END"],"stream":true,"stream_options":{"include_usage":true}}`},
		{"OpenAI's own newer name for the limit", Endpoint{URL: "https://api.openai.com/v1", Model: "m"},
			chat.Request{Messages: hello, Params: chat.Params{MaxTokens: 9}},
			`{"model":"m","messages":[{"role":"user","content":"hello"}],"max_completion_tokens":9,"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}`},
		{"an exact length, by the fields of inference servers", ep,
			chat.Request{Messages: hello, Params: chat.Params{MaxTokens: 9, Exact: true}},
			`{"model":"m","messages":[{"role":"user","content":"hello"}],"max_tokens":9,"min_tokens":9,"ignore_eos":true,"stream":true,"stream_options":{"include_usage":true}}`},
		{"exactly what, is not said", ep, chat.Request{Messages: hello, Params: chat.Params{Exact: true}},
			`{"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true}}`},
		{"an empty answer keeps its content, a tool call has none", ep, chat.Request{Messages: []chat.Message{
			{Role: chat.Assistant},
			{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "c", Name: "f", Arguments: "{}"}}},
			{Role: chat.ToolRole, Content: "4", ToolCallID: "c"}},
			Tools: []chat.Tool{{Name: "f", Description: "d"}}},
			`{"model":"m","messages":[{"role":"assistant","content":""},{"role":"assistant","content":null,"tool_calls":` +
				`[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"4","tool_call_id":"c"}],` +
				`"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}],` +
				`"stream":true,"stream_options":{"include_usage":true}}`},
	} {
		_, _, body := encoded(t, tc.ep, tc.req)
		var got, want any
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tc.want), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.intent, diff)
		}
	}
}

// Where the length of an answer cannot be asked for, nothing unknown is sent, and
// the protocol says so.
func TestEncodeExactLengthDropped(t *testing.T) {
	r, loss, err := OpenAI{}.Encode(Endpoint{URL: "https://api.openai.com/v1", Model: "m"}, chat.Request{
		Messages: []chat.Message{{Role: chat.User, Content: "hello"}}, Params: chat.Params{MaxTokens: 9, Exact: true}})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(body), "eos") || strings.Contains(string(body), "min_tokens") || len(loss) != 1 || loss[0].String() != "exact length: dropped" {
		t.Errorf("%v: %s", loss, body)
	}
}

func TestEncodeAddressAndHeaders(t *testing.T) {
	for base, want := range map[string]string{
		"http://h/v1":                  "http://h/v1/chat/completions",
		"http://h/v1/":                 "http://h/v1/chat/completions",
		"http://h":                     "http://h/chat/completions",
		"http://h/v1/chat/completions": "http://h/v1/chat/completions",
		"https://h/openai/v1?api-version=2026-01": "https://h/openai/v1/chat/completions?api-version=2026-01",
	} {
		if _, got, _ := encoded(t, Endpoint{URL: base}, chat.Request{}); got != want {
			t.Errorf("%s: asked at %s, want %s", base, got, want)
		}
	}
	h, _, body := encoded(t, Endpoint{URL: "http://h/v1", Key: secret.New("sk-canary-1")}, chat.Request{ID: "steady/目标 a/0/0/1"})
	if got := h["Authorization"]; len(got) != 1 || got[0] != "Bearer sk-canary-1" {
		t.Errorf("Authorization is %q", got)
	}
	if strings.Contains(body, "canary") {
		t.Error("the key is in the body")
	}
	if got := h["X-Client-Request-Id"]; len(got) != 1 || got[0] != "steady/%E7%9B%AE%E6%A0%87%20a/0/0/1" {
		t.Errorf("the request id is %q", got)
	}
	if h, _, _ := encoded(t, Endpoint{URL: "http://h/v1"}, chat.Request{}); len(h["Authorization"]) != 0 {
		t.Error("an Authorization header without a key")
	}
}

func TestEncodeRefusesWhatIsNoJSON(t *testing.T) {
	_, _, err := OpenAI{}.Encode(Endpoint{URL: "http://h"}, chat.Request{Tools: []chat.Tool{{Name: "f", Parameters: json.RawMessage("{")}}})
	if err == nil || !strings.Contains(err.Error(), "encoding a chat completion request") {
		t.Errorf("got %v", err)
	}
}
