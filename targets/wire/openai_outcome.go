package wire

import (
	"errors"
	"fmt"
	"io"

	"switchover/targets/chat"
)

// unanswered is the failure of a response that ended as it should and still is
// no answer: nil when it is one.
func (d *openAIDecoder) unanswered() *chat.Failure {
	switch d.finish {
	case chat.FinishContentFilter:
		return &chat.Failure{Class: chat.ContentFilter, Message: "the provider's content filter ended the answer"}
	case chat.FinishLength:
		if d.answered == 0 {
			return &chat.Failure{Class: chat.NoAnswer,
				Message: "the token limit was reached before the answer began: raise max_tokens or ask for less reasoning"}
		}
	}
	if d.answered == 0 { // who waits for it has nothing, however properly it ended
		return &chat.Failure{Class: chat.NoAnswer, Message: "the server ended its answer before the first word of it"}
	}
	return nil
}

// interrupted says how a response ended without its terminal marker.
func (d *openAIDecoder) interrupted(readErr error) *chat.Failure {
	where := fmt.Sprintf("after %d events with content", d.chunks)
	if d.chunks == 1 {
		where = "after 1 event with content"
	}
	var message string
	switch {
	case d.done && d.framing == oneDocument:
		message = "the response has no finish_reason"
	case d.done:
		message = "[DONE] came without a finish_reason " + where
	case d.body == 0 && readErr == nil:
		message = "the response is empty"
	case readErr == nil && d.framing == oneDocument:
		message = "the response ended inside its JSON document"
	case readErr == nil && d.finish != "":
		message = "the stream ended cleanly but without [DONE] " + where
	case readErr == nil:
		message = "the stream ended cleanly but without finish_reason and [DONE] " + where
	case errors.Is(readErr, io.ErrUnexpectedEOF):
		message = "the connection was cut " + where
	default:
		message = fmt.Sprintf("the connection broke %s: %v", where, readErr)
	}
	return &chat.Failure{Class: chat.Interrupted, Message: message}
}
