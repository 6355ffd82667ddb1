package targets

import (
	"strings"
	"testing"

	"switchover/targets/secret"
	"switchover/targets/wire"
)

func init() { speakers = append(speakers, httpSpeaker()) }

// specByTemplate asks protocol http by a template at base followed by the template's
// path.
func specByTemplate(s wire.TemplateSource) func(t *testing.T, base string) Spec {
	return func(t *testing.T, base string) Spec {
		template, err := s.Compile()
		if err != nil {
			t.Fatal(err)
		}
		return Spec{Protocol: wire.HTTP{Template: template}, Endpoint: wire.Endpoint{URL: base, Model: "m", Key: secret.New(canary)}}
	}
}

// httpSpeaker is a service of a team's own, which streams in events of its own form.
func httpSpeaker() *speaker {
	content := func(text string) string { return sse(`{"seq":1,"delta":{"text":"` + text + `"},"error":null}`) }
	end := func(why string) string { return sse(`{"stop":"` + why + `","usage":{"read":7,"written":4}}`) }
	var words []string
	for _, w := range goodWords {
		words = append(words, content(w))
	}
	whole := append(append([]string{}, words...), end("eos"))
	noise := []string{": keep-alive\n\n"}
	for _, p := range whole {
		noise = append(noise, p, ":\n\n", "event: ping\ndata: {}\n\n")
	}
	refuse := func(status int, body string) utterance {
		return utterance{status: status, header: map[string]string{"Content-Type": "application/json", "Retry-After": "3"}, pieces: []string{body}}
	}
	return &speaker{
		protocol: "http",
		spec: specByTemplate(wire.TemplateSource{Path: "/chat", Body: []byte(`{"question":"{{prompt}}","limit":"{{max_tokens}}"}`), Stream: wire.StreamSSE,
			Text: "delta.text", Reasoning: "delta.thought", Finish: "stop", InputTokens: "usage.read", OutputTokens: "usage.written"}),
		content: "text/event-stream",
		says: map[string]utterance{
			"good stream": {pieces: whole},
			"good document": {header: map[string]string{"Content-Type": "application/json"}, pieces: []string{
				`{"delta":{"text":"` + goodText + `"},"stop":"eos","usage":{"read":7,"written":4}}`}},
			"split at every byte": {pieces: whole, bytes: true},
			"multi-byte text":     {pieces: []string{content(multiByteText[:6]), content(multiByteText[6:]) + end("eos")}, bytes: true},
			"keep-alive noise":    {pieces: noise},
			"usage absent":        {pieces: append(append([]string{}, words...), sse(`{"stop":"eos"}`))},
			"reasoning":           {pieces: append([]string{sse(`{"delta":{"thought":"` + reasoningText + `"}}`)}, whole...), pause: 5 * ms},
			"tool call":           {na: "a template has no place for tools"},
			"content filter":      {pieces: []string{content("Mo"), end("content_filter")}},
			"length limit":        {pieces: []string{content("Move"), end("max_tokens")}},
			"clean early end":     {pieces: words[:2]},
			"cut":                 {pieces: append(append([]string{}, words[:2]...), end("eos")), cut: true},
			"error inside a 200":  {pieces: []string{content("Mo"), sse(`{"error":{"text":"engine died"}}`)}},
			"event too large":     {pieces: []string{content("Mo"), `data: {"delta":{"text":"` + strings.Repeat("x", 2<<20)}},
			"endless stream":      {pieces: []string{content(strings.Repeat("word ", 4000))}, forever: true},
			"not the protocol":    {header: map[string]string{"Content-Type": "text/html"}, pieces: []string{"<html><title>Welcome</title></html>"}},
			"error: auth":         refuse(403, `{"message":"no such key"}`),
			"error: quota":        refuse(402, `{"message":"the team has spent its month"}`),
			"error: rate_limited": refuse(429, `{"message":"slow down"}`),
			"error: overloaded":   refuse(503, `{"message":"warming up"}`),
			"error: not_found":    refuse(404, "404 page not found\n"),
			"error: bad_request":  refuse(422, `{"detail":[{"loc":["body","question"],"msg":"field required"}]}`),
			"error: too_large":    refuse(413, `{"message":"too long"}`),
			"error: server":       refuse(500, `Internal Server Error`),
		},
	}
}

// The answers of servers that have no protocol of their own here, as they send them.
func TestTemplatesOfKnownServers(t *testing.T) {
	const json = "application/json"
	for _, tc := range []struct {
		intent string
		source wire.TemplateSource
		kind   string
		answer []string
		chunks int
	}{
		{"a pipeline of Transformers behind a small server", wire.TemplateSource{Body: []byte(`{"inputs":"{{prompt}}","parameters":{"max_new_tokens":"{{max_tokens}}","return_full_text":false}}`),
			Text: "[0].generated_text"}, json, []string{`[{"generated_text":"` + goodText + `"}]`}, 1},
		{"a gateway at the edge, an object around the answer", wire.TemplateSource{Path: "/ai/run/{{model}}", Body: []byte(`{"messages":"{{messages}}","stream":true}`),
			Stream: wire.StreamSSE, Text: "response", DoneLine: "[DONE]"}, "text/event-stream",
			[]string{sse(`{"response":"Move"}`), sse(`{"response":" to"}`), sse(`{"response":" the"}`), sse(`{"response":" spare"}`), sse("[DONE]")}, 4},
		{"a model server's generate endpoint, all so far each time", wire.TemplateSource{Path: "/v2/models/{{model}}/generate_stream", Body: []byte(`{"text_input":"{{prompt}}","parameters":{"stream":true,"temperature":"{{temperature}}"}}`),
			Stream: wire.StreamSSE, Text: "text_output", Whole: true}, "text/event-stream",
			[]string{sse(`{"text_output":"Move"}`), sse(`{"text_output":"Move to the"}`), sse(`{"text_output":"Move to the spare"}`)}, 3},
		{"a team's own, a line each", wire.TemplateSource{Body: []byte(`{"ask":"{{last}}"}`), Stream: wire.StreamNDJSON, Text: "token", DonePath: "final"}, "application/x-ndjson",
			[]string{`{"token":"Move to","final":false}` + "\n", `{"token":" the spare","final":true}` + "\n"}, 2},
	} {
		s := &speaker{protocol: "http", spec: specByTemplate(tc.source), content: tc.kind}
		rec := askVector(t, s, utterance{pieces: tc.answer})
		if rec.Text != goodText || !rec.Complete || rec.Error != nil || len(rec.Chunks) != tc.chunks {
			t.Errorf("%s: text %q in %d chunks, complete %v, error %+v", tc.intent, rec.Text, len(rec.Chunks), rec.Complete, rec.Error)
		}
	}
}
