package targets

import (
	"fmt"
	"strings"
)

func init() { speakers = append(speakers, tgiSpeaker()) }

func tgiSpeaker() *speaker {
	event := func(i int, text, rest string) string {
		return fmt.Sprintf(`data:{"index":%d,"token":{"id":%d,"text":"%s","logprob":-0.1,"special":false},%s}`+"\n\n", i, 100+i, text, rest)
	}
	const goesOn = `"generated_text":null,"details":null`
	content := func(i int, text string) string { return event(i, text, goesOn) }
	last := func(i int, text, all, reason, counts string) string {
		return event(i, text, `"generated_text":"`+all+`","details":{"finish_reason":"`+reason+`",`+counts+`"seed":null}`)
	}
	const counts = `"generated_tokens":4,"input_length":7,`
	var words []string
	for i, w := range goodWords[:3] {
		words = append(words, content(i+1, w))
	}
	whole := append(words[:3:3], last(4, goodWords[3], goodText, "stop_sequence", counts))
	document := asDocument(`{"generated_text":"` + goodText + `","details":{"finish_reason":"eos_token","generated_tokens":4,"seed":null,"prefill":[],"tokens":[]}}`)
	document.header["x-prompt-tokens"] = "7"
	const none = "the prompt is text, and so is the answer"
	return &speaker{protocol: "tgi", spec: specFor("tgi", ""), content: "text/event-stream", says: map[string]utterance{
		"good stream":         {pieces: whole},
		"good document":       document,
		"split at every byte": {pieces: whole, bytes: true},
		"multi-byte text":     {pieces: []string{content(1, multiByteText[:6]), last(2, multiByteText[6:], multiByteText, "eos_token", counts)}, bytes: true},
		"keep-alive noise":    {pieces: withNoise(whole, ":\n\n")},
		"usage absent":        {pieces: append(words[:3:3], last(4, goodWords[3], goodText, "stop_sequence", ""))},
		"reasoning":           {na: none},
		"tool call":           {na: none},
		"content filter":      {na: "the server filters nothing"},
		"length limit":        {pieces: []string{last(1, "Move", "Move", "length", counts)}},
		"clean early end":     {pieces: words[:2]},
		"cut":                 {pieces: words[:2], cut: true},
		"error inside a 200":  {pieces: []string{content(1, "Mo"), `data:{"error":"Request failed during generation: Server error: CUDA out of memory","error_type":"generation"}` + "\n\n"}},
		"event too large":     {pieces: []string{content(1, "Move"), `data:{"token":{"text":"` + strings.Repeat("x", 2<<20)}},
		"endless stream":      {pieces: []string{content(1, strings.Repeat("word ", 4000))}, forever: true},
		"not the protocol":    {header: map[string]string{"Content-Type": "text/html"}, pieces: []string{"<html><title>Welcome</title></html>"}},
		"error: auth":         refusal(401, `{"error":"Authorization header is correct, but the token seems invalid"}`),
		"error: quota":        refusal(402, `{"error":"You have exceeded your monthly included credits for Inference Providers"}`),
		"error: rate_limited": refusal(429, `{"error":"Rate limit reached. Please log in or use a HF access token"}`),
		"error: overloaded":   refusal(429, `{"error":"Model is overloaded","error_type":"overloaded"}`),
		"error: not_found":    refusal(404, ``),
		"error: bad_request":  refusal(422, `{"error":"Input validation error: `+"`temperature`"+` must be strictly positive","error_type":"validation"}`),
		"error: too_large":    refusal(422, `{"error":"Input validation error: `+"`inputs` tokens + `max_new_tokens`"+` must be <= 4096. Given: 4031 `+"`inputs` tokens and 200 `max_new_tokens`"+`","error_type":"validation"}`),
		"error: server":       refusal(424, `{"error":"Request failed during generation: Server error: CUDA out of memory","error_type":"generation"}`),
	}}
}
