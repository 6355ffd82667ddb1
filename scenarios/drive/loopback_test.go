package drive_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/scenarios/drive"
	"switchover/targets"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

// memory is a journal that keeps what it is given.
type memory struct {
	mu      sync.Mutex
	records []results.Record
	events  []results.Event
}

func (m *memory) Append(r *results.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records = append(m.records, *r)
	return nil
}

func (m *memory) Event(e results.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events = append(m.events, e)
	return nil
}

// greeter is an OpenAI-compatible server that streams two words, and knows what
// it was sent.
type greeter struct {
	mu      sync.Mutex
	headers []http.Header
	turns   map[string]int // messages by request id
}

func (g *greeter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var req struct{ Messages []json.RawMessage }
	if err != nil || json.Unmarshal(body, &req) != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	g.headers = append(g.headers, r.Header.Clone())
	g.turns[r.Header.Get("X-Client-Request-Id")] = len(req.Messages)
	g.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	for _, event := range []string{
		`{"choices":[{"index":0,"delta":{"content":"Hello"}}]}`,
		`{"choices":[{"index":0,"delta":{"content":" there"}}]}`,
		`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`,
		`{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}`,
		`[DONE]`,
	} {
		fmt.Fprintf(w, "data: %s\n\n", event)
		w.(http.Flusher).Flush()
		time.Sleep(2 * time.Millisecond)
	}
}

func openTarget(name, url string) *targets.Target {
	protocol, _ := wire.Lookup("openai")
	target, err := targets.Open(targets.Spec{
		Name: name, Protocol: protocol, Endpoint: wire.Endpoint{URL: url + "/v1", Model: "m"},
		Params: chat.Params{MaxTokens: 16},
	})
	if err != nil {
		log.Fatal(err)
	}
	return target
}

func twoTurns(n int, gap time.Duration) *scenarios.Plan {
	stage := scenarios.PlannedStage{Stage: scenarios.Stage{Name: "steady", Mode: "open"}, Measured: true}
	for i := range n {
		stage.Starts = append(stage.Starts, scenarios.Start{Session: i, At: time.Duration(i) * gap, Think: []time.Duration{gap}})
	}
	return &scenarios.Plan{
		Scenario: &scenarios.Scenario{Name: "greetings", Seed: 1},
		Items:    []results.Conversation{{Item: "hello", Turns: []string{"Hello?", "Still there?"}}},
		Stages:   []scenarios.PlannedStage{stage},
	}
}

// Over real sockets, every request leaves once, near the time it was due, with
// its history and nothing of the load generator's own headers.
func TestLoopback(t *testing.T) {
	server := &greeter{turns: make(map[string]int)}
	ts := httptest.NewServer(server)
	defer ts.Close()
	var open []*targets.Target
	for _, name := range []string{"a", "b"} {
		target := openTarget(name, ts.URL)
		defer target.Close()
		open = append(open, target)
	}
	journal := new(memory)
	const n = 60
	out, err := drive.Run(t.Context(), drive.Config{
		Plan: twoTurns(n, 10*time.Millisecond), Targets: open, Journal: journal, Zero: time.Now(),
	})
	if err != nil || out.Stopped != "" {
		t.Fatalf("%v, stopped %q", err, out.Stopped)
	}
	if len(journal.records) != 2*2*n || len(server.turns) != 2*2*n {
		t.Fatalf("%d records and %d requests seen, want %d", len(journal.records), len(server.turns), 2*2*n)
	}
	var late []time.Duration
	for _, r := range journal.records {
		if !r.OK() || r.Text != "Hello there" {
			t.Fatalf("%s: %+v, %q", r.ID, r.Error, r.Text)
		}
		if want := 1 + 2*r.Turn; server.turns[r.ID] != want {
			t.Errorf("%s carried %d messages, want %d", r.ID, server.turns[r.ID], want)
		}
		d, ok := results.Since(r.Start, r.Scheduled).Get()
		if !ok || d < 0 {
			t.Errorf("%s left %v after it was due (known: %v)", r.ID, d, ok)
		}
		late = append(late, d-time.Duration(r.Connect.Or(0)))
	}
	for _, h := range server.headers {
		for name := range h {
			if strings.HasPrefix(name, "X-Vegeta") || strings.HasPrefix(name, "Switchover-Departure") {
				t.Fatalf("a request carried the header %s", name)
			}
		}
	}
	slices.Sort(late)
	t.Logf("left late by p50 %v, p99 %v, at most %v", late[len(late)/2], late[len(late)*99/100], late[len(late)-1])
	// How exactly they leave is pace_test.go's; here only that the schedule is kept
	// on a machine that may be busy with other things.
	if late[len(late)/2] > time.Second {
		t.Errorf("half of the requests left more than %v late", late[len(late)/2])
	}
	for _, e := range journal.events {
		if e.Kind == results.EventClient {
			var health results.ClientHealth
			if err := json.Unmarshal(e.Data, &health); err != nil {
				t.Fatal(err)
			}
			if health.Departures != 2*2*n || health.CPUShare <= 0 || health.CPUShare > 1 || health.OpenSocketsMax < 1 ||
				health.SchedLatencyP99 <= 0 || len(health.RTT) != 2 {
				t.Errorf("client health %+v", health)
			}
			return
		}
	}
	t.Error("no client event")
}

// One conversation of two turns is asked of a server.
func ExampleRun() {
	ts := httptest.NewServer(&greeter{turns: make(map[string]int)})
	defer ts.Close()
	target := openTarget("candidate", ts.URL)
	defer target.Close()

	journal := new(memory)
	out, err := drive.Run(context.Background(), drive.Config{
		Plan:    twoTurns(1, time.Millisecond),
		Targets: []*targets.Target{target},
		Journal: journal,
		Zero:    time.Now(),
		Stop:    make(chan struct{}),
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range journal.records {
		fmt.Println(r.ID, r.OK(), r.Text)
	}
	fmt.Println("asked", out.Requests, "stopped", out.Stopped == drive.StoppedInterrupt)
	// Output:
	// steady/candidate/0/0/1 true Hello there
	// steady/candidate/0/1/1 true Hello there
	// asked 2 stopped false
}
