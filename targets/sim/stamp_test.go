package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowListener hands out connections whose every write takes a while, and keeps
// when each write of an event with content began.
type slowListener struct {
	net.Listener
	mu    sync.Mutex
	began []time.Time
}

func (l *slowListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return &slowConn{conn, l}, err
}

type slowConn struct {
	net.Conn
	l *slowListener
}

func (c *slowConn) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(`"delta":{"content"`)) {
		c.l.mu.Lock()
		c.l.began = append(c.l.began, time.Now())
		c.l.mu.Unlock()
	}
	time.Sleep(5 * time.Millisecond)
	return c.Conn.Write(b)
}

// The log says when a token's write began: what the write itself takes, and whom
// the kernel lets run meanwhile, is no part of the truth.
func TestTokensAreStampedBeforeTheyAreWritten(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, Config{TTFT: time.Millisecond, TPOT: time.Millisecond}, &log)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	slow := &slowListener{Listener: listener}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, slow, nil) }()
	resp, err := http.Post("http://"+listener.Addr().String()+"/v1/chat/completions", "application/json", strings.NewReader(exactly(5)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	cancel()
	if stopped := <-served; err != nil || stopped != nil {
		t.Fatal(err, stopped)
	}
	var e Entry
	if err := json.Unmarshal(log.Bytes(), &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Tokens) != 5 || len(slow.began) != 5 {
		t.Fatalf("%d tokens in the log, %d written; want 5", len(e.Tokens), len(slow.began))
	}
	for i, at := range slow.began {
		if after := s.unix(at) - e.Tokens[i]; after < 0 {
			t.Errorf("token %d is stamped %s after its write began", i, time.Duration(-after))
		}
	}
}
