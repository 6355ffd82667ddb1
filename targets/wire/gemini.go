package wire

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"switchover/targets/chat"
)

// Gemini is Google's generateContent, as its Gemini API and Vertex AI speak it: POST
// {url}/v1beta/models/{model}:streamGenerateContent?alt=sse, answered by server-sent
// events, each a whole GenerateContentResponse with what is new; or, of a request for
// a whole answer, :generateContent, answered by one document. Fields and enumerations
// are those of https://ai.google.dev/api/generate-content and of Google's own client
// (google.golang.org/genai v1.77.0, types.go).
//
// The stream has no terminal marker of its own. It is complete when the candidate has
// had a finishReason and the body has then ended as HTTP ends it; a connection that
// is cut after the finishReason has not told whether usage or more was to come.
// Only the first candidate is read; no other is ever asked for.
type Gemini struct {
	// Vertex asks Vertex AI, whose url names project and location:
	// https://{region}-aiplatform.googleapis.com/v1/projects/PROJECT/locations/{region},
	// with or without /publishers/google. {region} becomes the endpoint's region.
	Vertex bool
}

// geminiCarriage is what is lost on the way to Gemini, on either service.
var geminiCarriage = chat.Carry(
	chat.Lose(chat.FieldSystemLater, chat.Approximate, "said by the user, at its place"),
	chat.Lose(chat.FieldSameRole, chat.Approximate, "joined into one turn, a part each"),
	chat.Lose(chat.FieldPrefill, chat.Approximate, "sent as the model's last turn, which models need not continue"),
	chat.Lose(chat.FieldImageDetail, chat.Approximate, "as the part's media resolution, which models before Gemini 3 refuse"),
	chat.Lose(chat.FieldCitations, chat.Dropped, "passages are not cited"),
	chat.Lose(chat.FieldThinkingText, chat.Dropped, "a model takes back no reasoning but its own"),
	chat.Lose(chat.FieldSignature, chat.Dropped, "it is another provider's"),
	chat.Lose(chat.FieldHiddenThinking, chat.Dropped, "it is another provider's"),
	chat.Lose(chat.FieldStrictTools, chat.Approximate, "by mode VALIDATED, for all tools alike"),
	chat.Lose(chat.FieldHostedTools, chat.Rejected, "it runs at its own provider alone"),
	chat.Lose(chat.FieldSingleTool, chat.Dropped, "several calls at once cannot be forbidden"),
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldEffort, chat.Approximate, "as one of four levels, which models before Gemini 3 refuse"),
	chat.Lose(chat.FieldCache, chat.Dropped, "prefixes are cached without marks"),
	chat.Lose(chat.FieldCacheTTL, chat.Dropped, "prefixes are cached without marks"),
	chat.Lose(chat.FieldUser, chat.Dropped, "nothing says who asks"),
	chat.Lose(chat.FieldMetadata, chat.Approximate, "as labels of the bill, where they can be such"),
	chat.Lose(chat.FieldServiceTier, chat.Approximate, "flex, standard or priority; any other is left to the server"),
	chat.Lose(chat.FieldForeign, chat.Dropped, "only the protocol it was written in can say it"),
)

// Carriage says what becomes of each field.
func (Gemini) Carriage() chat.Carriage { return geminiCarriage }

func (p Gemini) name() string {
	if p.Vertex {
		return "vertex"
	}
	return "gemini"
}

// Encode builds the request. Extra members replace those of the body, and those of an
// extra generationConfig those of the body's.
func (p Gemini) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	u, err := p.address(&ep, &req)
	if err != nil {
		return nil, nil, err
	}
	out, more := geminiBody(&req)
	losses := alsoLost(geminiCarriage.Losses(req.Fields()), more...)
	if err := refused(p.name(), losses); err != nil {
		return nil, losses, err
	}
	body, err := asBody(out, &req, "generationConfig")
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a generateContent request: %w", err)
	}
	return post(u, body, &ep, &req, accepted(&req), p.auth(&ep)), losses, nil
}

// auth is the header with the key, which is never in the address. Vertex AI takes an
// access token, or an API key, which begins with AIza or AQ.
func (p Gemini) auth(ep *Endpoint) field {
	key := ep.Key.Reveal()
	if p.Vertex && !strings.HasPrefix(key, "AIza") && !strings.HasPrefix(key, "AQ.") {
		return bearer(ep)
	}
	return field{"X-Goog-Api-Key", key}
}

// apiVersion is the last part of a path that names the API's version.
var apiVersion = regexp.MustCompile(`/v[0-9][a-z0-9]*$`)

// address is where to post. A model's name without a slash is one of Google's; with
// one it is a resource: tunedModels/NAME, endpoints/NUMBER, publishers/NAME/models/NAME.
func (p Gemini) address(ep *Endpoint, req *chat.Request) (*url.URL, error) {
	base := ep.URL
	if p.Vertex {
		if base = strings.ReplaceAll(base, "{region}", ep.Region); strings.ContainsAny(base, "{}") {
			return nil, errors.New("encoding a request: the target's url has a place that is not filled in: write the project into it")
		}
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, errors.New("encoding a request: the target's url is none")
	}
	model := ep.model(req)
	path := strings.TrimRight(u.Path, "/")
	switch named := strings.Contains(model, "/"); {
	case p.Vertex && named && strings.HasPrefix(model, "publishers/"):
		path = strings.TrimSuffix(path, "/publishers/google")
	case p.Vertex && named:
	case p.Vertex && !strings.HasSuffix(path, "/publishers/google"):
		model = "publishers/google/models/" + model
	case !named:
		model = "models/" + model
	}
	if !p.Vertex {
		switch named := apiVersion.FindString(path); {
		case named == "":
			path += "/" + cmp.Or(ep.APIVersion, "v1beta")
		case ep.APIVersion != "" && named != "/"+ep.APIVersion:
			return nil, fmt.Errorf("encoding a generateContent request: the url ends in %s and api_version is %s: give one of the two", named, clipped(ep.APIVersion))
		}
	}
	u.Path, u.RawPath = path+"/"+model+":streamGenerateContent", ""
	query := u.Query()
	query.Set("alt", "sse")
	if req.Params.Whole {
		u.Path = path + "/" + model + ":generateContent"
		query.Del("alt")
	}
	u.RawQuery = query.Encode()
	u.Host = strings.TrimSuffix(u.Host, ":") // a colon without a port
	return u, nil
}
