// Package chat is the provider-neutral conversation: what is asked of a model
// and how its answer ended, in no vendor's dialect. It is a leaf: it imports
// nothing but the standard library, does no input or output, and knows nothing
// of HTTP. Protocols (targets/wire) translate it, the journal (results) keeps it.
package chat

import "encoding/json"

// Role is who speaks a message.
type Role string

// The roles of a conversation.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
	ToolRole  Role = "tool"
)

// Message is one turn of a conversation.
type Message struct {
	Role    Role   `json:"role"`
	Content string `json:"content"`
	// ToolCalls are the calls an assistant message made.
	ToolCalls []ToolCall `json:"tool_calls,omitempty"`
	// ToolCallID names the call that a tool message answers.
	ToolCallID string `json:"tool_call_id,omitempty"`
}

// Tool is a function the model may call.
type Tool struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	// Parameters is a JSON Schema object.
	Parameters json.RawMessage `json:"parameters,omitempty"`
}

// ToolCall is one call a model made.
type ToolCall struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	// Arguments is the JSON text as the model wrote it; it may be malformed.
	Arguments string `json:"arguments"`
}

// Params are the sampling parameters of a request. A nil pointer leaves the
// server's default.
type Params struct {
	// MaxTokens is the upper limit of output tokens; 0 leaves the server's default.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Exact asks for an answer of exactly MaxTokens tokens, where a server can do that.
	Exact bool `json:"exact,omitempty"`
	// Temperature in the API's own scale, usually 0 to 2.
	Temperature *float64 `json:"temperature,omitempty"`
	TopP        *float64 `json:"top_p,omitempty"`
	Seed        *int64   `json:"seed,omitempty"`
	Stop        []string `json:"stop,omitempty"`
}

// Request is one question to a model: the whole history and the parameters.
type Request struct {
	// ID is the attempt's own id, sent as X-Client-Request-Id so that a server's
	// log can be joined with the journal.
	ID       string    `json:"id,omitempty"`
	Model    string    `json:"model"`
	Messages []Message `json:"messages"`
	Tools    []Tool    `json:"tools,omitempty"`
	Params   Params    `json:"params"`
}

// Frames that a chat template puts around a message and a tool, in tokens, at most.
const (
	messageFrame = 8
	toolFrame    = 32
)

// MaxInputTokens bounds what the request's input comes to: no tokenizer makes
// more tokens of a text than it has bytes.
func (r *Request) MaxInputTokens() int {
	n := 0
	for i := range r.Messages {
		m := &r.Messages[i]
		n += len(m.Content) + messageFrame
		for _, c := range m.ToolCalls {
			n += len(c.Name) + len(c.Arguments) + messageFrame
		}
	}
	for i := range r.Tools {
		t := &r.Tools[i]
		n += len(t.Name) + len(t.Description) + len(t.Parameters) + toolFrame
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
