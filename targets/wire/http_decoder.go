package wire

import (
	"fmt"
	"net/http"
	"strings"

	"switchover/targets/chat"
)

// Decoder reads the body of one 2xx response.
func (p HTTP) Decoder(resp *http.Response) Decoder {
	t := p.Template
	if t == nil { // nothing was asked, either
		t = &Template{form: StreamNone}
		t.traits = t.makeTraits()
	}
	return newDecoder(resp, &httpAnswers{t: t})
}

// httpAnswers reads answers by a template.
type httpAnswers struct {
	t *Template
	// What has come, where each event says all so far.
	text, reasoning string
}

func (h *httpAnswers) traits() *traits { return &h.t.traits }

// makeTraits says how the template's answers arrive and end.
func (t *Template) makeTraits() traits {
	out := traits{answer: "a JSON document", marker: t.doneLine, reason: t.finish.text, look: t.look}
	if t.done.text != "" {
		out.marker = "an event that says " + t.done.text
	}
	out.frame = func(_ string, first byte) framing {
		if first == '{' || first == '[' {
			return oneDocument
		}
		return foreign
	}
	switch t.form {
	case StreamSSE:
		out.answer, out.frame = "server-sent events", frameSSE
	case StreamNDJSON:
		out.answer = "lines of JSON"
		out.frame = func(_ string, first byte) framing {
			if first == '{' {
				return lineStream
			}
			return foreign
		}
	}
	return out
}

// look finds the end and what may be an error, by the names of their values.
func (t *Template) look(name string, data []byte) urgency {
	switch {
	case t.doneLine != "" && string(data) == t.doneLine:
		return last
	case name == "error" || data[0] != '{' || data[len(data)-1] != '}': // perhaps half an event
		return now
	case t.done.text != "" && (t.done.last() == "" || hints(data, t.done.last())):
		return now
	case t.err.last() != "" && hints(data, t.err.last()):
		return now
	}
	return later
}

// event takes an event of the stream.
func (h *httpAnswers) event(a *answer, e *event) error {
	if h.t.doneLine != "" && string(e.data) == h.t.doneLine {
		return nil
	}
	if e.name == "error" {
		return streamError(e.data)
	}
	doc, err := readJSON(e.data)
	if err != nil {
		return fmt.Errorf("an event is no JSON document: %s: %s", jsonProblem(err), e.data)
	}
	if h.t.err.saysIn(doc) {
		return streamError(e.data)
	}
	if err := h.take(a, doc); err != nil {
		return err
	}
	if h.t.done.saysIn(doc) {
		a.end()
	}
	return nil
}

// document takes a body that is one document.
func (h *httpAnswers) document(a *answer, data []byte) error {
	doc, err := readJSON(data)
	if err != nil {
		return fmt.Errorf("the response is no JSON document: %s: %s", jsonProblem(err), data)
	}
	if h.t.err.saysIn(doc) {
		return streamError(data)
	}
	if h.t.text.in(doc) == nil && h.t.reasoning.in(doc) == nil {
		return fmt.Errorf("the response has no %s, where its text is to be: %s", h.t.text.text, data)
	}
	return h.take(a, doc)
}

func (h *httpAnswers) take(a *answer, doc any) error {
	for _, p := range []struct {
		kind  Kind
		path  *answerPath
		sofar *string
	}{{Reasoning, &h.t.reasoning, &h.reasoning}, {Content, &h.t.text, &h.text}} {
		text, err := p.path.textIn(doc)
		if err != nil {
			return err
		}
		if h.t.whole && text != "" {
			before := *p.sofar
			if !strings.HasPrefix(text, before) {
				return fmt.Errorf("%s takes back text that came before, so it is not all so far", p.path.text)
			}
			*p.sofar, text = text, text[len(before):]
		}
		if err := a.add(p.kind, text); err != nil {
			return err
		}
	}
	if model, err := h.t.model.textIn(doc); err == nil && model != "" {
		a.model = clipped(model)
	}
	if finish, err := h.t.finish.textIn(doc); err == nil && finish != "" {
		a.finish = usualFinish(finish)
	}
	input, output := h.t.input.countIn(doc), h.t.output.countIn(doc)
	if input == nil && output == nil {
		return nil
	}
	if a.usage == nil {
		a.usage = &chat.Usage{}
	}
	if input != nil {
		a.usage.Input = input
	}
	if output != nil {
		a.usage.Output = output
	}
	return nil
}

// usualFinish is a reason for stopping in this program's words, from those that
// servers use; any other is kept.
func usualFinish(reason string) chat.Finish {
	switch strings.ToLower(reason) {
	case "stop", "eos", "eos_token", "end_turn", "stop_sequence", "end_of_sequence", "complete", "completed", "finished", "true":
		return chat.FinishStop
	case "length", "max_tokens", "max_length", "max_new_tokens", "limit":
		return chat.FinishLength
	case "content_filter", "content_filtered", "safety", "blocked", "refusal":
		return chat.FinishContentFilter
	case "tool_calls", "tool_use", "function_call":
		return chat.FinishToolCalls
	case "false": // not yet
		return ""
	}
	return chat.Finish(clipped(reason))
}
