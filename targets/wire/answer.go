package wire

import (
	"errors"
	"fmt"
	"io"
	"time"

	"switchover/targets/chat"
)

// answer is what a response has said so far, whatever its protocol.
type answer struct {
	text     int           // bytes of content of any kind
	chunks   int           // emitted
	answered int           // of them, not reasoning
	at       time.Duration // the stamp of what is being read
	emit     func(Chunk)   // nil once nothing can be emitted any more
	calls    []call
	finish   chat.Finish
	model    string
	usage    *chat.Usage
	timings  *chat.Timings
	tally    tally
	done     bool // the terminal marker has passed
	doneAt   time.Duration
}

// call is a tool call whose arguments are still arriving.
type call struct {
	index     int // the server's number for it
	id, name  string
	arguments []byte
}

// end notes that the terminal marker has passed.
func (a *answer) end() {
	if !a.done {
		a.done, a.doneAt = true, a.at
	}
}

// add takes text of a kind; without any it is nothing.
func (a *answer) add(kind Kind, text string) error { return a.addCounted(kind, text, 0) }

// addCounted takes text that its server says has so many tokens.
func (a *answer) addCounted(kind Kind, text string, tokens int) error {
	if text == "" {
		return nil
	}
	if a.text += len(text); a.text > maxText {
		return tooLarge("the answer", maxText)
	}
	if a.chunks++; a.chunks > maxChunks {
		return fmt.Errorf("the stream has more than %d events with content", maxChunks)
	}
	if kind != Reasoning {
		a.answered++
	}
	if a.emit != nil {
		a.emit(Chunk{At: a.at, Kind: kind, Text: text, Tokens: tokens})
	}
	return nil
}

// call finds the call that a fragment belongs to, by the server's index; servers
// that send none begin a new call with a new id.
func (a *answer) call(index *int, id, name string) (*call, error) {
	var c *call
	for i := range a.calls {
		if have := &a.calls[i]; index != nil && have.index == *index ||
			index == nil && (id == "" || id == have.id) {
			c = have
		}
	}
	if c == nil {
		if len(a.calls) == maxCalls {
			return nil, fmt.Errorf("the response has more than %d tool calls", maxCalls)
		}
		n := len(a.calls)
		if index != nil {
			n = *index
		}
		a.calls = append(a.calls, call{index: n})
		c = &a.calls[len(a.calls)-1]
	}
	if id != "" {
		c.id = id
	}
	if c.name == "" {
		c.name = name
	}
	if len(c.id)+len(c.name) > maxCallName {
		return nil, tooLarge("the name of a tool call", maxCallName)
	}
	return c, nil
}

// addCall takes arguments of a call, all or some; see call for whose they are.
func (a *answer) addCall(index *int, id, name, arguments string) error {
	c, err := a.call(index, id, name)
	if err != nil {
		return err
	}
	c.arguments = append(c.arguments, arguments...)
	return a.add(ToolCall, arguments)
}

// calling is the call to which the server gave an index; nil for none.
func (a *answer) calling(index int) *call {
	for i := range a.calls {
		if a.calls[i].index == index {
			return &a.calls[i]
		}
	}
	return nil
}

// finishCall ends the call with an index, if there is one: without arguments it has
// had no fragment of them, and they are the empty object.
func (a *answer) finishCall(index int) {
	if c := a.calling(index); c != nil && len(c.arguments) == 0 {
		c.arguments = []byte("{}")
	}
}

// unanswered is the failure of a response that ended as it should and still is
// no answer: nil when it is one.
func (a *answer) unanswered() *chat.Failure {
	switch a.finish {
	case chat.FinishContentFilter:
		return &chat.Failure{Class: chat.ContentFilter, Message: "the provider's content filter ended the answer"}
	case chat.FinishLength:
		if a.answered == 0 {
			return &chat.Failure{Class: chat.NoAnswer,
				Message: "the token limit was reached before the answer began: raise max_tokens or ask for less reasoning"}
		}
	}
	if a.answered == 0 && len(a.calls) == 0 { // who waits for it has nothing, however properly it ended
		return &chat.Failure{Class: chat.NoAnswer, Message: "the server ended its answer before the first word of it"}
	}
	return nil
}

// interrupted says how a response ended without what its protocol ends with.
func (d *decoder) interrupted(readErr error) *chat.Failure {
	about := d.dialect.traits()
	where := fmt.Sprintf("after %d events with content", d.chunks)
	if d.chunks == 1 {
		where = "after 1 event with content"
	}
	var message string
	switch {
	case d.done && d.framing == oneDocument:
		message = "the response has no " + about.reason
	case d.done:
		message = about.marker + " came without a " + about.reason + " " + where
	case d.body == 0 && readErr == nil:
		message = "the response is empty"
	case readErr == nil && d.framing == oneDocument:
		message = "the response ended inside its JSON document"
	case readErr == nil && (d.finish != "" || about.reason == ""):
		message = "the stream ended cleanly but without " + about.marker + " " + where
	case readErr == nil && about.marker == "":
		message = "the stream ended cleanly but without " + about.reason + " " + where
	case readErr == nil:
		message = "the stream ended cleanly but without " + about.reason + " and " + about.marker + " " + where
	case errors.Is(readErr, io.ErrUnexpectedEOF):
		message = "the connection was cut " + where
	default:
		message = fmt.Sprintf("the connection broke %s: %v", where, readErr)
	}
	return &chat.Failure{Class: chat.Interrupted, Message: message}
}
