package wire

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
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
		if err := askForStamps(); err != nil {
			t.Skipf("this system refuses kernel receive stamps: %v", err)
		}
		t.Fatalf("the system grants kernel receive stamps, and the connection is a %T", conn)
	}
	return near, far.(*net.TCPConn)
}

// askForStamps asks the system itself, so that a connection which falls back
// without need is a failure and no skip.
func askForStamps() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
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

// TestFirstAnswersAreStamped: the kernel stamps from the first byte on, if it was
// told in time that stamps are wanted.
func TestFirstAnswersAreStamped(t *testing.T) {
	release := KeepStamps()
	defer release()
	time.Sleep(200 * time.Millisecond)
	near, far := linked(t, "tcp", false)
	_, _ = far.Write([]byte("x"))
	if _, err := near.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	first := near.LastRead()
	stamped(t, near, far) // or this kernel stamps nothing
	if first.Source != StampSourceKernel {
		t.Errorf("the first byte is stamped by %s", first.Source)
	}
}
