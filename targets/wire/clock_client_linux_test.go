package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// clockResult is what one client measured.
type clockResult struct {
	CPU       float64 // microseconds of this process an event
	ErrorP50  float64 // ms, arrival against the server's stamp
	ErrorP99  float64 // ms
	GapP99    float64 // ms, gap between tokens against the server's own gap
	Coalesced float64 // share of reads that held several events
	LagP99    float64 // ms, between the kernel's stamp and the read
	Kernel    float64 // share of reads with the kernel's stamp
}

// The clients of the benchmark: a loop that only receives, as soon as something
// came and as often as the kernel clock's; net/http on either clock, without and
// with decoding the events; and a target that is asked, from the conversation to
// the record, as a run does.
const (
	clientFloor   = "floor"
	clientBatched = "floor, batched"
	clientKernel  = "kernel"
	clientUser    = "user"
	clientDecoded = "kernel, decoded"
	clientAsked   = "asked"
)

// Ask asks a target for every stream at once, as a run does, calls begun when all
// answers have, and returns once they have ended. It is set from outside of this
// package, which knows no targets.
var Ask func(url string, streams, tokens int, begun func()) error

// runClockClient asks the server for the streams and prints a clockResult.
func runClockClient(role string, args []string) error {
	load, err := loadOf(args)
	if err != nil {
		return err
	}
	address, events := args[len(args)-1], load.streams*load.tokens
	var res clockResult
	switch role {
	case clientFloor:
		res.CPU, err = receiveBare(address, load.streams, events, 0)
	case clientBatched:
		res.CPU, err = receiveBare(address, load.streams, events, roundTime)
	case clientAsked:
		res.CPU, err = receiveAsked(address, load)
	default:
		res, err = receiveHTTP(role, address, load.streams, load.tokens)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(res)
}

// cpu is the processor time of this process, user and system.
func cpu() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // cannot fail for this process
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// receiveBare is the floor: epoll and recv in one thread, nothing parsed.
func receiveBare(address string, streams, events int, pause time.Duration) (float64, error) {
	runtime.LockOSThread()
	at, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return 0, err
	}
	epoll, err := unix.EpollCreate1(0)
	if err != nil {
		return 0, err
	}
	buf := make([]byte, 64<<10)
	for range streams {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			return 0, err
		}
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: at.Port, Addr: [4]byte(at.IP.To4())}); err != nil {
			return 0, err
		}
		if _, err := unix.Write(fd, []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
			return 0, err
		}
		if n, err := unix.Read(fd, buf); n < len(streamHead) || err != nil {
			return 0, fmt.Errorf("read the head: %d bytes, %v", n, err)
		}
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
			return 0, err
		}
	}
	begin := cpu()
	ready := make([]unix.EpollEvent, 256)
	for open := streams; open > 0; {
		n, err := unix.EpollWait(epoll, ready, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return 0, err
		}
		for _, e := range ready[:max(n, 0)] {
			n, err := unix.Read(int(e.Fd), buf)
			if err != nil {
				return 0, err
			}
			if bytes.HasSuffix(buf[:n], []byte("\r\n0\r\n\r\n")) {
				_ = unix.Close(int(e.Fd))
				open--
			}
		}
		time.Sleep(pause)
	}
	return float64((cpu() - begin).Nanoseconds()) / 1000 / float64(events), nil
}

// receiveAsked is the whole way of a run, but for its journal.
func receiveAsked(address string, load clockLoad) (spent float64, err error) {
	var begin time.Duration
	if err := Ask("http://"+address, load.streams, load.tokens, func() { begin = cpu() }); err != nil {
		return 0, err
	}
	return float64((cpu() - begin).Nanoseconds()) / 1000 / float64(load.streams*load.tokens), nil
}

// read is what one read of a body brought.
type read struct {
	stamp Stamp
	bytes []byte
}

// receiveHTTP reads the streams through net/http. Stamps first: what the events
// say is looked at when the streams have ended.
func receiveHTTP(role, address string, streams, tokens int) (clockResult, error) {
	reads := make([][]read, streams)
	failed := make(chan error, streams)
	var asked, ended sync.WaitGroup
	asked.Add(streams)
	for i := range streams {
		reads[i] = make([]read, 0, tokens+8)
		ended.Go(func() {
			once := sync.OnceFunc(asked.Done)
			defer once()
			body, conn, err := openStream(role, "http://"+address)
			if err != nil {
				failed <- err
				return
			}
			defer body.Close()
			once()
			if reads[i], err = readStream(reads[i], body, conn, role == clientDecoded); err != nil {
				failed <- err
			}
		})
	}
	asked.Wait()
	runtime.GC()
	begin := cpu()
	ended.Wait()
	spent := cpu() - begin
	select {
	case err := <-failed:
		return clockResult{}, err
	default:
	}
	res, err := judgeClock(reads, tokens)
	res.CPU = float64(spent.Nanoseconds()) / 1000 / float64(streams*tokens)
	return res, err
}

func openStream(role, url string) (io.ReadCloser, Stamped, error) {
	var conn Stamped
	transport := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, address string) (c net.Conn, err error) {
		if role != clientUser {
			conn, err = DialKernel(ctx, &net.Dialer{}, network, address, true)
		} else if c, err = (&net.Dialer{}).DialContext(ctx, network, address); err == nil {
			conn = StampUser(c)
		}
		return conn, err
	}}
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	return resp.Body, conn, nil
}

func readStream(reads []read, body io.Reader, conn Stamped, decode bool) ([]read, error) {
	buf, decoder, chunks := make([]byte, 16<<10), OpenAI{}.Decoder(&http.Response{}), 0
	for {
		n, err := body.Read(buf)
		if n > 0 {
			reads = append(reads, read{conn.LastRead(), bytes.Clone(buf[:n])})
		}
		if decode {
			if err := decoder.Feed(0, buf[:n], func(Chunk) { chunks++ }); err != nil {
				return nil, err
			}
		}
		if errors.Is(err, io.EOF) {
			if out := decoder.Close(nil); decode && (!out.Complete || chunks == 0) {
				return nil, fmt.Errorf("decoded %d tokens: %+v", chunks, out.Failure)
			}
			return reads, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// judgeClock compares stamps with what the server wrote into the events.
func judgeClock(streams [][]read, tokens int) (res clockResult, err error) {
	all := clockErrors{now: time.Now(), shared: monotonic()}
	for _, reads := range streams {
		count, err := all.stream(reads)
		if err == nil && count != tokens {
			err = fmt.Errorf("a stream had %d tokens, want %d", count, tokens)
		}
		if err != nil {
			return res, err
		}
	}
	arrivals := float64(len(all.lags))
	return clockResult{ErrorP50: centile(all.late, 50), ErrorP99: centile(all.late, 99), GapP99: centile(all.gaps, 99),
		LagP99: centile(all.lags, 99), Coalesced: float64(all.several) / arrivals, Kernel: float64(all.kernel) / arrivals}, nil
}

// clockErrors gathers, in milliseconds, what the stamps of all streams are off by.
type clockErrors struct {
	now             time.Time // the same instant on both clocks
	shared          int64
	late, gaps      []float64
	lags            []float64 // one an arrival
	several, kernel int       // arrivals of several events; stamped by the kernel
}

// stream looks at what one stream's reads brought, and counts its tokens.
func (e *clockErrors) stream(reads []read) (tokens int, err error) {
	var rest []byte
	var sentBefore, arrivedBefore int64
	var number uint64 // of the arrival
	var events int    // in it
	for _, r := range reads {
		arrived := e.shared + r.stamp.At.Sub(e.now).Nanoseconds()
		if r.stamp.Read != number {
			number, events = r.stamp.Read, 0
			e.lags = append(e.lags, r.stamp.Lag.Seconds()*1000)
			if r.stamp.Source == StampSourceKernel {
				e.kernel++
			}
		}
		rest = append(rest, r.bytes...)
		for {
			event, after, whole := bytes.Cut(rest, []byte("\n\n"))
			if !whole {
				break
			}
			rest = after
			digits, ok := bytes.CutPrefix(event, []byte(eventBefore))
			if !ok || len(digits) < stampDigits {
				continue // the last ones carry no token
			}
			sent, err := strconv.ParseInt(string(digits[:stampDigits]), 10, 64)
			if err != nil {
				return 0, err
			}
			sent -= stampBase
			e.late = append(e.late, math.Abs(float64(arrived-sent)/1e6))
			if tokens++; tokens > 1 {
				e.gaps = append(e.gaps, math.Abs(float64((arrived-arrivedBefore)-(sent-sentBefore))/1e6))
			}
			sentBefore, arrivedBefore = sent, arrived
			if events++; events == 2 {
				e.several++
			}
		}
	}
	return tokens, nil
}

func centile(v []float64, p int) float64 {
	slices.Sort(v)
	return v[(len(v)-1)*p/100]
}
