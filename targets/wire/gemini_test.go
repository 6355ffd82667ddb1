package wire

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
	"switchover/targets/secret"
)

func TestGeminiEncode(t *testing.T) {
	user := func(text string) chat.Message { return chat.Message{Role: chat.User, Content: text} }
	hello := []chat.Message{user("Hi")}
	for _, tc := range []struct {
		intent string
		req    chat.Request
		want   string
		lost   string
	}{
		{"nothing but what was asked", chat.Request{Messages: hello}, `{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}`, ""},
		{"system blocks are parts, and empty turns have one", chat.Request{Messages: []chat.Message{
			{Role: chat.System, Parts: []chat.Part{{Kind: chat.TextPart, Text: "a"}, {Kind: chat.TextPart, Text: "b"}}}, user("Hi"), {Role: chat.Assistant}, user("Well?")}},
			`{"systemInstruction":{"parts":[{"text":"a"},{"text":"b"}]},"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"text":""}]},{"role":"user","parts":[{"text":"Well?"}]}]}`, ""},
		{"calls of another model are marked unsigned, results go by the function's name in one turn, and what the user adds in another", chat.Request{Messages: []chat.Message{
			user("Hi"),
			{Role: chat.Assistant, Content: "Let me see.", ToolCalls: []chat.ToolCall{{ID: "c1", Name: "f", Arguments: `{"a": 1}`}, {ID: "c2", Name: "g"}}},
			{Role: chat.ToolRole, ToolCallID: "c1", Content: "4"},
			{Role: chat.ToolRole, ToolCallID: "c2", IsError: true, Parts: []chat.Part{{Kind: chat.TextPart, Text: "no"}, {Kind: chat.ImagePart, MediaType: "image/png", Data: "aGk="}}},
			user("So?")}},
			`{"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"text":"Let me see."},
			{"functionCall":{"id":"c1","name":"f","args":{"a":1}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"c2","name":"g","args":{}}}]},
			{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"4"}}},
			{"functionResponse":{"id":"c2","name":"g","response":{"error":"no"},"parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]}}]},
			{"role":"user","parts":[{"text":"So?"}]}]}`, ""},
		{"arguments that are no object are kept as text", chat.Request{Messages: []chat.Message{user("Hi"), {Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "c", Name: "f", Arguments: `{"a`}}}}},
			`{"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{"arguments":"{\"a"}},"thoughtSignature":"skip_thought_signature_validator"}]}]}`,
			"tool calls: approximate"},
		{"media, by bytes and by address", chat.Request{Messages: []chat.Message{{Role: chat.User, Parts: []chat.Part{
			{Kind: chat.ImagePart, MediaType: "image/png", Data: "aGk=", Detail: "high"}, {Kind: chat.ImagePart, URL: "https://h/a.JPG?x=1", Detail: "auto"},
			{Kind: chat.DocumentPart, Text: "hi", Name: "notes"}, {Kind: chat.AudioPart, MediaType: "audio/wav", Data: "aGk="}}}}},
			`{"contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="},"mediaResolution":{"level":"MEDIA_RESOLUTION_HIGH"}},
			{"fileData":{"mimeType":"image/jpeg","fileUri":"https://h/a.JPG?x=1"}},{"text":"notes:"},{"inlineData":{"mimeType":"text/plain","data":"aGk="}},{"inlineData":{"mimeType":"audio/wav","data":"aGk="}}]}]}`,
			"image detail: approximate; document: approximate"},
		{"parameters, and extra members of the configuration beside them", chat.Request{Messages: hello, Format: chat.Format{JSON: true, Schema: []byte(`{"type":"object"}`)}, Metadata: map[string]string{"team": "chat", "User": "X"}, ServiceTier: "default",
			Params: chat.Params{MaxTokens: 9, AsAllowed: true, TopP: ptr(0.5), TopK: ptr(3), Seed: ptr(int64(7)), Stop: []string{"END"}, PresencePenalty: ptr(0.1), FrequencyPenalty: ptr(0.2),
				Thinking: chat.Thinking{Mode: chat.ThinkingOn, Budget: 1024},
				Extra:    map[string]json.RawMessage{"generationConfig": json.RawMessage(`{"candidateCount":1,"topK":4}`), "safetySettings": json.RawMessage(`[]`)}}},
			`{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"maxOutputTokens":9,"temperature":0,"topP":0.5,"topK":4,"seed":7,"stopSequences":["END"],"presencePenalty":0.1,"frequencyPenalty":0.2,
			"responseMimeType":"application/json","responseJsonSchema":{"type":"object"},"thinkingConfig":{"includeThoughts":true,"thinkingBudget":1024},"candidateCount":1},"labels":{"team":"chat"},"serviceTier":"standard","safetySettings":[]}`,
			"metadata: approximate; service tier: approximate"},
		{"tools", chat.Request{Messages: hello, Tools: []chat.Tool{{Name: "f", Description: "d", Parameters: []byte(`{"type":"object"}`), Strict: true}, {Name: "g"}}, ToolChoice: chat.ToolChoice{Mode: chat.ToolsOne, Name: "f"}},
			`{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"type":"object"}},{"name":"g"}]}],
			"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}}}`, "strict tools: approximate"},
		{"strict tools and no choice", chat.Request{Messages: hello, Tools: []chat.Tool{{Name: "f", Strict: true}}},
			`{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}}}`, "strict tools: approximate"},
		{"a level, and a seed that is too long", chat.Request{Messages: hello, Params: chat.Params{Seed: ptr(int64(1)<<40 + 5), Thinking: chat.Thinking{Effort: "max"}}},
			`{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"seed":5,"thinkingConfig":{"thinkingLevel":"HIGH"}}}`, "seed: approximate; effort: approximate"},
		{"a budget excludes a level, and off excludes both", chat.Request{Messages: hello, Params: chat.Params{Thinking: chat.Thinking{Mode: chat.ThinkingOff, Budget: 9}}},
			`{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}`, ""},
	} {
		r, losses, err := Gemini{}.Encode(Endpoint{URL: "http://h", Model: "m"}, tc.req)
		if err != nil {
			t.Fatalf("%s: %v", tc.intent, err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(tc.want), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.intent, diff)
		}
		var lost []string
		for _, l := range losses {
			lost = append(lost, l.String())
		}
		if s := strings.Join(lost, "; "); s != tc.lost {
			t.Errorf("%s: lost %q, want %q", tc.intent, s, tc.lost)
		}
	}
}

// asItsOwn is the body that Google's own Go client, google.golang.org/genai v1.77.0,
// sent for the request below, but for two things: it names a role for the system's
// instruction, which has none, and it has the signature of a call of Gemini's own.
const asItsOwn = `{"contents":[{"parts":[{"text":"Hi"},{"inlineData":{"data":"aGk=","mimeType":"image/png"},"mediaResolution":{"level":"MEDIA_RESOLUTION_HIGH"}},
	{"fileData":{"fileUri":"https://h/a.jpg","mimeType":"image/jpeg"}}],"role":"user"},
	{"parts":[{"functionCall":{"args":{"a":1},"id":"c1","name":"f"},"thoughtSignature":"skip_thought_signature_validator"}],"role":"model"},
	{"parts":[{"functionResponse":{"id":"c1","name":"f","parts":[{"inlineData":{"data":"aGk=","mimeType":"image/png"}}],"response":{"output":"4"}}}],"role":"user"}],
	"generationConfig":{"maxOutputTokens":9,"responseJsonSchema":{"type":"object"},"responseMimeType":"application/json","seed":7,"stopSequences":["END"],"temperature":0.5,
	"thinkingConfig":{"includeThoughts":true,"thinkingBudget":1024},"topK":3},"labels":{"team":"chat"},"serviceTier":"standard","systemInstruction":{"parts":[{"text":"a"},{"text":"b"}]},
	"toolConfig":{"functionCallingConfig":{"allowedFunctionNames":["f"],"mode":"ANY"}},"tools":[{"functionDeclarations":[{"description":"d","name":"f","parametersJsonSchema":{"type":"object"}}]}]}`

func TestGeminiIsAskedAsItsOwnClientAsks(t *testing.T) {
	picture := chat.Part{Kind: chat.ImagePart, MediaType: "image/png", Data: "aGk="}
	closely := picture
	closely.Detail = "high"
	r, _, err := Gemini{}.Encode(Endpoint{URL: "http://h", Model: "m"}, chat.Request{
		Messages: []chat.Message{{Role: chat.System, Parts: []chat.Part{{Kind: chat.TextPart, Text: "a"}, {Kind: chat.TextPart, Text: "b"}}},
			{Role: chat.User, Parts: []chat.Part{{Kind: chat.TextPart, Text: "Hi"}, closely, {Kind: chat.ImagePart, URL: "https://h/a.jpg"}}},
			{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "c1", Name: "f", Arguments: `{"a":1}`}}},
			{Role: chat.ToolRole, ToolCallID: "c1", Parts: []chat.Part{{Kind: chat.TextPart, Text: "4"}, picture}}},
		Tools:      []chat.Tool{{Name: "f", Description: "d", Parameters: []byte(`{"type":"object"}`)}},
		ToolChoice: chat.ToolChoice{Mode: chat.ToolsOne, Name: "f"}, Format: chat.Format{JSON: true, Schema: []byte(`{"type":"object"}`)},
		Metadata: map[string]string{"team": "chat"}, ServiceTier: "standard",
		Params: chat.Params{MaxTokens: 9, Temperature: ptr(0.5), TopK: ptr(3), Seed: ptr(int64(7)), Stop: []string{"END"}, Thinking: chat.Thinking{Mode: chat.ThinkingOn, Budget: 1024}}})
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(asItsOwn), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-its own client's +ours):\n%s", diff)
	}
}

func TestGeminiAddressAndKey(t *testing.T) {
	const stream = ":streamGenerateContent?alt=sse"
	for _, tc := range []struct {
		vertex      bool
		base, model string
		whole       bool
		want        string
	}{
		{false, "https://h", "m", false, "https://h/v1beta/models/m" + stream},
		{false, "https://h/v1beta/", "m", true, "https://h/v1beta/models/m:generateContent"},
		{false, "https://h/proxy/v1alpha", "tunedModels/t", false, "https://h/proxy/v1alpha/tunedModels/t" + stream},
		{false, "https://h", "models/m", false, "https://h/v1beta/models/m" + stream},
		{true, "https://{region}-h/v1/projects/p/locations/{region}", "m", false, "https://r1-h/v1/projects/p/locations/r1/publishers/google/models/m" + stream},
		{true, "https://h/v1/projects/p/locations/r1/publishers/google", "m", false, "https://h/v1/projects/p/locations/r1/publishers/google/models/m" + stream},
		{true, "https://h/v1/projects/p/locations/r1", "endpoints/9", false, "https://h/v1/projects/p/locations/r1/endpoints/9" + stream},
		{true, "https://h/v1/projects/p/locations/r1/publishers/google", "publishers/meta/models/l", false, "https://h/v1/projects/p/locations/r1/publishers/meta/models/l" + stream},
	} {
		r, _, err := Gemini{tc.vertex}.Encode(Endpoint{URL: tc.base, Region: "r1", Key: secret.New("sk-canary-1")},
			chat.Request{Model: tc.model, Params: chat.Params{Whole: tc.whole}})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.URL.String(); got != tc.want {
			t.Errorf("%s and %s: asked at %s, want %s", tc.base, tc.model, got, tc.want)
		}
		key, token := r.Header.Get("X-Goog-Api-Key"), r.Header.Get("Authorization")
		if tc.vertex && (key != "" || token != "Bearer sk-canary-1") || !tc.vertex && (key != "sk-canary-1" || token != "") {
			t.Errorf("%s: key %q, token %q", tc.base, key, token)
		}
	}
	if _, _, err := (Gemini{Vertex: true}).Encode(Endpoint{URL: "https://h/v1/projects/{project}/locations/r"}, chat.Request{}); err == nil || !strings.Contains(err.Error(), "write the project into it") {
		t.Errorf("error %v", err)
	}
	r, _, err := (Gemini{Vertex: true}).Encode(Endpoint{URL: "https://h/v1", Key: secret.New("AIza-canary")}, chat.Request{})
	if err != nil || r.Header.Get("X-Goog-Api-Key") != "AIza-canary" {
		t.Errorf("%v: an API key is no token", err)
	}
}

func TestGeminiUsage(t *testing.T) {
	for _, tc := range []struct {
		intent, said string
		silent       bool
		want         *chat.Usage
	}{
		{"thoughts are counted apart", `{"promptTokenCount":7,"candidatesTokenCount":4,"thoughtsTokenCount":10,"totalTokenCount":21}`, false, &chat.Usage{Input: ptr(7), Output: ptr(14), Reasoning: ptr(10)}},
		{"thoughts among the candidates, by the total", `{"promptTokenCount":7,"candidatesTokenCount":14,"thoughtsTokenCount":10,"totalTokenCount":21}`, false, &chat.Usage{Input: ptr(7), Output: ptr(14), Reasoning: ptr(10)}},
		{"the prompt includes what was cached, and not what tools added", `{"promptTokenCount":7,"cachedContentTokenCount":2,"toolUsePromptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":14}`, false, &chat.Usage{Input: ptr(8), CacheRead: ptr(2), Output: ptr(4)}},
		{"the limit went into thoughts", `{"promptTokenCount":7,"thoughtsTokenCount":10,"totalTokenCount":17}`, false, &chat.Usage{Input: ptr(7), Output: ptr(10), Reasoning: ptr(10)}},
		{"not counted yet", `{"promptTokenCount":7,"totalTokenCount":7}`, false, &chat.Usage{Input: ptr(7)}},
		{"nothing was answered", `{"promptTokenCount":7,"totalTokenCount":7}`, true, &chat.Usage{Input: ptr(7), Output: ptr(0)}},
		{"nonsense", `{"promptTokenCount":-7}`, false, nil},
		{"more cached than read", `{"promptTokenCount":7,"cachedContentTokenCount":8}`, false, nil},
		{"text for a number", `{"promptTokenCount":"7"}`, false, nil},
		{"none", `null`, false, nil},
	} {
		if diff := cmp.Diff(tc.want, geminiUsage(json.RawMessage(tc.said), tc.silent)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.intent, diff)
		}
	}
}

func TestGeminiFailure(t *testing.T) {
	quota := func(id, value string) string {
		return `{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[
			{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"` + id + `","quotaValue":"` + value + `"}]},
			{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"36.5s"}]}}`
	}
	for _, tc := range []struct {
		intent string
		status int
		body   string
		class  chat.Class
		after  time.Duration
		says   string
	}{
		{"a limit a minute", 429, quota("GenerateRequestsPerMinutePerProjectPerModel", "5"), chat.RateLimited, 36500 * time.Millisecond, "RESOURCE_EXHAUSTED"},
		{"a limit a day", 429, quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "20"), chat.Quota, 36500 * time.Millisecond, "exceeded your current quota"},
		{"a limit of nothing: the model is not in the plan", 429, quota("GenerateContentInputTokensPerModelPerMinute-FreeTier", "0"), chat.Quota, 36500 * time.Millisecond, ""},
		{"shared capacity is used up", 429, `[{"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}}]`, chat.RateLimited, 0, "Please try again later"},
		{"an empty prepaid balance", 429, `{"error":{"code":429,"message":"Your prepayment credits are depleted.","status":"RESOURCE_EXHAUSTED"}}`, chat.Quota, 0, ""},
		{"a spending cap", 429, `{"error":{"code":429,"message":"Your project has exceeded its monthly spending cap.","status":"RESOURCE_EXHAUSTED"}}`, chat.Quota, 0, ""},
		{"a limit a day of Vertex AI's, by its ErrorInfo", 429, `{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"RequestsPerDay","quota_limit_value":"9"}}]}}`, chat.Quota, 0, ""},
		{"a wrong key", 400, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`, chat.Auth, 0, "API key not valid"},
		{"a key that may not", 403, `{"error":{"code":403,"message":"Generative Language API has not been used in project 1 before or it is disabled.","status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}`, chat.Auth, 0, ""},
		{"no billing", 403, `{"error":{"code":403,"message":"This API method requires billing to be enabled.","status":"PERMISSION_DENIED","details":[{"reason":"BILLING_DISABLED"}]}}`, chat.Quota, 0, ""},
		{"a token that has run out", 401, `{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}`, chat.Auth, 0, ""},
		{"a limit of nothing, told in words alone", 429, `{"error":{"code":429,"message":"* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_input_token_count, limit: 0, model: m","status":"RESOURCE_EXHAUSTED"}}`, chat.Quota, 0, ""},
		{"a country that is not served", 400, `{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}`, chat.Auth, 0, ""},
		{"an absurd wait", 429, `{"error":{"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"999999999s"}]}}`, chat.RateLimited, maxRetryAfter, ""},
		{"a wait that is none", 429, `{"error":{"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"-1h"}]}}`, chat.RateLimited, 0, ""},
		{"a gateway's page", 502, `<html><title>Bad gateway</title>`, chat.Server, 0, "Bad gateway"},
	} {
		f := Gemini{}.Failure(tc.status, nil, []byte(tc.body))
		if f.Class != tc.class || f.RetryAfter != tc.after || !strings.Contains(f.Message, tc.says) {
			t.Errorf("%s: %+v", tc.intent, f)
		}
	}
}

// readGemini reads a body in pieces of n bytes.
func readGemini(body string, n int, each bool, readErr error) reading {
	return readWith(Gemini{}, []byte(body), http.Header{}, n, each, readErr)
}

// What ends all traffic ends it also where Google's words tell it inside a 200.
func TestGeminiFailureInside(t *testing.T) {
	for _, tc := range []struct {
		event string
		class chat.Class
	}{
		{`{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}`, chat.Auth},
		{`{"error":{"code":429,"message":"Your prepayment credits are depleted.","status":"RESOURCE_EXHAUSTED"}}`, chat.Quota},
		{`{"error":{"code":404,"message":"models/m is not found","status":"NOT_FOUND"}}`, chat.NotFound},
		{`{"error":{"code":429,"message":"Resource exhausted.","status":"RESOURCE_EXHAUSTED"}}`, chat.StreamError},
		{`{"error":{"code":403,"message":"blocked","status":"PERMISSION_DENIED"}}`, chat.StreamError},
		{`{"error":{"code":"x","message":"odd","status":"UNKNOWN"}}`, chat.StreamError},
	} {
		body := "data: " + tc.event + "\n\n"
		if f := hear(Gemini{}, []byte(body), http.Header{}, len(body), nil, false).Outcome.Failure; f == nil || f.Class != tc.class {
			t.Errorf("%s: %+v, want %s", tc.event, f, tc.class)
		}
	}
}

func TestGeminiReadsWhatElseComes(t *testing.T) {
	event := func(s string) string { return "data: " + s + "\r\n\r\n" }
	got := readGemini(event(`{"candidates":[{"content":{"parts":[{"executableCode":{"code":"1"}},{"text":"a"},{"functionCall":{"id":"x","name":"f"}},{"functionCall":{"name":"g","args":{ "b" : 2 }}}]}},{"index":1,"content":{"parts":[{"text":"other"}]}}]}`)+
		event(`{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"c2ln"}]},"finishReason":"STOP"}],"modelVersion":"m-1"}`)+
		event(`{"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":4,"totalTokenCount":11}}`), 7, false, nil)
	want := reading{Chunks: []readChunk{{Content, "a"}, {ToolCall, "{}"}, {ToolCall, `{"b":2}`}}, events: 2,
		Outcome: Outcome{Complete: true, Finish: chat.FinishToolCalls, Model: "m-1", Usage: &chat.Usage{Input: ptr(7), Output: ptr(4)},
			ToolCalls: []chat.ToolCall{{ID: "x", Name: "f", Arguments: "{}"}, {Name: "g", Arguments: `{"b":2}`}}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(reading{})); diff != "" {
		t.Error(diff)
	}
	// What is torn behind the finishReason is missing, however cleanly the body ends.
	torn := readGemini(event(`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}`)+`data: {"usageMetadata":{"prom`, 7, false, nil)
	if torn.Outcome.Complete || torn.Outcome.Failure.Class != chat.Interrupted {
		t.Errorf("%+v", torn.Outcome)
	}
	if odd := readGemini(event(`{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}`), 7, false, nil); odd.Outcome.Finish != "malformed_function_call" || odd.Outcome.Failure.Class != chat.NoAnswer {
		t.Errorf("%+v", odd.Outcome)
	}
}

// FuzzGemini: how the bytes are split and when events are decoded does not matter;
// what is complete has a reason, what is not says why; any error has a class.
func FuzzGemini(f *testing.F) {
	f.Add("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\",\"thought\":true},{\"functionCall\":{\"name\":\"f\",\"args\":{}}}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":7}}\n\n", byte(3), 429)
	f.Add("data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}\n\n", byte(1), 400)
	f.Add(`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"MAX_TOKENS"}]}`, byte(9), 500)
	f.Add(`[{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"PerDay"}]},{"retryDelay":"1e9s"}]}}]`, byte(9), 429)
	f.Fuzz(func(t *testing.T, body string, n byte, status int) {
		got := readGemini(body, int(n)+1, false, nil)
		for _, other := range []reading{readGemini(body, len(body)+1, false, nil), readGemini(body, 1, true, nil)} {
			if !reflect.DeepEqual(got, other) {
				t.Errorf("read otherwise in other pieces:\n%+v\n%+v", got, other)
			}
		}
		if out := got.Outcome; out.Complete && out.Finish == "" || !out.Complete && out.Failure == nil {
			t.Errorf("%+v", out)
		}
		for _, c := range got.Chunks {
			if c.Text == "" {
				t.Error("an empty chunk")
			}
		}
		if f := (Gemini{}).Failure(status, http.Header{}, []byte(body)); !slices.Contains(chat.Classes, f.Class) || f.Message == "" || f.RetryAfter < 0 || f.RetryAfter > maxRetryAfter {
			t.Errorf("%+v", f)
		}
	})
}
