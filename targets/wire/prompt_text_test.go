package wire

import (
	"testing"

	"switchover/targets/chat"
)

func init() {
	canaries[chat.FieldTurns] = canary{text: canaryText, has: func(r *chat.Request) {
		r.Messages = append(r.Messages, chat.Message{Role: chat.Assistant, Content: canaryText}, chat.Message{Role: chat.User, Content: "Go on."})
	}}
}

func TestPromptText(t *testing.T) {
	user := chat.Message{Role: chat.User, Content: "Why?"}
	for _, tc := range []struct {
		intent   string
		messages []chat.Message
		want     string
		asIs     bool
	}{
		{"a question", []chat.Message{user}, "Why?", true},
		{"a question in parts", []chat.Message{{Role: chat.User, Parts: []chat.Part{text("Why"), text("not?")}}}, "Why\nnot?", true},
		{"nothing", nil, "", false},
		{"a system prompt", []chat.Message{{Role: chat.System, Content: "Be short."}, user}, "Be short.\n\nUser: Why?\n\nAssistant:", false},
		{"turns", []chat.Message{user, {Role: chat.Assistant, Content: "So."}, user}, "User: Why?\n\nAssistant: So.\n\nUser: Why?\n\nAssistant:", false},
		{"an answer to be continued", []chat.Message{user, {Role: chat.Assistant, Content: "Because"}}, "User: Why?\n\nAssistant: Because", false},
	} {
		if got, asIs := promptText(tc.messages); got != tc.want || asIs != tc.asIs {
			t.Errorf("%s: %q, as it is %v; want %q, %v", tc.intent, got, asIs, tc.want, tc.asIs)
		}
	}
}
