package targets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

const (
	readSize       = bufferSize             // bytes of a body asked for at once
	errorBodyLimit = 5 * time.Second        // for reading it
	drainLimit     = 100 * time.Millisecond // for what follows the terminal marker
	drainSize      = 16 << 10               // bytes of it
)

// attempt is one Ask.
type attempt struct {
	t    *Target
	zero time.Time
	rec  *results.Record

	watch           watch
	trace           trace
	sizes           []int32 // bytes of each chunk's text
	text, reasoning strings.Builder
	merged          bool // the latest chunk's read is already counted as coalesced
	failure         *chat.Failure
}

// Ask makes one attempt and writes all that it saw into rec: instants since
// zero, the stream, tokens, outcome and cost. The caller has filled rec's
// identity, Intended and Scheduled. Whatever happens, rec.End is set and either
// rec.Complete or rec.Error is. A cancelled ctx ends the attempt as cancelled.
//
// The request is sent as it is; only an empty model becomes the Spec's. Spec.Params
// and Spec.System are for the caller who builds it.
func (t *Target) Ask(ctx context.Context, zero time.Time, req chat.Request, rec *results.Record) {
	rec.Simulated = rec.Simulated || t.spec.Simulated
	a := &attempt{t: t, zero: zero, rec: rec}
	usage := a.run(ctx, &req)
	if !rec.End.IsKnown() {
		rec.End = a.now()
	}
	a.trace.record(rec, zero)
	if a.failure != nil {
		rec.Error = &results.Error{Class: a.failure.Class, Message: t.sentence(a.failure.Message)}
		if a.failure.RetryAfter > 0 {
			rec.Error.RetryAfter = results.At(a.failure.RetryAfter)
		}
	}
	rec.Text = t.redactor.Text(a.text.String())
	rec.ReasoningText = t.redactor.Text(a.reasoning.String())
	countTokens(rec, a.sizes, usage)
	rec.CostUSD = rec.USD(t.spec.Price, zero)
}

func (a *attempt) now() results.Instant { return results.At(time.Since(a.zero)) }

// run sends the request and reads the response.
//
// Note: what a stream's goroutine has on its stack while it waits is as much memory
// as what it has on the heap, so whatever can be is done in functions that have
// returned by then.
func (a *attempt) run(ctx context.Context, req *chat.Request) *chat.Usage {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if !a.t.enter(a, cancel) {
		a.failure = &chat.Failure{Class: chat.Cancelled, Message: "the target is closed"}
		return nil
	}
	defer a.t.leave(a)
	a.watch.start(cancel, a.t.spec.Timeouts)
	defer a.watch.stop()

	r, err := a.encode(req)
	if err != nil {
		a.failure = &chat.Failure{Class: chat.BadRequest, Message: err.Error()}
		return nil
	}
	if a.t.sockets != nil {
		select {
		case a.t.sockets <- struct{}{}:
			defer a.t.freeSocket()
		case <-ctx.Done():
			a.failure = a.t.stopped(ctx)
			return nil
		}
	}
	resp := a.send(ctx, r)
	if resp == nil {
		return nil
	}
	defer resp.Body.Close()
	return a.receive(ctx, resp)
}

func (t *Target) freeSocket() { <-t.sockets }

// send sends the request and waits for the head of the response; nil where a
// failure came instead.
func (a *attempt) send(ctx context.Context, r *http.Request) *http.Response {
	a.watch.enter(phaseConnect, a.t.spec.Timeouts.Connect)
	r = r.WithContext(a.trace.follow(ctx, &a.watch, a.t.spec.Timeouts.FirstByte))
	resp, err := a.t.transport.RoundTrip(r)
	if err != nil {
		a.failure = a.t.unanswered(ctx, &a.trace, err)
		return nil
	}
	if said := wire.RateLimits(resp.Header, time.Now()); said != nil {
		a.t.limits.Store(said)
	}
	a.rec.Status = resp.StatusCode
	a.rec.Simulated = a.rec.Simulated || resp.Header.Get(wire.SimulatedHeader) == "1"
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		a.refused(r, resp)
		_ = resp.Body.Close() // nothing more is wanted of it
		return nil
	}
	return resp
}

// hasher is what one request after another is hashed with.
type hasher struct {
	hash.Hash
	sum  [sha256.Size]byte
	text [2 * sha256.Size]byte
}

var hashers = sync.Pool{New: func() any { return &hasher{Hash: sha256.New()} }}

// hash keeps the hash of a request's body.
func (a *attempt) hash(r *http.Request) error {
	if r.GetBody == nil {
		return nil
	}
	body, err := r.GetBody()
	if err != nil {
		return fmt.Errorf("hashing the request: %w", err)
	}
	defer body.Close()
	h := hashers.Get().(*hasher)
	defer hashers.Put(h)
	h.Reset()
	if _, err := io.Copy(h, body); err != nil {
		return fmt.Errorf("hashing the request: %w", err)
	}
	a.rec.RequestHash = string(hex.AppendEncode(h.text[:0], h.Sum(h.sum[:0])))
	return nil
}

// receive reads a 2xx response to its terminal marker, or to its failure.
func (a *attempt) receive(ctx context.Context, resp *http.Response) *chat.Usage {
	dec := a.t.spec.Protocol.Decoder(resp)
	whole, readErr := a.readBody(resp.Body, dec)
	ended, done := at(dec)
	if done {
		a.rec.End = results.At(ended)
	} else {
		a.rec.End = a.now()
	}
	usage := a.take(ctx, dec, readErr, resp.Header)
	if done && !whole {
		// Read on to the body's own end, if that is at hand: only then can the
		// connection be used again.
		a.watch.enter(phaseDrain, drainLimit)
		_, _ = io.CopyN(io.Discard, resp.Body, drainSize)
	}
	return usage
}

// take decodes what was received behind a head.
func (a *attempt) take(ctx context.Context, dec wire.Decoder, readErr error, head http.Header) *chat.Usage {
	out := dec.Close(readErr)
	a.choices(dec)
	a.rec.CleanEnd = readErr == nil && out.Failure != nil && out.Failure.Class == chat.Interrupted
	a.rec.Complete = out.Complete
	if a.rec.Timings = out.Timings; a.rec.Timings == nil {
		a.rec.Timings = wire.ServerTime(head)
	}
	a.failure = out.Failure
	if out.Failure != nil && out.Failure.Class == chat.Interrupted && readErr != nil && ctx.Err() != nil {
		a.failure = a.t.stopped(ctx)
	}
	a.rec.Model = a.t.word(out.Model)
	a.rec.Finish = chat.Finish(a.t.word(string(out.Finish)))
	for _, c := range out.ToolCalls {
		a.rec.ToolCalls = append(a.rec.ToolCalls, chat.ToolCall{ID: a.t.word(c.ID), Name: a.t.word(c.Name),
			Arguments: a.t.redactor.Text(c.Arguments)})
	}
	return out.Usage
}

// pieces are what bodies are read into.
var pieces = sync.Pool{New: func() any { return new([readSize]byte) }}

// readBody feeds the body to the decoder until either has had enough. A clean
// end is nil; whole says that the body's own has been seen.
func (a *attempt) readBody(body io.Reader, dec wire.Decoder) (whole bool, err error) {
	a.watch.enter(phaseIdle, a.t.spec.Timeouts.Idle)
	piece := pieces.Get().(*[readSize]byte)
	defer pieces.Put(piece)
	buf := piece[:]
	for {
		var n int
		n, err = body.Read(buf)
		whole = errors.Is(err, io.EOF)
		a.watch.touch()
		if n > 0 {
			stamp := a.trace.latest()
			a.stamped(stamp)
			if dec.Feed(stamp.At.Sub(a.zero), buf[:n], a.chunk) != nil {
				return whole, nil // the decoder remembers why
			}
			if _, done := at(dec); done {
				return whole, nil
			}
		}
		if whole {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// stamped notes by which clock bytes of the response came; one stamp of user space
// makes the whole record user space's.
func (a *attempt) stamped(s wire.Stamp) {
	if a.rec.Clock != results.ClockUser {
		a.rec.Clock = s.Source
	}
	if s.Source == wire.StampSourceKernel {
		a.rec.ReceiveLag = results.At(max(s.Lag, time.Duration(a.rec.ReceiveLag.Or(0))))
	}
}

// choices records what tools with other definitions would count; see results/as.
func (a *attempt) choices(dec wire.Decoder) {
	counter, ok := dec.(wire.ChoiceCounter)
	if !ok {
		return
	}
	if c := counter.Choices(); c.Count > 0 {
		a.rec.Events, a.rec.EventsUntimed, a.rec.UsageBeside = c.Count, c.Untimed, c.UsageBeside
		a.rec.FirstEvent, a.rec.LastEvent = results.At(c.First), results.At(c.Last)
		if c.HasUsage {
			a.rec.UsageEvent = results.At(c.Usage)
		}
	}
}

func at(dec wire.Decoder) (time.Duration, bool) {
	if e, ok := dec.(wire.Ender); ok {
		return e.Ended()
	}
	return 0, false
}

// chunk records one content-bearing event. Its stamp alone tells the read that
// brought it: two reads of one stamp, of which hardly ever any are, leave as little
// known of the time between their events as one does.
func (a *attempt) chunk(c wire.Chunk) {
	rec, now := a.rec, results.At(c.At)
	var gap time.Duration
	if last, ok := rec.LastToken.Get(); ok {
		gap = c.At - time.Duration(last)
	} else {
		rec.FirstToken = now
		gap = c.At - a.trace.started(a.zero)
	}
	if c.Kind == wire.Reasoning {
		a.reasoning.WriteString(c.Text)
	} else {
		if !rec.FirstAnswer.IsKnown() {
			rec.FirstAnswer = now
		}
		if c.Kind == wire.Content {
			a.text.WriteString(c.Text)
		}
	}
	switch {
	case rec.LastToken != now:
		a.merged = false
	case !a.merged:
		rec.Coalesced++
		a.merged = true
	}
	rec.LastToken = now
	rec.Chunks = append(rec.Chunks, results.Chunk{Gap: gap, Tokens: c.Tokens, Kind: string(c.Kind)})
	a.sizes = append(a.sizes, int32(len(c.Text)))
}
