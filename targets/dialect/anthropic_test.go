package dialect

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
)

func ptr[T any](v T) *T { return &v }

// everything uses every feature of the Messages API.
func everything(t testing.TB) []byte {
	t.Helper()
	body, err := os.ReadFile("testdata/anthropic_everything.json")
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestAnthropicEveryFeatureIsRead(t *testing.T) {
	req, err := Read("anthropic", everything(t))
	if err != nil {
		t.Fatal(err)
	}
	want := &chat.Request{
		Model: "claude-sonnet-4-5", Dialect: "anthropic", User: "user-17", ServiceTier: "standard_only",
		Messages: []chat.Message{
			{Role: chat.System, Parts: []chat.Part{{Kind: chat.TextPart, Text: "Be short."}, {Kind: chat.TextPart, Text: "The manual.", Cache: "1h"}}},
			{Role: chat.User, Parts: []chat.Part{
				{Kind: chat.ImagePart, MediaType: "image/png", Data: "iVBORw0KGgo="},
				{Kind: chat.ImagePart, URL: "https://example.com/pump.jpg"},
				{Kind: chat.DocumentPart, MediaType: "application/pdf", Data: "JVBERi0xLjQK", Name: "Manual", Citations: true, Cache: "5m"},
				{Kind: chat.DocumentPart, MediaType: "text/plain", Text: "Press twice."},
				{Kind: chat.DocumentPart, URL: "https://example.com/notes.pdf"},
				{Kind: chat.DocumentPart, MediaType: "text/plain", Text: "One.\nTwo."},
				{Kind: chat.TextPart, Text: "What is wrong?"}}},
			{Role: chat.Assistant, Parts: []chat.Part{
				{Kind: chat.ThinkingPart, Text: "Look it up.", Signature: "c2ln"},
				{Kind: chat.HiddenThinkingPart, Data: "aGlkZGVu"},
				{Kind: chat.TextPart, Text: "I look."}},
				ToolCalls: []chat.ToolCall{{ID: "toolu_1", Name: "lookup", Arguments: `{"part": "pump"}`}, {ID: "toolu_2", Name: "lookup", Arguments: `{}`, Cache: "5m"}}},
			{Role: chat.ToolRole, ToolCallID: "toolu_1", Parts: []chat.Part{{Kind: chat.TextPart, Text: "worn"}, {Kind: chat.ImagePart, MediaType: "image/gif", Data: "R0lGODlh"}}},
			{Role: chat.ToolRole, ToolCallID: "toolu_2", Content: "no such part", IsError: true, Cache: "5m"},
			{Role: chat.User, Content: "And now?"},
		},
		Tools: []chat.Tool{
			{Name: "lookup", Description: "Looks a part up.", Parameters: json.RawMessage(`{"type": "object", "properties": {"part": {"type": "string"}}}`), Strict: true},
			{Name: "web_search", Hosted: "web_search_20250305", Definition: json.RawMessage(`{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}`)},
		},
		ToolChoice: chat.ToolChoice{Mode: chat.ToolsAuto, Single: true},
		Format:     chat.Format{JSON: true, Schema: json.RawMessage(`{"type": "object"}`), Strict: true},
		Params: chat.Params{MaxTokens: 4096, Whole: true, Temperature: ptr(1.0), TopP: ptr(0.95), TopK: ptr(40), Stop: []string{"END", "\n\nHuman:"},
			Thinking: chat.Thinking{Mode: chat.ThinkingOn, Budget: 2048, Effort: "high"}},
		Foreign: map[string]json.RawMessage{
			"container":                        json.RawMessage(`"c1"`),
			"context_management":               json.RawMessage(`{"edits": []}`),
			"thinking.display":                 json.RawMessage(`"summarized"`),
			"metadata[\"a.b\"]":                json.RawMessage(`1`),
			"messages[0].content[2].context":   json.RawMessage(`"of 1998"`),
			"messages[0].content[5].source":    json.RawMessage(`{"type": "content", "content": [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]}`),
			"messages[1].content[2].citations": json.RawMessage(`[]`),
			"messages[2].content[2]":           json.RawMessage(`{"type": "search_result", "source": "s", "title": "t", "content": []}`),
		},
	}
	// A message with something foreign keeps its blocks.
	want.Messages[5] = chat.Message{Role: chat.User, Parts: []chat.Part{{Kind: chat.TextPart, Text: "And now?"}}}
	if diff := cmp.Diff(want, req); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnthropicWhatIsTheSameReadsAlike(t *testing.T) {
	for _, content := range []string{`"Hi"`, `[{"type":"text","text":"Hi"}]`, `[{"type":"text","text":"Hi","cache_control":null}]`} {
		req, err := Read("anthropic", []byte(`{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":`+content+`}]}`))
		if err != nil {
			t.Fatal(err)
		}
		want := &chat.Request{Model: "m", Dialect: "anthropic", Messages: []chat.Message{{Role: chat.User, Content: "Hi"}}, Params: chat.Params{MaxTokens: 9}}
		if diff := cmp.Diff(want, req); diff != "" {
			t.Errorf("%s (-want +got):\n%s", content, diff)
		}
	}
}

func TestAnthropicOlderForm(t *testing.T) {
	for _, tc := range []struct {
		intent, prompt string
		want           []chat.Message
	}{
		{"a bare prompt", "Why is the sky blue?", []chat.Message{{Role: chat.User, Content: "Why is the sky blue?"}}},
		{"one turn", "\n\nHuman: Why?\n\nAssistant:", []chat.Message{{Role: chat.User, Content: "Why?"}}},
		{"the first mark may lack its empty line", "Human: Why?\n\nAssistant: ", []chat.Message{{Role: chat.User, Content: "Why?"}}},
		{"several turns, the last to be continued", "Be brief.\n\nHuman: Why?\n\nAssistant: Light.\n\nHuman: More.\n\nAssistant: It",
			[]chat.Message{{Role: chat.System, Content: "Be brief."}, {Role: chat.User, Content: "Why?"}, {Role: chat.Assistant, Content: "Light."},
				{Role: chat.User, Content: "More."}, {Role: chat.Assistant, Content: "It"}}},
		{"a mark within a line is none", "Say\nHuman: twice\n\nnow", []chat.Message{{Role: chat.User, Content: "Say\nHuman: twice\n\nnow"}}},
	} {
		quoted, _ := json.Marshal(tc.prompt)
		for _, limit := range []string{"max_tokens", "max_tokens_to_sample"} {
			req, err := Read("anthropic", fmt.Appendf(nil, `{"prompt":%s,%q:5,"temperature":0.5,"stop_sequences":["x"],"metadata":{"user_id":"u"}}`, quoted, limit))
			if err != nil {
				t.Fatal(err)
			}
			want := &chat.Request{Dialect: "anthropic", User: "u", Messages: tc.want, Params: chat.Params{MaxTokens: 5, Whole: true, Temperature: ptr(0.5), Stop: []string{"x"}}}
			if diff := cmp.Diff(want, req); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.intent, diff)
			}
		}
	}
}

func TestAnthropicRefusesWithThePath(t *testing.T) {
	const ask = `{"role":"user","content":"u"}`
	with := func(messages, more string) string {
		return `{"model":"m","max_tokens":2000,"messages":[` + messages + `]` + more + `}`
	}
	user := func(blocks string) string { return with(`{"role":"user","content":[`+blocks+`]}`, "") }
	use := `{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]}`
	result := func(id string) string {
		return `{"role":"user","content":[{"type":"tool_result","tool_use_id":"` + id + `"}]}`
	}
	for _, tc := range []struct{ intent, body, path, say string }{
		{"not JSON", `{"a":`, "", "not JSON"},
		{"not an object", `[]`, "", "the request is a list, not an object"},
		{"a member twice", `{"model":"a","model":"b"}`, "model", "twice"},
		{"no messages", `{"max_tokens":1}`, "messages", "is missing"},
		{"messages null", `{"max_tokens":1,"messages":null}`, "messages", "is missing"},
		{"empty messages", with("", ""), "messages", "is empty"},
		{"no limit", `{"messages":[` + ask + `]}`, "max_tokens", "is missing"},
		{"a limit of 0", `{"messages":[` + ask + `],"max_tokens":0}`, "max_tokens", "at least 1"},
		{"half a token", `{"messages":[` + ask + `],"max_tokens":1.5}`, "max_tokens", "whole number"},
		{"no role", with(`{"content":"u"}`, ""), "messages[0].role", "is missing"},
		{"a role nobody has", with(`{"role":"bot","content":"u"}`, ""), "messages[0].role", "is bot"},
		{"empty content", with(`{"role":"user","content":""}`, ""), "messages[0].content", "is empty"},
		{"no blocks", with(`{"role":"user","content":[]}`, ""), "messages[0].content", "is empty"},
		{"no content", with(`{"role":"user"}`, ""), "messages[0].content", "is missing"},
		{"content of another kind", with(`{"role":"user","content":7}`, ""), "messages[0].content", "is a number, not a list"},
		{"an empty text", user(`{"type":"text","text":""}`), "messages[0].content[0].text", "is empty"},
		{"a block nobody knows", user(`{"type":"hologram"}`), "messages[0].content[0].type", "no such block"},
		{"a user who thinks", user(`{"type":"thinking","thinking":"x","signature":"y"}`), "messages[0].content[0].type", "role user has none"},
		{"an image that is not base64", user(`{"type":"image","source":{"type":"base64","media_type":"image/png","data":"data:xx"}}`), "messages[0].content[0].source.data", "not base64"},
		{"an image of another kind", user(`{"type":"image","source":{"type":"base64","media_type":"image/tiff","data":"aGk="}}`), "messages[0].content[0].source.media_type", "is image/tiff"},
		{"a url that is a file", user(`{"type":"image","source":{"type":"url","url":"file:///x"}}`), "messages[0].content[0].source.url", "address"},
		{"a document of another kind", user(`{"type":"document","source":{"type":"base64","media_type":"text/html","data":"aGk="}}`), "messages[0].content[0].source.media_type", "application/pdf"},
		{"a cache mark of a day", user(`{"type":"text","text":"u","cache_control":{"type":"ephemeral","ttl":"24h"}}`), "messages[0].content[0].cache_control.ttl", "5m or 1h"},
		{"five cache marks", user(strings.Repeat(`{"type":"text","text":"u","cache_control":{"type":"ephemeral"}},`, 4) + `{"type":"text","text":"u","cache_control":{"type":"ephemeral"}}`), "messages[0].content[4].cache_control", "more than 4"},
		{"a result without its call", with(ask+","+result("t1"), ""), "messages[1].content[0].tool_use_id", "answers no call"},
		{"a result of another call", with(ask+","+use+","+result("t2"), ""), "messages[2].content[0].tool_use_id", "answers no call"},
		{"a result twice", with(ask+","+use+","+result("t1")+","+result("t1"), ""), "messages[3].content[0].tool_use_id", "has its result"},
		{"a call without its result", with(ask+","+use+","+ask, ""), "messages[1].content[0].id", "no result"},
		{"a call at the end", with(ask+","+use, ""), "messages[1].content[0].id", "no result"},
		{"a call twice", with(ask+","+use+","+result("t1")+","+use+","+result("t1"), ""), "messages[3].content[0].id", "two calls"},
		{"a call of no function", with(ask+","+strings.Replace(use, `"f"`, `"f g"`, 1), ""), "messages[1].content[0].name", "letters"},
		{"arguments that are a list", with(ask+","+strings.Replace(use, `{}`, `[]`, 1), ""), "messages[1].content[0].input", "not an object"},
		{"a temperature of OpenAI's", with(ask, `,"temperature":1.5`), "temperature", "from 0 to 1"},
		{"a temperature that is text", with(ask, `,"temperature":"0"`), "temperature", "is text, not a number"},
		{"top_p", with(ask, `,"top_p":-0.1`), "top_p", "from 0 to 1"},
		{"top_k", with(ask, `,"top_k":-1`), "top_k", "below 0"},
		{"an absurd number", with(ask, `,"top_k":1e999`), "top_k", "is 1e999"},
		{"an empty stop", with(ask, `,"stop_sequences":["a",""]`), "stop_sequences[1]", "is empty"},
		{"a stop that is none", with(ask, `,"stop_sequences":[1]`), "stop_sequences[0]", "not text"},
		{"little thinking", with(ask, `,"thinking":{"type":"enabled","budget_tokens":1000}`), "thinking.budget_tokens", "at least 1024"},
		{"more thinking than tokens", with(ask, `,"thinking":{"type":"enabled","budget_tokens":2000}`), "thinking.budget_tokens", "is 2000 and max_tokens 2000"},
		{"thinking of no kind", with(ask, `,"thinking":{"type":"hard"}`), "thinking.type", "is hard"},
		{"a tool without a name", with(ask, `,"tools":[{"input_schema":{}}]`), "tools[0].name", "letters"},
		{"a tool twice", with(ask, `,"tools":[{"name":"f","input_schema":{}},{"name":"f","input_schema":{}}]`), "tools[1].name", "two tools"},
		{"a tool without a schema", with(ask, `,"tools":[{"name":"f"}]`), "tools[0].input_schema", "is missing"},
		{"a choice of no tool", with(ask, `,"tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"tool","name":"g"}`), "tool_choice.name", "no tool"},
		{"a choice among none", with(ask, `,"tool_choice":{"type":"any"}`), "tool_choice", "has none"},
		{"an effort of no kind", with(ask, `,"output_config":{"effort":"minimal"}`), "output_config.effort", "is minimal"},
		{"the older form says nothing", `{"prompt":" ","max_tokens":1}`, "prompt", "is empty"},
		{"the older form asks nothing", `{"prompt":"\n\nAssistant: Well","max_tokens":1}`, "prompt", "no turn of a human's"},
		{"the older form without a limit", `{"prompt":"Hi"}`, "max_tokens", "is missing"},
		{"a role in another alphabet than a terminal's", with(`{"role":"\u001b[2J\n","content":"u"}`, ""), "messages[0].role", `is "\x1b[2J\n"`},
		{"a member that would move the cursor", with(ask, `,"\u001b[A":1,"\u001b[A":2`), `["\x1b[A"]`, "twice"},
		{"a model that is no name", `{"model":"m\n"}`, "model", "printable"},
		{"a result in a result", with(ask+","+use+","+strings.Replace(result("t1"), `"t1"`, `"t1","content":[{"type":"tool_result"}]`, 1), ""), "messages[2].content[0].content[0].type", "a tool_result has none"},
		{"a text of another encoding", with("{\"role\":\"user\",\"content\":\"caf\xe9\"}", ""), "", "not UTF-8 at byte 73"},
		{"half of a character", with(`{"role":"user","content":"\\ud83d \ud83d\ude00 \ud83d"}`, ""), "", "half of a character at byte 91"},
		{"the other half", with(`{"role":"user","content":"\ude00"}`, ""), "", "half of a character at byte 70"},
		{"a name that is no path", `{"prompt":"Hi","max_tokens":1,"a.b":1,"a.b":2}`, `["a.b"]`, "twice"},
	} {
		_, err := Read("anthropic", []byte(tc.body))
		var invalid *Invalid
		if !errors.As(err, &invalid) || invalid.Path != tc.path || !strings.Contains(invalid.Error(), tc.say) {
			t.Errorf("%s: %v, want %s: %s", tc.intent, err, tc.path, tc.say)
		}
	}
}

func TestReadIsBounded(t *testing.T) {
	for _, tc := range []struct{ intent, body, say string }{
		{"too long", `"` + strings.Repeat(" ", maxBody) + `"`, "more than 33554432"},
		{"too deep", strings.Repeat("[", 20000), "exceeded max depth"},
		{"too many blocks", `{"max_tokens":1,"messages":[{"role":"user","content":[` + strings.Repeat("1,", maxElements) + `1]}]}`, "messages[0].content is where"},
		{"too many turns", `{"max_tokens":1,"prompt":"` + strings.Repeat(`\n\nHuman:`, maxElements) + `"}`, "too many turns"},
		{"too many members", `{"prompt":"u","max_tokens":1,"metadata":{` + members(maxMembers+1) + `}}`, "more than 10000 members"},
		{"a long name", `{"messages":[{"` + strings.Repeat("x", 1<<20) + `":1,"` + strings.Repeat("x", 1<<20) + `":1}]}`, "twice"},
	} {
		_, err := Read("anthropic", []byte(tc.body))
		if err == nil || !strings.Contains(err.Error(), tc.say) || len(err.Error()) > 1000 {
			t.Errorf("%s: %.300v", tc.intent, err)
		}
	}
	calls := strings.Repeat(`{"id":"x","type":"function","function":{"name":"f"}},`, maxCalls) + `{}`
	_, err := Read("openai", []byte(`{"messages":[{"role":"user","content":"u"},{"role":"assistant","tool_calls":[`+calls+`]}]}`))
	if err == nil || !strings.Contains(err.Error(), "messages[1].tool_calls has more than 1000 calls") {
		t.Errorf("too many calls: %.300v", err)
	}
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"m%d":0,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func TestReadKnowsItsDialects(t *testing.T) {
	if _, err := Read("esperanto", nil); err == nil || !strings.Contains(err.Error(), "anthropic") {
		t.Errorf("%v", err)
	}
}

func ExampleRead() {
	_, err := Read("anthropic", []byte(`{"max_tokens": 64, "messages": [{"role": "user", "content": ""}]}`))
	fmt.Println(err)
	// Output: messages[0].content is empty: give it text, or leave the message out
}

// FuzzRead holds every dialect to this: a request that is read asks something and has
// only JSON where it keeps JSON, and a refusal says what is wrong.
func FuzzRead(f *testing.F) {
	f.Add(everything(f))
	f.Add([]byte(`{"prompt":"\n\nHuman: Hi\n\nAssistant:","max_tokens_to_sample":5}`))
	f.Add([]byte(`{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":"u"}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, name := range Names() {
			req, err := Read(name, body)
			var invalid *Invalid
			switch {
			case err != nil:
				if !errors.As(err, &invalid) || invalid.Problem == "" {
					t.Errorf("%s: refused without saying why: %v", name, err)
				}
				continue
			case len(req.Messages) == 0:
				t.Errorf("%s: read without messages", name)
			}
			for path, raw := range req.Foreign {
				if path == "" || !json.Valid(raw) {
					t.Errorf("%s: %q keeps %q", name, path, raw)
				}
			}
			if _, err := json.Marshal(req); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
