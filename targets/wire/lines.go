package wire

import "bytes"

// lines splits newline-delimited JSON: a document a line, which ends in LF or CRLF.
// Its zero value is ready.
type lines struct {
	line []byte // the line that has not ended
}

// feed takes bytes and calls dispatch with each line that they complete.
func (l *lines) feed(b []byte, dispatch func(name string, data []byte) error) error {
	for len(b) > 0 {
		line, rest, ended := bytes.Cut(b, []byte("\n"))
		if len(l.line)+len(line) > maxEvent {
			return tooLarge("a line of the stream", maxEvent)
		}
		if !ended {
			l.line = append(l.line, line...)
			return nil
		}
		if len(l.line) > 0 {
			l.line = append(l.line, line...)
			line = l.line
		}
		err := dispatch("", line)
		l.line, b = l.line[:0], rest
		if err != nil {
			return err
		}
	}
	return nil
}

// flush ends the line that the body ended in.
func (l *lines) flush(dispatch func(name string, data []byte) error) error {
	line := l.line
	l.line = nil
	return dispatch("", line)
}
