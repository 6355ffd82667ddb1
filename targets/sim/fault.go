package sim

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// faultBefore plays the faults that come instead of an answer.
func (x *exchange) faultBefore() (played bool) {
	switch {
	case x.is(RateLimited):
		x.refuse(&refusal{problem: rateLimited, text: "rate limit reached, try again later", retryAfter: x.fault.For})
	case x.is(ServerError):
		x.refuse(&refusal{problem: serverError, text: "the server had an error while processing the request"})
	case x.is(Refused):
		x.hangUp(nil, true)
	default:
		return false
	}
	return true
}

// refuse answers with a scripted error status.
func (x *exchange) refuse(r *refusal) {
	x.entry.Status, x.entry.End = x.dialect.refuse(x.w, r), EndFault
}

// faultAt plays the faults that come after a number of tokens, or at the end of
// an answer that is shorter. It returns how much later the rest is due, io.EOF
// when the body ends here, or errCut when the connection is gone.
func (x *exchange) faultAt(sent int, e events) (shift time.Duration, err error) {
	if x.fault == nil || sent != min(x.fault.After, len(x.pieces)) {
		return 0, nil
	}
	switch x.fault.Kind {
	case Stall:
		return x.fault.For, nil
	case Malformed:
		return 0, x.send(e.broken())
	case StreamError:
		if err := x.send(e.failed()); err != nil {
			return 0, err
		}
		return 0, io.EOF
	case EarlyEnd:
		return 0, io.EOF
	case Cut:
		half := e.token("…")
		half = half[:len(half)/2]
		// The chunk announces more than it holds.
		x.hangUp(fmt.Appendf(nil, "%x\r\n%s", 2*len(half), half), false)
		return 0, errCut
	}
	return 0, nil
}

// spoil sends an answer that does not stream, broken by its fault.
func (x *exchange) spoil(body []byte) error {
	switch x.fault.Kind {
	case Malformed:
		return x.send(body[:len(body)/2])
	case StreamError:
		writeJSON(x.w, http.StatusOK, x.dialect.failed())
		return nil
	case EarlyEnd:
		text := strings.Join(x.pieces[:min(x.fault.After, len(x.pieces))], "")
		writeJSON(x.w, http.StatusOK, x.dialect.whole(x, text, ""))
		return nil
	default: // Cut
		x.w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		if err := x.send(body[:len(body)/2]); err != nil {
			return err
		}
		x.hangUp(nil, false)
		return errCut
	}
}

// hangUp closes the connection under the response, after some last raw bytes:
// with a reset, or as a process does that dies. Where the connection cannot be
// had the server aborts the response, which looks the same to a client.
func (x *exchange) hangUp(last []byte, reset bool) {
	x.entry.End = EndFault
	conn, _, err := x.rc.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	// The client sees the connection close, whatever else fails here.
	_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if len(last) > 0 {
		_, _ = conn.Write(last)
	}
	if reset {
		resetOnClose(conn)
	}
	_ = conn.Close()
}

// resetOnClose makes a close send a reset instead of a farewell.
func resetOnClose(conn net.Conn) {
	if l, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = l.SetLinger(0) // a connection that is gone already needs no reset
	}
}
