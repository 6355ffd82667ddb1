package wire

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
	"switchover/targets/secret"
)

func init() {
	carriageEndpoints["bedrock"] = func(ep *Endpoint) { ep.Model = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0" }
}

// converse is the body of a request, and what it loses.
func converse(t *testing.T, model string, req chat.Request) (string, []chat.Loss, error) {
	t.Helper()
	r, losses, err := Bedrock{}.Encode(Endpoint{URL: "http://h", Model: model, Key: secret.New("k")}, req)
	if err != nil {
		return "", losses, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), losses, nil
}

func sameJSON(t *testing.T, intent, got, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal([]byte(got), &a); err != nil {
		t.Fatalf("%s: %v: %s", intent, err, got)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatalf("%s: %v: %s", intent, err, want)
	}
	if diff := cmp.Diff(b, a); diff != "" {
		t.Errorf("%s (-want +got):\n%s", intent, diff)
	}
}

const (
	claude45 = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
	claude48 = "anthropic.claude-opus-4-8"
)

func TestConverse(t *testing.T) {
	hello := []chat.Message{{Role: chat.User, Content: "hello"}}
	const said = `"messages":[{"role":"user","content":[{"text":"hello"}]}]`
	for _, tc := range []struct {
		intent, model string
		req           chat.Request
		want, losses  string
	}{
		{"nothing but what was asked", "m", chat.Request{Messages: hello}, `{` + said + `}`, ""},
		{"a temperature of 0 is sent", "m", chat.Request{Messages: hello,
			Params: chat.Params{MaxTokens: 9, Temperature: ptr(0.0), TopP: ptr(0.9), Stop: []string{"END"}}},
			`{` + said + `,"inferenceConfig":{"maxTokens":9,"temperature":0,"topP":0.9,"stopSequences":["END"]}}`, ""},
		{"roles alternate, system messages are all in front, what is blank is left out", claude45, chat.Request{Messages: []chat.Message{
			{Role: chat.System, Parts: []chat.Part{text("Be brief."), {Kind: chat.TextPart, Text: "Be kind.", Cache: "1h"}}},
			{Role: chat.User, Content: "a"}, {Role: chat.Assistant, Content: " \n"}, {Role: chat.User, Content: "b"},
			{Role: chat.System, Content: "Be quick."}, {Role: chat.User, Content: "c"}}},
			`{"system":[{"text":"Be brief."},{"text":"Be kind."},{"cachePoint":{"type":"default","ttl":"1h"}},{"text":"Be quick."}],
			"messages":[{"role":"user","content":[{"text":"a"},{"text":"b"},{"text":"c"}]}]}`, "system message later on: approximate"},
		{"results are the user's, together and before what the user says", claude45, chat.Request{Messages: []chat.Message{
			{Role: chat.User, Content: "a"},
			{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "call.1", Name: "f", Arguments: ` {"x": 1.0}`}, {Name: "g", Cache: "5m"}}},
			{Role: chat.ToolRole, ToolCallID: "call.1", Content: "4"},
			{Role: chat.ToolRole, IsError: true, Cache: "5m"},
			{Role: chat.User, Content: "b"}},
			Tools:      []chat.Tool{{Name: "f", Description: "d", Parameters: []byte(`{"type":"object"}`), Strict: true, Cache: "5m"}, {Name: "g"}},
			ToolChoice: chat.ToolChoice{Mode: chat.ToolsOne, Name: "f"}},
			`{"messages":[{"role":"user","content":[{"text":"a"}]},
			{"role":"assistant","content":[{"toolUse":{"toolUseId":"call_2e1","name":"f","input":{"x":1.0}}},{"toolUse":{"toolUseId":"call_2","name":"g","input":{}}},{"cachePoint":{"type":"default"}}]},
			{"role":"user","content":[{"toolResult":{"toolUseId":"call_2e1","content":[{"text":"4"}]}},{"toolResult":{"toolUseId":"call_2","content":[],"status":"error"}},{"cachePoint":{"type":"default"}},{"text":"b"}]}],
			"toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"d","strict":true,"inputSchema":{"json":{"type":"object"}}}},{"cachePoint":{"type":"default"}},
			{"toolSpec":{"name":"g","inputSchema":{"json":{"type":"object","properties":{}}}}}],"toolChoice":{"tool":{"name":"f"}}}}`, ""},
		{"tools that were called are declared, whatever is asked for now", "m", chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "a"},
			{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "1", Name: "f", Arguments: `not json`}}}, {Role: chat.ToolRole, ToolCallID: "1", Content: "x"}},
			ToolChoice: chat.ToolChoice{Mode: chat.ToolsNone}},
			`{"messages":[{"role":"user","content":[{"text":"a"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"1","name":"f","input":{"arguments":"not json"}}}]},
			{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"text":"x"}]}}]}],
			"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}]}}`,
			"tool calls: approximate, tool_choice none: dropped"},
		{"reasoning is told again, hidden or not", claude45, chat.Request{Messages: append(hello[:1:1], chat.Message{Role: chat.Assistant, Parts: []chat.Part{
			{Kind: chat.ThinkingPart, Text: "Hm.", Signature: "c2ln"}, {Kind: chat.HiddenThinkingPart, Data: "aGlkZGVu"}, text("Yes.")}}, chat.Message{Role: chat.User, Content: "b"})},
			`{"messages":[{"role":"user","content":[{"text":"hello"}]},{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm.","signature":"c2ln"}}},
			{"reasoningContent":{"redactedContent":"aGlkZGVu"}},{"text":"Yes."}]},{"role":"user","content":[{"text":"b"}]}]}`, ""},
		{"what other vendors' models refuse is left out", "meta.llama4-x", chat.Request{Messages: []chat.Message{
			{Role: chat.User, Parts: []chat.Part{{Kind: chat.TextPart, Text: "a", Cache: "1h"}}},
			{Role: chat.Assistant, Parts: []chat.Part{{Kind: chat.ThinkingPart, Text: "Hm.", Signature: "c2ln"}, {Kind: chat.HiddenThinkingPart, Data: "aGlkZGVu"}}, ToolCalls: []chat.ToolCall{{ID: "1", Name: "f"}}},
			{Role: chat.ToolRole, ToolCallID: "1", IsError: true, Content: "x"}}, Tools: []chat.Tool{{Name: "f"}}},
			`{"messages":[{"role":"user","content":[{"text":"a"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"1","name":"f","input":{}}}]},
			{"role":"user","content":[{"toolResult":{"toolUseId":"1","content":[{"text":"x"}]}}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}]}}`,
			"thinking: dropped, thinking signature: dropped, redacted thinking: dropped, tool result is_error: dropped, cache marks: dropped, cache TTL: dropped"},
		{"an answer that keeps to a schema, a tier, metadata", "m", chat.Request{Messages: hello, Format: chat.Format{JSON: true, Name: "n", Schema: []byte(`{"type":"object"}`)},
			ServiceTier: "standard_only", User: "u-1", Metadata: map[string]string{"team": "a b", "käse": "x"}},
			`{` + said + `,"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"name":"n","schema":"{\"type\":\"object\"}"}}}},
			"serviceTier":{"type":"default"},"requestMetadata":{"team":"a b","user_id":"u-1"}}`, "user: approximate, metadata: dropped"},
		{"Claude's own words where Converse has none", claude45, chat.Request{Messages: hello,
			Params: chat.Params{MaxTokens: 9000, TopK: ptr(40), AsAllowed: true, Thinking: chat.Thinking{Mode: chat.ThinkingOn, Budget: 2048, Effort: "high"}}},
			`{` + said + `,"inferenceConfig":{"maxTokens":9000},"outputConfig":{"effort":"high"},"additionalModelRequestFields":{"top_k":40,"thinking":{"type":"enabled","budget_tokens":2048}}}`, ""},
		{"a temperature as the API allows, where it allows one", claude45, chat.Request{Messages: hello, Params: chat.Params{AsAllowed: true}},
			`{` + said + `,"inferenceConfig":{"temperature":0}}`, ""},
		{"and where it does not", claude48, chat.Request{Messages: hello, Params: chat.Params{AsAllowed: true, Thinking: chat.Thinking{Budget: 2048}}},
			`{` + said + `,"additionalModelRequestFields":{"thinking":{"type":"adaptive"}}}`, "thinking budget: approximate"},
		{"nor do OpenAI's", "openai.gpt-5.6", chat.Request{Messages: hello, Params: chat.Params{AsAllowed: true, TopK: ptr(4), Thinking: chat.Thinking{Mode: chat.ThinkingOn, Effort: "minimal"}}},
			`{` + said + `,"outputConfig":{"effort":"low"}}`, "top_k: dropped, thinking asked for: dropped, effort: approximate"},
		{"a profile whose name says nothing is sent none", "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc1", chat.Request{Messages: hello, Params: chat.Params{AsAllowed: true}},
			`{` + said + `}`, ""},
		{"Nova's top_k", "us.amazon.nova-lite-v1:0", chat.Request{Messages: hello, Params: chat.Params{TopK: ptr(40), AsAllowed: true}},
			`{` + said + `,"inferenceConfig":{"temperature":0},"additionalModelRequestFields":{"inferenceConfig":{"topK":40}}}`, ""},
		{"Mistral's", "mistral.mistral-large-2407-v1:0", chat.Request{Messages: hello, Params: chat.Params{TopK: ptr(40)}},
			`{` + said + `,"additionalModelRequestFields":{"top_k":40}}`, ""},
		{"further members stand beside ours", claude45, chat.Request{Messages: hello, Params: chat.Params{MaxTokens: 9, TopK: ptr(40), Extra: map[string]json.RawMessage{
			"inferenceConfig": []byte(`{"maxTokens":8,"x":1}`), "additionalModelRequestFields": []byte(`{"y":2}`), "guardrailConfig": []byte(`{"z":3}`)}}},
			`{` + said + `,"inferenceConfig":{"maxTokens":8,"x":1},"additionalModelRequestFields":{"top_k":40,"y":2},"guardrailConfig":{"z":3}}`, ""},
	} {
		got, losses, err := converse(t, tc.model, tc.req)
		if err != nil {
			t.Fatalf("%s: %v", tc.intent, err)
		}
		sameJSON(t, tc.intent, got, tc.want)
		var lost []string
		for _, l := range losses {
			if l.Field != chat.FieldSameRole { // of which the table tells
				lost = append(lost, l.String())
			}
		}
		if s := strings.Join(lost, ", "); s != tc.losses {
			t.Errorf("%s: lost %q, want %q", tc.intent, s, tc.losses)
		}
	}
}

// Files have a format by their media type; documents have names that Converse takes, no
// two alike.
func TestConverseFiles(t *testing.T) {
	doc := func(name, kind, text, data string) chat.Part {
		return chat.Part{Kind: chat.DocumentPart, Name: name, MediaType: kind, Text: text, Data: data}
	}
	got, losses, err := converse(t, "m", chat.Request{Messages: []chat.Message{{Role: chat.User, Parts: []chat.Part{
		{Kind: chat.ImagePart, MediaType: "image/jpeg", Data: "aW1n"},
		{Kind: chat.AudioPart, MediaType: "audio/mpeg", Data: "c25k"},
		doc("", "application/pdf", "", "UERG"), doc("", "text/plain; charset=utf-8", "", "dHh0"),
		doc("Q3  (final)_déjà.v2.pdf", "application/pdf", "", "UERG"), doc("plan [1]", "", "hi", ""),
		doc("plan [1]", "text/csv", "", "YSxi"), {Kind: chat.DocumentPart, Name: "日本.docx", Data: "eA==", Citations: true,
			MediaType: "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	sameJSON(t, "files", got, `{"messages":[{"role":"user","content":[
		{"image":{"format":"jpeg","source":{"bytes":"aW1n"}}},{"audio":{"format":"mp3","source":{"bytes":"c25k"}}},
		{"document":{"format":"pdf","name":"document","source":{"bytes":"UERG"}}},{"document":{"format":"txt","name":"document-2","source":{"bytes":"dHh0"}}},
		{"document":{"format":"pdf","name":"Q3 (final)-d-j-v2","source":{"bytes":"UERG"}}},{"document":{"format":"txt","name":"plan [1]","source":{"bytes":"aGk="}}},
		{"document":{"format":"csv","name":"plan [1]-2","source":{"bytes":"YSxi"}}},{"document":{"format":"docx","name":"document-3","source":{"bytes":"eA=="},"citations":{"enabled":true}}}]}]}`)
	if len(losses) != 1 || losses[0].String() != "document: approximate" {
		t.Errorf("lost %v", losses)
	}
	long := strings.Repeat("n ", 300)
	if got, _, _ := converse(t, "m", chat.Request{Messages: []chat.Message{{Role: chat.User, Parts: []chat.Part{doc(long, "application/pdf", "", "UERG")}}}}); len(got) > 400 {
		t.Errorf("a long name is sent as it is: %s", got)
	}
}

// What Converse cannot be asked is refused by name.
func TestConverseRefuses(t *testing.T) {
	user := func(p ...chat.Part) chat.Request {
		return chat.Request{Messages: []chat.Message{{Role: chat.User, Parts: p}}}
	}
	params := func(p chat.Params) chat.Request { r := user(text("a")); r.Params = p; return r }
	marked := chat.Part{Kind: chat.TextPart, Text: "a", Cache: "5m"}
	for intent, tc := range map[string]struct {
		model string
		req   chat.Request
		field chat.Field
	}{
		"a picture of no known kind":                 {"m", user(chat.Part{Kind: chat.ImagePart, MediaType: "image/tiff", Data: "eA=="}), chat.FieldImage},
		"a document of no known kind":                {"m", user(chat.Part{Kind: chat.DocumentPart, MediaType: "application/zip", Data: "eA=="}), chat.FieldDocument},
		"a sound's address":                          {"m", user(chat.Part{Kind: chat.AudioPart, MediaType: "audio/wav", URL: "http://h/a.wav"}), chat.FieldAudio},
		"a picture in the system prompt":             {"m", chat.Request{Messages: []chat.Message{{Role: chat.System, Parts: []chat.Part{{Kind: chat.ImagePart, MediaType: "image/png", Data: "eA=="}}}}}, chat.FieldSystem},
		"a sound in a result":                        {"m", chat.Request{Messages: []chat.Message{{Role: chat.ToolRole, ToolCallID: "1", Parts: []chat.Part{{Kind: chat.AudioPart, MediaType: "audio/wav", Data: "eA=="}}}}}, chat.FieldToolResults},
		"five cache points":                          {claude45, user(marked, marked, marked, marked, marked), chat.FieldCache},
		"too high a temperature":                     {"m", params(chat.Params{Temperature: ptr(1.2)}), chat.FieldTemperature},
		"and for Claude":                             {claude45, params(chat.Params{Temperature: ptr(1.2)}), chat.FieldTemperature},
		"any temperature of a new Claude's":          {claude48, params(chat.Params{Temperature: ptr(0.5)}), chat.FieldTemperature},
		"an answer that a new Claude is to continue": {claude48, chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "a"}, {Role: chat.Assistant, Content: "b"}}}, chat.FieldPrefill},
	} {
		_, _, err := converse(t, tc.model, tc.req)
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Protocol != "bedrock" || refusal.Losses[0].Field != tc.field {
			t.Errorf("%s: %v, want a refusal of %s", intent, err, tc.field)
		}
	}
	if _, _, err := converse(t, "m", chat.Request{Tools: []chat.Tool{{Name: "f", Parameters: []byte("{")}}}); err == nil || !strings.Contains(err.Error(), "encoding a Converse request") {
		t.Errorf("parameters that are no JSON: %v", err)
	}
}

func TestBedrockModelNames(t *testing.T) {
	for name, vendor := range map[string]string{
		"anthropic.claude-v2:1": ofAnthropic, "global.anthropic.claude-sonnet-5": ofAnthropic,
		"arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-x": ofAnthropic, "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0": ofNova,
		"claude-opus-4-1":         ofAnthropic, // of a request in Anthropic's form
		"openai.gpt-oss-120b-1:0": ofOpenAI, "mistral.x": ofMistral, "notanthropic.claude": "", "meta.llama3": "", "arn:aws:bedrock:us-east-1:1:provisioned-model/abc": "", "": "",
	} {
		for _, v := range []string{ofAnthropic, ofMistral, ofNova, ofOpenAI} {
			if got := bedrockModel(name).of(v); got != (v == vendor) {
				t.Errorf("%q of %s: %v", name, v, got)
			}
		}
	}
}
