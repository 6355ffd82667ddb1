package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// DrainTime is how long running requests may go on after a server was asked to
// stop.
const DrainTime = 10 * time.Second

// Serve answers on a listener. Closing drain stops it in order: nothing new is
// accepted, running requests have ten seconds to finish. When the context ends
// it stops at once and cuts off what runs. Either way the listener is closed and
// every request logged when it returns. The error is what kept it from serving,
// or what stopped the request log.
func (s *Server) Serve(ctx context.Context, l net.Listener, drain <-chan struct{}) error {
	srv := &http.Server{Handler: s, ConnContext: withConn, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		// net/http's notes are about connections that clients, or scripts, broke off.
		ErrorLog: log.New(io.Discard, "", 0)}
	err := s.listen(ctx, srv, l, drain)
	rest, cancel := context.WithTimeout(ctx, DrainTime)
	defer cancel()
	if srv.Shutdown(rest) != nil {
		_ = srv.Close() // handlers notice by their contexts
	}
	last, cancelLast := context.WithTimeout(context.WithoutCancel(ctx), DrainTime)
	defer cancelLast()
	return errors.Join(err, s.close(last))
}

// listen accepts connections, except in the windows in which nobody listens:
// there the socket is closed, so that the kernel refuses clients. It returns nil
// when the server is to stop.
func (s *Server) listen(ctx context.Context, srv *http.Server, l net.Listener, drain <-chan struct{}) error {
	addr := l.Addr()
	served := make(chan error, 1)
	accept := func(l net.Listener) {
		go func() { served <- srv.Serve(&bounded{Listener: l, limit: MaxConnections, began: s.began}) }()
	}
	deaf := false
	accept(l)
	for {
		now := time.Since(s.began)
		want, change := s.deafAt(now)
		switch {
		case want && !deaf:
			// Connections that are open close after the answer they are busy with.
			srv.SetKeepAlivesEnabled(false)
			err := l.Close()
			<-served
			if err != nil {
				return fmt.Errorf("stop listening on %s: %w", addr, err)
			}
			s.log.write(Listening{"deaf", s.unix(time.Now())})
		case !want && deaf:
			again, err := relisten(ctx, addr, drain)
			if err != nil || again == nil {
				return err
			}
			l = again
			srv.SetKeepAlivesEnabled(true)
			s.log.write(Listening{"listening", s.unix(time.Now())})
			accept(l)
		}
		deaf = want
		var due <-chan time.Time
		if change > 0 {
			due = time.After(change - now)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-drain:
			return nil
		case err := <-served:
			return fmt.Errorf("accept connections on %s: %w", addr, err)
		case <-due:
		}
	}
}

// deafAt reports whether nobody listens at an instant since the start, and when
// that changes next; 0 is never.
func (s *Server) deafAt(at time.Duration) (deaf bool, change time.Duration) {
	var edges []time.Duration
	for _, f := range s.cfg.Faults {
		if f.deaf() {
			deaf = deaf || f.in(at)
			edges = append(edges, f.From, f.Until)
		}
	}
	slices.Sort(edges)
	for _, e := range edges {
		if e > at {
			return deaf, e
		}
	}
	return deaf, 0
}

// relisten takes the address again after a window. Another socket may hold the
// port for a moment, so it tries for a while. nil: the server is to stop first.
func relisten(ctx context.Context, addr net.Addr, drain <-chan struct{}) (net.Listener, error) {
	var err error
	for range 100 {
		var l net.Listener
		if l, err = net.Listen(addr.Network(), addr.String()); err == nil {
			return l, nil
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-drain:
			return nil, nil
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil, fmt.Errorf("listen again on %s: %w", addr, err)
}

// bounded is a listener that resets connections beyond a limit.
type bounded struct {
	net.Listener
	limit int64
	began time.Time
	open  atomic.Int64
}

// Accept waits for a connection within the bound.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if b.open.Add(1) <= b.limit {
			return &counted{Conn: conn, open: &b.open, began: b.began}, nil
		}
		b.open.Add(-1)
		resetOnClose(conn)
		_ = conn.Close() // it is being turned away
	}
}

// counted is a connection that gives its place back once, and knows when it was
// last written to.
type counted struct {
	net.Conn
	open   *atomic.Int64
	closed atomic.Bool
	began  time.Time
	wrote  atomic.Int64 // since began, ns
}

// Write hands bytes to the socket, and notes the instant before. Over loopback the
// kernel delivers within the call, and may wake the receiver in this thread's
// place: what is read after it can be later than the arrival by a whole time slice.
func (c *counted) Write(b []byte) (int, error) {
	c.wrote.Store(int64(time.Since(c.began)))
	return c.Conn.Write(b)
}

type connKey struct{}

// withConn lets a handler find its connection.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// lastWrite is when the last write to the connection began; where Serve does not hold
// it, now: the flush has just ended.
func lastWrite(ctx context.Context) time.Time {
	if c, ok := ctx.Value(connKey{}).(*counted); ok {
		return c.began.Add(time.Duration(c.wrote.Load()))
	}
	return time.Now()
}

// Close closes the connection.
func (c *counted) Close() error {
	if !c.closed.Swap(true) {
		c.open.Add(-1)
	}
	return c.Conn.Close()
}

// SetLinger passes on to the connection beneath.
func (c *counted) SetLinger(seconds int) error {
	if l, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
		return l.SetLinger(seconds)
	}
	return nil
}
