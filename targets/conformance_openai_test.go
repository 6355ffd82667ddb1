package targets

import (
	"strings"
	"testing"

	"switchover/targets/secret"
	"switchover/targets/wire"
)

func init() { speakers = append(speakers, openAISpeaker("openai")) }

// specFor asks a protocol at a base followed by path.
func specFor(protocol, path string) func(t *testing.T, base string) Spec {
	return func(t *testing.T, base string) Spec {
		p, ok := wire.Lookup(protocol)
		if !ok {
			t.Fatalf("protocol %s is not registered", protocol)
		}
		return Spec{Protocol: p, Endpoint: wire.Endpoint{URL: base + path, Model: "m", Key: secret.New(canary)}}
	}
}

// sse is one server-sent event.
func sse(data string) string { return "data: " + data + "\n\n" }

// openAISpeaker speaks chat completions, in whichever vendor's name.
func openAISpeaker(protocol string) *speaker {
	delta := func(d, finish string) string {
		return sse(`{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":` + d + `,"finish_reason":` + finish + `}]}`)
	}
	content := func(text string) string { return delta(`{"content":"`+text+`"}`, "null") }
	role, stop, done := delta(`{"role":"assistant","content":""}`, "null"), delta(`{}`, `"stop"`), sse("[DONE]")
	usage := sse(`{"id":"c","object":"chat.completion.chunk","model":"m","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":4,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":2}}}`)
	words := []string{role}
	for _, w := range goodWords {
		words = append(words, content(w))
	}
	whole := append(append([]string{}, words...), stop, usage, done)
	noise := []string{"\n\n", ": keep-alive\n\n", ":\n"}
	for _, p := range whole {
		noise = append(noise, p, ": keep-alive\n\n")
	}
	refuse := func(status int, body string) utterance {
		return utterance{status: status, header: map[string]string{"Content-Type": "application/json", "Retry-After": "3"}, pieces: []string{body}}
	}
	call := delta(`{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"switch","arguments":""}}]}`, "null") +
		delta(`{"tool_calls":[{"index":0,"function":{"arguments":"{\"to\":"}}]}`, "null") +
		delta(`{"tool_calls":[{"index":0,"function":{"arguments":"\"spare\"}"}}]}`, "null")
	return &speaker{
		protocol: protocol,
		spec:     specFor(protocol, "/v1"),
		content:  "text/event-stream",
		says: map[string]utterance{
			"good stream": {pieces: whole},
			"good document": {header: map[string]string{"Content-Type": "application/json"}, pieces: []string{
				`{"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"` + goodText + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":4,"total_tokens":11}}`}},
			"split at every byte": {pieces: whole, bytes: true},
			"multi-byte text":     {pieces: []string{content(multiByteText[:6]), content(multiByteText[6:]) + stop + done}, bytes: true},
			"keep-alive noise":    {pieces: noise},
			"usage absent":        {pieces: append(append([]string{}, words...), stop, done)},
			"reasoning":           {pieces: append([]string{role, delta(`{"reasoning_content":"`+reasoningText+`"}`, "null")}, whole[1:]...), pause: 5 * ms},
			"tool call":           {pieces: []string{role, call, delta(`{}`, `"tool_calls"`), usage, done}},
			"content filter":      {pieces: []string{role, content("Mo"), delta(`{}`, `"content_filter"`), done}},
			"length limit":        {pieces: []string{role, content("Move"), delta(`{}`, `"length"`), usage, done}},
			"clean early end":     {pieces: words[:3]},
			"cut":                 {pieces: words[:3], cut: true},
			"error inside a 200":  {pieces: []string{role, content("Mo"), sse(`{"error":{"message":"engine died","type":"server_error","code":500}}`), done}},
			"event too large":     {pieces: []string{role, `data: {"choices":[{"delta":{"content":"` + strings.Repeat("x", 2<<20)}},
			"endless stream":      {pieces: []string{role, content(strings.Repeat("word ", 4000))}, forever: true},
			"not the protocol":    {header: map[string]string{"Content-Type": "text/html"}, pieces: []string{"<html><title>Welcome</title></html>"}},
			"error: auth":         refuse(401, `{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}`),
			"error: quota":        refuse(429, `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`),
			"error: rate_limited": refuse(429, `{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}`),
			"error: overloaded":   refuse(503, `{"error":{"message":"The engine is overloaded","type":"server_error"}}`),
			"error: not_found":    refuse(404, `{"error":{"message":"The model m does not exist","type":"invalid_request_error","code":"model_not_found"}}`),
			"error: bad_request":  refuse(400, `{"error":{"message":"temperature is too high","type":"invalid_request_error","code":null}}`),
			"error: too_large":    refuse(400, `{"error":{"message":"This model's maximum context length is 8192 tokens","type":"invalid_request_error","code":"context_length_exceeded"}}`),
			"error: server":       refuse(500, `{"error":{"message":"internal error","type":"server_error"}}`),
		},
	}
}
