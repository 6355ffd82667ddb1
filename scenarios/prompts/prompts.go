// Package prompts says where conversations come from: the dialogues bundled
// with the program, a file in one of the [Formats], or prompts that are made, as
// long as is drawn ([Synthetic]) or as the requests of a recorded trace were
// ([ReadTrace]). A conversation here is what the user says, turn by turn; the
// answers come from whoever is asked.
//
// It refuses to guess. A file is read only in the format it was said to have: a
// line of the wrong shape or unit is one [Error] with its file, its line and the
// remedy, nothing is returned beside it, and a file that looks like another
// format says which. What a log holds but cannot be asked again, because no API
// would take it, is left out, counted and given back with its reason. It never puts
// the text of a prompt into an error, and it reads no more than its [Limits] allow,
// however large the file: of a large one it draws a sample while it reads.
//
// Text is redacted ([switchover/scenarios/prompts/redact]) before it is returned,
// unless the caller says otherwise.
//
// # Formats
//
// JSON Lines (UTF-8, one whole JSON object on each line) except where another
// form is named. Those below the first two are logs: their entries are named by
// their place (line-17, entry-3), because names in a log can be personal too;
// fields not listed, headers among them, are ignored; the model is always the
// target's own.
//
// Requests of the logs openai, anthropic and evalscope are read whole, as
// [switchover/targets/dialect] reads them: tools and their results, pictures,
// documents, formats, parameters. Where the target names no parameter of its own,
// theirs hold. Of what was said in words and pictures each message of the user's is
// a turn, with the target's own answers between them. A request that was made with
// tools, whose results belong to the calls that were made, is asked once, with the
// history it had.
//
// conversations, the project's own. item and turns are required, anything not
// listed is an error:
//
//	{"item": "en-code-decorator",        unique in the file
//	 "language": "en",                   BCP 47
//	 "category": "coding",
//	 "system": "You are ...",
//	 "turns": ["...", "..."],            what the user says, in order
//	 "recorded": ["...", "..."],         answers of the incumbent, one for each turn
//	 "reference": ["...", "..."],        known good answers, one for each turn
//	 "max_tokens": 256}                  the most tokens of an answer
//
// mt-bench, the question file of LMSYS's MT-Bench: question_id and turns are
// required, category and reference are taken where present, other fields are
// ignored. Question 81 becomes item mt-bench-81. The format names no language,
// so none is set.
//
// openai, requests to chat completions: a request ({"messages": [...]}), a line
// of a batch file ({"custom_id", "method", "url", "body": {"messages": ...}}), or
// a pair ({"request": {...}, "response": {...}}). The assistant messages between the
// user's, a last one, and the text of the pair's response are kept as recorded
// answers.
//
// anthropic, requests to the Messages API: the same three, the batch line with
// params for body, system apart from the messages, or in the older form a prompt with
// turns in it and a limit (max_tokens_to_sample). A last assistant message is
// the beginning of an answer put into the model's mouth there, and cannot be
// asked of others.
//
// prompts, as for vLLM's custom data set: {"prompt": "...", "output_tokens": 256},
// the second optional and the most tokens of the answer.
//
// sharegpt: one JSON array of {"conversations": [{"from": "human", "value":
// "..."}, {"from": "gpt", ...}]}, or the same objects one after the other.
//
// csv: a header with a column prompt, and optionally system and answer; commas,
// and quotes as in RFC 4180.
//
// evalscope, traces of that tool: {"body": {"messages": ...}, "timestamp":
// seconds}. What was asked is taken, not when.
//
// # Formats of traces
//
// Traces tell when requests came and how long they were, in order of time. Those
// without a question or an answer are left out and counted.
//
// mooncake, JSON Lines: {"timestamp": milliseconds, "input_length": ...,
// "output_length": ..., "hash_ids": [...]}. The ids name the blocks of 512 tokens
// that a prompt consists of, the last one shorter; the same id is the same text.
//
// burstgpt, CSV with the columns Timestamp (seconds), Request tokens and Response
// tokens.
//
// azure, CSV with the columns TIMESTAMP (2023-11-16 18:15:46.6805900),
// ContextTokens and GeneratedTokens.
//
// # Made text
//
// Made prompts are plain English or Chinese sentences of no meaning, counted exactly
// by the tokenizer o200k_base. Another tokenizer makes a little more or less of them.
package prompts

import (
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"

	"switchover/results"
	"switchover/scenarios/prompts/redact"
)

// The formats that Read knows.
const (
	FormatConversations = "conversations"
	FormatMTBench       = "mt-bench"
	FormatOpenAI        = "openai"
	FormatAnthropic     = "anthropic"
	FormatPrompts       = "prompts"
	FormatShareGPT      = "sharegpt"
	FormatCSV           = "csv"
	FormatEvalScope     = "evalscope"
)

// Formats names the formats that Read knows, in the order help shows them.
var Formats = []string{FormatConversations, FormatOpenAI, FormatAnthropic, FormatPrompts, FormatShareGPT, FormatCSV, FormatEvalScope, FormatMTBench}

// Limits bound what is read from one source. A field of zero or less takes its
// default.
type Limits struct {
	LineBytes     int   // of one line or entry; default 1 MiB, 16 MiB in a log
	Bytes         int64 // of the whole source; default 256 MiB, 1 TiB for a sample
	Held          int64 // of the texts kept; default 256 MiB
	Conversations int   // kept; default 50,000
	Turns         int   // of one conversation; default 256
}

func (l Limits) withDefaults(log, sampled bool) Limits {
	if l.LineBytes <= 0 {
		l.LineBytes = 1 << 20
		if log {
			l.LineBytes = 16 << 20
		}
	}
	if l.Bytes <= 0 {
		l.Bytes = 256 << 20
		if sampled {
			l.Bytes = 1 << 40
		}
	}
	if l.Held <= 0 {
		l.Held = 256 << 20
	}
	if l.Conversations <= 0 {
		l.Conversations = 50_000
	}
	if l.Turns <= 0 {
		l.Turns = 256
	}
	return l
}

// Options say how a source is read.
type Options struct {
	Format string // one of Formats
	// Sample, if not 0, is how many conversations are kept, each of the source's
	// with the same chance; the rest is read and let go.
	Sample int
	// Random draws the sample; needed with one.
	Random *rand.Rand
	// Redact replaces personal data in what is kept; nil leaves everything as it is.
	Redact *redact.Redactor
	Limits Limits
}

// Set is what was read, in the order of the source.
type Set struct {
	Conversations []results.Conversation
	// Entries is how many conversations and requests the source holds, those left
	// out included.
	Entries int
	// Cut says that a trace was read only as far as was needed.
	Cut bool
	// Left is what cannot be asked again, by reason, the most frequent first.
	Left []Tally
	// Changed is what is asked a little differently than it was, of all entries.
	Changed []Tally
	// Redacted counts the places that were replaced in what is kept, and RedactedIn
	// the conversations they are in.
	Redacted   redact.Counts
	RedactedIn int
	// Unseen counts what redaction cannot look into, by the kind of the part: pictures,
	// sounds, documents that are no text.
	Unseen redact.Counts
}

// Tally counts entries of one kind.
type Tally struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
	Line   int    `json:"line"` // of the first
}

// entry is one conversation of a source, or why it is none.
type entry struct {
	results.Conversation
	line    int
	changes []string // what is asked differently, from a fixed set
	err     *Error
}

// format is how one format is read.
type format struct {
	entries func(io.Reader, Limits) iter.Seq[entry]
	log     bool   // entries have no names, and some cannot be asked again
	hint    string // of what form an empty source lacks
}

const eachLine = "each line is one JSON object; see the format "

var formats = map[string]format{
	FormatConversations: {jsonLines(decodeConversation), false, eachLine + FormatConversations},
	FormatMTBench:       {jsonLines(decodeMTBench), false, eachLine + FormatMTBench},
	FormatOpenAI:        {jsonLines(decodeOpenAI), true, eachLine + FormatOpenAI},
	FormatAnthropic:     {jsonLines(decodeAnthropic), true, eachLine + FormatAnthropic},
	FormatPrompts:       {jsonLines(decodePrompt), true, eachLine + FormatPrompts},
	FormatEvalScope:     {jsonLines(decodeEvalScope), true, eachLine + FormatEvalScope},
	FormatShareGPT:      {shareGPT, true, "it is one JSON array of conversations"},
	FormatCSV:           {csvRows, true, "a header and rows, with a column prompt"},
}

// Read reads the conversations of a source, in the order of the source. The name
// is what errors call the source, usually its path. The error is an [*Error];
// nothing is returned beside one. A source without a conversation that can be
// asked, or with fewer than the sample, is an error too.
func Read(r io.Reader, name string, o Options) (*Set, error) {
	f, ok := formats[o.Format]
	if !ok {
		return nil, &Error{File: name, Reason: "unknown format " + quoted(o.Format),
			Hint: "the formats are: " + strings.Join(Formats, ", ")}
	}
	limits := o.Limits.withDefaults(f.log, o.Sample > 0)
	if o.Sample > limits.Conversations {
		return nil, &Error{File: name, Reason: fmt.Sprintf("a sample of %d is more than %d conversations", o.Sample, limits.Conversations)}
	}
	set := &Set{Redacted: redact.Counts{}, Unseen: redact.Counts{}}
	kept := reservoir{size: o.Sample, random: o.Random, limits: limits}
	var left, changed tallies
	for e := range f.entries(r, limits) {
		switch {
		case e.err == nil:
			if e.Item == "" {
				e.Item = fmt.Sprintf("line-%d", e.line)
			}
			for _, what := range e.changes {
				changed.add(what, e.line)
			}
			e.err = kept.add(e)
		case e.err.leave != "" && f.log:
			if o.Redact != nil {
				o.Redact.Redact(&e.err.leave) // it can quote a name
			}
			left.add(e.err.leave, e.line)
			e.err = nil
		}
		if e.err != nil {
			return nil, e.err.in(name, e.line)
		}
		set.Entries++
	}
	set.Left, set.Changed = left.list(), changed.list()
	if err := set.enough(len(kept.entries), o.Sample, f); err != nil {
		return nil, err.in(name, 0)
	}
	if err := kept.unique(); err != nil {
		return nil, err.in(name, err.Line)
	}
	set.keep(kept.entries, o.Redact, !f.log)
	return set, nil
}

// enough refuses a source with nothing to ask, or with less than the sample.
func (s *Set) enough(have, want int, f format) *Error {
	switch {
	case s.Entries == 0:
		return mistake(f.hint, "holds no conversation")
	case have == 0:
		return mistake("what is asked again is a whole request with a question in it", "holds nothing that can be asked: %s", listed(s.Left))
	case have < want && len(s.Left) > 0:
		return mistake("draw a smaller sample", "a sample of %d was asked for, and %d of %d can be asked; left out: %s", want, have, s.Entries, listed(s.Left))
	case have < want:
		return mistake("draw a smaller sample", "a sample of %d was asked for, and there are %d conversations", want, have)
	}
	return nil
}

// listed says in words what was left out.
func listed(ts []Tally) string {
	parts := make([]string, len(ts))
	for i, t := range ts {
		parts[i] = fmt.Sprintf("%d with %s (the first on line %d)", t.Count, t.Reason, t.Line)
	}
	return strings.Join(parts, ", ")
}

// keep takes over what was kept, redacted, its names too where they are the file's own.
func (s *Set) keep(entries []entry, r *redact.Redactor, named bool) {
	taken := map[string]bool{}
	for i := range entries {
		taken[entries[i].Item] = true
	}
	for i := range entries {
		c := &entries[i].Conversation
		if r != nil {
			counts, unseen := redacted(c, r)
			s.Unseen.Add(unseen)
			if named {
				counts.Add(redactedName(c, r, entries[i].line, taken))
			}
			s.Redacted.Add(counts)
			if counts.Total() > 0 {
				s.RedactedIn++
			}
		}
		s.Conversations = append(s.Conversations, *c)
		entries[i] = entry{} // its text as it was
	}
}

// redactedName makes a name that is personal its place in the file, marked where
// another conversation is called so.
func redactedName(c *results.Conversation, r *redact.Redactor, line int, taken map[string]bool) redact.Counts {
	item := c.Item
	counts := r.Redact(&item)
	if counts.Total() > 0 {
		c.Item = fmt.Sprintf("line-%d", line)
		for taken[c.Item] {
			c.Item += "-redacted"
		}
		taken[c.Item] = true
	}
	return counts
}

// maxReasons bounds how many kinds of entries are told apart.
const maxReasons = 20

// tallies counts by reason.
type tallies []Tally

func (ts *tallies) add(reason string, line int) {
	i := slices.IndexFunc(*ts, func(t Tally) bool { return t.Reason == reason })
	if i < 0 && len(*ts) >= maxReasons {
		reason = "other reasons"
		i = slices.IndexFunc(*ts, func(t Tally) bool { return t.Reason == reason })
	}
	if i < 0 {
		*ts = append(*ts, Tally{Reason: reason, Line: line})
		i = len(*ts) - 1
	}
	(*ts)[i].Count++
}

func (ts tallies) list() []Tally {
	slices.SortStableFunc(ts, func(a, b Tally) int { return b.Count - a.Count })
	return ts
}
