package dialect

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"switchover/targets/chat"
)

func (a *openAI) messages(v *value) {
	all := v.list()
	if v.there() && len(all) == 0 {
		v.wrong("is empty", "give at least one message")
	}
	for i := range all {
		if !a.ok() {
			return
		}
		a.message(all[i].object())
	}
	a.answered()
}

// answered holds the assistant's last message to having a result for each of its calls.
func (a *openAI) answered() {
	for _, id := range a.asked {
		if path, open := a.open[id]; open {
			a.wrong(path, "has no result in the messages right after", "give a message of role tool with this id, or leave the call out")
		}
	}
	clear(a.open)
	a.asked, a.older = nil, olderCall{}
}

// message reads one message. Each becomes one, so that paths stay what they were.
func (a *openAI) message(o *object) {
	role := o.need("role", "give system, developer, user, assistant or tool")
	m := chat.Message{Role: chat.Role(role.text())}
	content := o.take("content")
	if m.Role != chat.ToolRole && m.Role != "function" {
		a.answered()
	}
	switch m.Role {
	case chat.System, chat.User:
	case "developer": // what newer models call their system prompt
		m.Role = chat.System
	case chat.Assistant:
		a.calls(o, &m)
	case chat.ToolRole:
		id := o.need("tool_call_id", "say which call it answers")
		m.ToolCallID = id.text()
		a.result(id, m.ToolCallID)
	case "function":
		m.Role = chat.ToolRole
		if name := o.need("name", "say which function answered"); name.text() == a.older.name {
			m.ToolCallID = a.older.id
			a.result(name, m.ToolCallID)
		} else {
			a.result(name, "")
		}
	default:
		role.wrong("is "+shorten(string(m.Role)), "give system, developer, user, assistant or tool")
	}
	switch {
	case content.is('['):
		a.parts(content, &m)
	case content.there():
		m.Content = content.text()
	case m.Role == chat.Assistant:
		m.Content = o.take("refusal").text()
	default:
		content.wrong("is missing", "give text or a list of parts")
	}
	if m.Role == chat.Assistant && a.ok() && m.Content == "" && len(m.Parts) == 0 && len(m.ToolCalls) == 0 && !content.there() {
		content.wrong("is missing, and there are no tool_calls", "give text, or leave the message out")
	}
	o.keep()
	a.req.Messages = append(a.req.Messages, m)
}

// calls reads what the assistant called, by tool_calls or, once, by a function_call.
func (a *openAI) calls(o *object, m *chat.Message) {
	list := o.take("tool_calls")
	calls := list.list()
	if len(calls) > maxCalls {
		list.wrong(fmt.Sprintf("has more than %d calls", maxCalls), "split it")
		return
	}
	for _, each := range calls {
		call := each.object()
		if kind := call.take("type"); kind.there() && kind.text() != "function" {
			kind.wrong("is "+shorten(kind.text()), "calls of functions alone can be told to other models")
		}
		id := call.need("id", "the result names it")
		m.ToolCalls = append(m.ToolCalls, a.called(call.need("function", "say what was called"), id.text()))
		if _, twice := a.open[id.text()]; twice {
			id.wrong("is the id of two calls", "")
		}
		a.ask(id.text(), id.path)
		call.keep()
	}
	if older := o.take("function_call"); older.there() {
		a.made++
		c := a.called(older, "call_"+strconv.Itoa(a.made))
		m.ToolCalls = append(m.ToolCalls, c)
		a.ask(c.ID, older.path)
		a.older = olderCall{c.ID, c.Name}
	}
}

// ask notes a call, which is to have a result.
func (a *openAI) ask(id, path string) {
	a.open[id] = path
	a.asked = append(a.asked, id)
}

func (a *openAI) called(v *value, id string) chat.ToolCall {
	function := v.object()
	name := function.need("name", "say which function")
	c := chat.ToolCall{ID: id, Name: name.text(), Arguments: function.take("arguments").text()}
	if c.Name == "" {
		name.wrong("is empty", "")
	}
	function.keep()
	return c
}

// result notes that a call has its result.
func (a *openAI) result(by *value, id string) {
	if _, open := a.open[id]; !open {
		by.wrong("answers no call of the assistant's message before", "put that message with this call before it, and each result once")
		return
	}
	delete(a.open, id)
}

// parts reads a list of parts into a message. A text that is alone, and has nothing
// about it, becomes the message's content.
func (a *openAI) parts(v *value, m *chat.Message) {
	kept := len(a.req.Foreign)
	all := v.list()
	if len(all) == 0 {
		v.wrong("is empty", "give it a part, or leave the message out")
	}
	for i := range all {
		if !a.ok() {
			return
		}
		o := all[i].object()
		p, known := a.part(o)
		if !known {
			all[i].keepForeign()
			continue
		}
		o.keep()
		m.Parts = append(m.Parts, p)
	}
	if len(m.Parts) == 1 && len(a.req.Foreign) == kept && m.Parts[0] == (chat.Part{Kind: chat.TextPart, Text: m.Parts[0].Text}) {
		m.Content, m.Parts = m.Parts[0].Text, nil
	}
}

// part reads one part; known is false for one that only its server can read.
func (a *openAI) part(o *object) (p chat.Part, known bool) {
	switch kind := o.need("type", "say what the part is"); kind.text() {
	case "text":
		return chat.Part{Kind: chat.TextPart, Text: o.need("text", "").text()}, true
	case "refusal":
		return chat.Part{Kind: chat.TextPart, Text: o.need("refusal", "").text()}, true
	case "image_url":
		image := o.need("image_url", "")
		at := image
		p.Kind = chat.ImagePart
		if image.is('{') {
			said := image.object()
			at = said.need("url", "")
			p.Detail = said.take("detail").text()
			said.keep()
		}
		a.bytesOrURL(at, &p)
	case "input_audio":
		said := o.need("input_audio", "").object()
		format := said.need("format", "give wav or mp3")
		p.Kind, p.Data = chat.AudioPart, encoded(said.need("data", ""))
		p.MediaType = map[string]string{"wav": "audio/wav", "mp3": "audio/mpeg"}[format.text()]
		if p.MediaType == "" {
			format.wrong("is "+shorten(format.text()), "give wav or mp3")
		}
		said.keep()
	case "file":
		said := o.need("file", "").object()
		if !said.has("file_data") {
			return p, false // a file that lies with its server
		}
		p.Kind, p.Name = chat.DocumentPart, said.take("filename").text()
		if data := said.take("file_data"); strings.HasPrefix(data.text(), "data:") {
			a.bytesOrURL(data, &p)
		} else {
			p.MediaType, p.Data = "application/pdf", encoded(data)
		}
		said.keep()
	default:
		kind.wrong("is "+shorten(kind.text()), "give text, image_url, input_audio or file")
	}
	return p, true
}

// bytesOrURL reads an address of the web, or a data: URL with the bytes themselves.
func (a *openAI) bytesOrURL(v *value, p *chat.Part) {
	said := v.text()
	data, is := strings.CutPrefix(said, "data:")
	if !is {
		p.URL = address(v)
		return
	}
	media, bytes, ok := strings.Cut(data, ";base64,")
	if !ok || media == "" {
		v.wrong("is a data: URL of another kind", "give data:TYPE;base64,DATA")
		return
	}
	if _, err := base64.StdEncoding.DecodeString(bytes); err != nil || bytes == "" {
		v.wrong("is not base64", "encode it by RFC 4648, section 4, with padding")
	}
	p.MediaType, p.Data = media, bytes
}
