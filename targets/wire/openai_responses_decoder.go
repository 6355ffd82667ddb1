package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"switchover/targets/chat"
)

// responsesAnswers reads the answers of the Responses API.
type responsesAnswers struct {
	// reasoned is the kind of event that reasoning comes in: a server may send both a
	// model's reasoning and a summary of it, of which the first to come is taken.
	reasoned string
}

var responsesTraits = traits{answer: "a response of the Responses API", marker: "response.completed", reason: "final status", frame: frameSSE, look: lookResponses}

func (*responsesAnswers) traits() *traits { return &responsesTraits }

// responsesEvent is what an event of the stream says that matters.
type responsesEvent struct {
	Type   string          `json:"type"`
	Index  *int            `json:"output_index"`
	Delta  string          `json:"delta"`
	Args   string          `json:"arguments"`
	Item   json.RawMessage `json:"item"`
	Answer json.RawMessage `json:"response"`
	Error  json.RawMessage `json:"error"`
}

// responsesBody is a whole response: the document, or what the stream ends with.
type responsesBody struct {
	Status string          `json:"status"`
	Model  string          `json:"model"`
	Output []responsesOut  `json:"output"`
	Usage  json.RawMessage `json:"usage"`
	Error  json.RawMessage `json:"error"`
	Reason struct {
		Reason string `json:"reason"`
	} `json:"incomplete_details"`
}

// responsesOut is an item of the output.
type responsesOut struct {
	Type      string        `json:"type"`
	CallID    string        `json:"call_id"`
	Name      string        `json:"name"`
	Arguments string        `json:"arguments"`
	Content   []responsesOn `json:"content"`
	Summary   []responsesOn `json:"summary"`
}

// responsesOn is a part of a message or of reasoning.
type responsesOn struct {
	Text    string `json:"text"`
	Refusal string `json:"refusal"`
}

// lookResponses finds the end and what may be an error. An event that only mentions
// one is decoded sooner than it need be.
func lookResponses(name string, data []byte) urgency {
	switch name {
	case "response.completed", "response.incomplete", "response.failed", "error":
		return now
	}
	if data[0] != '{' || data[len(data)-1] != '}' {
		return now
	}
	for _, kind := range []string{`"response.completed"`, `"response.incomplete"`, `"response.failed"`, `"error"`} {
		if name == "" && bytes.Contains(data, []byte(kind)) {
			return now
		}
	}
	return later
}

// event takes an event of the stream. Kinds that say nothing of these are passed over.
func (o *responsesAnswers) event(a *answer, e *event) error {
	if a.done || string(e.data) == doneMark { // some servers end every stream so
		return nil
	}
	var said responsesEvent
	if err := json.Unmarshal(e.data, &said); err != nil {
		return fmt.Errorf("an event is none of the Responses API's: %s: %s", jsonProblem(err), e.data)
	}
	switch said.Type {
	case "response.output_text.delta", "response.refusal.delta":
		return a.add(Content, said.Delta)
	case "response.reasoning_text.delta", "response.reasoning_summary_text.delta":
		if o.reasoned == "" {
			o.reasoned = said.Type
		}
		if o.reasoned != said.Type {
			return nil
		}
		return a.add(Reasoning, said.Delta)
	case "response.output_item.added", "response.output_item.done":
		return takeItem(a, &said)
	case "response.function_call_arguments.delta":
		return a.addCall(said.Index, "", "", said.Delta)
	case "response.function_call_arguments.done":
		return settle(a, said.Index, said.Args)
	case "response.created", "response.completed", "response.incomplete", "response.failed":
		return takeResponse(a, &said, e.data)
	case "error":
		return responsesError(e.data)
	case "":
		if saysError(said.Error) { // as servers say it that speak chat completions, too
			return streamError(e.data)
		}
	}
	return nil
}

// takeItem takes the beginning or the end of an item, of which calls matter.
func takeItem(a *answer, said *responsesEvent) error {
	var item responsesOut
	if err := json.Unmarshal(said.Item, &item); err != nil || item.Type != "function_call" {
		return nil // of kinds that are not known here
	}
	if _, err := a.call(said.Index, item.CallID, item.Name); err != nil {
		return err
	}
	if said.Type == "response.output_item.done" {
		return settle(a, said.Index, item.Arguments)
	}
	return nil
}

// settle takes the whole arguments of a call whose server did not stream them.
func settle(a *answer, index *int, arguments string) error {
	c, err := a.call(index, "", "")
	if err != nil || len(c.arguments) > 0 {
		return err
	}
	return a.addCall(index, "", "", arguments)
}

// takeResponse takes the response that an event is about: its beginning or its end.
func takeResponse(a *answer, said *responsesEvent, data []byte) error {
	var body responsesBody
	if present(said.Answer) {
		if err := json.Unmarshal(said.Answer, &body); err != nil {
			return fmt.Errorf("an event is none of the Responses API's: %s: %s", jsonProblem(err), data)
		}
	}
	if body.Model != "" {
		a.model = body.Model
	}
	if said.Type == "response.created" {
		return nil
	}
	if said.Type == "response.failed" {
		if present(said.Answer) {
			data = said.Answer
		}
		return responsesError(data)
	}
	if a.chunks > 0 { // streamed; some servers do not stream calls
		streamed := len(a.calls) > 0
		body.Output = slices.DeleteFunc(body.Output, func(o responsesOut) bool { return streamed || o.Type != "function_call" })
	}
	if err := takeOutput(a, body.Output); err != nil {
		return err
	}
	body.Status = said.Type[len("response."):]
	body.finish(a)
	a.end()
	return nil
}

// document takes a body that is one document.
func (*responsesAnswers) document(a *answer, data []byte) error {
	var body responsesBody
	if err := json.Unmarshal(data, &body); err != nil {
		return fmt.Errorf("the response is no answer of the Responses API: %s: %s", jsonProblem(err), data)
	}
	if body.Status == "failed" || saysError(body.Error) {
		return responsesError(data)
	}
	if body.Status == "" && body.Output == nil {
		return fmt.Errorf("the response has neither status nor output: %s", data)
	}
	a.model = body.Model
	if err := takeOutput(a, body.Output); err != nil {
		return err
	}
	body.finish(a)
	return nil
}

// takeOutput takes output that comes as a whole.
func takeOutput(a *answer, output []responsesOut) error {
	for i := range output {
		item := &output[i]
		switch item.Type {
		case "reasoning":
			parts := item.Content
			if len(parts) == 0 {
				parts = item.Summary
			}
			for _, p := range parts {
				if err := a.add(Reasoning, p.Text); err != nil {
					return err
				}
			}
		case "message":
			for _, p := range item.Content {
				if err := a.add(Content, p.Text+p.Refusal); err != nil {
					return err
				}
			}
		case "function_call":
			if _, err := a.call(&i, item.CallID, item.Name); err != nil {
				return err
			}
			if err := settle(a, &i, item.Arguments); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish notes how a response ended, and what it used.
func (r *responsesBody) finish(a *answer) {
	if u := r.usage(); u != nil {
		a.usage = u
	}
	switch {
	case r.Status == "completed" && len(a.calls) > 0:
		a.finish = chat.FinishToolCalls
	case r.Status == "completed":
		a.finish = chat.FinishStop
	case r.Status != "incomplete": // not over: queued, in_progress, cancelled
	case r.Reason.Reason == "max_output_tokens":
		a.finish = chat.FinishLength
	case r.Reason.Reason == "content_filter":
		a.finish = chat.FinishContentFilter
	case r.Reason.Reason != "":
		a.finish = chat.Finish(r.Reason.Reason)
	default:
		a.finish = "incomplete"
	}
}

// usage normalises the usage. Input includes the cached tokens, output the reasoning.
func (r *responsesBody) usage() *chat.Usage {
	var said struct {
		Input     *int `json:"input_tokens"`
		Output    *int `json:"output_tokens"`
		Total     *int `json:"total_tokens"`
		InputMore struct {
			Cached  *int `json:"cached_tokens"`
			Written *int `json:"cache_write_tokens"`
		} `json:"input_tokens_details"`
		OutputMore struct {
			Reasoning *int `json:"reasoning_tokens"`
		} `json:"output_tokens_details"`
	}
	if len(r.Usage) == 0 || json.Unmarshal(r.Usage, &said) != nil {
		return nil
	}
	u := openAIUsage{Prompt: said.Input, Completion: said.Output, Total: said.Total}
	u.PromptMore.Cached, u.PromptMore.Written = said.InputMore.Cached, said.InputMore.Written
	u.CompletionMore.Reasoning = said.OutputMore.Reasoning
	return u.normal()
}

// responsesError is the failure that a response, or an event of kind error, says.
func responsesError(data []byte) *chat.Failure {
	if e, ok := decodeError(data); ok && e.kind == "error" {
		e.kind = "" // the kind of event
		return inside(e)
	}
	return streamError(data)
}
