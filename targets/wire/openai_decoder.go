package wire

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// Decoder reads the body of one 2xx response.
func (OpenAI) Decoder(resp *http.Response) Decoder { return newDecoder(resp, &openAIAnswers{}) }

// openAIAnswers reads the answers of chat completions, from whichever server.
type openAIAnswers struct {
	before alike
	raw    bool // completions, which are no chat
}

const doneMark = "[DONE]"

var (
	openAITraits     = traits{answer: "a chat completion", marker: doneMark, reason: "finish_reason", frame: frameSSE, look: lookOpenAI}
	completionTraits = traits{answer: "a completion", marker: doneMark, reason: "finish_reason", frame: frameSSE, look: lookOpenAI}
)

func (o *openAIAnswers) traits() *traits {
	if o.raw {
		return &completionTraits
	}
	return &openAITraits
}

// noun is what an answer is called, without its article.
func (o *openAIAnswers) noun() string { return strings.TrimPrefix(o.traits().answer, "a ") }

// lookOpenAI finds the end and what may be an error.
func lookOpenAI(name string, data []byte) urgency {
	switch {
	case string(data) == doneMark:
		return last
	case name == "error" || suspect(data):
		return now
	}
	return later
}

// suspect reports whether an event may be an error, or no JSON object. It may be
// wrong either way: then an error is found later, or an event decoded sooner.
func suspect(data []byte) bool {
	if data[0] != '{' || data[len(data)-1] != '}' {
		return true
	}
	const name, none = `"error"`, `:null`
	for {
		i := bytes.Index(data, []byte(name))
		if i < 0 {
			return false
		}
		if data = data[i+len(name):]; !bytes.HasPrefix(data, []byte(none)) {
			return true
		}
	}
}

// event takes an event of the stream. Many say the same as the one before but for
// their text.
func (o *openAIAnswers) event(a *answer, e *event) error {
	if text, ok := o.before.text(e.data, e.front, e.behind); ok {
		if err := a.add(o.before.kind, text); err != nil {
			return err
		}
		a.tally.event(a.at, true)
		return nil
	}
	if string(e.data) == doneMark {
		return nil
	}
	if e.name == "error" {
		return streamError(e.data)
	}
	var said openAIEvent
	if err := said.decode(e.data); err != nil {
		return fmt.Errorf("an event is no %s chunk: %s: %s", o.noun(), jsonProblem(err), e.data)
	}
	if said.failed() {
		return streamError(e.data)
	}
	if err := takeOpenAI(a, &said); err != nil {
		return err
	}
	o.before.learn(e.data, &said)
	return nil
}

// document takes a body that is one document.
func (o *openAIAnswers) document(a *answer, data []byte) error {
	var e openAIEvent
	if err := e.decode(data); err != nil {
		return fmt.Errorf("the response is no %s: %s: %s", o.noun(), jsonProblem(err), data)
	}
	if e.failed() {
		return streamError(data)
	}
	if len(e.Choices) == 0 {
		return fmt.Errorf("the response has no choices: %s", data)
	}
	return takeOpenAI(a, &e)
}

func takeOpenAI(a *answer, e *openAIEvent) error {
	if e.Model != "" {
		a.model = e.Model
	}
	if u := usage(e.Usage); u != nil {
		a.usage = u // the newest wins: running counts are cumulative
		a.tally.usage(a.at, len(e.Choices) > 0)
	}
	if _, t := llamaCPPTimings(e.Timings); t != nil {
		a.timings = t
	}
	before := a.chunks
	for i := range e.Choices {
		c := &e.Choices[i]
		if c.Index != 0 {
			continue
		}
		for _, part := range []*openAIDelta{&c.Delta, &c.Message} {
			if err := takeDelta(a, part); err != nil {
				return err
			}
		}
		if err := a.add(Content, c.Text); err != nil {
			return err
		}
		if c.FinishReason != "" {
			reason, err := finishOf(c.FinishReason)
			if err != nil {
				return err
			}
			a.finish = reason
		}
	}
	if len(e.Choices) > 0 {
		a.tally.event(a.at, a.chunks > before)
	}
	return nil
}

func takeDelta(a *answer, delta *openAIDelta) error {
	answer, reasoning := delta.texts()
	if err := a.add(Reasoning, reasoning); err != nil {
		return err
	}
	if err := a.add(Content, answer); err != nil {
		return err
	}
	var arguments strings.Builder
	for i := range delta.ToolCalls {
		c := &delta.ToolCalls[i]
		call, err := a.call(c.Index, c.ID, c.Function.Name)
		if err != nil {
			return err
		}
		call.arguments = append(call.arguments, c.Function.Arguments...)
		arguments.WriteString(c.Function.Arguments)
	}
	return a.add(ToolCall, arguments.String())
}
