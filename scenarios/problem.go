package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a scenario file, placed where it was written.
type Problem struct {
	File   string
	Line   int // from 1; 0 when the file as a whole is meant
	Column int // from 1, in characters
	// Path is the field in question: targets[1].price.input.
	Path    string
	Message string
	// Hint says what to do about it; it may be empty.
	Hint string
	// Excerpt is the line with a caret beneath the place, both with a gutter;
	// API keys in it are masked.
	Excerpt string
}

// String prints the problem as a compiler would: file:line:col: message, the
// excerpt, the hint.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	b.WriteString(p.Message)
	if p.Excerpt != "" {
		b.WriteByte('\n')
		b.WriteString(p.Excerpt)
	}
	if p.Hint != "" {
		b.WriteString("\n  hint: ")
		b.WriteString(p.Hint)
	}
	return b.String()
}

// Problems are all mistakes of one file, in the order of the file. As an error
// it prints every one of them.
type Problems []Problem

// maxProblems is how many are listed: a file with more has one mistake many
// times, and nobody reads on.
const maxProblems = 50

// Error prints the problems one after the other.
func (ps Problems) Error() string {
	parts := make([]string, len(ps))
	for i, p := range ps {
		parts[i] = p.String()
	}
	return strings.Join(parts, "\n")
}

// sorted orders problems by place, drops repetitions and cuts the list.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	ps = slices.CompactFunc(ps, func(a, b Problem) bool {
		return a.Line == b.Line && a.Column == b.Column && a.Message == b.Message
	})
	if len(ps) <= maxProblems {
		return ps
	}
	more := len(ps) - maxProblems
	ps = ps[:maxProblems:maxProblems]
	return append(ps, Problem{File: ps[0].File, Message: fmt.Sprintf("and %d more problems", more)})
}
