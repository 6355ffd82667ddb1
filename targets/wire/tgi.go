package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"switchover/targets/chat"
)

// TGI is the protocol of Hugging Face's Text Generation Inference: POST
// {url}/generate_stream, answered by server-sent events of a token each, or POST
// {url}/generate, answered by one document with the server's times in its head.
//
// An answer is complete when generated_text has come, with a finish_reason. The
// prompt is text: see promptText for what becomes of a conversation. The server has
// one model; the endpoint's is not sent.
// Source: router/src/server.rs and docs/openapi.json of
// github.com/huggingface/text-generation-inference.
type TGI struct{}

var tgiCarriage = promptCarriage(
	chat.Lose(chat.FieldImage, chat.Approximate, whyMarkdown),
	chat.Lose(chat.FieldImageURL, chat.Approximate, whyMarkdown),
	chat.Lose(chat.FieldFormat, chat.Approximate, "as a grammar of any JSON object"),
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldPenalties, chat.Approximate, "frequency_penalty alone"),
)

// Source: docs/source/basic_tutorials/visual_language_models.md.
const whyMarkdown = "as Markdown in the prompt, which models that see read"

// Carriage says what becomes of each field.
func (TGI) Carriage() chat.Carriage { return tgiCarriage }

type tgiRequest struct {
	Inputs     string        `json:"inputs"`
	Parameters tgiParameters `json:"parameters"`
}

type tgiParameters struct {
	MaxNewTokens     int         `json:"max_new_tokens,omitempty"`
	DoSample         *bool       `json:"do_sample,omitempty"`
	Temperature      *float64    `json:"temperature,omitempty"`
	TopP             *float64    `json:"top_p,omitempty"`
	TopK             *int        `json:"top_k,omitempty"`
	Seed             *int64      `json:"seed,omitempty"`
	Stop             []string    `json:"stop,omitempty"`
	FrequencyPenalty *float64    `json:"frequency_penalty,omitempty"`
	Grammar          *tgiGrammar `json:"grammar,omitempty"`
	Details          bool        `json:"details"`
}

type tgiGrammar struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

// Encode builds the request. What Params.Extra has under parameters joins those made
// of the other parameters.
func (p TGI) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	u, err := tgiURL(ep.URL, req.Params.Whole)
	if err != nil {
		return nil, nil, err
	}
	losses := p.Carriage().Losses(req.Fields())
	messages, more := textParts(req.Messages, markdownImage)
	losses = alsoLost(losses, more...)
	parameters, more := tgiParametersOf(&req)
	losses = alsoLost(losses, more...)
	if err := refused("tgi", losses); err != nil {
		return nil, losses, err
	}
	prompt, _ := promptText(messages)
	body, err := asBody(tgiRequest{prompt, parameters}, &req, "parameters")
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a TGI request: %w", err)
	}
	return post(u, body, &ep, &req, "text/event-stream", bearer(&ep)), losses, nil
}

// tgiURL is where to post, for the server, its OpenAI form or either of its full
// addresses.
func tgiURL(base string, whole bool) (*url.URL, error) {
	const stream, document = "/generate_stream", "/generate"
	u, err := joinURL(withoutEnd(base, "/v1"), stream)
	if err == nil {
		u.Path = strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(u.Path, "/"), stream), document)
		if u.Path += document; !whole {
			u.Path = strings.TrimSuffix(u.Path, document) + stream
		}
	}
	return u, err
}

// tgiParametersOf are the parameters as the server's validation wants them: it
// refuses a temperature or top_k of 0, a top_p of 1 and a negative seed. A
// temperature of 0 is do_sample: false; top_p and top_k would make it sample all the
// same, and mean nothing where the likeliest token is taken.
func tgiParametersOf(req *chat.Request) (out tgiParameters, losses []chat.Loss) {
	p := &req.Params
	out = tgiParameters{MaxNewTokens: p.MaxTokens, Stop: p.Stop, FrequencyPenalty: p.FrequencyPenalty, Details: true}
	greedy := p.AsAllowed || p.Temperature != nil && *p.Temperature <= 0
	if greedy || p.Temperature != nil {
		sample := !greedy
		out.DoSample = &sample
	}
	if !greedy {
		out.Temperature = p.Temperature
		if p.TopP != nil && *p.TopP < 1 {
			out.TopP = p.TopP
		}
		if p.TopK != nil && *p.TopK > 0 {
			out.TopK = p.TopK
		}
	}
	if p.Seed != nil && *p.Seed < 0 {
		losses = append(losses, chat.Lose(chat.FieldSeed, chat.Dropped, "TGI takes no negative seed"))
	} else {
		out.Seed = p.Seed
	}
	switch f := &req.Format; {
	case len(f.Schema) > 0:
		out.Grammar = &tgiGrammar{"json", f.Schema}
		losses = alsoLost(losses, namelessSchema(f)...)
	case f.JSON:
		out.Grammar = &tgiGrammar{"json", json.RawMessage(`{"type":"object"}`)}
	}
	return out, losses
}

// markdownImage is how a prompt holds an image.
func markdownImage(p *chat.Part) (string, bool) {
	if p.Kind != chat.ImagePart {
		return "", false
	}
	return "![](" + strings.ReplaceAll(address(p), ")", "%29") + ")", true
}
