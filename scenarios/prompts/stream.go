package prompts

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
)

// readAhead is how much of a source is taken at once.
const readAhead = 64 << 10

// stream hands a source to a decoder that would read an entry of any length: it
// stops where one becomes too long, and knows on which line a place is.
type stream struct {
	r     *bufio.Reader
	limit Limits
	given int64   // bytes handed out
	end   int64   // bytes that may be, until the entry ends
	lines []int64 // where the lines begin that the decoder has not yet passed
	line  int     // of the last place asked about, from 1
	bad   *Error  // why it stopped
}

// newStream looks at a source's first bytes.
func newStream(r io.Reader, l Limits) (*stream, *Error) {
	s := &stream{r: bufio.NewReaderSize(r, readAhead), limit: l, line: 1}
	head, err := s.r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, broken(err)
	}
	if e := binary(head); e != nil {
		return nil, e
	}
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		_, _ = s.r.Discard(3) // they are in the buffer
	}
	s.from(0)
	return s, nil
}

// from says that an entry begins at a place.
func (s *stream) from(at int64) { s.end = at + int64(s.limit.LineBytes) + readAhead }

// at gives the line of a place, which is none before the last one asked about.
func (s *stream) at(place int64) int {
	i, _ := slices.BinarySearch(s.lines, place+1)
	s.lines = s.lines[i:]
	s.line += i
	return s.line
}

func (s *stream) Read(p []byte) (int, error) {
	if s.bad != nil {
		return 0, s.bad
	}
	n, err := s.r.Read(p[:min(len(p), readAhead)])
	for i, b := range p[:n] {
		if b == '\n' {
			s.lines = append(s.lines, s.given+int64(i)+1)
		}
	}
	s.given += int64(n)
	switch {
	case s.given > s.limit.Bytes:
		s.bad = tooLong(s.limit)
	case s.given > s.end:
		s.bad = mistake("shorten it or leave it out", "an entry is longer than %d bytes", s.limit.LineBytes)
	case err != nil && !errors.Is(err, io.EOF):
		s.bad = broken(err)
	default:
		return n, err
	}
	return 0, s.bad
}

// broken is a failure of the source itself.
func broken(err error) *Error {
	e := mistake("", "reading: %v", err)
	e.Err = err
	return e
}
