package prompts

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is why a source could not be read.
type Error struct {
	File   string // the name given to Read
	Line   int    // from 1; 0 when it is about the whole source
	Reason string // what is wrong
	Hint   string // the remedy; may be empty
	Err    error  // the reader's own error, where that was the reason

	leave string // if not empty: what an entry of a log is left out and counted for
}

// Error gives file, line, reason and remedy on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		b.WriteString(":" + strconv.Itoa(e.Line))
	}
	b.WriteString(": " + e.Reason)
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// Unwrap gives the reader's own error, if that was the reason.
func (e *Error) Unwrap() error { return e.Err }

func (e *Error) in(file string, line int) *Error {
	e.File, e.Line = file, line
	return e
}

// mistake is an Error that does not know its place yet.
func mistake(hint, format string, args ...any) *Error {
	return &Error{Reason: fmt.Sprintf(format, args...), Hint: hint}
}

// leaveOut is why an entry of a log cannot be asked again: what it has.
func leaveOut(format string, args ...any) *Error {
	what := fmt.Sprintf(format, args...)
	return &Error{Reason: "an entry with " + what, leave: what}
}

// quoted shows a name from the source: printable, and no longer than a name is.
func quoted(s string) string {
	const most = 40
	if len(s) <= most {
		return strconv.Quote(s)
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strconv.Quote(s[:cut]) + "..."
}
