// Package prompts says where conversations come from: the dialogues bundled
// with the program, or a file in one of the [Formats]. A conversation here is
// what the user says, turn by turn; the answers come from whoever is asked.
//
// It refuses to guess. A file is read only in the format it was said to have,
// in full or not at all: a line that does not fit is one [Error] with its file,
// its line and the remedy, and a file that looks like another format says which.
// It never puts the text of a prompt into an error, and it reads no more than
// its [Limits] allow.
//
// # Formats
//
// Both are JSON Lines: UTF-8, one whole JSON object on each line.
//
// conversations, the project's own. item and turns are required, anything not
// listed is an error:
//
//	{"item": "en-code-decorator",        unique in the file
//	 "language": "en",                   BCP 47
//	 "category": "coding",
//	 "system": "You are ...",
//	 "turns": ["...", "..."],            what the user says, in order
//	 "reference": ["...", "..."]}        known good answers, one for each turn
//
// mt-bench, the question file of LMSYS's MT-Bench: question_id and turns are
// required, category and reference are taken where present, other fields are
// ignored. Question 81 becomes item mt-bench-81. The format names no language,
// so none is set.
package prompts

import (
	"io"
	"strings"

	"switchover/results"
)

// The formats that Read knows.
const (
	FormatConversations = "conversations"
	FormatMTBench       = "mt-bench"
)

// Formats names the formats that Read knows, in the order help shows them.
var Formats = []string{FormatConversations, FormatMTBench}

// Limits bound what is read from one source. A field of zero or less takes its
// default.
type Limits struct {
	LineBytes     int   // of one line; default 1 MiB
	Bytes         int64 // of the whole source; default 256 MiB
	Conversations int   // in one source; default 50,000
	Turns         int   // of one conversation; default 256
}

func (l Limits) withDefaults() Limits {
	if l.LineBytes <= 0 {
		l.LineBytes = 1 << 20
	}
	if l.Bytes <= 0 {
		l.Bytes = 256 << 20
	}
	if l.Conversations <= 0 {
		l.Conversations = 50_000
	}
	if l.Turns <= 0 {
		l.Turns = 256
	}
	return l
}

// Read reads the conversations of a source in the named format, in the order of
// the source. The name is what errors call the source, usually its path. The
// error is an [*Error]; nothing is returned beside one. A source without a
// conversation is an error too.
func Read(r io.Reader, name, format string, limits Limits) ([]results.Conversation, error) {
	limits = limits.withDefaults()
	decode, ok := decoders[format]
	if !ok {
		return nil, &Error{File: name, Reason: "unknown format " + quoted(format),
			Hint: "the formats are: " + strings.Join(Formats, ", ")}
	}
	var out []results.Conversation
	seen := make(map[string]int)
	lines := newLines(r, limits)
	for lines.next() {
		c, err := decode(lines.text, lines.first(), limits)
		if err == nil {
			err = admit(c.Item, lines.number, len(out), seen, limits)
		}
		if err != nil {
			return nil, err.in(name, lines.number)
		}
		out = append(out, c)
	}
	if err := lines.err; err != nil {
		return nil, err.in(name, lines.number)
	}
	if len(out) == 0 {
		return nil, &Error{File: name, Reason: "holds no conversation",
			Hint: "each line is one JSON object; see the format " + format}
	}
	return out, nil
}

// decoders turn one line into a conversation, by format. first says that it is
// the source's first line with text, where whole-file mistakes show.
var decoders = map[string]func(line []byte, first bool, l Limits) (results.Conversation, *Error){
	FormatConversations: decodeConversation,
	FormatMTBench:       decodeMTBench,
}

// admit refuses an item that was there before and one item too many.
func admit(item string, line, have int, seen map[string]int, l Limits) *Error {
	if have >= l.Conversations {
		return mistake("use a shorter file: its first lines, or a sample of them",
			"more than %d conversations", l.Conversations)
	}
	if before, ok := seen[item]; ok {
		return mistake("every conversation needs a name of its own",
			"%s names a second conversation; the first is on line %d", quoted(item), before)
	}
	seen[item] = line
	return nil
}
