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
type OpenAI struct{}

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
func (OpenAI) Encode(ep Endpoint, req chat.Request) (*http.Request, Loss, error) {
	u, err := openAIURL(ep.URL)
	if err != nil {
		return nil, Loss{}, err
	}
	out, loss := openAIBody(u.Hostname(), &ep, &req)
	body, err := out.appendJSON(make([]byte, 0, out.size()))
	if err != nil {
		return nil, Loss{}, fmt.Errorf("encoding a chat completion request: %w", err)
	}
	id, key := requestID(req.ID), ""
	if !ep.Key.Empty() {
		key = "Bearer " + ep.Key.Reveal()
	}
	return post(u, body,
		field{"Content-Type", "application/json"},
		field{"Accept", "text/event-stream"},
		field{"User-Agent", "switchover"},
		field{"Authorization", key},
		field{"X-Client-Request-Id", id},
	), loss, nil
}

// openAIURL is where to post, for the API's base or the full address.
func openAIURL(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("encoding a chat completion request: the target's url is none")
	}
	switch base := strings.TrimRight(u.Path, "/"); {
	case strings.HasSuffix(base, openAIPath):
	case u.RawPath != "" || strings.Contains(base, "//") || strings.Contains(base, "/."):
		u = u.JoinPath(openAIPath) // tidies up
	default:
		u.Path = base + openAIPath
	}
	u.Host = strings.TrimSuffix(u.Host, ":") // a colon without a port
	return u, nil
}

// withUsage asks a stream for its usage.
var withUsage = &openai.StreamOptions{IncludeUsage: true}

func openAIBody(host string, ep *Endpoint, req *chat.Request) (out *openAIRequest, loss Loss) {
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
			loss.Dropped = append(loss.Dropped, "exact")
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
	return out, loss
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
