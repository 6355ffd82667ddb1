package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

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
