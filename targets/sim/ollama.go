package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"switchover/targets/chat"
)

// ollama is Ollama's own protocol: POST /api/chat, answered by a JSON document a
// line or by one, with the server's own times at its end. Source: docs/api.md of
// github.com/ollama/ollama.
type ollama struct{}

func (ollama) name() string { return "ollama" }

func (ollama) read(_ *http.Request, body []byte) (*request, error) {
	var in struct {
		Model    string `json:"model"`
		Messages []struct {
			Role    chat.Role `json:"role"`
			Content string    `json:"content"`
		} `json:"messages"`
		Stream  *bool `json:"stream"` // streaming is what it does unless told not to
		Options struct {
			NumPredict int      `json:"num_predict"` // below 1: no limit
			Stop       stopList `json:"stop"`
		} `json:"options"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, badRequest("the request is not a chat request: %v", err)
	}
	req := &request{model: strings.TrimSuffix(in.Model, ":latest"), stream: in.Stream == nil || *in.Stream, usage: true,
		limits: limits{most: max(0, in.Options.NumPredict), stop: in.Options.Stop}}
	for i, m := range in.Messages {
		switch m.Role {
		case chat.System, chat.User, chat.Assistant, chat.ToolRole:
		default:
			return nil, badRequest("messages[%d].role is %.50q", i, m.Role)
		}
		req.conversation = append(req.conversation, chat.Message{Role: m.Role, Content: m.Content})
	}
	return req, nil
}

// ollamaStatus is the status of each problem; there is nothing else to tell them by.
var ollamaStatus = [problems]int{
	invalid:      http.StatusBadRequest,
	unknownModel: http.StatusNotFound,
	unknownURL:   http.StatusNotFound,
	tooLarge:     http.StatusRequestEntityTooLarge,
	rateLimited:  http.StatusTooManyRequests,
	serverError:  http.StatusInternalServerError,
	overloaded:   http.StatusServiceUnavailable,
	closing:      http.StatusServiceUnavailable,
}

type ollamaError struct {
	Error string `json:"error"`
}

func (ollama) refuse(w http.ResponseWriter, r *refusal) int {
	r.askToWait(w.Header())
	return writeJSON(w, ollamaStatus[r.problem], ollamaError{r.said()})
}

func (ollama) failed() any { return ollamaError{engineFailed} }

func (ollama) id(uint64) string { return "" }

type ollamaMessage struct {
	Role    chat.Role `json:"role"`
	Content string    `json:"content"`
}

// ollamaAnswer is a document. Members after done are the last one's.
type ollamaAnswer struct {
	Model     string        `json:"model"`
	CreatedAt time.Time     `json:"created_at"`
	Message   ollamaMessage `json:"message"`
	Done      bool          `json:"done"`
	*ollamaEnd
}

// ollamaEnd is how an answer ended; durations in nanoseconds.
type ollamaEnd struct {
	Reason         chat.Finish   `json:"done_reason"`
	Total          time.Duration `json:"total_duration"`
	PromptTokens   int           `json:"prompt_eval_count"`
	PromptDuration time.Duration `json:"prompt_eval_duration"`
	OutputTokens   int           `json:"eval_count"`
	OutputDuration time.Duration `json:"eval_duration"`
}

func newOllamaAnswer(x *exchange, text string, finish chat.Finish) ollamaAnswer {
	a := ollamaAnswer{Model: x.server.cfg.Model, CreatedAt: time.Now().UTC(), Message: ollamaMessage{chat.Assistant, text}}
	if finish != "" {
		a.Done = true
		a.ollamaEnd = &ollamaEnd{Reason: finish, Total: time.Since(x.arrived), PromptTokens: x.input, PromptDuration: time.Duration(x.entry.Prefill),
			OutputTokens: len(x.pieces), OutputDuration: max(0, time.Since(x.first))}
	}
	return a
}

func (ollama) whole(x *exchange, text string, finish chat.Finish) any {
	return newOllamaAnswer(x, text, finish)
}

type ollamaEvents struct{ x *exchange }

func (ollama) stream(x *exchange) events { return ollamaEvents{x} }

func (ollamaEvents) media() string { return "application/x-ndjson" }

func (ollamaEvents) begin() []byte { return nil }

func (e ollamaEvents) token(piece string) []byte {
	return append(marshalled(newOllamaAnswer(e.x, piece, "")), '\n')
}

func (e ollamaEvents) broken() []byte {
	return fmt.Appendf(nil, "{\"model\":%s,\"message\":{\"role\":\"assistant\",\"conte\n", quoted(e.x.server.cfg.Model))
}

func (ollamaEvents) failed() []byte { return append(marshalled(ollama{}.failed()), '\n') }

func (e ollamaEvents) end() []byte {
	return append(marshalled(newOllamaAnswer(e.x, "", e.x.end.finish)), '\n')
}
