package wire

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// Stamp says when bytes arrived and by whose clock.
type Stamp struct {
	At     time.Time // with a monotonic reading
	Source string    // "user": time.Now after the read returned; "kernel": the socket's own stamp
	// Read counts the connection's reads that brought bytes, from 1: two events
	// with the same Read arrived together.
	Read uint64
	// Lag is how long the bytes lay in the kernel before this program took them;
	// 0 where only user space has stamped them.
	Lag time.Duration
}

// The sources of stamps: time.Now after a read, and the kernel.
const (
	StampSourceUser   = "user"
	StampSourceKernel = "kernel"
)

// MaxHold bounds how long a piece of a response waits for its reader on a
// connection of DialKernel that batches.
const MaxHold = 100 * time.Millisecond

// Stamped is a connection that knows when the bytes of its latest Read arrived.
// It stands beneath TLS, so that decryption is not part of the stamp.
//
// A Read must not return bytes of two arrivals that it could tell apart. With
// HTTP/1.1 the body is read by the caller itself, so after a body read LastRead
// is the arrival of the newest byte that the read returned.
type Stamped interface {
	net.Conn
	// LastRead is the stamp of the latest Read that brought bytes; its zero value
	// before there was one. It may be called from any goroutine.
	LastRead() Stamp
}

// userConn stamps in user space.
type userConn struct {
	net.Conn
	mu   sync.Mutex
	last Stamp
}

// StampUser wraps a connection so that its reads are stamped with time.Now.
func StampUser(c net.Conn) Stamped { return &userConn{Conn: c} }

func (c *userConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		now := time.Now()
		c.mu.Lock()
		c.last = Stamp{At: now, Source: StampSourceUser, Read: c.last.Read + 1}
		c.mu.Unlock()
	}
	return n, err
}

func (c *userConn) LastRead() Stamp {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// StampedBelow finds the stamped connection beneath c, which may be a TLS
// connection over it.
func StampedBelow(c net.Conn) (Stamped, bool) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	s, ok := c.(Stamped)
	return s, ok
}
