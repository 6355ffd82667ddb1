package wire

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// roundTime is from one round of the reading loop to the next: shorter than
	// tokens are apart, so that the kernel merges none, and long enough that a
	// round serves many streams.
	roundTime = 2 * time.Millisecond
	batchSize = 256      // sockets asked for at once
	readSize  = 64 << 10 // bytes read at once
)

// kernelReads is the loop of this process. Its goroutine runs while there is a
// connection to read, and its descriptor lives as long.
var kernelReads kernelLoop

// kernelLoop reads every socket on the kernel's clock. It never blocks in a
// system call, which would keep a processor from the rest of the program: it
// comes round, asks which sockets are ready, reads those, and sleeps.
type kernelLoop struct {
	mu      sync.Mutex
	running bool
	epoll   int           // valid while running
	conns   []*kernelConn // by descriptor
	open    int
	cursor  int           // where in conns the sweep is
	swept   []*kernelConn // of this round; the goroutine's alone
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
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, c.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.fd)}); err != nil {
		return err
	}
	c.interest = unix.EPOLLIN
	for len(l.conns) <= c.fd {
		l.conns = append(l.conns, nil)
	}
	l.conns[c.fd] = c
	l.open++
	return nil
}

// watch changes what a connection waits for: EPOLLIN, EPOLLOUT, both or, with 0,
// nothing. c's lock is held.
func (l *kernelLoop) watch(c *kernelConn, interest uint32) error {
	if interest == c.interest {
		return nil
	}
	l.mu.Lock() // the connection is open, so the loop runs
	epoll := l.epoll
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

// remove forgets a connection that is about to be closed. c's lock is held.
func (l *kernelLoop) remove(c *kernelConn) {
	// Closing is not enough: a child between fork and exec keeps the socket, and
	// with it the registration. There is nothing to do about a refusal.
	_ = l.watch(c, 0)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[c.fd] = nil
	l.open--
}

// run comes round until no connection is left.
func (l *kernelLoop) run(epoll int) {
	events := make([]unix.EpollEvent, batchSize)
	ready := make([]*kernelConn, batchSize)
	in := &intake{buf: make([]byte, readSize), control: make([]byte, 256)}
	for {
		// A ready socket is asked for again only when every other one had its turn.
		for range maxSockets / batchSize {
			n, err := unix.EpollWait(epoll, events, 0)
			if err != nil { // interrupted; nothing else can fail here
				n = 0
			}
			l.find(events[:n], ready)
			for i, c := range ready[:n] {
				if c != nil { // else closed since
					c.serve(events[i].Events, in)
				}
			}
			if n < batchSize {
				break
			}
		}
		if !l.sweep(epoll) {
			return
		}
		time.Sleep(roundTime)
	}
}

// maxSockets bounds the sockets of one round; the rest wait for the next.
const maxSockets = 16384

func (l *kernelLoop) find(events []unix.EpollEvent, ready []*kernelConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range events {
		// A descriptor may belong to another connection by now: that one then finds
		// nothing to read, and no harm is done.
		ready[i] = l.conns[events[i].Fd]
	}
}

// sweep wakes the readers of what is held, each connection's once per MaxHold,
// spread over the rounds. It ends the loop when no connection is open.
func (l *kernelLoop) sweep(epoll int) (running bool) {
	const rounds = int(MaxHold / roundTime)
	l.mu.Lock()
	if l.open == 0 {
		l.running, l.conns, l.cursor = false, nil, 0
		_ = unix.Close(epoll)
		l.mu.Unlock()
		return false
	}
	l.swept = l.swept[:0]
	for range (len(l.conns) + rounds - 1) / rounds {
		l.cursor = (l.cursor + 1) % len(l.conns)
		if c := l.conns[l.cursor]; c != nil {
			l.swept = append(l.swept, c)
		}
	}
	l.mu.Unlock() // before a connection's lock: those are taken the other way round
	for i, c := range l.swept {
		c.release()
		l.swept[i] = nil
	}
	return true
}
