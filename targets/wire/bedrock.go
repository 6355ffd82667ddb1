package wire

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go/encoding/httpbinding"

	"switchover/targets/chat"
)

// Bedrock is AWS Bedrock's Converse: POST {url}/model/{model}/converse-stream, answered
// by AWS's binary messages, or .../converse, answered by one document. An empty url is
// that of the region, https://bedrock-runtime.{region}.amazonaws.com.
//
// A key with an id signs each request (signature version 4, with a session token where
// there is one); a key alone is a Bedrock API key, sent as a bearer token; without a
// key nothing is sent, for gateways that sign themselves.
//
// A stream is complete when messageStop and, after it, metadata have come. A document is
// complete when it has a stopReason and has closed.
//
// What models share is said in Converse's own words. top_k and reasoning have none:
// they are said in the words of the model's vendor where its name tells whose it is.
// Its zero value is ready.
//
// Models that Bedrock also offers by OpenAI's protocol are asked with protocol openai at
// {url}/openai/v1, with a Bedrock API key.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
// and AWS's SDK for Go, bedrockruntime v1.63.10.
type Bedrock struct{}

// bedrockCarriage is what Converse loses whatever the model.
var bedrockCarriage = chat.Carry(
	chat.Lose(chat.FieldSystemLater, chat.Approximate, "moved to the end of the system prompt"),
	chat.Lose(chat.FieldSameRole, chat.Approximate, "merged into one message: roles must alternate"),
	chat.Lose(chat.FieldImageURL, chat.Rejected, "Converse takes a picture's bytes, not its address"),
	chat.Lose(chat.FieldImageDetail, chat.Dropped, "Converse has no such setting"),
	chat.Lose(chat.FieldDocumentURL, chat.Rejected, "Converse takes a document's bytes, not its address"),
	chat.Lose(chat.FieldHostedTools, chat.Rejected, "the tool is run by another provider"),
	chat.Lose(chat.FieldToolChoiceNone, chat.Approximate, "the tools are not shown to the model: Converse cannot forbid them"),
	chat.Lose(chat.FieldSingleTool, chat.Dropped, "Converse cannot forbid several calls at once"),
	chat.Lose(chat.FieldFormat, chat.Dropped, "Converse asks for JSON by a schema alone"),
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldSeed, chat.Dropped, "Converse has no such parameter"),
	chat.Lose(chat.FieldPenalties, chat.Dropped, "Converse has no such parameters"),
	chat.Lose(chat.FieldUser, chat.Approximate, "kept as user_id in the account's invocation log, not told to the model's vendor"),
	chat.Lose(chat.FieldForeign, chat.Dropped, "known to its own protocol alone"),
)

// Carriage says what becomes of each field.
func (Bedrock) Carriage() chat.Carriage { return bedrockCarriage }

// Encode builds a request, streaming unless an answer in one piece is asked for.
func (p Bedrock) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	model := ep.model(&req)
	u, err := bedrockURL(&ep, model, req.Params.Whole)
	if err != nil {
		return nil, nil, err
	}
	body, lost := bedrockBody(bedrockModel(model), &req)
	losses := alsoLost(p.Carriage().Losses(req.Fields()), lost...)
	if err := refused("bedrock", losses); err != nil {
		return nil, losses, err
	}
	text, err := asBody(body, &req, "inferenceConfig", "additionalModelRequestFields", "requestMetadata")
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a Converse request: %w", err)
	}
	accept := amazonMedia
	if req.Params.Whole {
		accept = "application/json"
	}
	who := field{}
	if ep.KeyID.Empty() {
		who = bearer(&ep)
	}
	r := post(u, text, &ep, &req, accept, who)
	if ep.KeyID.Empty() || r.Header.Get("Authorization") != "" {
		return r, losses, nil
	}
	region := amazonRegion(&ep, u.Hostname())
	if region == "" {
		return nil, nil, fmt.Errorf("encoding a Converse request: the name of host %s does not tell the region to sign for: set the target's region", u.Hostname())
	}
	if err := signAmazon(r, text, &ep, "bedrock", region); err != nil {
		return nil, nil, err
	}
	return r, losses, nil
}

// bedrockURL is where to post. The model's name may be an ARN, whose colons and slashes
// are no part of the path.
func bedrockURL(ep *Endpoint, model string, whole bool) (*url.URL, error) {
	if strings.Trim(model, ".") == "" {
		return nil, errors.New("encoding a Converse request: the target has no model, which Bedrock's address names")
	}
	base := ep.URL
	if base == "" {
		if ep.Region == "" {
			return nil, errors.New("encoding a Converse request: the target has neither a url nor a region")
		}
		base = "https://bedrock-runtime." + ep.Region + "." + amazonDomain(ep.Region)
	}
	u, err := joinURL(base, "")
	if err != nil {
		return nil, err
	}
	if u.Path == "" {
		u.Path = "/" // JoinPath would leave the path without one
	}
	verb := "converse-stream"
	if whole {
		verb = "converse"
	}
	return u.JoinPath("model", httpbinding.EscapePath(model, true), verb), nil
}
