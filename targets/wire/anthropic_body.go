package wire

import (
	"encoding/json"

	"switchover/targets/chat"
)

// anthropicDialect is the name of the dialect that says what this protocol says.
const anthropicDialect = "anthropic"

// anthropicRequest is the body.
type anthropicRequest struct {
	Model        string             `json:"model"`
	MaxTokens    int                `json:"max_tokens"`
	System       any                `json:"system,omitempty"` // text, or blocks
	Messages     []anthropicTurn    `json:"messages"`
	Tools        []any              `json:"tools,omitempty"`
	ToolChoice   map[string]any     `json:"tool_choice,omitempty"`
	Stop         []string           `json:"stop_sequences,omitempty"`
	Stream       bool               `json:"stream,omitempty"`
	Temperature  *float64           `json:"temperature,omitempty"`
	TopP         *float64           `json:"top_p,omitempty"`
	TopK         *int               `json:"top_k,omitempty"`
	Thinking     *anthropicThinking `json:"thinking,omitempty"`
	OutputConfig *anthropicOutput   `json:"output_config,omitempty"`
	Metadata     *anthropicMetadata `json:"metadata,omitempty"`
	ServiceTier  string             `json:"service_tier,omitempty"`
}

type anthropicThinking struct {
	Type   string `json:"type"`
	Budget int    `json:"budget_tokens,omitempty"`
}

type anthropicOutput struct {
	Effort string           `json:"effort,omitempty"`
	Format *anthropicFormat `json:"format,omitempty"`
}

type anthropicFormat struct {
	Type   string          `json:"type"`
	Schema json.RawMessage `json:"schema"`
}

type anthropicMetadata struct {
	UserID string `json:"user_id"`
}

type anthropicTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	InputSchema json.RawMessage `json:"input_schema"`
	Strict      bool            `json:"strict,omitempty"`
	Cache       *anthropicCache `json:"cache_control,omitempty"`
}

// anthropicTurn is a message. Its results come first: the API wants them so.
type anthropicTurn struct {
	Role    string `json:"role"`
	Content any    `json:"content"` // text, or blocks

	blocks  []anthropicBlock
	results int  // how many of the blocks, at the beginning, are results
	plain   bool // one text and nothing about it
	open    bool // more may be said in it
}

type anthropicBlock struct {
	Type      string              `json:"type"`
	Text      string              `json:"text,omitempty"`
	Source    *anthropicSource    `json:"source,omitempty"`
	Title     string              `json:"title,omitempty"`
	Citations *anthropicCitations `json:"citations,omitempty"`
	Thinking  *string             `json:"thinking,omitempty"`
	Signature *string             `json:"signature,omitempty"`
	Data      string              `json:"data,omitempty"`
	ID        string              `json:"id,omitempty"`
	Name      string              `json:"name,omitempty"`
	Input     json.RawMessage     `json:"input,omitempty"`
	ToolUseID string              `json:"tool_use_id,omitempty"`
	Content   any                 `json:"content,omitempty"` // of a result: text, or blocks
	IsError   bool                `json:"is_error,omitempty"`
	Cache     *anthropicCache     `json:"cache_control,omitempty"`
}

type anthropicSource struct {
	Type      string `json:"type"` // base64, text or url
	MediaType string `json:"media_type,omitempty"`
	Data      string `json:"data,omitempty"`
	URL       string `json:"url,omitempty"`
}

type anthropicCitations struct {
	Enabled bool `json:"enabled"`
}

type anthropicCache struct {
	Type string `json:"type"`
	TTL  string `json:"ttl,omitempty"`
}

// maxCacheMarks is how many the API takes in one request.
const maxCacheMarks = 4

// anthropicWriter makes a body and notes what is lost by its values.
type anthropicWriter struct {
	req    *chat.Request
	model  string
	claude claude
	own    bool // the request was read from this protocol's own form
	out    anthropicRequest
	losses []chat.Loss
	marks  int
	calls  int // so far
	// unnamed are the ids that calls without any were given, as far as they have no
	// result.
	unnamed []string
}

func newAnthropicWriter(ep *Endpoint, req *chat.Request) *anthropicWriter {
	w := &anthropicWriter{req: req, model: ep.model(req), own: req.Dialect == anthropicDialect}
	w.claude = claudeVersion(w.model)
	return w
}

func (w *anthropicWriter) lose(f chat.Field, fate chat.Fate, why string) {
	w.losses = alsoLost(w.losses, chat.Lose(f, fate, why))
}

// systemLater reports whether a system message can stand between the others.
func (w *anthropicWriter) systemLater() bool { return w.own || w.claude.takesSystemLater() }

func (w *anthropicWriter) write() *anthropicRequest {
	w.out = anthropicRequest{Model: w.model, Stop: w.stop(), Stream: !w.req.Params.Whole, ServiceTier: w.tier()}
	w.messages()
	w.tools()
	w.sampling()
	w.thinking()
	w.limit()
	if f := w.req.Format; len(f.Schema) > 0 {
		w.output().Format = &anthropicFormat{"json_schema", f.Schema}
		w.losses = alsoLost(w.losses, namelessSchema(&f)...)
	}
	if w.req.User != "" {
		w.out.Metadata = &anthropicMetadata{w.req.User}
	}
	if w.marks > maxCacheMarks {
		w.lose(chat.FieldCache, chat.Rejected, "the Messages API takes at most 4 cache marks")
	}
	return &w.out
}

func (w *anthropicWriter) output() *anthropicOutput {
	if w.out.OutputConfig == nil {
		w.out.OutputConfig = &anthropicOutput{}
	}
	return w.out.OutputConfig
}

// cache is a cache mark; 5 minutes are the API's own default.
func (w *anthropicWriter) cache(m chat.CacheMark) *anthropicCache {
	switch m {
	case "":
		return nil
	case "5m":
		m = ""
	}
	w.marks++
	return &anthropicCache{"ephemeral", string(m)}
}
