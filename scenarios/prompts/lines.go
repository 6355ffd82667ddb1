package prompts

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"unicode/utf8"
)

// lines reads the lines of a source that hold text, one at a time, within its
// limits. Whatever the source, it never holds more than one line.
type lines struct {
	text   []byte // of the current line, without its end; valid until next
	number int    // of the current line, from 1
	err    *Error // why next returned false, or nil at the end

	r     *bufio.Reader
	buf   []byte
	left  int64
	limit Limits
	texts int // lines with text so far
	ended bool
}

func newLines(r io.Reader, l Limits) *lines {
	return &lines{r: bufio.NewReaderSize(r, 64<<10), left: l.Bytes, limit: l}
}

// jsonLines reads a source of one JSON object on each line.
func jsonLines(decode func(line []byte, first bool, l Limits) (entry, *Error)) func(io.Reader, Limits) iter.Seq[entry] {
	return func(r io.Reader, l Limits) iter.Seq[entry] {
		return func(yield func(entry) bool) {
			lines := newLines(r, l)
			for lines.next() {
				e, err := decode(lines.text, lines.first(), l)
				e.line, e.err = lines.number, err
				if !yield(e) {
					return
				}
			}
			if lines.err != nil {
				yield(entry{line: lines.number, err: lines.err})
			}
		}
	}
}

// first says that the current line is the first that holds text.
func (l *lines) first() bool { return l.texts == 1 }

// next goes to the next line that holds text.
func (l *lines) next() bool {
	for l.err == nil && !l.ended {
		if l.read(); l.err != nil {
			return false
		}
		if l.text = bytes.TrimSpace(l.text); len(l.text) > 0 {
			l.texts++
			l.err = l.check()
			return l.err == nil
		}
	}
	return false
}

// read takes one line whatever it holds.
func (l *lines) read() {
	l.number++
	l.buf = l.buf[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		l.left -= int64(len(part))
		l.buf = append(l.buf, part...)
		switch {
		case l.left < 0:
			l.err = tooLong(l.limit)
		case len(bytes.TrimRight(l.buf, "\r\n")) > l.limit.LineBytes:
			l.err = mistake("one conversation a line; shorten it or leave it out",
				"the line is longer than %d bytes", l.limit.LineBytes)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			l.ended = true
		case err != nil:
			l.err = mistake("", "reading: %v", err)
			l.err.Err = err
		}
		break
	}
	l.text = l.buf
	if l.number == 1 {
		l.text = bytes.TrimPrefix(l.text, []byte("\xef\xbb\xbf"))
	}
}

const drawSample = "draw a sample: sample: 200, or --sample 200"

func tooLong(l Limits) *Error {
	return mistake(drawSample, "the file is longer than %d bytes", l.Bytes)
}

// check refuses bytes that are not text before anything tries to read them:
// encoding/json would put a replacement character in place of bad ones.
func (l *lines) check() *Error {
	if l.first() {
		if e := binary(l.text); e != nil {
			return e
		}
	}
	if utf8.Valid(l.text) {
		return nil
	}
	at := 0
	for rest := l.text; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			break
		}
		at, rest = at+n, rest[n:]
	}
	return mistake("save the file as UTF-8", "byte %d of the line is not UTF-8", at+1)
}

// binary recognises what is not lines of UTF-8 at all.
func binary(b []byte) *Error {
	switch {
	case bytes.HasPrefix(b, []byte("\x1f\x8b")):
		return mistake("unpack it first, with gunzip", "the file is compressed with gzip")
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return mistake("unpack it first, with unzip", "the file is a zip archive")
	case bytes.HasPrefix(b, []byte("PAR1")):
		return mistake("write it as JSON Lines", "the file is Parquet")
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return mistake("save the file as UTF-8", "the file is UTF-16")
	}
	return nil
}
