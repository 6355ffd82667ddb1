package convert

import (
	"encoding/json"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"switchover/targets/chat"
)

// fatesOf are the fields that are not lossless, as "field: fate", and the body.
func fatesOf(t *testing.T, from, protocol, request string) ([]string, string) {
	t.Helper()
	c := Converter{From: from, Protocol: to(t, protocol), Model: "m"}
	got := c.Convert([]byte(request))
	var lost []string
	for _, l := range got.Fields {
		if l.Fate != chat.Lossless {
			lost = append(lost, l.String())
		}
	}
	return lost, string(got.Body)
}

// What no protocol's table can know of a field, because it depends on the value, is
// said to be lost all the same.
func TestWhatAValueLosesIsSaid(t *testing.T) {
	const (
		off      = `{"max_tokens":9,"messages":[{"role":"user","content":"u"}],"thinking":{"type":"disabled"},"output_config":{"effort":"high"}}`
		named    = `{"messages":[{"role":"user","content":"u"}],"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"}}}}`
		titled   = `{"max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","title":"t","source":{"type":"url","url":"https://example.com/a.pdf"}}]}]}`
		pictured = `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}},{"type":"text","text":"b"}]}]}`
		ended    = `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}]}`
	)
	result := func(blocks string) string {
		return `{"max_tokens":9,"messages":[{"role":"user","content":"u"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]},` +
			`{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[` + blocks + `]}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}]}`
	}
	const picture = `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}`
	for _, tc := range []struct{ intent, from, to, request, want string }{
		{"an effort with thinking off", "anthropic", "openai", off, "effort: dropped"},
		{"an effort with thinking off", "anthropic", "openai-responses", off, "effort: dropped"},
		{"an effort with thinking off", "anthropic", "mistral", off, "effort: dropped"},
		{"an effort with thinking off", "anthropic", "tencent", off, "effort: dropped"},
		{"a schema's name", "openai", "anthropic", named, "JSON schema: approximate"},
		{"a schema's name", "openai", "gemini", named, "JSON schema: approximate"},
		{"a schema's name", "openai", "ollama", named, "JSON schema: approximate"},
		{"a schema's name", "openai", "llamacpp", named, "JSON schema: approximate"},
		{"a schema's name", "openai", "tgi", named, "JSON schema: approximate"},
		{"the name of a document that has an address", "anthropic", "openai-responses", titled, "document url: approximate"},
		{"what only OpenAI knows", "openai", "mistral", `{"messages":[{"role":"user","name":"ann","content":"u"}]}`, "other fields: dropped"},
		{"a picture between texts", "openai", "ollama", pictured, "image: approximate"},
		{"a result's text after its picture", "anthropic", "gemini", result(picture + `,{"type":"text","text":"b"}`), "images in tool results: approximate"},
		{"the name of a document in a result", "anthropic", "gemini", result(`{"type":"document","title":"t","source":{"type":"text","media_type":"text/plain","data":"d"}}`), "images in tool results: approximate"},
	} {
		if lost, body := fatesOf(t, tc.from, tc.to, tc.request); !slices.Contains(lost, tc.want) {
			t.Errorf("%s to %s: lost %q, want %s\n%s", tc.intent, tc.to, lost, tc.want, body)
		}
	}
	for _, tc := range []struct{ intent, from, to, request, not string }{
		{"a schema's name", "openai", "openai", named, "JSON schema"},
		{"what Mistral knows, too", "openai", "mistral", `{"messages":[{"role":"user","content":"u"}],"safe_prompt":true}`, "other fields"},
		{"a picture after the text", "openai", "ollama", ended, "image"},
		{"a result's picture after its text", "anthropic", "gemini", result(`{"type":"text","text":"b"},` + picture), "images in tool results"},
		{"a picture's bytes beside another's address", "anthropic", "bedrock",
			`{"max_tokens":9,"messages":[{"role":"user","content":[` + picture + `,{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}]}]}`, "image:"},
	} {
		if lost, body := fatesOf(t, tc.from, tc.to, tc.request); slices.ContainsFunc(lost, func(l string) bool { return strings.HasPrefix(l, tc.not) }) {
			t.Errorf("%s to %s: lost %q\n%s", tc.intent, tc.to, lost, body)
		}
	}
}

// What only its own dialect knows stands, when a request is written in that dialect
// again, where it stood.
func TestForeignStaysInItsPlace(t *testing.T) {
	const (
		ask   = `{"role":"user","content":"u"}`
		call  = `{"type":"tool_use","id":"t","name":"f","input":{}}`
		found = `{"type":"tool_result","tool_use_id":"t","content":"r"}`
		page  = `{"type":"search_result","source":"s","title":"p","content":[]}`
		cited = `{"type":"text","text":"c","citations":[{"type":"char_location"}]}`
	)
	for _, tc := range []struct{ intent, dialect, messages, want string }{
		{"parts that only a server can read", "openai", `{"role":"user","content":[{"type":"file","file":{"file_id":"f1"}},{"type":"file","file":{"file_id":"f2"}}]},` + ask, ""},
		{"after results and text in messages of their own", "anthropic",
			ask + `,{"role":"assistant","content":[` + call + `]},{"role":"user","content":[` + found + `]},{"role":"user","content":[{"type":"text","text":"v"}]},{"role":"assistant","content":[` + cited + `,` + page + `]},` + ask,
			ask + `,{"role":"assistant","content":[` + call + `]},{"role":"user","content":[` + found + `,{"type":"text","text":"v"}]},{"role":"assistant","content":[` + cited + `,` + page + `]},` + ask},
		{"in what joins the results", "anthropic",
			ask + `,{"role":"assistant","content":[` + call + `]},{"role":"user","content":[` + found + `,` + page + `]},{"role":"user","content":[{"type":"text","text":"v"},` + page + `]}`,
			ask + `,{"role":"assistant","content":[` + call + `]},{"role":"user","content":[` + found + `,` + page + `,{"type":"text","text":"v"},` + page + `]}`},
		{"in a text after a call", "anthropic",
			ask + `,{"role":"assistant","content":[` + call + `,` + cited + `]},{"role":"user","content":[` + found + `]}`,
			ask + `,{"role":"assistant","content":[` + cited + `,` + call + `]},{"role":"user","content":[` + found + `]}`},
		{"who made a call, where it is not the model", "anthropic",
			ask + `,{"role":"assistant","content":[` + cited + `,` + call[:len(call)-1] + `,"caller":{"type":"code_execution_20250825","tool_id":"s"}}]},{"role":"user","content":[` + found + `]}`, ""},
		{"after a system message that comes first", "anthropic", `{"role":"system","content":"s"},` + ask + `,{"role":"assistant","content":[` + cited + `]},` + ask,
			ask + `,{"role":"assistant","content":[` + cited + `]},` + ask},
	} {
		if tc.want == "" {
			tc.want = tc.messages
		}
		lost, body := fatesOf(t, tc.dialect, tc.dialect, `{"model":"m","max_tokens":9,"messages":[`+tc.messages+`]}`)
		var got struct{ Messages []any }
		var want []any
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatalf("%s: %v", tc.intent, err)
		}
		if err := json.Unmarshal([]byte("["+tc.want+"]"), &want); err != nil {
			t.Fatal(err)
		}
		if len(lost) > 0 || !reflect.DeepEqual(got.Messages, want) {
			t.Errorf("%s: lost %q\n%s\nwant messages %s", tc.intent, lost, body, tc.want)
		}
	}
}

// A request as large as the reader takes is converted in a time that grows with it.
func TestManySmallPiecesAreConverted(t *testing.T) {
	const n = 10_000
	document := `{"type":"document","title":"t","source":{"type":"text","media_type":"text/plain","data":"d"}}`
	for _, tc := range []struct{ intent, to, messages string }{
		{"documents of one name", "bedrock", `{"role":"user","content":[` + strings.Repeat(document+",", n) + document + `]}`},
		{"messages that become one", "tencent-tc3", strings.Repeat(`{"role":"user","content":"`+strings.Repeat("x", 300)+`"},`, n) + `{"role":"user","content":"u"}`},
	} {
		c := Converter{From: "anthropic", Protocol: to(t, tc.to), Model: "m"}
		request := []byte(`{"max_tokens":9,"messages":[` + tc.messages + `]}`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := c.Convert(request)
		runtime.ReadMemStats(&after)
		// What is joined piece by piece, or tried name by name, is written again for each.
		took := (after.TotalAlloc - before.TotalAlloc) / uint64(len(request))
		if got.Refused != nil || took > 500 {
			t.Errorf("%s: %v, with %d bytes written for each of the request's", tc.intent, got.Refused, took)
		}
	}
}

// What the source says in words that only its own dialect knows is not lost to what the
// protocol would say there by itself; where the two differ, that is said.
func TestTheSourcesOwnWordsStand(t *testing.T) {
	const called = `{"role":"assistant","content":null,"reasoning_content":"Hm.","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"x"}`
	lost, body := fatesOf(t, "openai", "deepseek", `{"messages":[{"role":"user","content":"u"},`+called+`]}`)
	if len(lost) > 0 || !strings.Contains(body, `"reasoning_content":"Hm."`) {
		t.Errorf("reasoning before a call: lost %q\n%s", lost, body)
	}
	lost, body = fatesOf(t, "openai", "deepseek", `{"messages":[{"role":"user","content":"u"}],"reasoning_effort":"none","thinking":{"type":"enabled"}}`)
	if !slices.Contains(lost, "other fields: dropped") {
		t.Errorf("thinking that is asked for and turned off: lost %q\n%s", lost, body)
	}
}
