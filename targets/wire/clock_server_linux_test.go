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
// phases, and writes into each token when it sent it. Its arguments are the
// number of streams and of tokens in each.
func serveClock(args []string) error {
	streams, tokens, err := clockSize(args)
	if err != nil {
		return err
	}
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
		phase := r.Int64N(int64(tokenGap))
		for k := range tokens {
			plan = append(plan, send{begin + phase + int64(k)*int64(tokenGap), i})
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
	if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
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

func clockSize(args []string) (streams, tokens int, err error) {
	if len(args) < 2 {
		return 0, 0, fmt.Errorf("want the number of streams and of tokens, have %q", args)
	}
	if streams, err = strconv.Atoi(args[0]); err != nil {
		return 0, 0, err
	}
	tokens, err = strconv.Atoi(args[1])
	return streams, tokens, err
}
