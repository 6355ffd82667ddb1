package wire

import (
	"encoding/json"
	"math"
	"testing"

	openai "github.com/sashabaranov/go-openai"

	"switchover/targets/chat"
)

// FuzzRequestBody: the body is what encoding/json makes of the request.
func FuzzRequestBody(f *testing.F) {
	for _, text := range []string{"", "plain", "two\nlines", "\"quoted\" \\ <b>&", "\x00\x1f\x7f", "ü 模型 \u2028", "\xff\xfe", "a\n\xff"} {
		for shape := range byte(4) {
			f.Add(text, "api.openai.com", "END", 9, int64(-1), 0.7, shape<<6|0x3f)
			f.Add(text, "m", "END", 9, int64(-1), 0.7, shape<<6|0x3f)
			f.Add(text, text, text, 0, int64(0), 1e-9, shape<<6)
		}
	}
	f.Fuzz(func(t *testing.T, text, model, word string, n int, seed int64, x float64, has byte) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			x = 0
		}
		req := openAIRequest{Model: model, MaxTokens: n, Stream: has&1 != 0, MinTokens: -n, IgnoreEOS: has&2 != 0}
		if has&4 != 0 {
			req.Stop, req.Temperature, req.TopP = []string{word, text}, &x, &x
			req.ToolChoice, req.User, req.Metadata = word, text, map[string]string{word: text}
		}
		if has&8 != 0 {
			req.Seed, req.StreamOptions, req.MaxCompletionTokens = &seed, withUsage(model), n
		}
		if has&16 != 0 {
			req.Tools = []openAITool{{Type: "function", Function: &openai.FunctionDefinition{Name: word, Parameters: json.RawMessage(`{"a":"<"}`)}}}
		}
		if has&32 != 0 {
			req.Messages = append(req.Messages, openAIMessage{Role: word, Content: openAIWords{text: &text}})
			req.Messages = append(req.Messages, encodeMessage(&chat.Message{Role: chat.ToolRole, Content: text, ToolCallID: word}))
		}
		if has&64 != 0 {
			req.Messages = append(req.Messages, encodeMessage(&chat.Message{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: word, Name: text}}}))
		}
		if has&128 != 0 {
			req.TopK, req.ReasoningEffort = &n, word
			parts := []openAIPart{textPart(text), {Type: "image_url", ImageURL: &openAIImage{URL: word}}}
			req.Messages = append(req.Messages, openAIMessage{Content: openAIWords{parts: parts}}, openAIMessage{})
		}
		want, err := json.Marshal(&req)
		if err != nil {
			t.Fatal(err)
		}
		got, err := req.appendJSON(nil)
		if err != nil || string(got) != string(want) {
			t.Errorf("%v\n got %s\nwant %s", err, got, want)
		}
	})
}
