package wire

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
)

// askedOf is the body of a request as a protocol says it, and what it says is lost.
func askedOf(t *testing.T, p Protocol, ep Endpoint, req chat.Request) (body map[string]any, lost string) {
	t.Helper()
	r, losses, err := p.Encode(ep, req)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, l := range losses {
		said = append(said, l.String())
	}
	return object(t, sent), strings.Join(said, ", ")
}

const (
	anyServer   = "http://127.0.0.1:8000/v1"
	openAItself = "https://api.openai.com/v1"
)

// holdToBody compares a body with what it is to be, but for members that every one has.
func holdToBody(t *testing.T, intent string, got map[string]any, want string) {
	t.Helper()
	for _, name := range []string{"model", "messages", "input", "prompt", "stream", "stream_options", "store"} {
		if !strings.Contains(want, `"`+name+`":`) {
			delete(got, name)
		}
	}
	if diff := cmp.Diff(object(t, []byte("{"+want+"}")), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", intent, diff)
	}
}

// What is asked of each of OpenAI's protocols, by where it is asked and of which model.
func TestOpenAIParameters(t *testing.T) {
	hello := []chat.Message{{Role: chat.User, Content: "hello"}}
	think := func(th chat.Thinking) chat.Params { return chat.Params{Thinking: th} }
	schema := chat.Format{JSON: true, Schema: json.RawMessage(`{"type":"object"}`), Strict: true}
	for _, tc := range []struct {
		intent, url, model string
		req                chat.Request
		chat, responses    string
		lost               string // of chat completions
	}{
		{"a temperature as the API allows, of any server", anyServer, "gpt-5", chat.Request{Params: chat.Params{AsAllowed: true}}, `"temperature":0`, `"temperature":0`, ""},
		{"of a model that takes one", openAItself, "gpt-4.1", chat.Request{Params: chat.Params{AsAllowed: true}}, `"temperature":0`, `"temperature":0`, ""},
		{"of a model that refuses it", openAItself, "gpt-5-mini", chat.Request{Params: chat.Params{AsAllowed: true}}, ``, ``, ""},
		{"and a top_p, too", openAItself, "gpt-5-mini", chat.Request{Params: chat.Params{AsAllowed: true, TopP: ptr(0.5)}}, ``, ``, "top_p: dropped"},
		{"of one of the gpt-6 series", openAItself, "gpt-6.1-sol", chat.Request{Params: chat.Params{AsAllowed: true}}, ``, ``, ""},
		{"of one of the o series", openAItself, "o4-mini", chat.Request{Params: chat.Params{AsAllowed: true}}, ``, ``, ""},
		{"of gpt-5-chat, which does not reason", openAItself, "gpt-5-chat-latest", chat.Request{Params: chat.Params{AsAllowed: true}}, `"temperature":0`, `"temperature":0`, ""},
		{"of one at Azure", "https://r.openai.azure.com/openai/v1", "o3", chat.Request{Params: chat.Params{AsAllowed: true}}, ``, ``, ""},
		{"no reasoning", anyServer, "m", chat.Request{Params: think(chat.Thinking{Mode: chat.ThinkingOff})}, `"reasoning_effort":"none"`, `"reasoning":{"effort":"none"}`, "thinking asked for: approximate"},
		{"reasoning", anyServer, "m", chat.Request{Params: think(chat.Thinking{Mode: chat.ThinkingOn})}, `"reasoning_effort":"medium"`, `"reasoning":{"effort":"medium"}`, "thinking asked for: approximate"},
		{"as the model likes", anyServer, "m", chat.Request{Params: think(chat.Thinking{Mode: chat.ThinkingAdaptive})}, ``, ``, "thinking asked for: approximate"},
		{"a little of it", anyServer, "m", chat.Request{Params: think(chat.Thinking{Mode: chat.ThinkingOn, Budget: 1024})}, `"reasoning_effort":"low"`, `"reasoning":{"effort":"low"}`, "thinking asked for: approximate, thinking budget: approximate"},
		{"more of it", anyServer, "m", chat.Request{Params: think(chat.Thinking{Budget: 4096})}, `"reasoning_effort":"medium"`, `"reasoning":{"effort":"medium"}`, "thinking budget: approximate"},
		{"much of it", anyServer, "m", chat.Request{Params: think(chat.Thinking{Budget: 16384})}, `"reasoning_effort":"high"`, `"reasoning":{"effort":"high"}`, "thinking budget: approximate"},
		{"as an effort", openAItself, "gpt-5", chat.Request{Params: think(chat.Thinking{Effort: "xhigh"})}, `"reasoning_effort":"xhigh"`, `"reasoning":{"effort":"xhigh"}`, ""},
		{"of a model that has none", openAItself, "gpt-4o", chat.Request{Params: think(chat.Thinking{Mode: chat.ThinkingOn, Budget: 4096, Effort: "low"})}, ``, ``, "thinking asked for: dropped, thinking budget: dropped, effort: dropped"},
		{"off, of a model that has none", openAItself, "gpt-4o", chat.Request{Params: think(chat.Thinking{Mode: chat.ThinkingOff})}, ``, ``, "thinking asked for: approximate"},
		{"top_k of an inference server", anyServer, "m", chat.Request{Params: chat.Params{TopK: ptr(5)}}, `"top_k":5`, ``, ""},
		{"top_k of OpenAI", openAItself, "m", chat.Request{Params: chat.Params{TopK: ptr(5)}}, ``, ``, "top_k: dropped"},
		{"five stops of OpenAI", openAItself, "m", chat.Request{Params: chat.Params{Stop: []string{"1", "2", "3", "4", "5"}}}, `"stop":["1","2","3","4"]`, ``, "stop: approximate"},
		{"five stops of any server", anyServer, "m", chat.Request{Params: chat.Params{Stop: []string{"1", "2", "3", "4", "5"}}}, `"stop":["1","2","3","4","5"]`, ``, ""},
		{"metadata of OpenAI, which is not to store it", openAItself, "m", chat.Request{Metadata: map[string]string{"a": "b"}}, ``, `"metadata":{"a":"b"}`, "metadata: dropped"},
		{"metadata of what is to be stored", openAItself, "m", chat.Request{Metadata: map[string]string{"a": "b"}, Params: chat.Params{Extra: map[string]json.RawMessage{"store": []byte("true")}}},
			`"metadata":{"a":"b"},"store":true`, `"metadata":{"a":"b"},"store":true`, ""},
		{"Anthropic's service tier", anyServer, "m", chat.Request{ServiceTier: "standard_only"}, `"service_tier":"default"`, `"service_tier":"default"`, "service tier: approximate"},
		{"a schema without a name", anyServer, "m", chat.Request{Format: schema}, `"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"},"strict":true}}`,
			`"text":{"format":{"type":"json_schema","name":"answer","schema":{"type":"object"},"strict":true}}`, ""},
		{"in one piece", anyServer, "m", chat.Request{Params: chat.Params{Whole: true, MaxTokens: 5}}, `"stream":false,"max_tokens":5`, `"stream":false,"max_output_tokens":5`, ""},
		{"without padding", openAItself, "m", chat.Request{}, `"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}`, `"stream":true,"stream_options":{"include_obfuscation":false}`, ""},
	} {
		tc.req.Messages = hello
		ep := Endpoint{URL: tc.url, Model: tc.model}
		got, lost := askedOf(t, OpenAI{}, ep, tc.req)
		holdToBody(t, "chat completions: "+tc.intent, got, tc.chat)
		if lost != tc.lost {
			t.Errorf("%s: lost %q, want %q", tc.intent, lost, tc.lost)
		}
		got, _ = askedOf(t, Responses{}, ep, tc.req)
		holdToBody(t, "responses: "+tc.intent, got, tc.responses)
	}
}

// talk is a conversation with all that can be told to OpenAI's protocols.
func talk() []chat.Message {
	return []chat.Message{
		{Role: chat.System, Content: "Be brief."},
		{Role: chat.User, Parts: []chat.Part{text("Look."), {Kind: chat.ImagePart, MediaType: "image/jpeg", Data: "aGk="}, {Kind: chat.ImagePart, URL: "https://example.com/a.png", Detail: "low"},
			pdf(chat.Part{Data: "aGk="}), {Kind: chat.DocumentPart, Name: "Notes", Text: "Read me."}}},
		{Role: chat.Assistant, Parts: []chat.Part{{Kind: chat.ThinkingPart, Text: "Hm."}, text("I look"), text("it up.")}, ToolCalls: []chat.ToolCall{{ID: "c1", Name: "f", Arguments: `{"a":1}`}, {ID: "c2", Name: "f", Arguments: ""}}},
		{Role: chat.ToolRole, ToolCallID: "c1", Parts: []chat.Part{text("seen"), {Kind: chat.ImagePart, MediaType: "image/png", Data: "aGk="}}},
		{Role: chat.ToolRole, ToolCallID: "c2", Content: "nothing", IsError: true},
		{Role: chat.User, Content: "And?"},
		{Role: chat.Assistant, Parts: []chat.Part{{Kind: chat.ThinkingPart, Text: "Hm."}}, ToolCalls: []chat.ToolCall{{ID: "c3", Name: "f", Arguments: "{}"}}},
		{Role: chat.ToolRole, ToolCallID: "c3", Parts: []chat.Part{{Kind: chat.ImagePart, URL: "https://example.com/b.png"}}},
	}
}

func TestOpenAIConversation(t *testing.T) {
	got, lost := askedOf(t, OpenAI{}, Endpoint{URL: anyServer, Model: "m"}, chat.Request{Messages: talk()})
	holdToBody(t, "chat completions", got, `"messages":[
		{"role":"system","content":"Be brief."},
		{"role":"user","content":[{"type":"text","text":"Look."},{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,aGk="}},{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}},
			{"type":"file","file":{"filename":"notes.pdf","file_data":"data:application/pdf;base64,aGk="}},{"type":"text","text":"Notes\n\nRead me."}]},
		{"role":"assistant","content":[{"type":"text","text":"I look"},{"type":"text","text":"it up."}],"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"f","arguments":""}}]},
		{"role":"tool","tool_call_id":"c1","content":"seen"},
		{"role":"tool","tool_call_id":"c2","content":"nothing"},
		{"role":"user","content":[{"type":"text","text":"From the result of c1:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]},
		{"role":"user","content":"And?"},
		{"role":"assistant","content":null,"tool_calls":[{"id":"c3","type":"function","function":{"name":"f","arguments":"{}"}}]},
		{"role":"tool","tool_call_id":"c3","content":""},
		{"role":"user","content":[{"type":"text","text":"From the result of c3:"},{"type":"image_url","image_url":{"url":"https://example.com/b.png"}}]}]`)
	if want := "document: approximate, thinking: dropped, images in tool results: approximate, tool result is_error: dropped"; lost != want {
		t.Errorf("chat completions lost %q", lost)
	}
	got, lost = askedOf(t, Responses{}, Endpoint{URL: anyServer, Model: "m"}, chat.Request{Messages: talk()})
	holdToBody(t, "responses", got, `"instructions":"Be brief.","input":[
		{"role":"user","content":[{"type":"input_text","text":"Look."},{"type":"input_image","image_url":"data:image/jpeg;base64,aGk=","detail":"auto"},{"type":"input_image","image_url":"https://example.com/a.png","detail":"low"},
			{"type":"input_file","filename":"notes.pdf","file_data":"data:application/pdf;base64,aGk="},{"type":"input_text","text":"Notes\n\nRead me."}]},
		{"role":"assistant","content":"I look"},{"role":"assistant","content":"it up."},
		{"type":"function_call","call_id":"c1","name":"f","arguments":"{\"a\":1}"},{"type":"function_call","call_id":"c2","name":"f","arguments":""},
		{"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"seen"},{"type":"input_image","image_url":"data:image/png;base64,aGk=","detail":"auto"}]},
		{"type":"function_call_output","call_id":"c2","output":"nothing"},
		{"role":"user","content":"And?"},
		{"type":"function_call","call_id":"c3","name":"f","arguments":"{}"},
		{"type":"function_call_output","call_id":"c3","output":[{"type":"input_image","image_url":"https://example.com/b.png","detail":"auto"}]}]`)
	if want := "document: approximate, thinking: dropped, tool result is_error: dropped"; lost != want {
		t.Errorf("responses lost %q", lost)
	}
}

func TestOpenAITools(t *testing.T) {
	req := chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "hello"}}, Tools: []chat.Tool{{Name: "f", Description: "d", Strict: true, Parameters: []byte(`{"type":"object"}`)}, {Name: "g"}},
		ToolChoice: chat.ToolChoice{Mode: chat.ToolsOne, Name: "f", Single: true}}
	got, _ := askedOf(t, OpenAI{}, Endpoint{URL: anyServer}, req)
	holdToBody(t, "chat completions", got, `"tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,"parameters":{"type":"object"}}},{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{}}}}],
		"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false`)
	got, _ = askedOf(t, Responses{}, Endpoint{URL: anyServer}, req)
	holdToBody(t, "responses", got, `"tools":[{"type":"function","name":"f","description":"d","strict":true,"parameters":{"type":"object"}},{"type":"function","name":"g","strict":false,"parameters":{"type":"object","properties":{}}}],
		"tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false`)
	for mode, want := range map[chat.ToolMode]string{chat.ToolsAuto: "auto", chat.ToolsAny: "required", chat.ToolsNone: "none"} {
		req.ToolChoice = chat.ToolChoice{Mode: mode}
		for _, p := range []Protocol{OpenAI{}, Responses{}} {
			if got, _ := askedOf(t, p, Endpoint{URL: anyServer}, req); got["tool_choice"] != want {
				t.Errorf("%T: %s is %v", p, mode, got["tool_choice"])
			}
		}
	}
}

func TestCompletionsParameters(t *testing.T) {
	hello := []chat.Message{{Role: chat.User, Content: "hello"}}
	for _, tc := range []struct {
		intent, url string
		req         chat.Request
		want, lost  string
	}{
		{"one message is the prompt", anyServer, chat.Request{Messages: hello}, `"prompt":"hello"`, ""},
		{"a conversation is written out", anyServer, chat.Request{Messages: []chat.Message{{Role: chat.System, Content: "s"}, {Role: chat.User, Content: "u"}}}, `"prompt":"s\n\nUser: u\n\nAssistant:"`, "system: approximate"},
		{"everything an inference server takes", anyServer, chat.Request{Messages: hello, User: "u", Format: chat.Format{JSON: true},
			Params: chat.Params{MaxTokens: 5, Exact: true, Temperature: ptr(0.5), TopP: ptr(0.5), TopK: ptr(3), Seed: ptr(int64(0)), Stop: []string{"x"}, FrequencyPenalty: ptr(1.0), PresencePenalty: ptr(1.0)}},
			`"max_tokens":5,"min_tokens":5,"ignore_eos":true,"temperature":0.5,"top_p":0.5,"top_k":3,"seed":0,"stop":["x"],"frequency_penalty":1,"presence_penalty":1,"user":"u","response_format":{"type":"json_object"}`, "JSON output: approximate"},
		{"what OpenAI takes of it", openAItself, chat.Request{Messages: hello, Params: chat.Params{MaxTokens: 5, Exact: true, TopK: ptr(3), AsAllowed: true}}, `"max_tokens":5,"temperature":0`, "exact length: dropped, top_k: dropped"},
	} {
		got, lost := askedOf(t, Completions{}, Endpoint{URL: tc.url, Model: "m"}, tc.req)
		if holdToBody(t, tc.intent, got, tc.want); lost != tc.lost {
			t.Errorf("%s: lost %q", tc.intent, lost)
		}
	}
}

// What cannot be asked of a protocol is refused by name before anything is sent.
func TestOpenAIRefuses(t *testing.T) {
	sound := func(p chat.Part) chat.Request {
		p.Kind = chat.AudioPart
		return chat.Request{Messages: []chat.Message{{Role: chat.User, Parts: []chat.Part{p}}}}
	}
	json := chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "hello"}}, Format: chat.Format{JSON: true}}
	for _, tc := range []struct {
		intent string
		p      Protocol
		url    string
		req    chat.Request
		want   string
	}{
		{"a sound by its address", OpenAI{}, anyServer, sound(chat.Part{URL: "https://example.com/a.wav"}), "protocol openai cannot be asked for: audio (chat completions take a sound's bytes, not its address)"},
		{"a sound of another kind", OpenAI{}, anyServer, sound(chat.Part{MediaType: "audio/ogg", Data: "aGk="}), "protocol openai cannot be asked for: audio (chat completions take wav and mp3 alone)"},
		{"any sound", Responses{}, anyServer, sound(chat.Part{MediaType: "audio/wav", Data: "aGk="}), "protocol openai-responses cannot be asked for: audio (the Responses API takes no sounds)"},
		{"JSON of OpenAI's completions", Completions{}, openAItself, json, "protocol openai-completions cannot be asked for: JSON output (OpenAI's completions have no format)"},
	} {
		_, _, err := tc.p.Encode(Endpoint{URL: tc.url, Model: "m"}, tc.req)
		if refusal := new(Refusal); !errors.As(err, &refusal) || err.Error() != tc.want {
			t.Errorf("%s: %v", tc.intent, err)
		}
	}
}
