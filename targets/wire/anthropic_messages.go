package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"switchover/targets/chat"
)

// messages writes the system prompt and the turns. Messages of one role share a turn;
// those of a request in Anthropic's own form stay as they were, so that what else was
// said of them finds its place.
func (w *anthropicWriter) messages() {
	turns := []anthropicTurn{}
	var system []anthropicBlock
	leading := 0
	for i := range w.req.Messages {
		m := &w.req.Messages[i]
		if m.Role == chat.System && len(turns) == 0 {
			leading++
			system = append(system, w.said(m)...)
			continue
		}
		turns = w.turn(turns, m)
	}
	if leading == 1 && len(system) == 1 && len(w.req.Messages[0].Parts) == 0 {
		w.out.System = system[0].Text
	} else if len(system) > 0 {
		w.out.System = system
	}
	for i := range turns {
		t := &turns[i]
		if t.Content = t.blocks; t.plain && len(t.blocks) == 1 {
			t.Content = t.blocks[0].Text
		}
	}
	w.out.Messages = turns
	if n := len(w.req.Messages); n > 0 && w.claude.refusesPrefill() && w.req.Fields().Has(chat.FieldPrefill) {
		w.lose(chat.FieldPrefill, chat.Rejected, w.model+" continues no answer: end with a user's message")
	}
}

// turn adds a message. An empty one says nothing, and the API refuses it.
func (w *anthropicWriter) turn(turns []anthropicTurn, m *chat.Message) []anthropicTurn {
	t := anthropicTurn{Role: string(m.Role), plain: len(m.Parts)+len(m.ToolCalls) == 0, open: !w.own}
	switch m.Role {
	case chat.ToolRole:
		t.Role, t.results, t.plain, t.open = string(chat.User), 1, false, true
		t.blocks = []anthropicBlock{w.result(m)}
	case chat.Assistant:
		t.blocks = append(w.said(m), w.toolUses(m)...)
	case chat.System:
		if !w.systemLater() {
			t.Role = string(chat.User)
		}
		t.blocks = w.said(m)
	default:
		t.blocks = w.said(m)
	}
	if len(t.blocks) == 0 {
		if !w.own {
			return turns
		}
		t.blocks, t.plain = []anthropicBlock{}, false
	}
	if n := len(turns); n > 0 {
		if last := &turns[n-1]; last.Role == t.Role && last.open {
			last.add(&t)
			return turns
		}
	}
	return append(turns, t)
}

// add adds a turn of the same role.
func (t *anthropicTurn) add(more *anthropicTurn) {
	t.blocks = slices.Insert(t.blocks, t.results, more.blocks[:more.results]...)
	t.blocks = append(t.blocks, more.blocks[more.results:]...)
	t.results += more.results
	t.plain, t.open = false, more.open
}

// said is what a message says, a block each part.
func (w *anthropicWriter) said(m *chat.Message) []anthropicBlock {
	if len(m.Parts) == 0 && m.Content != "" {
		return []anthropicBlock{{Type: "text", Text: m.Content}}
	}
	var blocks []anthropicBlock
	for i := range m.Parts {
		if b, ok := w.block(&m.Parts[i]); ok {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

func (w *anthropicWriter) block(p *chat.Part) (b anthropicBlock, ok bool) {
	switch p.Kind {
	case chat.TextPart:
		b, ok = anthropicBlock{Type: "text", Text: p.Text}, p.Text != ""
	case chat.ThinkingPart:
		if p.Signature == "" && !w.own {
			w.lose(chat.FieldThinkingText, chat.Dropped, "Claude takes no thinking but its own, which it signs")
			return b, false
		}
		return anthropicBlock{Type: "thinking", Thinking: &p.Text, Signature: &p.Signature}, true
	case chat.HiddenThinkingPart:
		return anthropicBlock{Type: "redacted_thinking", Data: p.Data}, true
	case chat.ImagePart:
		b, ok = anthropicBlock{Type: "image", Source: w.image(p)}, true
	case chat.DocumentPart:
		b, ok = anthropicBlock{Type: "document", Source: w.document(p), Title: p.Name}, true
		if p.Citations {
			b.Citations = &anthropicCitations{true}
		}
	}
	b.Cache = w.cache(p.Cache)
	return b, ok
}

func (w *anthropicWriter) image(p *chat.Part) *anthropicSource {
	if p.URL != "" {
		return &anthropicSource{Type: "url", URL: p.URL}
	}
	kind := p.MediaType
	if kind == "" {
		kind = sniffed(p.Data)
	}
	switch kind {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
	default:
		w.lose(chat.FieldImage, chat.Rejected, "Claude sees JPEG, PNG, GIF and WebP, not "+orUnknown(kind))
	}
	return &anthropicSource{Type: "base64", MediaType: kind, Data: p.Data}
}

func orUnknown(kind string) string {
	if kind == "" {
		return "data of no known type"
	}
	return clipped(kind)
}

// sniffed is the media type that the first bytes of base64 data show.
func sniffed(data string) string {
	const enough = 512 / 3 * 4
	head, err := base64.StdEncoding.DecodeString(data[:min(len(data), enough)])
	if err != nil {
		return ""
	}
	return http.DetectContentType(head)
}

func (w *anthropicWriter) document(p *chat.Part) *anthropicSource {
	switch {
	case p.URL != "":
		return &anthropicSource{Type: "url", URL: p.URL}
	case p.Data == "":
		return &anthropicSource{Type: "text", MediaType: "text/plain", Data: p.Text}
	}
	kind := p.MediaType
	if kind == "" {
		kind = sniffed(p.Data)
	}
	if strings.HasPrefix(kind, "text/") {
		if text, err := base64.StdEncoding.DecodeString(p.Data); err == nil {
			return &anthropicSource{Type: "text", MediaType: "text/plain", Data: string(text)}
		}
	}
	if kind != "application/pdf" {
		w.lose(chat.FieldDocument, chat.Rejected, "Claude reads PDF and plain text, not "+orUnknown(kind))
	}
	return &anthropicSource{Type: "base64", MediaType: kind, Data: p.Data}
}

func (w *anthropicWriter) toolUses(m *chat.Message) (blocks []anthropicBlock) {
	w.unnamed = nil
	for i := range m.ToolCalls {
		c := &m.ToolCalls[i]
		w.calls++
		id := claudeCallID(c.ID)
		if id == "" {
			id = fmt.Sprintf("call_%d", w.calls)
			w.unnamed = append(w.unnamed, id)
		}
		blocks = append(blocks, anthropicBlock{Type: "tool_use", ID: id, Name: c.Name, Input: w.input(c.Arguments), Cache: w.cache(c.Cache)})
	}
	return blocks
}

// input is a call's arguments as the object that the API wants.
func (w *anthropicWriter) input(arguments string) json.RawMessage {
	object, losses := argumentsObject(arguments)
	w.losses = alsoLost(w.losses, losses...)
	return object
}

func (w *anthropicWriter) result(m *chat.Message) anthropicBlock {
	b := anthropicBlock{Type: "tool_result", ToolUseID: claudeCallID(m.ToolCallID), IsError: m.IsError}
	if b.ToolUseID == "" && len(w.unnamed) > 0 { // without ids, results come in the order of the calls
		b.ToolUseID, w.unnamed = w.unnamed[0], w.unnamed[1:]
	}
	if len(m.Parts) > 0 {
		b.Content = append([]anthropicBlock{}, w.said(m)...)
	} else if m.Content != "" {
		b.Content = m.Content
	}
	b.Cache = w.cache(m.Cache)
	return b
}

// claudeCallID is a call's id in the letters that the API takes for one: others are
// written in hexadecimal.
func claudeCallID(id string) string {
	if claudeID(id) {
		return id
	}
	var b strings.Builder
	for i := range len(id) {
		if c := id[i]; claudeID(string(rune(c))) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return b.String()
}

func claudeID(id string) bool {
	for i := range len(id) {
		c := id[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
