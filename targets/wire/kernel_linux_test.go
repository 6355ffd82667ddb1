package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// linked returns both ends of a loopback connection, the near one on the kernel's
// clock. Where this system's kernel does not stamp, the test is skipped.
func linked(t *testing.T, network string, batch bool) (*kernelConn, *net.TCPConn) {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "tcp6" {
		address = "[::1]:0"
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("no %s here: %v", network, err)
	}
	defer l.Close()
	conn, err := DialKernel(t.Context(), &net.Dialer{Timeout: 5 * time.Second}, network, l.Addr().String(), batch)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	near, ok := conn.(*kernelConn)
	if !ok {
		t.Skip("this system refuses kernel receive stamps")
	}
	return near, far.(*net.TCPConn)
}

// stamped reads until the kernel stamps: it begins a moment after the first
// socket of the machine asked for it.
func stamped(t *testing.T, near *kernelConn, far net.Conn) {
	t.Helper()
	buf := make([]byte, 1)
	for range 200 {
		if _, err := far.Write(buf); err != nil {
			t.Fatal(err)
		}
		if _, err := near.Read(buf); err != nil {
			t.Fatal(err)
		}
		if near.LastRead().Source == StampSourceKernel {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Skip("this system's kernel stamps nothing")
}

// TestKernelStampsSayWhenBytesArrived: not when this program found them. The
// socket goes unread while the queue is full, so what is then sent lies in the
// kernel for a known time.
func TestKernelStampsSayWhenBytesArrived(t *testing.T) {
	for _, network := range []string{"tcp4", "tcp6"} {
		t.Run(network, func(t *testing.T) {
			near, far := linked(t, network, false)
			stamped(t, near, far)
			near.mu.Lock()
			near.full = true
			near.watch()
			near.mu.Unlock()
			before := time.Now()
			_, _ = far.Write([]byte("late"))
			after := time.Now()
			time.Sleep(100 * time.Millisecond)
			near.mu.Lock()
			near.full = false
			near.watch()
			near.mu.Unlock()
			if n, err := near.Read(make([]byte, 8)); n != 4 || err != nil {
				t.Fatal(n, err)
			}
			s := near.LastRead()
			if s.Source != StampSourceKernel || s.At.Before(before.Add(-time.Millisecond)) || s.At.After(after.Add(time.Millisecond)) {
				t.Errorf("stamped %v after sending, by %s; it took %v to send", s.At.Sub(before), s.Source, after.Sub(before))
			}
			if s.Lag < 90*time.Millisecond || s.Lag > 5*time.Second {
				t.Errorf("lag is %v, want the 100 ms that nobody read", s.Lag)
			}
		})
	}
}

// TestEveryByteArrivesOnceInOrder under random pieces and pauses, read in random
// sizes, with stamps that never go back and a new one for each arrival.
func TestEveryByteArrivesOnceInOrder(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			near, far := linked(t, "tcp", seed%2 == 0)
			r := rand.New(rand.NewPCG(seed, 1))
			want := make([]byte, 1<<20)
			for i := range want {
				want[i] = byte(r.Uint32())
			}
			var sending sync.WaitGroup
			defer sending.Wait()
			sending.Go(func() {
				r := rand.New(rand.NewPCG(seed, 2))
				for rest := want; len(rest) > 0; {
					n := min(len(rest), 1+r.IntN(1<<r.IntN(17)))
					if _, err := far.Write(rest[:n]); err != nil {
						t.Error(err)
						return
					}
					if rest = rest[n:]; r.IntN(8) == 0 {
						time.Sleep(time.Duration(r.IntN(3000)) * time.Microsecond)
					}
				}
				_ = far.CloseWrite()
			})
			var got bytes.Buffer
			var last Stamp
			buf := make([]byte, 8<<10)
			for {
				n, err := near.Read(buf[:1+r.IntN(len(buf))])
				got.Write(buf[:n])
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				s := near.LastRead()
				if s.At.Before(last.At) || s.Read != last.Read && s.Read != last.Read+1 || s.Read == last.Read && s != last || s.At.After(time.Now()) {
					t.Fatalf("stamp %+v follows %+v", s, last)
				}
				last = s
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%d bytes arrived, of %d, or not in order", got.Len(), len(want))
			}
		})
	}
}

func TestStreamsOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range 20 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}))
	defer server.Close()
	var conn Stamped
	client := server.Client()
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		var err error
		conn, err = DialKernel(ctx, &net.Dialer{}, network, address, true)
		return conn, err
	}
	defer client.CloseIdleConnections()
	resp, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	reads := map[uint64]bool{}
	var body []byte
	for buf := make([]byte, 4096); ; {
		n, err := resp.Body.Read(buf)
		body = append(body, buf[:n]...)
		reads[conn.LastRead().Read] = true
		if err != nil {
			break
		}
	}
	if len(bytes.Split(body, []byte("\n\n"))) != 21 {
		t.Errorf("the stream is %q", body)
	}
	if len(reads) < 15 {
		t.Errorf("20 events were told apart as %d arrivals", len(reads))
	}
	if _, ok := StampedBelow(tls.Client(conn, &tls.Config{})); !ok {
		t.Error("the connection is not found beneath TLS")
	}
}

func TestDeadlines(t *testing.T) {
	near, far := linked(t, "tcp", false)
	timeout := func(what string, err error) {
		t.Helper()
		var e net.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &e) || !e.Timeout() {
			t.Errorf("%s: %v, want a timeout", what, err)
		}
	}
	buf := make([]byte, 1)
	_ = near.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err := near.Read(buf)
	timeout("a read", err)
	_, err = near.Read(buf)
	timeout("a read after the deadline", err)
	_ = near.SetDeadline(time.Time{})
	time.AfterFunc(20*time.Millisecond, func() { _ = near.SetReadDeadline(time.Unix(1, 0)) })
	_, err = near.Read(buf)
	timeout("a read whose deadline is moved into the past", err)
	_ = near.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_ = near.SetReadDeadline(time.Time{})
	time.AfterFunc(30*time.Millisecond, func() { _, _ = far.Write([]byte("x")) })
	if _, err := near.Read(buf); err != nil {
		t.Errorf("a lifted deadline: %v", err)
	}
	large := make([]byte, 64<<20) // more than the kernel takes
	_ = near.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	n, err := near.Write(large)
	timeout("a write that the other side does not read", err)
	if n == 0 || n == len(large) {
		t.Errorf("%d bytes written", n)
	}
}

func TestLargeWritesArriveWhole(t *testing.T) {
	near, far := linked(t, "tcp", false)
	const size = 16 << 20
	var receiving sync.WaitGroup
	defer receiving.Wait()
	receiving.Go(func() {
		for have := 0; have < size; {
			buf := make([]byte, 256<<10)
			n, err := far.Read(buf)
			have += n
			for _, b := range buf[:n] {
				if b != 'x' {
					t.Error("other bytes than were sent")
					return
				}
			}
			if err != nil {
				t.Errorf("after %d bytes: %v", have, err)
				return
			}
		}
	})
	if n, err := near.Write(bytes.Repeat([]byte("x"), size)); n != size || err != nil {
		t.Errorf("%d bytes written: %v", n, err)
	}
}

func TestCloseEndsWhatIsBlocked(t *testing.T) {
	near, _ := linked(t, "tcp", false)
	failed := make(chan error, 3)
	for range 2 {
		go func() { _, err := near.Read(make([]byte, 1)); failed <- err }()
	}
	go func() { _, err := near.Write(make([]byte, 64<<20)); failed <- err }()
	time.Sleep(20 * time.Millisecond)
	if err := near.Close(); err != nil {
		t.Error(err)
	}
	for range 3 {
		select {
		case err := <-failed:
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%v, want %v", err, net.ErrClosed)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("still blocked after the connection was closed")
		}
	}
	if err := near.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed again: %v", err)
	}
	if err := near.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a deadline once closed: %v", err)
	}
}

// TestEndsComeAfterTheData: what was received before a reset or an end is read first.
func TestEndsComeAfterTheData(t *testing.T) {
	for _, tc := range []struct {
		intent string
		end    func(*net.TCPConn)
		want   error
	}{
		{"the peer resets", func(c *net.TCPConn) { _ = c.SetLinger(0); _ = c.Close() }, syscall.ECONNRESET},
		{"the peer closes", func(c *net.TCPConn) { _ = c.Close() }, io.EOF},
		{"the peer closes its half", func(c *net.TCPConn) { _ = c.CloseWrite() }, io.EOF},
	} {
		near, far := linked(t, "tcp", true)
		_, _ = far.Write([]byte("last words"))
		time.Sleep(20 * time.Millisecond)
		tc.end(far)
		time.Sleep(20 * time.Millisecond)
		got, err := io.ReadAll(io.LimitReader(near, 10))
		if err != nil || string(got) != "last words" {
			t.Errorf("%s: read %q, %v", tc.intent, got, err)
		}
		for range 2 {
			if _, err := near.Read(make([]byte, 1)); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v, want %v", tc.intent, err, tc.want)
			}
		}
		if tc.intent != "the peer closes its half" {
			continue
		}
		if _, err := near.Write([]byte("answer")); err != nil {
			t.Errorf("%s: writing back: %v", tc.intent, err)
		}
		buf := make([]byte, 6)
		if _, err := io.ReadFull(far, buf); err != nil || string(buf) != "answer" {
			t.Errorf("%s: it received %q, %v", tc.intent, buf, err)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	for _, piece := range []int{1 << 20, 1} {
		near, far := linked(t, "tcp", true)
		var sending sync.WaitGroup
		sending.Go(func() {
			b := make([]byte, piece)
			_ = far.SetNoDelay(true)
			for sent := 0; sent < 32<<20 && far.SetWriteDeadline(time.Now().Add(300*time.Millisecond)) == nil; sent += len(b) {
				if _, err := far.Write(b); err != nil {
					return
				}
				if piece == 1 && sent > 3*maxArrivals {
					return
				}
			}
		})
		sending.Wait()
		near.mu.Lock()
		unread, arrivals := len(near.queue)-near.taken, len(near.arrivals)-near.first
		near.mu.Unlock()
		if unread > maxQueued || arrivals > maxArrivals || unread == 0 {
			t.Errorf("pieces of %d: %d bytes in %d arrivals are queued for a reader that does not read", piece, unread, arrivals)
		}
		_ = far.Close()
		if n, err := io.Copy(io.Discard, near); err != nil && !errors.Is(err, syscall.ECONNRESET) || n <= int64(unread) && piece > 1 {
			t.Errorf("pieces of %d: then %d bytes were read: %v", piece, n, err)
		}
	}
}

// TestHeldPiecesReachTheirReader: soon enough, and their end at once.
func TestHeldPiecesReachTheirReader(t *testing.T) {
	near, far := linked(t, "tcp", true)
	_, _ = near.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	_, _ = far.Write([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
	buf := make([]byte, 4096)
	read := func(want string) time.Duration {
		t.Helper()
		begin := time.Now()
		if n, err := near.Read(buf); err != nil || string(buf[:n]) != want && want != "" {
			t.Fatalf("read %q, %v; want %q", buf[:n], err, want)
		}
		return time.Since(begin)
	}
	read("")
	for range 10 { // tokens
		_, _ = far.Write([]byte("5\r\ntoken\r\n"))
		if took := read("5\r\ntoken\r\n"); took > MaxHold+2*time.Second {
			t.Errorf("a piece was held for %v", took)
		}
	}
	near.mu.Lock()
	held := near.holds
	near.mu.Unlock()
	if !held {
		t.Error("a chunked response is not batched")
	}
	_, _ = far.Write([]byte("0\r\n\r\n"))
	read("0\r\n\r\n")
	near.mu.Lock()
	defer near.mu.Unlock()
	if near.holds {
		t.Error("what follows the end of a response would be held")
	}
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
	if polls := polling(t, near.fd); polls != 1 {
		t.Errorf("%d poll sets hold the socket, want the loop's alone", polls)
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

// polling counts the poll sets of this process that hold a socket.
func polling(t *testing.T, fd int) (n int) {
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
			if strings.HasPrefix(line, "tfd:") && strings.Contains(line, fmt.Sprintf("ino:%x ", stat.Ino)) {
				n++
			}
		}
	}
	return n
}

func TestWithoutKernelStampsTheUsersClockStands(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	conn := stampKernel(near, true)
	defer conn.Close()
	go func() { _, _ = far.Write([]byte("x")) }()
	if _, err := conn.Read(make([]byte, 1)); err != nil || conn.LastRead().Source != StampSourceUser || conn.LastRead().Lag != 0 {
		t.Errorf("stamp %+v, %v", conn.LastRead(), err)
	}
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	plain, err := net.Dial("tcp", l.Addr().String()) // nobody has asked its socket for stamps
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, ok := stampKernel(plain, true).(*kernelConn); ok {
		t.Error("a socket that does not stamp was taken for one that does")
	}
}

func TestStampOf(t *testing.T) {
	message := func(kind int32, data ...byte) []byte {
		b := make([]byte, unix.CmsgSpace(len(data)))
		h := unix.Cmsghdr{Level: unix.SOL_SOCKET, Type: kind}
		h.SetLen(unix.CmsgLen(len(data)))
		if _, err := binary.Encode(b, binary.NativeEndian, h); err != nil {
			t.Fatal(err)
		}
		copy(b[unix.CmsgLen(0):], data)
		return b
	}
	two := func(sec, nsec uint64) []byte {
		return binary.NativeEndian.AppendUint64(binary.NativeEndian.AppendUint64(nil, sec), nsec)
	}
	stamp := message(unix.SCM_TIMESTAMPNS, two(5, 7)...)
	for _, tc := range []struct {
		intent  string
		control []byte
		want    time.Time
	}{
		{"alone", stamp, time.Unix(5, 7)},
		{"after another message", append(message(unix.SCM_CREDENTIALS, 1, 2, 3), stamp...), time.Unix(5, 7)},
		{"none", nil, time.Time{}},
		{"another message", message(unix.SCM_CREDENTIALS, two(5, 7)...), time.Time{}},
		{"cut off", stamp[:len(stamp)-1], time.Time{}},
		{"of an unknown size", message(unix.SCM_TIMESTAMPNS, 1, 2, 3), time.Time{}},
	} {
		if got, ok := stampOf(tc.control); ok != !tc.want.IsZero() || !got.Equal(tc.want) {
			t.Errorf("%s: %v, %v", tc.intent, got, ok)
		}
	}
}
