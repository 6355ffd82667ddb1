package chat

import (
	"slices"
	"strings"
	"testing"
)

func TestFieldsOfARequest(t *testing.T) {
	one, single := 1, Request{}
	single.ToolChoice.Single = true
	for _, tc := range []struct {
		intent string
		req    Request
		want   string
	}{
		{"nothing", Request{}, ""},
		{"a plain question", Request{Messages: []Message{{Role: User, Content: "Hi"}}}, ""},
		{"system, then later", Request{Messages: []Message{{Role: System, Content: "s"}, {Role: User, Content: "u"}, {Role: System, Content: "s"}}},
			"system, system message later on"},
		{"two blocks, one cached for an hour", Request{Messages: []Message{{Role: System, Parts: []Part{{Kind: TextPart, Text: "a", Cache: "1h"}, {Kind: TextPart, Text: "b"}}}}},
			"system, system blocks, cache marks, cache TTL"},
		{"an answer to be continued", Request{Messages: []Message{{Role: User, Content: "u"}, {Role: Assistant, Content: "The"}}}, "answer to be continued"},
		{"a call is not to be continued", Request{Messages: []Message{{Role: Assistant, ToolCalls: []ToolCall{{Name: "f"}}}}}, "tool calls"},
		{"a picture in a failed result", Request{Messages: []Message{{Role: ToolRole, IsError: true, Parts: []Part{{Kind: ImagePart, Data: "aGk="}}}}},
			"image, tool results, images in tool results, tool result is_error"},
		{"signed thinking", Request{Messages: []Message{{Role: Assistant, Parts: []Part{{Kind: ThinkingPart, Text: "hm", Signature: "x"}}}, {Role: User, Content: "u"}}},
			"earlier turns, thinking, thinking signature"},
		{"parameters", Request{Params: Params{TopK: &one, AsAllowed: true, Thinking: Thinking{Mode: ThinkingOn, Budget: 1024}}},
			"temperature, top_k, thinking asked for, thinking budget"},
		{"one tool at a time", single, "no parallel tool calls"},
	} {
		var got []string
		for f := range tc.req.Fields().All() {
			got = append(got, f.String())
		}
		if strings.Join(got, ", ") != tc.want {
			t.Errorf("%s: %q, want %q", tc.intent, got, tc.want)
		}
	}
}

func TestEveryFieldHasANameOfItsOwn(t *testing.T) {
	var names []string
	for f := range AllFields() {
		names = append(names, f.String())
	}
	slices.Sort(names)
	if len(names) != int(fieldCount) || len(slices.Compact(slices.Clone(names))) != len(names) || names[0] == "" {
		t.Errorf("%d names: %q", len(names), names)
	}
}

func TestLossesKeepTheOrderOfTheFields(t *testing.T) {
	table := Carry(Lose(FieldUser, Dropped, ""), Lose(FieldSystem, Approximate, "said first"), Lose(FieldSeed, Lossless, ""))
	has := FieldSet(0).With(FieldUser).With(FieldSystem).With(FieldSeed).With(FieldStop)
	var got []string
	for _, l := range table.Losses(has) {
		got = append(got, l.String())
	}
	if strings.Join(got, "; ") != "system: approximate; user: dropped" {
		t.Errorf("losses %q", got)
	}
}
