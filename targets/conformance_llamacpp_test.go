package targets

import (
	"strings"
)

func init() { speakers = append(speakers, llamaCPPSpeaker()) }

func llamaCPPSpeaker() *speaker {
	event := func(text, rest string) string {
		return sse(`{"index":0,"content":"` + text + `","tokens":[5],"stop":false,"id_slot":-1` + rest + `}`)
	}
	content := func(text string) string { return event(text, "") }
	const timings = `"timings":{"cache_n":2,"prompt_n":5,"prompt_ms":12.5,"prompt_per_token_ms":2.5,"prompt_per_second":400.0,"predicted_n":4,"predicted_ms":80.25,"predicted_per_token_ms":20.06,"predicted_per_second":49.8}`
	const counts = `"tokens_predicted":4,"tokens_evaluated":7,`
	last := func(text, tokens, kind, rest string) string {
		return `{"index":0,"content":"` + text + `","tokens":` + tokens + `,"id_slot":0,"stop":true,"model":"m",` + rest +
			`"generation_settings":{"n_predict":8,"stop":[],"stream":true},"prompt":"<s>Hi","has_new_line":false,"truncated":false,"stop_type":"` +
			kind + `","stopping_word":"","tokens_cached":10,` + timings + `}`
	}
	var words []string
	for _, w := range goodWords {
		words = append(words, content(w))
	}
	whole := append(words[:4:4], sse(last("", "[]", "eos", counts)))
	const none = "the prompt is text, and so is the answer"
	return &speaker{protocol: "llamacpp", spec: specFor("llamacpp", ""), content: "text/event-stream", says: map[string]utterance{
		"good stream":         {pieces: whole},
		"good document":       asDocument(last(goodText, "[5,6,7,8]", "eos", counts)),
		"split at every byte": {pieces: whole, bytes: true},
		"multi-byte text":     {pieces: []string{content(multiByteText[:6]), content(multiByteText[6:]) + sse(last("", "[]", "word", counts))}, bytes: true},
		"keep-alive noise":    {pieces: withNoise(whole, ": ping\n\n")},
		"usage absent":        {pieces: append(words[:4:4], sse(last("", "[]", "eos", "")))},
		"reasoning":           {na: none},
		"tool call":           {na: none},
		"content filter":      {na: "the server filters nothing"},
		"length limit":        {pieces: []string{content("Move"), sse(last("", "[]", "limit", counts))}},
		"clean early end":     {pieces: words[:2]},
		"cut":                 {pieces: words[:2], cut: true},
		"error inside a 200":  {pieces: []string{content("Mo"), sse(`{"error":{"code":500,"message":"Compute error.","type":"server_error"}}`)}},
		"event too large":     {pieces: []string{content("Move"), `data: {"content":"` + strings.Repeat("x", 2<<20)}},
		"endless stream":      {pieces: []string{content(strings.Repeat("word ", 4000))}, forever: true},
		"not the protocol":    {header: map[string]string{"Content-Type": "text/html"}, pieces: []string{"<!doctype html><title>llama.cpp</title>"}},
		"error: auth":         refusal(401, `{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}`),
		"error: quota":        {na: "the server keeps no accounts"},
		"error: rate_limited": {na: "the server limits no rates: requests wait for a slot"},
		"error: overloaded":   refusal(503, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`),
		"error: not_found":    refusal(404, `{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}`),
		"error: bad_request":  refusal(400, `{"error":{"code":400,"message":"\"prompt\" must be a string","type":"invalid_request_error"}}`),
		"error: too_large":    refusal(400, `{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":4096}}`),
		"error: server":       refusal(500, `{"error":{"code":500,"message":"Compute error.","type":"server_error"}}`),
	}}
}
