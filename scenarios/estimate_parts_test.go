package scenarios

import (
	"encoding/json"
	"strings"
	"testing"

	"switchover/results"
	"switchover/targets/chat"
)

// rich are conversations as a log with tools and pictures makes them.
func rich() []results.Conversation {
	half := 0.5
	return []results.Conversation{
		{Item: "line-1", Turns: []string{""}, MaxTokens: 100, Tools: []chat.Tool{{Name: "f", Parameters: []byte(`{ "type": "object", "x": "<" }`)}},
			Request: &chat.Request{Dialect: "anthropic", User: "user_1", Params: chat.Params{Temperature: &half}, Foreign: map[string]json.RawMessage{"x": []byte(`[ 1 ]`)},
				Messages: []chat.Message{{Role: chat.System, Parts: []chat.Part{{Kind: chat.TextPart, Text: "Be brief.", Cache: "5m"}}},
					{Role: chat.User, Content: strings.Repeat("word ", 100)}, {Role: chat.Assistant, ToolCalls: []chat.ToolCall{{ID: "1", Name: "f", Arguments: "{}"}}},
					{Role: chat.ToolRole, ToolCallID: "1", Content: "Gone."}}}},
		{Item: "line-2", Turns: []string{"", "Sure?"}, Parts: [][]chat.Part{{{Kind: chat.ImagePart, MediaType: "image/png", Data: "aGk="}}, nil}},
	}
}

const richScenario = `name: rich
targets: [{name: a, url: "http://127.0.0.1:1/v1", model: m}]
workload: {conversations: bundled, salt: off}
load: [{mode: users, users: 1, conversations: 2}]
`

// What a log brings beside words is reckoned, decides the schedule's name, and is the
// same when a run's own copy of it is read again.
func TestPlansOfRichConversations(t *testing.T) {
	s, err := Parse("rich.yaml", []byte(strings.Replace(richScenario, "conversations: bundled", "conversations: {file: estimate_parts_test.go, format: openai}", 1)), Env{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Recompile(s, rich())
	if err != nil {
		t.Fatal(err)
	}
	e := p.Estimate.Targets[0]
	if e.Requests != 3 || e.InputTokens < 2*likelyPicture+100 || e.InputTokens > 2*likelyPicture+600 {
		t.Errorf("%d requests with %d tokens", e.Requests, e.InputTokens)
	}
	if e.WorstInputTokens < 100_000 || e.WorstOutputTokens != 100+2*DefaultMaxTokens {
		t.Errorf("at worst %d and %d tokens", e.WorstInputTokens, e.WorstOutputTokens)
	}
	kept, err := json.Marshal(rich())
	if err != nil {
		t.Fatal(err)
	}
	var again []results.Conversation
	if err := json.Unmarshal(kept, &again); err != nil {
		t.Fatal(err)
	}
	if q, err := Recompile(s, again); err != nil || q.ScheduleHash != p.ScheduleHash {
		t.Errorf("read again it is another schedule: %v", err)
	}
	for intent, change := range map[string]func([]results.Conversation){
		"a picture":   func(of []results.Conversation) { of[1].Parts[0][0].Data = "aGo=" },
		"a tool":      func(of []results.Conversation) { of[0].Tools[0].Name = "g" },
		"the history": func(of []results.Conversation) { of[0].Request.Messages[3].Content = "There." },
	} {
		other := rich()
		change(other)
		if q, err := Recompile(s, other); err != nil || q.ScheduleHash == p.ScheduleHash {
			t.Errorf("with another %s it is the same schedule: %v", intent, err)
		}
	}
}

// Where a target was said to be strict is known.
func TestStrictPlaces(t *testing.T) {
	s, err := Parse("rich.yaml", []byte(strings.Replace(richScenario, "model: m}", "model: m, strict: true}", 1)), Env{})
	if err != nil || len(s.Read.StrictAt) != 1 || s.Read.StrictAt["a"] != "rich.yaml:2:61" {
		t.Errorf("%v, %v", s, err)
	}
}
