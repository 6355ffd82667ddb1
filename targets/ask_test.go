package targets

import (
	"bufio"
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

// piped is a network whose every connection is a pipe to a goroutine that serves
// requests by script, so that virtual time applies to both ends.
func piped(connect time.Duration, script func(net.Conn)) network {
	return network{dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		select {
		case <-time.After(connect):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			for in := bufio.NewReader(far); ; {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				script(far)
			}
		}()
		return near, nil
	}}
}

const ms = time.Millisecond

func instant(i results.Instant) string {
	if v, ok := i.Get(); ok {
		return time.Duration(v).String()
	}
	return "unknown"
}

func bare(url string) Spec {
	return Spec{Name: "t", Protocol: wire.OpenAI{}, Endpoint: wire.Endpoint{URL: url, Model: "m"}}
}

func TestInstantsAreExact(t *testing.T) {
	event := func(delta string) string { return `data: {"choices":[{"index":0,"delta":` + delta + "}]}\n\n" }
	script := func(c net.Conn) {
		for _, step := range []struct {
			after time.Duration
			text  string
		}{
			{200 * ms, streamHead},
			{100 * ms, httpChunk(": keep-alive\n\n")},
			{100 * ms, httpChunk(event(`{"role":"assistant","content":""}`))},
			{100 * ms, httpChunk(event(`{"reasoning":"hm"}`))},
			{50 * ms, httpChunk(event(`{"content":"one"}`)[:20])},
			{50 * ms, httpChunk(event(`{"content":"one"}`)[20:])},
			{25 * ms, httpChunk(event(`{"content":"two"}`) + event(`{"content":"six"}`) + event(`{"content":"ten"}`))},
			{75 * ms, httpChunk(goodEnd)},
			{20 * ms, "0\r\n\r\n"},
		} {
			time.Sleep(step.after)
			_, _ = io.WriteString(c, step.text)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		target, err := open(bare("http://pipe/v1"), piped(10*ms, script))
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		zero := time.Now().Add(-time.Second)
		rec := &results.Record{Attempt: 1}
		target.Ask(t.Context(), zero, chat.Request{}, rec)
		checkRecord(t, rec, time.Since(zero))
		base := time.Second + 10*ms
		got := map[string]string{"start": instant(rec.Start), "sent": instant(rec.Sent), "first byte": instant(rec.FirstByte),
			"first token": instant(rec.FirstToken), "first answer": instant(rec.FirstAnswer), "last token": instant(rec.LastToken), "end": instant(rec.End)}
		want := map[string]string{"start": base.String(), "sent": base.String(), "first byte": (base + 200*ms).String(),
			"first token": (base + 500*ms).String(), "first answer": (base + 600*ms).String(),
			"last token": (base + 625*ms).String(), "end": (base + 700*ms).String()}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("instants (-want +got):\n%s", diff)
		}
		wantChunks := []results.Chunk{{Gap: 500 * ms, Kind: "r", Tokens: 0}, {Gap: 100 * ms, Kind: "c"}, {Gap: 25 * ms, Kind: "c"}, {Kind: "c"}, {Kind: "c"}}
		for i := range wantChunks {
			wantChunks[i].Tokens = rec.Chunks[i].Tokens // apportioning has its own test
		}
		if diff := cmp.Diff(wantChunks, rec.Chunks); diff != "" {
			t.Errorf("chunks (-want +got):\n%s", diff)
		}
		if rec.Coalesced != 1 {
			t.Errorf("%d coalesced reads, want the one that held three events", rec.Coalesced)
		}
		if !rec.OK() || rec.Text != "onetwosixten" || rec.ReasoningText != "hm" || rec.Finish != chat.FinishStop || rec.Clock != results.ClockUser {
			t.Errorf("record %+v, error %+v", rec, rec.Error)
		}
		// The role, five events with content and the finish reason; usage has no choices.
		if rec.Events != 7 || rec.EventsUntimed != 0 || instant(rec.UsageEvent) != (base+700*ms).String() || instant(rec.FirstEvent) != (base+400*ms).String() || instant(rec.LastEvent) != (base+700*ms).String() || rec.UsageBeside {
			t.Errorf("%d events from %s to %s, usage beside them: %v", rec.Events, instant(rec.FirstEvent), instant(rec.LastEvent), rec.UsageBeside)
		}
		if len(rec.RequestHash) != 64 {
			t.Errorf("request hash %q", rec.RequestHash)
		}
	})
}

func TestEachLimitHasItsClass(t *testing.T) {
	beat := func(c net.Conn) { // alive, and never done
		_, err := io.WriteString(c, streamHead)
		for err == nil {
			time.Sleep(10 * time.Second)
			_, err = io.WriteString(c, httpChunk(": keep-alive\n"))
		}
	}
	for _, tc := range []struct {
		intent  string
		connect time.Duration
		script  func(net.Conn)
		class   chat.Class
		after   time.Duration
	}{
		{"no connection", time.Hour, pause, chat.TimeoutConnect, 5 * time.Second},
		{"no response", time.Second, pause, chat.TimeoutFirstByte, 31 * time.Second},
		{"the stream stands still", time.Second, func(c net.Conn) { say(streamHead, httpChunk(oneToken))(c); pause(c) }, chat.TimeoutIdle, 31 * time.Second},
		{"comments keep it from being idle, not from the total", time.Second, beat, chat.TimeoutTotal, 5 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			target, err := open(bare("http://pipe/v1"), piped(tc.connect, tc.script))
			if err != nil {
				t.Fatal(err)
			}
			defer time.Sleep(time.Minute) // until the server has noticed
			defer target.Close()
			rec := &results.Record{Attempt: 1}
			target.Ask(t.Context(), time.Now(), chat.Request{}, rec)
			if rec.Error == nil || rec.Error.Class != tc.class || rec.End != results.At(tc.after) {
				t.Errorf("%s: %+v at %s, want %s at %v", tc.intent, rec.Error, instant(rec.End), tc.class, tc.after)
			}
		})
	}
}

func TestGivingUp(t *testing.T) {
	for _, intent := range []string{"the caller cancels", "the caller's deadline passes", "the target is closed", "the target was closed before"} {
		synctest.Test(t, func(t *testing.T) {
			target, err := open(bare("http://pipe/v1"), piped(0, func(c net.Conn) { say(streamHead, httpChunk(oneToken))(c); pause(c) }))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			switch intent {
			case "the caller cancels":
				time.AfterFunc(time.Second, cancel)
			case "the caller's deadline passes":
				ctx, cancel = context.WithTimeout(ctx, time.Second)
				defer cancel()
			case "the target is closed":
				time.AfterFunc(time.Second, target.Close)
			default:
				target.Close()
			}
			rec := &results.Record{Attempt: 1}
			target.Ask(ctx, time.Now(), chat.Request{}, rec)
			if rec.Error == nil || rec.Error.Class != chat.Cancelled || !rec.End.IsKnown() {
				t.Errorf("%s: %+v", intent, rec.Error)
			}
			target.Close()
		})
	}
}

func TestSocketsAreCapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := bare("http://pipe/v1")
		spec.MaxSockets = 1
		target, err := open(spec, piped(0, func(c net.Conn) {
			time.Sleep(time.Second)
			say(streamHead, httpChunk(oneToken+goodEnd), "0\r\n\r\n")(c)
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		zero := time.Now()
		recs := make([]results.Record, 3)
		var asking sync.WaitGroup
		for i := range recs {
			asking.Go(func() { target.Ask(t.Context(), zero, chat.Request{}, &recs[i]) })
		}
		asking.Wait()
		starts := map[string]int{}
		for i := range recs {
			if !recs[i].OK() {
				t.Errorf("error %+v", recs[i].Error)
			}
			starts[instant(recs[i].Start)]++
		}
		if diff := cmp.Diff(map[string]int{"0s": 1, "1s": 1, "2s": 1}, starts); diff != "" {
			t.Errorf("with one socket, starts (-want +got):\n%s", diff)
		}
	})
}

// TestLingeringServer: a server that keeps the body open after [DONE] delays no
// instant, and costs no more than the connection.
func TestLingeringServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target, err := open(bare("http://pipe/v1"), piped(0, func(c net.Conn) { say(streamHead, httpChunk(oneToken+goodEnd))(c); pause(c) }))
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		zero := time.Now()
		rec := &results.Record{Attempt: 1}
		target.Ask(t.Context(), zero, chat.Request{}, rec)
		if !rec.OK() || rec.End != results.At(0) || time.Since(zero) > drainLimit {
			t.Errorf("end %s after %v, error %+v", instant(rec.End), time.Since(zero), rec.Error)
		}
	})
}

func TestConnectionsAreTracedAndReused(t *testing.T) {
	for _, via := range clocks {
		t.Run(via.clock, func(t *testing.T) { testTraced(t, via) })
	}
}

func testTraced(t *testing.T, via network) {
	var protocols []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocols = append(protocols, r.Proto)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set(wire.SimulatedHeader, "1")
		_, _ = io.WriteString(w, oneToken+goodEnd)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	spec := openai(server.URL)
	in, out := 1e6, 2e6
	spec.Price = &results.Price{Input: &in, Output: &out}
	via.roots = roots
	target, err := open(spec, via)
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	first, second := askOpen(t, target), askOpen(t, target)
	if !first.OK() || !second.OK() {
		t.Fatalf("errors %+v, %+v", first.Error, second.Error)
	}
	if first.Reused || !first.Connect.IsKnown() || !first.TLS.IsKnown() {
		t.Errorf("a new connection: reused %v, connect %s, tls %s", first.Reused, instant(first.Connect), instant(first.TLS))
	}
	if !second.Reused || second.Connect.IsKnown() || second.TLS.IsKnown() {
		t.Errorf("a reused connection: reused %v, connect %s, tls %s", second.Reused, instant(second.Connect), instant(second.TLS))
	}
	if diff := cmp.Diff([]string{"HTTP/1.1", "HTTP/1.1"}, protocols); diff != "" {
		t.Error(diff)
	}
	if !first.Simulated {
		t.Error("a response that says it is simulated is not recorded so")
	}
	if usd, ok := first.CostUSD.Get(); !ok || usd != 7+2*3 {
		t.Errorf("cost %v, known %v, want 7 input tokens at $1 and 3 output tokens at $2", usd, ok)
	}
	if first.InputTokens.Or(0) != 7 || first.OutputTokens.Or(0) != 3 || first.TokenSource != results.FromUsage {
		t.Errorf("tokens %+v", first)
	}
}

func TestBadRequestsNeverLeave(t *testing.T) {
	target, err := open(bare("http://pipe/v1"), piped(0, func(net.Conn) { t.Error("something was sent") }))
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	rec := &results.Record{Attempt: 1}
	target.Ask(t.Context(), time.Now(), chat.Request{Tools: []chat.Tool{{Name: "f", Parameters: []byte("{")}}}, rec)
	if rec.Error == nil || rec.Error.Class != chat.BadRequest || !strings.Contains(rec.Error.Message, "encoding") || !rec.End.IsKnown() {
		t.Errorf("%+v", rec.Error)
	}
}
