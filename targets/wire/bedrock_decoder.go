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
func (Bedrock) Decoder(resp *http.Response) Decoder { return newDecoder(resp, &bedrockAnswers{}) }

// bedrockAnswers reads Converse's answers.
type bedrockAnswers struct {
	// hosted are the blocks of a stream that call a tool which Bedrock itself runs:
	// nobody here is asked to call it.
	hosted map[int]bool
}

var bedrockTraits = traits{answer: "an answer of Converse's", marker: "metadata", reason: "stopReason", frame: frameAmazon, look: lookBedrock}

func (*bedrockAnswers) traits() *traits { return &bedrockTraits }

// frameAmazon frames AWS's binary messages, or one document. A message of any length
// that is allowed begins with a zero.
func frameAmazon(kind string, first byte) framing {
	switch {
	case first == '{':
		return oneDocument
	case kind == amazonMedia || first == 0:
		return amazonStream
	}
	return foreign
}

// lookBedrock finds the end and what is an error.
func lookBedrock(kind string, data []byte) urgency {
	switch {
	case kind != "event":
		return now
	case bytes.HasPrefix(data, []byte("event metadata\n")):
		return last
	}
	return later
}

// bedrockEvent is one event of a stream, whatever its type. Their members beyond these
// (random padding, traces of guardrails) say nothing of the answer.
type bedrockEvent struct {
	Index int `json:"contentBlockIndex"`
	Start struct {
		ToolUse *bedrockCall `json:"toolUse"`
	} `json:"start"`
	Delta struct {
		Text    string `json:"text"`
		ToolUse *struct {
			Input string `json:"input"`
		} `json:"toolUse"`
		Reasoning struct {
			Text string `json:"text"`
		} `json:"reasoningContent"`
	} `json:"delta"`
	bedrockEnd
}

// bedrockCall is a call of a tool, or its beginning.
type bedrockCall struct {
	ID    string          `json:"toolUseId"`
	Name  string          `json:"name"`
	Type  string          `json:"type"` // "server_tool_use" where Bedrock runs the tool
	Input json.RawMessage `json:"input"`
}

func (c *bedrockCall) hosted() bool { return c.Type == "server_tool_use" }

// bedrockEnd is what a stream's last two events and a document say of the whole answer.
type bedrockEnd struct {
	StopReason string          `json:"stopReason"`
	Usage      json.RawMessage `json:"usage"`
	Metrics    struct {
		Latency measure `json:"latencyMs"`
	} `json:"metrics"`
	Trace struct {
		Router struct {
			Model string `json:"invokedModelId"`
		} `json:"promptRouter"`
	} `json:"trace"`
}

// event takes an event of the stream.
func (b *bedrockAnswers) event(a *answer, e *event) error {
	kind, about, payload := amazonParts(e.data)
	if kind != "event" {
		return amazonStreamError(about, payload)
	}
	var said bedrockEvent
	switch about {
	case "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata":
		if err := json.Unmarshal(payload, &said); err != nil {
			return fmt.Errorf("an event %s cannot be read: %s: %s", about, jsonProblem(err), payload)
		}
	}
	switch about {
	case "contentBlockStart":
		return b.start(a, &said)
	case "contentBlockDelta":
		return b.delta(a, &said)
	case "contentBlockStop":
		a.finishCall(said.Index)
	case "messageStop", "metadata":
		said.take(a)
	}
	return nil // messageStart, and what later versions may add
}

func (b *bedrockAnswers) start(a *answer, e *bedrockEvent) error {
	c := e.Start.ToolUse
	switch {
	case c == nil:
		return nil
	case c.hosted():
		if b.hosted == nil {
			b.hosted = map[int]bool{}
		}
		if len(b.hosted) < maxCalls {
			b.hosted[e.Index] = true
		}
		return nil
	}
	_, err := a.call(&e.Index, c.ID, c.Name)
	return err
}

func (b *bedrockAnswers) delta(a *answer, e *bedrockEvent) error {
	if err := a.add(Reasoning, e.Delta.Reasoning.Text); err != nil {
		return err
	}
	if err := a.add(Content, e.Delta.Text); err != nil {
		return err
	}
	if e.Delta.ToolUse == nil || b.hosted[e.Index] {
		return nil
	}
	return a.addCall(&e.Index, "", "", e.Delta.ToolUse.Input)
}

func (e *bedrockEnd) take(a *answer) {
	if e.StopReason != "" {
		a.finish = bedrockFinish(e.StopReason)
	}
	var counts bedrockUsage // which are not worth an answer: what does not read as them is unknown
	if json.Unmarshal(e.Usage, &counts) == nil {
		if u := counts.normal(); u != nil {
			a.usage = u
		}
	}
	if t := knownTimings(chat.Timings{Total: e.Metrics.Latency.nanoseconds(time.Millisecond)}); t != nil {
		a.timings = t
	}
	if e.Trace.Router.Model != "" {
		a.model = e.Trace.Router.Model // a prompt router's choice; else the answer names no model
	}
}

// bedrockFinish is a stopReason in OpenAI's words, where they have one for it.
func bedrockFinish(reason string) chat.Finish {
	switch reason {
	case "end_turn", "stop_sequence":
		return chat.FinishStop
	case "max_tokens", "model_context_window_exceeded":
		return chat.FinishLength
	case "tool_use":
		return chat.FinishToolCalls
	case "guardrail_intervened", "content_filtered":
		return chat.FinishContentFilter
	}
	return chat.Finish(reason)
}

// bedrockUsage is the usage object. Its three kinds of input exclude each other, and
// totalTokens is the sum of all: in a record of an answer of Claude's, 368 input, 10536
// read from a cache and 19 output tokens came to 10923.
//
// Note: OpenAI's gpt-5.6 at Bedrock has been seen to count cached tokens under
// inputTokens, too, in streams alone. That cannot be told from an answer, so it is
// believed like any other.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html; the
// record is in https://github.com/Portkey-AI/gateway/pull/1211, the other in
// https://github.com/maximhq/bifrost/pull/6942.
type bedrockUsage struct {
	Input      *int `json:"inputTokens"`
	Output     *int `json:"outputTokens"`
	CacheRead  *int `json:"cacheReadInputTokens"`
	CacheWrite *int `json:"cacheWriteInputTokens"`
}

// normal is the usage; nil where there is none, or a count that cannot be.
func (u *bedrockUsage) normal() *chat.Usage {
	if u.Input == nil && u.Output == nil || !believed(u.Input, u.Output, u.CacheRead, u.CacheWrite) {
		return nil
	}
	return &chat.Usage{Input: u.Input, CacheRead: u.CacheRead, CacheWrite: u.CacheWrite, Output: u.Output}
}

// document takes a body that is one document.
func (*bedrockAnswers) document(a *answer, data []byte) error {
	var said struct {
		Output struct {
			Message *struct {
				Content []struct {
					Text      string `json:"text"`
					Reasoning struct {
						Text struct {
							Text string `json:"text"`
						} `json:"reasoningText"`
					} `json:"reasoningContent"`
					ToolUse *bedrockCall `json:"toolUse"`
					// Cited is text that names its sources.
					Cited struct {
						Content []struct {
							Text string `json:"text"`
						} `json:"content"`
					} `json:"citationsContent"`
				} `json:"content"`
			} `json:"message"`
		} `json:"output"`
		bedrockEnd
	}
	if err := json.Unmarshal(data, &said); err != nil {
		return fmt.Errorf("the response is none of Converse's: %s: %s", jsonProblem(err), data)
	}
	if said.Output.Message == nil {
		if kind, message := amazonError(nil, data); kind != "" || message != "" {
			return amazonStreamError(kind, data)
		}
		return fmt.Errorf("the response has no output.message: %s", data)
	}
	for i := range said.Output.Message.Content {
		block := &said.Output.Message.Content[i]
		if err := a.add(Reasoning, block.Reasoning.Text.Text); err != nil {
			return err
		}
		text := block.Text
		for _, cited := range block.Cited.Content {
			text += cited.Text
		}
		if err := a.add(Content, text); err != nil {
			return err
		}
		if c := block.ToolUse; c != nil && !c.hosted() {
			arguments := "{}"
			if present(c.Input) {
				arguments = string(c.Input)
			}
			if err := a.addCall(&i, c.ID, c.Name, arguments); err != nil {
				return err
			}
		}
	}
	said.take(a)
	return nil
}
