package drive

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets"
	"switchover/targets/chat"
)

// tape is a journal in memory.
type tape struct {
	mu      sync.Mutex
	records []results.Record
	events  []results.Event
	failAt  int // the write that fails, from 1; 0 none
	writes  int
}

func (t *tape) write() error {
	t.writes++
	if t.writes == t.failAt {
		return fmt.Errorf("journal requests.jsonl: no space left on device")
	}
	return nil
}

func (t *tape) Append(r *results.Record) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.write(); err != nil {
		return err
	}
	t.records = append(t.records, *r)
	return nil
}

func (t *tape) Event(e results.Event) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.write(); err != nil {
		return err
	}
	t.events = append(t.events, e)
	return nil
}

func (t *tape) kinds(kind string) []results.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []results.Event
	for _, e := range t.events {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

func (t *tape) record(tt *testing.T, id string) results.Record {
	tt.Helper()
	for _, r := range t.records {
		if r.ID == id {
			return r
		}
	}
	tt.Fatalf("no record %s", id)
	return results.Record{}
}

// server stands in for a target: it answers after a while, or fails.
type server struct {
	latency func(rec *results.Record) time.Duration // nil: 100 ms
	fail    func(rec *results.Record) *results.Error
	cost    float64 // USD of a success; negative unknown

	mu       sync.Mutex
	requests []chat.Request
	busy     int
	peak     int
}

func (s *server) Ask(ctx context.Context, zero time.Time, req chat.Request, rec *results.Record) {
	s.mu.Lock()
	s.requests = append(s.requests, req)
	s.busy++
	s.peak = max(s.peak, s.busy)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.busy--
		s.mu.Unlock()
	}()
	rec.Start = results.At(time.Since(zero))
	rec.Sent, rec.Connect = rec.Start, results.At(300*time.Microsecond)
	wait := 100 * time.Millisecond
	if s.latency != nil {
		wait = s.latency(rec)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		rec.Error = &results.Error{Class: chat.Cancelled, Message: "cancelled"}
		rec.End = results.At(time.Since(zero))
		return
	}
	rec.End = results.At(time.Since(zero))
	if s.fail != nil {
		if rec.Error = s.fail(rec); rec.Error != nil {
			if rec.Error.Class != chat.TimeoutFirstByte {
				rec.Status = 500
			}
			return
		}
	}
	rec.Status, rec.Complete, rec.Finish = 200, true, chat.FinishStop
	rec.FirstToken, rec.LastToken = rec.End, rec.End
	rec.OutputTokens = results.Known(10)
	rec.Text = fmt.Sprintf("%s answers %q", rec.Target, req.Messages[len(req.Messages)-1].Content)
	if s.cost >= 0 {
		rec.CostUSD = results.Known(s.cost)
	}
}

func fails(class chat.Class) func(*results.Record) *results.Error {
	return func(*results.Record) *results.Error { return &results.Error{Class: class, Message: "no"} }
}

// conversations are n of so many turns.
func conversations(n, turns int) []results.Conversation {
	out := make([]results.Conversation, n)
	for i := range out {
		out[i] = results.Conversation{Item: fmt.Sprintf("item-%d", i), System: "be brief"}
		for t := range turns {
			out[i].Turns = append(out[i].Turns, fmt.Sprintf("question %d of %d", t, i))
		}
	}
	return out
}

// poisson draws the starts of an open loop.
func poisson(rate float64, length time.Duration, items int, think ...time.Duration) []scenarios.Start {
	rng := rand.New(rand.NewPCG(1, 2))
	var out []scenarios.Start
	for at := time.Duration(0); ; {
		at += time.Duration(rng.ExpFloat64() / rate * float64(time.Second))
		if at >= length {
			return out
		}
		out = append(out, scenarios.Start{Session: len(out), At: at, Item: len(out) % items, Think: think})
	}
}

// every is n starts at a constant gap.
func every(gap time.Duration, n, items int, think ...time.Duration) []scenarios.Start {
	out := make([]scenarios.Start, n)
	for i := range out {
		out[i] = scenarios.Start{Session: i, At: time.Duration(i) * gap, Item: i % items, Think: think}
	}
	return out
}

func openStage(name string, length time.Duration, starts []scenarios.Start) scenarios.PlannedStage {
	return scenarios.PlannedStage{
		Stage:  scenarios.Stage{Name: name, Mode: "open", Duration: scenarios.Duration(length)},
		Starts: starts, Measured: true,
	}
}

func usersStage(name string, users int, length time.Duration, starts []scenarios.Start) scenarios.PlannedStage {
	return scenarios.PlannedStage{
		Stage:  scenarios.Stage{Name: name, Mode: "users", Users: users, Duration: scenarios.Duration(length)},
		Starts: starts, Measured: true,
	}
}

func planOf(items []results.Conversation, stages ...scenarios.PlannedStage) *scenarios.Plan {
	return &scenarios.Plan{Scenario: &scenarios.Scenario{Seed: 7}, Items: items, Stages: stages}
}

// targetOf is a lane before which a stand-in answers.
func targetOf(name string, s *server) *lane {
	return newLane(targets.Spec{Name: name, Params: chat.Params{MaxTokens: 100}}, s)
}

// drive runs a plan from now on.
func drive(t *testing.T, cfg Config, lanes ...*lane) (*tape, Outcome) {
	t.Helper()
	journal := new(tape)
	cfg.Journal, cfg.Zero = journal, time.Now()
	out, err := run(t.Context(), cfg, lanes)
	if err != nil {
		t.Fatal(err)
	}
	return journal, out
}

func lateness(r *results.Record) time.Duration {
	d, _ := results.Since(r.Start, r.Scheduled).Get()
	return d
}
