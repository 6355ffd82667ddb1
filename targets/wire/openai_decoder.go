package wire

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

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

// Decoder reads the body of one 2xx response.
func (OpenAI) Decoder(resp *http.Response) Decoder {
	return &openAIDecoder{kind: mediaType(resp.Header.Get("Content-Type")), encoding: resp.Header.Get("Content-Encoding")}
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

// openAIDecoder does not decode events while the stream runs: it only notices the
// end, and decodes at once where an event looks like an error or like none of the
// protocol's, and where many have come. The rest is for Close.
type openAIDecoder struct {
	kind     string // media type of the body; what it looks like counts for more
	encoding string
	head     []byte // bytes before the body showed what it is
	framing  framing
	sse      sse
	backlog  backlog
	document document

	body     int // bytes so far
	text     int // bytes of content of any kind
	chunks   int // emitted
	answered int // of them, not reasoning
	at       time.Duration
	emit     func(Chunk) // nil once nothing can be emitted any more
	calls    []openAICall
	finish   chat.Finish
	model    string
	usage    *chat.Usage
	tally    tally
	done     bool
	doneAt   time.Duration
	failure  *chat.Failure
}

// openAICall is a tool call whose arguments are still arriving.
type openAICall struct {
	index     int // the server's number for it
	id, name  string
	arguments []byte
}

type framing int

const (
	unknownFraming framing = iota
	eventStream
	oneDocument
	foreign // not the protocol: kept in head for the message
)

var (
	_ Ender         = (*openAIDecoder)(nil)
	_ ChoiceCounter = (*openAIDecoder)(nil)
)

func (d *openAIDecoder) Ended() (time.Duration, bool) { return d.doneAt, d.done }

// Choices returns what has come; complete after Close.
func (d *openAIDecoder) Choices() Choices { return d.tally.Choices }

// Feed takes the next bytes of the body. Once the terminal marker has come, what
// follows is ignored.
func (d *openAIDecoder) Feed(at time.Duration, b []byte, emit func(Chunk)) error {
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
func (d *openAIDecoder) fail(err error) error {
	if err == nil {
		return nil
	}
	if !errors.As(err, &d.failure) {
		d.failure = &chat.Failure{Class: chat.Malformed, Message: err.Error()}
	}
	return d.failure
}

func (d *openAIDecoder) split(b []byte) error {
	if d.framing == unknownFraming {
		d.head = append(d.head, b...)
		if err := d.recognise(); err != nil || d.framing == unknownFraming {
			return err
		}
		b, d.head = d.head, nil
	}
	switch d.framing {
	case eventStream:
		return d.sse.feed(b, d.arrived)
	case oneDocument:
		closed, err := d.document.feed(b)
		if err != nil || !closed || d.done {
			return err
		}
		return d.whole(d.document.text)
	}
	d.head = append(d.head, b[:min(len(b), maxForeign-len(d.head))]...)
	if len(d.head) == maxForeign {
		return d.notProtocol()
	}
	return nil
}

// recognise decides by the first byte that says something: servers mislabel
// their bodies.
func (d *openAIDecoder) recognise() error {
	if d.encoding != "" && !strings.EqualFold(d.encoding, "identity") {
		return fmt.Errorf("the response is compressed (%s) though that was not asked for: its events cannot be timed", d.encoding)
	}
	seen := d.head
	for len(seen) > 0 && strings.IndexByte("\xef\xbb\xbf \t\r\n", seen[0]) >= 0 {
		seen = seen[1:]
	}
	switch {
	case len(seen) == 0 && len(d.head) > maxEvent:
		return tooLarge("the white space before the response", maxEvent)
	case len(seen) == 0:
	case seen[0] == '{':
		d.framing, d.head = oneDocument, seen
	case d.kind == "text/event-stream" || strings.IndexByte(":deir", seen[0]) >= 0:
		d.framing = eventStream // data, event, id, retry or a comment
	default:
		d.framing = foreign
	}
	return nil
}

// notProtocol quotes the beginning of a body that no chat completion begins with.
func (d *openAIDecoder) notProtocol() error {
	return fmt.Errorf("answered %q instead of a chat completion; is the url that of the API? It says: %s", d.kind, plainText(d.head))
}

// event decodes one event of the stream, and returns what it says.
func (d *openAIDecoder) event(data []byte) (*openAIEvent, error) {
	var e openAIEvent
	if err := e.decode(data); err != nil {
		return nil, fmt.Errorf("an event is no chat completion chunk: %s: %s", jsonProblem(err), data)
	}
	if e.failed() {
		return nil, streamError(data)
	}
	return &e, d.take(&e)
}

// whole takes a body that is one document.
func (d *openAIDecoder) whole(data []byte) error {
	var e openAIEvent
	if err := e.decode(data); err != nil {
		return fmt.Errorf("the response is no chat completion: %s: %s", jsonProblem(err), data)
	}
	if e.failed() {
		return streamError(data)
	}
	if len(e.Choices) == 0 {
		return fmt.Errorf("the response has no choices: %s", data)
	}
	if err := d.take(&e); err != nil {
		return err
	}
	d.done, d.doneAt = true, d.at
	return nil
}

func streamError(data []byte) *chat.Failure {
	e, ok := decodeError(data)
	if !ok || e.message == "" && e.kind == "" && e.code == "" {
		e.message = string(data)
	}
	return &chat.Failure{Class: chat.StreamError, Message: "error inside the response: " + e.String()}
}

func (d *openAIDecoder) take(e *openAIEvent) error {
	if e.Model != "" {
		d.model = e.Model
	}
	if u := usage(e.Usage); u != nil {
		d.usage = u // the newest wins: running counts are cumulative
		d.tally.usage(d.at, len(e.Choices) > 0)
	}
	before := d.chunks
	for i := range e.Choices {
		c := &e.Choices[i]
		if c.Index != 0 {
			continue
		}
		for _, part := range []*openAIDelta{&c.Delta, &c.Message} {
			if err := d.takeDelta(part); err != nil {
				return err
			}
		}
		if c.FinishReason != "" {
			d.finish = c.FinishReason
		}
	}
	if len(e.Choices) > 0 {
		d.tally.event(d.at, d.chunks > before)
	}
	return nil
}

func (d *openAIDecoder) takeDelta(delta *openAIDelta) error {
	answer, reasoning := delta.texts()
	if err := d.add(Reasoning, reasoning); err != nil {
		return err
	}
	if err := d.add(Content, answer); err != nil {
		return err
	}
	var arguments strings.Builder
	for i := range delta.ToolCalls {
		c := &delta.ToolCalls[i]
		call, err := d.call(c)
		if err != nil {
			return err
		}
		call.arguments = append(call.arguments, c.Function.Arguments...)
		arguments.WriteString(c.Function.Arguments)
	}
	return d.add(ToolCall, arguments.String())
}

// call finds the call that a fragment belongs to, by the server's index; servers
// that send none begin a new call with a new id.
func (d *openAIDecoder) call(c *openai.ToolCall) (*openAICall, error) {
	var call *openAICall
	for i := range d.calls {
		if have := &d.calls[i]; c.Index != nil && have.index == *c.Index ||
			c.Index == nil && (c.ID == "" || c.ID == have.id) {
			call = have
		}
	}
	if call == nil {
		if len(d.calls) == maxCalls {
			return nil, fmt.Errorf("the response has more than %d tool calls", maxCalls)
		}
		index := len(d.calls)
		if c.Index != nil {
			index = *c.Index
		}
		d.calls = append(d.calls, openAICall{index: index})
		call = &d.calls[len(d.calls)-1]
	}
	if c.ID != "" {
		call.id = c.ID
	}
	if call.name == "" {
		call.name = c.Function.Name
	}
	if len(call.id)+len(call.name) > maxCallName {
		return nil, tooLarge("the name of a tool call", maxCallName)
	}
	return call, nil
}

func (d *openAIDecoder) add(kind Kind, text string) error {
	if text == "" {
		return nil
	}
	if d.text += len(text); d.text > maxText {
		return tooLarge("the answer", maxText)
	}
	if d.chunks++; d.chunks > maxChunks {
		return fmt.Errorf("the stream has more than %d events with content", maxChunks)
	}
	if kind != Reasoning {
		d.answered++
	}
	if d.emit != nil {
		d.emit(Chunk{At: d.at, Kind: kind, Text: text})
	}
	return nil
}

// Close decodes the stream and returns the outcome. At a clean end an event that
// only lacks its blank line is still read, since servers end their last one so.
func (d *openAIDecoder) Close(readErr error) Outcome {
	_ = d.drain() // the decoder remembers why
	d.emit = nil
	if d.failure == nil && !d.done && readErr == nil {
		_ = d.fail(d.finishBody())
	}
	out := Outcome{Finish: d.finish, Model: d.model, Usage: d.usage, Failure: d.failure}
	for _, c := range d.calls {
		out.ToolCalls = append(out.ToolCalls, chat.ToolCall{ID: c.id, Name: c.name, Arguments: string(c.arguments)})
	}
	switch {
	case d.failure != nil:
	case d.done && d.finish != "":
		out.Complete = true
		out.Failure = d.unanswered()
	default:
		out.Failure = d.interrupted(readErr)
	}
	return out
}

func (d *openAIDecoder) finishBody() error {
	switch d.framing {
	case eventStream:
		err := d.sse.flush(d.last)
		var said *chat.Failure
		if errors.As(err, &said) {
			return err
		}
		return nil // half an event is not malformed, it is interrupted
	case foreign:
		return d.notProtocol()
	case unknownFraming:
		return d.recognise() // an empty body may still be a compressed one
	}
	return nil
}
