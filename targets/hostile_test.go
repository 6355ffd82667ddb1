package targets

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/secret"
	"switchover/targets/wire"
)

const canary = "sk-canary-Ab+9/x=Zq_0yT7u41vKk"

// rawServer answers each connection's first request by writing to the bare
// connection, so that it can break every rule. It ends with the test.
func rawServer(t *testing.T, script func(conn net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
				r, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				script(conn)
			})
		}
	})
	return "http://" + l.Addr().String() + "/v1"
}

// openai returns a Spec for an API at url.
func openai(url string) Spec {
	return Spec{Name: "t", Protocol: wire.OpenAI{},
		Endpoint: wire.Endpoint{URL: url, Model: "m", Key: secret.New(canary)},
		Timeouts: Timeouts{Connect: 10 * time.Second, FirstByte: 10 * time.Second, Idle: 10 * time.Second, Total: 20 * time.Second}}
}

// ask opens a target, asks once, checks what holds for every record, and closes.
func ask(t *testing.T, spec Spec, via network) *results.Record {
	t.Helper()
	target, err := open(spec, via)
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	return askOpen(t, target)
}

func askOpen(t *testing.T, target *Target) *results.Record {
	t.Helper()
	begin := time.Now()
	rec := &results.Record{ID: "s/t/0/0/1", Attempt: 1, Intended: results.At(0), Scheduled: results.At(0)}
	target.Ask(context.Background(), begin, chat.Request{ID: rec.ID, Messages: []chat.Message{{Role: chat.User, Content: "hello"}}}, rec)
	checkRecord(t, rec, time.Since(begin))
	return rec
}

// checkRecord asserts what every record must satisfy.
func checkRecord(t *testing.T, rec *results.Record, took time.Duration) {
	t.Helper()
	if !rec.Complete && rec.Error == nil {
		t.Error("neither complete nor failed")
	}
	if end, ok := rec.End.Get(); !ok || end < 0 || end > int64(took) {
		t.Errorf("end is %v, known %v, of %v", time.Duration(end), ok, took)
	}
	if lag, ok := rec.ReceiveLag.Get(); rec.Clock == results.ClockKernel && !ok || lag < 0 || lag > int64(took) {
		t.Errorf("receive lag is %v, known %v, on clock %q", time.Duration(lag), ok, rec.Clock)
	}
	last, name := int64(0), "zero"
	for _, i := range []struct {
		name string
		at   results.Instant
	}{{"start", rec.Start}, {"first byte", rec.FirstByte}, {"first token", rec.FirstToken}, {"last token", rec.LastToken}, {"end", rec.End}} {
		if at, ok := i.at.Get(); ok {
			if at < last {
				t.Errorf("%s (%v) comes before %s (%v)", i.name, time.Duration(at), name, time.Duration(last))
			}
			last, name = at, i.name
		}
	}
	if rec.Error != nil && (rec.Error.Message == "" || len([]rune(rec.Error.Message)) > maxMessage || strings.ContainsAny(rec.Error.Message, "\n\r\x1b")) {
		t.Errorf("the message is no short line: %q", rec.Error.Message)
	}
}

const (
	streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	oneToken   = `data: {"choices":[{"index":0,"delta":{"content":"token "}}]}` + "\n\n"
	goodEnd    = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" +
		`data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}` + "\n\n" + "data: [DONE]\n\n"
)

func httpChunk(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }

// say writes strings to the connection; with the rest of the script it is the
// server's whole behaviour.
func say(parts ...string) func(net.Conn) {
	return func(c net.Conn) {
		for _, p := range parts {
			if _, err := io.WriteString(c, p); err != nil {
				return
			}
		}
	}
}

// forever writes first, then piece until the client goes away.
func forever(first, piece string) func(net.Conn) {
	return func(c net.Conn) {
		_, err := io.WriteString(c, first)
		for err == nil {
			_, err = io.WriteString(c, piece)
		}
	}
}

// pause keeps the connection open, silent, until the client goes away.
func pause(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func status(line, body string, headers ...string) string {
	return "HTTP/1.1 " + line + "\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n" + strings.Join(append(headers, ""), "\r\n") + "\r\n" + body
}

type fault struct {
	name   string
	script func(net.Conn)
	class  chat.Class
	status int
	tokens int // chunks that arrived
	say    string
}

func faults() []fault {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, oneToken+goodEnd)
	_ = z.Close()
	var zippedBomb bytes.Buffer
	z.Reset(&zippedBomb)
	_, _ = z.Write(make([]byte, 32<<20))
	_ = z.Close()
	quota := `{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}`
	var zippedQuota bytes.Buffer
	z.Reset(&zippedQuota)
	_, _ = io.WriteString(z, quota)
	_ = z.Close()
	return []fault{
		{"429 insufficient_quota, compressed", say(status("429 Too Many Requests", zippedQuota.String(), "Content-Encoding: gzip")), chat.Quota, 429, 0, "exceeded your current quota"},
		{"500 that unpacks to much", say(status("500 Oops", zippedBomb.String(), "Content-Encoding: gzip")), chat.Server, 500, 0, "65536 bytes that are no text"},
		{"500 that says it is compressed", say(status("500 Oops", "boom", "Content-Encoding: gzip")), chat.Server, 500, 0, "boom"},
		{"429 with Retry-After", say(status("429 Too Many Requests", `{"error":{"message":"slow down"}}`, "Retry-After: 7")), chat.RateLimited, 429, 0, "slow down"},
		{"429 insufficient_quota", say(status("429 Too Many Requests", quota)), chat.Quota, 429, 0, "exceeded your current quota"},
		{"500", say(status("500 Internal Server Error", "boom")), chat.Server, 500, 0, "boom"},
		{"503", say(status("503 Service Unavailable", "")), chat.Overloaded, 503, 0, "503"},
		{"529", say(status("529 Overloaded", "")), chat.Overloaded, 529, 0, "529"},
		{"401", say(status("401 Unauthorized", "")), chat.Auth, 401, 0, "401"},
		{"402", say(status("402 Payment Required", "")), chat.Quota, 402, 0, "402"},
		{"404", say(status("404 Not Found", `{"error":{"message":"The model m does not exist"}}`)), chat.NotFound, 404, 0, "asked for /v1/chat/completions"},
		{"413", say(status("413 Payload Too Large", "")), chat.TooLarge, 413, 0, "413"},
		{"redirect to another host", say(status("307 Temporary Redirect", "", "Location: http://127.0.0.2:1/steal")), chat.BadRequest, 307, 0, "to http://127.0.0.2:1 was not followed"},
		{"error body that never ends", forever("HTTP/1.1 500 Oops\r\n\r\n", strings.Repeat("x", 4096)), chat.Server, 500, 0, "500"},
		{"closed before any response", say(), chat.Connect, 0, 0, "closed the connection without a response"},
		{"not HTTP", say("220 mail ready\r\n"), chat.Malformed, 0, 0, `cannot be read: malformed HTTP status code "mail"; is the url`},
		{"head cut off", say("HTTP/1.1 200 OK\r\nContent-Ty"), chat.Malformed, 0, 0, "head"},
		{"head that never ends", forever("HTTP/1.1 200 OK\r\n", "X-Filler: "+strings.Repeat("x", 1000)+"\r\n"), chat.Malformed, 0, 0, "cannot be read: its headers exceeded 65536 bytes; is the url that of the API?"},
		{"slow first byte", pause, chat.TimeoutFirstByte, 0, 0, "no response within 1s"},
		{"head that trickles", func(c net.Conn) { say("HTTP/1.1 200 OK\r\n")(c); pause(c) }, chat.TimeoutFirstByte, 0, 0, "within 1s"},
		{"stall mid-stream", func(c net.Conn) { say(streamHead, httpChunk(oneToken))(c); pause(c) }, chat.TimeoutIdle, 200, 1, "stood still for 1s"},
		{"cut mid-stream", say(streamHead, httpChunk(oneToken), "ff\r\ndata: {\"cho"), chat.Interrupted, 200, 1, "cut after 1 event"},
		{"clean early end", say(streamHead, httpChunk(oneToken), "0\r\n\r\n"), chat.Interrupted, 200, 1, "ended cleanly but without finish_reason"},
		{"clean end without [DONE]", say(streamHead, httpChunk(oneToken+strings.Split(goodEnd, "\n\n")[0]+"\n\n"), "0\r\n\r\n"), chat.Interrupted, 200, 1, "without [DONE]"},
		{"malformed chunk", say(streamHead, httpChunk(oneToken), httpChunk("data: {\"choices\":[{\n\n")), chat.Malformed, 200, 1, "no chat completion chunk"},
		{"broken chunked encoding", say(streamHead, httpChunk(oneToken), "zz\r\n"), chat.Interrupted, 200, 1, "broke after 1 event"},
		{"error object in a 200", say(streamHead, httpChunk(oneToken), httpChunk(`data: {"error":{"message":"EngineCore died"}}`+"\n\ndata: [DONE]\n\n"), "0\r\n\r\n"), chat.StreamError, 200, 1, "EngineCore died"},
		{"endless stream of comments", func(c net.Conn) { forever(streamHead, httpChunk(": keep-alive "+strings.Repeat(".", 32<<10)+"\n"))(c) }, chat.Malformed, 200, 0, "larger than 67108864 bytes"},
		{"giant event", forever(streamHead+httpChunk("data: "), httpChunk(strings.Repeat("x", 32<<10))), chat.Malformed, 200, 0, "larger than 1048576 bytes"},
		{"gzip", say(status("200 OK", zipped.String(), "Content-Type: text/event-stream", "Content-Encoding: gzip")), chat.Malformed, 200, 0, "compressed (gzip)"},
		{"HTML page", say(status("200 OK", "<html><title>Log in</title></html>", "Content-Type: text/html")), chat.Malformed, 200, 0, "a page titled: Log in"},
		{"empty 200", say(status("200 OK", "", "Content-Type: text/event-stream")), chat.Interrupted, 200, 0, "the response is empty"},
		{"content filter", say(streamHead, httpChunk(strings.ReplaceAll(goodEnd, `"stop"`, `"content_filter"`)), "0\r\n\r\n"), chat.ContentFilter, 200, 0, "content filter"},
		{"token limit spent on reasoning", say(streamHead, httpChunk(strings.ReplaceAll(goodEnd, `"stop"`, `"length"`)), "0\r\n\r\n"), chat.NoAnswer, 200, 0, "token limit"},
	}
}

// TestFaults asks one hostile server per fault. With -v it prints the table of
// faults and what was recorded.
func TestFaults(t *testing.T) {
	type row struct{ fault, class, message string }
	var mu sync.Mutex
	rows := map[string]row{}
	note := func(name string, rec *results.Record) {
		mu.Lock()
		defer mu.Unlock()
		rows[name] = row{name, string(rec.Error.Class), rec.Error.Message}
	}
	all := faults()
	for _, via := range clocks {
		testFaults(t, all, via, note)
	}
	for _, f := range all {
		t.Logf("%-32s %-19s %s", rows[f.name].fault, rows[f.name].class, rows[f.name].message)
	}
}

// clocks are the networks of both.
var clocks = []network{{clock: results.ClockKernel}, {clock: results.ClockUser}}

func testFaults(t *testing.T, all []fault, via network, note func(string, *results.Record)) {
	t.Run(via.clock, func(t *testing.T) {
		for _, f := range all {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				begin := time.Now()
				spec := openai(rawServer(t, f.script))
				if f.class == chat.TimeoutFirstByte || f.class == chat.TimeoutIdle {
					spec.Timeouts.FirstByte, spec.Timeouts.Idle = time.Second, time.Second
				}
				rec := ask(t, spec, via)
				if took := time.Since(begin); took > 9*time.Second {
					t.Errorf("took %v", took)
				}
				if rec.Error == nil {
					t.Fatalf("no error; the record is %+v", rec)
				}
				note(f.name, rec)
				if rec.Error.Class != f.class || rec.Status != f.status || len(rec.Chunks) != f.tokens {
					t.Errorf("class %s, status %d, %d chunks; want %s, %d, %d (%s)", rec.Error.Class, rec.Status, len(rec.Chunks),
						f.class, f.status, f.tokens, rec.Error.Message)
				}
				marked := f.class == chat.ContentFilter || f.class == chat.NoAnswer // these streams had their marker
				if rec.OK() || rec.Complete != marked {
					t.Errorf("complete is %v", rec.Complete)
				}
				if !strings.Contains(rec.Error.Message, f.say) {
					t.Errorf("says %q, want %q in it", rec.Error.Message, f.say)
				}
			})
		}
	})
}

func TestNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	noNames := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server in this test")
	}}
	for _, tc := range []struct {
		intent, url string
		via         network
		class       chat.Class
		say         string
	}{
		{"connection refused", "http://" + closed, network{}, chat.Connect, "connection refused"},
		{"no file left", "http://" + closed, short(syscall.EMFILE, "127.0.0.1"), chat.Client, "this machine could not open a connection"},
		{"no port left", "http://" + closed, short(syscall.EADDRNOTAVAIL, "127.0.0.1"), chat.Client, "this machine could not open a connection"},
		{"no such network", "http://" + closed, short(syscall.EADDRNOTAVAIL, "::1"), chat.Connect, "cannot assign"},
		{"a name that does not resolve", "http://no-such-host.invalid/v1", network{resolver: noNames}, chat.DNS, "no-such-host.invalid"},
		{"a certificate nobody vouches for", secure.URL, network{}, chat.TLS, "certificate"},
		{"https to a server that speaks http", strings.Replace(plain.URL, "http://", "https://", 1), network{}, chat.TLS, "speaks http, not https"},
	} {
		rec := ask(t, openai(tc.url), tc.via)
		if rec.Error == nil || rec.Error.Class != tc.class || !strings.Contains(rec.Error.Message, tc.say) {
			t.Errorf("%s: %+v, want %s: %s", tc.intent, rec.Error, tc.class, tc.say)
			continue
		}
		t.Logf("%-40s %-10s %s", tc.intent, rec.Error.Class, rec.Error.Message)
		if rec.Start.IsKnown() || rec.Sent.IsKnown() || rec.FirstByte.IsKnown() {
			t.Errorf("%s: instants of a connection that never was: %+v", tc.intent, rec)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var visits atomic.Int32
	other := rawServer(t, func(c net.Conn) { visits.Add(1); say(status("200 OK", ""))(c) })
	rec := ask(t, openai(rawServer(t, say(status("302 Found", "", "Location: "+other+"?key="+canary)))), network{})
	if rec.Error == nil || rec.Error.Class != chat.BadRequest || visits.Load() != 0 {
		t.Errorf("followed %d times, error %+v", visits.Load(), rec.Error)
	}
}

// short is a network in which this machine lacks what a connection takes.
func short(of syscall.Errno, ip string) network {
	return network{dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.ParseIP(ip), Port: 1}, Err: os.NewSyscallError("socket", of)}
	}}
}
