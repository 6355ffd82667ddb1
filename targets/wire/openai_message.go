package wire

import (
	"encoding/json"
	"path"
	"strconv"
	"strings"

	"switchover/targets/chat"
)

// openAIMessage is a message of the request.
type openAIMessage struct {
	Role       string       `json:"role"`
	Content    openAIWords  `json:"content"`
	ToolCalls  []openAICall `json:"tool_calls,omitempty"`
	ToolCallID string       `json:"tool_call_id,omitempty"`
	Reasoning  *string      `json:"reasoning_content,omitempty"` // DeepSeek's, of an earlier answer
	Prefix     bool         `json:"prefix,omitempty"`            // Mistral's: the answer is to continue it
}

// openAICall is a call that the assistant made. go-openai's leaves out arguments that
// are empty, which OpenAI does not take.
type openAICall struct {
	ID       string         `json:"id,omitempty"`
	Type     string         `json:"type"`
	Function openAIFunction `json:"function"`
}

type openAIFunction struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// openAIWords is what a message says: one text, parts, or, where it has neither, null.
type openAIWords struct {
	text  *string
	parts []openAIPart
}

// MarshalJSON writes what there is.
func (w openAIWords) MarshalJSON() ([]byte, error) {
	if w.parts != nil {
		return json.Marshal(w.parts)
	}
	return json.Marshal(w.text)
}

// openAIPart is one part of a message: of its fields after the type it has one.
type openAIPart struct {
	Type     string       `json:"type"`
	Text     *string      `json:"text,omitempty"`
	ImageURL *openAIImage `json:"image_url,omitempty"`
	Audio    any          `json:"input_audio,omitempty"` // an *openAIAudio, or Mistral's text of its bytes
	File     *openAIFile  `json:"file,omitempty"`
	// Mistral's: a document's address, or its bytes as one; reasoning of an earlier answer.
	DocumentURL  string       `json:"document_url,omitempty"`
	DocumentName string       `json:"document_name,omitempty"`
	Thinking     []openAIPart `json:"thinking,omitempty"`
}

type openAIImage struct {
	URL    string `json:"url"`
	Detail string `json:"detail,omitempty"`
}

type openAIAudio struct {
	Data   string `json:"data"`
	Format string `json:"format"`
}

type openAIFile struct {
	Name string `json:"filename"`
	Data string `json:"file_data"`
}

// encodeMessage says a message that has one text.
func encodeMessage(m *chat.Message) openAIMessage {
	out := openAIMessage{Role: string(m.Role), Content: openAIWords{text: &m.Content}, ToolCallID: m.ToolCallID}
	for _, c := range m.ToolCalls {
		out.ToolCalls = append(out.ToolCalls, openAICall{c.ID, "function", openAIFunction{c.Name, c.Arguments}})
	}
	if m.Content == "" && len(m.ToolCalls) > 0 {
		out.Content.text = nil // null, as the API writes it itself
	}
	return out
}

// openAIMessages says a conversation's messages, and what their values lose beside
// what the table says. Tool messages take text alone: pictures in the results of a
// run of them are shown by a user message after it. A request of this dialect is left
// as it was, with each part in its place.
func openAIMessages(req *chat.Request) (out []openAIMessage, losses []chat.Loss) {
	messages, own := req.Messages, req.Dialect == openAIDialect
	if len(messages) == 0 {
		return nil, nil
	}
	out = make([]openAIMessage, 0, len(messages))
	var shown []openAIPart
	var foreign map[string]bool
	if own {
		foreign = foreignParts(req)
	}
	for i := range messages {
		m := &messages[i]
		if m.Role != chat.ToolRole && shown != nil {
			out, shown = append(out, showing(shown)), nil
		}
		out = append(out, encodeMessage(m))
		said := &out[len(out)-1]
		switch {
		case len(m.Parts) > 0:
			pictures, lost := said.sayParts(m, own)
			shown, losses = append(shown, pictures...), alsoLost(losses, lost...)
		case own && m.Content == "" && foreign[strconv.Itoa(i)]:
			said.Content = openAIWords{parts: []openAIPart{}} // which are put back
		}
	}
	if shown != nil {
		out = append(out, showing(shown))
	}
	return out, losses
}

// showing is the message that shows what results brought beside text.
func showing(parts []openAIPart) openAIMessage {
	return openAIMessage{Role: string(chat.User), Content: openAIWords{parts: parts}}
}

// sayParts has the message say another's parts, but for what a later one must show.
func (said *openAIMessage) sayParts(m *chat.Message, own bool) (show []openAIPart, losses []chat.Loss) {
	parts, losses := openAIParts(m.Parts)
	if own {
		said.Content = openAIWords{parts: parts}
		return nil, losses
	}
	if m.Role == chat.ToolRole {
		words, pictures := apart(parts)
		if len(pictures) > 0 {
			show = append([]openAIPart{textPart("From the result of " + m.ToolCallID + ":")}, pictures...)
		}
		parts = words
	}
	said.Content = wordsOf(parts, len(m.ToolCalls) > 0)
	return show, losses
}

// foreignParts are the numbers of the messages, as they are written in paths, whose
// content had parts that only its own dialect knows.
func foreignParts(req *chat.Request) map[string]bool {
	out := map[string]bool{}
	for path := range req.Foreign {
		if at, ok := strings.CutPrefix(path, "messages["); ok {
			if number, within, _ := strings.Cut(at, "]"); strings.HasPrefix(within, ".content[") {
				out[number] = true
			}
		}
	}
	return out
}

func textPart(text string) openAIPart { return openAIPart{Type: "text", Text: &text} }

// wordsOf is parts in their simplest form: servers whose templates know texts alone
// are many.
func wordsOf(parts []openAIPart, calls bool) openAIWords {
	switch {
	case len(parts) == 0 && calls:
		return openAIWords{}
	case len(parts) == 0:
		return openAIWords{text: new(string)}
	case len(parts) == 1 && parts[0].Text != nil:
		return openAIWords{text: parts[0].Text}
	}
	return openAIWords{parts: parts}
}

// apart parts texts from all else.
func apart(parts []openAIPart) (texts, others []openAIPart) {
	for _, p := range parts {
		if p.Text != nil {
			texts = append(texts, p)
		} else {
			others = append(others, p)
		}
	}
	return texts, others
}

// openAIParts says a message's parts. What is not among them the table says is lost.
func openAIParts(parts []chat.Part) (out []openAIPart, losses []chat.Loss) {
	for i := range parts {
		switch p := &parts[i]; p.Kind {
		case chat.TextPart:
			out = append(out, textPart(p.Text))
		case chat.ImagePart:
			out = append(out, openAIPart{Type: "image_url", ImageURL: &openAIImage{URL: address(p), Detail: p.Detail}})
		case chat.DocumentPart:
			if p.Data == "" {
				losses = alsoLost(losses, chat.Lose(chat.FieldDocument, chat.Approximate, "its text, as part of the message"))
				out = append(out, textPart(documentText(p)))
				continue
			}
			out = append(out, openAIPart{Type: "file", File: &openAIFile{Name: fileName(p), Data: address(p)}})
		case chat.AudioPart:
			format, why := audioFormat(p)
			if why != "" {
				losses = alsoLost(losses, chat.Lose(chat.FieldAudio, chat.Rejected, why))
				continue
			}
			out = append(out, openAIPart{Type: "input_audio", Audio: &openAIAudio{Data: p.Data, Format: format}})
		}
	}
	return out, losses
}

// mediaTypeOf is a part's media type, or its kind's usual one where nobody said.
func mediaTypeOf(p *chat.Part) string {
	switch {
	case p.MediaType != "":
		return p.MediaType
	case p.Kind == chat.ImagePart:
		return "image/png"
	}
	return "application/pdf"
}

// address is where a part's bytes are: its URL, or a data: URL that holds them.
func address(p *chat.Part) string {
	if p.URL != "" {
		return p.URL
	}
	return "data:" + mediaTypeOf(p) + ";base64," + p.Data
}

// fileName is a document's name; OpenAI takes no file without one, and knows its kind
// by the ending.
func fileName(p *chat.Part) string {
	name := p.Name
	if name == "" {
		name = "document"
	}
	if path.Ext(name) == "" && mediaTypeOf(p) == "application/pdf" {
		name += ".pdf"
	}
	return name
}

// documentText is a document that is plain text, under its title.
func documentText(p *chat.Part) string {
	if p.Name == "" {
		return p.Text
	}
	return p.Name + "\n\n" + p.Text
}

// audioFormat is OpenAI's word for the format of a sound, or why it takes none such.
func audioFormat(p *chat.Part) (format, why string) {
	if p.Data == "" {
		return "", "chat completions take a sound's bytes, not its address"
	}
	switch strings.TrimPrefix(p.MediaType, "audio/") {
	case "wav", "x-wav", "wave":
		return "wav", ""
	case "mpeg", "mp3":
		return "mp3", ""
	}
	return "", "chat completions take wav and mp3 alone"
}
