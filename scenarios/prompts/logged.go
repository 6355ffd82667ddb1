package prompts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/dialect"
)

// What a request of a log has that a measurement cannot ask.
const changeSeveral = "several answers asked for at once (n), of which one is"

// logged reads a request of a log as its own API would, and makes a conversation of
// it. What no API would take is left out, with its path.
func logged(name string, o object, l Limits) (*dialogue, *Error) {
	body, err := json.Marshal(o)
	if err != nil {
		return nil, mistake("", "not JSON: %v", err)
	}
	if dialect.HalfCharacter(body) >= 0 {
		return nil, leaveOut("half of a character") // logs cut texts anywhere
	}
	req, err := dialect.Read(name, body)
	if invalid := (*dialect.Invalid)(nil); errors.As(err, &invalid) {
		return nil, leaveOut("what no API takes: %s", oneLine(invalid.Error()))
	} else if err != nil {
		return nil, mistake("", "%v", err)
	}
	d := &dialogue{limits: l}
	if _, several := req.Foreign["n"]; several {
		delete(req.Foreign, "n")
		d.change(changeSeveral)
	}
	return d, d.ask(req)
}

// oneLine is a text without the characters that end lines or steer terminals.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// ask takes a request over: the user's messages become turns, unless its history is
// one that another model cannot have made.
func (d *dialogue) ask(req *chat.Request) *Error {
	if req.Params.MaxTokens > maxAnswerTokens {
		return leaveOut("an answer of more than %d tokens", maxAnswerTokens)
	}
	messages := req.Messages
	n := 0
	for n < len(messages) && messages[n].Role == chat.System {
		n++
	}
	system, rest := messages[:n], messages[n:]
	switch {
	case len(rest) == 0:
		return leaveOut("no question")
	case rest[0].Role == chat.Assistant:
		return leaveOut("an answer before the first question")
	}
	kept := *req
	kept.ID, kept.Model, kept.Messages, kept.Tools = "", "", nil, nil
	d.MaxTokens, d.Exact, d.Tools = req.Params.MaxTokens, req.Params.Exact, req.Tools
	kept.Params.MaxTokens, kept.Params.Exact, kept.Params.Whole = 0, false, false
	if n == 1 && len(system[0].Parts) == 0 {
		d.System = system[0].Content
	} else if n > 0 {
		kept.Messages = slices.Clone(system)
	}
	if fixed(req, rest) {
		if err := d.once(rest, &kept); err != nil {
			return err
		}
	} else {
		for i := range rest {
			if err := d.take(&rest[i]); err != nil {
				return err
			}
		}
		if len(kept.Foreign) == 0 {
			kept.Dialect = ""
		}
	}
	if d.MaxTokens > 0 || len(kept.Messages) > 0 || kept.Fields() != 0 {
		d.Request = &kept
	}
	return nil
}

// fixed reports whether a request's history cannot be made again: calls of tools,
// whose results belong to them, what the system said in between, and what only the
// request's own dialect can say at its place among the messages.
func fixed(req *chat.Request, messages []chat.Message) bool {
	for path := range req.Foreign {
		if strings.HasPrefix(path, "messages") {
			return true
		}
	}
	return slices.ContainsFunc(messages, func(m chat.Message) bool {
		return len(m.ToolCalls) > 0 || m.Role == chat.ToolRole || m.Role == chat.System
	})
}

// once makes one turn of messages: the last, where the user says it, with those before
// it for a history.
func (d *dialogue) once(messages []chat.Message, kept *chat.Request) *Error {
	last := &messages[len(messages)-1]
	asked := chat.Message{Role: chat.User}
	switch last.Role {
	case chat.User:
		if blank(last) {
			return leaveOut("a blank question")
		}
		asked, messages = *last, messages[:len(messages)-1]
	case chat.System:
		return leaveOut("a system message at the end")
	}
	d.last = last.Role
	d.Turns, d.Recorded = []string{asked.Content}, []string{""}
	d.parts = [][]chat.Part{asked.Parts}
	kept.Messages = append(kept.Messages, messages...)
	return nil
}

func blank(m *chat.Message) bool {
	return strings.TrimSpace(m.Content) == "" && !slices.ContainsFunc(m.Parts, func(p chat.Part) bool {
		return p.Kind != chat.TextPart || strings.TrimSpace(p.Text) != ""
	})
}

// shape holds a request's messages to the form they have in every log, so that a file
// of another form is told from a request that cannot be asked.
func (o object) shape(role func(at, name string) *Error) *Error {
	return o.messages(func(at string, m object) *Error {
		name, err := m.role(at)
		if err == nil {
			err = role(at, name)
		}
		if raw := m["content"]; err == nil && (name == "user" || name == "system" || name == "developer") {
			return contentShape(at+".content", raw)
		}
		return err
	})
}

func contentShape(at string, raw json.RawMessage) *Error {
	switch {
	case raw == nil:
		return mistake("", "%s is missing", at)
	case raw[0] == '"':
		return nil
	case raw[0] != '[':
		return mistake("", "%s is %s, neither a string nor a list of parts", at, kind(raw))
	}
	_, err := partsOf(at, raw)
	return err
}

// answerText is the text of an answer: a string, or a list of parts, of which those
// count that are text.
func answerText(at string, raw json.RawMessage) (string, *Error) {
	switch {
	case raw == nil:
		return "", mistake("", "%s is missing", at)
	case string(raw) == "null":
		return "", nil // a refusal, or an answer that was cut off
	case raw[0] == '"':
		return str(at, raw)
	case raw[0] != '[':
		return "", mistake("", "%s is %s, neither a string nor a list of parts", at, kind(raw))
	}
	parts, err := partsOf(at, raw)
	var text strings.Builder
	for _, p := range parts {
		if err == nil && string(p["type"]) == `"text"` {
			var more string
			more, err = str(at+".text", orNull(p["text"]))
			text.WriteString(more)
		}
	}
	return text.String(), err
}

// partsOf takes a list of objects with a type.
func partsOf(at string, raw json.RawMessage) ([]object, *Error) {
	list, err := object{at: raw}.list(at)
	if err != nil {
		return nil, err
	}
	out := make([]object, len(list))
	for i, raw := range list {
		at := fmt.Sprintf("%s[%d]", at, i)
		if out[i], err = inner(at, raw); err != nil {
			return nil, err
		}
		if _, err := str(at+".type", orNull(out[i]["type"])); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// tooLarge refuses what a run's journal could not keep.
func tooLarge(c *results.Conversation) *Error {
	if c.TextBytes() < results.MaxLine/4 { // whatever JSON makes of it
		return nil
	}
	if line, err := json.Marshal(c); err != nil || len(line) >= results.MaxLine {
		return leaveOut("more than %d MiB", results.MaxLine>>20)
	}
	return nil
}
