package wire

import (
	"encoding/json"
	"fmt"
	"net/http"

	"switchover/targets/chat"
)

// Responses is OpenAI's newest protocol: POST {url}/responses, answered by typed
// server-sent events, or by one document. Nothing is asked to be stored.
//
// A stream is complete when response.completed or response.incomplete has come; there
// is no [DONE]. response.failed and error are failures.
type Responses struct{}

const responsesPath = "/responses"

const whyNoParameter = "the Responses API has no such parameter"

// responsesCarriage is what the protocol loses anywhere.
var responsesCarriage = chat.Carry(append([]chat.Loss{
	chat.Lose(chat.FieldPrefill, chat.Approximate, "sent as it is, but a new answer begins after it"),
	chat.Lose(chat.FieldCitations, chat.Dropped, "the Responses API cites its own searches alone"),
	chat.Lose(chat.FieldAudio, chat.Rejected, "the Responses API takes no sounds"),
	chat.Lose(chat.FieldThinkingText, chat.Dropped, "a server takes back its own reasoning alone"),
	chat.Lose(chat.FieldSignature, chat.Dropped, "another provider's signature means nothing here"),
	chat.Lose(chat.FieldHiddenThinking, chat.Dropped, "another provider's secret means nothing here"),
	chat.Lose(chat.FieldResultError, chat.Dropped, "only the result's own words say that it failed"),
	chat.Lose(chat.FieldHostedTools, chat.Rejected, "the tool is run by another provider"),
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldTopK, chat.Dropped, whyNoParameter),
	chat.Lose(chat.FieldSeed, chat.Dropped, whyNoParameter),
	chat.Lose(chat.FieldStop, chat.Dropped, whyNoParameter),
	chat.Lose(chat.FieldPenalties, chat.Dropped, whyNoParameter),
	chat.Lose(chat.FieldCache, chat.Dropped, "the server decides what it caches"),
	chat.Lose(chat.FieldCacheTTL, chat.Dropped, "the server decides for how long"),
	chat.Lose(chat.FieldForeign, chat.Dropped, "known to its source alone"),
}, thinkingLosses...)...)

// Carriage says what becomes of each field.
func (Responses) Carriage() chat.Carriage { return responsesCarriage }

// responsesRequest is the body.
type responsesRequest struct {
	Model             string            `json:"model"`
	Instructions      string            `json:"instructions,omitempty"`
	Input             []responsesItem   `json:"input"`
	MaxOutputTokens   int               `json:"max_output_tokens,omitempty"`
	Temperature       *float64          `json:"temperature,omitempty"`
	TopP              *float64          `json:"top_p,omitempty"`
	Stream            bool              `json:"stream"`
	StreamOptions     *responsesStream  `json:"stream_options,omitempty"`
	Store             bool              `json:"store"`
	Tools             []responsesTool   `json:"tools,omitempty"`
	ToolChoice        any               `json:"tool_choice,omitempty"` // a word, or a tool
	ParallelToolCalls *bool             `json:"parallel_tool_calls,omitempty"`
	Text              *responsesText    `json:"text,omitempty"`
	Reasoning         *responsesEffort  `json:"reasoning,omitempty"`
	User              string            `json:"user,omitempty"`
	Metadata          map[string]string `json:"metadata,omitempty"`
	ServiceTier       string            `json:"service_tier,omitempty"`
}

type responsesStream struct {
	IncludeObfuscation bool `json:"include_obfuscation"`
}

type responsesText struct {
	Format responsesFormat `json:"format"`
}

type responsesFormat struct {
	Type   string          `json:"type"`
	Name   string          `json:"name,omitempty"`
	Schema json.RawMessage `json:"schema,omitempty"`
	Strict bool            `json:"strict,omitempty"`
}

type responsesEffort struct {
	Effort string `json:"effort"`
}

// responsesTool is a function. What it leaves unsaid of Strict, OpenAI takes for true.
type responsesTool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters"`
	Strict      bool            `json:"strict"`
}

type responsesChoice struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

// Encode builds a request whose answer is not stored.
func (p Responses) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	u, err := openAIJoin(ep.URL, responsesPath)
	if err != nil {
		return nil, nil, err
	}
	losses := responsesCarriage.Losses(req.Fields())
	out, lost := p.body(u.Hostname(), &ep, &req)
	losses = alsoLost(losses, lost...)
	if err := refused("openai-responses", losses); err != nil {
		return nil, losses, err
	}
	body, err := asBody(out, &req)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a request of the Responses API: %w", err)
	}
	return post(u, body, &ep, &req, accepted(&req), bearer(&ep)), losses, nil
}

// body says a request, and what its values lose.
func (Responses) body(host string, ep *Endpoint, req *chat.Request) (*responsesRequest, []chat.Loss) {
	p, strict := &req.Params, strictOpenAI(host)
	out := &responsesRequest{Model: ep.model(req), MaxOutputTokens: p.MaxTokens, Stream: !p.Whole,
		User: req.User, Metadata: req.Metadata}
	if out.Stream && openAIServes(host) {
		out.StreamOptions = &responsesStream{}
	}
	var losses []chat.Loss
	out.Temperature, out.TopP, losses = openAISampling(p, strict && refusesTemperature(out.Model), out.Model)
	losses = alsoLost(losses, out.converse(req.Messages)...)
	for i := range req.Tools {
		if t := &req.Tools[i]; t.Hosted == "" {
			out.Tools = append(out.Tools, responsesTool{"function", t.Name, t.Description, schemaOf(t), t.Strict})
		}
	}
	out.ToolChoice, out.ParallelToolCalls = choiceOf(&req.ToolChoice, responsesChoice{"function", req.ToolChoice.Name})
	if f := &req.Format; len(f.Schema) > 0 {
		out.Text = &responsesText{responsesFormat{"json_schema", schemaName(f), f.Schema, f.Strict}}
	} else if f.JSON {
		out.Text = &responsesText{responsesFormat{Type: "json_object"}}
	}
	asked, lost := askedEffort(strict, out.Model, p.Thinking)
	if asked != "" {
		out.Reasoning = &responsesEffort{asked}
	}
	losses = alsoLost(losses, lost...)
	out.ServiceTier, lost = serviceTier(req)
	return out, alsoLost(losses, lost...)
}

// Decoder reads the body of one 2xx response.
func (Responses) Decoder(resp *http.Response) Decoder { return newDecoder(resp, &responsesAnswers{}) }

// Failure classifies a response that is not 2xx, as chat completions' does.
func (Responses) Failure(status int, header http.Header, body []byte) *chat.Failure {
	return OpenAI{}.Failure(status, header, body)
}
