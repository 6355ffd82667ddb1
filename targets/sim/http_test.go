package sim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// live is a server on loopback.
type live struct {
	url string
	log *lines
}

// lines is a log that can be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// start serves a config until the test ends.
func start(t *testing.T, cfg Config) *live {
	t.Helper()
	l, err := net.Listen("tcp", DefaultListen)
	if err != nil {
		t.Fatal(err)
	}
	lv := &live{url: "http://" + l.Addr().String() + "/v1", log: &lines{}}
	cfg.Model = "m"
	s, err := New(cfg, lv.log)
	if err != nil {
		t.Fatal(err)
	}
	drain, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.Serve(context.WithoutCancel(t.Context()), l, drain) }()
	t.Cleanup(func() {
		close(drain)
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return lv
}

// reply is what a plain client made of one response.
type reply struct {
	status int
	header http.Header
	text   string // of the content events
	finish string
	usage  *usage
	done   bool // the terminal marker came
	broken int  // events that are no JSON
	inside string
	err    error // of the request, or of reading
	first  time.Duration
	gap    time.Duration // the longest silence between two events
}

func (lv *live) post(t *testing.T, body string) reply {
	t.Helper()
	began := time.Now()
	resp, err := http.Post(lv.url+"/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	r := reply{status: resp.StatusCode, header: resp.Header, first: time.Since(began)}
	last := time.Now()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			r.inside += lines.Text()
			continue
		}
		r.gap = max(r.gap, time.Since(last))
		last = time.Now()
		r.event(data)
	}
	r.err = lines.Err()
	return r
}

func (r *reply) event(data string) {
	var c struct {
		Choices []struct {
			Delta  struct{ Content string }
			Finish *string `json:"finish_reason"`
		}
		Usage *usage
		Error *struct{ Message string }
	}
	switch err := json.Unmarshal([]byte(data), &c); {
	case data == "[DONE]":
		r.done = true
	case err != nil:
		r.broken++
	case c.Error != nil:
		r.inside = c.Error.Message
	}
	if c.Usage != nil {
		r.usage = c.Usage
	}
	for _, choice := range c.Choices {
		r.text += choice.Delta.Content
		if choice.Finish != nil {
			r.finish = *choice.Finish
		}
	}
}

var brisk = Config{TTFT: 5 * time.Millisecond, TPOT: time.Millisecond, Quality: 4}

const question = `"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"How do I bake bread without yeast?"}]}]`

func TestAStreamIsComplete(t *testing.T) {
	lv := start(t, brisk)
	r := lv.post(t, `{"model":"m","stream":true,"stream_options":{"include_usage":true},`+question+`}`)
	if r.err != nil || r.status != 200 || !r.done || r.finish != "stop" || r.usage == nil {
		t.Fatalf("not a complete stream: %+v", r)
	}
	if n := Count(r.text); n != r.usage.Completion || n < 20 {
		t.Errorf("usage says %d tokens, the text has %d", r.usage.Completion, n)
	}
	if r.header.Get(Header) != "1" {
		t.Error("the response does not say that it is simulated")
	}
	if got := lv.post(t, `{"model":"m","stream":true,`+question+`}`); got.usage != nil {
		t.Error("usage came without being asked for")
	}
}

func TestAnswersCanBeHadWhole(t *testing.T) {
	lv := start(t, brisk)
	r := lv.post(t, `{"model":"m","max_completion_tokens":7,`+question+`}`)
	var c completion
	if err := json.Unmarshal([]byte(r.inside), &c); err != nil {
		t.Fatalf("%v in %q", err, r.inside)
	}
	if *c.Choices[0].Finish != "length" || c.Usage.Completion != 7 || Count(c.Choices[0].Message.Content) != 7 || c.Usage.Total != c.Usage.Prompt+7 {
		t.Errorf("not seven tokens with their usage: %s", r.inside)
	}
}

func TestLimitsOfAnAnswer(t *testing.T) {
	lv := start(t, brisk)
	full := lv.post(t, `{"model":"m","stream":true,`+question+`}`)
	word := strings.Fields(full.text)[3]
	for _, c := range []struct {
		intent, params string
		check          func(r reply) bool
	}{
		{"a stop sequence ends it and is left out", fmt.Sprintf(`"stop":%q`, word),
			func(r reply) bool { return r.finish == "stop" && strings.HasPrefix(full.text, r.text+word) }},
		{"several of them", fmt.Sprintf(`"stop":["never there",%q]`, word),
			func(r reply) bool { return r.finish == "stop" && len(r.text) < len(full.text) }},
		{"ignore_eos gives exactly so many", `"ignore_eos":true,"max_tokens":333`,
			func(r reply) bool { return r.finish == "length" && Count(r.text) == 333 }},
		{"min_tokens makes it longer", `"min_tokens":150`,
			func(r reply) bool { return r.finish == "stop" && Count(r.text) >= 150 }},
	} {
		if r := lv.post(t, `{"model":"m","stream":true,`+c.params+`,`+question+`}`); !c.check(r) {
			t.Errorf("%s: finish %s, %d tokens: %q", c.intent, r.finish, Count(r.text), r.text)
		}
	}
}

func TestBadRequestsAreTurnedAway(t *testing.T) {
	lv := start(t, brisk)
	for _, c := range []struct {
		body   string
		status int
		says   string
	}{
		{`{`, 400, "not a chat completion request"},
		{`[]`, 400, "not a chat completion request"},
		{`{"model":"m"} {}`, 400, "not a chat completion request"},
		{`{"model":"gpt",` + question + `}`, 404, `the model \"gpt\" does not exist`},
		{`{"model":"m","messages":[]}`, 400, "messages is empty"},
		{`{"model":"m","messages":[{"role":"boss","content":"x"}]}`, 400, "role"},
		{`{"model":"m","n":3,` + question + `}`, 400, "n is 3"},
		{`{"model":"m","max_tokens":0,` + question + `}`, 400, "max_tokens"},
		{`{"model":"m","min_tokens":9,"max_tokens":8,` + question + `}`, 400, "min_tokens"},
		{`{"model":"m","ignore_eos":true,` + question + `}`, 400, "ignore_eos needs max_tokens"},
		{`{"model":"m","pad":"` + strings.Repeat("x", maxBody) + `",` + question + `}`, 413, "larger than"},
	} {
		if r := lv.post(t, c.body); r.status != c.status || !strings.Contains(r.inside, c.says) {
			t.Errorf("%.60s: %d %s (%v), want %d %s", c.body, r.status, r.inside, r.err, c.status, c.says)
		}
	}
	if n := strings.Count(lv.log.String(), `"end":"rejected"`); n != 11 {
		t.Errorf("%d of 11 rejections are in the log", n)
	}
}

func TestOtherPaths(t *testing.T) {
	lv := start(t, brisk)
	for path, want := range map[string]string{"/v1/models": `"id":"m"`, "/health": `"ok"`, "/v1/embeddings": "unknown request"} {
		resp, err := http.Get(strings.TrimSuffix(lv.url, "/v1") + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !strings.Contains(string(body), want) || resp.Header.Get(Header) != "1" {
			t.Errorf("GET %s: %s, want %s (%v)", path, body, want, err)
		}
	}
}

// Every fault, as a plain client of net/http sees it.
func TestFaults(t *testing.T) {
	cut := func(r reply) bool { return r.status == 200 && errors.Is(r.err, io.ErrUnexpectedEOF) && !r.done }
	for _, c := range []struct {
		fault  Fault
		stream bool
		check  func(r reply) bool
	}{
		{Fault{Kind: RateLimited, For: 1500 * time.Millisecond}, true, func(r reply) bool {
			return r.status == 429 && r.header.Get("Retry-After") == "2" && strings.Contains(r.inside, "rate_limit_exceeded")
		}},
		{Fault{Kind: ServerError}, true, func(r reply) bool { return r.status == 500 && strings.Contains(r.inside, `"error"`) }},
		{Fault{Kind: Refused}, true, func(r reply) bool { return errors.Is(r.err, syscall.ECONNRESET) || errors.Is(r.err, io.EOF) }},
		{Fault{Kind: SlowFirstByte, For: 150 * time.Millisecond}, true, func(r reply) bool { return r.done && r.first >= 150*time.Millisecond }},
		{Fault{Kind: Stall, For: 150 * time.Millisecond}, true, func(r reply) bool { return r.done && r.gap >= 140*time.Millisecond }},
		{Fault{Kind: Cut}, true, cut},
		{Fault{Kind: Cut}, false, cut},
		{Fault{Kind: EarlyEnd}, true, func(r reply) bool { return r.err == nil && r.text != "" && !r.done && r.finish == "" }},
		{Fault{Kind: EarlyEnd}, false, func(r reply) bool { return r.err == nil && strings.Contains(r.inside, `"finish_reason":null`) }},
		{Fault{Kind: Malformed}, true, func(r reply) bool { return r.err == nil && r.broken == 1 && r.done }},
		{Fault{Kind: Malformed}, false, func(r reply) bool { return r.err == nil && !json.Valid([]byte(r.inside)) }},
		{Fault{Kind: StreamError}, true, func(r reply) bool { return r.status == 200 && r.inside != "" && r.finish == "" && r.text != "" }},
		{Fault{Kind: StreamError}, false, func(r reply) bool { return r.status == 200 && strings.Contains(r.inside, "engine_error") }},
		{Fault{Kind: EarlyEnd, After: 5000}, true, func(r reply) bool { return r.err == nil && r.text != "" && !r.done }},
	} {
		t.Run(fmt.Sprintf("%s stream=%t", c.fault.Kind, c.stream), func(t *testing.T) {
			cfg := brisk
			c.fault.Share = 1
			cfg.Faults = []Fault{c.fault}
			lv := start(t, cfg)
			if r := lv.post(t, fmt.Sprintf(`{"model":"m","stream":%t,%s}`, c.stream, question)); !c.check(r) {
				t.Errorf("the client saw %+v", r)
			}
			if !strings.Contains(waitFor(lv.log, 1), `"fault":"`+c.fault.Kind+`"`) {
				t.Errorf("the log does not name the fault: %s", lv.log)
			}
		})
	}
}

// waitFor is the log once it has n lines, or after ten seconds.
func waitFor(l *lines, n int) string {
	for range 1000 {
		if strings.Count(l.String(), "\n") >= n {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return l.String()
}

func TestSharesOfFaults(t *testing.T) {
	cfg := Config{Model: "m", Faults: []Fault{{Kind: RateLimited, Share: 0.1}, {Kind: ServerError, Share: 0.05},
		{Kind: Cut, Share: 0.5, From: time.Hour, Until: 2 * time.Hour}}}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for i := range 10000 {
		if f := pickFault(cfg.Faults, 0, random("test", i).Float64()); f != nil {
			counts[f.Kind]++
		}
	}
	if a, b := counts[RateLimited], counts[ServerError]; a < 900 || a > 1100 || b < 430 || b > 570 || counts[Cut] != 0 {
		t.Errorf("of 10000 requests %v, want 1000 rate limited, 500 errors and no cut outside its window", counts)
	}
}

// In a window of refusal the kernel refuses, before and after it is served.
func TestAWindowOfRefusal(t *testing.T) {
	cfg := brisk
	cfg.Faults = []Fault{{Kind: Refused, From: 500 * time.Millisecond, Until: time.Second}}
	lv := start(t, cfg)
	body := `{"model":"m","stream":true,"max_tokens":1,` + question + `}`
	var saw []string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && len(saw) < 3; {
		now := "neither"
		switch r := lv.post(t, body); {
		case errors.Is(r.err, syscall.ECONNREFUSED):
			now = "refused"
		case r.done:
			now = "served"
		}
		// A connection may break as the window opens, which is neither.
		if now != "neither" && (len(saw) == 0 || saw[len(saw)-1] != now) {
			saw = append(saw, now)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if got := strings.Join(saw, ", "); got != "served, refused, served" {
		t.Errorf("requests were %s; want served, refused, served", got)
	}
	if log := lv.log.String(); !strings.Contains(log, `"event":"deaf"`) || !strings.Contains(log, `"event":"listening"`) {
		t.Errorf("the log does not say when nobody listened:\n%s", log)
	}
}

// An interrupt lets running answers finish; new ones are not begun.
func TestDrain(t *testing.T) {
	l, err := net.Listen("tcp", DefaultListen)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Model: "m", TTFT: 200 * time.Millisecond, TPOT: time.Millisecond}, nil)
	if err != nil {
		t.Fatal(err)
	}
	drain, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.Serve(t.Context(), l, drain) }()
	lv := &live{url: "http://" + l.Addr().String() + "/v1"}
	go func() { // once the request is there
		for asked := 0; asked == 0; time.Sleep(time.Millisecond) {
			s.mu.Lock()
			asked = s.total
			s.mu.Unlock()
		}
		close(drain)
	}()
	if r := lv.post(t, `{"model":"m","stream":true,`+question+`}`); !r.done {
		t.Errorf("the running answer was cut: %+v", r)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if r := lv.post(t, `{}`); r.err == nil {
		t.Error("it still answers")
	}
}
