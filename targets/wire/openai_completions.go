package wire

import (
	"fmt"
	"net/http"

	"switchover/targets/chat"
)

// Completions is OpenAI's older protocol, which continues a prompt: POST
// {url}/completions. Inference servers apply no chat template to it, so it is what
// raw speed is measured with. It has neither roles nor tools; of a conversation of
// more than one message promptText says what becomes.
//
// Its answers end as those of chat completions do.
type Completions struct{}

const completionsPath = "/completions"

// completionsCarriage is what any server of completions loses.
var completionsCarriage = promptCarriage(
	chat.Lose(chat.FieldUser, chat.Lossless, ""),
	chat.Lose(chat.FieldFormat, chat.Approximate, "response_format, which few servers read here"),
	chat.Lose(chat.FieldSchema, chat.Approximate, "response_format, which few servers read here"),
)

// strictCompletions are what OpenAI and Azure lose beside that.
var strictCompletions = []chat.Loss{
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldTopK, chat.Dropped, "OpenAI has no such parameter"),
	chat.Lose(chat.FieldFormat, chat.Rejected, "OpenAI's completions have no format"),
	chat.Lose(chat.FieldSchema, chat.Rejected, "OpenAI's completions have no format"),
}

// Carriage says what becomes of each field; OpenAI itself loses a little else.
func (Completions) Carriage() chat.Carriage { return completionsCarriage }

// completionsRequest is the body.
type completionsRequest struct {
	Model            string        `json:"model"`
	Prompt           string        `json:"prompt"`
	MaxTokens        int           `json:"max_tokens,omitempty"`
	Stream           bool          `json:"stream"`
	StreamOptions    *openAIStream `json:"stream_options,omitempty"`
	Temperature      *float64      `json:"temperature,omitempty"`
	TopP             *float64      `json:"top_p,omitempty"`
	Seed             *int64        `json:"seed,omitempty"`
	Stop             []string      `json:"stop,omitempty"`
	FrequencyPenalty *float64      `json:"frequency_penalty,omitempty"`
	PresencePenalty  *float64      `json:"presence_penalty,omitempty"`
	User             string        `json:"user,omitempty"`
	Format           *openAIFormat `json:"response_format,omitempty"`
	// Extensions of inference servers.
	TopK      *int `json:"top_k,omitempty"`
	MinTokens int  `json:"min_tokens,omitempty"`
	IgnoreEOS bool `json:"ignore_eos,omitempty"`
}

// Encode builds a request that asks for usage.
func (p Completions) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	u, err := openAIJoin(ep.URL, completionsPath)
	if err != nil {
		return nil, nil, err
	}
	has := req.Fields()
	losses := completionsCarriage.Losses(has)
	host := u.Hostname()
	if strictOpenAI(host) {
		for _, l := range strictCompletions {
			if has.Has(l.Field) {
				losses = alsoLost(losses, l)
			}
		}
	}
	out, lost := p.body(host, &ep, &req)
	losses = alsoLost(losses, lost...)
	if err := refused("openai-completions", losses); err != nil {
		return nil, losses, err
	}
	body, err := asBody(out, &req)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a completion request: %w", err)
	}
	return post(u, body, &ep, &req, accepted(&req), bearer(&ep)), losses, nil
}

// body says a request, and what its values lose.
func (Completions) body(host string, ep *Endpoint, req *chat.Request) (*completionsRequest, []chat.Loss) {
	p := &req.Params
	messages, losses := textParts(req.Messages, wordless)
	out := &completionsRequest{Model: ep.model(req), MaxTokens: p.MaxTokens, Stream: !p.Whole, Temperature: p.Temperature, TopP: p.TopP,
		Seed: p.Seed, Stop: p.Stop, FrequencyPenalty: p.FrequencyPenalty, PresencePenalty: p.PresencePenalty, User: req.User}
	out.Prompt, _ = promptText(messages)
	if out.Stream {
		out.StreamOptions = withUsage(host)
	}
	if p.AsAllowed {
		out.Temperature = new(float64)
	}
	if strictOpenAI(host) {
		var lost []chat.Loss
		out.Stop, lost = fewStops(p.Stop)
		return out, alsoLost(losses, lost...)
	}
	out.Format, out.TopK = formatOf(&req.Format), p.TopK
	if p.Exact && p.MaxTokens > 0 {
		out.IgnoreEOS, out.MinTokens = true, p.MaxTokens
	}
	return out, losses
}

// Decoder reads the body of one 2xx response.
func (Completions) Decoder(resp *http.Response) Decoder {
	return newDecoder(resp, &openAIAnswers{raw: true})
}

// Failure classifies a response that is not 2xx, as chat completions' does.
func (Completions) Failure(status int, header http.Header, body []byte) *chat.Failure {
	return OpenAI{}.Failure(status, header, body)
}
