package prompts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"

	"switchover/targets/chat"
)

// shareGPT reads one JSON array of conversations, element by element, or the
// conversations one after the other.
func shareGPT(r io.Reader, l Limits) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		s, err := newStream(r, l)
		if err != nil {
			yield(entry{line: 1, err: err})
			return
		}
		dec := json.NewDecoder(s)
		array, err := opening(s, dec)
		if err != nil {
			yield(entry{line: s.at(dec.InputOffset()), err: err})
			return
		}
		for n := 1; dec.More(); n++ {
			var raw json.RawMessage
			before := s.at(dec.InputOffset())
			s.from(dec.InputOffset())
			if err := dec.Decode(&raw); err != nil {
				yield(entry{line: before, err: s.failure(n, err)})
				return
			}
			e, err := shareGPTEntry(raw, l)
			e.line, e.err = s.at(dec.InputOffset()-int64(len(raw))), err
			if e.Item = fmt.Sprintf("entry-%d", n); err != nil && err.leave == "" {
				err.Reason = fmt.Sprintf("entry %d: %s", n, err.Reason)
			}
			if !yield(e) {
				return
			}
		}
		if err := closing(s, dec, array); err != nil {
			yield(entry{line: s.at(dec.InputOffset()), err: err})
		}
	}
}

// opening goes into the array, if there is one.
func opening(s *stream, dec *json.Decoder) (array bool, _ *Error) {
	dec.More() // goes to the first byte that is no blank
	if s.bad != nil {
		return false, s.bad
	}
	var first [1]byte
	if n, _ := dec.Buffered().Read(first[:]); n == 0 {
		return false, nil // empty
	}
	switch first[0] {
	case '[':
		_, _ = dec.Token() // the bracket
		return true, nil
	case '{':
		return false, nil
	}
	return false, mistake("it is one JSON array of conversations", "the file begins with neither [ nor {")
}

// closing holds the source to its end.
func closing(s *stream, dec *json.Decoder, array bool) *Error {
	_, err := dec.Token()
	if array && err == nil { // the bracket: nothing else ends the entries without an error
		array = false
		if _, err = dec.Token(); err == nil {
			return mistake("it is one JSON array of conversations and nothing else", "something follows the array")
		}
	}
	switch {
	case s.bad != nil:
		return s.bad
	case errors.Is(err, io.EOF) && !array:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return mistake("the file was cut off", "the array does not end")
	}
	return mistake("", "not JSON: %v", err)
}

// failure is why an entry could not be read.
func (s *stream) failure(n int, err error) *Error {
	switch {
	case s.bad != nil:
		return s.bad
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return mistake("the file was cut off", "entry %d does not end", n)
	}
	return mistake("", "entry %d: not JSON: %v", n, err)
}

// shareGPTEntry reads one conversation.
func shareGPTEntry(raw json.RawMessage, l Limits) (entry, *Error) {
	if !utf8.Valid(raw) {
		return entry{}, mistake("save the file as UTF-8", "it is not UTF-8")
	}
	o, err := inner("it", raw)
	if err != nil {
		return entry{}, err
	}
	if o["conversations"] == nil {
		if err := foreign(o, FormatShareGPT); err != nil {
			return entry{}, err
		}
	}
	list, err := o.list("conversations")
	if err != nil {
		return entry{}, err
	}
	d := dialogue{limits: l}
	for i, raw := range list {
		at := fmt.Sprintf("conversations[%d]", i)
		m, err := inner(at, raw)
		if err != nil {
			return entry{}, err
		}
		if err := d.shareGPTMessage(at, m); err != nil {
			return entry{}, err
		}
	}
	return d.done()
}

// speakers are the names that published sets of this form use.
var speakers = map[string]chat.Role{
	"system": chat.System, "human": chat.User, "user": chat.User,
	"gpt": chat.Assistant, "chatgpt": chat.Assistant, "assistant": chat.Assistant,
}

func (d *dialogue) shareGPTMessage(at string, m object) *Error {
	from, err := str(at+".from", orNull(m["from"]))
	if err != nil {
		return err
	}
	role, ok := speakers[from]
	if !ok {
		return leaveOut("the speaker %s", quoted(from))
	}
	text, err := str(at+".value", orNull(m["value"]))
	if err != nil {
		return err
	}
	return d.say(role, text)
}
