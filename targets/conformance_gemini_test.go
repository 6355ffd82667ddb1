package targets

import (
	"strings"
	"testing"

	"switchover/targets/chat"
)

func init() {
	speakers = append(speakers, geminiSpeaker("gemini", ""), geminiSpeaker("vertex", "/v1/projects/p/locations/us-central1"))
}

// geminiSpeaker speaks generateContent at an address that ends in path.
func geminiSpeaker(protocol, path string) *speaker {
	event := func(parts, more string) string {
		return sse(`{"candidates":[{"content":{"role":"model","parts":[` + parts + `]},"index":0` + more + `}],"modelVersion":"m","responseId":"r"}`)
	}
	content := func(text string) string { return event(`{"text":"`+text+`"}`, "") }
	const counts = `"usageMetadata":{"promptTokenCount":7,"cachedContentTokenCount":2,"candidatesTokenCount":4,"totalTokenCount":11}`
	last := func(reason string) string {
		return sse(`{"candidates":[{"finishReason":"` + reason + `","index":0}],` + counts + `,"modelVersion":"m"}`)
	}
	var words []string
	for _, w := range goodWords {
		words = append(words, content(w))
	}
	whole := append(append([]string{}, words...), last("STOP"))
	noise := []string{"\r\n", ": keep-alive\r\n\r\n"}
	for _, p := range whole {
		noise = append(noise, p, ": keep-alive\r\n\r\n")
	}
	refuse := func(status int, message, word, details string) utterance {
		return utterance{status: status, header: map[string]string{"Content-Type": "application/json; charset=UTF-8"},
			pieces: []string{`[{"error":{"code":400,"message":"` + message + `","status":"` + word + `","details":[` + details + `]}}]`}}
	}
	const rate = `{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPer`
	return &speaker{
		protocol: protocol,
		spec:     specFor(protocol, path),
		content:  "text/event-stream",
		says: map[string]utterance{
			"good stream": {pieces: whole},
			"good document": {header: map[string]string{"Content-Type": "application/json"}, pieces: []string{
				`{"candidates":[{"content":{"parts":[{"text":"` + goodText + `"}],"role":"model"},"finishReason":"STOP","index":0}],` + counts + `,"modelVersion":"m"}`}},
			"split at every byte": {pieces: whole, bytes: true},
			"multi-byte text":     {pieces: []string{content(multiByteText[:6]), content(multiByteText[6:]) + event("", `,"finishReason":"STOP"`)}, bytes: true},
			"keep-alive noise":    {pieces: noise},
			"usage absent":        {pieces: append(append([]string{}, words...), event("", `,"finishReason":"STOP"`))},
			"reasoning":           {pieces: append([]string{event(`{"text":"`+reasoningText+`","thought":true}`, "")}, whole...), pause: 5 * ms},
			"tool call":           {pieces: []string{event(`{"functionCall":{"name":"switch","args":{"to": "spare"}},"thoughtSignature":"c2ln"}`, ""), last("STOP")}},
			"content filter":      {pieces: []string{content("Mo"), last("SAFETY")}},
			"length limit":        {pieces: []string{content("Move"), last("MAX_TOKENS")}},
			"clean early end":     {pieces: words[:2]},
			// The finishReason has passed: what was cut off is the body's own end.
			"cut":                 {pieces: append(append([]string{}, words[:2]...), last("STOP")), cut: true},
			"error inside a 200":  {pieces: []string{content("Mo"), sse(`{"error":{"code":500,"message":"An internal error has occurred","status":"INTERNAL"}}`)}},
			"event too large":     {pieces: []string{content("Mo"), `data: {"candidates":[{"content":{"parts":[{"text":"` + strings.Repeat("x", 2<<20)}},
			"endless stream":      {pieces: []string{content(strings.Repeat("word ", 4000))}, forever: true},
			"not the protocol":    {header: map[string]string{"Content-Type": "text/html"}, pieces: []string{"<html><title>Welcome</title></html>"}},
			"error: auth":         refuse(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT", `{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}`),
			"error: quota":        refuse(429, "You exceeded your current quota", "RESOURCE_EXHAUSTED", rate+`DayPerProjectPerModel-FreeTier","quotaValue":"20"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"36s"}`),
			"error: rate_limited": refuse(429, "You exceeded your current quota", "RESOURCE_EXHAUSTED", rate+`MinutePerProjectPerModel","quotaValue":"5"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3s"}`),
			"error: overloaded":   refuse(503, "The model is overloaded. Please try again later.", "UNAVAILABLE", ""),
			"error: not_found":    refuse(404, "models/m is not found for API version v1beta", "NOT_FOUND", ""),
			"error: bad_request":  refuse(400, "Invalid value at 'generation_config.temperature'", "INVALID_ARGUMENT", ""),
			"error: too_large":    refuse(400, "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576).", "INVALID_ARGUMENT", ""),
			"error: server":       refuse(500, "An internal error has occurred.", "INTERNAL", ""),
		},
	}
}

// What was asked and blocked has no candidate, and is billed for what was read.
func TestGeminiBlocksAPrompt(t *testing.T) {
	rec := askVector(t, geminiSpeaker("gemini", ""), utterance{pieces: []string{
		sse(`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7},"modelVersion":"m"}`)}})
	if rec.Error == nil || rec.Error.Class != chat.ContentFilter || rec.InputTokens.Or(0) != 7 || rec.OutputTokens.Or(-1) != 0 {
		t.Errorf("error %+v, read %v, wrote %v", rec.Error, rec.InputTokens, rec.OutputTokens)
	}
}

// A stream of plain JSON, as without alt=sse, cannot be timed by events and is said to
// be none.
func TestGeminiArrayIsNoStream(t *testing.T) {
	rec := askVector(t, geminiSpeaker("gemini", ""), utterance{header: map[string]string{"Content-Type": "application/json"},
		pieces: []string{`[{"candidates":[]}]`}})
	if rec.Error == nil || rec.Error.Class != chat.Malformed || !strings.Contains(rec.Error.Message, "instead of a generateContent response") {
		t.Errorf("error %+v", rec.Error)
	}
}

// A model that is not there is told by the address that was asked, without advice that
// is for another protocol's addresses.
func TestGeminiModelNotFound(t *testing.T) {
	s := geminiSpeaker("gemini", "")
	rec := askVector(t, s, s.says["error: not_found"])
	if rec.Error == nil || rec.Error.Class != chat.NotFound || !strings.Contains(rec.Error.Message, "asked for /v1beta/models/m:streamGenerateContent: 404") {
		t.Errorf("error %+v", rec.Error)
	}
}
