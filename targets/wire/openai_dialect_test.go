package wire

import (
	"encoding/json"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
	forms "switchover/targets/dialect"
)

// inAndOut reads a request of OpenAI's form and says it to a server again.
func inAndOut(t testing.TB, url string, body []byte) (map[string]any, []chat.Loss, *chat.Request) {
	t.Helper()
	req, err := forms.Read("openai", body)
	if err != nil {
		t.Fatal(err)
	}
	r, losses, err := OpenAI{}.Encode(Endpoint{URL: url, Model: "m"}, *req)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return object(t, sent), losses, req
}

func object(t testing.TB, text []byte) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}

// A request of OpenAI's form is told to OpenAI as it was, but for the names that have
// changed there: the developer is the system, max_tokens is max_completion_tokens.
func TestOpenAIFormIsToldAgain(t *testing.T) {
	const form = `{"model":"gpt-5.1","messages":[
		{"role":"system","content":"Be brief."},
		{"role":"user","name":"ann","content":[{"type":"text","text":"Look.","prompt_cache_breakpoint":{"mode":"explicit"}},
			{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":"low"}},
			{"type":"file","file":{"file_id":"file-1"}},
			{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}},
			{"type":"input_audio","input_audio":{"data":"aGk=","format":"mp3"}},
			{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,aGk="}}]},
		{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
		{"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"one"},{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]},
		{"role":"assistant","content":"Done.","reasoning_content":"Hm."},
		{"role":"user","content":[{"type":"text","text":"And?","cache_control":{"type":"ephemeral"}}]}],
		"tools":[{"type":"custom","custom":{"name":"sql"}},{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}],
		"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}},"parallel_tool_calls":false,
		"response_format":{"type":"json_schema","json_schema":{"name":"s","description":"d","schema":{"type":"object"},"strict":true}},
		"max_completion_tokens":9,"temperature":1.5,"top_p":0.5,"seed":-9007199254740993,"stop":["END"],
		"frequency_penalty":-2,"presence_penalty":2,"reasoning_effort":"high","user":"u","metadata":{"a":"b"},"store":true,"service_tier":"flex",
		"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},"n":2,"logit_bias":{"50256":-100},"logprobs":true,"verbosity":"low"}`
	got, losses, _ := inAndOut(t, "https://api.openai.com/v1", []byte(form))
	if diff := cmp.Diff(object(t, []byte(form)), got); diff != "" {
		t.Errorf("(-asked +told):\n%s", diff)
	}
	if len(losses) > 0 {
		t.Errorf("lost %v", losses)
	}
	older := `{"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hi"}],"max_tokens":5,"store":false}`
	want := `{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}],"max_completion_tokens":5,"store":false,"stream":false}`
	got, losses, _ = inAndOut(t, "https://api.openai.com/v1", []byte(older))
	if diff := cmp.Diff(object(t, []byte(want)), got); diff != "" || len(losses) > 0 {
		t.Errorf("lost %v (-want +told):\n%s", losses, diff)
	}
}

// FuzzOpenAIForm: a request that was told again is read as the same request.
func FuzzOpenAIForm(f *testing.F) {
	for _, body := range []string{
		`{"messages":[{"role":"user","content":"Hi"}],"max_tokens":5,"stop":"x","seed":1}`,
		`{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":"data:image/png;base64,aGk="},{"type":"file","file":{"file_id":"x"}}]}]}`,
		`{"messages":[{"role":"assistant","function_call":{"name":"f","arguments":"{"}},{"role":"function","name":"f","content":""}],"functions":[{"name":"f"}],"function_call":{"name":"f"}}`,
		`{"messages":[{"role":"user","content":"a","x.y":1,"z":[{"a":2}]}],"a[0]":{},"n":3,"tools":[{"type":"x"}],"response_format":{"type":"grammar"}}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := forms.Read("openai", body)
		if err != nil {
			return
		}
		r, losses, err := OpenAI{}.Encode(Endpoint{URL: "http://127.0.0.1/v1", Model: "m"}, *first)
		if err != nil || slices.ContainsFunc(losses, func(l chat.Loss) bool { return l.Field == chat.FieldForeign }) {
			return
		}
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		again, err := forms.Read("openai", sent)
		if err != nil {
			t.Fatalf("%v: %s", err, sent)
		}
		if first.Model == "" {
			first.Model = "m"
		}
		for i := range first.Tools {
			if tool := &first.Tools[i]; tool.Hosted == "" {
				tool.Parameters = schemaOf(tool)
			}
		}
		if diff := cmp.Diff(asJSON(t, first), asJSON(t, again)); diff != "" {
			t.Errorf("%s\nis told as %s\n(-read +read again):\n%s", body, sent, diff)
		}
	})
}

func asJSON(t *testing.T, req *chat.Request) map[string]any {
	t.Helper()
	text, err := json.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	return object(t, text)
}
