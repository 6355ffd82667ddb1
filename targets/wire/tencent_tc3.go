package wire

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"switchover/targets/chat"
)

// TencentTC3 is Tencent Cloud's own ChatCompletions of Hunyuan: POST {url}/, signed
// with a key's id and secret (TC3-HMAC-SHA256), its members in Pascal case. Errors come
// as a 200 with a document. A stream has no marker of its own: it is complete when a
// choice has had a FinishReason and the body has ended cleanly. Without a key nothing is
// signed, for gateways that sign themselves.
//
// Sources: https://cloud.tencent.com/document/api/1729/101837 and, for what a message
// and a tool hold, hunyuan/v20230901/models.go of Tencent's SDK for Go.
type TencentTC3 struct{}

// maxTC3Messages is how many messages a request can have.
const maxTC3Messages = 40

// maxTC3Seed is the largest seed; the least is 1.
const maxTC3Seed = 10_000

const whyNotTC3 = "Tencent's own form has no such parameter"

var tc3Carriage = chat.Carry(
	chat.Lose(chat.FieldSystemBlocks, chat.Approximate, "joined into one"),
	chat.Lose(chat.FieldSystemLater, chat.Approximate, "moved to the beginning: no other place is taken"),
	chat.Lose(chat.FieldSameRole, chat.Approximate, "joined into one message: user and assistant have to alternate"),
	chat.Lose(chat.FieldPrefill, chat.Rejected, "the last message has to be the user's"),
	chat.Lose(chat.FieldImageDetail, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldDocument, chat.Approximate, "its text, as part of the message"),
	chat.Lose(chat.FieldDocumentURL, chat.Rejected, "messages hold text and pictures alone"),
	chat.Lose(chat.FieldCitations, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldAudio, chat.Rejected, "messages hold text and pictures alone"),
	chat.Lose(chat.FieldThinkingText, chat.Dropped, "Tencent Cloud refuses requests with earlier reasoning"),
	chat.Lose(chat.FieldSignature, chat.Dropped, "another provider's signature means nothing here"),
	chat.Lose(chat.FieldHiddenThinking, chat.Dropped, "another provider's secret means nothing here"),
	chat.Lose(chat.FieldResultImages, chat.Rejected, "results of tools are text alone"),
	chat.Lose(chat.FieldResultError, chat.Dropped, "only the result's own words say that it failed"),
	chat.Lose(chat.FieldStrictTools, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldHostedTools, chat.Rejected, "the tool is run by another provider"),
	chat.Lose(chat.FieldToolChoiceAny, chat.Approximate, "the one tool where there is one, else auto"),
	chat.Lose(chat.FieldSingleTool, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldFormat, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldSchema, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldMaxTokens, chat.Dropped, "Tencent's own form takes no limit: the model ends its answers"),
	chat.Lose(chat.FieldExact, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldTopK, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldStop, chat.Approximate, "the answer ends behind the sequence, not before it"),
	chat.Lose(chat.FieldPenalties, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldThinking, chat.Approximate, "EnableThinking, which models obey that can do both; nothing for adaptive"),
	chat.Lose(chat.FieldThinkingBudget, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldEffort, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldCache, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldCacheTTL, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldUser, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldMetadata, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldServiceTier, chat.Dropped, whyNotTC3),
	chat.Lose(chat.FieldForeign, chat.Dropped, "known to its own protocol alone"),
)

// Carriage says what becomes of each field.
func (TencentTC3) Carriage() chat.Carriage { return tc3Carriage }

type tc3Request struct {
	Model          string
	Messages       []tc3Message
	Stream         bool
	TopP           *float64  `json:",omitempty"`
	Temperature    *float64  `json:",omitempty"`
	Seed           *int64    `json:",omitempty"`
	Stop           []string  `json:",omitempty"`
	Tools          []tc3Tool `json:",omitempty"`
	ToolChoice     string    `json:",omitempty"`
	CustomTool     *tc3Tool  `json:",omitempty"`
	EnableThinking *bool     `json:",omitempty"`
}

// tc3Message is a message of a request or of a document. What it says is Content or,
// where there are pictures, Contents.
type tc3Message struct {
	Role             string
	Content          string        `json:",omitempty"`
	Contents         []tc3Part     `json:",omitempty"`
	ToolCallID       string        `json:"ToolCallId,omitempty"`
	ToolCalls        []tc3ToolCall `json:",omitempty"`
	ReasoningContent string        `json:",omitempty"` // of an answer alone

	said []string // further texts, that are joined to its content at last
}

type tc3Part struct {
	Type     string
	Text     string    `json:",omitempty"`
	ImageURL *tc3Image `json:"ImageUrl,omitempty"`
}

type tc3Image struct {
	URL string `json:"Url"`
}

type tc3Tool struct {
	Type     string
	Function struct {
		Name        string
		Parameters  string // JSON in a string
		Description string `json:",omitempty"`
	}
}

type tc3ToolCall struct {
	ID       string `json:"Id,omitempty"`
	Type     string `json:",omitempty"`
	Index    *int   `json:",omitempty"` // of an answer alone
	Function struct {
		Name      string
		Arguments string
	}
}

// Encode builds the request and signs it with the endpoint's clock.
func (TencentTC3) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	if ep.KeyID.Empty() != ep.Key.Empty() {
		return nil, nil, errors.New("encoding a request to Tencent Cloud: it is signed with a secret id and a secret key: give key_id and key")
	}
	u, err := joinURL(ep.URL, "/")
	if err != nil {
		return nil, nil, err
	}
	out, more := tc3Body(&ep, &req)
	losses := alsoLost(tc3Carriage.Losses(req.Fields()), more...)
	if err := refused("tencent-tc3", losses); err != nil {
		return nil, losses, err
	}
	body, err := asBody(out, &req)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a request to Tencent Cloud: %w", err)
	}
	r := post(u, body, &ep, &req, accepted(&req),
		field{"X-Tc-Action", "ChatCompletions"},
		field{"X-Tc-Version", "2023-09-01"},
		field{"X-Tc-Region", ep.Region},
		field{"X-Tc-Token", ep.Session.Reveal()},
	)
	if !ep.Key.Empty() {
		signTC3(r, body, &ep)
	}
	return r, losses, nil
}

// tc3Body says a request, and what its values lose beside what the table says.
func tc3Body(ep *Endpoint, req *chat.Request) (out *tc3Request, losses []chat.Loss) {
	p := &req.Params
	out = &tc3Request{Model: ep.model(req), Stream: !p.Whole, TopP: p.TopP, Temperature: p.Temperature, Stop: p.Stop}
	if p.AsAllowed {
		out.Temperature = new(float64)
	}
	if p.Seed != nil && (*p.Seed < 1 || *p.Seed > maxTC3Seed) {
		losses = alsoLost(losses, chat.Lose(chat.FieldSeed, chat.Dropped, "a seed is 1 to 10000 here"))
	} else {
		out.Seed = p.Seed
	}
	switch p.Thinking.Mode {
	case chat.ThinkingOn, chat.ThinkingOff:
		on := p.Thinking.Mode == chat.ThinkingOn
		out.EnableThinking = &on
	}
	for i := range req.Tools {
		if t := &req.Tools[i]; t.Hosted == "" {
			tool := tc3Tool{Type: "function"}
			tool.Function.Name, tool.Function.Description, tool.Function.Parameters = t.Name, t.Description, string(schemaOf(t))
			out.Tools = append(out.Tools, tool)
		}
	}
	losses = alsoLost(losses, out.choose(&req.ToolChoice)...)
	messages, lost := tc3Messages(req.Messages)
	out.Messages = messages
	return out, alsoLost(losses, lost...)
}

// choose says which tools are to be called: "custom" is the one that is given again.
func (r *tc3Request) choose(c *chat.ToolChoice) []chat.Loss {
	switch c.Mode {
	case chat.ToolsAuto, chat.ToolsNone:
		r.ToolChoice = string(c.Mode)
	case chat.ToolsAny:
		if r.ToolChoice = "auto"; len(r.Tools) == 1 {
			r.ToolChoice, r.CustomTool = "custom", &r.Tools[0]
		}
	case chat.ToolsOne:
		for i := range r.Tools {
			if r.Tools[i].Function.Name == c.Name {
				r.ToolChoice, r.CustomTool = "custom", &r.Tools[i]
				return nil
			}
		}
		return []chat.Loss{chat.Lose(chat.FieldToolChoiceOne, chat.Rejected, "the tool it names is none of the request's")}
	}
	return nil
}

// tc3Messages says a conversation as Tencent Cloud takes it: one system message first,
// then user and assistant in turn, the results of tools in the user's place, a user's
// last. What that loses beside what the table says is returned with it.
func tc3Messages(messages []chat.Message) (out []tc3Message, losses []chat.Loss) {
	var system []string
	for i := range messages {
		m := &messages[i]
		if m.Role == chat.System {
			system = append(system, m.Text())
			continue
		}
		one, lost := tc3Encoded(m)
		losses = alsoLost(losses, lost...)
		if n := len(out); n > 0 && one.follows(&out[n-1]) {
			out[n-1].join(&one)
			if m.Role == chat.User && out[n-1].Role == string(chat.ToolRole) {
				losses = alsoLost(losses, chat.Lose(chat.FieldToolResults, chat.Approximate, "what the user said after them is put into the last"))
			}
			continue
		}
		out = append(out, one)
	}
	for i := range out {
		out[i].Content, out[i].said = out[i].text(), nil
	}
	if len(out) > 0 && out[0].Role == string(chat.Assistant) {
		losses = alsoLost(losses, chat.Lose(chat.FieldTurns, chat.Rejected, "a conversation has to begin with the user"))
	}
	if len(system) > 0 {
		out = append([]tc3Message{{Role: string(chat.System), Content: strings.Join(system, "\n\n")}}, out...)
	}
	if n := len(out); n > maxTC3Messages {
		losses = alsoLost(losses, chat.Lose(chat.FieldTurns, chat.Rejected, fmt.Sprintf("%d messages: at most %d are taken", n, maxTC3Messages)))
	}
	return out, losses
}

// follows reports whether a message cannot stand by itself after the one before.
func (m *tc3Message) follows(before *tc3Message) bool {
	return m.Role == string(chat.User) && before.Role != string(chat.Assistant) ||
		m.Role == string(chat.Assistant) && before.Role == string(chat.Assistant)
}

// join puts what a message says behind what this one does.
func (m *tc3Message) join(o *tc3Message) {
	if m.Contents != nil || o.Contents != nil {
		m.Contents, m.Content, m.said = append(m.parts(), o.parts()...), "", nil
	} else if o.Content != "" {
		m.said = append(m.said, o.Content)
	}
	m.ToolCalls = append(m.ToolCalls, o.ToolCalls...)
}

// parts is what the message says, in parts.
func (m *tc3Message) parts() []tc3Part {
	text := m.text()
	if m.Contents != nil || text == "" {
		return m.Contents
	}
	return []tc3Part{{Type: "text", Text: text}}
}

// text is what the message says where that is text alone.
func (m *tc3Message) text() string {
	if len(m.said) == 0 {
		return m.Content
	}
	if m.Content == "" {
		return strings.Join(m.said, "\n\n")
	}
	return m.Content + "\n\n" + strings.Join(m.said, "\n\n")
}

// tc3Encoded says one message.
func tc3Encoded(m *chat.Message) (out tc3Message, losses []chat.Loss) {
	out = tc3Message{Role: string(m.Role), Content: m.Content, ToolCallID: m.ToolCallID}
	pictures := false
	for i := range m.Parts {
		p := &m.Parts[i]
		switch p.Kind {
		case chat.TextPart:
			out.Contents = append(out.Contents, tc3Part{Type: "text", Text: p.Text})
		case chat.ImagePart:
			pictures = true
			out.Contents = append(out.Contents, tc3Part{Type: "image_url", ImageURL: &tc3Image{address(p)}})
		case chat.DocumentPart:
			if p.Text == "" && p.URL == "" {
				losses = alsoLost(losses, chat.Lose(chat.FieldDocument, chat.Rejected, "it is "+mediaTypeOf(p)+", not text"))
			}
			out.Contents = append(out.Contents, tc3Part{Type: "text", Text: documentText(p)})
		}
	}
	if !pictures && out.Contents != nil {
		said := make([]string, 0, len(out.Contents))
		for i := range out.Contents {
			said = append(said, out.Contents[i].Text)
		}
		out.Content, out.Contents = strings.Join(said, "\n"), nil
	}
	for _, c := range m.ToolCalls {
		call := tc3ToolCall{ID: c.ID, Type: "function"}
		call.Function.Name, call.Function.Arguments = c.Name, c.Arguments
		out.ToolCalls = append(out.ToolCalls, call)
	}
	return out, losses
}
