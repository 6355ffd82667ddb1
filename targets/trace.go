package targets

import (
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
	mu                         sync.Mutex
	dnsStart, connectStart     time.Time
	tlsStart                   time.Time
	dns, connect, handshake    time.Duration
	hasDNS, hasConnect, hasTLS bool
	gotConn, sent, firstByte   time.Time
	firstSource                string // of firstByte's stamp
	reused, handshaking        bool
	conn                       wire.Stamped
}

func (t *trace) hooks(w *watch, firstByte time.Duration) *httptrace.ClientTrace {
	locked := func(f func()) { t.mu.Lock(); defer t.mu.Unlock(); f() }
	return &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { locked(func() { t.dnsStart = time.Now() }) },
		DNSDone: func(httptrace.DNSDoneInfo) {
			locked(func() { t.dns, t.hasDNS = time.Since(t.dnsStart), true })
		},
		ConnectStart: func(string, string) {
			locked(func() {
				if t.connectStart.IsZero() { // several addresses may be tried: the first counts
					t.connectStart = time.Now()
				}
			})
		},
		ConnectDone: func(_, _ string, err error) {
			locked(func() {
				if err == nil && !t.hasConnect {
					t.connect, t.hasConnect = time.Since(t.connectStart), true
				}
			})
		},
		TLSHandshakeStart: func() { locked(func() { t.tlsStart, t.handshaking = time.Now(), true }) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			locked(func() {
				if err == nil {
					t.handshake, t.hasTLS, t.handshaking = time.Since(t.tlsStart), true, false
				}
			})
		},
		GotConn: func(info httptrace.GotConnInfo) {
			locked(func() {
				t.gotConn, t.reused = time.Now(), info.Reused
				t.conn, _ = wire.StampedBelow(info.Conn)
			})
			w.enter(phaseFirstByte, firstByte)
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				locked(func() { t.sent = time.Now() })
				w.enter(phaseFirstByte, firstByte)
			}
		},
		GotFirstResponseByte: func() {
			stamp := t.latest()
			locked(func() { t.firstByte, t.firstSource = stamp.At, stamp.Source })
			w.enter(phaseHead, firstByte)
		},
	}
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
	return !t.gotConn.IsZero(), !t.firstByte.IsZero(), t.handshaking
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
	instant(&rec.FirstByte, t.firstByte)
	if rec.Clock != "" && t.firstSource == wire.StampSourceUser {
		rec.Clock = results.ClockUser
	}
}
