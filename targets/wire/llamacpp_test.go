package wire

import (
	"net/http"
	"testing"

	"switchover/targets/chat"
)

// TestChatCompletionsOfLlamaCPP: its server says of its own work what /completion
// says, beside the answer to a chat completion.
func TestChatCompletionsOfLlamaCPP(t *testing.T) {
	const timings = `"timings":{"cache_n":2,"prompt_n":5,"prompt_ms":12.5,"prompt_per_second":400.0,"predicted_n":4,"predicted_ms":80.25,"predicted_per_second":49.8}`
	want := chat.Timings{Prompt: 12500000, Decode: 80250000, PromptTokens: 5, DecodeTokens: 4}
	document := `{"model":"m","choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],` + timings + `}`
	for _, body := range []string{
		document,
		`data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}` + "\n\n" +
			`data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],` + timings + "}\n\ndata: [DONE]\n\n",
	} {
		out := hear(OpenAI{}, []byte(body), http.Header{}, len(body), nil, false).Outcome
		if !out.Complete || out.Timings == nil || *out.Timings != want {
			t.Errorf("timings %+v of %s", out.Timings, body)
		}
	}
	if !decodedQuickly(t, []byte(document)) {
		t.Errorf("not decoded quickly: %s", document)
	}
	for _, none := range []string{`{"prompt_ms":"fast"}`, `[]`, `{}`, `null`, `{"predicted_ms":-4}`} {
		body := `{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"timings":` + none + `}`
		if out := hear(OpenAI{}, []byte(body), http.Header{}, len(body), nil, false).Outcome; !out.Complete || out.Timings != nil {
			t.Errorf("timings %+v of %s", out.Timings, body)
		}
	}
}
