package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"switchover/targets/chat"
)

// Anthropic is the Messages API, as Claude and every server that offers /v1/messages
// speak it: POST {url}/v1/messages, the url with or without its /v1, answered by
// server-sent events or, of a request for a whole answer, by one document. Its rules
// are those of platform.claude.com/docs/en/api/messages and of Anthropic's own client
// (anthropic-sdk-go v1.84.0).
//
// A stream is complete when message_stop has come after a message_delta with a
// stop_reason. A document is complete when it has a stop_reason and has closed.
//
// The key is sent as x-api-key and, to all but Anthropic itself, as a bearer token too:
// servers that offer the same API (vLLM, gateways) look for it there.
type Anthropic struct{}

// anthropicCarriage is what is lost on the way to Claude.
var anthropicCarriage = chat.Carry(
	chat.Lose(chat.FieldImageDetail, chat.Dropped, "Claude decides how closely it looks"),
	chat.Lose(chat.FieldAudio, chat.Rejected, "the Messages API takes no sound"),
	chat.Lose(chat.FieldFormat, chat.Dropped, "JSON is asked for by a schema alone: give one"),
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldSeed, chat.Dropped, "the Messages API has no such parameter"),
	chat.Lose(chat.FieldPenalties, chat.Dropped, "the Messages API has no such parameters"),
	chat.Lose(chat.FieldMetadata, chat.Dropped, "the end user's id is all that can be told"),
	chat.Lose(chat.FieldSystemLater, chat.Approximate, "said by the user, at its place"),
)

// Carriage says what becomes of each field. What depends on the model, by its name, is
// said by Encode alone: temperature, top_p, top_k, prefill and thinking.
func (Anthropic) Carriage() chat.Carriage { return anthropicCarriage }

// anthropicVersion is the API's only version since 2023.
const anthropicVersion = "2023-06-01"

// Encode builds a request, streaming unless an answer in one piece is asked for. The
// API wants a limit of output tokens: where the request has none, 4096 beside what
// thinking may take, and that is said. What a request read from Anthropic's own form
// said there is said again.
func (p Anthropic) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	u, err := anthropicURL(ep.URL)
	if err != nil {
		return nil, nil, err
	}
	w := newAnthropicWriter(&ep, &req)
	fields := req.Fields()
	if w.systemLater() {
		fields &^= chat.FieldSet(0).With(chat.FieldSystemLater)
	}
	body := w.write()
	losses := foreignLost(alsoLost(p.Carriage().Losses(fields), w.losses...), &req, anthropicDialect)
	if err := refused("anthropic", losses); err != nil {
		return nil, losses, err
	}
	text, err := json.Marshal(body)
	if err == nil {
		text, losses, err = withForeign(text, &req, anthropicDialect, losses)
	}
	if err == nil {
		text, err = withExtra(text, req.Params.Extra)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a message request: %w", err)
	}
	version := ep.APIVersion
	if version == "" {
		version = anthropicVersion
	}
	return post(u, text, &ep, &req, accepted(&req),
		field{"Anthropic-Version", version},
		field{"X-Api-Key", ep.Key.Reveal()},
		anthropicBearer(u, &ep),
	), losses, nil
}

// anthropicBearer is the key for servers other than Anthropic's, which takes a bearer
// token for one of another kind.
func anthropicBearer(u *url.URL, ep *Endpoint) field {
	if host := u.Hostname(); host == "anthropic.com" || strings.HasSuffix(host, ".anthropic.com") {
		return field{}
	}
	return bearer(ep)
}

// anthropicURL is where to post, for the API's base, with or without its version, or
// the full address.
func anthropicURL(base string) (*url.URL, error) {
	const version, messages = "/v1", "/messages"
	u, err := url.Parse(base)
	if err == nil {
		if at := strings.TrimRight(u.Path, "/"); strings.HasSuffix(at, version) || strings.HasSuffix(at, messages) {
			return joinURL(base, messages)
		}
	}
	return joinURL(base, version+messages)
}
