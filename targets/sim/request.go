package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchover/targets/chat"
)

// request is what the simulator knows of a request, whatever protocol it came in.
// Further fields are ignored, as most servers do.
type request struct {
	model        string
	conversation []chat.Message
	stream       bool
	usage        bool // the stream's usage was asked for, where the protocol asks
	limits       limits
	prompt       string // that no chat template is applied to, where it is not empty
}

// problem says why a request is not answered.
type problem int

const (
	invalid      problem = iota
	unknownModel         // the server has another
	unknownURL
	tooLarge
	rateLimited
	serverError
	overloaded // the queue is full
	closing
	problems // how many there are
)

// refusal is an error status in place of an answer.
type refusal struct {
	problem    problem
	text       string
	retryAfter time.Duration
}

// Error says what was wrong.
func (r *refusal) Error() string { return r.text }

func badRequest(format string, args ...any) error {
	return &refusal{problem: invalid, text: fmt.Sprintf(format, args...)}
}

// readBody reads a body within its bounds. The error is a *refusal, or another where
// the client is gone.
func readBody(rc *http.ResponseController, w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// A writer that knows no deadlines has none to miss.
	_ = rc.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_ = rc.SetReadDeadline(time.Time{})
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		return nil, &refusal{problem: tooLarge, text: fmt.Sprintf("the request is larger than %d bytes", maxBody)}
	}
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	return body, nil
}

// maxStops bounds the stop sequences of a request.
const maxStops = 16

// check validates a request against what this server serves.
func (r *request) check(cfg *Config) error {
	switch {
	case r.model != cfg.Model:
		return &refusal{problem: unknownModel, text: fmt.Sprintf("the model %.200q does not exist; this server has %q", r.model, cfg.Model)}
	case len(r.conversation) == 0:
		return badRequest("messages is empty")
	case len(r.limits.stop) > maxStops:
		return badRequest("stop has %d sequences: at most %d", len(r.limits.stop), maxStops)
	}
	return nil
}

// inputTokens counts the prompt, as a chat template would lay it out where one is
// applied.
func (r *request) inputTokens() int {
	if r.prompt != "" {
		return Count(r.prompt)
	}
	n := 0
	for _, m := range r.conversation {
		n += Count(m.Content) + templateTokens
	}
	return n
}

// texts joins what a message's parts say.
func texts(parts []string) string { return strings.Join(parts, "\n") }

// writeJSON answers with a document, and returns the status.
func writeJSON(w http.ResponseWriter, status int, v any) int {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that is gone gets no answer; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(v)
	return status
}

// askToWait puts the time to wait, where there is one, into the header that HTTP has
// for it.
func (r *refusal) askToWait(h http.Header) {
	if r.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(r.retryAfter.Seconds()))))
	}
}

// said is what was wrong, as JSON can hold it.
func (r *refusal) said() string { return strings.ToValidUTF8(r.text, "?") }
