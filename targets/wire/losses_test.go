package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"switchover/targets/chat"
)

// TestAFieldIsLostOnce: what happens to a field several times in one request is told
// once, with the worst of its fates: a report counts requests by what they lose.
func TestAFieldIsLostOnce(t *testing.T) {
	word := func(s string) chat.Part { return chat.Part{Kind: chat.TextPart, Text: s} }
	paper := chat.Part{Kind: chat.DocumentPart, MediaType: "application/pdf", Name: "paper", Data: "JVBERi0xLjQ="}
	note := chat.Part{Kind: chat.DocumentPart, MediaType: "text/plain", Name: "note", Text: "Noted."}
	picture := chat.Part{Kind: chat.ImagePart, MediaType: "image/png", Data: "iVBORw0KGgo=", Detail: "low"}
	call := func(id string) chat.Message {
		return chat.Message{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: id, Name: "f", Arguments: "not an object"}}}
	}
	result := func(id string) chat.Message {
		return chat.Message{Role: chat.ToolRole, ToolCallID: id, Content: "found"}
	}
	negative := int64(-1)
	requests := map[string]chat.Request{
		"papers and notes": {Messages: []chat.Message{{Role: chat.User, Parts: []chat.Part{paper, note, paper, word("Read."), note, paper}},
			{Role: chat.Assistant, Content: "Read."}, {Role: chat.User, Parts: []chat.Part{paper, note}}}},
		"pictures between words": {Messages: []chat.Message{{Role: chat.User, Parts: []chat.Part{word("a"), picture, word("b"), picture, word("c")}},
			{Role: chat.Assistant, Content: "Seen."}, {Role: chat.User, Parts: []chat.Part{word("a"), picture, word("b")}}}},
		"calls without an object": {Tools: []chat.Tool{{Name: "f"}}, Messages: []chat.Message{{Role: chat.User, Content: "Call."},
			call("call_0001"), result("call_0001"), call("call_0002"), result("call_0002"), {Role: chat.User, Content: "And?"}}},
		"parameters": {Messages: []chat.Message{{Role: chat.User, Content: "Go."}}, Format: chat.Format{Name: "n", Schema: json.RawMessage(`{"type":"object"}`)},
			User: "u", Metadata: map[string]string{"k": "v"}, ServiceTier: "odd", Params: chat.Params{Seed: &negative, Stop: []string{"a", "b", "c", "d", "e", " "},
				Thinking: chat.Thinking{Mode: chat.ThinkingAdaptive, Effort: "xhigh", Budget: 100}}},
	}
	for _, name := range append(Names(), slices.Collect(maps.Keys(carriageProtocols))...) {
		p := carrier(name)
		for what, req := range requests {
			ep := Endpoint{URL: "http://localhost/v1", Model: "m", Region: "us-east-1"}
			_, losses, _ := p.Encode(ep, req)
			told := map[chat.Field]bool{}
			for _, l := range losses {
				if told[l.Field] {
					t.Errorf("%s, %s: %v is told twice: %v", name, what, l.Field, losses)
				}
				told[l.Field] = true
			}
		}
	}
}
