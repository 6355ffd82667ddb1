package targets

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"

	"switchover/targets/chat"
)

const maxErrorBody = 64 << 10 // bytes of an error's body that are read, and of what is packed in them

// refused takes a response that is not 2xx.
func (a *attempt) refused(r *http.Request, resp *http.Response) {
	a.watch.enter(phaseErrorBody, errorBodyLimit)
	// What could not be read of the body is missing from the message; the status
	// has decided already.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		body = unpacked(body)
	}
	a.failure = a.t.spec.Protocol.Failure(resp.StatusCode, resp.Header, body)
	if a.failure.Class == chat.NotFound {
		// The server's words come last: they may be long.
		where := "asked for " + r.URL.Path
		if lacksVersion(r.URL.Path, a.failure.Message) {
			where += " (is /v1 missing from the url?)"
		}
		a.failure.Message = where + ": " + a.failure.Message
	}
}

// unpacked is what is in an error's body that came compressed though nobody had asked
// for it: what it says decides between a rate limit and an empty account. What cannot
// be unpacked is missing from the message.
func unpacked(body []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body
	}
	text, _ := io.ReadAll(io.LimitReader(z, maxErrorBody))
	return text
}

// lacksVersion reports whether an address that was not found is one of OpenAI's without
// the /v1 that mostly goes before. A server that speaks of the model has been found.
func lacksVersion(path, said string) bool {
	return (strings.HasSuffix(path, "/completions") || strings.HasSuffix(path, "/responses")) &&
		!strings.Contains(path, "/v1/") && !strings.Contains(path, "/deployments/") &&
		!strings.Contains(strings.ToLower(said), "model")
}
