package wire

import (
	"encoding/json"
	"fmt"
	"net/http"

	"switchover/targets/chat"
)

// LlamaCPP is the protocol of llama.cpp's own server: POST {url}/completion,
// answered by server-sent events or by one document, with the server's own times at
// its end.
//
// An answer is complete when an event has said stop: true, with a stop_type. The
// prompt is text: see promptText for what becomes of a conversation. It is read anew
// each time (cache_prompt: false), because the server keeps the prompt before and
// would read the same one in no time; Params.Extra can have it otherwise.
// Source: tools/server/README.md of github.com/ggml-org/llama.cpp.
type LlamaCPP struct{}

var llamaCPPCarriage = promptCarriage()

// Carriage says what becomes of each field.
func (LlamaCPP) Carriage() chat.Carriage { return llamaCPPCarriage }

// llamaCPPRequest is the body. The model is for a server that has several.
type llamaCPPRequest struct {
	Model            string          `json:"model,omitempty"`
	Prompt           string          `json:"prompt"`
	NPredict         int             `json:"n_predict,omitempty"`
	IgnoreEOS        bool            `json:"ignore_eos,omitempty"`
	Temperature      *float64        `json:"temperature,omitempty"`
	TopP             *float64        `json:"top_p,omitempty"`
	TopK             *int            `json:"top_k,omitempty"`
	Seed             *int64          `json:"seed,omitempty"`
	Stop             []string        `json:"stop,omitempty"`
	FrequencyPenalty *float64        `json:"frequency_penalty,omitempty"`
	PresencePenalty  *float64        `json:"presence_penalty,omitempty"`
	JSONSchema       json.RawMessage `json:"json_schema,omitempty"`
	CachePrompt      bool            `json:"cache_prompt"`
	Stream           bool            `json:"stream"`
}

// Encode builds the request.
func (p LlamaCPP) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	u, err := joinURL(withoutEnd(ep.URL, "/v1"), "/completion")
	if err != nil {
		return nil, nil, err
	}
	losses := p.Carriage().Losses(req.Fields())
	messages, more := textParts(req.Messages, wordless)
	losses = alsoLost(alsoLost(losses, more...), namelessSchema(&req.Format)...)
	if err := refused("llamacpp", losses); err != nil {
		return nil, losses, err
	}
	s := &req.Params
	out := llamaCPPRequest{Model: ep.model(&req), NPredict: s.MaxTokens, IgnoreEOS: s.Exact && s.MaxTokens > 0,
		Temperature: s.Temperature, TopP: s.TopP, TopK: s.TopK, Seed: s.Seed, Stop: s.Stop,
		FrequencyPenalty: s.FrequencyPenalty, PresencePenalty: s.PresencePenalty, JSONSchema: req.Format.Schema, Stream: !s.Whole}
	out.Prompt, _ = promptText(messages)
	if s.AsAllowed {
		out.Temperature = new(float64)
	}
	if req.Format.JSON && len(out.JSONSchema) == 0 {
		out.JSONSchema = json.RawMessage("{}") // any JSON
	}
	body, err := asBody(out, &req)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a llama.cpp request: %w", err)
	}
	return post(u, body, &ep, &req, "text/event-stream", bearer(&ep)), losses, nil
}
