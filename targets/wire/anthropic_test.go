package wire

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
	forms "switchover/targets/dialect"
	"switchover/targets/secret"
)

// toClaude is what is sent of a request, and what is said to be lost.
func toClaude(t *testing.T, model string, req chat.Request) (body map[string]any, losses string, err error) {
	t.Helper()
	r, lost, err := Anthropic{}.Encode(Endpoint{URL: "http://h", Model: model}, req)
	var said []string
	for _, l := range lost {
		said = append(said, l.String())
	}
	losses = strings.Join(said, "; ")
	if err != nil {
		return nil, losses, err
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return body, losses, nil
}

func parsed(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAnthropicMessages(t *testing.T) {
	user := func(text string) chat.Message { return chat.Message{Role: chat.User, Content: text} }
	calls := func(calls ...chat.ToolCall) chat.Message {
		return chat.Message{Role: chat.Assistant, ToolCalls: calls}
	}
	result := func(id, text string) chat.Message {
		return chat.Message{Role: chat.ToolRole, ToolCallID: id, Content: text}
	}
	for _, tc := range []struct {
		intent   string
		messages []chat.Message
		want     string // system, then messages
		losses   string
	}{
		{"one text stays one text", []chat.Message{{Role: chat.System, Content: "s"}, user("u")}, `["s",[{"role":"user","content":"u"}]]`, ""},
		{"system messages come first, a block each", []chat.Message{{Role: chat.System, Content: "a"}, {Role: chat.System, Content: "b"}, user("u")},
			`[[{"type":"text","text":"a"},{"type":"text","text":"b"}],[{"role":"user","content":"u"}]]`, ""},
		{"a later system message is said by the user", []chat.Message{user("u"), {Role: chat.System, Content: "s"}},
			`[null,[{"role":"user","content":[{"type":"text","text":"u"},{"type":"text","text":"s"}]}]]`, "system message later on: approximate"},
		{"results and what follows share a turn, results first", []chat.Message{user("u"),
			calls(chat.ToolCall{ID: "a", Name: "f", Arguments: `{"x":1}`}, chat.ToolCall{ID: "b", Name: "f"}), result("a", "1"), user("and"), result("b", "")},
			`[null,[{"role":"user","content":"u"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"x":1}},{"type":"tool_use","id":"b","name":"f","input":{}}]},` +
				`{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"},{"type":"tool_result","tool_use_id":"b"},{"type":"text","text":"and"}]}]]`, ""},
		{"ids of other APIs are written in Anthropic's letters", []chat.Message{user("u"), calls(chat.ToolCall{ID: "functions.f:0", Name: "f"}), result("functions.f:0", "1")},
			`[null,[{"role":"user","content":"u"},{"role":"assistant","content":[{"type":"tool_use","id":"functions_2ef_3a0","name":"f","input":{}}]},` +
				`{"role":"user","content":[{"type":"tool_result","tool_use_id":"functions_2ef_3a0","content":"1"}]}]]`, ""},
		{"calls without ids are answered in their order", []chat.Message{user("u"), calls(chat.ToolCall{Name: "f"}, chat.ToolCall{Name: "g"}), result("", "1"), result("", "2")},
			`[null,[{"role":"user","content":"u"},{"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"f","input":{}},{"type":"tool_use","id":"call_2","name":"g","input":{}}]},` +
				`{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"1"},{"type":"tool_result","tool_use_id":"call_2","content":"2"}]}]]`, ""},
		{"arguments that are no object", []chat.Message{user("u"), calls(chat.ToolCall{ID: "a", Name: "f", Arguments: `{"x":`}), result("a", "1")},
			`[null,[{"role":"user","content":"u"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{"arguments":"{\"x\":"}}]},` +
				`{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"}]}]]`, "tool calls: approximate"},
		{"what says nothing is left out", []chat.Message{user("u"), {Role: chat.Assistant}, user("v")},
			`[null,[{"role":"user","content":[{"type":"text","text":"u"},{"type":"text","text":"v"}]}]]`, ""},
		{"thinking that nobody signed", []chat.Message{user("u"), {Role: chat.Assistant, Parts: []chat.Part{{Kind: chat.ThinkingPart, Text: "hm"}, text("a")}}, user("v")},
			`[null,[{"role":"user","content":"u"},{"role":"assistant","content":[{"type":"text","text":"a"}]},{"role":"user","content":"v"}]]`, "thinking: dropped"},
		{"a text in base64 is a text", []chat.Message{{Role: chat.User, Parts: []chat.Part{{Kind: chat.DocumentPart, MediaType: "text/csv", Data: "YSxi", Name: "t.csv"}}}},
			`[null,[{"role":"user","content":[{"type":"document","title":"t.csv","source":{"type":"text","media_type":"text/plain","data":"a,b"}}]}]]`, ""},
		{"a picture that does not say what it is", []chat.Message{{Role: chat.User, Parts: []chat.Part{{Kind: chat.ImagePart, Data: "iVBORw0KGgo="}}}},
			`[null,[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}]}]]`, ""},
	} {
		body, losses, err := toClaude(t, "claude-sonnet-4-5", chat.Request{Messages: tc.messages, Params: chat.Params{MaxTokens: 9}})
		if err != nil {
			t.Fatalf("%s: %v", tc.intent, err)
		}
		if diff := cmp.Diff(parsed(t, tc.want), any([]any{body["system"], body["messages"]})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.intent, diff)
		}
		if losses != tc.losses {
			t.Errorf("%s: lost %q, want %q", tc.intent, losses, tc.losses)
		}
	}
}

// What is asked of a model is what it takes, by its name.
func TestAnthropicParamsFollowTheModel(t *testing.T) {
	const old, newer = "claude-sonnet-4-5", "claude-opus-4-7"
	p := func(p chat.Params) chat.Request {
		if p.MaxTokens == 0 {
			p.MaxTokens = 4000
		}
		return chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "u"}}, Params: p}
	}
	with := func(r chat.Request, change func(*chat.Request)) chat.Request { change(&r); return r }
	prefill := with(p(chat.Params{}), func(r *chat.Request) {
		r.Messages = append(r.Messages, chat.Message{Role: chat.Assistant, Content: "The"})
	})
	later := with(p(chat.Params{}), func(r *chat.Request) {
		r.Messages = append(r.Messages, chat.Message{Role: chat.System, Content: "s"})
	})
	for _, tc := range []struct {
		intent, model string
		req           chat.Request
		want          string // members of the body beside model, max_tokens, messages and stream
		losses        string
	}{
		{"as allowed, where it is", old, p(chat.Params{AsAllowed: true}), `{"temperature":0}`, ""},
		{"as allowed, where it is not", newer, p(chat.Params{AsAllowed: true}), `{}`, ""},
		{"as allowed, where nobody knows", "house-model", p(chat.Params{AsAllowed: true}), `{}`, ""},
		{"as allowed, while it thinks", old, p(chat.Params{AsAllowed: true, Thinking: chat.Thinking{Mode: chat.ThinkingOn, Budget: 2000}}), `{"thinking":{"type":"enabled","budget_tokens":2000}}`, ""},
		{"a temperature of 1 is every model's", newer, p(chat.Params{Temperature: ptr(1.0)}), `{"temperature":1}`, ""},
		{"a temperature", newer, p(chat.Params{Temperature: ptr(0.5)}), ``, "temperature: rejected"},
		{"a temperature of OpenAI's", old, p(chat.Params{Temperature: ptr(1.5)}), ``, "temperature: rejected"},
		{"top_p and top_k", newer, p(chat.Params{TopP: ptr(0.9), TopK: ptr(5)}), ``, "top_p: rejected; top_k: rejected"},
		{"top_p and top_k as allowed", newer, p(chat.Params{AsAllowed: true, TopP: ptr(0.9), TopK: ptr(5)}), `{}`, "top_p: dropped; top_k: dropped"},
		{"top_p and top_k", old, p(chat.Params{TopP: ptr(0.9), TopK: ptr(5)}), `{"top_p":0.9,"top_k":5}`, ""},
		{"an answer to be continued", newer, prefill, ``, "answer to be continued: rejected"},
		{"an answer to be continued", old, prefill, `{}`, ""},
		{"a system message in between", "claude-opus-5", later, `{}`, ""},
		{"a budget where there are none", newer, p(chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingOn, Budget: 2000}}), `{"thinking":{"type":"adaptive"}}`, "thinking budget: approximate"},
		{"a budget too small", old, p(chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingOn, Budget: 500}}), `{"thinking":{"type":"enabled","budget_tokens":1024}}`, "thinking budget: approximate"},
		{"a budget too large", old, p(chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingOn, Budget: 4000}}), ``, "thinking asked for: rejected"},
		{"thinking without a budget", old, p(chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingOn}}), `{"thinking":{"type":"enabled","budget_tokens":2000}}`, "thinking asked for: approximate"},
		{"thinking without a budget", newer, p(chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingOn}}), `{"thinking":{"type":"adaptive"}}`, "thinking asked for: approximate"},
		{"no thinking", newer, p(chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingOff}}), `{"thinking":{"type":"disabled"}}`, ""},
		{"OpenAI's least effort", newer, p(chat.Params{Thinking: chat.Thinking{Effort: "minimal"}}), `{"output_config":{"effort":"low"}}`, "effort: approximate"},
		{"no effort", newer, p(chat.Params{Thinking: chat.Thinking{Effort: "none"}}), `{"thinking":{"type":"disabled"}}`, "effort: approximate"},
		{"stops of white space", old, p(chat.Params{Stop: []string{"\n", "END"}}), `{"stop_sequences":["END"]}`, "stop: dropped"},
		{"a class of service of OpenAI's", old, with(p(chat.Params{}), func(r *chat.Request) { r.ServiceTier = "default" }), `{"service_tier":"standard_only"}`, ""},
		{"a class of service that there is not", old, with(p(chat.Params{}), func(r *chat.Request) { r.ServiceTier = "flex" }), `{}`, "service tier: dropped"},
		{"a choice among no tools", old, with(p(chat.Params{}), func(r *chat.Request) { r.ToolChoice.Mode = chat.ToolsAny }), ``, "tool_choice any: rejected"},
		{"nothing to choose from, nothing chosen", old, with(p(chat.Params{}), func(r *chat.Request) { r.ToolChoice.Mode = chat.ToolsNone }), `{}`, ""},
		{"OpenAI's own tool", old, with(p(chat.Params{}), func(r *chat.Request) {
			r.Tools = []chat.Tool{{Hosted: "web_search_preview", Definition: []byte(`{"type":"web_search_preview"}`)}}
		}), ``, "hosted tools: rejected"},
		{"too many cache marks", old, with(p(chat.Params{}), func(r *chat.Request) {
			for range 5 {
				r.Tools = append(r.Tools, chat.Tool{Name: "f", Cache: "5m"})
			}
		}), ``, "cache marks: rejected"},
	} {
		body, losses, err := toClaude(t, tc.model, tc.req)
		if losses != tc.losses {
			t.Errorf("%s, %s: lost %q, want %q", tc.intent, tc.model, losses, tc.losses)
		}
		if refused := errors.As(err, new(*Refusal)); refused != (tc.want == "") {
			t.Errorf("%s, %s: refused %v: %v", tc.intent, tc.model, refused, err)
		}
		if tc.want == "" || err != nil {
			continue
		}
		for _, name := range []string{"model", "max_tokens", "messages", "stream"} {
			delete(body, name)
		}
		if diff := cmp.Diff(parsed(t, tc.want), any(body)); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", tc.intent, tc.model, diff)
		}
	}
}

func TestAnthropicWantsALimit(t *testing.T) {
	req := chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "u"}}}
	if body, losses, err := toClaude(t, "m", req); err != nil || body["max_tokens"] != 4096.0 || losses != "max_tokens: approximate" {
		t.Errorf("%v, %q, %v", body, losses, err)
	}
	req.Params.Thinking.Budget = 2000
	if body, _, _ := toClaude(t, "m", req); body["max_tokens"] != 6096.0 {
		t.Errorf("%v", body)
	}
	req.Params.Extra = map[string]json.RawMessage{"max_tokens": json.RawMessage("7")}
	if body, losses, err := toClaude(t, "m", req); err != nil || body["max_tokens"] != 7.0 || losses != "" {
		t.Errorf("%v, %q, %v", body, losses, err)
	}
}

func TestClaudeVersions(t *testing.T) {
	for name, want := range map[string]claude{
		"claude-opus-4-6": 406, "claude-sonnet-4-5-20250929": 405, "claude-opus-4-20250514": 400, "claude-3-5-sonnet-20241022": 305,
		"claude-3-opus-20240229": 300, "anthropic.claude-3-7-sonnet-20250219-v1:0": 307, "us.anthropic.claude-opus-4-7-v1": 407,
		"anthropic.claude-v2:1": 201, "claude-2.1": 201, "claude-instant-1.2": 102, "anthropic/claude-4.7-opus": 407, "claude-haiku-5-5": 505,
		"claude-opus-4@20250514": 400, "Claude-Opus-4.10": 410, "claude-mythos-preview": 0, "m": 0, "claude": 0, "gpt-4o": 0,
	} {
		if got := claudeVersion(name); got != want {
			t.Errorf("%s is of version %d, want %d", name, got, want)
		}
	}
}

func TestAnthropicAddressAndHeaders(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.anthropic.com":          "https://api.anthropic.com/v1/messages",
		"https://api.anthropic.com/":         "https://api.anthropic.com/v1/messages",
		"http://h/v1":                        "http://h/v1/messages",
		"http://h/v1/":                       "http://h/v1/messages",
		"http://h/v1/messages":               "http://h/v1/messages",
		"https://h/anthropic":                "https://h/anthropic/v1/messages",
		"https://h/anthropic/v1?api-key=yes": "https://h/anthropic/v1/messages?api-key=yes",
	} {
		r, _, err := Anthropic{}.Encode(Endpoint{URL: base}, chat.Request{Params: chat.Params{MaxTokens: 1}})
		if err != nil || r.URL.String() != want {
			t.Errorf("%s: asked at %v, want %s: %v", base, r.URL, want, err)
		}
	}
	ep := Endpoint{URL: "http://h", Key: secret.New("sk-canary-1"), Headers: map[string]string{"anthropic-beta": "b-1"}}
	r, _, err := Anthropic{}.Encode(ep, chat.Request{ID: "a b", Params: chat.Params{MaxTokens: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"x-api-key": "sk-canary-1", "anthropic-version": "2023-06-01", "anthropic-beta": "b-1",
		"content-type": "application/json", "accept": "text/event-stream", "authorization": "Bearer sk-canary-1", "x-client-request-id": "a%20b"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), "canary") {
		t.Error("the key is in the body")
	}
	ep.URL = "https://api.anthropic.com"
	if r, _, err = (Anthropic{}).Encode(ep, chat.Request{Params: chat.Params{MaxTokens: 1}}); err != nil || len(r.Header["Authorization"]) > 0 {
		t.Errorf("Anthropic itself is sent %v: %v", r.Header, err)
	}
	ep = Endpoint{URL: "http://h", APIVersion: "2099-01-01"}
	r, _, err = Anthropic{}.Encode(ep, chat.Request{Params: chat.Params{MaxTokens: 1, Whole: true}})
	if err != nil || r.Header.Get("anthropic-version") != "2099-01-01" || r.Header.Get("accept") != "application/json" || len(r.Header["X-Api-Key"]) > 0 {
		t.Errorf("%v, %v", r.Header, err)
	}
}

// A request in Anthropic's form that uses all of it comes out as it went in. What may
// differ is what the API takes for the same: a cache mark of 5 minutes says so or not,
// an empty list of nothing, a member that says what is so anyway.
func TestAnthropicRoundTrip(t *testing.T) {
	source, err := os.ReadFile("../dialect/testdata/anthropic_everything.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{string(source),
		`{"model":"m","max_tokens":9,"stream":true,"system":"s","messages":[{"role":"user","content":"u"}]}`,
		`{"model":"m","max_tokens":9,"metadata":{"x":[1]},"output_config":{"task_budget":{"type":"tokens","total":9}},"messages":[{"role":"user","content":"u"},{"role":"user","content":"v"}]}`,
		`{"model":"m","max_tokens":2000,"thinking":{"type":"between_tools"},"messages":[{"role":"user","content":[{"type":"container_upload","file_id":"f"},{"type":"text","text":"u"},{"type":"document","source":{"type":"file","file_id":"g"}}]},` +
			`{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"web_search_tool_result","tool_use_id":"s","content":[]},{"type":"text","text":"a"}]},{"role":"system","content":"s"},{"role":"user","content":"v"}]}`,
		`{"model":"m","max_tokens":9,"tools":[{"name":"f","input_schema":{},"input_examples":[{}]}],"tool_choice":{"type":"tool","name":"f"},"messages":[{"role":"user","content":"u"}],"a.b":{"c":1.50}}`,
	} {
		req, err := forms.Read("anthropic", []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		r, losses, err := Anthropic{}.Encode(Endpoint{URL: "http://h"}, *req)
		if err != nil || len(losses) > 0 {
			t.Fatalf("%v, lost %v", err, losses)
		}
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(parsed(t, body), parsed(t, string(sent))); diff != "" {
			t.Errorf("(-source +sent):\n%s", diff)
		}
	}
}

// What only its source knows is said to be lost of a request that is refused, too.
func TestForeignIsLostOfRefusedRequests(t *testing.T) {
	for _, p := range []Protocol{Anthropic{}, OpenAI{}} {
		_, losses, err := p.Encode(Endpoint{URL: "http://h"}, chat.Request{Dialect: "d", Foreign: map[string]json.RawMessage{"x": nil},
			Tools: []chat.Tool{{Hosted: "h"}}, Params: chat.Params{MaxTokens: 9}})
		if fate, _ := fateIn(losses, chat.FieldForeign); !errors.As(err, new(*Refusal)) || fate != chat.Dropped {
			t.Errorf("%v, %v", losses, err)
		}
	}
}

// A path that leads nowhere is a loss, and no panic.
func TestForeignPlaces(t *testing.T) {
	for path, kept := range map[string]bool{
		"x": true, "metadata.x": true, `["a.b"]`: true, `["a\"]b"]`: true, "messages[0].x": true, "messages[1]": true, "messages[2]": false, "messages[1].x": false,
		"messages[-1].x": false, "messages.x": false, "metadata[0]": false, "nowhere.x": false, "model.x": false,
		"": false, "[": false, "[0": false, "[0]": false, "a..b": false, ".a": false, `["a`: false, "metadata.": false, "messages[99999999999999999999]": false,
	} {
		req := chat.Request{Dialect: "d", Foreign: map[string]json.RawMessage{path: json.RawMessage(`"canary"`)}}
		body, losses, err := withForeign([]byte(`{"model":"m","metadata":{},"messages":[{"role":"user"}]}`), &req, "d", nil)
		if err != nil || !json.Valid(body) || strings.Contains(string(body), "canary") != kept || (len(losses) == 0) != kept {
			t.Errorf("%q: %s, lost %v, %v", path, body, losses, err)
		}
	}
}

func TestAnthropicFailures(t *testing.T) {
	for _, tc := range []struct {
		intent string
		status int
		body   string
		class  chat.Class
	}{
		{"a spending limit behind a 429", 429, `{"type":"error","error":{"type":"rate_limit_error","message":"Spend limit reached","details":{"error_code":"enforced_spend_limit_reached"}}}`, chat.Quota},
		{"a rate limit", 429, `{"type":"error","error":{"type":"rate_limit_error","message":"Too many","details":null}}`, chat.RateLimited},
		{"details of another form", 429, `{"type":"error","error":{"type":"rate_limit_error","message":"Too many","details":[{"error_code":7}]}}`, chat.RateLimited},
		{"no permission", 403, `{"type":"error","error":{"type":"permission_error","message":"no"}}`, chat.Auth},
		{"too large a body", 413, `{"type":"error","error":{"type":"request_too_large","message":"large"}}`, chat.TooLarge},
		{"it took too long", 504, `{"type":"error","error":{"type":"timeout_error","message":"slow"}}`, chat.Server},
		{"the context window", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"m","details":{"error_code":"model_context_window_exceeded"}}}`, chat.TooLarge},
		{"overloaded, without words", 529, ``, chat.Overloaded},
	} {
		if f := (Anthropic{}).Failure(tc.status, nil, []byte(tc.body)); f.Class != tc.class || f.Message == "" {
			t.Errorf("%s: %+v, want %s", tc.intent, f, tc.class)
		}
	}
}

// FuzzConversion holds every protocol to this: what is read of Anthropic's form becomes
// a request whose body is JSON, or is refused; and Anthropic itself loses nothing that
// it can be told again.
func FuzzConversion(f *testing.F) {
	source, err := os.ReadFile("../dialect/testdata/anthropic_everything.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(source)
	f.Add([]byte(`{"model":"claude-opus-5","max_tokens":9,"messages":[{"role":"user","content":[{"type":"container_upload"}]},{"role":"assistant","content":""}]}`))
	f.Add([]byte(`{"max_tokens":9,"prompt":"\n\nHuman: Hi"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := forms.Read("anthropic", body)
		if err != nil {
			t.Skip()
		}
		for _, name := range Names() {
			p := carrier(name)
			ep := Endpoint{URL: "http://127.0.0.1:9/v1", Model: "m", Key: secret.New("k"), KeyID: secret.New("i"), Region: "r"}
			if prepare := carriageEndpoints[name]; prepare != nil {
				prepare(&ep)
			}
			r, losses, err := p.Encode(ep, *req)
			if err != nil {
				if errors.As(err, new(*Refusal)) {
					continue
				}
				t.Fatalf("%s: %v", name, err)
			}
			sent, err := io.ReadAll(r.Body)
			if err != nil || !json.Valid(sent) {
				t.Errorf("%s: %v: %s", name, err, sent)
			}
			if fate, why := fateIn(losses, chat.FieldForeign); name == anthropicDialect && fate != chat.Lossless {
				t.Errorf("%s: %s\n%s\n%s", name, why, body, sent)
			}
		}
	})
}
