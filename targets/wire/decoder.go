package wire

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"switchover/targets/chat"
)

// The bounds of one response.
const (
	maxBody     = 64 << 20 // bytes of the body
	maxDocument = 8 << 20  // bytes of a body that is one document
	maxText     = 4 << 20  // bytes of content, reasoning and tool calls
	maxChunks   = 1 << 18  // events with content
	maxCalls    = 128      // tool calls
	maxCallName = 4 << 10  // bytes of a call's id and name
	maxForeign  = 4 << 10  // bytes of a body that is not the protocol
	maxBacklog  = 4 << 20  // bytes of events that are not decoded yet
)

// Ender is implemented by decoders that can tell that the terminal marker has
// passed, so that a reader need not wait for the body's own end.
type Ender interface {
	// Ended returns the stamp of the terminal marker, and whether it has come.
	Ended() (at time.Duration, ok bool)
}

// dialect is how the answers of one protocol read. It is made for one response and
// may remember what has come.
type dialect interface {
	traits() *traits
	// event takes an event of a stream: later than it came, unless it is urgent.
	event(a *answer, e *event) error
	// document takes a body that is one document. That it has closed is its end.
	document(a *answer, data []byte) error
}

// traits are what does not depend on the response.
type traits struct {
	answer string // what an answer is called: "a chat completion"
	marker string // what ends a stream, "[DONE]"; empty where the body's own end does
	reason string // what says why the model stopped, "finish_reason"; empty where nothing does
	// frame decides by the media type and the first byte that says something.
	frame func(kind string, first byte) framing
	// look decides how urgent an event is, from as little of it as will do.
	look func(name string, data []byte) urgency
}

// event is one event of a stream.
type event struct {
	name string // of a server-sent event that is urgent; others have lost theirs
	data []byte
	// front and behind are how many bytes it shares with the event before.
	front, behind int
}

// urgency is how soon an event has to be decoded.
type urgency int

const (
	later urgency = iota // once the stream is over
	now                  // it may be an error, or the end
	last                 // it is the end; decoded later
)

type framing int

const (
	unknownFraming framing = iota
	eventStream            // server-sent events
	lineStream             // a JSON document a line
	amazonStream           // AWS's binary messages
	oneDocument
	foreign // not the protocol: kept in head for the message
)

// splitter splits a body into events; what it dispatches is valid during the call.
type splitter interface {
	feed(b []byte, dispatch func(name string, data []byte) error) error
	// flush ends the event that the body ended in.
	flush(dispatch func(name string, data []byte) error) error
}

// decoder reads one response of any protocol. It does not decode events while the
// stream runs: it only notices the end, and decodes at once what is urgent, and all
// where much has come. The rest is for Close.
type decoder struct {
	answer
	dialect  dialect
	kind     string // media type of the body; what it looks like counts for more
	encoding string
	head     []byte // bytes before the body showed what it is
	framing  framing
	splitter splitter
	sse      sse
	backlog  backlog
	document document
	body     int  // bytes so far
	torn     bool // the body ended in half an event
	failure  *chat.Failure
}

var (
	_ Ender         = (*decoder)(nil)
	_ ChoiceCounter = (*decoder)(nil)
)

func newDecoder(resp *http.Response, d dialect) *decoder {
	return &decoder{dialect: d, kind: mediaType(resp.Header.Get("Content-Type")), encoding: resp.Header.Get("Content-Encoding")}
}

// mediaType is a Content-Type without its parameters; empty where there is none.
func mediaType(content string) string {
	if content == "application/json" || content == "text/event-stream" {
		return content
	}
	kind, _, err := mime.ParseMediaType(content)
	if err != nil {
		return ""
	}
	return kind
}

func (d *decoder) Ended() (time.Duration, bool) { return d.doneAt, d.done }

// Choices returns what has come; complete after Close.
func (d *decoder) Choices() Choices { return d.tally.Choices }

// Feed takes the next bytes of the body. Once the terminal marker has come, what
// follows is ignored.
func (d *decoder) Feed(at time.Duration, b []byte, emit func(Chunk)) error {
	if d.failure != nil {
		return d.failure
	}
	d.at, d.emit = at, emit
	allowed := min(len(b), maxBody-d.body)
	d.body += allowed
	err := d.split(b[:allowed])
	if err == nil && allowed < len(b) && !d.done {
		err = tooLarge("the response", maxBody)
	}
	if err != nil || d.backlog.size > maxBacklog {
		if before := d.drain(); before != nil {
			return before
		}
	}
	if d.done {
		return nil
	}
	return d.fail(err)
}

// fail remembers why the body cannot be read on.
func (d *decoder) fail(err error) error {
	if err == nil {
		return nil
	}
	if !errors.As(err, &d.failure) {
		d.failure = &chat.Failure{Class: chat.Malformed, Message: err.Error()}
	}
	return d.failure
}

func (d *decoder) split(b []byte) error {
	if d.framing == unknownFraming {
		d.head = append(d.head, b...)
		if err := d.recognise(); err != nil || d.framing == unknownFraming {
			return err
		}
		b, d.head = d.head, nil
	}
	switch d.framing {
	case foreign:
		d.head = append(d.head, b[:min(len(b), maxForeign-len(d.head))]...)
		if len(d.head) == maxForeign {
			return d.notProtocol()
		}
		return nil
	case oneDocument:
		closed, err := d.document.feed(b)
		if err != nil || !closed || d.done {
			return err
		}
		if err := d.dialect.document(&d.answer, d.document.text); err != nil {
			return err
		}
		d.end()
		return nil
	}
	return d.splitter.feed(b, d.arrived)
}

// recognise decides by the first byte that says something: servers mislabel
// their bodies.
func (d *decoder) recognise() error {
	if d.encoding != "" && !strings.EqualFold(d.encoding, "identity") {
		return fmt.Errorf("the response is compressed (%s) though that was not asked for: its events cannot be timed", d.encoding)
	}
	seen := d.head
	if d.kind != amazonMedia {
		for len(seen) > 0 && strings.IndexByte("\xef\xbb\xbf \t\r\n", seen[0]) >= 0 {
			seen = seen[1:]
		}
	}
	switch {
	case len(seen) == 0 && len(d.head) > maxEvent:
		return tooLarge("the white space before the response", maxEvent)
	case len(seen) == 0:
		return nil
	}
	switch d.framing = d.dialect.traits().frame(d.kind, seen[0]); d.framing {
	case eventStream:
		d.splitter = &d.sse
	case lineStream:
		d.splitter, d.head = &lines{}, seen
	case amazonStream:
		d.splitter = &amazonMessages{}
	case oneDocument:
		d.head = seen
	}
	return nil
}

// frameSSE frames protocols whose answers are server-sent events, or one document
// where a server knows no streaming.
func frameSSE(kind string, first byte) framing {
	switch {
	case first == '{':
		return oneDocument
	case kind == "text/event-stream" || strings.IndexByte(":deir", first) >= 0:
		return eventStream // data, event, id, retry or a comment
	}
	return foreign
}

// notProtocol quotes the beginning of a body that no answer begins with.
func (d *decoder) notProtocol() error {
	return fmt.Errorf("answered %q instead of %s; is the url that of the API? It says: %s", d.kind, d.dialect.traits().answer, plainText(d.head))
}

// arrived takes one event of the running stream.
func (d *decoder) arrived(name string, data []byte) error {
	data = bytes.TrimSpace(data)
	if d.done || len(data) == 0 {
		return nil
	}
	switch d.dialect.traits().look(name, data) {
	case later:
		d.backlog.add(d.at, data)
		return nil
	case last:
		d.backlog.add(d.at, data)
		d.end()
		return nil
	}
	if err := d.drain(); err != nil {
		return err
	}
	return d.dialect.event(&d.answer, &event{name: name, data: data})
}

// drain decodes the events that have come before.
func (d *decoder) drain() error {
	now := d.at
	var e event
	err := d.backlog.drain(func(at time.Duration, data []byte, front, behind int) error {
		d.at, e = at, event{data: data, front: front, behind: behind}
		return d.dialect.event(&d.answer, &e)
	})
	d.at = now
	return d.fail(err)
}

// final takes the event that the body ended in.
func (d *decoder) final(name string, data []byte) error {
	if err := d.arrived(name, data); err != nil {
		return err
	}
	return d.drain()
}

// Close decodes the stream and returns the outcome. At a clean end an event that
// only lacks its blank line is still read, since servers end their last one so.
func (d *decoder) Close(readErr error) Outcome {
	_ = d.drain() // the decoder remembers why
	if d.failure == nil && !d.done && readErr == nil {
		_ = d.fail(d.finishBody())
	}
	d.emit = nil
	about := d.dialect.traits()
	streamed := d.framing == eventStream || d.framing == lineStream || d.framing == amazonStream
	if about.marker == "" && readErr == nil && streamed && !d.torn && (d.finish != "" || about.reason == "") {
		d.end()
	}
	out := Outcome{Finish: d.finish, Model: d.model, Usage: d.usage, Timings: d.timings, Failure: d.failure}
	for _, c := range d.calls {
		out.ToolCalls = append(out.ToolCalls, chat.ToolCall{ID: c.id, Name: c.name, Arguments: string(c.arguments)})
	}
	switch {
	case d.failure != nil:
	case d.done && (d.finish != "" || about.reason == ""):
		out.Complete = true
		out.Failure = d.unanswered()
	default:
		out.Failure = d.interrupted(readErr)
	}
	return out
}

func (d *decoder) finishBody() error {
	switch d.framing {
	case foreign:
		return d.notProtocol()
	case unknownFraming:
		return d.recognise() // an empty body may still be a compressed one
	case oneDocument:
		return nil
	}
	err := d.splitter.flush(d.final)
	var said *chat.Failure
	if errors.As(err, &said) {
		return err
	}
	d.torn = err != nil
	return nil // half an event is not malformed, it is interrupted
}

// streamError is the failure of a stream that says it itself.
func streamError(data []byte) *chat.Failure {
	e, ok := decodeError(data)
	if !ok || e.message == "" && e.kind == "" && e.code == "" {
		e.message = string(data)
	}
	return inside(e)
}
