package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchover/targets/chat"
)

// openAI is chat completions: POST /v1/chat/completions.
type openAI struct{}

func (openAI) name() string { return "openai" }

// openAIParams are what chat completions and the older completions share.
type openAIParams struct {
	Model   string `json:"model"`
	Stream  bool   `json:"stream"`
	Options struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	MaxTokens           *int     `json:"max_tokens"`
	MaxCompletionTokens *int     `json:"max_completion_tokens"`
	MinTokens           int      `json:"min_tokens"`
	IgnoreEOS           bool     `json:"ignore_eos"`
	Stop                stopList `json:"stop"`
	N                   *int     `json:"n"`
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
		var said []string
		for _, p := range parts {
			if p.Type == "text" {
				said = append(said, p.Text)
			}
		}
		*c = content(texts(said))
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

func (openAI) read(_ *http.Request, body []byte) (*request, error) {
	var in struct {
		openAIParams
		Messages []message `json:"messages"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, badRequest("the request is not a chat completion request: %v", err)
	}
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	for i, m := range in.Messages {
		switch m.Role {
		case chat.System, chat.User, chat.Assistant, chat.ToolRole, "developer":
		default:
			return nil, badRequest("messages[%d].role is %.50q", i, m.Role)
		}
		req.conversation = append(req.conversation, chat.Message{Role: m.Role, Content: string(m.Content)})
	}
	return req, nil
}

// request validates the parameters and resolves the limits.
func (p *openAIParams) request() (*request, error) {
	if p.N != nil && *p.N != 1 {
		return nil, badRequest("n is %d: this server gives one choice", *p.N)
	}
	most := 0
	for _, limit := range []*int{p.MaxTokens, p.MaxCompletionTokens} {
		if limit != nil {
			most = *limit
			if most < 1 {
				return nil, badRequest("max_tokens is %d: it is at least 1", most)
			}
		}
	}
	switch {
	case p.MinTokens < 0 || p.MinTokens > maxAnswer || most > 0 && p.MinTokens > most:
		return nil, badRequest("min_tokens is %d: it is 0 to max_tokens", p.MinTokens)
	case p.IgnoreEOS && (most == 0 || most > maxAnswer):
		return nil, badRequest("ignore_eos needs max_tokens, from 1 to %d", maxAnswer)
	}
	return &request{model: p.Model, stream: p.Stream, usage: p.Options.IncludeUsage,
		limits: limits{least: p.MinTokens, most: most, exact: p.IgnoreEOS, stop: p.Stop}}, nil
}

// openAIErrors are the status, type and code of each problem.
var openAIErrors = [problems]struct {
	status     int
	kind, code string
}{
	invalid:      {http.StatusBadRequest, "invalid_request_error", "invalid_value"},
	unknownModel: {http.StatusNotFound, "invalid_request_error", "model_not_found"},
	unknownURL:   {http.StatusNotFound, "invalid_request_error", "unknown_url"},
	tooLarge:     {http.StatusRequestEntityTooLarge, "invalid_request_error", "request_too_large"},
	rateLimited:  {http.StatusTooManyRequests, "requests", "rate_limit_exceeded"},
	serverError:  {http.StatusInternalServerError, "server_error", "internal_error"},
	overloaded:   {http.StatusServiceUnavailable, "server_error", "overloaded"},
	closing:      {http.StatusServiceUnavailable, "server_error", "shutting_down"},
}

func (openAI) refuse(w http.ResponseWriter, r *refusal) int {
	r.askToWait(w.Header())
	if r.retryAfter > 0 {
		w.Header().Set("Retry-After-Ms", strconv.FormatInt(r.retryAfter.Milliseconds(), 10))
	}
	e := openAIErrors[r.problem]
	return writeJSON(w, e.status, openAIError(e.kind, e.code, r.said()))
}

type apiError struct {
	Error struct {
		Message string  `json:"message"`
		Type    string  `json:"type"`
		Param   *string `json:"param"`
		Code    string  `json:"code"`
	} `json:"error"`
}

func openAIError(kind, code, text string) apiError {
	var e apiError
	e.Error.Message, e.Error.Type, e.Error.Code = text, kind, code
	return e
}

// engineFailed is what servers say of an answer that they cannot end.
const engineFailed = "the engine failed while answering"

func (openAI) failed() any { return openAIError("server_error", "engine_error", engineFailed) }

func (openAI) id(n uint64) string { return fmt.Sprintf("chatcmpl-%016x", n) }

// completion is the answer to a request that does not stream.
type completion struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   usage    `json:"usage"`
}

type choice struct {
	Index   int          `json:"index"`
	Message chat.Message `json:"message"`
	Finish  *chat.Finish `json:"finish_reason"`
}

type usage struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	Total      int `json:"total_tokens"`
}

func (x *exchange) openAIUsage() usage { return usage{x.input, len(x.pieces), x.input + len(x.pieces)} }

// orNull is a finish; nil is none.
func orNull(finish chat.Finish) *chat.Finish {
	if finish == "" {
		return nil
	}
	return &finish
}

func (openAI) whole(x *exchange, text string, finish chat.Finish) any {
	return completion{ID: x.id, Object: "chat.completion", Created: time.Now().Unix(), Model: x.server.cfg.Model,
		Choices: []choice{{Message: chat.Message{Role: chat.Assistant, Content: text}, Finish: orNull(finish)}}, Usage: x.openAIUsage()}
}

// openAIEvents writes the chunks of one stream. What they are called, and how a
// choice's words and end are written, is all that the two protocols differ in.
type openAIEvents struct {
	x          *exchange
	about      string // the members that every chunk has, the usage aside
	head       string // what every chunk but the usage begins with
	opening    string // the first choice, which carries no token
	before     string // what stands before the words of a choice
	after      string // and after them, to the end of the choice
	lastChoice string // the choice that ends it, up to its finish
}

func (openAI) stream(x *exchange) events {
	return newOpenAIEvents(x, "chat.completion.chunk", openAIEvents{
		opening:    `{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}`,
		before:     `{"index":0,"delta":{"content":`,
		after:      `},"finish_reason":null}`,
		lastChoice: `{"index":0,"delta":{},"finish_reason":`,
	})
}

func newOpenAIEvents(x *exchange, object string, e openAIEvents) *openAIEvents {
	e.x = x
	e.about = fmt.Sprintf(`data: {"id":%s,"object":%q,"created":%d,"model":%s,`, quoted(x.id), object, time.Now().Unix(), quoted(x.server.cfg.Model))
	e.head = e.about
	if x.req.usage {
		e.head += `"usage":null,`
	}
	e.head += `"choices":[`
	return &e
}

// quoted is a JSON string.
func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`) // a string always marshals
	}
	return b
}

// doneMark is the terminal marker of a stream.
const doneMark = "data: [DONE]\n\n"

func (e *openAIEvents) media() string { return "text/event-stream; charset=utf-8" }

func (e *openAIEvents) begin() []byte {
	if e.opening == "" {
		return nil
	}
	return []byte(e.head + e.opening + "]}\n\n")
}

func (e *openAIEvents) token(piece string) []byte {
	return []byte(e.head + e.before + string(quoted(piece)) + e.after + "]}\n\n")
}

func (e *openAIEvents) broken() []byte {
	return []byte(e.head + strings.TrimSuffix(e.before, `":`) + "\n\n")
}

func (e *openAIEvents) failed() []byte {
	return fmt.Appendf(nil, "data: %s\n\n%s", marshalled(openAI{}.failed()), doneMark)
}

func (e *openAIEvents) end() []byte {
	out := []byte(e.head + e.lastChoice + string(quoted(string(e.x.end.finish))) + "}]}\n\n")
	if e.x.req.usage {
		out = fmt.Appendf(out, "%s\"usage\":%s,\"choices\":[]}\n\n", e.about, marshalled(e.x.openAIUsage()))
	}
	return append(out, doneMark...)
}

// marshalled is a value of the server's own making as JSON.
func marshalled(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("null") // such a value always marshals
	}
	return b
}
