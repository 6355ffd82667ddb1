package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"switchover/targets/chat"
)

// Decoder reads the body of one 2xx response.
func (LlamaCPP) Decoder(resp *http.Response) Decoder { return newDecoder(resp, llamaCPPAnswers{}) }

// Failure classifies a response that is not 2xx; a 503 is a model that is loading.
func (LlamaCPP) Failure(status int, header http.Header, body []byte) *chat.Failure {
	return OpenAI{}.Failure(status, header, body)
}

// llamaCPPAnswers reads the answers of /completion.
type llamaCPPAnswers struct{}

var llamaCPPTraits = traits{answer: "a llama.cpp completion", marker: `"stop":true`, reason: "stop_type", frame: frameSSE, look: lookLlamaCPP}

func (llamaCPPAnswers) traits() *traits { return &llamaCPPTraits }

var llamaCPPGoesOn = []byte(`"stop":false`)

// lookLlamaCPP finds what is not the end for certain.
func lookLlamaCPP(name string, data []byte) urgency {
	if data[0] == '{' && name != "error" && bytes.Contains(data, llamaCPPGoesOn) {
		return later
	}
	return now
}

// llamaCPPEvent is an event of a stream, or a whole document.
type llamaCPPEvent struct {
	Content   string          `json:"content"`
	Tokens    json.RawMessage `json:"tokens"` // a list of the ids of what Content is made of
	Stop      bool            `json:"stop"`
	StopType  string          `json:"stop_type"`
	Model     string          `json:"model"`
	Evaluated measure         `json:"tokens_evaluated"` // the prompt's, cached ones included
	Predicted measure         `json:"tokens_predicted"`
	Timings   json.RawMessage `json:"timings"`
	Error     json.RawMessage `json:"error"`
}

// event takes an event of the stream.
func (l llamaCPPAnswers) event(a *answer, e *event) error {
	if e.name == "error" {
		return streamError(e.data)
	}
	var said llamaCPPEvent
	if err := json.Unmarshal(e.data, &said); err != nil {
		return fmt.Errorf("an event is none of llama.cpp's: %s: %s", jsonProblem(err), e.data)
	}
	return l.take(a, &said, e.data)
}

// document takes a body that is one document.
func (l llamaCPPAnswers) document(a *answer, data []byte) error {
	var said llamaCPPEvent
	if err := json.Unmarshal(data, &said); err != nil {
		return fmt.Errorf("the response is no llama.cpp completion: %s: %s", jsonProblem(err), data)
	}
	return l.take(a, &said, data)
}

func (llamaCPPAnswers) take(a *answer, e *llamaCPPEvent, data []byte) error {
	if saysError(e.Error) {
		return streamError(data)
	}
	if e.Model != "" {
		a.model = e.Model
	}
	if err := a.addCounted(Content, e.Content, numbersIn(e.Tokens)); err != nil {
		return err
	}
	cached, timings := llamaCPPTimings(e.Timings)
	if timings != nil {
		a.timings = timings
	}
	if u := counted(e.Evaluated, e.Predicted); u != nil {
		a.usage = u // running counts are in every event
		splitCached(u, cached)
	}
	if e.Stop {
		switch e.StopType {
		case "eos", "word":
			a.finish = chat.FinishStop
		case "limit":
			a.finish = chat.FinishLength
		}
		a.end()
	}
	return nil
}

// numbersIn is how many numbers a list has; 0 for anything else.
func numbersIn(list json.RawMessage) int {
	if len(list) < 3 || list[0] != '[' {
		return 0
	}
	return 1 + bytes.Count(list, []byte(","))
}

// llamaCPPTimings reads the timings that llama.cpp's server adds to the end of an
// answer, of /completion and of chat completions alike; nil where there are none.
// cached is how much of the prompt it did not read again; newer versions say it.
func llamaCPPTimings(raw json.RawMessage) (cached measure, out *chat.Timings) {
	var t struct {
		Cached      measure `json:"cache_n"`
		Prompt      measure `json:"prompt_n"`
		PromptMS    measure `json:"prompt_ms"`
		Predicted   measure `json:"predicted_n"`
		PredictedMS measure `json:"predicted_ms"`
	}
	if !present(raw) || json.Unmarshal(raw, &t) != nil {
		return measure{}, nil
	}
	return t.Cached, knownTimings(chat.Timings{
		Prompt: t.PromptMS.nanoseconds(time.Millisecond), Decode: t.PredictedMS.nanoseconds(time.Millisecond),
		PromptTokens: t.Prompt.tokens(), DecodeTokens: t.Predicted.tokens()})
}
