package results

import (
	"strings"

	"switchover/targets/chat"
)

// Opening are the messages before the first turn: the system prompt, and a history
// that is not asked again. A system prompt that is not empty takes the place of the
// conversation's own. What the messages hold is shared and must not be changed.
func (c *Conversation) Opening(system string) []chat.Message {
	var out []chat.Message
	switch {
	case system != "":
		out = append(out, chat.Message{Role: chat.System, Content: system})
	case c.System != "":
		out = append(out, chat.Message{Role: chat.System, Content: c.System})
	}
	if c.Request == nil {
		return out
	}
	rest := c.Request.Messages
	if system != "" {
		rest = rest[c.systems():]
	}
	return append(out, rest...)
}

// systems is how many messages the system prompt of a log's request has.
func (c *Conversation) systems() int {
	n := 0
	for n < len(c.Request.Messages) && c.Request.Messages[n].Role == chat.System {
		n++
	}
	return n
}

// Question is what the user says in a turn, from 0. There is none where the history
// ends with the result of a tool, which is answered itself.
func (c *Conversation) Question(turn int) (m chat.Message, ok bool) {
	m = chat.Message{Role: chat.User, Content: c.Turns[turn]}
	if turn < len(c.Parts) {
		m.Parts = c.Parts[turn]
	}
	return m, m.Content != "" || len(m.Parts) > 0
}

// Whole is all that the conversation asks, as one request without answers.
func (c *Conversation) Whole() chat.Request {
	var req chat.Request
	if c.Request != nil {
		req = *c.Request
	}
	req.Messages, req.Tools = c.Opening(""), c.Tools
	req.Params.MaxTokens, req.Params.Exact = c.MaxTokens, c.Exact
	for turn := range c.Turns {
		if m, ok := c.Question(turn); ok {
			req.Messages = append(req.Messages, m)
		}
	}
	return req
}

// Limit is the most tokens of an answer to the conversation, of a target with that
// limit: the less of both, and the conversation's alone where it says how long answers
// are to be or were asked for, and the target names no limit of its own.
func (c *Conversation) Limit(target int, named bool) int {
	n := c.MaxTokens
	if n > 0 && (target <= 0 || n < target || (c.Exact || c.Request != nil) && !named) {
		return n
	}
	return target
}

// Words is what a message says as people read it: its text, and a word in brackets
// for what is none.
func Words(m *chat.Message) string {
	lines := make([]string, 0, len(m.Parts)+len(m.ToolCalls)+1)
	if m.Content != "" || len(m.Parts)+len(m.ToolCalls) == 0 {
		lines = append(lines, m.Content)
	}
	for i := range m.Parts {
		p := &m.Parts[i]
		switch {
		case p.Kind == chat.TextPart:
			lines = append(lines, p.Text)
		case p.Kind == chat.DocumentPart && p.Text != "":
			lines = append(lines, strings.TrimSpace("[document] "+p.Name)+"\n"+p.Text)
		case p.Kind == chat.DocumentPart:
			lines = append(lines, strings.TrimSpace("[document] "+p.Name))
		case p.Kind == chat.ThinkingPart || p.Kind == chat.HiddenThinkingPart:
		default:
			lines = append(lines, "["+string(p.Kind)+"]")
		}
	}
	for _, call := range m.ToolCalls {
		lines = append(lines, "[tool call "+call.Name+" "+call.Arguments+"]")
	}
	return strings.Join(lines, "\n")
}

// TextBytes is how much the conversation holds, in bytes: texts, and what is written
// as text, pictures too.
func (c *Conversation) TextBytes() int {
	n := len(c.System)
	for _, list := range [][]string{c.Turns, c.Recorded, c.Reference} {
		for _, text := range list {
			n += len(text)
		}
	}
	if c.Parts == nil && c.Request == nil && c.Tools == nil {
		return n
	}
	messages := []chat.Message{}
	for _, parts := range c.Parts {
		messages = append(messages, chat.Message{Parts: parts})
	}
	if c.Request != nil {
		messages = append(messages, c.Request.Messages...)
		for path, raw := range c.Request.Foreign {
			n += len(path) + len(raw)
		}
		for name, value := range c.Request.Metadata {
			n += len(name) + len(value)
		}
		n += len(c.Request.Format.Schema) + len(c.Request.User)
	}
	for i := range messages {
		n += messageBytes(&messages[i])
	}
	for i := range c.Tools {
		t := &c.Tools[i]
		n += len(t.Name) + len(t.Description) + len(t.Parameters) + len(t.Definition)
	}
	return n
}

func messageBytes(m *chat.Message) int {
	n := len(m.Content)
	for i := range m.Parts {
		p := &m.Parts[i]
		n += len(p.Text) + len(p.Data) + len(p.URL) + len(p.Name) + len(p.Signature)
	}
	for i := range m.ToolCalls {
		n += len(m.ToolCalls[i].ID) + len(m.ToolCalls[i].Name) + len(m.ToolCalls[i].Arguments)
	}
	return n
}
