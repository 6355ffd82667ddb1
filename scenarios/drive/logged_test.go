package drive

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets"
	"switchover/targets/chat"
)

// loggedRequest is a request of a log: what it asks is asked again, but for what the
// target says itself.
func loggedRequest() results.Conversation {
	half, seven := 0.5, int64(7)
	return results.Conversation{
		Item: "line-1", Turns: []string{""}, MaxTokens: 4096,
		Tools: []chat.Tool{{Name: "find"}},
		Request: &chat.Request{
			Dialect: "openai", User: "[USER_1]", Format: chat.Format{JSON: true},
			Messages: []chat.Message{
				{Role: chat.System, Content: "Be brief."}, {Role: chat.System, Content: "Be kind."},
				{Role: chat.User, Content: "Where is it?"},
				{Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "1", Name: "find", Arguments: "{}"}}},
				{Role: chat.ToolRole, ToolCallID: "1", Content: "There."},
			},
			Params:  chat.Params{Temperature: &half, Seed: &seven, Stop: []string{"END"}},
			Foreign: map[string]json.RawMessage{"logit_bias": []byte("{}"), "messages[2].name": []byte(`"ann"`), "messages[0].name": []byte(`"ops"`)},
		},
	}
}

func TestALogsRequestIsAskedAgain(t *testing.T) {
	c := loggedRequest()
	one, nine := 1.0, int64(9)
	for intent, tc := range map[string]struct {
		spec targets.Spec
		want func(*chat.Request)
	}{
		"as it was":                       {targets.Spec{DefaultLimit: true, Params: chat.Params{MaxTokens: 256}}, func(*chat.Request) {}},
		"within the target's own limit":   {targets.Spec{Params: chat.Params{MaxTokens: 100}}, func(r *chat.Request) { r.Params.MaxTokens = 100 }},
		"with the target's own seed":      {targets.Spec{DefaultLimit: true, Params: chat.Params{Seed: &nine}}, func(r *chat.Request) { r.Params.Seed = &nine }},
		"at the target's own temperature": {targets.Spec{DefaultLimit: true, Params: chat.Params{Temperature: &one}}, func(r *chat.Request) { r.Params.Temperature = &one }},
		"at the temperature that is allowed": {targets.Spec{DefaultLimit: true, Params: chat.Params{AsAllowed: true}},
			func(r *chat.Request) { r.Params.Temperature, r.Params.AsAllowed = nil, true }},
		"with the target's own system prompt": {targets.Spec{DefaultLimit: true, System: "Be loud."}, func(r *chat.Request) {
			r.Messages = append([]chat.Message{{Role: chat.System, Content: "Be loud."}}, r.Messages[2:]...)
			r.Foreign = map[string]json.RawMessage{"logit_bias": []byte("{}"), "messages[1].name": []byte(`"ann"`)}
		}},
	} {
		want := *c.Request
		want.Tools, want.ID, want.Params.MaxTokens = c.Tools, "id", 4096
		tc.want(&want)
		got := newSession(scenarios.Start{}, []results.Conversation{c}).request(&tc.spec, "id")
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", intent, d)
		}
	}
	if d := cmp.Diff(loggedRequest(), c); d != "" {
		t.Errorf("the conversation was changed: %s", d)
	}
}

// A question with a picture goes into the history as it was asked.
func TestAPictureStaysInTheHistory(t *testing.T) {
	picture := []chat.Part{{Kind: chat.TextPart, Text: "What is it?"}, {Kind: chat.ImagePart, Data: "aGk="}}
	s := newSession(scenarios.Start{}, []results.Conversation{{Turns: []string{"", "And now?"}, Parts: [][]chat.Part{picture, nil}}})
	s.turn, s.answers = 1, []string{"A cat."}
	want := []chat.Message{{Role: chat.User, Parts: picture}, {Role: chat.Assistant, Content: "A cat."}, {Role: chat.User, Content: "And now?"}}
	if d := cmp.Diff(want, s.request(&targets.Spec{}, "id").Messages); d != "" {
		t.Error(d)
	}
}
