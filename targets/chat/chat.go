// Package chat is the provider-neutral conversation: what is asked of a model
// and how its answer ended, in no vendor's dialect. It is a leaf: it imports
// nothing but the standard library, does no input or output, and knows nothing
// of HTTP. Protocols (targets/wire) translate it, the journal (results) keeps it.
package chat

import (
	"encoding/json"
	"strings"
)

// Role is who speaks a message.
type Role string

// The roles of a conversation.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
	ToolRole  Role = "tool"
)

// Message is one turn of a conversation. What it says is Content or, where it is
// more than one piece of text, Parts; never both.
type Message struct {
	Role    Role   `json:"role"`
	Content string `json:"content"`
	Parts   []Part `json:"parts,omitempty"`
	// ToolCalls are the calls an assistant message made, after what it said.
	ToolCalls []ToolCall `json:"tool_calls,omitempty"`
	// ToolCallID names the call that a tool message answers.
	ToolCallID string `json:"tool_call_id,omitempty"`
	// IsError says of a tool message that the call failed.
	IsError bool `json:"is_error,omitempty"`
	// Cache marks the end of a tool message as the end of a prefix to cache.
	Cache CacheMark `json:"cache,omitempty"`
}

// Text is what the message says in words: its Content, or its Parts of text, a line
// each.
func (m *Message) Text() string {
	if len(m.Parts) == 0 {
		return m.Content
	}
	var b strings.Builder
	for i := range m.Parts {
		if p := &m.Parts[i]; p.Kind == TextPart {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// PartKind is what a part of a message is.
type PartKind string

// The kinds of parts.
const (
	TextPart     PartKind = "text"
	ImagePart    PartKind = "image"
	DocumentPart PartKind = "document" // a file to read: PDF or text
	AudioPart    PartKind = "audio"
	// ThinkingPart is reasoning that an assistant message had, in words.
	ThinkingPart PartKind = "thinking"
	// HiddenThinkingPart is reasoning that its provider keeps secret: Data alone.
	HiddenThinkingPart PartKind = "hidden_thinking"
)

// Part is one piece of a message.
type Part struct {
	Kind PartKind `json:"kind"`
	Text string   `json:"text,omitempty"` // of a text, of thinking, or of a document that is plain text
	// MediaType, and Data in base64 or URL, are of an image, a document or a sound.
	MediaType string `json:"media_type,omitempty"`
	Data      string `json:"data,omitempty"`
	URL       string `json:"url,omitempty"`
	// Name is a document's title or file name.
	Name string `json:"name,omitempty"`
	// Signature is with which a provider recognises its own thinking.
	Signature string `json:"signature,omitempty"`
	// Detail is how closely an image is to be looked at: low, high or auto.
	Detail string `json:"detail,omitempty"`
	// Citations asks for passages of a document to be cited.
	Citations bool      `json:"citations,omitempty"`
	Cache     CacheMark `json:"cache,omitempty"`
}

// CacheMark says that the prompt up to and with what bears it is to be kept in the
// provider's cache, and for how long: "5m" or "1h". Empty is no mark.
type CacheMark string

// Tool is a function the model may call.
type Tool struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Parameters is a JSON Schema object.
	Parameters json.RawMessage `json:"parameters,omitempty"`
	// Strict asks for arguments that keep to the schema.
	Strict bool      `json:"strict,omitempty"`
	Cache  CacheMark `json:"cache,omitempty"`
	// Hosted is the type of a tool that the provider itself runs, a search of the
	// web for instance, and Definition the whole of it as its provider wants it.
	Hosted     string          `json:"hosted,omitempty"`
	Definition json.RawMessage `json:"definition,omitempty"`
}

// ToolCall is one call a model made.
type ToolCall struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	// Arguments is the JSON text as the model wrote it; it may be malformed.
	Arguments string    `json:"arguments"`
	Cache     CacheMark `json:"cache,omitempty"`
}

// ToolMode is whether tools are to be called.
type ToolMode string

// The modes.
const (
	ToolsAuto ToolMode = "auto"
	ToolsAny  ToolMode = "any" // at least one
	ToolsNone ToolMode = "none"
	ToolsOne  ToolMode = "tool" // the named one
)

// ToolChoice is whether and which tools are to be called. Its zero value leaves it
// to the server.
type ToolChoice struct {
	Mode ToolMode `json:"mode,omitempty"`
	Name string   `json:"name,omitempty"` // for ToolsOne
	// Single forbids several calls at once.
	Single bool `json:"single,omitempty"`
}

// ThinkingMode is whether a model is to reason before it answers.
type ThinkingMode string

// The modes. Adaptive leaves it to the model.
const (
	ThinkingOn       ThinkingMode = "on"
	ThinkingOff      ThinkingMode = "off"
	ThinkingAdaptive ThinkingMode = "adaptive"
)

// Thinking asks for reasoning. Its zero value leaves it to the server.
type Thinking struct {
	Mode ThinkingMode `json:"mode,omitempty"`
	// Budget is the most tokens reasoning may take; 0 is no such limit.
	Budget int `json:"budget,omitempty"`
	// Effort is how much of it: none, minimal, low, medium, high, xhigh or max.
	Effort string `json:"effort,omitempty"`
}

// Format asks for an answer that is JSON. Its zero value asks for none.
type Format struct {
	JSON   bool            `json:"json,omitempty"`
	Name   string          `json:"name,omitempty"`   // of the schema
	Schema json.RawMessage `json:"schema,omitempty"` // a JSON Schema the answer keeps to
	Strict bool            `json:"strict,omitempty"`
}

// Params are the sampling parameters of a request. A nil pointer leaves the
// server's default.
type Params struct {
	// MaxTokens is the upper limit of output tokens; 0 leaves the server's default.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Exact asks for an answer of exactly MaxTokens tokens, where a server can do that.
	Exact bool `json:"exact,omitempty"`
	// Whole asks for an answer in one piece instead of a stream.
	Whole bool `json:"whole,omitempty"`
	// Temperature in the API's own scale, usually 0 to 2.
	Temperature *float64 `json:"temperature,omitempty"`
	// AsAllowed asks for a temperature of 0 from a model that takes one, and for the
	// model's own from one that refuses it, which is then sent no TopP and TopK that it
	// refuses as well. Temperature is then nil.
	AsAllowed bool     `json:"as_allowed,omitempty"`
	TopP      *float64 `json:"top_p,omitempty"`
	TopK      *int     `json:"top_k,omitempty"`
	Seed      *int64   `json:"seed,omitempty"`
	Stop      []string `json:"stop,omitempty"`
	// FrequencyPenalty and PresencePenalty are OpenAI's, -2 to 2.
	FrequencyPenalty *float64 `json:"frequency_penalty,omitempty"`
	PresencePenalty  *float64 `json:"presence_penalty,omitempty"`
	Thinking         Thinking `json:"thinking,omitzero"`
	// Extra are further members of the request's body, as the server knows them; they
	// replace what the protocol would have said under the same name.
	Extra map[string]json.RawMessage `json:"extra,omitempty"`
}

// Request is one question to a model: the whole history and the parameters.
type Request struct {
	// ID is the attempt's own id, sent as X-Client-Request-Id so that a server's
	// log can be joined with the journal.
	ID         string     `json:"id,omitempty"`
	Model      string     `json:"model"`
	Messages   []Message  `json:"messages"`
	Tools      []Tool     `json:"tools,omitempty"`
	ToolChoice ToolChoice `json:"tool_choice,omitzero"`
	Format     Format     `json:"format,omitzero"`
	Params     Params     `json:"params"`
	// User is the end user on whose behalf it is asked, as the provider is told.
	User string `json:"user,omitempty"`
	// Metadata is what the asker wants kept with the request.
	Metadata map[string]string `json:"metadata,omitempty"`
	// ServiceTier is the class of service asked for, in the source's words.
	ServiceTier string `json:"service_tier,omitempty"`
	// Dialect is the protocol the request was written in, and Foreign what it said
	// there that nothing above can say, by its path in the source. Only that protocol
	// itself can be told it again.
	Dialect string                     `json:"dialect,omitempty"`
	Foreign map[string]json.RawMessage `json:"foreign,omitempty"`
}

// Frames that a chat template puts around a message and a tool, in tokens, at most.
const (
	messageFrame = 8
	toolFrame    = 32
)

// What is not counted by its bytes, in tokens, at most.
const (
	// APIs scale a picture down and count it by its area: most at a few thousand tokens,
	// one model (gpt-4o-mini, 2833 and 5667 for each of at most 8 tiles) at 48,169.
	pictureTokens = 50_000
	// How long a document behind an address is nobody knows; no model's context is longer.
	addressedTokens = 1 << 20
)

func (p *Part) maxTokens() int {
	n := len(p.Text) + len(p.Name) + len(p.Signature)
	switch {
	case p.Kind == ImagePart:
		return n + pictureTokens
	case p.URL != "":
		return n + addressedTokens
	}
	return n + len(p.Data)
}

// MaxInputTokens bounds what the request's input comes to: no tokenizer makes
// more tokens of a text than it has bytes.
func (r *Request) MaxInputTokens() int {
	n := 0
	for i := range r.Messages {
		m := &r.Messages[i]
		n += len(m.Content) + messageFrame
		for j := range m.Parts {
			p := &m.Parts[j]
			n += p.maxTokens() + messageFrame
		}
		for _, c := range m.ToolCalls {
			n += len(c.Name) + len(c.Arguments) + messageFrame
		}
	}
	for i := range r.Tools {
		t := &r.Tools[i]
		n += len(t.Name) + len(t.Description) + len(t.Parameters) + len(t.Definition) + toolFrame
	}
	return n
}

// Usage is the token count of one answer, normalised: the three input kinds are
// disjoint, whatever the vendor adds up. A nil field is unknown.
type Usage struct {
	Input      *int `json:"input,omitempty"`       // uncached input tokens
	CacheRead  *int `json:"cache_read,omitempty"`  // input tokens read from the vendor's cache
	CacheWrite *int `json:"cache_write,omitempty"` // input tokens written to it
	Output     *int `json:"output,omitempty"`      // all output tokens, reasoning included
	Reasoning  *int `json:"reasoning,omitempty"`   // the share of Output that was reasoning
}

// Finish is why the model stopped.
type Finish string

// The reasons for stopping, in OpenAI's words; others are kept as the server said them.
const (
	FinishStop          Finish = "stop"
	FinishLength        Finish = "length"
	FinishToolCalls     Finish = "tool_calls"
	FinishContentFilter Finish = "content_filter"
)
