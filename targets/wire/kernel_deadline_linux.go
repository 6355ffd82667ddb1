package wire

import (
	"net"
	"time"
)

// limit is a deadline of a kernelConn; its lock guards it.
type limit struct {
	timer  *time.Timer
	passed bool
}

func (l *limit) stop() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
}

// SetDeadline bounds reads and writes, pending ones too; the zero time lifts the bound.
func (c *kernelConn) SetDeadline(t time.Time) error { return c.bound(t, &c.readLimit, &c.writeLimit) }

// SetReadDeadline bounds reads alone.
func (c *kernelConn) SetReadDeadline(t time.Time) error { return c.bound(t, &c.readLimit) }

// SetWriteDeadline bounds writes alone.
func (c *kernelConn) SetWriteDeadline(t time.Time) error { return c.bound(t, &c.writeLimit) }

func (c *kernelConn) bound(t time.Time, limits ...*limit) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.failed("set", net.ErrClosed)
	}
	for _, l := range limits {
		l.stop()
		l.passed = !t.IsZero() && !t.After(time.Now())
		if l.passed {
			c.wake()
		} else if !t.IsZero() {
			c.start(l, time.Until(t))
		}
	}
	return nil
}

func (c *kernelConn) start(l *limit, after time.Duration) {
	var timer *time.Timer
	timer = time.AfterFunc(after, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if l.timer == timer { // else it has been moved
			l.passed = true
			c.wake()
		}
	})
	l.timer = timer
}
