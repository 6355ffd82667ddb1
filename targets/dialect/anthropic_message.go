package dialect

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"switchover/targets/chat"
)

func (a *anthropic) messages(v *value) {
	all := v.list()
	if v.there() && len(all) == 0 {
		v.wrong("is empty", "give at least one message")
	}
	a.calls = map[string]*madeCall{}
	for i := range all {
		if !a.ok() {
			return
		}
		a.message(all[i].object(), i == len(all)-1)
	}
	a.answered()
}

// answered holds the assistant's last turn to having a result for each of its calls.
func (a *anthropic) answered() {
	for _, c := range a.asked {
		if !c.answered {
			a.wrong(c.path, "has no result in the next message", "give a tool_result with this id, or leave the call out")
		}
		c.answered = true // a result that comes later is none of its
	}
	a.asked = nil
}

// message reads one message, which becomes one a tool result and one of the rest.
func (a *anthropic) message(o *object, last bool) {
	a.kept = a.kept[:0]
	role := o.need("role", "give user or assistant")
	m := chat.Message{Role: chat.Role(role.text())}
	switch m.Role {
	case chat.User:
	case chat.Assistant:
		a.answered()
	case chat.System: // newer models take one in between
	default:
		role.wrong("is "+shorten(string(m.Role)), "give user or assistant")
	}
	content := o.need("content", "give text or a list of blocks")
	o.keep()
	if content.is('"') {
		if m.Content = content.text(); m.Content == "" && (!last || m.Role != chat.Assistant) {
			content.wrong("is empty", "give it text, or leave the message out")
		}
		a.req.Messages = append(a.req.Messages, m)
		a.place(o.path, &m, []string{"text"})
		return
	}
	before := len(a.req.Messages)
	blocks := a.content(content, &m, blocksOf[m.Role]...)
	if a.ok() && len(blocks) == 0 && (!last || m.Role != chat.Assistant) {
		content.wrong("is empty", "give it at least one block, or leave the message out")
	}
	if m.Content != "" || len(m.Parts) > 0 || len(m.ToolCalls) > 0 || len(a.req.Messages) == before {
		a.req.Messages = append(a.req.Messages, m)
	}
	a.place(o.path, &m, blocks)
}

// blocksOf are the blocks that can be read of each role's messages.
var blocksOf = map[chat.Role][]string{
	chat.User:      {"text", "image", "document", "tool_result"},
	chat.Assistant: {"text", "thinking", "redacted_thinking", "tool_use"},
	chat.System:    {"text"},
}

// foreignBlocks are those that only Anthropic knows: they are kept as they are.
var foreignBlocks = []string{"search_result", "container_upload", "server_tool_use", "web_search_tool_result",
	"web_fetch_tool_result", "code_execution_tool_result", "bash_code_execution_tool_result",
	"text_editor_code_execution_tool_result", "tool_search_tool_result", "tool_reference", "browser_state",
	"mcp_tool_use", "mcp_tool_result", "mcp_tool_listing", "advisor_tool_result", "compaction", "tool_addition", "tool_removal", "fallback"}

// content reads a list of blocks into a message and returns of what types they are. A
// text that is alone, and has nothing about it, becomes the message's content.
func (a *anthropic) content(v *value, m *chat.Message, known ...string) []string {
	kept := len(a.req.Foreign)
	all := v.list()
	types := make([]string, len(all))
	for i := range all {
		if !a.ok() {
			return types
		}
		o := all[i].object()
		kind := o.need("type", "say what the block is")
		types[i] = kind.text()
		switch name := types[i]; {
		case slices.Contains(known, name):
			a.block(name, o, m)
		case slices.Contains(foreignBlocks, name):
			all[i].keepForeign()
		case knownBlock(name):
			in := "a message of role " + string(m.Role)
			if m.Role == chat.ToolRole {
				in = "a tool_result"
			}
			kind.wrong("is "+name, in+" has none")
		default:
			kind.wrong("is "+shorten(name), "the API knows no such block")
		}
	}
	if len(m.Parts) == 1 && len(a.req.Foreign) == kept && m.Parts[0] == (chat.Part{Kind: chat.TextPart, Text: m.Parts[0].Text}) {
		m.Content, m.Parts = m.Parts[0].Text, nil
	}
	return types
}

func knownBlock(name string) bool {
	for _, known := range blocksOf {
		if slices.Contains(known, name) {
			return true
		}
	}
	return false
}

func (a *anthropic) block(kind string, o *object, m *chat.Message) {
	switch kind {
	case "tool_use":
		a.toolUse(o, m)
		return
	case "tool_result":
		a.toolResult(o)
		return
	}
	var p chat.Part
	switch kind {
	case "text":
		text := o.need("text", "")
		if p = (chat.Part{Kind: chat.TextPart, Text: text.text()}); p.Text == "" {
			text.wrong("is empty", "leave the block out")
		}
	case "thinking":
		p = chat.Part{Kind: chat.ThinkingPart, Text: o.take("thinking").text(), Signature: o.need("signature", "send it back as it came").text()}
	case "redacted_thinking":
		p = chat.Part{Kind: chat.HiddenThinkingPart, Data: o.need("data", "").text()}
	case "image":
		if p.Kind = chat.ImagePart; !a.image(o, &p) {
			o.keepForeign()
			return
		}
	case "document":
		if p.Kind = chat.DocumentPart; !a.file(o, &p) {
			o.keepForeign()
			return
		}
	}
	p.Cache = a.cache(o)
	o.keep()
	m.Parts = append(m.Parts, p)
}

func (a *anthropic) toolUse(o *object, m *chat.Message) {
	id, name := o.need("id", "the result names it"), o.need("name", "say which tool")
	c := chat.ToolCall{ID: id.text(), Name: name.text()}
	switch {
	case !toolName(c.Name):
		name.wrong("is "+shorten(fmt.Sprintf("%q", c.Name)), "give 1 to 128 letters, digits, _ and -")
	case a.calls[c.ID] != nil:
		id.wrong("is the id of two calls", "")
	}
	input := o.need("input", "a call without arguments has {}")
	if !input.is('{') {
		input.want("an object")
	}
	c.Arguments = string(input.raw)
	c.Cache = a.cache(o)
	if caller := o.take("caller"); caller.there() && caller.object().take("type").text() != "direct" {
		caller.keepForeign() // a tool that the provider runs called, and not the model itself
	}
	made := &madeCall{path: id.path}
	a.calls[c.ID] = made
	a.asked = append(a.asked, made)
	m.ToolCalls = append(m.ToolCalls, c)
	o.keep()
}

func (a *anthropic) toolResult(o *object) {
	id := o.need("tool_use_id", "say which call it answers")
	m := chat.Message{Role: chat.ToolRole, ToolCallID: id.text()}
	switch call := a.calls[m.ToolCallID]; {
	case call == nil:
		id.wrong("answers no call of the message before", "put the assistant's message with this tool_use before it")
	case call.answered:
		id.wrong("answers a call that is not of the message before, or has its result", "put each result once, right after its call")
	default:
		call.answered = true
	}
	m.IsError = o.take("is_error").flag()
	switch content := o.take("content"); {
	case content.is('"'):
		m.Content = content.text()
	default:
		a.content(content, &m, "text", "image", "document")
	}
	m.Cache = a.cache(o)
	o.keep()
	a.req.Messages = append(a.req.Messages, m)
}

// image reads a picture's source, and reports whether it is one that can be passed on.
func (a *anthropic) image(o *object, p *chat.Part) bool {
	source := o.need("source", "give base64 data or a url").object()
	kind := source.need("type", "give base64 or url")
	switch k := kind.text(); k {
	case "base64":
		media := source.need("media_type", "")
		if p.MediaType = media.text(); !slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, p.MediaType) {
			media.wrong("is "+shorten(p.MediaType), "give image/jpeg, image/png, image/gif or image/webp")
		}
		p.Data = encoded(source.need("data", ""))
	case "url":
		p.URL = address(source.need("url", ""))
	case "file":
		return false
	default:
		kind.wrong("is "+shorten(k), "give base64 or url")
	}
	source.keep()
	return true
}

// file reads a document's source likewise.
func (a *anthropic) file(o *object, p *chat.Part) bool {
	from := o.need("source", "give base64, text, content or a url")
	source := from.object()
	kind := source.need("type", "give base64, text, content or url")
	switch k := kind.text(); k {
	case "base64", "text":
		media, want := source.need("media_type", ""), "application/pdf"
		if k == "text" {
			want = "text/plain"
		}
		if p.MediaType = media.text(); p.MediaType != want {
			media.wrong("is "+shorten(p.MediaType), "give "+want)
		}
		if data := source.need("data", ""); k == "text" {
			p.Text = data.text()
		} else {
			p.Data = encoded(data)
		}
	case "url":
		p.URL = address(source.need("url", ""))
	case "content": // in pieces that other APIs do not tell apart
		p.MediaType, p.Text = "text/plain", a.pieces(source.need("content", ""))
		from.keepForeign()
		clear(source.members)
	case "file":
		return false
	default:
		kind.wrong("is "+shorten(k), "give base64, text, content or url")
	}
	source.keep()
	p.Name = o.take("title").text()
	citations := o.take("citations").object()
	p.Citations = citations.take("enabled").flag()
	citations.keep()
	return true
}

// pieces is the text of a document that is text or a list of blocks, a line each.
func (a *anthropic) pieces(v *value) string {
	if v.is('"') {
		return v.text()
	}
	var lines []string
	for _, each := range v.list() {
		o := each.object()
		if o.take("type").text() == "text" {
			lines = append(lines, o.take("text").text())
		}
	}
	return strings.Join(lines, "\n")
}

// encoded is base64 that has to decode.
func encoded(v *value) string {
	s := v.text()
	if s == "" {
		v.wrong("is empty", "give the data in base64")
	} else if _, err := base64.StdEncoding.DecodeString(s); err != nil {
		v.wrong("is not base64", "encode it by RFC 4648, section 4, with padding and without a data: prefix")
	}
	return s
}

// address is a URL that a provider can fetch.
func address(v *value) string {
	s := v.text()
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		v.wrong("is no address of the web", "give one that begins with https://")
	}
	return s
}
