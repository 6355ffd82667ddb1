package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"switchover/targets/chat"
	dialects "switchover/targets/dialect"
)

// anthropic is Anthropic's Messages API: POST /v1/messages. The events, their order
// and the errors are those of platform.claude.com/docs/en/build-with-claude/streaming
// and of .../api/errors.
type anthropic struct{}

func (anthropic) name() string { return "anthropic" }

func (anthropic) read(_ *http.Request, body []byte) (*request, error) {
	in, err := dialects.Read("anthropic", body)
	if wrong := (*dialects.Invalid)(nil); errors.As(err, &wrong) {
		return nil, badRequest("%s", wrong.Error())
	} else if err != nil {
		return nil, err
	}
	var given struct {
		Messages json.RawMessage `json:"messages"`
	}
	if err := json.Unmarshal(body, &given); err != nil || given.Messages == nil {
		return nil, badRequest("messages is missing") // the older form has a path of its own
	}
	req := &request{model: in.Model, stream: !in.Params.Whole, usage: true, limits: limits{most: in.Params.MaxTokens, stop: in.Params.Stop}}
	for i := range in.Messages {
		m := &in.Messages[i]
		req.conversation = append(req.conversation, chat.Message{Role: m.Role, Content: m.Text()})
	}
	return req, nil
}

// anthropicErrors are the status and type of each problem.
var anthropicErrors = [problems]struct {
	status int
	kind   string
}{
	invalid:      {http.StatusBadRequest, "invalid_request_error"},
	unknownModel: {http.StatusNotFound, "not_found_error"},
	unknownURL:   {http.StatusNotFound, "not_found_error"},
	tooLarge:     {http.StatusRequestEntityTooLarge, "request_too_large"},
	rateLimited:  {http.StatusTooManyRequests, "rate_limit_error"},
	serverError:  {http.StatusInternalServerError, "api_error"},
	overloaded:   {529, "overloaded_error"},
	closing:      {529, "overloaded_error"},
}

func (anthropic) refuse(w http.ResponseWriter, r *refusal) int {
	r.askToWait(w.Header())
	e := anthropicErrors[r.problem]
	return writeJSON(w, e.status, anthropicError(e.kind, r.said()))
}

type anthropicFailure struct {
	Type  string `json:"type"`
	Error struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"error"`
}

func anthropicError(kind, text string) anthropicFailure {
	f := anthropicFailure{Type: "error"}
	f.Error.Type, f.Error.Message = kind, text
	return f
}

func (anthropic) failed() any { return anthropicError("api_error", engineFailed) }

func (anthropic) id(n uint64) string { return fmt.Sprintf("msg_%016x", n) }

// anthropicReason is why an answer ends, and the stop sequence that ended it.
func anthropicReason(end ending) (reason string, stop *string) {
	switch {
	case end.finish == chat.FinishLength:
		return "max_tokens", nil
	case end.stop != "":
		return "stop_sequence", &end.stop
	}
	return "end_turn", nil
}

type anthropicText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type anthropicUsage struct {
	Input      int `json:"input_tokens"`
	CacheWrite int `json:"cache_creation_input_tokens"`
	CacheRead  int `json:"cache_read_input_tokens"`
	Output     int `json:"output_tokens"`
}

type anthropicMessage struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Role       chat.Role       `json:"role"`
	Model      string          `json:"model"`
	Content    []anthropicText `json:"content"`
	StopReason *string         `json:"stop_reason"`
	Stop       *string         `json:"stop_sequence"`
	Usage      anthropicUsage  `json:"usage"`
}

func newAnthropicMessage(x *exchange, output int) anthropicMessage {
	x.w.Header().Set("Request-Id", "req_"+strings.TrimPrefix(x.id, "msg_"))
	return anthropicMessage{ID: x.id, Type: "message", Role: chat.Assistant, Model: x.server.cfg.Model,
		Content: []anthropicText{}, Usage: anthropicUsage{Input: x.input, Output: output}}
}

func (anthropic) whole(x *exchange, text string, finish chat.Finish) any {
	m := newAnthropicMessage(x, len(x.pieces))
	m.Content = append(m.Content, anthropicText{"text", text})
	if finish != "" {
		reason, stop := anthropicReason(x.end)
		m.StopReason, m.Stop = &reason, stop
	}
	return m
}

// anthropicEvents writes the events of one stream: a message of one block of text.
type anthropicEvents struct {
	x     *exchange
	start []byte
}

func (anthropic) stream(x *exchange) events {
	return anthropicEvents{x, marshalled(newAnthropicMessage(x, 1))}
}

func anthropicEvent(name, members string) string {
	return "event: " + name + "\ndata: {\"type\":\"" + name + "\"" + members + "}\n\n"
}

func (anthropicEvents) media() string { return "text/event-stream; charset=utf-8" }

func (e anthropicEvents) begin() []byte {
	return []byte(anthropicEvent("message_start", `,"message":`+string(e.start)) +
		anthropicEvent("content_block_start", `,"index":0,"content_block":{"type":"text","text":""}`) + anthropicEvent("ping", ""))
}

func (anthropicEvents) token(piece string) []byte {
	return []byte(anthropicEvent("content_block_delta", `,"index":0,"delta":{"type":"text_delta","text":`+string(quoted(piece))+`}`))
}

func (anthropicEvents) broken() []byte {
	return []byte("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_de\n\n")
}

func (anthropicEvents) failed() []byte {
	return fmt.Appendf(nil, "event: error\ndata: %s\n\n", marshalled(anthropic{}.failed()))
}

func (e anthropicEvents) end() []byte {
	reason, stop := anthropicReason(e.x.end)
	return []byte(anthropicEvent("content_block_stop", `,"index":0`) +
		anthropicEvent("message_delta", fmt.Sprintf(`,"delta":{"stop_reason":%q,"stop_sequence":%s},"usage":{"output_tokens":%d}`,
			reason, marshalled(stop), len(e.x.pieces))) +
		anthropicEvent("message_stop", ""))
}
