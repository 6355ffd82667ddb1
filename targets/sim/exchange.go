package sim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// exchange is one request being served.
type exchange struct {
	server  *Server
	w       http.ResponseWriter
	rc      *http.ResponseController
	ctx     context.Context
	dialect dialect
	req     *request
	draft
	arrived time.Time
	first   time.Time // when the first token was due
	entry   Entry
	timer   *time.Timer
}

// errCut ends an exchange whose connection was closed on purpose.
var errCut = errors.New("the connection was cut by script")

// serve runs the exchange and fills the entry.
func (x *exchange) serve(d draft) {
	x.draft = d
	x.entry.Stream, x.entry.InputTokens, x.entry.Completion = x.req.stream, d.input, d.id
	if d.fault != nil {
		x.entry.Fault = d.fault.Kind
	}
	if x.faultBefore() {
		return
	}
	waited, err := x.server.queue.enter(x.ctx)
	// Without a wait time runs from the arrival, so that composing the answer,
	// which a model does token by token, costs nothing on top.
	admitted := x.arrived
	if waited {
		admitted = time.Now()
		x.entry.Queued = int64(admitted.Sub(x.arrived))
	}
	switch {
	case errors.Is(err, errFull):
		x.reject(&refusal{problem: overloaded, text: "the server is overloaded: its queue is full", retryAfter: time.Second})
		return
	case err != nil:
		x.entry.End = EndGone
		return
	}
	defer x.server.queue.leave()
	prefill := d.prefill(&x.server.cfg)
	if d.is(SlowFirstByte) {
		prefill += d.fault.For
	}
	x.entry.Prefill = int64(prefill)
	if x.req.stream {
		err = x.stream(admitted.Add(prefill))
	} else {
		err = x.whole(admitted.Add(prefill))
	}
	x.conclude(err)
}

// conclude records how the exchange ended.
func (x *exchange) conclude(err error) {
	switch {
	case err != nil:
		x.entry.End = EndGone
	case x.is(Cut, EarlyEnd, Malformed, StreamError):
		x.entry.End = EndFault
	default:
		x.entry.End = EndComplete
		x.entry.Finish = string(x.end.finish)
	}
}

// reject answers with an error status that nobody scripted.
func (x *exchange) reject(r *refusal) {
	x.entry.Status, x.entry.End = x.dialect.refuse(x.w, r), EndRejected
}

// wait sleeps until an instant. The error is the context's: the client is gone.
func (x *exchange) wait(until time.Time) error {
	if x.timer == nil {
		x.timer = time.NewTimer(time.Until(until))
	} else {
		x.timer.Reset(time.Until(until))
	}
	select {
	case <-x.timer.C:
		return x.ctx.Err()
	case <-x.ctx.Done():
		x.timer.Stop()
		return x.ctx.Err()
	}
}

// send writes bytes and flushes them to the socket.
func (x *exchange) send(b []byte) error {
	// A writer that knows no deadlines has none to miss.
	_ = x.rc.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := x.w.Write(b); err != nil {
		return err
	}
	return x.rc.Flush()
}

// stream sends one event a token. Each is due a gap after the one before was
// due, whenever that one really left.
func (x *exchange) stream(due time.Time) error {
	if err := x.wait(due); err != nil {
		return err
	}
	x.first = due
	e := x.dialect.stream(x)
	x.w.Header().Set("Content-Type", e.media())
	x.w.Header().Set("Cache-Control", "no-cache")
	x.w.WriteHeader(http.StatusOK)
	x.entry.Status = http.StatusOK
	if opening := e.begin(); len(opening) > 0 {
		if err := x.send(opening); err != nil {
			return err
		}
	}
	for i, piece := range x.pieces {
		if i > 0 {
			due = due.Add(x.gap(&x.server.cfg))
		}
		shift, err := x.faultAt(i, e)
		if err != nil {
			return quiet(err)
		}
		due = due.Add(shift)
		if err := x.wait(due); err != nil {
			return err
		}
		if err := x.send(e.token(piece)); err != nil {
			return err
		}
		x.entry.Tokens = append(x.entry.Tokens, x.server.unix(lastWrite(x.ctx)))
		x.entry.OutputTokens++
	}
	shift, err := x.faultAt(len(x.pieces), e)
	if err != nil {
		return quiet(err)
	}
	if err := x.wait(due.Add(shift)); err != nil {
		return err
	}
	return x.send(e.end())
}

// whole sends the answer at once, when its last token would have been due.
func (x *exchange) whole(due time.Time) error {
	x.first = due
	for range len(x.pieces) - 1 {
		due = due.Add(x.gap(&x.server.cfg))
	}
	if x.is(Stall) {
		due = due.Add(x.fault.For)
	}
	if err := x.wait(due); err != nil {
		return err
	}
	x.w.Header().Set("Content-Type", "application/json")
	x.entry.Status = http.StatusOK
	body, err := json.Marshal(x.dialect.whole(x, strings.Join(x.pieces, ""), x.end.finish))
	if err != nil {
		return err
	}
	if x.is(Cut, EarlyEnd, Malformed, StreamError) {
		return quiet(x.spoil(body))
	}
	if err := x.send(body); err != nil {
		return err
	}
	x.entry.OutputTokens = len(x.pieces)
	x.entry.Tokens = []int64{x.server.unix(lastWrite(x.ctx))}
	return nil
}

// quiet turns the ends that a script asked for into success.
func quiet(err error) error {
	if errors.Is(err, errCut) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
