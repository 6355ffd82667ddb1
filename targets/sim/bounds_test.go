package sim

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestConnectionsBeyondTheLimitAreReset(t *testing.T) {
	inner, err := net.Listen("tcp", DefaultListen)
	if err != nil {
		t.Fatal(err)
	}
	l := &bounded{Listener: inner, limit: 1}
	accepted := make(chan net.Conn, 4)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	// touch connects and reads; the reset may come before either returns.
	touch := func(patience time.Duration) error {
		c, err := net.DialTimeout("tcp", inner.Addr().String(), 5*time.Second)
		if err != nil {
			return err
		}
		t.Cleanup(func() { _ = c.Close() })
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		_, err = c.Read(make([]byte, 1))
		return err
	}
	if err := touch(10 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the first connection: %v, want silence", err)
	}
	first := <-accepted
	if err := touch(5 * time.Second); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("the second connection: %v, want a reset", err)
	}
	// A connection that closes, even twice, makes room for one.
	_ = first.Close()
	_ = first.Close()
	if err := touch(10 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the third connection: %v, want silence", err)
	}
	select {
	case c := <-accepted:
		_ = c.Close()
	case <-time.After(5 * time.Second):
		t.Error("there is no room after a close")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	<-done
}

func TestAFullLogSaysSoOnce(t *testing.T) {
	var out bytes.Buffer
	l := newRequestLog(&out)
	l.left = 100
	for range 5 {
		l.write(map[string]string{"k": strings.Repeat("x", 50)})
	}
	if got := strings.Count(out.String(), "\n"); got != 2 || !strings.HasSuffix(out.String(), "{\"event\":\"log full\"}\n") {
		t.Errorf("the log holds %d lines: %s", got, out.String())
	}
}

type brokenDisk struct{}

func (brokenDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestALogThatFailsIsReported(t *testing.T) {
	l := newRequestLog(brokenDisk{})
	l.write(1)
	if !errors.Is(l.failure(), syscall.ENOSPC) {
		t.Errorf("the failure is %v", l.failure())
	}
}
