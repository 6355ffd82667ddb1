package convert

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// MaxRequest bounds one request, in bytes.
const MaxRequest = 32 << 20

// Requests yields each request of a file with the number of its line, from 1: a
// JSON object a line, or one object over several lines. Blank lines are passed
// over. An error ends it.
func Requests(r io.Reader) iter.Seq2[Request, error] {
	return func(yield func(Request, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		for n := 1; ; n++ {
			line, err := readLine(in)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Request{Line: n}, fmt.Errorf("line %d: %w", n, err))
				return
			}
			end := err != nil
			line = bytes.TrimSpace(line)
			if n == 1 {
				line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
			}
			if problem := notRequests(line); problem != "" {
				yield(Request{Line: n}, fmt.Errorf("line %d: %s", n, problem))
				return
			}
			more := 0
			if !end && goesOn(line) {
				if line, more, err = wholeObject(in, line); err != nil && !errors.Is(err, io.EOF) {
					yield(Request{Line: n}, fmt.Errorf("line %d: %w", n, err))
					return
				}
				end = err != nil
			}
			if len(line) > 0 && !yield(Request{n, line}, nil) || end {
				return
			}
			n += more
		}
	}
}

// notRequests says what a line begins that is no file of requests.
func notRequests(line []byte) string {
	for _, known := range []struct{ begins, problem string }{
		{"[", "a list begins here: write a request a line, as jq -c '.[]' does"},
		{"\x1f\x8b", "the file is compressed: unpack it first, with gunzip"},
		{"\xff\xfe", "the file is UTF-16: save it as UTF-8"},
		{"\xfe\xff", "the file is UTF-16: save it as UTF-8"},
	} {
		if bytes.HasPrefix(line, []byte(known.begins)) {
			return known.problem
		}
	}
	return ""
}

// Request is one request of a file.
type Request struct {
	Line int // where it begins, from 1
	JSON []byte
}

// readLine reads a line of at most MaxRequest bytes; with io.EOF the last.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		piece, err := in.ReadSlice('\n')
		if line = append(line, piece...); len(line) > MaxRequest {
			return nil, fmt.Errorf("the request has more than %d bytes", MaxRequest)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// goesOn reports whether a line is the beginning of an object that is written over
// several lines. One that is broken is not: the next line begins another.
func goesOn(line []byte) bool {
	return len(line) > 0 && line[0] == '{' && bytes.IndexByte([]byte("{[,"), line[len(line)-1]) >= 0 && !json.Valid(line)
}

// wholeObject reads on until the object that a line begins has closed: a file may
// hold one request that is written over many lines. It returns how many more lines
// it took; with io.EOF they were the last.
func wholeObject(in *bufio.Reader, first []byte) (object []byte, more int, err error) {
	object = append(bytes.Clone(first), '\n')
	for {
		line, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, more, err
		}
		more++
		if object = append(object, line...); len(object) > MaxRequest {
			return nil, more, fmt.Errorf("the request has more than %d bytes", MaxRequest)
		}
		// Only a brace that stands at the left closes it: to look at every other would
		// take the square of its length.
		if err != nil || bytes.HasPrefix(line, []byte("}")) && json.Valid(object) {
			return object, more, err
		}
	}
}
