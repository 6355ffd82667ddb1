package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// watch is a response writer that keeps the instant of every flush.
type watch struct {
	*httptest.ResponseRecorder
	began time.Time
	// tokens are the instants of the events with content, since began.
	tokens []time.Duration
	other  int // events without content
}

func (w *watch) Write(b []byte) (int, error) {
	switch {
	case bytes.Contains(b, []byte(`"delta":{"content"`)):
		w.tokens = append(w.tokens, time.Since(w.began))
	default:
		w.other++
	}
	return w.ResponseRecorder.Write(b)
}

// ask sends one streaming request to a handler; nothing but virtual time passes.
func ask(ctx context.Context, s *Server, body string) *watch {
	w := &watch{ResponseRecorder: httptest.NewRecorder(), began: time.Now()}
	r := httptest.NewRequestWithContext(ctx, "POST", "/v1/chat/completions", strings.NewReader(body))
	r.Header.Set(RequestID, "request-1")
	s.ServeHTTP(w, r)
	return w
}

// exactly asks for n tokens of the model m.
func exactly(n int) string {
	return fmt.Sprintf(`{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":%d,"ignore_eos":true,
		"messages":[{"role":"user","content":"Explain caching in three sentences."}]}`, n)
}

func newServer(t *testing.T, cfg Config, log *bytes.Buffer) *Server {
	t.Helper()
	cfg.Model = "m"
	var s *Server
	var err error
	if log == nil {
		s, err = New(cfg, nil)
	} else {
		s, err = New(cfg, log)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTokensLeaveWhenTheModelSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := newServer(t, Config{TTFT: 300 * time.Millisecond, TPOT: 20 * time.Millisecond, PrefillPerS: 1000}, &log)
		w := ask(t.Context(), s, exactly(50))
		if len(w.tokens) != 50 {
			t.Fatalf("%d tokens, want 50", len(w.tokens))
		}
		// Seven words and a mark make 9 tokens, the chat template 4 more.
		input := Count("Explain caching in three sentences.") + templateTokens
		for i, at := range w.tokens {
			want := 300*time.Millisecond + time.Duration(input)*time.Millisecond + time.Duration(i)*20*time.Millisecond
			if at != want {
				t.Fatalf("token %d left at %s, want %s", i, at, want)
			}
		}
		if w.other != 2 { // the role, and the end with usage and marker
			t.Errorf("%d events without content, want 2", w.other)
		}
		var e Entry
		if err := json.Unmarshal(log.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		if e.ID != "request-1" || e.End != EndComplete || e.OutputTokens != 50 || e.InputTokens != input || len(e.Tokens) != 50 || e.Finish != "length" {
			t.Errorf("the log says %+v", e)
		}
		if got := time.Duration(e.Tokens[49] - e.Arrived); got != w.tokens[49] {
			t.Errorf("the log has the last token at %s, it left at %s", got, w.tokens[49])
		}
	})
}

func TestALateTokenDoesNotShiftTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{TTFT: 100 * time.Millisecond, TPOT: 10 * time.Millisecond}, nil)
		w := &slow{watch{ResponseRecorder: httptest.NewRecorder(), began: time.Now()}}
		s.ServeHTTP(w, httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(exactly(20))))
		if got, want := w.tokens[19], 100*time.Millisecond+19*10*time.Millisecond; got != want {
			t.Errorf("after a slow write the last token left at %s, want %s", got, want)
		}
	})
}

// slow holds up the fifth token by 35 ms.
type slow struct{ watch }

func (w *slow) Write(b []byte) (int, error) {
	if len(w.tokens) == 5 {
		time.Sleep(35 * time.Millisecond)
	}
	return w.watch.Write(b)
}

func TestTheQueueIsServedInOrderOfArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{TTFT: 100 * time.Millisecond, TPOT: 10 * time.Millisecond, Batch: 2, Queue: 3}, nil)
		got := make([]*watch, 6)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				got[i] = ask(t.Context(), s, exactly(11))
			})
		}
		wg.Wait()
		// Each takes 100 + 10*10 ms; two run at once, the sixth finds no place.
		for i, want := range []int{100, 100, 298, 298, 496} {
			if len(got[i].tokens) != 11 || got[i].tokens[0] != time.Duration(want)*time.Millisecond {
				t.Errorf("request %d: first token after %v, want %d ms", i, got[i].tokens[:min(1, len(got[i].tokens))], want)
			}
		}
		if got[5].Code != http.StatusServiceUnavailable || got[5].Header().Get("Retry-After") == "" {
			t.Errorf("the sixth got %d, want 503 with Retry-After", got[5].Code)
		}
	})
}

func TestAClientThatLeavesFreesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := newServer(t, Config{TTFT: 100 * time.Millisecond, TPOT: 10 * time.Millisecond, Batch: 1}, &log)
		var wg sync.WaitGroup
		for _, leaves := range []time.Duration{150 * time.Millisecond, 50 * time.Millisecond} { // one served, one still queued
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), leaves)
				defer cancel()
				ask(ctx, s, exactly(1000))
			})
			synctest.Wait()
		}
		w := ask(t.Context(), s, exactly(1))
		wg.Wait()
		if len(w.tokens) != 1 || w.tokens[0] != 250*time.Millisecond {
			t.Errorf("the third request had its token after %v, want 250 ms", w.tokens)
		}
		if n := strings.Count(log.String(), `"end":"gone"`); n != 2 {
			t.Errorf("%d log lines say gone, want 2:\n%s", n, log.String())
		}
	})
}

func TestJitterKeepsTheMeans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Config{TTFT: 200 * time.Millisecond, TPOT: 20 * time.Millisecond, Jitter: 0.1}, nil)
		var first, gaps []float64
		for range 200 {
			w := ask(t.Context(), s, exactly(40))
			first = append(first, w.tokens[0].Seconds())
			for i := range w.tokens[1:] {
				gaps = append(gaps, (w.tokens[i+1] - w.tokens[i]).Seconds())
			}
		}
		for _, c := range []struct {
			what string
			xs   []float64
			mean float64
		}{{"first token", first, 0.2}, {"gap", gaps, 0.02}} {
			mean, sd := moments(c.xs)
			if math.Abs(mean/c.mean-1) > 0.03 || math.Abs(sd/c.mean-0.1) > 0.02 {
				t.Errorf("%s: mean %.4f sd %.4f, want %.4f and a tenth of it", c.what, mean, sd, c.mean)
			}
		}
	})
}

// The same requests meet the same server again in every run.
func TestARunCanBeRepeated(t *testing.T) {
	run := func(seed int64) (texts string) {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t, Config{TTFT: 100 * time.Millisecond, TPOT: 10 * time.Millisecond, Jitter: 0.2, Quality: 3, Seed: seed,
				Faults: []Fault{{Kind: ServerError, Share: 0.3}}}, nil)
			for range 20 {
				w := ask(t.Context(), s, strings.Replace(exactly(30), `"ignore_eos":true,`, "", 1))
				texts += fmt.Sprint(w.Code, w.tokens, w.Body.String())
			}
		})
		return texts
	}
	first := run(1)
	if again := run(1); again != first {
		t.Error("the same seed gave another run")
	}
	if run(2) == first {
		t.Error("another seed gave the same run")
	}
}
