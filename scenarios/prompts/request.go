package prompts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"switchover/targets/chat"
)

// What is asked differently than a log has it.
const (
	changeJoined = "consecutive messages of one speaker, joined into one"
	changeAnswer = "an answer without text, which is not kept"
)

// dialogue is a request's messages on their way to a conversation.
type dialogue struct {
	entry
	parts  [][]chat.Part // of each turn
	last   chat.Role
	limits Limits
}

// say takes the next message, a text.
func (d *dialogue) say(role chat.Role, text string) *Error {
	return d.take(&chat.Message{Role: role, Content: text})
}

// take takes the next message.
func (d *dialogue) take(m *chat.Message) *Error {
	again := m.Role == d.last
	d.last = m.Role
	n := len(d.Turns)
	switch m.Role {
	case chat.System:
		if n > 0 {
			return leaveOut("a system message after the first question")
		}
		d.System = joinTexts(d.System, m.Content)
		return nil
	case chat.User:
		switch {
		case blank(m):
			return leaveOut("a blank question")
		case again:
			d.join(n-1, m)
		case n >= d.limits.Turns:
			return leaveOut("more than %d turns", d.limits.Turns)
		default:
			d.Turns, d.Recorded, d.parts = append(d.Turns, m.Content), append(d.Recorded, ""), append(d.parts, m.Parts)
		}
	case chat.Assistant:
		if n == 0 {
			return leaveOut("an answer before the first question")
		}
		d.Recorded[n-1] = joinTexts(d.Recorded[n-1], answered(m))
	}
	if again {
		d.change(changeJoined)
	}
	return nil
}

// join adds a message to a turn.
func (d *dialogue) join(turn int, m *chat.Message) {
	if len(d.parts[turn])+len(m.Parts) == 0 {
		d.Turns[turn] = joinTexts(d.Turns[turn], m.Content)
		return
	}
	d.parts[turn] = slices.Concat(pieces(d.Turns[turn], d.parts[turn]), pieces(m.Content, m.Parts))
	d.Turns[turn] = ""
}

// pieces is what a message says as parts.
func pieces(text string, parts []chat.Part) []chat.Part {
	if len(parts) == 0 {
		return []chat.Part{{Kind: chat.TextPart, Text: text}}
	}
	return parts
}

// answered is the text of an answer. What its model thought is no part of it.
func answered(m *chat.Message) string {
	text := m.Content
	for i := range m.Parts {
		if m.Parts[i].Kind == chat.TextPart {
			text += m.Parts[i].Text
		}
	}
	return text
}

// change notes once what is asked differently.
func (d *dialogue) change(what string) {
	for _, have := range d.changes {
		if have == what {
			return
		}
	}
	d.changes = append(d.changes, what)
}

func joinTexts(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n\n" + b
}

// done gives the conversation.
func (d *dialogue) done() (entry, *Error) {
	if len(d.Turns) == 0 {
		return entry{}, leaveOut("no question")
	}
	d.Recorded = answers(d.Recorded)
	if slices.ContainsFunc(d.parts, func(of []chat.Part) bool { return len(of) > 0 }) {
		d.Parts = d.parts
	}
	if err := tooLarge(&d.Conversation); err != nil {
		return entry{}, err
	}
	return d.entry, nil
}

// answers is nil where there is no answer at all.
func answers(list []string) []string {
	if strings.Join(list, "") == "" {
		return nil
	}
	return list
}

// messages takes a request's list of messages, each as its role and content.
func (o object) messages(take func(at string, m object) *Error) *Error {
	list, err := o.list("messages")
	switch {
	case err != nil:
		return err
	case len(list) == 0:
		return mistake("", "messages is empty")
	}
	for i, raw := range list {
		at := fmt.Sprintf("messages[%d]", i)
		m, err := inner(at, raw)
		if err != nil {
			return err
		}
		if err := take(at, m); err != nil {
			return err
		}
	}
	return nil
}

// list takes a required list.
func (o object) list(name string) ([]json.RawMessage, *Error) {
	raw, ok := o[name]
	if !ok {
		return nil, mistake("", "%s is missing", name)
	}
	var list []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return nil, mistake("", "%s is %s, not a list", name, kind(raw))
	}
	return list, nil
}

// inner reads an object inside another.
func inner(at string, raw json.RawMessage) (object, *Error) {
	if raw[0] != '{' {
		return nil, mistake("", "%s is %s, not an object", at, kind(raw))
	}
	o, err := parse(raw, false)
	if err != nil {
		err.Reason = at + ": " + err.Reason
	}
	return o, err
}

// given reports whether a field is there and says something.
func (o object) given(name string) bool {
	raw := string(o[name])
	return raw != "" && raw != "null" && raw != "[]" && raw != "false"
}

// role takes a message's role.
func (o object) role(at string) (string, *Error) {
	if o["role"] == nil {
		return "", mistake("", "%s has no role", at)
	}
	return str(at+".role", o["role"])
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// pair takes a request and its response apart, where an entry has both; response
// is nil where it has none.
func (o object) pair() (request, response object, err *Error) {
	if o["request"] == nil {
		return o, nil, nil
	}
	if request, err = inner("request", o["request"]); err != nil {
		return nil, nil, err
	}
	if o.given("response") {
		response, err = inner("response", o["response"])
	}
	return request, response, err
}

// recorded keeps a response's answer to the last question.
func (d *dialogue) recorded(text string) {
	if text == "" {
		d.change(changeAnswer)
		return
	}
	d.Recorded[len(d.Turns)-1] = text
}

// maxAnswerTokens is the most that a source can ask for.
const maxAnswerTokens = 1_000_000

// decodePrompt reads a line of prompts.
func decodePrompt(line []byte, first bool, l Limits) (e entry, err *Error) {
	o, err := parse(line, first)
	if err != nil {
		return e, err
	}
	if o["prompt"] == nil {
		if err := foreign(o, FormatPrompts); err != nil {
			return e, err
		}
		return e, mistake("", "prompt is missing")
	}
	if e.MaxTokens, err = o.maxTokens("output_tokens"); err != nil {
		return e, err
	}
	text, err := str("prompt", o["prompt"])
	if err != nil {
		return e, err
	}
	d := dialogue{entry: e, limits: l}
	if err := d.say(chat.User, text); err != nil {
		return e, err
	}
	return d.done()
}

// maxTokens takes an optional limit of an answer's tokens.
func (o object) maxTokens(name string) (int, *Error) {
	raw, ok := o[name]
	if !ok || string(raw) == "null" {
		return 0, nil
	}
	var n int
	if json.Unmarshal(raw, &n) != nil || n < 1 || n > maxAnswerTokens {
		return 0, mistake("", "%s is not a whole number from 1 to %d", name, maxAnswerTokens)
	}
	return n, nil
}

// decodeEvalScope reads a line of evalscope's trace: an OpenAI request with the
// time at which it was made.
func decodeEvalScope(line []byte, first bool, l Limits) (e entry, err *Error) {
	o, err := parse(line, first)
	if err != nil {
		return e, err
	}
	if o["body"] == nil || o["timestamp"] == nil {
		if err := foreign(o, FormatEvalScope); err != nil {
			return e, err
		}
		return e, mistake("", "a line has a body and a timestamp")
	}
	var at float64
	if kind(o["timestamp"]) != "a number" || json.Unmarshal(o["timestamp"], &at) != nil || at < 0 {
		return e, mistake("", "timestamp is %s, not seconds since 1970", kind(o["timestamp"]))
	}
	if at >= 1e11 {
		return e, mistake("divide it by 1000 or more", "timestamp %.0f is not in seconds: that would be thousands of years from now", at)
	}
	body, err := inner("body", o["body"])
	if err != nil {
		return e, err
	}
	return openAIRequest(body, nil, l)
}
