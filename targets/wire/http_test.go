package wire

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
	"switchover/targets/secret"
)

func compiled(t testing.TB, s TemplateSource) *Template {
	t.Helper()
	out, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func mustCompile(s TemplateSource) *Template {
	t, err := s.Compile()
	if err != nil {
		panic(err)
	}
	return t
}

func init() {
	params := `,"n":"{{max_tokens}}","t":"{{temperature}}","p":"{{top_p}}","k":"{{top_k}}","s":"{{seed}}","stop":"{{stop}}","u":"{{user}}","m":"{{model}}"`
	for name, body := range map[string]string{
		"http":           `{"messages":"{{messages}}"` + params + `}`,
		"http of system": `{"system":"{{system}}","messages":"{{messages}}"}`,
		"http of prompt": `{"prompt":"{{prompt}}"}`,
		"http of last":   `{"q":"{{last}}"}`,
	} {
		carriageProtocols[name] = HTTP{mustCompile(TemplateSource{Body: json.RawMessage(body), Text: "text"})}
	}
}

// What the registered protocol says of itself holds for a template with every place.
func TestHTTPWithoutATemplate(t *testing.T) {
	if diff := cmp.Diff(HTTP{}.Carriage(), carriageProtocols["http"].Carriage()); diff != "" {
		t.Error(diff)
	}
	_, _, err := HTTP{}.Encode(Endpoint{URL: "http://h"}, chat.Request{})
	if err == nil || !strings.Contains(err.Error(), "add http: {body: ..., text: ...}") {
		t.Errorf("error %v", err)
	}
	d := HTTP{}.Decoder(&http.Response{Header: http.Header{}})
	_ = d.Feed(0, []byte(`{"a":1}`), func(Chunk) {}) // Close says what of it
	if out := d.Close(nil); out.Complete || out.Failure == nil {
		t.Errorf("%+v", out)
	}
}

// wholeTalk is a conversation with all that a template can ask for.
func wholeTalk() chat.Request {
	return chat.Request{ID: "steady/a/0/0/1", User: "u-1", Messages: []chat.Message{{Role: chat.System, Content: "Be brief."},
		{Role: chat.User, Content: "Hi"}, {Role: chat.Assistant, Content: "Yes?"}, {Role: chat.User, Content: "Why \"so\"?\n"}},
		Params: chat.Params{MaxTokens: 9, Temperature: ptr(0.0), TopP: ptr(0.5), TopK: ptr(3), Seed: ptr(int64(7)), Stop: []string{"END", "\n"}}}
}

func TestHTTPFillsInTheTemplate(t *testing.T) {
	hello := chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "Hello"}}}
	for _, tc := range []struct {
		intent, body string
		req          chat.Request
		want         string
	}{
		{"a text generation server of a library", `{"inputs":"{{prompt}}","parameters":{"max_new_tokens":"{{max_tokens}}","do_sample":true,"return_full_text":false,"seed":"{{seed}}"}}`, hello,
			`{"inputs":"Hello","parameters":{"do_sample":true,"return_full_text":false}}`},
		{"values keep their types, and the order is the template's", `{"z":"{{max_tokens}}","t":"{{temperature}}","p":"{{top_p}}","k":"{{top_k}}","s":"{{seed}}","stop":"{{stop}}","who":"{{user}}","model":"{{ model }}","q":"{{last}}"}`, wholeTalk(),
			`{"z":9,"t":0,"p":0.5,"k":3,"s":7,"stop":["END","\n"],"who":"u-1","model":"m","q":"Why \"so\"?\n"}`},
		{"a conversation", `{"chat":"{{messages}}"}`, wholeTalk(),
			`{"chat":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Why \"so\"?\n"}]}`},
		{"a system prompt of its own is not said twice", `{"system":"{{system}}","turns":["{{messages}}"]}`, wholeTalk(),
			`{"system":"Be brief.","turns":[[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Why \"so\"?\n"}]]}`},
		{"what there is none of is left out, of lists too", `{"a":["{{seed}}",1,"{{stop}}"],"system":"{{system}}","q":"{{last}}","o":{"x":"{{seed}}"},"n":null,"e":{},"l":[]}`, hello,
			`{"a":[1],"q":"Hello","o":{},"n":null,"e":{},"l":[]}`},
		{"inside a text", `{"q":"{{system}}[INST] {{last}} [/INST] max {{max_tokens}}{{seed}}"}`, hello, `{"q":"[INST] Hello [/INST] max "}`},
		{"numbers as they are written", `{"q":"{{last}}","big":12345678901234567890,"x":1e-7}`, hello, `{"q":"Hello","big":12345678901234567890,"x":1e-7}`},
	} {
		p := HTTP{compiled(t, TemplateSource{Body: json.RawMessage(tc.body), Text: "x"})}
		r, _, err := p.Encode(Endpoint{URL: "http://h/v1", Model: "m", Key: secret.New("sk-canary-1")}, tc.req)
		if err != nil {
			t.Fatalf("%s: %v", tc.intent, err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if string(body) != tc.want {
			t.Errorf("%s:\n%s, want\n%s", tc.intent, body, tc.want)
		}
	}
}

func TestHTTPAddressAndKey(t *testing.T) {
	for _, tc := range []struct{ url, path, want string }{
		{"http://h", "", "http://h"},
		{"http://h/base/", "generate", "http://h/base/generate"},
		{"http://h/base/generate", "/generate", "http://h/base/generate"},
		{"http://h", "/models/{{model}}/infer?format=json", "http://h/models/org/m%20%3F1/infer?format=json"},
	} {
		p := HTTP{compiled(t, TemplateSource{Path: tc.path, Body: []byte(`{"q":"{{last}}"}`), Text: "x", KeyHeader: "x-my-key"})}
		r, _, err := p.Encode(Endpoint{URL: tc.url, Model: "org/m ?1", Key: secret.New("sk-canary-1"), Headers: map[string]string{"Host": "evil", "Content-Length": "9"}}, wholeTalk())
		if err != nil {
			t.Fatal(err)
		}
		if got := r.URL.String(); got != tc.want {
			t.Errorf("%s and %s: asked at %s, want %s", tc.url, tc.path, got, tc.want)
		}
		body, _ := io.ReadAll(r.Body) // what it lacks is seen below
		if r.Host != "h" || r.ContentLength != int64(len(body)) || strings.Contains(string(body)+r.URL.String(), "canary") {
			t.Errorf("host %q, length %d, body %s", r.Host, r.ContentLength, body)
		}
		if r.Header.Get("X-My-Key") != "sk-canary-1" || r.Header.Get("Authorization") != "" {
			t.Errorf("headers %v", r.Header)
		}
	}
}

func TestTemplateMistakes(t *testing.T) {
	good := TemplateSource{Body: []byte(`{"q":"{{prompt}}"}`), Text: "a"}
	for _, tc := range []struct {
		intent string
		change func(s *TemplateSource)
		want   string
	}{
		{"nothing at all", func(s *TemplateSource) { *s = TemplateSource{} }, "body: nothing says what is asked; text: nothing says where in the answer its text is"},
		{"no JSON", func(s *TemplateSource) { s.Body = []byte(`{`) }, "body: the body is no JSON"},
		{"a list", func(s *TemplateSource) { s.Body = []byte(`["{{prompt}}"]`) }, "body: the body is no JSON object"},
		{"a body that asks nothing", func(s *TemplateSource) { s.Body = []byte(`{"q":"{{seed}}"}`) }, "body: the body never says what is asked"},
		{"a wrong placeholder, by its place", func(s *TemplateSource) { s.Body = []byte(`{"a":{"b":["{{last}}","é {{promt}}"]}}`) }, "body.a.b[1]: {{promt}} at character 3 is no placeholder"},
		{"one that is not closed", func(s *TemplateSource) { s.Body = []byte(`{"a":"{{last}}{{x"}`) }, "body.a: the {{ at character 9 has no }}"},
		{"a list inside a text", func(s *TemplateSource) { s.Body = []byte(`{"a":"x {{messages}}"}`) }, "body.a: {{messages}} is a list, which no text can have inside"},
		{"a placeholder for a name", func(s *TemplateSource) { s.Body = []byte(`{"{{last}}":1,"q":"{{last}}"}`) }, "body.{{last}}: a placeholder is a value, not a name"},
		{"a key in the body", func(s *TemplateSource) { s.Body = []byte(`{"q":"{{last}}","auth":{"api_key":"sk-canary"}}`) }, "body.auth.api_key: a key does not belong into the body"},
		{"a name twice", func(s *TemplateSource) { s.Body = []byte(`{"q":"{{last}}","q":1}`) }, "body.q: the name stands twice in its object"},
		{"too deep", func(s *TemplateSource) {
			s.Body = []byte(`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `,"q":"{{last}}"}`)
		}, "nested more than 32 levels deep"},
		{"a path with a space", func(s *TemplateSource) { s.Text = "a b" }, `text: a name is missing or has a character that belongs into ["..."] at character 2 of "a b"`},
		{"a path with an open bracket", func(s *TemplateSource) { s.Finish = "$.a[0" }, `finish: a bracket is not closed at character 4 of "$.a[0"`},
		{"a path with a word for a number", func(s *TemplateSource) { s.Model = "a[x]" }, `model: what stands in brackets is a number, or a name in quotes at character 2 of "a[x]"`},
		{"a key in the address", func(s *TemplateSource) { s.Path = "/x?api_key=1" }, "path: a key does not belong into an address"},
		{"another host", func(s *TemplateSource) { s.Path = "https://evil/x" }, `path: "https://evil/x" is no path below the target's url`},
		{"a prompt in the address", func(s *TemplateSource) { s.Path = "/x/{{prompt}}" }, "path: only {{model}} can be part of an address, not {{prompt}}"},
		{"a header of the transport", func(s *TemplateSource) { s.KeyHeader = "content-length" }, `key_header: "content-length" is no header that a key can be in`},
		{"an unknown form", func(s *TemplateSource) { s.Stream = "websocket" }, `stream: "websocket" is none of none, sse, ndjson`},
		{"an end of what is no stream", func(s *TemplateSource) { s.DoneLine = "[DONE]" }, "done_line: an answer that is no stream has no such thing"},
		{"two ends", func(s *TemplateSource) { s.Stream, s.DoneLine, s.DonePath = "sse", "[DONE]", "end" }, "done_path: a stream ends by a line or by what an event says"},
	} {
		s := good
		tc.change(&s)
		_, err := s.Compile()
		if err == nil || !strings.Contains(err.Error(), tc.want) || !errors.As(err, new(TemplateProblems)) {
			t.Errorf("%s: %v, want %s", tc.intent, err, tc.want)
		}
	}
}

func TestAnswerPath(t *testing.T) {
	doc, err := readJSON([]byte(`{"a":{"b":[{"c":"x"},{"c":7}],"d.e":true},"n":null,"z":0}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"a.b[0].c": "x", "$.a.b[-1].c": "7", `a["d.e"]`: "true", `$['a'].b[1]["c"]`: "7", "n": "", "a.b[9].c": "",
		"a.b.c": "", "a[0]": "", "a.b[-3]": "", "z.y": "", "z": "0"} {
		p, err := parseAnswerPath(path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got, err := p.textIn(doc); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
	}
	for path, want := range map[string]string{"a": "a is an object, not text", "a.b": "a.b is a list, not text: say which, a.b[0]"} {
		p, _ := parseAnswerPath(path) // which the table above has shown to work
		if _, err := p.textIn(doc); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// readByTemplate reads a body by a template, in pieces of n bytes.
func readByTemplate(tmpl *Template, body string, n int, each bool, readErr error) reading {
	return readWith(HTTP{tmpl}, []byte(body), http.Header{}, n, each, readErr)
}

func TestHTTPReadsAnswers(t *testing.T) {
	sse := TemplateSource{Stream: "sse", Text: "delta", DoneLine: "[DONE]"}
	bare := TemplateSource{Stream: "sse", Text: "t"}
	lines := TemplateSource{Stream: "ndjson", Text: "response", DonePath: "done", Finish: "reason", OutputTokens: "n"}
	whole := TemplateSource{Stream: "ndjson", Text: "text", Whole: true}
	doc := TemplateSource{Text: "[0].generated_text", Error: "[0].fault"}
	for _, tc := range []struct {
		intent string
		s      TemplateSource
		body   string
		text   string
		fail   chat.Class // empty for a whole answer
		says   string
	}{
		{"events to a line", sse, "data: {\"delta\":\"a\"}\n\ndata: {\"delta\":\"b\"}\n\ndata: [DONE]\n\n", "ab", "", ""},
		{"without the line", sse, "data: {\"delta\":\"a\"}\n\n", "a", chat.Interrupted, "ended cleanly but without [DONE]"},
		{"to the body's own end", bare, "data: {\"t\":\"a\"}\n\ndata: {\"t\":\"b\"}\n\n", "ab", "", ""},
		{"an event torn at the body's own end", bare, "data: {\"t\":\"a\"}\n\ndata: {\"t\":\"b", "a", chat.Interrupted, "ended cleanly"},
		{"nothing at all", bare, "", "", chat.Interrupted, "empty"},
		{"only keep-alive noise", bare, ": hi\n\n", "", chat.NoAnswer, ""},
		{"lines to a truth", lines, "{\"response\":\"a\",\"done\":false}\n{\"response\":\"b\",\"done\": false}\n{\"done\":true,\"reason\":\"eos\",\"n\":2}\n", "ab", "", ""},
		{"lines without it", lines, "{\"response\":\"a\",\"done\":false}\n", "a", chat.Interrupted, "without reason and an event that says done"},
		{"done without a reason", lines, "{\"response\":\"a\"}\n{\"done\":true}\n", "a", chat.Interrupted, "came without a reason"},
		{"all so far", whole, "{\"text\":\"a\"}\n{\"text\":\"ab\"}\n{\"text\":\"ab\"}\n{\"text\":\"abc\"}\n", "abc", "", ""},
		{"all so far that takes back", whole, "{\"text\":\"ab\"}\n{\"text\":\"x\"}\n", "ab", chat.Malformed, "takes back text"},
		{"an error in the stream", sse, "data: {\"delta\":\"a\"}\n\ndata: {\"error\":\"out of memory\"}\n\n", "a", chat.StreamError, "out of memory"},
		{"no error", sse, "data: {\"delta\":\"a\",\"error\":null}\n\ndata: {\"delta\":\"b\",\"error\":\"\"}\n\ndata: [DONE]\n\n", "ab", "", ""},
		{"not JSON", sse, "data: hello\n\n", "", chat.Malformed, "an event is no JSON document"},
		{"text that is an object", sse, "data: {\"delta\":{\"content\":\"a\"}}\n\ndata: [DONE]\n\n", "", chat.Malformed, "name the member, delta.text"},
		{"a document in a list", doc, ` [{"generated_text":"hi"}]`, "hi", "", ""},
		{"a document without the text", doc, `{"answer":"hi"}`, "", chat.Malformed, "the response has no [0].generated_text, where its text is to be"},
		{"a document that says its error in its own way", doc, `[{"fault":{"code":3}}]`, "", chat.StreamError, `{"code":3}`},
		{"half a document", doc, `[{"generated_text":"hi"}`, "", chat.Interrupted, "inside its JSON document"},
		{"a page", doc, `<html><title>Welcome</title>`, "", chat.Malformed, "Welcome"},
	} {
		tc.s.Body = []byte(`{"q":"{{last}}"}`)
		got := readByTemplate(compiled(t, tc.s), tc.body, 1<<20, false, nil)
		text := ""
		for _, c := range got.Chunks {
			text += c.Text
		}
		var class chat.Class
		said := ""
		if f := got.Outcome.Failure; f != nil {
			class, said = f.Class, f.Message
		}
		if text != tc.text || class != tc.fail || !strings.Contains(said, tc.says) || got.Outcome.Complete != (class == "" || class == chat.NoAnswer) {
			t.Errorf("%s: text %q, %s: %s, complete %v", tc.intent, text, class, said, got.Outcome.Complete)
		}
	}
}

func TestHTTPReadsUsageAndFinish(t *testing.T) {
	s := TemplateSource{Body: []byte(`{"q":"{{last}}"}`), Stream: "sse", Text: "t", Reasoning: "r", Finish: "why", Model: "m", InputTokens: "u.in", OutputTokens: "u.out"}
	got := readByTemplate(compiled(t, s), "data: {\"r\":\"hm\",\"m\":\"big-1\",\"u\":{\"in\":7}}\n\ndata: {\"t\":\"a\",\"u\":{\"out\":-1}}\n\ndata: {\"why\":\"max_new_tokens\",\"u\":{\"out\":4}}\n\n", 9, false, nil)
	want := reading{Chunks: []readChunk{{Reasoning, "hm"}, {Content, "a"}},
		Outcome: Outcome{Complete: true, Finish: chat.FinishLength, Model: "big-1", Usage: &chat.Usage{Input: ptr(7), Output: ptr(4)}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(reading{})); diff != "" {
		t.Error(diff)
	}
}

func TestHTTPFailure(t *testing.T) {
	p := HTTP{compiled(t, TemplateSource{Body: []byte(`{"q":"{{last}}"}`), Text: "t", Error: "fault.text"})}
	if f := p.Failure(503, nil, []byte(`{"fault":{"text":"warming up"}}`)); f.Class != chat.Overloaded || f.Message != "503 Service Unavailable: warming up" {
		t.Errorf("%+v", f)
	}
	if f := p.Failure(401, nil, []byte(`{"error":"no such key"}`)); f.Class != chat.Auth || !strings.Contains(f.Message, "no such key") {
		t.Errorf("%+v", f)
	}
}

// fuzzTemplates are one for each way to arrive and end.
var fuzzTemplates = []TemplateSource{
	{Text: "t", Finish: "f", Model: "m", InputTokens: "u.i", OutputTokens: "u.o"},
	{Stream: "sse", Text: "t", Reasoning: "r", DoneLine: "[DONE]"},
	{Stream: "sse", Text: "c[0].t", Whole: true},
	{Stream: "ndjson", Text: "t", DonePath: "d", Finish: "f"},
	{Stream: "ndjson", Text: "$", DonePath: "$"},
}

// FuzzHTTPAnswer: how the bytes are split and when events are decoded does not
// matter, what is complete has a text, and what is not says why.
func FuzzHTTPAnswer(f *testing.F) {
	var templates []*Template
	for _, s := range fuzzTemplates {
		s.Body = []byte(`{"q":"{{last}}"}`)
		templates = append(templates, compiled(f, s))
	}
	f.Add(byte(0), `{"t":"a","f":"stop","u":{"i":7,"o":4}}`, byte(3))
	f.Add(byte(1), "data: {\"t\":\"a\",\"r\":\"b\"}\n\ndata: {\"error\":null}\n\ndata: [DONE]\n\n", byte(1))
	f.Add(byte(2), "data: {\"c\":[{\"t\":\"a\"}]}\n\ndata: {\"c\":[{\"t\":\"ab\"}]}\n\n", byte(5))
	f.Add(byte(3), "{\"t\":\"a\",\"d\":false}\n{\"d\":true,\"f\":true}\n{\"t\":\"late\"}\n", byte(2))
	f.Add(byte(4), "{}\n\n{\"t\"", byte(1))
	f.Fuzz(func(t *testing.T, which byte, body string, n byte) {
		tmpl := templates[int(which)%len(templates)]
		got := readByTemplate(tmpl, body, int(n)+1, false, nil)
		for _, other := range []reading{readByTemplate(tmpl, body, len(body)+1, false, nil), readByTemplate(tmpl, body, 1, true, nil)} {
			if !reflect.DeepEqual(got, other) {
				t.Errorf("read otherwise in other pieces:\n%+v\n%+v", got, other)
			}
		}
		for _, c := range got.Chunks {
			if c.Text == "" {
				t.Error("an empty chunk")
			}
		}
		out := got.Outcome
		if !out.Complete && out.Failure == nil || out.Complete && out.Failure == nil && len(got.Chunks) == 0 {
			t.Errorf("%+v", got)
		}
	})
}

// FuzzTemplate: any template is refused with places or makes a JSON object of any
// request, which does not contain the key; any path is refused or leads somewhere or
// nowhere.
func FuzzTemplate(f *testing.F) {
	f.Add(`{"a":["{{messages}}",{"b":"x {{last}} y"}],"c":"{{seed}}"}`, "/x/{{model}}?a=b", `$.a[0]["b"].c[-1]`, "X-Key")
	f.Add(`{"q":"{{prompt}}{{"}`, "x", "a..b", "")
	f.Add(`{"q":"{{ last }}","n":1e999}`, "", "[", "é")
	f.Fuzz(func(t *testing.T, body, path, answer, header string) {
		s := TemplateSource{Body: []byte(body), Path: path, Text: answer, KeyHeader: header}
		tmpl, err := s.Compile()
		if err != nil {
			var problems TemplateProblems
			if !errors.As(err, &problems) || problems[0].At == "" || problems[0].Problem == "" {
				t.Errorf("error %v", err)
			}
			return
		}
		r, _, err := HTTP{tmpl}.Encode(Endpoint{URL: "http://h/v1", Model: "m", Key: secret.New("sk-canary-1")}, wholeTalk())
		if err != nil {
			if errors.As(err, new(*Refusal)) {
				return
			}
			t.Fatal(err)
		}
		sent, err := io.ReadAll(r.Body)
		if err != nil || !json.Valid(sent) || sent[0] != '{' || strings.Contains(string(sent)+r.URL.String(), "canary") || r.URL.Host != "h" {
			t.Errorf("%v: asked %s: %s", err, r.URL, sent)
		}
		doc, _ := readJSON([]byte(body)) // valid, or it would not have compiled
		_, _ = tmpl.text.textIn(doc)
	})
}
