package chat

import "testing"

func TestMaxInputTokens(t *testing.T) {
	for _, tc := range []struct {
		intent string
		req    Request
		want   int
	}{
		{"nothing", Request{}, 0},
		{"a byte can be a token, and so can what frames a message", Request{Messages: []Message{{Role: User, Content: "Hi"}, {Role: User, Content: "你好"}}}, 2 + 8 + 6 + 8},
		{"calls are read back", Request{Messages: []Message{{Role: Assistant, ToolCalls: []ToolCall{{Name: "f", Arguments: "{}"}}}}}, 8 + 3 + 8},
		{"a picture is counted by its area, whatever its bytes", Request{Messages: []Message{{Role: User, Parts: []Part{{Kind: TextPart, Text: "Hi"}, {Kind: ImagePart, Data: "aGk="}}}}}, 8 + 2 + 8 + 50_000 + 8},
		{"a document by its bytes, and by a context where it is elsewhere", Request{Messages: []Message{{Role: User, Parts: []Part{{Kind: DocumentPart, Data: "aGk="}, {Kind: DocumentPart, URL: "https://a"}}}}}, 8 + 4 + 8 + 1<<20 + 8},
		{"tools are described", Request{Tools: []Tool{{Name: "f", Description: "does", Parameters: []byte(`{}`)}}}, 1 + 4 + 2 + 32},
	} {
		if got := tc.req.MaxInputTokens(); got != tc.want {
			t.Errorf("%s: %d tokens, want %d", tc.intent, got, tc.want)
		}
	}
}
