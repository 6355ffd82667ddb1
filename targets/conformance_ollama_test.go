package targets

import (
	"strings"
	"testing"

	"switchover/targets/chat"
)

func init() { speakers = append(speakers, ollamaSpeaker()) }

func ollamaSpeaker() *speaker {
	const ends = `"total_duration":4883583458,"load_duration":1334875,"prompt_eval_count":7,"prompt_eval_duration":342546000,"eval_count":4,"eval_duration":4535599000}`
	line := func(message, rest string) string {
		return `{"model":"m","created_at":"2026-11-23T12:00:00.1Z","message":{"role":"assistant",` + message + `},` + rest + "\n"
	}
	content := func(text string) string { return line(`"content":"`+text+`"`, `"done":false}`) }
	done := func(reason, rest string) string {
		return line(`"content":""`, `"done":true,"done_reason":"`+reason+`"`+rest)
	}
	var words []string
	for _, w := range goodWords {
		words = append(words, content(w))
	}
	whole := append(words[:4:4], done("stop", ","+ends))
	thought := line(`"content":"","thinking":"`+reasoningText+`"`, `"done":false}`)
	call := line(`"content":"","tool_calls":[{"id":"call_1","function":{"index":0,"name":"switch","arguments":{"to":"spare"}}}]`, `"done":false}`)
	return &speaker{protocol: "ollama", spec: specFor("ollama", ""), content: "application/x-ndjson", says: map[string]utterance{
		"good stream":         {pieces: whole},
		"good document":       asDocument(strings.TrimSuffix(line(`"content":"`+goodText+`"`, `"done":true,"done_reason":"stop",`+ends), "\n")),
		"split at every byte": {pieces: whole, bytes: true},
		"multi-byte text":     {pieces: []string{content(multiByteText[:6]), content(multiByteText[6:]) + done("stop", "}")}, bytes: true},
		"keep-alive noise":    {pieces: withNoise(whole, " \r\n\n")},
		"usage absent":        {pieces: append(words[:4:4], done("stop", "}"))},
		"reasoning":           {pieces: append([]string{thought}, whole...), pause: 5 * ms},
		"tool call":           {pieces: []string{call, done("stop", ","+ends)}},
		"content filter":      {na: "the server filters nothing"},
		"length limit":        {pieces: []string{content("Move"), done("length", ","+ends)}},
		"clean early end":     {pieces: words[:2]},
		"cut":                 {pieces: words[:2], cut: true},
		"error inside a 200":  {pieces: []string{content("Mo"), `{"error":"llama runner process has terminated: signal: killed"}` + "\n"}},
		"event too large":     {pieces: []string{content("Move"), `{"message":{"content":"` + strings.Repeat("x", 2<<20)}},
		"endless stream":      {pieces: []string{content(strings.Repeat("word ", 4000))}, forever: true},
		"not the protocol":    {header: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, pieces: []string{"Ollama is running"}},
		"error: auth":         refusal(401, `{"error":"unauthorized"}`),
		"error: quota":        refusal(402, `{"error":"this model requires a subscription"}`),
		"error: rate_limited": refusal(429, `{"error":"too many concurrent requests"}`),
		"error: overloaded":   refusal(503, `{"error":"server busy, please try again.  maximum pending requests exceeded"}`),
		"error: not_found":    refusal(404, `{"error":"model \"m\" not found, try pulling it first"}`),
		"error: bad_request":  refusal(400, `{"error":"\"m\" does not support thinking"}`),
		"error: too_large":    refusal(400, `{"error":"the input length exceeds the context length"}`),
		"error: server":       refusal(500, `{"error":"model requires more system memory (9.1 GiB) than is available (4.0 GiB)"}`),
	}}
}

// refusal is an answer that is none, in JSON.
func refusal(status int, body string) utterance {
	return utterance{status: status, header: map[string]string{"Content-Type": "application/json; charset=utf-8", "Retry-After": "3"}, pieces: []string{body}}
}

// asDocument is an answer in one piece.
func asDocument(body string) utterance {
	return utterance{header: map[string]string{"Content-Type": "application/json; charset=utf-8"}, pieces: []string{body}}
}

// withNoise puts noise before and after each piece.
func withNoise(pieces []string, noise string) []string {
	out := []string{noise}
	for _, p := range pieces {
		out = append(out, p, noise)
	}
	return out
}

// TestServersOwnTimes: what a server says of its own work is recorded beside what was
// measured.
func TestServersOwnTimes(t *testing.T) {
	for _, tc := range []struct {
		speaker *speaker
		want    chat.Timings
	}{
		{ollamaSpeaker(), chat.Timings{Total: 4883583458, Load: 1334875, Prompt: 342546000, Decode: 4535599000, PromptTokens: 7, DecodeTokens: 4}},
		{llamaCPPSpeaker(), chat.Timings{Prompt: 12500000, Decode: 80250000, PromptTokens: 5, DecodeTokens: 4}},
	} {
		rec := askVector(t, tc.speaker, tc.speaker.says["good stream"])
		if rec.Timings == nil || *rec.Timings != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.speaker.protocol, rec.Timings, tc.want)
		}
		if rec.ChunkSource != "usage" && tc.speaker.protocol == "llamacpp" {
			t.Errorf("llama.cpp says the tokens of each event, and they are %s", rec.ChunkSource)
		}
	}
}
