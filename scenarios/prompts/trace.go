package prompts

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"switchover/results"
)

// The formats of traces: what was asked of a service when, and how long it was,
// without its text.
const (
	TraceMooncake = "mooncake"
	TraceBurstGPT = "burstgpt"
	TraceAzure    = "azure"
)

// TraceFormats names the formats that ReadTrace knows, in the order help shows them.
var TraceFormats = []string{TraceMooncake, TraceBurstGPT, TraceAzure}

// blockTokens is how many tokens a prefix block of a Mooncake trace has.
const blockTokens = 512

// TraceOptions say how a trace is read.
type TraceOptions struct {
	Format string // one of TraceFormats
	// Until ends the reading before the first request that came this long or longer
	// after the trace's first; 0 reads on.
	Until time.Duration
	// Requests ends the reading after that many; 0 reads on.
	Requests int
	// Salted leaves room for a salt in each prompt, so that it has its length with it.
	Salted bool
	Seed   [2]uint64
	// Limits bound what is read and kept; Held defaults to 512 MiB, and
	// Conversations to 1,000,000, here.
	Limits Limits
}

// request is one request of a trace.
type request struct {
	at            time.Duration // since a zero of the trace's own
	input, output int           // tokens
	blocks        []int64       // of its prompt, by identity; nil where the trace does not tell
	line          int
	err           *Error
}

// traceFormat is how one format is read.
type traceFormat struct {
	requests func(io.Reader, Limits) iter.Seq[request]
	hint     string
	// densest is the most requests a second, on average, that the unit of its times
	// makes believable; 0 where the unit is written out.
	densest float64
}

var traceFormats = map[string]traceFormat{
	TraceMooncake: {mooncake, eachLine + TraceMooncake, 1000},
	TraceBurstGPT: {csvTrace(burstGPT), "a header and rows", 0},
	TraceAzure:    {csvTrace(azure), "a header and rows", 0},
}

// ReadTrace reads a trace and makes a prompt for each of its requests, in the
// order in which they came: as long as the trace says, by Tokenizer, with an
// answer as long as the trace says. Where a trace tells which blocks of their
// prompts requests share, the prompts share text in the same way. The rest is as
// with [Read]: the error is an [*Error], and nothing is returned beside one.
//
// A source is read no further than Until and Requests need.
func ReadTrace(r io.Reader, name string, o TraceOptions) (*Set, error) {
	f, ok := traceFormats[o.Format]
	if !ok {
		return nil, &Error{File: name, Reason: "unknown format " + quoted(o.Format) + " of traces",
			Hint: "the formats of traces are: " + strings.Join(TraceFormats, ", ")}
	}
	t := traceReader{options: o, format: f, set: &Set{}, maker: newMaker(o.Seed, o.Salted, o.Limits.Held), blocks: map[int64]string{}}
	if o.Limits.Conversations <= 0 {
		t.options.Limits.Conversations = 1_000_000
	}
	limits := o.Limits.withDefaults(false, true)
	for q := range f.requests(r, limits) {
		if q.err == nil || q.err.leave == "" {
			took, err := t.take(q)
			if err != nil {
				return nil, err.in(name, q.line)
			}
			if !took {
				t.set.Cut = true
				break
			}
		} else {
			t.left.add(q.err.leave, q.line)
		}
		t.set.Entries++
		if o.Requests > 0 && len(t.set.Conversations) == o.Requests {
			t.set.Cut = true // whether or not there is more
			break
		}
	}
	t.set.Left = t.left.list()
	if err := t.enough(); err != nil {
		return nil, err.in(name, 0)
	}
	return t.set, nil
}

// traceReader turns requests into conversations.
type traceReader struct {
	options TraceOptions
	format  traceFormat
	set     *Set
	left    tallies
	maker   *maker
	blocks  map[int64]string
	first   time.Duration
	last    time.Duration
}

// take takes one request, unless it came too late.
func (t *traceReader) take(q request) (took bool, err *Error) {
	if q.err != nil {
		return false, q.err
	}
	n := len(t.set.Conversations)
	switch {
	case n == 0:
		t.first, t.last = q.at, q.at
	case q.at < t.last:
		return false, mistake("sort the trace by its times", "the request came %s before the one above it", t.last-q.at)
	}
	at := q.at - t.first
	if t.options.Until > 0 && at >= t.options.Until {
		return false, nil
	}
	if n >= t.options.Limits.Conversations {
		return false, mistake(lessOfIt, "more than %d requests", t.options.Limits.Conversations)
	}
	t.last = q.at
	c := results.Conversation{
		Item: fmt.Sprintf("line-%d", q.line), Category: "trace", Language: "en", At: int64(at),
		MaxTokens: q.output, Exact: true, InputTokens: []int{q.input},
	}
	if q.blocks != nil {
		t.fromBlocks(&c, q)
	} else {
		c.Turns = []string{t.maker.first(&c, ruler{ends: []int{0}, fits: []int{0}, last: []string{""}}, 0, int64(q.line))}
	}
	if e := t.maker.keep(&c); e != nil {
		return false, mistake("", "%v", e)
	}
	if t.maker.full() {
		return false, mistake(lessOfIt, "the prompts up to here are more than %d bytes of text", t.maker.limit)
	}
	t.set.Conversations = append(t.set.Conversations, c)
	return true, nil
}

const lessOfIt = "replay less of it: end the stage of mode trace by duration or requests"

// fromBlocks makes a prompt of its blocks: the same text for the same block. All
// prompts of a stage have one salt between them, in the room of their first
// block's first tokens, so that they share with each other what the trace shares,
// and nothing with another stage or run.
func (t *traceReader) fromBlocks(c *results.Conversation, q request) {
	m := t.maker
	m.buf = m.buf[:0]
	left := q.input
	c.Salt = &results.SaltPlace{Scope: results.SaltNone}
	for i, id := range q.blocks {
		n := min(left, blockTokens)
		left -= n
		if i == 0 {
			// It stands where nothing is before it, and gives its room to the salt.
			if salt := m.saltTokens(""); t.options.Salted && n > salt {
				n -= salt
				c.Salt.Scope = results.SaltOfStage
			}
			m.buf = m.passage("block", id, true).write(m.buf, n, false)
			continue
		}
		if n == blockTokens {
			m.buf = append(m.buf, t.block(id)...)
			continue
		}
		m.buf = m.passage("block", id, false).write(m.buf, n, false)
	}
	c.Turns = []string{string(m.buf)}
}

// maxBlocks bounds how many blocks' texts are kept to be written again.
const maxBlocks = 20_000

// block is the text of a whole block that stands behind another.
func (t *traceReader) block(id int64) string {
	if text, ok := t.blocks[id]; ok {
		return text
	}
	text := string(t.maker.passage("block", id, false).write(nil, blockTokens, false))
	if len(t.blocks) < maxBlocks {
		t.blocks[id] = text
	}
	return text
}

// enough refuses a trace without a request, and one whose times cannot be in the
// format's unit.
func (t *traceReader) enough() *Error {
	n, span := len(t.set.Conversations), t.last-t.first
	switch {
	case t.set.Entries == 0:
		return mistake(t.format.hint, "holds no request")
	case n == 0:
		return mistake("", "holds nothing that can be replayed: %s", listed(t.set.Left))
	case t.format.densest > 0 && n >= 100 && span > 0 && float64(n)/span.Seconds() > t.format.densest:
		return mistake("its times are milliseconds, not seconds; multiply them by 1000",
			"%d requests came within %s, more than %g a second", n, span, t.format.densest)
	}
	return nil
}

// lengthsOf checks the tokens of a request. What nothing was asked or answered in
// cannot be replayed.
func lengthsOf(input, output int64, inputName, outputName string) *Error {
	switch {
	case input < 0:
		return mistake("", "%s is negative", inputName)
	case output < 0:
		return mistake("", "%s is negative", outputName)
	case input > MaxInput:
		return mistake("", "%s is %d, more than %d", inputName, input, MaxInput)
	case output > MaxOutput:
		return mistake("", "%s is %d, more than %d", outputName, output, MaxOutput)
	case output == 0:
		return leaveOut("no answer (%s 0)", outputName)
	case input == 0:
		return leaveOut("no question (%s 0)", inputName)
	}
	return nil
}

// traceHint says how a trace is read, for one that was taken for a log.
func traceHint(format string) string {
	return fmt.Sprintf("a trace is replayed: workload: {trace: {file: FILE, format: %s}} and a stage of mode: trace, or --from %s", format, format)
}
