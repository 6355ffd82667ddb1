package wire

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// roundTime is from one round of a busy loop to the next: shorter than tokens are
	// apart, so that the kernel merges none, and long enough that a round serves many
	// streams. Go's timers do not go below it.
	roundTime = time.Millisecond
	batchSize = 256      // sockets asked for at once
	maxServed = 16384    // sockets of one round; the rest wait for the next
	readSize  = 64 << 10 // bytes read at once
)

// kernelReads is the loop of this process. Its goroutine runs while there is a
// connection to read, and its descriptors live as long.
var kernelReads kernelLoop

// kernelLoop reads every socket on the kernel's clock. It never blocks in a
// system call, which would keep a processor from the rest of the program. While
// little arrives, Go's poller wakes it for each arrival: nobody waits. While much
// does, it comes round every roundTime instead, which costs far less an arrival.
type kernelLoop struct {
	mu      sync.Mutex
	running bool
	epoll   int           // of the sockets; valid while running
	waker   *os.File      // the same, in Go's poller; nil while busy
	conns   []*kernelConn // by descriptor
	open    int
}

// add has the loop read a connection, and starts the loop if need be.
func (l *kernelLoop) add(c *kernelConn) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.running {
		epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			return err
		}
		l.epoll, l.running = epoll, true
		go l.run(epoll)
	}
	for len(l.conns) <= c.fd {
		l.conns = append(l.conns, nil)
	}
	l.conns[c.fd], c.interest = c, unix.EPOLLIN
	l.open++
	err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, c.fd, &unix.EpollEvent{Events: c.interest, Fd: int32(c.fd)})
	if err != nil {
		l.forget(c)
	}
	return err
}

// watch changes what a connection waits for: EPOLLIN, EPOLLOUT, both or, with 0,
// nothing. c's lock is held.
func (l *kernelLoop) watch(c *kernelConn, interest uint32) error {
	if interest == c.interest {
		return nil
	}
	l.mu.Lock()
	epoll := l.epoll // c is open, so the loop runs
	l.mu.Unlock()
	op := unix.EPOLL_CTL_MOD
	switch {
	case c.interest == 0:
		op = unix.EPOLL_CTL_ADD
	case interest == 0:
		op = unix.EPOLL_CTL_DEL
	}
	c.interest = interest
	return unix.EpollCtl(epoll, op, c.fd, &unix.EpollEvent{Events: interest, Fd: int32(c.fd)})
}

// remove takes out a connection that is about to be closed. c's lock is held.
func (l *kernelLoop) remove(c *kernelConn) {
	// Closing is not enough: a child between fork and exec keeps the socket, and
	// with it the registration. There is nothing to do about a refusal.
	_ = l.watch(c, 0)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(c)
}

// forget drops a connection; with the last, the loop is to end. The lock is held.
func (l *kernelLoop) forget(c *kernelConn) {
	l.conns[c.fd] = nil
	if l.open--; l.open == 0 && l.waker != nil {
		_ = l.waker.SetReadDeadline(time.Unix(1, 0)) // fails only where nothing waits
	}
}

// run comes round until no connection is left.
func (l *kernelLoop) run(epoll int) {
	r := newRounds(epoll)
	for l.alive(epoll) {
		l.serve(r)
		if !r.busy(time.Now()) {
			if r.held { // nothing may be left behind
				r.held, r.last = false, time.Time{}
				l.sweep(r)
			}
			if l.sleep(epoll) {
				continue
			}
		}
		l.wakeNever()
		l.sweep(r)
		time.Sleep(roundTime)
	}
}

// alive reports whether a connection is left, and cleans up where none is.
func (l *kernelLoop) alive(epoll int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open > 0 {
		return true
	}
	l.dropWaker()
	_ = unix.Close(epoll)
	l.running, l.conns = false, nil
	return false
}

// serve reads every socket that is ready. One is asked for again only when every
// other has had its turn.
func (l *kernelLoop) serve(r *rounds) {
	for range maxServed / batchSize {
		n, err := unix.EpollWait(r.epoll, r.events, 0)
		if err != nil { // interrupted; nothing else can fail here
			n = 0
		}
		l.mu.Lock()
		for i := range r.events[:n] {
			// A descriptor may belong to another connection by now: that one then finds
			// nothing to read, and no harm is done.
			r.conns[i] = l.conns[r.events[i].Fd]
		}
		l.mu.Unlock()
		for i, c := range r.conns[:n] {
			if c != nil { // else closed since
				c.serve(r.events[i].Events, r)
			}
		}
		r.served += n
		if n < batchSize {
			return
		}
	}
}

// sleep returns when a socket is ready or none is left; at once, with false, if
// Go's poller does not take the sockets.
func (l *kernelLoop) sleep(epoll int) bool {
	l.mu.Lock()
	if l.waker == nil {
		fd, err := unix.FcntlInt(uintptr(epoll), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			l.mu.Unlock()
			return false
		}
		_ = unix.SetNonblock(fd, true) // has os give it to the poller
		l.waker = os.NewFile(uintptr(fd), "epoll")
	}
	waker, over := l.waker, l.open == 0
	err := waker.SetReadDeadline(time.Time{})
	l.mu.Unlock()
	if over || err != nil {
		return over
	}
	raw, err := waker.SyscallConn()
	if err != nil {
		return false
	}
	var one [1]unix.EpollEvent
	// Its error is that none is left.
	_ = raw.Read(func(fd uintptr) bool {
		n, err := unix.EpollWait(int(fd), one[:], 0)
		return err != nil || n > 0
	})
	return true
}

// wakeNever takes the sockets out of Go's poller, which would wake for each of a
// busy loop's arrivals.
func (l *kernelLoop) wakeNever() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropWaker()
}

func (l *kernelLoop) dropWaker() {
	if l.waker != nil {
		_ = l.waker.Close() // of a duplicate that nothing was written to
		l.waker = nil
	}
}

// sweep wakes the readers of what is held, each connection's once per MaxHold.
func (l *kernelLoop) sweep(r *rounds) {
	l.mu.Lock()
	r.swept = r.swept[:0]
	for range r.sweepNow(len(l.conns), time.Now()) {
		r.cursor = (r.cursor + 1) % len(l.conns)
		if c := l.conns[r.cursor]; c != nil {
			r.swept = append(r.swept, c)
		}
	}
	l.mu.Unlock() // before a connection's lock: those are taken the other way round
	for i, c := range r.swept {
		c.release()
		r.swept[i] = nil
	}
}
