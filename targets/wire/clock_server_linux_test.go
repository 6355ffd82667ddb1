package wire

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The benchmark of the clocks runs server and client in processes of their own,
// started from the test binary, each on a processor of its own where there are
// two: neither then takes time from the other.
const clockRole = "SWITCHOVER_CLOCK_ROLE"

func TestMain(m *testing.M) {
	var err error
	switch role := os.Getenv(clockRole); role {
	case "":
		os.Exit(m.Run())
	case "server":
		err = serveClock(os.Args[1:])
	default:
		err = runClockClient(role, os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

const (
	tokenGap    = 20 * time.Millisecond // 50 tokens/s
	streamHead  = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
	eventBefore = `data: {"id":"cmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"`
	eventAfter  = `"},"finish_reason":null}]}` + "\n\n"
	stampDigits = 19
	stampBase   = 1e18 // makes every stamp that long
	streamEnd   = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"
)

// monotonic reads the clock that both processes share, in nanoseconds.
func monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // cannot fail for this clock
	return ts.Nano()
}

// serveClock is the truth: it paces tokens to a number of streams, at random
// phases, and writes into each token when it sent it. Its arguments are a load.
func serveClock(args []string) error {
	load, err := loadOf(args)
	if err != nil {
		return err
	}
	streams, tokens, gap := load.streams, load.tokens, load.gap
	runtime.LockOSThread()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	fds := make([]int, streams)
	for i := range fds {
		if fds[i], err = acceptStream(l); err != nil {
			return err
		}
	}
	type send struct {
		at     int64
		stream int
	}
	var plan []send
	begin := monotonic() + int64(500*time.Millisecond)
	r := rand.New(rand.NewPCG(1, uint64(streams)))
	for i := range fds {
		phase := r.Int64N(int64(gap))
		for k := range tokens {
			plan = append(plan, send{begin + phase + int64(k)*int64(gap), i})
		}
	}
	slices.SortFunc(plan, func(a, b send) int { return int(a.at - b.at) })
	size := len(eventBefore) + stampDigits + len(eventAfter)
	event := fmt.Appendf(nil, "%x\r\n%s%0*d%s\r\n", size, eventBefore, stampDigits, 0, eventAfter)
	digits := event[len(event)-2-len(eventAfter)-stampDigits:]
	for _, s := range plan {
		if wait := s.at - monotonic(); wait > 0 {
			ts := unix.NsecToTimespec(wait)
			_ = unix.Nanosleep(&ts, nil) // interrupted: a little early, and it says when
		}
		strconv.AppendInt(digits[:0], stampBase+monotonic(), 10)
		if _, err := syscall.Write(fds[s.stream], event); err != nil {
			return err
		}
	}
	for _, fd := range fds {
		_, _ = fmt.Fprintf(os.NewFile(uintptr(fd), "stream"), "%x\r\n%s\r\n0\r\n\r\n", len(streamEnd), streamEnd)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark has what it wants
	return nil
}

// acceptStream answers one request's head and returns the connection's blocking
// descriptor.
func acceptStream(l net.Listener) (int, error) {
	conn, err := l.Accept()
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return 0, err
	}
	if _, err := io.WriteString(conn, streamHead); err != nil {
		return 0, err
	}
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		return 0, err
	}
	defer file.Close()
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	return fd, unix.SetNonblock(fd, false)
}

// clockLoad is what one run asks of the server.
type clockLoad struct {
	streams, tokens int           // tokens in each stream
	gap             time.Duration // between them
}

func (l clockLoad) args() []string {
	return []string{strconv.Itoa(l.streams), strconv.Itoa(l.tokens), l.gap.String()}
}

func loadOf(args []string) (l clockLoad, err error) {
	if len(args) < 3 {
		return l, fmt.Errorf("want the number of streams, of tokens in each and the time between them, have %q", args)
	}
	if l.streams, err = strconv.Atoi(args[0]); err != nil {
		return l, err
	}
	if l.tokens, err = strconv.Atoi(args[1]); err != nil {
		return l, err
	}
	l.gap, err = time.ParseDuration(args[2])
	return l, err
}
