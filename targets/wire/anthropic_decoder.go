package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"switchover/targets/chat"
)

// Decoder reads the body of one 2xx response.
func (Anthropic) Decoder(resp *http.Response) Decoder {
	return newDecoder(resp, &anthropicAnswers{})
}

// anthropicAnswers reads the answers of the Messages API. It remembers the counts of
// tokens, which come in parts.
type anthropicAnswers struct {
	usage        anthropicUsage
	unbelievable bool // a count could not be one
}

var anthropicTraits = traits{answer: "a message of Anthropic's API", marker: "message_stop", reason: "stop_reason", frame: frameSSE, look: lookAnthropic}

func (*anthropicAnswers) traits() *traits { return &anthropicTraits }

// lookAnthropic finds the end and what may be an error. Some servers write a space
// after the colon, and some no names of events.
func lookAnthropic(name string, data []byte) urgency {
	switch {
	case name == "error" || suspect(data):
		return now
	case name == "message_stop" || bytes.HasPrefix(data, []byte(`{"type":"message_stop"`)) || bytes.HasPrefix(data, []byte(`{"type": "message_stop"`)):
		return last
	case bytes.Contains(data, []byte(`"message_stop"`)):
		return now
	}
	return later
}

// anthropicEvent is one event of a stream, or a whole document.
type anthropicEvent struct {
	Type    string           `json:"type"`
	Index   int              `json:"index"`
	Message anthropicMessage `json:"message"`       // of message_start
	Block   anthropicPiece   `json:"content_block"` // of content_block_start
	Delta   anthropicPiece   `json:"delta"`         // of content_block_delta and message_delta
	Usage   json.RawMessage  `json:"usage"`         // of message_delta
	Error   json.RawMessage  `json:"error"`
}

type anthropicMessage struct {
	Type       string           `json:"type"`
	Model      string           `json:"model"`
	Content    []anthropicPiece `json:"content"`
	StopReason string           `json:"stop_reason"`
	Usage      json.RawMessage  `json:"usage"`
	Error      json.RawMessage  `json:"error"`
}

// anthropicPiece is a block of content, or what is added to one.
type anthropicPiece struct {
	Type        string          `json:"type"`
	Text        string          `json:"text"`
	Thinking    string          `json:"thinking"`
	PartialJSON string          `json:"partial_json"`
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Input       json.RawMessage `json:"input"`
	StopReason  string          `json:"stop_reason"`
}

// event takes an event of the stream. Kinds of events, blocks and deltas that are not
// known here are passed over, as the API's versioning rules ask for.
func (d *anthropicAnswers) event(a *answer, e *event) error {
	if e.name == "error" {
		return streamError(e.data)
	}
	var said anthropicEvent
	if err := json.Unmarshal(e.data, &said); err != nil {
		return otherEvent(e.data, err)
	}
	if said.Type == "error" || saysError(said.Error) {
		return streamError(e.data)
	}
	switch said.Type {
	case "message_start":
		if said.Message.Model != "" {
			a.model = said.Message.Model
		}
		d.count(a, said.Message.Usage, false)
	case "content_block_start":
		return d.begin(a, said.Index, &said.Block)
	case "content_block_delta":
		return d.add(a, said.Index, &said.Delta)
	case "content_block_stop":
		a.finishCall(said.Index)
	case "message_delta":
		if said.Delta.StopReason != "" {
			a.finish = anthropicFinish(said.Delta.StopReason)
		}
		d.count(a, said.Usage, true)
	case "message_stop":
		a.end()
	}
	return nil
}

// anthropicEvents are the kinds of events that are read.
var anthropicEvents = []string{"message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"}

// otherEvent is what becomes of an event that does not read as one: it may be an error
// of another form, or of a kind that is not known here.
func otherEvent(data []byte, problem error) error {
	var said struct {
		Type  string          `json:"type"`
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(data, &said) == nil {
		switch {
		case said.Type == "error" || saysError(said.Error):
			return streamError(data)
		case said.Type != "" && !slices.Contains(anthropicEvents, said.Type):
			return nil
		}
	}
	return fmt.Errorf("an event is none of Anthropic's: %s: %s", jsonProblem(problem), data)
}

// begin takes the start of a block, which some servers send with what it says. Calls
// of tools that the provider runs are no calls for the one who asked.
func (d *anthropicAnswers) begin(a *answer, index int, b *anthropicPiece) error {
	switch b.Type {
	case "text":
		return a.add(Content, b.Text)
	case "thinking":
		return a.add(Reasoning, b.Thinking)
	case "tool_use":
		c, err := a.call(&index, b.ID, b.Name)
		if err != nil || len(c.arguments) > 0 || !given(b.Input) {
			return err
		}
		var tight bytes.Buffer
		if err := json.Compact(&tight, b.Input); err != nil {
			return err
		}
		c.arguments = tight.Bytes()
		return a.add(ToolCall, tight.String())
	}
	return nil
}

// given reports whether a call's input, at its start, is its arguments already and
// not the place for them.
func given(input json.RawMessage) bool {
	return present(input) && string(bytes.Join(bytes.Fields(input), nil)) != "{}"
}

// add takes what is added to a block.
func (d *anthropicAnswers) add(a *answer, index int, delta *anthropicPiece) error {
	switch delta.Type {
	case "text_delta":
		return a.add(Content, delta.Text)
	case "thinking_delta":
		return a.add(Reasoning, delta.Thinking)
	case "input_json_delta":
		if c := a.calling(index); c != nil {
			c.arguments = append(c.arguments, delta.PartialJSON...)
			return a.add(ToolCall, delta.PartialJSON)
		}
	}
	return nil
}

// document takes a body that is one document.
func (d *anthropicAnswers) document(a *answer, data []byte) error {
	var m anthropicMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return fmt.Errorf("the response is no message: %s: %s", jsonProblem(err), data)
	}
	if m.Type == "error" || saysError(m.Error) {
		return streamError(data)
	}
	if m.Content == nil {
		return fmt.Errorf("the response has no content: %s", data)
	}
	a.model = m.Model
	for i := range m.Content {
		b := &m.Content[i]
		if err := d.begin(a, i, b); err != nil {
			return err
		}
		a.finishCall(i)
	}
	if m.StopReason != "" {
		a.finish = anthropicFinish(m.StopReason)
	}
	d.count(a, m.Usage, true)
	return nil
}

// anthropicFinish is a stop_reason in OpenAI's words, where they have one for it.
func anthropicFinish(reason string) chat.Finish {
	switch reason {
	case "end_turn", "stop_sequence":
		return chat.FinishStop
	case "max_tokens", "model_context_window_exceeded":
		return chat.FinishLength
	case "tool_use":
		return chat.FinishToolCalls
	case "refusal":
		return chat.FinishContentFilter
	}
	return chat.Finish(reason)
}

// anthropicUsage is the usage object. Its three kinds of input exclude each other.
type anthropicUsage struct {
	Input      *int            `json:"input_tokens"`
	CacheRead  *int            `json:"cache_read_input_tokens"`
	CacheWrite *int            `json:"cache_creation_input_tokens"`
	Output     *int            `json:"output_tokens"`
	Details    anthropicCounts `json:"output_tokens_details"`
}

type anthropicCounts struct {
	Thinking *int `json:"thinking_tokens"`
}

// count merges a usage object into what has come: counts are running totals, and one
// that is absent stays as it was. Before the end, what was written so far is the
// first token or two, and is no count of the answer.
func (d *anthropicAnswers) count(a *answer, raw json.RawMessage, end bool) {
	if !present(raw) {
		return
	}
	var u anthropicUsage
	if json.Unmarshal(raw, &u) != nil {
		a.usage, d.unbelievable = nil, true
		return
	}
	if !end {
		u.Output, u.Details.Thinking = nil, nil
	}
	for _, c := range []struct{ have, newest **int }{{&d.usage.Input, &u.Input}, {&d.usage.CacheRead, &u.CacheRead},
		{&d.usage.CacheWrite, &u.CacheWrite}, {&d.usage.Output, &u.Output}, {&d.usage.Details.Thinking, &u.Details.Thinking}} {
		if *c.newest != nil {
			*c.have = *c.newest
		}
	}
	if a.usage = d.usage.normal(); d.unbelievable {
		a.usage = nil
	}
}

// normal is the usage as it is kept; nil where it has no count, or one that cannot be.
func (u *anthropicUsage) normal() *chat.Usage {
	if u.Input == nil && u.Output == nil || !believed(u.Input, u.CacheRead, u.CacheWrite, u.Output, u.Details.Thinking) {
		return nil
	}
	if u.Details.Thinking != nil && u.Output != nil && *u.Details.Thinking > *u.Output {
		return nil
	}
	return &chat.Usage{Input: u.Input, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, Output: u.Output, Reasoning: u.Details.Thinking}
}
