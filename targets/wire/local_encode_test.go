package wire

import (
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
	"switchover/targets/secret"
)

// asked is what a protocol sends for a request: where to, and its body decoded.
func asked(t *testing.T, p Protocol, base string, req chat.Request) (address string, body any, losses []chat.Loss, err error) {
	t.Helper()
	r, losses, err := p.Encode(Endpoint{URL: base, Model: "m", Key: secret.New("sk-key")}, req)
	if err != nil {
		return "", nil, losses, err
	}
	if got := r.Header.Get("Authorization"); got != "Bearer sk-key" {
		t.Errorf("authorization %q", got)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(text, &body) != nil {
		t.Fatalf("body %s: %v", text, err)
	}
	return r.URL.String(), body, losses, nil
}

// everyParameter is a question with all of the parameters that these servers take.
func everyParameter(r *chat.Request) {
	r.Params = chat.Params{MaxTokens: 128, Temperature: ptr(0.5), TopP: ptr(0.9), TopK: ptr(40), Seed: ptr(int64(7)), Stop: []string{"END"},
		FrequencyPenalty: ptr(0.25), PresencePenalty: ptr(0.5)}
}

// TestLocalBodies: what each server is sent, to the byte that matters.
func TestLocalBodies(t *testing.T) {
	raw := func(s string) map[string]json.RawMessage {
		var out map[string]json.RawMessage
		if err := json.Unmarshal([]byte(s), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, tc := range []struct {
		intent string
		p      Protocol
		with   func(r *chat.Request)
		want   string
	}{
		{"a question to Ollama", Ollama{}, nil, `{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true}`},
		{"its parameters", Ollama{}, everyParameter, `{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"options":{"num_predict":128,
			"temperature":0.5,"top_p":0.9,"top_k":40,"seed":7,"stop":["END"],"frequency_penalty":0.25,"presence_penalty":0.5}}`},
		{"options of its own join the others", Ollama{}, func(r *chat.Request) {
			r.Params = chat.Params{MaxTokens: 8, AsAllowed: true, Whole: true, Extra: raw(`{"options":{"num_ctx":8192,"num_predict":9},"keep_alive":"5m"}`)}
		}, `{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":false,"keep_alive":"5m","options":{"num_predict":9,"temperature":0,"num_ctx":8192}}`},
		{"options where there are no others", Ollama{}, func(r *chat.Request) { r.Params.Extra = raw(`{"options":{"num_ctx":8192}}`) },
			`{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"options":{"num_ctx":8192}}`},
		{"thinking", Ollama{}, func(r *chat.Request) { r.Params.Thinking.Mode = chat.ThinkingOn },
			`{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"think":true}`},
		{"much thinking", Ollama{}, func(r *chat.Request) { r.Params.Thinking = chat.Thinking{Mode: chat.ThinkingOn, Effort: "max"} },
			`{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"think":"high"}`},
		{"a tool, its call and its result", Ollama{}, func(r *chat.Request) {
			lookUp(r)
			r.Messages = append(r.Messages, chat.Message{Role: chat.Assistant, Parts: []chat.Part{{Kind: chat.ThinkingPart, Text: "Hm."}},
				ToolCalls: []chat.ToolCall{{ID: "call_1", Name: "look_up", Arguments: `{"a":1}`}, {ID: "call_2", Name: "look_up"}}},
				chat.Message{Role: chat.ToolRole, ToolCallID: "call_1", Content: "found"})
		}, `{"model":"m","messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"","thinking":"Hm.","tool_calls":[
			{"id":"call_1","function":{"name":"look_up","arguments":{"a":1}}},{"id":"call_2","function":{"name":"look_up","arguments":{}}}]},
			{"role":"tool","content":"found","tool_name":"look_up","tool_call_id":"call_1"}],"stream":true,
			"tools":[{"type":"function","function":{"name":"look_up","description":"looks up","parameters":{"type":"object","properties":{}}}}]}`},
		{"pictures and a document", Ollama{}, func(r *chat.Request) {
			r.Messages[0] = chat.Message{Role: chat.User, Parts: []chat.Part{text("See."), {Kind: chat.ImagePart, MediaType: "image/png", Data: "aGk="},
				{Kind: chat.DocumentPart, Name: "notes", MediaType: "text/plain", Text: "Nothing."}}}
		}, `{"model":"m","messages":[{"role":"user","content":"See.\nnotes\n\nNothing.","images":["aGk="]}],"stream":true}`},
		{"a question to TGI", TGI{}, nil, `{"inputs":"Hi","parameters":{"details":true}}`},
		{"its parameters", TGI{}, everyParameter, `{"inputs":"Hi","parameters":{"details":true,"do_sample":true,"max_new_tokens":128,"temperature":0.5,
			"top_p":0.9,"top_k":40,"seed":7,"stop":["END"],"frequency_penalty":0.25}}`},
		{"the likeliest tokens alone", TGI{}, func(r *chat.Request) { everyParameter(r); r.Params.Temperature = ptr(0.0) },
			`{"inputs":"Hi","parameters":{"details":true,"do_sample":false,"max_new_tokens":128,"seed":7,"stop":["END"],"frequency_penalty":0.25}}`},
		{"values that mean nothing and that TGI refuses", TGI{}, func(r *chat.Request) { r.Params = chat.Params{TopP: ptr(1.0), TopK: ptr(0)} },
			`{"inputs":"Hi","parameters":{"details":true}}`},
		{"parameters of its own join the others", TGI{}, func(r *chat.Request) {
			r.Params = chat.Params{MaxTokens: 8, Extra: raw(`{"parameters":{"truncate":100}}`)}
		}, `{"inputs":"Hi","parameters":{"details":true,"max_new_tokens":8,"truncate":100}}`},
		{"a picture for TGI", TGI{}, func(r *chat.Request) {
			r.Messages[0] = chat.Message{Role: chat.User, Parts: []chat.Part{{Kind: chat.ImagePart, URL: "https://example.com/a_(b).png"}, text("What is it?")}}
		}, `{"inputs":"![](https://example.com/a_(b%29.png)\nWhat is it?","parameters":{"details":true}}`},
		{"a picture of no stated type for TGI", TGI{}, func(r *chat.Request) {
			r.Messages[0] = chat.Message{Role: chat.User, Parts: []chat.Part{{Kind: chat.ImagePart, Data: "aGk="}}}
		}, `{"inputs":"![](data:image/png;base64,aGk=)","parameters":{"details":true}}`},
		{"JSON from TGI", TGI{}, func(r *chat.Request) { r.Format.JSON = true }, `{"inputs":"Hi","parameters":{"details":true,"grammar":{"type":"json","value":{"type":"object"}}}}`},
		{"a question to llama.cpp", LlamaCPP{}, nil, `{"model":"m","prompt":"Hi","cache_prompt":false,"stream":true}`},
		{"its parameters", LlamaCPP{}, everyParameter, `{"model":"m","prompt":"Hi","cache_prompt":false,"stream":true,"n_predict":128,"temperature":0.5,"top_p":0.9,
			"top_k":40,"seed":7,"stop":["END"],"frequency_penalty":0.25,"presence_penalty":0.5}`},
		{"its cache, and an exact length", LlamaCPP{}, func(r *chat.Request) {
			r.Params = chat.Params{MaxTokens: 8, Exact: true, AsAllowed: true, Whole: true, Extra: raw(`{"cache_prompt":true}`)}
		}, `{"model":"m","prompt":"Hi","cache_prompt":true,"stream":false,"n_predict":8,"ignore_eos":true,"temperature":0}`},
		{"JSON from llama.cpp", LlamaCPP{}, func(r *chat.Request) { r.Format.JSON = true },
			`{"model":"m","prompt":"Hi","cache_prompt":false,"stream":true,"json_schema":{}}`},
	} {
		req := chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "Hi"}}}
		if tc.with != nil {
			tc.with(&req)
		}
		_, got, _, err := asked(t, tc.p, "http://127.0.0.1:9", req)
		var want any
		if json.Unmarshal([]byte(tc.want), &want) != nil {
			t.Fatalf("%s: not JSON: %s", tc.intent, tc.want)
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tc.intent, err, diff)
		}
	}
}

func TestLocalAddresses(t *testing.T) {
	for _, tc := range []struct {
		p     Protocol
		base  string
		whole bool
		want  string
	}{
		{p: Ollama{}, base: "http://127.0.0.1:11434", want: "http://127.0.0.1:11434/api/chat"},
		{p: Ollama{}, base: "http://127.0.0.1:11434/", want: "http://127.0.0.1:11434/api/chat"},
		{p: Ollama{}, base: "https://example.com/api", want: "https://example.com/api/chat"},
		{p: Ollama{}, base: "https://example.com/a/api/chat", want: "https://example.com/a/api/chat"},
		{p: TGI{}, base: "http://127.0.0.1:8080", want: "http://127.0.0.1:8080/generate_stream"},
		{p: TGI{}, base: "http://127.0.0.1:8080/", whole: true, want: "http://127.0.0.1:8080/generate"},
		{p: TGI{}, base: "http://127.0.0.1:8080/generate", want: "http://127.0.0.1:8080/generate_stream"},
		{p: TGI{}, base: "http://127.0.0.1:8080/generate_stream", whole: true, want: "http://127.0.0.1:8080/generate"},
		{p: TGI{}, base: "http://127.0.0.1:8080/generate_stream/", want: "http://127.0.0.1:8080/generate_stream"},
		{p: LlamaCPP{}, base: "http://127.0.0.1:8080", want: "http://127.0.0.1:8080/completion"},
		{p: LlamaCPP{}, base: "http://127.0.0.1:8080/a/completion", want: "http://127.0.0.1:8080/a/completion"},
	} {
		req := chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "Hi"}}, Params: chat.Params{Whole: tc.whole}}
		if got, _, _, err := asked(t, tc.p, tc.base, req); err != nil || got != tc.want {
			t.Errorf("%T %s: %s, %v; want %s", tc.p, tc.base, got, err, tc.want)
		}
	}
}

// TestLocalLosses: what is lost of one value and not of another.
func TestLocalLosses(t *testing.T) {
	for _, tc := range []struct {
		intent string
		p      Protocol
		with   func(r *chat.Request)
		want   chat.Loss // the worst of its field
	}{
		{"a PDF", Ollama{}, func(r *chat.Request) { say(chat.User, pdf(chat.Part{}))(r) }, chat.Lose(chat.FieldDocument, chat.Rejected, "it is application/pdf, not text")},
		{"a text", Ollama{}, say(chat.User, chat.Part{Kind: chat.DocumentPart, Text: "a"}), chat.Lose(chat.FieldDocument, chat.Approximate, "its text alone, in the message")},
		{"a PDF in a prompt", LlamaCPP{}, func(r *chat.Request) { say(chat.User, pdf(chat.Part{}))(r) }, chat.Lose(chat.FieldDocument, chat.Rejected, "it is application/pdf, not text")},
		{"arguments that are no object", Ollama{}, func(r *chat.Request) { called(r); r.Messages[1].ToolCalls[0].Arguments = `{"a":` },
			chat.Lose(chat.FieldToolCalls, chat.Approximate, "arguments that are no JSON object are sent as one text")},
		{"a negative seed", TGI{}, func(r *chat.Request) { r.Params.Seed = ptr(int64(-1)) }, chat.Lose(chat.FieldSeed, chat.Dropped, "TGI takes no negative seed")},
		{"thinking as it likes", Ollama{}, func(r *chat.Request) { r.Params.Thinking.Mode = chat.ThinkingAdaptive }, chat.Lose(chat.FieldThinking, chat.Approximate, "left to the model")},
	} {
		req := chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "Hi"}}}
		tc.with(&req)
		_, _, losses, err := asked(t, tc.p, "http://127.0.0.1:9", req)
		fate, why := fateIn(losses, tc.want.Field)
		if fate != tc.want.Fate || why != tc.want.Why || errors.As(err, new(*Refusal)) != (fate == chat.Rejected) {
			t.Errorf("%s: %s, because %q, %v; want %+v", tc.intent, fate, why, err, tc.want)
		}
	}
}

func TestTGIFailures(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		want   chat.Class
	}{
		{424, `{"error":"Request failed during generation","error_type":"generation"}`, chat.Server},
		{429, `{"error":"Model is overloaded","error_type":"overloaded"}`, chat.Overloaded},
		{429, `{"error":"Rate limit reached"}`, chat.RateLimited},
		{500, `{"error":"Incomplete generation","error_type":"incomplete_generation"}`, chat.Server},
		{503, `{"error":"unhealthy","error_type":"healthcheck"}`, chat.Overloaded},
		{422, `{"error":"Input validation error: inputs cannot be empty","error_type":"validation"}`, chat.BadRequest},
		{429, `null`, chat.RateLimited},
		{424, ``, chat.Server},
	} {
		if f := (TGI{}).Failure(tc.status, nil, []byte(tc.body)); f.Class != tc.want {
			t.Errorf("%d %s: %s, want %s", tc.status, tc.body, f.Class, tc.want)
		}
	}
}

func TestOllamaSaysToPull(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":"model 'm' not found"}`:                         "404 Not Found: model 'm' not found (on the server: ollama pull NAME)",
		`{"error":"model \"m\" not found, try pulling it first"}`: `404 Not Found: model "m" not found, try pulling it first`,
		"404 page not found":                                      "404 Not Found: 404 page not found",
	} {
		if f := (Ollama{}).Failure(404, nil, []byte(body)); f.Class != chat.NotFound || f.Message != want {
			t.Errorf("%s: %s, %q", body, f.Class, f.Message)
		}
	}
}
