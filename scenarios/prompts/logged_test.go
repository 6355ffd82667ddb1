package prompts

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
	"switchover/scenarios/prompts/redact"
	"switchover/targets/chat"
)

// readOne reads a log of one line.
func readOne(t *testing.T, format, line string, r *redact.Redactor) (*Set, *results.Conversation) {
	t.Helper()
	var flat bytes.Buffer
	if err := json.Compact(&flat, []byte(line)); err != nil {
		t.Fatal(err)
	}
	set, err := Read(&flat, "f", Options{Format: format, Redact: r})
	if err != nil {
		t.Fatal(err)
	}
	return set, &set.Conversations[0]
}

// everything is a request of Claude's with about all that there is.
const everything = `{"model":"claude-sonnet-5","max_tokens":4096,"temperature":0.5,"top_k":40,"stream":true,
	"system":[{"type":"text","text":"Be brief."},{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral","ttl":"1h"}}],
	"tools":[{"name":"find","description":"Finds.","input_schema":{"type":"object","properties":{"b":{},"a":{}}}}],
	"tool_choice":{"type":"any","disable_parallel_tool_use":true},"stop_sequences":["END"],
	"thinking":{"type":"enabled","budget_tokens":1024},"metadata":{"user_id":"u-1"},"context_management":{"edits":[]},
	"messages":[
		{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},{"type":"text","text":"Where is it?"}]},
		{"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"s"},{"type":"tool_use","id":"t1","name":"find","input":{"what":"it"}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":true,"content":[{"type":"text","text":"Gone."}]},{"type":"text","text":"Try again."}]}]}`

// A request with tools is asked once, with the history it had, and with all that it
// asked for.
func TestARequestWithToolsIsAskedAsItWas(t *testing.T) {
	_, got := readOne(t, FormatAnthropic, `{"request":`+everything+`,"response":{"content":[{"type":"tool_use","id":"t2","name":"find","input":{}},{"type":"text","text":"Here."}]}}`, nil)
	half, forty := 0.5, 40
	want := results.Conversation{
		Item: "line-1", Turns: []string{"Try again."}, Recorded: []string{"Here."}, MaxTokens: 4096,
		Tools: []chat.Tool{{Name: "find", Description: "Finds.", Parameters: []byte(`{"type":"object","properties":{"b":{},"a":{}}}`)}},
		Request: &chat.Request{
			Dialect: "anthropic", User: "u-1", ToolChoice: chat.ToolChoice{Mode: chat.ToolsAny, Single: true},
			Params: chat.Params{Temperature: &half, TopK: &forty, Stop: []string{"END"}, Thinking: chat.Thinking{Mode: chat.ThinkingOn, Budget: 1024}},
			Messages: []chat.Message{
				{Role: chat.System, Parts: []chat.Part{{Kind: chat.TextPart, Text: "Be brief."}, {Kind: chat.TextPart, Text: "Be kind.", Cache: "1h"}}},
				{Role: chat.User, Parts: []chat.Part{{Kind: chat.ImagePart, MediaType: "image/png", Data: "aGk="}, {Kind: chat.TextPart, Text: "Where is it?"}}},
				{Role: chat.Assistant, Parts: []chat.Part{{Kind: chat.ThinkingPart, Text: "Hm.", Signature: "s"}}, ToolCalls: []chat.ToolCall{{ID: "t1", Name: "find", Arguments: `{"what":"it"}`}}},
				{Role: chat.ToolRole, ToolCallID: "t1", Content: "Gone.", IsError: true},
			},
			Foreign: map[string]json.RawMessage{"context_management": []byte(`{"edits":[]}`)},
		},
	}
	if d := cmp.Diff(&want, got); d != "" {
		t.Error(d)
	}
	if n := len(got.Opening("Other.")); n != 4 || got.Opening("Other.")[0].Content != "Other." {
		t.Errorf("behind another system prompt: %+v", got.Opening("Other."))
	}
}

// Which turns are asked: each of a conversation in words and pictures, the last of one
// that was had with tools.
func TestWhichTurnsOfALogAreAsked(t *testing.T) {
	const picture = `{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}`
	const calls = `{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"x"}`
	for intent, tc := range map[string]struct {
		messages      string
		turns, before int
		asks          bool
	}{
		"a picture, then words":           {`{"role":"user","content":[` + picture + `]},{"role":"assistant","content":"A cat."},{"role":"user","content":"Sure?"}`, 2, 0, true},
		"the result of a tool":            {`{"role":"user","content":"Where?"},` + calls, 1, 3, false},
		"a question behind it":            {`{"role":"user","content":"Where?"},` + calls + `,{"role":"user","content":"Sure?"}`, 1, 3, true},
		"a recorded call is not asked":    {`{"role":"user","content":"Where?"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]}`, 1, 0, true},
		"the system in between":           {`{"role":"user","content":"A?"},{"role":"assistant","content":"a"},{"role":"system","content":"S"},{"role":"user","content":"B?"}`, 1, 3, true},
		"what one dialect alone can say":  {`{"role":"user","content":"A?","name":"ann"},{"role":"assistant","content":"a"},{"role":"user","content":"B?"}`, 1, 2, true},
		"two pictures, one after another": {`{"role":"user","content":[` + picture + `]},{"role":"user","content":[` + picture + `]}`, 1, 0, true},
	} {
		_, c := readOne(t, FormatOpenAI, `{"messages":[`+tc.messages+`]}`, nil)
		if _, asks := c.Question(len(c.Turns) - 1); len(c.Turns) != tc.turns || len(c.Opening("")) != tc.before || asks != tc.asks {
			t.Errorf("%s: %d turns, %d messages before, asks %v: %+v", intent, len(c.Turns), len(c.Opening("")), asks, c)
		}
	}
}

// What a run's journal could not keep is left out.
func TestRequestsThatAreTooLarge(t *testing.T) {
	pair := func(n int) string {
		return fmt.Sprintf(`{"messages":[{"role":"user","content":[{"type":"text","text":%q}]}]}`, strings.Repeat("<", n)) + "\n"
	}
	set, err := Read(strings.NewReader(pair(10)+pair(4<<20)), "f", Options{Format: FormatOpenAI})
	if err != nil || len(set.Conversations) != 1 || !cmp.Equal(set.Left, []Tally{{"more than 16 MiB", 1, 2}}) {
		t.Errorf("%v, %v", set, err)
	}
}

// Several answers at once are no measurement.
func TestOneAnswerIsAsked(t *testing.T) {
	set, c := readOne(t, FormatOpenAI, `{"n":3,"messages":[{"role":"user","content":"A?"}]}`, nil)
	if !cmp.Equal(set.Changed, []Tally{{changeSeveral, 1, 1}}) || c.Request != nil {
		t.Errorf("%+v, %+v", set.Changed, c)
	}
}

// Nothing personal is left in any part of a request with tools, pictures and
// documents; what redaction cannot look into is counted.
func TestRichRequestsAreRedacted(t *testing.T) {
	r, err := redact.New(redact.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	encoded := base64.StdEncoding.EncodeToString([]byte("Written by ann@example.com."))
	for _, tc := range []struct{ format, line string }{
		{FormatAnthropic, `{"model":"m","max_tokens":2000,"metadata":{"user_id":"u-4711-ann","trace":"t-4711"},
			"thinking":{"type":"enabled","budget_tokens":1024},
			"system":[{"type":"text","text":"You work for ann@example.com."},{"type":"text","text":"Be kind."}],
			"tools":[{"name":"find","description":"Ask ann@example.com.","input_schema":{"type":"object","properties":{"z":{"enum":["ann@example.com"]},"a":{}}}},
				{"type":"mcp_toolset","mcp_server_name":"x","note":"ann@example.com"}],
			"for ann@example.com":"yes",
			"mcp_servers":[{"type":"url","url":"https://mcp.example.com","authorization_token":"hunter2hunter2"}],
			"messages":[
				{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},
					{"type":"document","title":"ann@example.com.txt","source":{"type":"text","media_type":"text/plain","data":"By ann@example.com"}},
					{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="}},
					{"type":"search_result","source":"s","title":"ann@example.com","content":[]},
					{"type":"text","text":"I am ann@example.com."}]},
				{"role":"assistant","content":[{"type":"thinking","thinking":"It is ann@example.com.","signature":"s"},{"type":"text","text":"Let me see."},
					{"type":"tool_use","id":"t1","name":"find","input":{"mail":"ann@example.com","phone":4155551234,"ann@example.com":true,"escaped":"\u0061nn@example.com","n":3,"of ann@example.com":7,"to ann@example.com":"x: y"}}]},
				{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"ann@example.com, 415-555-1234"}]}]}`},
		{FormatOpenAI, `{"user":"u-4711-ann","safety_identifier":"u-4711-ann","prompt_cache_key":"u-4711-ann","metadata":{"ann@example.com":"u-4711-ann"},"stop":["ann@example.com"],
			"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object","description":"of ann@example.com"}}},
			"prediction":{"type":"content","content":"ann@example.com"},
			"messages":[{"role":"user","name":"ann-smith","content":[{"type":"file","file":{"filename":"ann@example.com","file_data":"data:text/plain;base64,` + encoded + `"}},
				{"type":"file","file":{"file_data":"data:application/json;base64,` + encoded + `"}},
				{"type":"image_url","image_url":{"url":"https://example.com/a.png?user=ann@example.com"}},{"type":"input_audio","input_audio":{"format":"wav","data":"aGk="}}]},
				{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"mail\": \"ann@example.com\", \"phone\": 4155551234"}}]},
				{"role":"tool","tool_call_id":"1","content":"ann@example.com"}]}`},
	} {
		set, c := readOne(t, tc.format, tc.line, r)
		left, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"ann@", "4155551234", "415-555", "smith", "4711", "hunter2", encoded} {
			if bytes.Contains(left, []byte(secret)) {
				t.Errorf("%s: %s is left in\n%s", tc.format, secret, left)
			}
		}
		if set.Redacted["email"] < 5 || set.Redacted[kindUser] == 0 || set.Redacted[kindMetadata] == 0 || set.Unseen["image"] != 1 {
			t.Errorf("%s: %v, not looked into: %v", tc.format, set.Redacted, set.Unseen)
		}
		if tc.format != FormatAnthropic {
			continue
		}
		call := c.Request.Messages[len(c.Request.Messages)-2]
		if want := `{"mail":"[EMAIL_1]","phone":"[PHONE_1]","[EMAIL_1]":true,"escaped":"[EMAIL_1]","n":3,"of [EMAIL_1]":7,"to [EMAIL_1]":"x: y"}`; call.ToolCalls[0].Arguments != want {
			t.Errorf("arguments are %s, want %s", call.ToolCalls[0].Arguments, want)
		}
		if got := string(c.Request.Foreign[`["for [EMAIL_1]"]`]); got != `"yes"` {
			t.Errorf("what has a personal name: %s of %s", got, c.Request.Foreign)
		}
		if len(call.Parts) != 1 || call.Parts[0].Kind != chat.TextPart {
			t.Errorf("thinking that was changed, with its signature: %+v", call.Parts)
		}
		if got := string(c.Tools[0].Parameters); got != `{"type":"object","properties":{"z":{"enum":["[EMAIL_1]"]},"a":{}}}` {
			t.Errorf("a schema in another order: %s", got)
		}
	}
}

// What only Claude's dialect says of a message stays with it where thinking before it is
// withheld.
func TestThinkingThatIsWithheldLeavesTheRest(t *testing.T) {
	r, err := redact.New(redact.Rules{})
	if err != nil {
		t.Fatal(err)
	}
	const thought = `{"type":"thinking","thinking":"It is ann@example.com.","signature":"s"}`
	_, c := readOne(t, FormatAnthropic, `{"model":"m","max_tokens":2000,"system":"Be brief.","messages":[
		{"role":"user","content":"A?"},
		{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},`+thought+`,{"type":"search_result","source":"s","title":"p","content":[]},
			{"type":"text","text":"B.","citations":[{"x":1}]},{"type":"tool_use","id":"t","name":"f","input":{}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"r"},{"type":"text","text":"C?"}]},
		{"role":"assistant","content":[`+thought+`,{"type":"text","text":"D.","citations":[{"y":1}]}]},
		{"role":"user","content":"D2?"},{"role":"assistant","content":[`+thought+`]},
		{"role":"user","content":[{"type":"text","text":"E?","citations":[{"z":1}]}]}]}`, r)
	if m := c.Request.Messages[len(c.Request.Messages)-1]; m.Role != chat.Assistant || m.Content != withheldThinking {
		t.Errorf("an answer of thinking alone: %+v", m)
	}
	var places []string
	for path := range c.Request.Foreign {
		places = append(places, path)
	}
	slices.Sort(places)
	want := "messages[1].content[0] messages[1].content[1] messages[1].content[2].citations messages[3].content[0].citations messages[6].content[0].citations"
	if got := strings.Join(places, " "); got != want {
		t.Errorf("places are %s\nwant %s", got, want)
	}
}

// FuzzRewrite: JSON that is written anew says the same, and every text and number in
// it was seen.
func FuzzRewrite(f *testing.F) {
	for _, s := range []string{`{"a":[1,"x",{"b":null}],"c":true}`, `"\u00e9<"`, `[]`, `{"":{}}`, `[[{"a":-1.5e3}],2]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if !json.Valid(src) {
			return
		}
		out := rewrite(src, "", func(l leaf) any {
			if l.isText {
				return l.text
			}
			return json.Number(l.text)
		})
		var before, after any
		if err := json.Unmarshal(src, &before); err != nil {
			return // a number that no type holds
		}
		if err := json.Unmarshal(out, &after); err != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("%s became %s: %v", src, out, err)
		}
		blank := rewrite(src, "", func(leaf) any { return "" })
		if bytes.ContainsAny(bytes.NewBuffer(blank).Bytes(), "0123456789") {
			t.Errorf("of %s there is left %s", src, blank)
		}
	})
}
