package wire

import (
	"encoding/json"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"switchover/targets/chat"
)

// openAIRequest is the body. Of go-openai's type it has the fields that are sent:
// encoding looks at each of its forty, which takes as long as sending them, and it
// cannot say a temperature of 0 or an empty message.
type openAIRequest struct {
	Model               string          `json:"model"`
	MaxTokens           int             `json:"max_tokens,omitempty"`
	MaxCompletionTokens int             `json:"max_completion_tokens,omitempty"`
	Stream              bool            `json:"stream"`
	Stop                []string        `json:"stop,omitempty"`
	Tools               []openAITool    `json:"tools,omitempty"`
	StreamOptions       *openAIStream   `json:"stream_options,omitempty"`
	Messages            []openAIMessage `json:"messages"`
	Temperature         *float64        `json:"temperature,omitempty"`
	TopP                *float64        `json:"top_p,omitempty"`
	Seed                *int64          `json:"seed,omitempty"`
	// Extensions of inference servers (vLLM, SGLang): how an answer gets a length.
	MinTokens int  `json:"min_tokens,omitempty"`
	IgnoreEOS bool `json:"ignore_eos,omitempty"`
	openAISeldom
}

// openAISeldom is what few requests have.
type openAISeldom struct {
	ToolChoice        any               `json:"tool_choice,omitempty"` // a word, or a tool
	ParallelToolCalls *bool             `json:"parallel_tool_calls,omitempty"`
	ResponseFormat    *openAIFormat     `json:"response_format,omitempty"`
	FrequencyPenalty  *float64          `json:"frequency_penalty,omitempty"`
	PresencePenalty   *float64          `json:"presence_penalty,omitempty"`
	TopK              *int              `json:"top_k,omitempty"` // an extension of inference servers
	ReasoningEffort   string            `json:"reasoning_effort,omitempty"`
	User              string            `json:"user,omitempty"`
	Metadata          map[string]string `json:"metadata,omitempty"`
	ServiceTier       string            `json:"service_tier,omitempty"`
	// Further members, of one server's own, for flavours to add.
	Further map[string]any `json:"-"`
}

// seldom reports whether there is any of it.
func (s *openAISeldom) seldom() bool {
	return s.ToolChoice != nil || s.ParallelToolCalls != nil || s.ResponseFormat != nil || s.FrequencyPenalty != nil ||
		s.PresencePenalty != nil || s.TopK != nil || s.ReasoningEffort != "" || s.User != "" || s.Metadata != nil || s.ServiceTier != ""
}

// further adds a member that one server knows.
func (s *openAISeldom) further(name string, value any) {
	if s.Further == nil {
		s.Further = map[string]any{}
	}
	s.Further[name] = value
}

// openAITool is a function, or a tool of another type with its whole definition.
type openAITool struct {
	Type       string                     `json:"type"`
	Function   *openai.FunctionDefinition `json:"function,omitempty"`
	definition json.RawMessage
}

// MarshalJSON writes what there is.
func (t openAITool) MarshalJSON() ([]byte, error) {
	if t.definition != nil {
		return t.definition, nil
	}
	type plain openAITool
	return json.Marshal(plain(t))
}

type openAIFormat struct {
	Type   string        `json:"type"`
	Schema *openAISchema `json:"json_schema,omitempty"`
}

type openAISchema struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
	Strict bool            `json:"strict,omitempty"`
}

// openAIToolChoice chooses one function.
type openAIToolChoice struct {
	Type     string `json:"type"`
	Function struct {
		Name string `json:"name"`
	} `json:"function"`
}

// openAIStream are the options of a stream.
type openAIStream struct {
	IncludeUsage bool `json:"include_usage"`
	// IncludeObfuscation false keeps OpenAI from padding each event by a random text,
	// against those who would guess tokens by their lengths.
	IncludeObfuscation *bool `json:"include_obfuscation,omitempty"`
}

var (
	usageAlone = openAIStream{IncludeUsage: true}
	usageBare  = openAIStream{IncludeUsage: true, IncludeObfuscation: new(bool)}
)

// withUsage asks a stream for its usage, and OpenAI for events without padding: what
// it has beside its tokens is not the model's. Others do not know that option.
func withUsage(host string) *openAIStream {
	if openAIServes(host) {
		return &usageBare
	}
	return &usageAlone
}

// maxStops is how many stop sequences OpenAI takes.
const maxStops = 4

// fewStops are as many stop sequences as OpenAI takes, and what that loses.
func fewStops(stop []string) ([]string, []chat.Loss) {
	if len(stop) <= maxStops {
		return stop, nil
	}
	return stop[:maxStops], []chat.Loss{chat.Lose(chat.FieldStop, chat.Approximate, "the first four alone: OpenAI takes no more")}
}

// openAIBody says a request as the server on a host takes it, and what its values lose
// beside what the table says.
func openAIBody(host string, ep *Endpoint, req *chat.Request) (out *openAIRequest, losses []chat.Loss) {
	p, strict := &req.Params, strictOpenAI(host)
	out = &openAIRequest{Model: ep.model(req), Stream: !p.Whole, Stop: p.Stop, Seed: p.Seed}
	var lost []chat.Loss
	out.Temperature, out.TopP, losses = openAISampling(p, strict && refusesTemperature(out.Model), out.Model)
	if out.Stream {
		out.StreamOptions = withUsage(host)
	}
	if strict {
		out.MaxCompletionTokens = p.MaxTokens
		out.Stop, lost = fewStops(p.Stop)
		losses = alsoLost(losses, lost...)
	} else {
		out.MaxTokens, out.TopK = p.MaxTokens, p.TopK
		if p.Exact && p.MaxTokens > 0 {
			out.IgnoreEOS, out.MinTokens = true, p.MaxTokens
		}
	}
	out.Messages, lost = openAIMessages(req)
	losses = alsoLost(losses, lost...)
	for i := range req.Tools {
		switch t := &req.Tools[i]; {
		case t.Hosted == "":
			f := &openai.FunctionDefinition{Name: t.Name, Description: t.Description, Strict: t.Strict, Parameters: schemaOf(t)}
			out.Tools = append(out.Tools, openAITool{Type: "function", Function: f})
		case req.Dialect == openAIDialect:
			out.Tools = append(out.Tools, openAITool{definition: t.Definition})
		}
	}
	one := openAIToolChoice{Type: "function"}
	one.Function.Name = req.ToolChoice.Name
	out.ToolChoice, out.ParallelToolCalls = choiceOf(&req.ToolChoice, one)
	out.ResponseFormat = formatOf(&req.Format)
	out.FrequencyPenalty, out.PresencePenalty = p.FrequencyPenalty, p.PresencePenalty
	out.User = req.User
	out.ReasoningEffort, lost = askedEffort(strict, out.Model, p.Thinking)
	losses = alsoLost(losses, lost...)
	losses = alsoLost(losses, out.keep(strict, req)...)
	out.ServiceTier, lost = serviceTier(req)
	return out, alsoLost(losses, lost...)
}

// schemaOf is the schema of a tool's arguments.
func schemaOf(t *chat.Tool) json.RawMessage {
	if len(t.Parameters) == 0 {
		return json.RawMessage(`{"type":"object","properties":{}}`)
	}
	return t.Parameters
}

// choiceOf is whether tools are to be called, in OpenAI's words, and whether several at
// once; one is what asks for a certain tool.
func choiceOf(c *chat.ToolChoice, one any) (choice any, parallel *bool) {
	if c.Single {
		parallel = new(bool)
	}
	switch c.Mode {
	case chat.ToolsAuto:
		return "auto", parallel
	case chat.ToolsAny:
		return "required", parallel
	case chat.ToolsNone:
		return "none", parallel
	case chat.ToolsOne:
		return one, parallel
	}
	return nil, parallel
}

// formatOf asks for an answer that is JSON; nil for none.
func formatOf(f *chat.Format) *openAIFormat {
	switch {
	case len(f.Schema) > 0:
		return &openAIFormat{"json_schema", &openAISchema{schemaName(f), f.Schema, f.Strict}}
	case f.JSON:
		return &openAIFormat{Type: "json_object"}
	}
	return nil
}

// namelessSchema is what is lost where a schema cannot be given its name.
func namelessSchema(f *chat.Format) []chat.Loss {
	if f.Name == "" || len(f.Schema) == 0 {
		return nil
	}
	return []chat.Loss{chat.Lose(chat.FieldSchema, chat.Approximate, "without its name")}
}

// schemaName is the name of the schema; OpenAI takes none without.
func schemaName(f *chat.Format) string {
	if f.Name == "" {
		return "answer"
	}
	return f.Name
}

// askedEffort is the effort to ask a model for, and what that loses. OpenAI's models
// that never reason refuse to be asked for any, or for none.
func askedEffort(strict bool, model string, t chat.Thinking) (string, []chat.Loss) {
	asked := effort(t)
	var losses []chat.Loss
	if t.Mode == chat.ThinkingOff && t.Effort != "" && t.Effort != "none" {
		losses = append(losses, chat.Lose(chat.FieldEffort, chat.Dropped, "thinking is turned off"))
	}
	if asked == "" || !strict || !neverThinks(model) {
		return asked, losses
	}
	const why = "the model never reasons"
	if t.Mode == chat.ThinkingOn {
		losses = append(losses, chat.Lose(chat.FieldThinking, chat.Dropped, why))
	}
	if t.Budget > 0 {
		losses = append(losses, chat.Lose(chat.FieldThinkingBudget, chat.Dropped, why))
	}
	if t.Effort != "" {
		losses = alsoLost(losses, chat.Lose(chat.FieldEffort, chat.Dropped, why))
	}
	return "", losses
}

// keep says the metadata. OpenAI keeps it with what it stores and answers 400 to that
// of a request it is not to store, which is what is sent from here.
func (r *openAIRequest) keep(strict bool, req *chat.Request) []chat.Loss {
	stored := string(req.Params.Extra["store"]) == "true" || req.Dialect == openAIDialect && string(req.Foreign["store"]) == "true"
	if len(req.Metadata) == 0 || !strict || stored {
		r.Metadata = req.Metadata
		return nil
	}
	return []chat.Loss{chat.Lose(chat.FieldMetadata, chat.Dropped, "OpenAI takes it only of what it is to store: extra {store: true}")}
}

// serviceTier is the class of service in OpenAI's words. Anthropic's standard_only
// refuses its priority tier, as OpenAI's default does.
func serviceTier(req *chat.Request) (string, []chat.Loss) {
	if strings.EqualFold(req.ServiceTier, "standard_only") {
		return "default", []chat.Loss{chat.Lose(chat.FieldServiceTier, chat.Approximate, "said as default")}
	}
	return req.ServiceTier, nil
}
