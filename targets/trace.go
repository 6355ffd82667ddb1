package targets

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"time"

	"switchover/results"
	"switchover/targets/wire"
)

// trace collects when a connection came about and a request left. Its hooks run
// on net/http's goroutines, some of them even after the attempt has ended.
type trace struct {
	watch     *watch
	firstByte time.Duration // may pass until the response's first byte
	client    httptrace.ClientTrace

	mu                         sync.Mutex
	dnsStart, connectStart     time.Time
	tlsStart                   time.Time
	dns, connect, handshake    time.Duration
	hasDNS, hasConnect, hasTLS bool
	gotConn, sent, first       time.Time
	firstSource                string // of first's stamp
	reused, handshaking        bool
	conn                       wire.Stamped
}

// traceKey is where a dial finds the trace of the attempt that it is for.
type traceKey struct{}

// follow has the requests of a context tell the trace. What only happens where a
// connection is opened is asked for only there: see dialling.
func (t *trace) follow(ctx context.Context, w *watch, firstByte time.Duration) context.Context {
	t.watch, t.firstByte = w, firstByte
	t.client = httptrace.ClientTrace{
		TLSHandshakeStart: t.tlsBegan, TLSHandshakeDone: t.tlsEnded,
		GotConn: t.connected, WroteRequest: t.wrote, GotFirstResponseByte: t.answered,
	}
	return httptrace.WithClientTrace(context.WithValue(ctx, traceKey{}, t), &t.client)
}

// dialling has a dial tell the trace of the attempt it is for, if there is one.
func dialling(ctx context.Context) context.Context {
	t, ok := ctx.Value(traceKey{}).(*trace)
	if !ok {
		return ctx
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.dnsStart = time.Now()
		},
		DNSDone: func(httptrace.DNSDoneInfo) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.dns, t.hasDNS = time.Since(t.dnsStart), true
		},
		ConnectStart: func(string, string) {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.connectStart.IsZero() { // several addresses may be tried: the first counts
				t.connectStart = time.Now()
			}
		},
		ConnectDone: func(_, _ string, err error) {
			t.mu.Lock()
			defer t.mu.Unlock()
			if err == nil && !t.hasConnect {
				t.connect, t.hasConnect = time.Since(t.connectStart), true
			}
		},
	})
}

func (t *trace) tlsBegan() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tlsStart, t.handshaking = time.Now(), true
}

func (t *trace) tlsEnded(_ tls.ConnectionState, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.handshake, t.hasTLS, t.handshaking = time.Since(t.tlsStart), true, false
	}
}

func (t *trace) connected(info httptrace.GotConnInfo) {
	now := time.Now()
	t.mu.Lock()
	t.gotConn, t.reused = now, info.Reused
	t.conn, _ = wire.StampedBelow(info.Conn)
	t.mu.Unlock()
	t.watch.enterAt(now, phaseFirstByte, t.firstByte)
}

func (t *trace) wrote(info httptrace.WroteRequestInfo) {
	if info.Err == nil {
		now := time.Now()
		t.mu.Lock()
		t.sent = now
		t.mu.Unlock()
		t.watch.enterAt(now, phaseFirstByte, t.firstByte)
	}
}

func (t *trace) answered() {
	stamp := t.latest()
	t.mu.Lock()
	t.first, t.firstSource = stamp.At, stamp.Source
	t.mu.Unlock()
	t.watch.enter(phaseHead, t.firstByte)
}

// latest is the stamp of the connection's latest read. A connection that gives
// none, as none of ours does, is stamped here.
func (t *trace) latest() wire.Stamp {
	t.mu.Lock()
	conn := t.conn
	t.mu.Unlock()
	if conn == nil {
		return wire.Stamp{At: time.Now(), Source: wire.StampSourceUser}
	}
	return conn.LastRead()
}

// started is when a connection was ready for the request, since zero.
func (t *trace) started(zero time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.gotConn.Sub(zero)
}

// progress is how far the attempt came: whether it had a connection, whether a
// response had begun, and whether a TLS handshake had begun and not succeeded.
func (t *trace) progress() (connected, answered, handshaking bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.gotConn.IsZero(), !t.first.IsZero(), t.handshaking
}

// record writes what was traced. A reused connection has no durations, even if
// one was being opened for this request when another came free.
func (t *trace) record(rec *results.Record, zero time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	instant := func(dst *results.Instant, at time.Time) {
		if !at.IsZero() {
			*dst = results.At(at.Sub(zero))
		}
	}
	duration := func(dst *results.Instant, d time.Duration, has bool) {
		if has && !t.reused {
			*dst = results.At(d)
		}
	}
	rec.Reused = t.reused
	duration(&rec.DNS, t.dns, t.hasDNS)
	duration(&rec.Connect, t.connect, t.hasConnect)
	duration(&rec.TLS, t.handshake, t.hasTLS)
	instant(&rec.Start, t.gotConn)
	instant(&rec.Sent, t.sent)
	instant(&rec.FirstByte, t.first)
	if rec.Clock != "" && t.firstSource == wire.StampSourceUser {
		rec.Clock = results.ClockUser
	}
}
