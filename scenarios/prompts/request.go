package prompts

import (
	"encoding/json"
	"fmt"
	"strings"

	"switchover/targets/chat"
)

// What is asked differently than a log has it.
const (
	changeJoined = "consecutive messages of one speaker, joined into one"
	changeJSON   = "a response_format, which is not passed on"
	changeAnswer = "an answer without text, which is not kept"
)

// dialogue is a request's messages on their way to a conversation.
type dialogue struct {
	entry
	last   chat.Role
	limits Limits
}

// say takes the next message.
func (d *dialogue) say(role chat.Role, text string) *Error {
	again := role == d.last
	d.last = role
	n := len(d.Turns)
	switch role {
	case chat.System:
		if n > 0 {
			return leaveOut("a system message after the first question")
		}
		d.System = joinTexts(d.System, text)
		return nil
	case chat.User:
		switch {
		case strings.TrimSpace(text) == "":
			return leaveOut("a blank question")
		case again:
			d.Turns[n-1] = joinTexts(d.Turns[n-1], text)
		case n >= d.limits.Turns:
			return leaveOut("more than %d turns", d.limits.Turns)
		default:
			d.Turns, d.Recorded = append(d.Turns, text), append(d.Recorded, "")
		}
	case chat.Assistant:
		if n == 0 {
			return leaveOut("an answer before the first question")
		}
		d.Recorded[n-1] = joinTexts(d.Recorded[n-1], text)
	}
	if again {
		d.change(changeJoined)
	}
	return nil
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

// content takes the text of a message or answer: a string, or a list of parts.
// What a part is comes from its type; text is joined, what may be missing is
// passed over, and anything else is why the entry cannot be asked.
func content(at string, raw json.RawMessage, glue string) (string, *Error) {
	switch {
	case raw == nil:
		return "", mistake("", "%s is missing", at)
	case raw[0] == '"':
		return str(at, raw)
	case raw[0] != '[':
		return "", mistake("", "%s is %s, neither a string nor a list of parts", at, kind(raw))
	}
	parts, err := object{at: raw}.list(at)
	if err != nil {
		return "", err
	}
	var texts []string
	for i, raw := range parts {
		at := fmt.Sprintf("%s[%d]", at, i)
		part, err := inner(at, raw)
		if err != nil {
			return "", err
		}
		of, err := str(at+".type", orNull(part["type"]))
		switch {
		case err != nil:
			return "", err
		case of == "text":
			text, err := str(at+".text", orNull(part["text"]))
			if err != nil {
				return "", err
			}
			texts = append(texts, text)
		case of == "thinking" || of == "redacted_thinking":
			// The model's own, and no part of the answer.
		case partNames[of] != "":
			return "", leaveOut("%s", partNames[of])
		default:
			return "", leaveOut("content of the type %s", quoted(of))
		}
	}
	return strings.Join(texts, glue), nil
}

// partNames are the kinds of content that cannot be asked again, by type.
var partNames = map[string]string{
	"image": "pictures", "image_url": "pictures", "input_image": "pictures", "input_audio": "sound", "audio": "sound",
	"file": "files", "document": "files", "input_file": "files", "tool_use": "tools", "tool_result": "tools",
	"server_tool_use": "tools", "web_search_tool_result": "tools", "refusal": "a refusal",
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
