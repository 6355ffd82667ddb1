package wire

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"

	"switchover/targets/chat"
)

// everythingAsked is a request with all that can be asked of OpenAI.
func everythingAsked() chat.Request {
	return chat.Request{
		Messages:   talk(),
		Tools:      []chat.Tool{{Name: "f", Description: "d", Parameters: []byte(`{"type":"object"}`), Strict: true}},
		ToolChoice: chat.ToolChoice{Mode: chat.ToolsAny, Single: true},
		Format:     chat.Format{JSON: true, Name: "s", Schema: []byte(`{"type":"object"}`), Strict: true},
		Params: chat.Params{MaxTokens: 64, Temperature: ptr(0.5), TopP: ptr(0.5), Seed: ptr(int64(7)), Stop: []string{"END"},
			FrequencyPenalty: ptr(0.5), PresencePenalty: ptr(0.5), Thinking: chat.Thinking{Effort: "high"}},
		User: "u", Metadata: map[string]string{"a": "b"}, ServiceTier: "flex",
	}
}

// What is asked has the names and types that OpenAI's own client has for it: read into
// its types and written again, a body is the same.
func TestOpenAIKnowsTheNames(t *testing.T) {
	whole := everythingAsked()
	prompt := everythingAsked()
	prompt.Messages = []chat.Message{{Role: chat.User, Content: "hello"}}
	prompt.Tools, prompt.ToolChoice, prompt.Format = nil, chat.ToolChoice{}, chat.Format{}
	sent := sentTo(t, OpenAI{}, whole)
	sent["messages"].([]any)[7].(map[string]any)["content"] = "" // its client leaves null out
	holdToClient(t, "chat completions", sent, &openai.ChatCompletionNewParams{})
	holdToClient(t, "completions", sentTo(t, Completions{}, prompt), &openai.CompletionNewParams{})
	sent = sentTo(t, Responses{}, whole)
	for i, item := range sent["input"].([]any) {
		said := item.(map[string]any)
		parts, _ := said["content"].([]any)
		if said["type"] == "function_call_output" {
			parts, _ = said["output"].([]any)
			holdToClient(t, "result", said, &responses.ResponseInputItemFunctionCallOutputParam{})
		} else if said["type"] == "function_call" {
			holdToClient(t, "call", said, &responses.ResponseFunctionToolCallParam{})
		} else if parts == nil {
			holdToClient(t, "message", said, &responses.EasyInputMessageParam{})
		}
		for _, part := range parts {
			holdToClient(t, fmt.Sprintf("part of item %d", i), part.(map[string]any), map[string]any{
				"input_text": &responses.ResponseInputTextParam{}, "input_image": &responses.ResponseInputImageParam{}, "input_file": &responses.ResponseInputFileParam{},
			}[part.(map[string]any)["type"].(string)])
		}
	}
	delete(sent, "input") // which its client does not read back by itself
	holdToClient(t, "responses", sent, &responses.ResponseNewParams{})
}

func sentTo(t *testing.T, p Protocol, req chat.Request) map[string]any {
	t.Helper()
	got, _ := askedOf(t, p, Endpoint{URL: openAItself, Model: "gpt-5"}, req)
	delete(got, "stream") // its client says that by the function that is called
	return got
}

// holdToClient reads a body into a type of the client's, writes it and compares.
func holdToClient(t *testing.T, what string, sent map[string]any, into any) {
	t.Helper()
	body, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%s: %v: %s", what, err, body)
	}
	again, err := json.Marshal(into)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sent, object(t, again)); diff != "" {
		t.Errorf("%s (-sent +as its own client says it):\n%s", what, diff)
	}
}
