package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"switchover/targets/chat"
)

// Ollama is Ollama's own protocol: POST {url}/api/chat, answered by a JSON document
// a line or by one document, with the server's own times at its end. A url that ends
// in /api is the same server.
//
// An answer is complete when a document has said done: true. Ollama cuts a prompt
// that is longer than its context without a word, 4096 tokens unless options.num_ctx
// says otherwise: a prompt_eval_count below what was sent shows it.
// Source: docs/api.md and api/types.go of github.com/ollama/ollama.
type Ollama struct{}

// ollamaCarriage follows the fields of ChatRequest, Message and Options.
var ollamaCarriage = chat.Carry(
	chat.Lose(chat.FieldSystemBlocks, chat.Approximate, "joined into one text"),
	chat.Lose(chat.FieldPrefill, chat.Approximate, "continued only where the model's template allows it"),
	chat.Lose(chat.FieldImageURL, chat.Rejected, "Ollama takes an image's bytes, not its address"),
	chat.Lose(chat.FieldImageDetail, chat.Dropped, whyOllama),
	chat.Lose(chat.FieldDocument, chat.Approximate, "its text alone, in the message"),
	chat.Lose(chat.FieldDocumentURL, chat.Rejected, "Ollama reads no documents"),
	chat.Lose(chat.FieldCitations, chat.Dropped, whyOllama),
	chat.Lose(chat.FieldAudio, chat.Rejected, "Ollama hears nothing"),
	chat.Lose(chat.FieldSignature, chat.Dropped, whyOllama),
	chat.Lose(chat.FieldHiddenThinking, chat.Dropped, whyOllama),
	chat.Lose(chat.FieldResultImages, chat.Approximate, "beside the result, where few templates look"),
	chat.Lose(chat.FieldResultError, chat.Dropped, "the result's words alone can say it"),
	chat.Lose(chat.FieldStrictTools, chat.Dropped, whyOllama),
	chat.Lose(chat.FieldHostedTools, chat.Rejected, "Ollama runs no tools"),
	chat.Lose(chat.FieldToolChoiceAuto, chat.Approximate, "not said: it is what the server does"),
	chat.Lose(chat.FieldToolChoiceAny, chat.Dropped, "Ollama knows no tool_choice"),
	chat.Lose(chat.FieldToolChoiceNone, chat.Approximate, "the tools are left out"),
	chat.Lose(chat.FieldToolChoiceOne, chat.Approximate, "the other tools are left out; it need not be called"),
	chat.Lose(chat.FieldSingleTool, chat.Dropped, "Ollama knows no tool_choice"),
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldThinkingBudget, chat.Dropped, "most versions refuse a number"),
	chat.Lose(chat.FieldEffort, chat.Approximate, "as the level of think, which some models take for yes"),
	chat.Lose(chat.FieldCache, chat.Dropped, "the server caches by itself"),
	chat.Lose(chat.FieldCacheTTL, chat.Dropped, "the server caches by itself"),
	chat.Lose(chat.FieldUser, chat.Dropped, whyOllama),
	chat.Lose(chat.FieldMetadata, chat.Dropped, whyOllama),
	chat.Lose(chat.FieldServiceTier, chat.Dropped, whyOllama),
	chat.Lose(chat.FieldForeign, chat.Dropped, whyOllama),
)

const whyOllama = "Ollama has no such field"

// Carriage says what becomes of each field.
func (Ollama) Carriage() chat.Carriage { return ollamaCarriage }

type ollamaRequest struct {
	Model    string          `json:"model"`
	Messages []ollamaMessage `json:"messages"`
	Tools    []ollamaTool    `json:"tools,omitempty"`
	Format   json.RawMessage `json:"format,omitempty"`
	Options  ollamaOptions   `json:"options,omitzero"`
	Think    any             `json:"think,omitempty"` // nil, a bool or a level
	Stream   bool            `json:"stream"`
}

type ollamaOptions struct {
	NumPredict       int      `json:"num_predict,omitempty"`
	Temperature      *float64 `json:"temperature,omitempty"`
	TopP             *float64 `json:"top_p,omitempty"`
	TopK             *int     `json:"top_k,omitempty"`
	Seed             *int64   `json:"seed,omitempty"`
	Stop             []string `json:"stop,omitempty"`
	FrequencyPenalty *float64 `json:"frequency_penalty,omitempty"`
	PresencePenalty  *float64 `json:"presence_penalty,omitempty"`
}

type ollamaMessage struct {
	Role       string       `json:"role"`
	Content    string       `json:"content"`
	Thinking   string       `json:"thinking,omitempty"`
	Images     []string     `json:"images,omitempty"` // base64
	ToolCalls  []ollamaCall `json:"tool_calls,omitempty"`
	ToolName   string       `json:"tool_name,omitempty"`
	ToolCallID string       `json:"tool_call_id,omitempty"`
}

type ollamaCall struct {
	ID       string `json:"id,omitempty"`
	Function struct {
		Name      string          `json:"name"`
		Arguments json.RawMessage `json:"arguments"` // an object
	} `json:"function"`
}

type ollamaTool struct {
	Type     string         `json:"type"`
	Function ollamaFunction `json:"function"`
}

type ollamaFunction struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters"`
}

// Encode builds the request. What Params.Extra has under options joins the options
// made of the other parameters: num_ctx is asked for there, keep_alive beside it.
func (p Ollama) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	u, err := ollamaURL(ep.URL)
	if err != nil {
		return nil, nil, err
	}
	losses := p.Carriage().Losses(req.Fields())
	out, more := ollamaBody(&ep, &req)
	losses = alsoLost(losses, more...)
	if err := refused("ollama", losses); err != nil {
		return nil, losses, err
	}
	body, err := asBody(out, &req, "options")
	if err != nil {
		return nil, nil, fmt.Errorf("encoding an Ollama request: %w", err)
	}
	return post(u, body, &ep, &req, "application/x-ndjson", bearer(&ep)), losses, nil
}

// ollamaURL is where to post, for the server, its API's base, that of its OpenAI form or
// the full address.
func ollamaURL(base string) (*url.URL, error) {
	u, err := joinURL(withoutEnd(base, "/v1"), "/api/chat")
	if err == nil && strings.HasSuffix(u.Path, "/api/api/chat") {
		u.Path = strings.TrimSuffix(u.Path, "/api/chat") + "/chat"
	}
	return u, err
}

func ollamaBody(ep *Endpoint, req *chat.Request) (*ollamaRequest, []chat.Loss) {
	p := &req.Params
	out := &ollamaRequest{Model: ep.model(req), Messages: []ollamaMessage{}, Stream: !p.Whole, Options: ollamaOptions{
		NumPredict: p.MaxTokens, Temperature: p.Temperature, TopP: p.TopP, TopK: p.TopK, Seed: p.Seed, Stop: p.Stop,
		FrequencyPenalty: p.FrequencyPenalty, PresencePenalty: p.PresencePenalty}}
	if p.AsAllowed {
		out.Options.Temperature = new(float64)
	}
	messages, losses := textParts(req.Messages, wordless)
	names := map[string]string{} // of the called tools
	for i := range messages {
		m, more := ollamaMessageOf(&messages[i], names)
		out.Messages, losses = append(out.Messages, m), alsoLost(losses, more...)
	}
	for i := range req.Tools {
		t, c := &req.Tools[i], &req.ToolChoice
		if c.Mode == chat.ToolsNone || c.Mode == chat.ToolsOne && c.Name != t.Name {
			continue
		}
		out.Tools = append(out.Tools, ollamaTool{"function", ollamaFunction{t.Name, t.Description, schemaOf(t)}})
	}
	switch f := &req.Format; {
	case len(f.Schema) > 0:
		out.Format = f.Schema
		losses = alsoLost(losses, namelessSchema(f)...)
	case f.JSON:
		out.Format = json.RawMessage(`"json"`)
	}
	think, more := ollamaThink(&p.Thinking)
	out.Think = think
	return out, alsoLost(losses, more...)
}

// ollamaThink is what think says: false, true, or a level that every version knows
// which knows levels; nil leaves it to the model.
func ollamaThink(t *chat.Thinking) (think any, losses []chat.Loss) {
	if t.Mode == chat.ThinkingAdaptive {
		losses = alsoLost(losses, chat.Lose(chat.FieldThinking, chat.Approximate, "left to the model"))
	}
	if t.Mode == chat.ThinkingOff {
		return false, losses
	}
	switch t.Effort {
	case "none":
		return false, losses
	case "minimal", "low":
		return "low", losses
	case "medium":
		return "medium", losses
	case "high", "xhigh", "max":
		return "high", losses
	}
	if t.Mode == chat.ThinkingOn {
		return true, losses
	}
	return nil, losses
}

// ollamaMessageOf is a message in Ollama's form. It notes the names of the tools that
// are called, by the calls' ids: results go by the tool's name.
func ollamaMessageOf(m *chat.Message, names map[string]string) (out ollamaMessage, losses []chat.Loss) {
	out = ollamaMessage{Role: string(m.Role), Content: m.Text(), ToolCallID: m.ToolCallID, ToolName: names[m.ToolCallID]}
	before, within := false, false // text before a picture, and a picture between texts
	for i := range m.Parts {
		switch part := &m.Parts[i]; part.Kind {
		case chat.TextPart:
			within = within || before && len(out.Images) > 0
			before = true
		case chat.ImagePart:
			out.Images = append(out.Images, part.Data)
		case chat.ThinkingPart:
			out.Thinking += part.Text
		}
	}
	if within {
		losses = alsoLost(losses, chat.Lose(chat.FieldImage, chat.Approximate, "beside the text that stood around it"))
	}
	for i := range m.ToolCalls {
		c := &m.ToolCalls[i]
		call := ollamaCall{ID: c.ID}
		names[c.ID] = c.Name
		arguments, more := argumentsObject(c.Arguments)
		call.Function.Name, call.Function.Arguments, losses = c.Name, arguments, alsoLost(losses, more...)
		out.ToolCalls = append(out.ToolCalls, call)
	}
	return out, losses
}
