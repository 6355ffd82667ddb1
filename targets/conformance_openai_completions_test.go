package targets

import "strings"

func init() { speakers = append(speakers, completionsSpeaker()) }

// completionsSpeaker speaks completions: it ends, fails and counts as chat completions
// do, and says its words in another place.
func completionsSpeaker() *speaker {
	event := func(text, finish string) string {
		return sse(`{"id":"cmpl-1","object":"text_completion","created":1795334609,"model":"m","choices":[{"index":0,"text":"` + text + `","logprobs":null,"finish_reason":` + finish + `}],"usage":null}`)
	}
	content := func(text string) string { return event(text, "null") }
	usage := sse(`{"id":"cmpl-1","object":"text_completion","model":"m","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":4,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":2}}}`)
	stop, done := event("", `"stop"`), sse("[DONE]")
	var words []string
	for _, w := range goodWords {
		words = append(words, content(w))
	}
	whole := append(append([]string{}, words...), stop, usage, done)
	noise := []string{": keep-alive\n\n"}
	for _, p := range whole {
		noise = append(noise, p, ": keep-alive\n\n")
	}
	s := openAISpeaker("openai-completions")
	for name, says := range map[string]utterance{
		"good stream": {pieces: whole},
		"good document": {header: map[string]string{"Content-Type": "application/json"}, pieces: []string{
			`{"id":"cmpl-1","object":"text_completion","model":"m","choices":[{"index":0,"text":"` + goodText + `","finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":4,"total_tokens":11}}`}},
		"split at every byte": {pieces: whole, bytes: true},
		"multi-byte text":     {pieces: []string{content(multiByteText[:6]), content(multiByteText[6:]) + stop + done}, bytes: true},
		"keep-alive noise":    {pieces: noise},
		"usage absent":        {pieces: append(append([]string{}, words...), stop, done)},
		"reasoning":           {na: "a completion is text alone: what a model reasons is in it"},
		"tool call":           {na: "a completion is text alone: calls are in it as the model writes them"},
		"content filter":      {pieces: []string{content("Mo"), event("", `"content_filter"`), done}},
		"length limit":        {pieces: []string{content("Move"), event("", `"length"`), usage, done}},
		"clean early end":     {pieces: words[:2]},
		"cut":                 {pieces: words[:2], cut: true},
		"error inside a 200":  {pieces: []string{content("Mo"), sse(`{"error":{"message":"engine died","type":"server_error","code":500}}`), done}},
		"event too large":     {pieces: []string{content("Mo"), `data: {"choices":[{"text":"` + strings.Repeat("x", 2<<20)}},
		"endless stream":      {pieces: []string{content(strings.Repeat("word ", 4000))}, forever: true},
	} {
		s.says[name] = says
	}
	return s
}
