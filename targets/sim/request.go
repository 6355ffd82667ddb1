package sim

import (
	"bytes"
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

// request is the part of a chat completion request that the simulator knows.
// Further fields are ignored, as most servers do.
type request struct {
	Model    string    `json:"model"`
	Messages []message `json:"messages"`
	Stream   bool      `json:"stream"`
	Options  struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	MaxTokens           *int     `json:"max_tokens"`
	MaxCompletionTokens *int     `json:"max_completion_tokens"`
	MinTokens           int      `json:"min_tokens"`
	IgnoreEOS           bool     `json:"ignore_eos"`
	Stop                stopList `json:"stop"`
	N                   *int     `json:"n"`

	conversation []chat.Message
	limits       limits
}

type message struct {
	Role    chat.Role `json:"role"`
	Content content   `json:"content"`
}

// content is text: a string, null, or a list of parts of which the text ones count.
type content string

// UnmarshalJSON accepts the three forms.
func (c *content) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte("[")) {
		var parts []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}
		if err := json.Unmarshal(b, &parts); err != nil {
			return err
		}
		for _, p := range parts {
			if p.Type == "text" {
				*c += content(p.Text)
			}
		}
		return nil
	}
	var s *string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	if s != nil {
		*c = content(*s)
	}
	return nil
}

// stopList is one stop sequence or several.
type stopList []string

// UnmarshalJSON accepts a string, a list, and null.
func (l *stopList) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte(`"`)) {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*l = stopList{s}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

// refusal is an error status with OpenAI's error body.
type refusal struct {
	status           int
	kind, code, text string
	retryAfter       time.Duration
}

// Error gives the status and what was wrong.
func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.text) }

func badRequest(format string, args ...any) error {
	return &refusal{status: http.StatusBadRequest, kind: "invalid_request_error", code: "invalid_value", text: fmt.Sprintf(format, args...)}
}

// readRequest reads the body within its bounds. The error is a *refusal, or
// another where the client is gone. The request is never nil.
func readRequest(rc *http.ResponseController, w http.ResponseWriter, r *http.Request) (*request, error) {
	req := &request{}
	// A writer that knows no deadlines has none to miss.
	_ = rc.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_ = rc.SetReadDeadline(time.Time{})
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return req, &refusal{status: http.StatusRequestEntityTooLarge, kind: "invalid_request_error", code: "request_too_large",
			text: fmt.Sprintf("the request is larger than %d bytes", maxBody)}
	}
	if err != nil {
		return req, fmt.Errorf("read the request: %w", err)
	}
	if err := json.Unmarshal(body, req); err != nil {
		return req, badRequest("the request is not a chat completion request: %v", err)
	}
	for _, m := range req.Messages {
		req.conversation = append(req.conversation, chat.Message{Role: m.Role, Content: string(m.Content)})
	}
	return req, nil
}

// check validates a request against what this server serves, and resolves its limits.
func (r *request) check(cfg *Config) error {
	if r.Model != cfg.Model {
		return &refusal{status: http.StatusNotFound, kind: "invalid_request_error", code: "model_not_found",
			text: fmt.Sprintf("the model %.200q does not exist; this server has %q", r.Model, cfg.Model)}
	}
	if len(r.Messages) == 0 {
		return badRequest("messages is empty")
	}
	for i, m := range r.conversation {
		switch m.Role {
		case chat.System, chat.User, chat.Assistant, chat.ToolRole, "developer":
		default:
			return badRequest("messages[%d].role is %.50q", i, m.Role)
		}
	}
	if r.N != nil && *r.N != 1 {
		return badRequest("n is %d: this server gives one choice", *r.N)
	}
	most := 0
	for _, limit := range []*int{r.MaxTokens, r.MaxCompletionTokens} {
		if limit != nil {
			most = *limit
			if most < 1 {
				return badRequest("max_tokens is %d: it is at least 1", most)
			}
		}
	}
	switch {
	case r.MinTokens < 0 || r.MinTokens > maxAnswer || most > 0 && r.MinTokens > most:
		return badRequest("min_tokens is %d: it is 0 to max_tokens", r.MinTokens)
	case r.IgnoreEOS && (most == 0 || most > maxAnswer):
		return badRequest("ignore_eos needs max_tokens, from 1 to %d", maxAnswer)
	case len(r.Stop) > 16:
		return badRequest("stop has %d sequences: at most 16", len(r.Stop))
	}
	r.limits = limits{least: r.MinTokens, most: most, exact: r.IgnoreEOS, stop: r.Stop}
	return nil
}

// inputTokens counts the prompt as a chat template would lay it out.
func (r *request) inputTokens() int {
	n := 0
	for _, m := range r.conversation {
		n += Count(m.Content) + templateTokens
	}
	return n
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that is gone gets no answer; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(v)
}

// writeError answers in the form of OpenAI's API.
func writeError(w http.ResponseWriter, status int, kind, code, text string) {
	writeJSON(w, status, errorBody(kind, code, text))
}

type apiError struct {
	Error struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    string  `json:"code"`
	} `json:"error"`
}

func errorBody(kind, code, text string) apiError {
	var e apiError
	e.Error.Message, e.Error.Type, e.Error.Code = strings.ToValidUTF8(text, "?"), kind, code
	return e
}

func (r *refusal) write(w http.ResponseWriter) {
	if r.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(r.retryAfter.Seconds()))))
		w.Header().Set("Retry-After-Ms", strconv.FormatInt(r.retryAfter.Milliseconds(), 10))
	}
	writeError(w, r.status, r.kind, r.code, r.text)
}
