package dialect

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
)

// openAIMessage is the shortest request.
const openAIMessages = `"messages":[{"role":"user","content":"Hi"}]`

func readAsOpenAI(t *testing.T, body string) *chat.Request {
	t.Helper()
	req, err := Read("openai", []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return req
}

func TestOpenAIEveryFeatureIsRead(t *testing.T) {
	req := readAsOpenAI(t, `{"model":"m","messages":[
		{"role":"developer","content":"Be brief."},
		{"role":"user","name":"ann","content":[{"type":"text","text":"Look."},
			{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}},
			{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}},
			{"type":"input_audio","input_audio":{"data":"aGk=","format":"mp3"}},
			{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="}}]},
		{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{"}}]},
		{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"two"}]},
		{"role":"tool","tool_call_id":"c1","content":"one"},
		{"role":"assistant","content":"Done.","reasoning_content":"Hm."},
		{"role":"user","content":"And?"}],
		"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},{"type":"function","function":{"name":"g"}},{"type":"custom","custom":{"name":"sql"}}],
		"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false,
		"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"},"strict":true}},
		"max_completion_tokens":9,"temperature":1.5,"top_p":0.5,"top_k":4,"seed":-9007199254740993,"stop":"END",
		"frequency_penalty":-2,"presence_penalty":2,"reasoning_effort":"high","user":"u","metadata":{"a":"b"},"service_tier":"flex",
		"stream":true,"stream_options":{"include_usage":true},"n":2,"logit_bias":{"50256":-100},"logprobs":true}`)
	want := &chat.Request{
		Model: "m",
		Messages: []chat.Message{
			{Role: chat.System, Content: "Be brief."},
			{Role: chat.User, Parts: []chat.Part{{Kind: chat.TextPart, Text: "Look."},
				{Kind: chat.ImagePart, URL: "https://example.com/a.png", Detail: "low"},
				{Kind: chat.ImagePart, MediaType: "image/png", Data: "aGk="},
				{Kind: chat.AudioPart, MediaType: "audio/mpeg", Data: "aGk="},
				{Kind: chat.DocumentPart, MediaType: "application/pdf", Name: "a.pdf", Data: "aGk="}}},
			{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "c1", Name: "f", Arguments: `{"a":1}`}, {ID: "c2", Name: "g", Arguments: "{"}}},
			{Role: chat.ToolRole, ToolCallID: "c2", Content: "two"},
			{Role: chat.ToolRole, ToolCallID: "c1", Content: "one"},
			{Role: chat.Assistant, Content: "Done."},
			{Role: chat.User, Content: "And?"}},
		Tools: []chat.Tool{{Name: "f", Description: "d", Parameters: []byte(`{"type":"object"}`), Strict: true}, {Name: "g"},
			{Hosted: "custom", Definition: []byte(`{"type":"custom","custom":{"name":"sql"}}`)}},
		ToolChoice: chat.ToolChoice{Mode: chat.ToolsOne, Name: "f", Single: true},
		Format:     chat.Format{JSON: true, Name: "s", Schema: []byte(`{"type":"object"}`), Strict: true},
		Params: chat.Params{MaxTokens: 9, Temperature: ptr(1.5), TopP: ptr(0.5), TopK: ptr(4), Seed: ptr(int64(-9007199254740993)), Stop: []string{"END"},
			FrequencyPenalty: ptr(-2.0), PresencePenalty: ptr(2.0), Thinking: chat.Thinking{Effort: "high"}},
		User: "u", Metadata: map[string]string{"a": "b"}, ServiceTier: "flex", Dialect: "openai",
		Foreign: map[string]json.RawMessage{"n": []byte("2"), "logit_bias": []byte(`{"50256":-100}`), "logprobs": []byte("true"),
			"messages[1].name": []byte(`"ann"`), "messages[5].reasoning_content": []byte(`"Hm."`)},
	}
	if diff := cmp.Diff(want, req); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOpenAIWhatIsTheSameReadsAlike(t *testing.T) {
	functions := `"functions":[{"name":"f"}],"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"ok"}]`
	tools := `"tools":[{"type":"function","function":{"name":"f"}}],"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"call_1","content":"ok"}]`
	for _, same := range [][]string{
		{`{` + openAIMessages + `}`, `{"prompt":"Hi"}`, `{"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]}]}`,
			`{` + openAIMessages + `,"n":1,"stream":false,"response_format":{"type":"text"},"parallel_tool_calls":true,"stop":null,"user":null}`},
		{`{` + openAIMessages + `,"max_tokens":5}`, `{` + openAIMessages + `,"max_completion_tokens":5}`, `{` + openAIMessages + `,"max_tokens":5,"max_completion_tokens":5}`},
		{`{` + openAIMessages + `,"max_tokens":5,"ignore_eos":true}`, `{` + openAIMessages + `,"max_tokens":5,"ignore_eos":true,"min_tokens":5}`},
		{`{` + openAIMessages + `,"stop":"a"}`, `{` + openAIMessages + `,"stop":["a"]}`},
		{`{` + functions + `}`, `{` + tools + `}`},
		{`{` + functions + `,"function_call":{"name":"f"}}`, `{` + tools + `,"tool_choice":{"type":"function","function":{"name":"f"}}}`},
		{`{` + functions + `,"function_call":"none"}`, `{` + tools + `,"tool_choice":"none"}`},
		{`{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":null,"refusal":"No."}]}`, `{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"refusal","refusal":"No."}]}]}`},
	} {
		first := readAsOpenAI(t, same[0])
		for _, other := range same[1:] {
			if diff := cmp.Diff(first, readAsOpenAI(t, other)); diff != "" {
				t.Errorf("%s\nand %s (-first +second):\n%s", same[0], other, diff)
			}
		}
	}
}

func TestOpenAIRefusesWithThePath(t *testing.T) {
	call := `{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}`
	for _, tc := range []struct{ intent, body, want string }{
		{"nothing", `{}`, "messages is missing: give at least one message"},
		{"no messages", `{"messages":[]}`, "messages is empty: give at least one message"},
		{"the Responses API's form", `{"model":"m","input":"Hi"}`, "messages is missing: requests of the Responses API are not read: give the form of chat completions"},
		{"an unknown role", `{"messages":[{"role":"bot","content":"x"}]}`, "messages[0].role is bot: give system, developer, user, assistant or tool"},
		{"no content", `{"messages":[{"role":"user"}]}`, "messages[0].content is missing: give text or a list of parts"},
		{"no parts", `{"messages":[{"role":"user","content":[]}]}`, "messages[0].content is empty: give it a part, or leave the message out"},
		{"an answer that is none", `{"messages":[{"role":"assistant"}]}`, "messages[0].content is missing, and there are no tool_calls: give text, or leave the message out"},
		{"an unknown part", `{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"hologram"}]}]}`, "messages[0].content[1].type is hologram: give text, image_url, input_audio or file"},
		{"a picture that is not base64", `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,%%"}}]}]}`,
			"messages[0].content[0].image_url.url is not base64: encode it by RFC 4648, section 4, with padding"},
		{"a file of this machine", `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}]}`,
			"messages[0].content[0].image_url.url is no address of the web: give one that begins with https://"},
		{"a sound of another kind", `{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"aGk=","format":"ogg"}}]}]}`,
			"messages[0].content[0].input_audio.format is ogg: give wav or mp3"},
		{"a result without its call", `{"messages":[{"role":"user","content":"x"},{"role":"tool","tool_call_id":"a","content":"y"}]}`,
			"messages[1].tool_call_id answers no call of the assistant's message before: put that message with this call before it, and each result once"},
		{"a result twice", `{"messages":[` + call + `,{"role":"tool","tool_call_id":"a","content":"y"},{"role":"tool","tool_call_id":"a","content":"y"}]}`,
			"messages[2].tool_call_id answers no call of the assistant's message before: put that message with this call before it, and each result once"},
		{"a call without its result", `{"messages":[` + call + `,{"role":"user","content":"y"}]}`,
			"messages[0].tool_calls[0].id has no result in the messages right after: give a message of role tool with this id, or leave the call out"},
		{"a call last", `{"messages":[` + call + `]}`,
			"messages[0].tool_calls[0].id has no result in the messages right after: give a message of role tool with this id, or leave the call out"},
		{"two calls of one id", `{"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":""}},{"id":"a","function":{"name":"f","arguments":""}}]}]}`,
			"messages[0].tool_calls[1].id is the id of two calls"},
		{"a call of another kind", `{"messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"custom","custom":{"name":"f","input":""}}]}]}`,
			"messages[0].tool_calls[0].type is custom: calls of functions alone can be told to other models"},
		{"a function nobody called", `{"messages":[{"role":"function","name":"f","content":"y"}]}`,
			"messages[0].name answers no call of the assistant's message before: put that message with this call before it, and each result once"},
		{"too hot", `{` + openAIMessages + `,"temperature":2.1}`, "temperature is 2.1: give a number from 0 to 2"},
		{"a penalty", `{` + openAIMessages + `,"presence_penalty":-3}`, "presence_penalty is -3: give a number from -2 to 2"},
		{"no tokens", `{` + openAIMessages + `,"max_tokens":0}`, "max_tokens is 0: give at least 1"},
		{"two limits", `{` + openAIMessages + `,"max_tokens":1,"max_completion_tokens":2}`, "max_tokens is another limit than max_completion_tokens: keep one"},
		{"no answers", `{` + openAIMessages + `,"n":0}`, "n is 0: give at least 1"},
		{"half a seed", `{` + openAIMessages + `,"seed":1.5}`, "seed is 1.5: give a whole number of 64 bits"},
		{"an empty stop", `{` + openAIMessages + `,"stop":["a",""]}`, "stop[1] is empty: an answer would end before it begins"},
		{"metadata that is no text", `{` + openAIMessages + `,"metadata":{"a":{"b":1}}}`, "metadata.a is an object, not text"},
		{"a nameless function", `{` + openAIMessages + `,"tools":[{"type":"function","function":{}}]}`, "tools[0].function.name is missing"},
		{"a name with a space", `{` + openAIMessages + `,"tools":[{"type":"function","function":{"name":"a b"}}]}`, `tools[0].function.name is "a b": give 1 to 128 letters, digits, _ and -`},
		{"two of a name", `{` + openAIMessages + `,"functions":[{"name":"f"},{"name":"f"}]}`, "functions[1].name is the name of two functions"},
		{"a choice of no tool", `{` + openAIMessages + `,"tool_choice":{"type":"function","function":{"name":"f"}}}`, "tool_choice.function.name names no function of the request"},
		{"a tool required of none", `{` + openAIMessages + `,"tool_choice":"required"}`, "tool_choice asks for a tool, and the request has none: give tools"},
		{"a schema without one", `{` + openAIMessages + `,"response_format":{"type":"json_schema","json_schema":{"name":"s"}}}`, "response_format.json_schema.schema is missing: say what the answer is to look like"},
		{"several prompts", `{"prompt":["a","b"]}`, "prompt is a list, not text: give one text a request"},
	} {
		_, err := Read("openai", []byte(tc.body))
		if invalid := new(Invalid); !errors.As(err, &invalid) || err.Error() != tc.want {
			t.Errorf("%s: %v\nwant %s", tc.intent, err, tc.want)
		}
	}
}

// FuzzReadOpenAI: what is read has messages, and each result its call before it.
func FuzzReadOpenAI(f *testing.F) {
	for _, body := range []string{`{` + openAIMessages + `}`, `{"prompt":"x"}`, `{"messages":[{"role":"assistant","function_call":{"name":"f","arguments":""}},{"role":"function","name":"f","content":"y"}]}`,
		`{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"data:image/png;base64,aGk="},{"type":"file","file":{"file_id":"x"}}]}],"tools":[{"type":"custom"}],"tool_choice":{"type":"allowed_tools"}}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := Read("openai", body)
		if err != nil {
			return
		}
		if len(req.Messages) == 0 {
			t.Error("no messages")
		}
		calls := map[string]bool{}
		for i := range req.Messages {
			m := &req.Messages[i]
			for _, c := range m.ToolCalls {
				calls[c.ID] = true
			}
			if m.Role == chat.ToolRole && !calls[m.ToolCallID] {
				t.Errorf("message %d answers no call", i)
			}
			if m.Content != "" && len(m.Parts) > 0 {
				t.Errorf("message %d has content and parts", i)
			}
		}
		for path, raw := range req.Foreign {
			if !json.Valid(raw) {
				t.Errorf("%s is %s", path, raw)
			}
		}
	})
}
