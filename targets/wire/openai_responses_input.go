package wire

import (
	"encoding/json"

	"switchover/targets/chat"
)

// responsesItem is an item of the input: a message, a call, or a call's result.
type responsesItem struct {
	Role      string          `json:"role,omitempty"`
	Content   *responsesWords `json:"content,omitempty"`
	Type      string          `json:"type,omitempty"` // of what is no message
	CallID    string          `json:"call_id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Arguments *string         `json:"arguments,omitempty"`
	Output    *responsesWords `json:"output,omitempty"`
}

// responsesWords is one text, or parts.
type responsesWords struct {
	text  string
	parts []responsesPart
}

// MarshalJSON writes what there is.
func (w *responsesWords) MarshalJSON() ([]byte, error) {
	if w.parts != nil {
		return json.Marshal(w.parts)
	}
	return json.Marshal(w.text)
}

type responsesPart struct {
	Type     string  `json:"type"`
	Text     *string `json:"text,omitempty"`
	ImageURL string  `json:"image_url,omitempty"`
	Detail   string  `json:"detail,omitempty"`
	FileName string  `json:"filename,omitempty"`
	FileData string  `json:"file_data,omitempty"`
	FileURL  string  `json:"file_url,omitempty"`
}

// converse says a conversation. A system prompt of one text becomes the instructions;
// every other message is an item in its place, and an answer of several texts several.
func (r *responsesRequest) converse(messages []chat.Message) (losses []chat.Loss) {
	r.Input = make([]responsesItem, 0, len(messages))
	for i := range messages {
		m := &messages[i]
		words, lost := responsesWordsOf(m)
		losses = alsoLost(losses, lost...)
		switch {
		case m.Role == chat.ToolRole:
			r.Input = append(r.Input, responsesItem{Type: "function_call_output", CallID: m.ToolCallID, Output: words})
			continue
		case i == 0 && m.Role == chat.System && words.parts == nil && words.text != "":
			r.Instructions = words.text
			continue
		case m.Role == chat.Assistant:
			r.answered(m)
			continue
		}
		r.Input = append(r.Input, responsesItem{Role: string(m.Role), Content: words})
	}
	return losses
}

// answered says what the assistant said, and then called. An answer of parts has them
// as messages of one text each: parts of an answer have the form of output, with what
// only its server knows.
func (r *responsesRequest) answered(m *chat.Message) {
	texts := []string{m.Content}
	if len(m.Parts) > 0 {
		texts = nil
		for i := range m.Parts {
			if p := &m.Parts[i]; p.Kind == chat.TextPart {
				texts = append(texts, p.Text)
			}
		}
	}
	for _, text := range texts {
		if text != "" || len(m.ToolCalls) == 0 {
			r.Input = append(r.Input, responsesItem{Role: string(chat.Assistant), Content: &responsesWords{text: text}})
		}
	}
	for i := range m.ToolCalls {
		c := &m.ToolCalls[i]
		r.Input = append(r.Input, responsesItem{Type: "function_call", CallID: c.ID, Name: c.Name, Arguments: &c.Arguments})
	}
}

// responsesWordsOf says a message's content. What is not among its parts the table
// says is lost.
func responsesWordsOf(m *chat.Message) (words *responsesWords, losses []chat.Loss) {
	if len(m.Parts) == 0 {
		return &responsesWords{text: m.Content}, nil
	}
	var parts []responsesPart
	texts := 0
	add := func(text string) {
		parts = append(parts, responsesPart{Type: "input_text", Text: &text})
		texts++
	}
	for i := range m.Parts {
		switch p := &m.Parts[i]; {
		case p.Kind == chat.TextPart:
			add(p.Text)
		case p.Kind == chat.ImagePart:
			detail := p.Detail
			if detail == "" {
				detail = "auto" // which the API does not take for granted
			}
			parts = append(parts, responsesPart{Type: "input_image", ImageURL: address(p), Detail: detail})
		case p.Kind == chat.DocumentPart && p.URL != "":
			parts = append(parts, responsesPart{Type: "input_file", FileURL: p.URL})
			if p.Name != "" {
				losses = alsoLost(losses, chat.Lose(chat.FieldDocumentURL, chat.Approximate, "without its name"))
			}
		case p.Kind == chat.DocumentPart && p.Data != "":
			parts = append(parts, responsesPart{Type: "input_file", FileName: fileName(p), FileData: address(p)})
		case p.Kind == chat.DocumentPart:
			losses = alsoLost(losses, chat.Lose(chat.FieldDocument, chat.Approximate, "its text, as part of the message"))
			add(documentText(p))
		}
	}
	switch {
	case len(parts) == 0:
		return &responsesWords{}, losses
	case len(parts) == 1 && texts == 1:
		return &responsesWords{text: *parts[0].Text}, losses
	}
	return &responsesWords{parts: parts}, losses
}
