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
func (TGI) Decoder(resp *http.Response) Decoder {
	return newDecoder(resp, &tgiAnswers{header: resp.Header})
}

// Failure classifies a response that is not 2xx. A 424 is a generation that failed
// in the server, and a 429 of error_type "overloaded" a queue that is full
// (--max-concurrent-requests): the server limits no rates.
func (TGI) Failure(status int, header http.Header, body []byte) *chat.Failure {
	f := OpenAI{}.Failure(status, header, body)
	var said struct {
		ErrorType string `json:"error_type"`
	}
	_ = json.Unmarshal(body, &said) // no error object is none of TGI's
	switch {
	case status == http.StatusFailedDependency:
		f.Class = chat.Server
	case status == http.StatusTooManyRequests && said.ErrorType == "overloaded":
		f.Class = chat.Overloaded
	}
	return f
}

// tgiAnswers reads the answers of /generate_stream and /generate.
type tgiAnswers struct {
	header http.Header
	// mute counts the tokens since the last text that were none by themselves, as the
	// first bytes of a character are.
	mute int
}

var tgiTraits = traits{answer: "a TGI answer", marker: "generated_text", reason: "finish_reason", frame: frameSSE, look: lookTGI}

func (*tgiAnswers) traits() *traits { return &tgiTraits }

var tgiGoesOn = []byte(`"generated_text":null`)

// lookTGI finds what is not the end for certain.
func lookTGI(name string, data []byte) urgency {
	if data[0] == '{' && name != "error" && bytes.Contains(data, tgiGoesOn) {
		return later
	}
	return now
}

// tgiEvent is an event of a stream, or a whole document.
type tgiEvent struct {
	Token struct {
		Text    string `json:"text"`
		Special bool   `json:"special"`
	} `json:"token"`
	GeneratedText *string `json:"generated_text"`
	Details       struct {
		FinishReason    string  `json:"finish_reason"`
		GeneratedTokens measure `json:"generated_tokens"`
		InputLength     measure `json:"input_length"`
	} `json:"details"`
	Error json.RawMessage `json:"error"`
}

// event takes an event of the stream: one token.
func (t *tgiAnswers) event(a *answer, e *event) error {
	if e.name == "error" {
		return streamError(e.data)
	}
	var said tgiEvent
	if err := json.Unmarshal(e.data, &said); err != nil {
		return fmt.Errorf("an event is none of TGI's: %s: %s", jsonProblem(err), e.data)
	}
	if saysError(said.Error) {
		return streamError(e.data)
	}
	if !said.Token.Special {
		t.mute++
		if said.Token.Text != "" {
			if err := a.addCounted(Content, said.Token.Text, t.mute); err != nil {
				return err
			}
			t.mute = 0
		}
	}
	if said.GeneratedText != nil {
		said.takeDetails(a)
		a.end()
	}
	return nil
}

// document takes a body that is one document. What it read is in the head alone.
func (t *tgiAnswers) document(a *answer, data []byte) error {
	var said tgiEvent
	if err := json.Unmarshal(data, &said); err != nil {
		return fmt.Errorf("the response is no TGI answer: %s: %s", jsonProblem(err), data)
	}
	if saysError(said.Error) {
		return streamError(data)
	}
	if said.GeneratedText == nil {
		return fmt.Errorf("the response has no generated_text: %s", data)
	}
	if err := a.add(Content, *said.GeneratedText); err != nil {
		return err
	}
	said.Details.InputLength = headerMeasure(t.header, "X-Prompt-Tokens")
	said.takeDetails(a)
	a.timings = knownTimings(chat.Timings{
		Total:        headerMeasure(t.header, "X-Total-Time").nanoseconds(time.Millisecond),
		Queue:        headerMeasure(t.header, "X-Queue-Time").nanoseconds(time.Millisecond),
		PromptTokens: headerMeasure(t.header, "X-Prompt-Tokens").tokens(),
		DecodeTokens: headerMeasure(t.header, "X-Generated-Tokens").tokens()})
	return nil
}

// takeDetails takes what the end of an answer says.
func (e *tgiEvent) takeDetails(a *answer) {
	switch reason := e.Details.FinishReason; reason {
	case "eos_token", "stop_sequence":
		a.finish = chat.FinishStop
	default:
		a.finish = chat.Finish(reason) // length
	}
	a.usage = counted(e.Details.InputLength, e.Details.GeneratedTokens)
}
