package dialect

import (
	"strings"

	"switchover/targets/chat"
)

// The turns of a prompt in the older form.
const (
	humanTurn     = "\n\nHuman:"
	assistantTurn = "\n\nAssistant:"
)

// completion reads the older form: one prompt, in which turns begin with "Human:" and
// "Assistant:" after an empty line. What comes before the first of them is the system
// prompt; a prompt without any is the user's. An assistant's turn at the end is to be
// continued, and says nothing where it is empty.
func (a *anthropic) completion(top *object) {
	prompt := top.take("prompt")
	text := prompt.text()
	if strings.TrimSpace(text) == "" {
		prompt.wrong("is empty", "ask something")
	}
	a.turns(text)
	if a.ok() && !asks(a.req.Messages) {
		prompt.wrong("has no turn of a human's that says something", "put the question after \\n\\nHuman:")
	}
	limit := "max_tokens"
	if top.has("max_tokens_to_sample") {
		limit = "max_tokens_to_sample"
	}
	a.req.Params.MaxTokens = top.need(limit, "the API has no limit of its own: give one").positive()
}

func asks(messages []chat.Message) bool {
	for i := range messages {
		if messages[i].Role == chat.User {
			return true
		}
	}
	return false
}

func (a *anthropic) turns(text string) {
	if start := strings.TrimLeft(text, " \t\r\n"); strings.HasPrefix(start, humanTurn[2:]) || strings.HasPrefix(start, assistantTurn[2:]) {
		text = "\n\n" + start
	}
	role := chat.System
	if !strings.Contains(text, humanTurn) && !strings.Contains(text, assistantTurn) {
		role = chat.User
	}
	for {
		turn, rest, next := cutTurn(text)
		if a.elements++; a.elements > maxElements {
			a.wrong("prompt", "has too many turns", "split it")
			return
		}
		if said := strings.TrimSpace(turn); said != "" {
			a.req.Messages = append(a.req.Messages, chat.Message{Role: role, Content: said})
		}
		if next == "" {
			return
		}
		text, role = rest, next
	}
}

// cutTurn is the text before the next turn, what follows that turn's mark, and whose
// it is; no role where there is no further turn.
func cutTurn(text string) (turn, rest string, next chat.Role) {
	for at := 0; ; at++ {
		i := strings.Index(text[at:], "\n\n")
		if i < 0 {
			return text, "", ""
		}
		at += i
		if rest, ok := strings.CutPrefix(text[at:], humanTurn); ok {
			return text[:at], rest, chat.User
		}
		if rest, ok := strings.CutPrefix(text[at:], assistantTurn); ok {
			return text[:at], rest, chat.Assistant
		}
	}
}
