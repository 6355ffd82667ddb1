package wire

import (
	"fmt"
	"net/http"
	"net/url"

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

// Carriage says what becomes of each field; OpenAI itself and Azure lose a little else.
func (p OpenAI) Carriage() chat.Carriage {
	if p.flavour == nil || p.flavour.carriage == nil {
		return openAICarriage
	}
	return p.flavour.carriage
}

const openAIPath = "/chat/completions"

// openAIDialect is the dialect whose requests are told again all they said.
const openAIDialect = "openai"

// SimulatedHeader is set to "1" on every response of a simulated server.
const SimulatedHeader = "Switchover-Simulated"

// Encode builds a request that asks for usage and carries no field that compatible
// servers refuse. The limit of output tokens is sent as max_tokens, which every
// compatible server knows, but to OpenAI and Azure as max_completion_tokens, because
// their reasoning models refuse max_tokens. An exact length is asked for by ignore_eos
// and min_tokens, which these two do not have; other servers may refuse them too.
func (p OpenAI) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	u, err := p.address(&ep)
	if err != nil {
		return nil, nil, err
	}
	host, carriage := u.Hostname(), p.Carriage()
	if p.flavour != nil && p.flavour.host != "" {
		host = p.flavour.host
	}
	if strictOpenAI(host) && (p.flavour == nil || p.flavour.carriage == nil) {
		carriage = strictOpenAICarriage
	}
	has := req.Fields()
	if req.Dialect == openAIDialect {
		has &^= chat.FieldSet(0).With(chat.FieldHostedTools).With(chat.FieldResultImages) // its own are told again
	}
	out, losses := openAIBody(host, &ep, &req)
	losses = alsoLost(carriage.Losses(has), losses...)
	if p.flavour != nil && p.flavour.adapt != nil {
		losses = p.flavour.adapt(out, &ep, &req, losses)
	}
	losses = foreignLost(losses, &req, openAIDialect)
	if err := refused(p.name(), losses); err != nil {
		return nil, losses, err
	}
	body, err := out.appendJSON(make([]byte, 0, out.size()))
	if err == nil {
		body, losses, err = withForeign(body, &req, openAIDialect, losses)
	}
	if err == nil {
		body, err = withExtra(body, req.Params.Extra)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a chat completion request: %w", err)
	}
	return post(u, body, &ep, &req, accepted(&req), p.auth(&ep)), losses, nil
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
func openAIURL(base string) (*url.URL, error) { return openAIJoin(base, openAIPath) }

// openAIJoin is where to post for one of the API's forms, for its base or the full
// address of any of them.
func openAIJoin(base, path string) (*url.URL, error) {
	return joinURL(withoutEnd(base, openAIPath, completionsPath, responsesPath), path)
}
