package prompts

import (
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"switchover/targets/chat"
)

// csvRows reads rows with a header (RFC 4180).
func csvRows(r io.Reader, l Limits) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		var c columns
		err := table(r, l, FormatCSV, func(names []string) (err *Error) {
			c, err = header(names)
			return err
		}, func(row []string, line int) bool {
			e, err := c.row(row, l)
			e.line, e.err = line, err
			return yield(e)
		})
		if err != nil {
			yield(entry{line: err.Line, err: err})
		}
	}
}

// table reads a header and rows, each with the line it begins on, until each
// returns false. The error has its line. A row's fields are valid until the next.
func table(r io.Reader, l Limits, format string, head func(names []string) *Error, each func(row []string, line int) bool) *Error {
	s, err := newStream(r, l)
	if err != nil {
		return err.in("", 1)
	}
	if first, _ := s.r.Peek(1); len(first) == 1 && (first[0] == '{' || first[0] == '[') {
		return mistake("name its format: "+strings.Join(slices.Concat(Formats, TraceFormats), ", "), "the file looks like JSON, not %s", format).in("", 1)
	}
	rows := csv.NewReader(s)
	rows.ReuseRecord = true
	names, readErr := rows.Read()
	if errors.Is(readErr, io.EOF) {
		return nil
	}
	if readErr != nil {
		return s.csvFailure(0, readErr)
	}
	if err := head(names); err != nil {
		return err.in("", 1)
	}
	for {
		begin := rows.InputOffset()
		s.from(begin)
		row, readErr := rows.Read()
		if errors.Is(readErr, io.EOF) {
			return nil
		}
		if readErr != nil {
			return s.csvFailure(begin, readErr)
		}
		if line, _ := rows.FieldPos(0); !each(row, line) {
			return nil
		}
	}
}

// columns are where the fields are; -1 for one that is not there.
type columns struct{ prompt, system, answer int }

// header reads the names of the columns.
func header(names []string) (columns, *Error) {
	var c columns
	for _, field := range []struct {
		name string
		at   *int
	}{{"prompt", &c.prompt}, {"system", &c.system}, {"answer", &c.answer}} {
		*field.at = slices.Index(names, field.name)
		if *field.at >= 0 && slices.Contains(names[*field.at+1:], field.name) {
			return c, mistake("keep one of them", "the column %s is there twice", field.name).in("", 1)
		}
	}
	if c.prompt >= 0 {
		return c, nil
	}
	for _, trace := range []csvColumns{burstGPT, azure} {
		if slices.Contains(names, trace.time) && slices.Contains(names, trace.input) {
			return c, mistake(traceHint(trace.format), "the file looks like %s, not csv", lengthsOnly).in("", 1)
		}
	}
	head := strings.Join(names, ",")
	switch {
	case len(names) == 1 && strings.ContainsAny(head, ";\t"):
		return c, mistake("save it with commas between the columns", "the columns are parted by something else than commas").in("", 1)
	}
	shown := make([]string, 0, 8)
	for _, n := range names[:min(len(names), 8)] {
		shown = append(shown, quoted(n))
	}
	return c, mistake("call the questions' column prompt; answers may stand in answer, a system prompt in system",
		"the header has no column prompt; it has %s", strings.Join(shown, ", ")).in("", 1)
}

// row reads one row. What is kept is copied: the fields share the row's memory.
func (c columns) row(row []string, l Limits) (entry, *Error) {
	d := dialogue{limits: l}
	for _, field := range []struct {
		role chat.Role
		at   int
	}{{chat.System, c.system}, {chat.User, c.prompt}, {chat.Assistant, c.answer}} {
		if field.at < 0 {
			continue
		}
		if !utf8.ValidString(row[field.at]) {
			return entry{}, mistake("save the file as UTF-8", "column %d is not UTF-8", field.at+1)
		}
		if err := d.say(field.role, strings.Clone(row[field.at])); err != nil {
			return entry{}, err
		}
	}
	return d.done()
}

// csvFailure is why the row that begins at a place could not be read, with its
// line.
func (s *stream) csvFailure(begin int64, err error) *Error {
	var pe *csv.ParseError
	switch parsed := errors.As(err, &pe); {
	case s.bad != nil:
		e := *s.bad
		e.Line = s.at(begin)
		return &e
	case parsed && errors.Is(pe.Err, csv.ErrFieldCount):
		return mistake("quote texts that hold commas or line ends", "the row has more or fewer columns than the header").in("", pe.StartLine)
	case parsed:
		return mistake(`quote texts that hold commas, quotes or line ends, and double the quotes in them`, "column %d: %v", pe.Column, pe.Err).in("", pe.StartLine)
	}
	return mistake("", "%v", err)
}
