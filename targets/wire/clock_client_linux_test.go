package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
// came and as often as the kernel clock's; and net/http on either
// clock, without and with decoding the events.
const (
	clientFloor   = "floor"
	clientBatched = "floor, batched"
	clientKernel  = "kernel"
	clientUser    = "user"
	clientDecoded = "kernel, decoded"
)

// runClockClient asks the server for the streams and prints a clockResult.
func runClockClient(role string, args []string) error {
	streams, tokens, err := clockSize(args)
	if err != nil {
		return err
	}
	var res clockResult
	switch role {
	case clientFloor:
		res.CPU, err = receiveBare(args[2], streams, streams*tokens, 0)
	case clientBatched:
		res.CPU, err = receiveBare(args[2], streams, streams*tokens, roundTime)
	default:
		res, err = receiveHTTP(role, args[2], streams, tokens)
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
		if role == clientUser {
			c, err = (&net.Dialer{}).DialContext(ctx, network, address)
			conn = StampUser(c)
		} else {
			conn, err = DialKernel(ctx, &net.Dialer{}, network, address, true)
		}
		return conn, err
	}}
	resp, err := transport.RoundTrip(must(http.NewRequest(http.MethodGet, url, nil)))
	if err != nil {
		return nil, nil, err
	}
	return resp.Body, conn, nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
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
			return reads, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// judgeClock compares stamps with what the server wrote into the events.
func judgeClock(streams [][]read, tokens int) (res clockResult, err error) {
	now, shared := time.Now(), monotonic()
	var late, gaps, lags []float64
	var arrivals, several, kernel int
	for _, reads := range streams {
		var rest []byte
		var before [2]int64 // sent, arrived
		var number uint64
		events := 0 // of the arrival with that number
		count := 0
		for _, r := range reads {
			arrived := shared + r.stamp.At.Sub(now).Nanoseconds()
			if r.stamp.Read != number {
				number, events = r.stamp.Read, 0
				arrivals++
				lags = append(lags, r.stamp.Lag.Seconds()*1000)
				if r.stamp.Source == StampSourceKernel {
					kernel++
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
				if !ok {
					continue
				}
				sent, err := strconv.ParseInt(string(digits[:stampDigits]), 10, 64)
				if err != nil {
					return res, err
				}
				sent -= 1e18
				late = append(late, float64(arrived-sent)/1e6)
				if count++; count > 1 {
					gaps = append(gaps, abs(float64((arrived-before[1])-(sent-before[0]))/1e6))
				}
				before = [2]int64{sent, arrived}
				if events++; events == 2 {
					several++
				}
			}
		}
		if count != tokens {
			return res, fmt.Errorf("a stream had %d tokens, want %d", count, tokens)
		}
	}
	for i := range late {
		late[i] = abs(late[i])
	}
	res.ErrorP50, res.ErrorP99 = centile(late, 50), centile(late, 99)
	res.GapP99, res.LagP99 = centile(gaps, 99), centile(lags, 99)
	res.Coalesced, res.Kernel = float64(several)/float64(arrivals), float64(kernel)/float64(arrivals)
	return res, nil
}

func abs(v float64) float64 { return max(v, -v) }

func centile(v []float64, p int) float64 {
	slices.Sort(v)
	return v[(len(v)-1)*p/100]
}
