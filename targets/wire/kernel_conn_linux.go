package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	maxQueued   = 256 << 10 // bytes that wait for their reader; more stay in the kernel
	maxArrivals = 4096      // pieces that wait for their reader
	maxHeld     = 16 << 10  // bytes that are held
	maxPieces   = 64        // pieces that are held
	maxKept     = 4 << 10   // bytes of a queue that are kept for what comes when it is empty
)

// arrival is what one read of the socket brought.
type arrival struct {
	bytes  int
	at     time.Time
	lag    time.Duration
	kernel bool // stamped by the kernel
	begun  bool // a Read has returned some of it
}

// kernelConn is a TCP connection that the kernelLoop reads into a queue.
type kernelConn struct {
	fd            int
	local, remote net.Addr
	writing       sync.Mutex // one Write at a time

	mu       sync.Mutex
	change   sync.Cond // of anything below
	waiting  int       // goroutines that wait for one
	interest uint32    // what the loop's epoll watches
	closed   bool

	queue    []byte // [taken:] has not been read
	taken    int
	arrivals []arrival // those of queue[taken:], from first on
	first    int
	end      error // what the socket ended with, after the queue
	newest   time.Time
	last     Stamp
	full     bool // the queue is: the socket is not read
	blocked  bool // a Write waits for room

	batch  bool // pieces of a streamed response may wait
	begins bool // the next bytes begin a response
	holds  bool // pieces of this response may wait

	readLimit, writeLimit limit
}

var _ Stamped = (*kernelConn)(nil)

func newKernelConn(fd int, local, remote net.Addr, batch bool) *kernelConn {
	c := &kernelConn{fd: fd, local: local, remote: remote, batch: batch, newest: time.Now()}
	c.change.L = &c.mu
	return c
}

// wake has every waiting goroutine look again. The lock is held.
func (c *kernelConn) wake() {
	if c.waiting > 0 {
		c.change.Broadcast()
	}
}

func (c *kernelConn) wait() {
	c.waiting++
	c.change.Wait()
	c.waiting--
}

// watch has the loop wait for what is wanted now. The lock is held.
func (c *kernelConn) watch() {
	var interest uint32
	if !c.full && c.end == nil {
		interest |= unix.EPOLLIN
	}
	if c.blocked {
		interest |= unix.EPOLLOUT
	}
	if err := kernelReads.watch(c, interest); err != nil && c.end == nil {
		c.end = c.failed("read", os.NewSyscallError("epoll_ctl", err))
		c.wake()
	}
}

// serve is called by the loop with what the socket is ready for.
func (c *kernelConn) serve(events uint32, r *rounds) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	if c.blocked && events&^unix.EPOLLIN != 0 {
		c.blocked = false
		c.watch()
		c.wake()
	}
	if events&^unix.EPOLLOUT == 0 {
		return
	}
	for !c.full && c.end == nil && c.receive(r) {
	}
}

// receive reads the socket once and reports whether there may be more.
func (c *kernelConn) receive(r *rounds) (more bool) {
	limit := min(readSize, maxQueued-(len(c.queue)-c.taken))
	data, control, err := r.message.receive(c.fd, limit)
	switch {
	case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR): // the next round asks again
		return false
	case err != nil:
		c.end = c.failed("read", os.NewSyscallError("recvmsg", err))
	case len(data) == 0:
		c.end = io.EOF
	}
	if c.end != nil {
		c.watch()
		c.wake()
		return false
	}
	before := c.newest
	c.push(data, control)
	if unread := len(c.arrivals) - c.first; len(c.queue)-c.taken >= maxQueued || unread >= maxArrivals {
		c.full = true
		c.watch()
	}
	if c.hold(data, c.newest.Sub(before)) && r.holding {
		r.held = true
	} else {
		c.wake()
	}
	return len(data) == limit
}

// push queues what one read brought.
func (c *kernelConn) push(b, control []byte) {
	a := arrival{bytes: len(b), at: time.Now()}
	if stamp, ok := stampOf(control); ok {
		a.kernel = true
		// Both clocks are read at once, so the wall clock's steps between stamp and
		// now are all that can mislead: what they would put into the future or before
		// earlier bytes is put right.
		if a.lag = time.Duration(a.at.UnixNano() - stamp.UnixNano()); a.lag < 0 {
			a.lag = 0
		}
		a.at = a.at.Add(-a.lag)
	}
	if a.at.Before(c.newest) {
		a.lag -= c.newest.Sub(a.at)
		a.at = c.newest
	}
	c.newest = a.at
	if c.taken > 0 && len(c.queue)+len(b) > cap(c.queue) {
		c.queue = c.queue[:copy(c.queue, c.queue[c.taken:])]
		c.taken = 0
	}
	c.queue = append(c.queue, b...)
	if c.first > 0 && len(c.arrivals) == cap(c.arrivals) {
		c.arrivals = c.arrivals[:copy(c.arrivals, c.arrivals[c.first:])]
		c.first = 0
	}
	c.arrivals = append(c.arrivals, a)
}

// hold reports whether bytes that came this long after those before them may
// wait for their reader. Only pieces of a chunked response may: there the end can
// be seen coming. After a silence nothing waits, so that no one who watches over
// pauses sees a longer one than there was.
func (c *kernelConn) hold(b []byte, since time.Duration) bool {
	if c.begins {
		c.begins = false
		c.holds = c.batch && streams(b)
		return false
	}
	const end = "0\r\n\r\n"
	if bytes.HasSuffix(b, []byte(end)) {
		c.holds = false
	}
	return c.holds && len(b) >= len(end) && since < MaxHold &&
		len(c.queue)-c.taken < maxHeld && len(c.arrivals)-c.first < maxPieces
}

// streams reports whether b begins with the whole head of an HTTP/1.1 response
// whose body comes in chunks.
func streams(b []byte) bool {
	head, _, whole := bytes.Cut(b, []byte("\r\n\r\n"))
	if !whole || !bytes.HasPrefix(head, []byte("HTTP/1.1 ")) {
		return false
	}
	const chunked = "transfer-encoding: chunked"
	for field := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(field) >= len(chunked) && bytes.EqualFold(field[:len(chunked)], []byte(chunked)) {
			return true
		}
	}
	return false
}

// release is called by the loop once per MaxHold.
func (c *kernelConn) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first < len(c.arrivals) {
		c.wake()
	}
}

// Read returns bytes of one arrival.
func (c *kernelConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, c.failed("read", net.ErrClosed)
		case c.readLimit.passed:
			return 0, c.failed("read", os.ErrDeadlineExceeded)
		case len(b) == 0:
			return 0, nil
		case c.first < len(c.arrivals):
			return c.take(b), nil
		case c.end != nil:
			return 0, c.end
		}
		c.wait()
	}
}

// take moves bytes of the oldest arrival into b.
func (c *kernelConn) take(b []byte) int {
	a := &c.arrivals[c.first]
	n := copy(b, c.queue[c.taken:c.taken+a.bytes])
	if !a.begun {
		a.begun = true
		c.last = Stamp{At: a.at, Source: StampSourceUser, Read: c.last.Read + 1, Lag: a.lag}
		if a.kernel {
			c.last.Source = StampSourceKernel
		}
	}
	c.taken += n
	if a.bytes -= n; a.bytes == 0 {
		c.first++
	}
	if c.first == len(c.arrivals) {
		c.queue, c.taken, c.arrivals, c.first = c.queue[:0], 0, c.arrivals[:0], 0
		if cap(c.queue) > maxKept {
			c.queue, c.arrivals = nil, nil
		}
	}
	if c.full && len(c.queue)-c.taken < maxQueued/2 && len(c.arrivals)-c.first < maxArrivals/2 {
		c.full = false
		c.watch()
	}
	return n
}

// Write blocks until the kernel has taken all of b.
func (c *kernelConn) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begins, c.holds = true, false
	var n int
	for {
		switch {
		case c.closed:
			return n, c.failed("write", net.ErrClosed)
		case c.writeLimit.passed:
			return n, c.failed("write", os.ErrDeadlineExceeded)
		case n == len(b):
			return n, nil
		}
		sent, err := syscall.Write(c.fd, b[n:]) // net has made the socket non-blocking
		switch {
		case err == nil:
			n += sent
		case errors.Is(err, unix.EAGAIN):
			c.blocked = true
			c.watch()
			c.wait()
		case !errors.Is(err, unix.EINTR):
			return n, c.failed("write", os.NewSyscallError("write", err))
		}
	}
}

// Close closes the connection; whoever waits for it is told.
func (c *kernelConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.failed("close", net.ErrClosed)
	}
	c.closed = true
	c.readLimit.stop()
	c.writeLimit.stop()
	kernelReads.remove(c)
	c.queue, c.arrivals, c.first = nil, nil, 0
	c.change.Broadcast()
	if err := unix.Close(c.fd); err != nil {
		return c.failed("close", os.NewSyscallError("close", err))
	}
	return nil
}

// LastRead is the stamp of the arrival that the latest Read returned bytes of.
func (c *kernelConn) LastRead() Stamp {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// failed says what kept an operation from succeeding, as net does.
func (c *kernelConn) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

// LocalAddr is this side's address.
func (c *kernelConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the other side's.
func (c *kernelConn) RemoteAddr() net.Addr { return c.remote }
