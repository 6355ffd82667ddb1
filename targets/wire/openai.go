package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"switchover/targets/chat"
)

// OpenAI is the chat completions protocol, as OpenAI and every server that calls
// itself compatible speak it: POST {url}/chat/completions, answered by
// server-sent events or, by servers that know no streaming, by one document.
//
// A stream is complete when the first choice has had a finish_reason and [DONE]
// has come. A document is complete when it has a finish_reason and has closed.
// Only the first choice is read; no other is ever asked for.
// Its zero value is for any server; a flavour is for one that differs.
type OpenAI struct{ flavour *flavour }

// flavour is what servers of chat completions differ in. Its zero value is any
// server's.
type flavour struct {
	name     string        // the protocol's, "openai" where empty
	carriage chat.Carriage // of what any server's OpenAI carries, what this one does not; nil for the same
	// address is where to post; nil for the base followed by openAIPath.
	address func(ep *Endpoint) (*url.URL, error)
	// keyHeader is the header that has the key by itself; empty for a bearer token.
	keyHeader string
	// adapt changes what this server wants otherwise, and says what that loses; nil
	// for nothing.
	adapt func(out *openAIRequest, ep *Endpoint, req *chat.Request) []chat.Loss
}

// openAICarriage is what any server of chat completions loses.
var openAICarriage = chat.Carry()

// Carriage says what becomes of each field.
func (p OpenAI) Carriage() chat.Carriage {
	if p.flavour == nil || p.flavour.carriage == nil {
		return openAICarriage
	}
	return p.flavour.carriage
}

func (p OpenAI) name() string {
	if p.flavour == nil || p.flavour.name == "" {
		return "openai"
	}
	return p.flavour.name
}

const openAIPath = "/chat/completions"

// SimulatedHeader is set to "1" on every response of a simulated server.
const SimulatedHeader = "Switchover-Simulated"

// openAIRequest is the body. Of go-openai's type it has the fields that are sent:
// encoding looks at each of its forty, which takes as long as sending them, and it
// cannot say a temperature of 0 or an empty message.
type openAIRequest struct {
	Model               string                `json:"model"`
	MaxTokens           int                   `json:"max_tokens,omitempty"`
	MaxCompletionTokens int                   `json:"max_completion_tokens,omitempty"`
	Stream              bool                  `json:"stream"`
	Stop                []string              `json:"stop,omitempty"`
	Tools               []openai.Tool         `json:"tools,omitempty"`
	StreamOptions       *openai.StreamOptions `json:"stream_options,omitempty"`
	Messages            []openAIMessage       `json:"messages"`
	Temperature         *float64              `json:"temperature,omitempty"`
	TopP                *float64              `json:"top_p,omitempty"`
	Seed                *int64                `json:"seed,omitempty"`
	// Extensions of inference servers (vLLM, SGLang): how an answer gets a length.
	MinTokens int  `json:"min_tokens,omitempty"`
	IgnoreEOS bool `json:"ignore_eos,omitempty"`
}

type openAIMessage struct {
	Role       string            `json:"role"`
	Content    *string           `json:"content"`
	ToolCalls  []openai.ToolCall `json:"tool_calls,omitempty"`
	ToolCallID string            `json:"tool_call_id,omitempty"`
}

// Encode builds a streaming request that asks for usage and carries no field
// that compatible servers refuse. The limit of output tokens is sent as
// max_tokens, which every compatible server knows, but to OpenAI and Azure as
// max_completion_tokens, because their reasoning models refuse max_tokens. An
// exact length is asked for by ignore_eos and min_tokens, which these two do not
// have; other servers may refuse them too.
func (p OpenAI) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	u, err := p.address(&ep)
	if err != nil {
		return nil, nil, err
	}
	losses := p.Carriage().Losses(req.Fields())
	out, more := openAIBody(u.Hostname(), &ep, &req)
	losses = append(losses, more...)
	if p.flavour != nil && p.flavour.adapt != nil {
		losses = append(losses, p.flavour.adapt(out, &ep, &req)...)
	}
	if err := refused(p.name(), losses); err != nil {
		return nil, losses, err
	}
	body, err := out.appendJSON(make([]byte, 0, out.size()))
	if err == nil {
		body, err = withExtra(body, req.Params.Extra)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a chat completion request: %w", err)
	}
	return post(u, body, &ep,
		field{"Content-Type", "application/json"},
		field{"Accept", "text/event-stream"},
		field{"User-Agent", "switchover"},
		p.auth(&ep),
		field{"X-Client-Request-Id", requestID(req.ID)},
	), losses, nil
}

// auth is the header with the key.
func (p OpenAI) auth(ep *Endpoint) field {
	switch {
	case ep.Key.Empty():
		return field{}
	case p.flavour != nil && p.flavour.keyHeader != "":
		return field{p.flavour.keyHeader, ep.Key.Reveal()}
	}
	return bearer(ep)
}

func (p OpenAI) address(ep *Endpoint) (*url.URL, error) {
	if p.flavour != nil && p.flavour.address != nil {
		return p.flavour.address(ep)
	}
	return openAIURL(ep.URL)
}

// openAIURL is where to post, for the API's base or the full address.
func openAIURL(base string) (*url.URL, error) { return joinURL(base, openAIPath) }

// withUsage asks a stream for its usage.
var withUsage = &openai.StreamOptions{IncludeUsage: true}

func openAIBody(host string, ep *Endpoint, req *chat.Request) (out *openAIRequest, losses []chat.Loss) {
	out = &openAIRequest{Temperature: req.Params.Temperature, TopP: req.Params.TopP, Seed: req.Params.Seed}
	out.Model = req.Model
	if out.Model == "" {
		out.Model = ep.Model
	}
	out.Stream = true
	out.StreamOptions = withUsage
	out.Stop = req.Params.Stop
	exact := req.Params.Exact && req.Params.MaxTokens > 0
	if host == "api.openai.com" || strings.HasSuffix(host, ".openai.azure.com") {
		out.MaxCompletionTokens = req.Params.MaxTokens
		if exact {
			losses = append(losses, chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"))
		}
	} else {
		out.MaxTokens = req.Params.MaxTokens
		if exact {
			out.IgnoreEOS, out.MinTokens = true, req.Params.MaxTokens
		}
	}
	if len(req.Messages) > 0 {
		out.Messages = make([]openAIMessage, 0, len(req.Messages))
	}
	for i := range req.Messages {
		out.Messages = append(out.Messages, encodeMessage(&req.Messages[i]))
	}
	for _, t := range req.Tools {
		f := &openai.FunctionDefinition{Name: t.Name, Description: t.Description, Parameters: t.Parameters}
		if len(t.Parameters) == 0 {
			f.Parameters = json.RawMessage(`{"type":"object","properties":{}}`)
		}
		out.Tools = append(out.Tools, openai.Tool{Type: openai.ToolTypeFunction, Function: f})
	}
	return out, losses
}

func encodeMessage(m *chat.Message) openAIMessage {
	out := openAIMessage{Role: string(m.Role), Content: &m.Content, ToolCallID: m.ToolCallID}
	for _, c := range m.ToolCalls {
		out.ToolCalls = append(out.ToolCalls, openai.ToolCall{ID: c.ID, Type: openai.ToolTypeFunction,
			Function: openai.FunctionCall{Name: c.Name, Arguments: c.Arguments}})
	}
	if m.Content == "" && len(m.ToolCalls) > 0 {
		out.Content = nil // null, as the API writes it itself
	}
	return out
}
