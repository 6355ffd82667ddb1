package wire

import (
	"bytes"
	"fmt"
)

// maxEvent bounds one server-sent event: its data, or a line of it.
const maxEvent = 1 << 20

// sse splits server-sent events out of bytes that arrive in any pieces, by the
// rules of the HTML standard, section 9.2.6: lines end in CR, LF or CRLF, one
// byte order mark at the start is dropped, lines that begin with a colon are
// comments, several data lines are joined by a line feed, a blank line ends an
// event, an event without data is none. One line more than the standard has is known:
// error. Its zero value is ready.
type sse struct {
	line    []byte // the line that has not ended
	started bool   // the byte order mark has been dealt with
	skipLF  bool   // the line ended in CR: a following LF belongs to it
	data    []byte // of the event that has not ended
	hasData bool
	name    string // of that event
}

// feed takes bytes and calls dispatch with each event that they complete; data
// is valid during the call. It stops at the first error.
func (s *sse) feed(b []byte, dispatch func(name string, data []byte) error) error {
	cr, lf := next(b, 0, '\r'), next(b, 0, '\n')
	for at := 0; at < len(b); {
		if s.skipLF {
			s.skipLF = false
			if b[at] == '\n' {
				at++
				continue
			}
		}
		// Each is looked for once, not once a line: a body may have none of the other.
		if cr < at {
			cr = next(b, at, '\r')
		}
		if lf < at {
			lf = next(b, at, '\n')
		}
		end := min(cr, lf)
		if end == len(b) {
			return s.keep(b[at:])
		}
		line := b[at:end]
		if len(s.line) > 0 {
			if err := s.keep(line); err != nil {
				return err
			}
			line = s.line
		}
		if len(line) > maxEvent {
			return tooLarge("a line of the stream", maxEvent)
		}
		s.skipLF = b[end] == '\r'
		at = end + 1
		err := s.endLine(line, dispatch)
		s.line = s.line[:0]
		if err != nil {
			return err
		}
	}
	return nil
}

// next is where c comes next in b, from at on; the end of b if it does not.
func next(b []byte, at int, c byte) int {
	if i := bytes.IndexByte(b[at:], c); i >= 0 {
		return at + i
	}
	return len(b)
}

func (s *sse) keep(b []byte) error {
	if len(s.line)+len(b) > maxEvent {
		return tooLarge("a line of the stream", maxEvent)
	}
	s.line = append(s.line, b...)
	return nil
}

// flush ends the event that the body ended in, as if a blank line had followed.
func (s *sse) flush(dispatch func(name string, data []byte) error) error {
	if len(s.line) > 0 {
		line := s.line
		s.line = nil
		if err := s.endLine(line, dispatch); err != nil {
			return err
		}
	}
	return s.endLine(nil, dispatch)
}

var byteOrderMark = []byte("\xef\xbb\xbf")

func (s *sse) endLine(line []byte, dispatch func(name string, data []byte) error) error {
	if !s.started {
		s.started = true
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	if len(line) == 0 {
		name, data, has := s.name, s.data, s.hasData
		s.name, s.data, s.hasData = "", s.data[:0], false
		if !has {
			return nil
		}
		return dispatch(name, data)
	}
	field, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(field) {
	case "error": // in no standard: llama.cpp's server fails so in the midst of an answer
		s.name = "error"
		fallthrough
	case "data":
		if len(s.data)+1+len(value) > maxEvent {
			return tooLarge("an event of the stream", maxEvent)
		}
		if s.hasData {
			s.data = append(s.data, '\n')
		}
		s.data, s.hasData = append(s.data, value...), true
	case "event":
		s.name = string(value)
	}
	return nil // comments, id, retry and unknown fields mean nothing here
}

func tooLarge(what string, limit int) error {
	return fmt.Errorf("%s is larger than %d bytes", what, limit)
}
