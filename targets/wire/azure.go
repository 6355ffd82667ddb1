package wire

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"switchover/targets/chat"
)

// Azure is chat completions as Azure OpenAI serves them. The url is the resource's,
// https://NAME.openai.azure.com. With an api_version the deployment of the model's name
// is asked at its own address, /openai/deployments/MODEL/chat/completions?api-version=;
// without one the v1 form, /openai/v1/chat/completions, in which the deployment is the
// model. A url that goes on is taken at its word.
//
// A key is sent in the header api-key; an access token of Entra ID, which is a JWT and
// begins with eyJ, as a bearer token. Before the answer Azure may send an event without
// choices that says what its filter made of the prompt.
//
// Source: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle.
type Azure struct{}

// azureHost is a host of which Azure's rules hold. The resource may hide behind another.
const azureHost = "resource.openai.azure.com"

var (
	azureByKey   = flavour{name: "azure", host: azureHost, carriage: strictOpenAICarriage, address: azureURL, keyHeader: "Api-Key", adapt: adaptAzure}
	azureByToken = flavour{name: "azure", host: azureHost, carriage: strictOpenAICarriage, address: azureURL, adapt: adaptAzure}
)

// Carriage says what becomes of each field.
func (Azure) Carriage() chat.Carriage { return strictOpenAICarriage }

// Encode builds the request.
func (Azure) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	if req.Model != "" {
		ep.Model = req.Model // it is part of the address
	}
	if strings.HasPrefix(ep.Key.Reveal(), "eyJ") {
		return OpenAI{&azureByToken}.Encode(ep, req)
	}
	return OpenAI{&azureByKey}.Encode(ep, req)
}

// Decoder reads the body of one 2xx response.
func (Azure) Decoder(resp *http.Response) Decoder { return OpenAI{}.Decoder(resp) }

// azureURL is where to post.
func azureURL(ep *Endpoint) (*url.URL, error) {
	u, err := url.Parse(ep.URL)
	if err != nil {
		return nil, errors.New("encoding a request: the target's url is none")
	}
	base := strings.TrimRight(u.Path, "/")
	deployed := strings.Contains(base, "/deployments/")
	switch {
	case deployed && ep.APIVersion == "":
		return nil, errors.New("encoding a request to Azure: the url names a deployment, which is asked with a dated version of the API: give api_version")
	case strings.HasSuffix(base, openAIPath) || strings.HasSuffix(base, "/v1"):
	case deployed:
	case ep.APIVersion != "":
		u = u.JoinPath(unlessThere(base, "/openai"), "deployments", url.PathEscape(ep.Model))
	default:
		u = u.JoinPath(unlessThere(base, "/openai"), "v1")
	}
	if u, err = joinURL(u.String(), openAIPath); err != nil {
		return nil, err
	}
	if ep.APIVersion != "" {
		u.RawQuery = url.Values{"api-version": {ep.APIVersion}}.Encode()
	}
	return u, nil
}

// unlessThere is an end for a path that does not have it.
func unlessThere(path, end string) string {
	if strings.HasSuffix(path, end) {
		return ""
	}
	return end
}

// azureNewNames is the version of the API from which on max_completion_tokens and
// stream_options are known; older ones answer 400 to them.
//
// Source: https://learn.microsoft.com/azure/ai-foundry/openai/reference-preview.
const azureNewNames = "2024-09-01"

func adaptAzure(out *openAIRequest, ep *Endpoint, _ *chat.Request, losses []chat.Loss) []chat.Loss {
	if ep.APIVersion != "" && ep.APIVersion < azureNewNames {
		out.MaxTokens, out.MaxCompletionTokens, out.StreamOptions = out.MaxCompletionTokens, 0, nil
	}
	return losses
}

// Failure classifies a response that is not 2xx. Of what the content filter refused it
// says for what.
func (Azure) Failure(status int, header http.Header, body []byte) *chat.Failure {
	f := OpenAI{}.Failure(status, header, body)
	if f.Class == chat.ContentFilter {
		if found := azureFiltered(body); found != "" {
			f.Message += "; filtered for " + found
		}
	}
	return f
}

// azureFiltered lists the categories that a refusal names, with how severe each was.
func azureFiltered(body []byte) string {
	var said struct {
		Error struct {
			Inner struct {
				Results map[string]json.RawMessage `json:"content_filter_result"`
			} `json:"innererror"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &said) != nil {
		return ""
	}
	var found []string
	for _, category := range slices.Sorted(maps.Keys(said.Error.Inner.Results)) {
		var r struct {
			Filtered bool   `json:"filtered"`
			Severity string `json:"severity"`
		}
		if json.Unmarshal(said.Error.Inner.Results[category], &r) == nil && r.Filtered && len(found) < 8 {
			found = append(found, strings.TrimSpace(category+" "+r.Severity))
		}
	}
	return strings.Join(found, ", ")
}
