package wire

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestWhoIsHeld plays the loop: what it reads wakes the reader, or does not.
func TestWhoIsHeld(t *testing.T) {
	near, far := linked(t, "tcp", true)
	arrived := make(chan string)
	go func() {
		defer close(arrived)
		for buf := make([]byte, 64<<10); ; {
			n, err := near.Read(buf)
			if err != nil {
				return
			}
			arrived <- string(buf[:n])
		}
	}()
	// The true loop no longer hears of the socket.
	if err := unix.EpollCtl(kernelReads.epoll, unix.EPOLL_CTL_DEL, near.fd, nil); err != nil {
		t.Fatal(err)
	}
	const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
	for _, step := range []struct {
		intent      string
		silence     bool // before it: elsewhere none, however late this test is
		asks        bool
		sent        string
		calm, woken bool
	}{
		{intent: "a head", asks: true, sent: head, woken: true},
		{intent: "a token", sent: "5\r\ntoken\r\n"},
		{intent: "a token while little arrives", sent: "5\r\ntoken\r\n", calm: true, woken: true},
		{intent: "a token after a silence", silence: true, sent: "5\r\ntoken\r\n", woken: true},
		{intent: "much at once", sent: "4000\r\n" + strings.Repeat("x", maxHeld) + "\r\n", woken: true},
		{intent: "the end", sent: "5\r\ntoken\r\n0\r\n\r\n", woken: true},
		{intent: "after the end", sent: "5\r\ntoken\r\n", woken: true},
		{intent: "a response of known length", asks: true, sent: "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", woken: true},
		{intent: "its body", sent: "5\r\ntoken\r\n", woken: true},
		{intent: "a head in two parts", asks: true, sent: head[:20], woken: true},
		{intent: "its second part", sent: head[20:], woken: true},
		{intent: "its body", sent: "5\r\ntoken\r\n", woken: true},
	} {
		awaited(t, near)
		if step.asks {
			_, _ = near.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		}
		_, _ = far.Write([]byte(step.sent))
		r := newRounds(-1)
		r.holding = !step.calm
		near.mu.Lock()
		near.newest = time.Now().Add(time.Hour)
		if step.silence {
			near.newest = time.Now().Add(-MaxHold - time.Second)
		}
		for range 1000 { // loopback has it all by now, or soon
			near.receive(r)
			if len(near.queue)-near.taken >= len(step.sent) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		near.mu.Unlock()
		have, patience := 0, 30*time.Millisecond
		if step.woken {
			patience = 5 * time.Second
		}
		select {
		case got := <-arrived:
			have = len(got)
			if !step.woken {
				t.Errorf("%s: its reader was woken", step.intent)
			}
		case <-time.After(patience):
			if step.woken {
				t.Errorf("%s: its reader was not woken", step.intent)
			}
			near.release()
		}
		for have < len(step.sent) {
			select {
			case got := <-arrived:
				have += len(got)
			case <-time.After(5 * time.Second):
				t.Fatalf("%s: %d bytes of %d arrived", step.intent, have, len(step.sent))
			}
		}
	}
	_ = near.Close()
	for range arrived {
	}
}

// awaited returns once a reader waits: one that is still on its way would find
// what arrived without being woken.
func awaited(t *testing.T, c *kernelConn) {
	t.Helper()
	for range 5000 {
		c.mu.Lock()
		waiting := c.waiting
		c.mu.Unlock()
		if waiting > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("no reader waits")
}

// TestBusyLoop: from 5,000 arrivals a second on, and for a while after.
func TestBusyLoop(t *testing.T) {
	r, now := newRounds(-1), time.Now()
	for _, step := range []struct {
		after  time.Duration
		served int
		busy   bool
	}{{0, 0, false}, {rateWindow, 49, false}, {rateWindow / 2, 100, false}, {rateWindow / 2, 0, true}, {MaxHold - 1, 0, true}, {1, 0, false}, {time.Hour, 10000, false}} {
		now = now.Add(step.after)
		r.served += step.served
		if got := r.busy(now); got != step.busy || r.holding != step.busy {
			t.Errorf("%v on, %d served: busy %v", step.after, step.served, got)
		}
	}
	r.sweepNow(1000, now)
	swept := 0
	for range 40 { // a loop that comes round late
		now = now.Add(MaxHold / 40)
		swept += r.sweepNow(1000, now)
	}
	if swept != 1000 {
		t.Errorf("%d of 1000 descriptors were swept within %v", swept, MaxHold)
	}
	if n := r.sweepNow(1000, now.Add(time.Hour)); n != 1000 {
		t.Errorf("%d of 1000 descriptors were swept after an hour", n)
	}
}

// TestNothingIsLeftBehind: when many streams fall silent at once, whatever was
// held of them still reaches its reader.
func TestNothingIsLeftBehind(t *testing.T) {
	const streams, events = 100, 30
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range events {
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
		<-done
	}))
	defer server.Close()
	defer close(done)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return DialKernel(ctx, &net.Dialer{}, network, address, true)
	}}
	var asking sync.WaitGroup
	for range streams {
		asking.Go(func() {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			lines := bufio.NewScanner(resp.Body)
			for have := 0; have < 2*events && lines.Scan(); {
				have++
			}
			if err := lines.Err(); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
}

func TestManyStreamsAtOnce(t *testing.T) {
	const streams, events = 200, 40
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := range events {
			fmt.Fprintf(w, "data: %s %d\n\n", r.URL.Path, i)
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}))
	defer server.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: streams, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		return DialKernel(ctx, &net.Dialer{}, network, address, true)
	}}
	var asking sync.WaitGroup
	for i := range streams {
		asking.Go(func() {
			for turn := range 2 { // the second on a connection that was used
				path := fmt.Sprintf("/%d/%d", i, turn)
				resp, err := (&http.Client{Transport: transport}).Get(server.URL + path)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if n := strings.Count(string(body), "data: "+path+" "); err != nil || n != events {
					t.Errorf("%s: %d events: %v", path, n, err)
				}
			}
		})
	}
	asking.Wait()
	transport.CloseIdleConnections()
}

// TestNothingStays: once the last connection is closed, the loop and every
// descriptor are gone; and while one is open, only the loop polls its socket.
func TestNothingStays(t *testing.T) {
	before := sockets(t)
	near, far := linked(t, "tcp", false)
	if ours, others := polling(t, near.fd); ours == 0 || others != 0 {
		t.Errorf("the loop polls the socket: %v; %d others do, Go's own poller perhaps", ours > 0, others)
	}
	if flags, err := unix.FcntlInt(uintptr(near.fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("a child would inherit the socket: flags %x, %v", flags, err)
	}
	_ = near.Close()
	_ = far.Close()
	stopped := func() bool {
		kernelReads.mu.Lock()
		defer kernelReads.mu.Unlock()
		return !kernelReads.running
	}
	for range 500 {
		if stopped() && sockets(t) <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the loop has ended: %v; %d sockets and poll sets are open, were %d", stopped(), sockets(t), before)
}

// sockets counts this process's sockets and poll sets.
func sockets(t *testing.T) (n int) {
	t.Helper()
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && (strings.HasPrefix(to, "socket:") || strings.Contains(to, "eventpoll")) {
			n++
		}
	}
	return n
}

// polling counts the registrations of a socket in this process's poll sets: those
// by its descriptor, as the loop's are, and others.
func polling(t *testing.T, fd int) (ours, others int) {
	t.Helper()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		t.Fatal(err)
	}
	infos, err := filepath.Glob("/proc/self/fdinfo/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range infos {
		b, _ := os.ReadFile(path) // gone: not a poll set of ours
		for line := range strings.Lines(string(b)) {
			if !strings.HasPrefix(line, "tfd:") || !strings.Contains(line, fmt.Sprintf("ino:%x ", stat.Ino)) {
				continue
			}
			if strings.Contains(line, fmt.Sprintf("data: %16x ", fd)) {
				ours++
			} else {
				others++
			}
		}
	}
	return ours, others
}
