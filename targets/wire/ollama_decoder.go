package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"switchover/targets/chat"
)

// Decoder reads the body of one 2xx response.
func (Ollama) Decoder(resp *http.Response) Decoder { return newDecoder(resp, ollamaAnswers{}) }

// Failure classifies a response that is not 2xx: a 503 is a queue that is full
// (OLLAMA_MAX_QUEUE), a 404 that speaks of a model one that is not on the server.
func (Ollama) Failure(status int, header http.Header, body []byte) *chat.Failure {
	f := OpenAI{}.Failure(status, header, body)
	if said, ok := decodeError(body); ok && status == http.StatusNotFound &&
		strings.Contains(said.message, "model") && !strings.Contains(said.message, "pull") {
		f.Message += " (on the server: ollama pull NAME)"
	}
	return f
}

// ollamaAnswers reads the answers of /api/chat.
type ollamaAnswers struct{}

var ollamaTraits = traits{answer: "an Ollama answer", marker: `"done":true`, reason: "done_reason", frame: frameLines, look: lookOllama}

func (ollamaAnswers) traits() *traits { return &ollamaTraits }

// frameLines frames protocols whose answers are a JSON document a line, or one
// document, which alone is application/json.
func frameLines(kind string, first byte) framing {
	switch {
	case first != '{':
		return foreign
	case kind == "application/json":
		return oneDocument
	}
	return lineStream
}

var ollamaGoesOn = []byte(`"done":false}`)

// lookOllama finds what is not the end for certain: done is the last member of a
// document in the middle of a stream.
func lookOllama(_ string, data []byte) urgency {
	if data[0] == '{' && bytes.HasSuffix(data, ollamaGoesOn) {
		return later
	}
	return now
}

// ollamaEvent is a document of a stream, or the only one. Numbers are of any kind:
// none of them is worth an answer.
type ollamaEvent struct {
	Model   string `json:"model"`
	Message struct {
		Content   string `json:"content"`
		Thinking  string `json:"thinking"`
		ToolCalls []struct {
			ID       string `json:"id"`
			Function struct {
				Name      string          `json:"name"`
				Arguments json.RawMessage `json:"arguments"`
			} `json:"function"`
		} `json:"tool_calls"`
	} `json:"message"`
	Error              json.RawMessage `json:"error"`
	Done               bool            `json:"done"`
	DoneReason         string          `json:"done_reason"`
	TotalDuration      measure         `json:"total_duration"` // ns, as are the others
	LoadDuration       measure         `json:"load_duration"`
	PromptEvalDuration measure         `json:"prompt_eval_duration"`
	EvalDuration       measure         `json:"eval_duration"`
	PromptEvalCount    measure         `json:"prompt_eval_count"`
	EvalCount          measure         `json:"eval_count"`
}

// event takes a document of the stream.
func (o ollamaAnswers) event(a *answer, e *event) error {
	var said ollamaEvent
	if err := json.Unmarshal(e.data, &said); err != nil {
		return fmt.Errorf("a line of the stream is no Ollama answer: %s: %s", jsonProblem(err), e.data)
	}
	return o.take(a, &said, e.data)
}

// document takes a body that is one document.
func (o ollamaAnswers) document(a *answer, data []byte) error {
	var said ollamaEvent
	if err := json.Unmarshal(data, &said); err != nil {
		return fmt.Errorf("the response is no Ollama answer: %s: %s", jsonProblem(err), data)
	}
	return o.take(a, &said, data)
}

func (ollamaAnswers) take(a *answer, e *ollamaEvent, data []byte) error {
	if saysError(e.Error) {
		return streamError(data)
	}
	if e.Model != "" {
		a.model = e.Model
	}
	if err := a.add(Reasoning, e.Message.Thinking); err != nil {
		return err
	}
	if err := a.add(Content, e.Message.Content); err != nil {
		return err
	}
	for i := range e.Message.ToolCalls {
		c := &e.Message.ToolCalls[i]
		n := len(a.calls) // each comes whole
		if err := a.addCall(&n, c.ID, c.Function.Name, loose(c.Function.Arguments)); err != nil {
			return err
		}
	}
	if e.Done {
		e.takeEnd(a)
		a.end()
	}
	return nil
}

// takeEnd takes what the last document says. Old versions give no done_reason, and
// all say "stop" of tool calls, too.
func (e *ollamaEvent) takeEnd(a *answer) {
	a.finish = chat.Finish(e.DoneReason)
	if a.finish == "" {
		a.finish = chat.FinishStop
	}
	if a.finish == chat.FinishStop && len(a.calls) > 0 {
		a.finish = chat.FinishToolCalls
	}
	// Ollama leaves out what is 0: a prompt of which all was cached has no count.
	a.usage = counted(e.PromptEvalCount, e.EvalCount)
	a.timings = knownTimings(chat.Timings{
		Total: e.TotalDuration.nanoseconds(time.Nanosecond), Load: e.LoadDuration.nanoseconds(time.Nanosecond),
		Prompt: e.PromptEvalDuration.nanoseconds(time.Nanosecond), Decode: e.EvalDuration.nanoseconds(time.Nanosecond),
		PromptTokens: e.PromptEvalCount.tokens(), DecodeTokens: e.EvalCount.tokens()})
}
