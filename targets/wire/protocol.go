// Package wire speaks the protocols of inference servers: one file per protocol
// that encodes a request and decodes a stream, the framings they share, and the
// stamped connection beneath them. Bytes are stamped first and parsed after.
// It refuses to call a stream complete before its terminal marker was seen, to
// follow redirects, to retry, and to hold more of a response than its bounds.
package wire

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"switchover/targets/chat"
	"switchover/targets/secret"
)

// Endpoint is where and as whom a target is asked.
type Endpoint struct {
	URL   string       // the API's base, for instance http://127.0.0.1:8000/v1
	Model string       // the model's name as the server knows it
	Key   secret.Value // may be empty
	// KeyID and Session are what else signed protocols (AWS, Tencent Cloud) need
	// beside the secret Key; Session is empty for keys that do not expire.
	KeyID, Session secret.Value
	Region         string // of a cloud, where the protocol needs it to sign
	// APIVersion is a version of the API: a dated one of Azure's or Anthropic's, or a part of
	// Gemini's address (v1beta).
	APIVersion string
	// Headers are sent as they are, beside the protocol's own.
	Headers map[string]string
	// Now is the clock that requests are signed by; nil is time.Now.
	Now func() time.Time
}

// now is the instant to sign a request with.
func (ep *Endpoint) now() time.Time {
	if ep.Now == nil {
		return time.Now()
	}
	return ep.Now()
}

// model is the name of the model that a request asks: its own, or the endpoint's.
func (ep *Endpoint) model(req *chat.Request) string { return cmp.Or(req.Model, ep.Model) }

// Refusal is the error of a request that has a field a protocol rejects.
type Refusal struct {
	Protocol string
	Losses   []chat.Loss // the rejected ones
}

func (r *Refusal) Error() string {
	var said []string
	for i, l := range r.Losses { // neighbours that share a reason are said together
		field := l.Field.String()
		if i+1 == len(r.Losses) || r.Losses[i+1].Why != l.Why {
			field += " (" + l.Why + ")"
		}
		said = append(said, field)
	}
	return fmt.Sprintf("protocol %s cannot be asked for: %s", r.Protocol, strings.Join(said, ", "))
}

// refused is the refusal of a request's losses; nil where none is rejected.
func refused(protocol string, losses []chat.Loss) error {
	var no []chat.Loss
	for _, l := range losses {
		if l.Fate == chat.Rejected {
			no = append(no, l)
		}
	}
	if no == nil {
		return nil
	}
	return &Refusal{protocol, no}
}

// Kind says what a chunk carries, as the journal writes it.
type Kind string

// The kinds of content.
const (
	Content   Kind = "c"
	Reasoning Kind = "r"
	ToolCall  Kind = "t"
)

// Chunk is one content-bearing event of a stream. Role-only, usage-only, empty
// and keep-alive events are none.
type Chunk struct {
	At     time.Duration // the stamp of the read that completed the event
	Kind   Kind
	Text   string // content, reasoning, or a fragment of a tool call's arguments
	Tokens int    // 0 when the protocol does not say
}

// Outcome is how a response ended.
type Outcome struct {
	Complete  bool // the protocol's terminal marker was seen
	Finish    chat.Finish
	Model     string // the model that the server says answered
	Usage     *chat.Usage
	Timings   *chat.Timings `json:",omitempty"` // of the server's own making; nil where it says none
	ToolCalls []chat.ToolCall
	// Failure is set when the body said or implied one: an error object inside a
	// 200, a missing terminal marker, a malformed or oversized event.
	Failure *chat.Failure
}

// Protocol turns a conversation into an HTTP request and a response stream into
// stamped chunks. Implementations hold no state between calls.
type Protocol interface {
	// Encode builds the request, its key included, and says which of its fields the
	// protocol could not carry as asked. Where one of them is rejected there is no
	// request but a *Refusal. The caller attaches the context and sends it at once:
	// some protocols sign it with the time.
	Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error)
	// Carriage says what becomes of each field. Encode may say worse of one, by its
	// value.
	Carriage() chat.Carriage
	// Decoder reads the body of one 2xx response, streaming or not.
	Decoder(resp *http.Response) Decoder
	// Failure classifies a response that is not 2xx from its status, its headers
	// and at most the first 64 KiB of its body.
	Failure(status int, header http.Header, body []byte) *chat.Failure
}

// Decoder is fed the bytes of one response as they arrive.
type Decoder interface {
	// Feed takes bytes that arrived at an instant and emits, now or in a later call
	// and at the latest in Close, the chunks they completed: decoding takes longer
	// than receiving, so it may wait until the stream is over. An error means the
	// body is not the protocol; feeding stops.
	Feed(at time.Duration, b []byte, emit func(Chunk)) error
	// Close is told how the body ended (nil for a clean end), emits what is left to
	// the function of the latest Feed, and returns the outcome.
	Close(readErr error) Outcome
}
