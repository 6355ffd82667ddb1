package drive

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets"
	"switchover/targets/chat"
)

// places is a target that serves so many requests at once, each for as long; the
// rest wait their turn.
type places struct {
	free  chan struct{}
	takes time.Duration
	fail  chat.Class // instead of answering
}

func placesOf(n int, takes time.Duration) *places {
	return &places{free: make(chan struct{}, n), takes: takes}
}

func (p *places) Ask(ctx context.Context, zero time.Time, _ chat.Request, rec *results.Record) {
	rec.Start = results.At(time.Since(zero))
	rec.Sent = rec.Start
	defer func() { rec.End = results.At(time.Since(zero)) }()
	rec.Error = &results.Error{Class: chat.Cancelled, Message: "cancelled"}
	select {
	case p.free <- struct{}{}:
		defer func() { <-p.free }()
	case <-ctx.Done():
		return
	}
	rec.FirstToken = results.At(time.Since(zero))
	timer := time.NewTimer(p.takes)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return
	}
	if p.fail != "" {
		rec.Error.Class = p.fail
		return
	}
	rec.LastToken, rec.Status, rec.Complete, rec.Error = results.At(time.Since(zero)), 200, true, nil
}

func lanesOf(askers ...asker) []*lane {
	var out []*lane
	for i, a := range askers {
		out = append(out, newLane(targets.Spec{Name: string(rune('a' + i)), Params: chat.Params{MaxTokens: 4}}, a))
	}
	return out
}

// TestCapacityOfTwoTargets checks that targets are probed in the same minutes, each
// at its own load, and that both capacities are found: with 4 and 12 places of 1 s,
// where 10 % wait more than 2 s, Erlang's formula has them at 3.1/s and 11.1/s.
func TestCapacityOfTwoTargets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := capacityPlan(t, 3, `{"mode":"capacity","over":"rate","from":"1/s","to":"20/s","within":"10%"}`)
		lanes := lanesOf(placesOf(4, time.Second), placesOf(12, time.Second))
		journal, s := hunted(t, Config{Plan: plan}, lanes...)
		began := map[int64]int{}
		for _, e := range journal.kinds(results.EventProbe) {
			var p results.ProbeStart
			if err := json.Unmarshal(e.Data, &p); err != nil {
				t.Fatal(err)
			}
			if began[e.T]++; p.Whole && began[e.T] == 1 && p.Length != int64(3*time.Minute) {
				t.Errorf("a whole window lasts %s", time.Duration(p.Length))
			}
		}
		together := 0
		for _, n := range began {
			together += n - 1
		}
		if together < 3 {
			t.Errorf("%d windows began together", together)
		}
		// Services here last exactly 1 s: less scatter than Erlang's, so more capacity.
		for i, least := range []float64{3.1, 11.1} {
			c := s.Targets[i].Capacity
			if v := *c.Figure.Value; v < least || v > []float64{4, 12}[i] || c.Figure.Low == nil || *c.Figure.Low > v || c.Limit != "ttft_p90 <= 2s" {
				t.Errorf("%s: %+v, %s", s.Targets[i].Name, c.Figure, c.Limit)
			}
			if rps, ok := c.RequestsPerS.Get(); !ok || rps != *c.Figure.Value {
				t.Errorf("%s: %v requests/s of one turn each", s.Targets[i].Name, rps)
			}
		}
	})
}

// TestCapacityInUsers checks a search by users: 8 places of 1 s carry 24 users who
// never think, each of whom then waits 2 s.
func TestCapacityInUsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := capacityPlan(t, 1, `{"mode":"capacity","over":"concurrency","from":1,"to":100,"each":"60s"}`)
		journal, s := hunted(t, Config{Plan: plan}, lanesOf(placesOf(8, time.Second))...)
		c := s.Targets[0].Capacity
		if v := c.Figure.Value; v == nil || *v < 23 || *v > 25 || *v != math.Trunc(*v) || c.Figure.Unit != "users" {
			t.Errorf("%+v after %d windows", c.Figure, len(c.Probes))
		}
		for _, r := range journal.records {
			if d := lateness(&r); d > 0 {
				t.Fatalf("%s left %s late", r.ID, d)
			}
		}
	})
}

// TestCapacityBeyond checks what is said of targets that no tried load, or every
// one, is too much for.
func TestCapacityBeyond(t *testing.T) {
	for _, c := range []struct {
		intent   string
		places   int
		takes    time.Duration
		fail     chat.Class
		censored string
		value    float64
		reason   string
	}{
		{"more than the highest", 100, time.Second, "", results.AtLeast, 4, "the objectives were met at 4/s, the highest load tried"},
		{"less than the lowest", 1, 3 * time.Second, "", results.LessThan, 1, "ttft_p90 <= 2s is missed at 1/s, the lowest load tried"},
		{"fails at any load", 9, time.Second, chat.Malformed, results.LessThan, 1, "is missed at 1/s"},
	} {
		synctest.Test(t, func(t *testing.T) {
			plan := capacityPlan(t, 1, `{"mode":"capacity","over":"rate","from":"1/s","to":"4/s","each":"60s"}`)
			server := placesOf(c.places, c.takes)
			server.fail = c.fail
			_, s := hunted(t, Config{Plan: plan}, lanesOf(server)...)
			f := s.Targets[0].Figures["capacity"]
			if f.Censored != c.censored || f.Value == nil || *f.Value != c.value || !strings.Contains(f.Reason, c.reason) {
				t.Errorf("%s: %+v", c.intent, f)
			}
			if ttft := s.Targets[0].Figures["ttft_p50"]; ttft.Value != nil || !strings.Contains(ttft.Reason, "capacity search alone") {
				t.Errorf("%s: a search alone has a headline: %+v", c.intent, ttft)
			}
		})
	}
}

// TestCapacityOnNoEvidence checks that a search whose windows are over before anything
// counts says so, and tries no higher load.
func TestCapacityOnNoEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := capacityPlan(t, 1, `{"mode":"capacity","over":"concurrency","from":1,"to":100,"each":"6s"}`)
		_, s := hunted(t, Config{Plan: plan}, lanesOf(placesOf(8, 100*time.Second))...)
		c := s.Targets[0].Capacity
		if c.Figure.Value != nil || !strings.Contains(c.Figure.Reason, "lengthen each") || c.End != results.EndEmpty || len(c.Probes) != 2 {
			t.Errorf("%+v, ended by %q after %d windows", c.Figure, c.End, len(c.Probes))
		}
		for _, p := range c.Probes {
			if p.Met || p.Load != 1 {
				t.Errorf("a window of nothing: met %v, at %v", p.Met, p.Load)
			}
		}
	})
}

// TestCapacityGoesOn checks that a search that was stopped goes on with the windows
// it has, and that what it finds is what the folder shows.
func TestCapacityGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := capacityPlan(t, 2, `{"mode":"capacity","over":"rate","from":"1/s","to":"20/s","each":"60s","probes":4}`)
		stop := make(chan struct{})
		time.AfterFunc(130*time.Second, func() { close(stop) })
		first, out := drive(t, Config{Plan: plan, Stop: stop}, lanesOf(placesOf(4, time.Second))...)
		if out.Stopped != StoppedInterrupt {
			t.Fatalf("stopped: %q", out.Stopped)
		}
		done := len(first.kinds(results.EventProbeEnd))
		if begun := len(first.kinds(results.EventProbe)); done < 2 || begun != done+1 {
			t.Fatalf("%d windows begun, %d ended", begun, done)
		}
		if f := summaryOf(plan, first, lanesOf(nil)...).Targets[0].Capacity; f.End != "" || len(f.Probes) != done {
			t.Errorf("cut short: ended %q after %d windows", f.End, len(f.Probes))
		}
		past := &results.Data{Run: runOf(plan, lanesOf(nil)...), Records: first.records, Events: first.events, Conversations: plan.Items}
		second, _ := drive(t, Config{Plan: plan, Segment: 1, Resume: past}, lanesOf(placesOf(4, time.Second))...)
		all := &tape{records: append(first.records, second.records...), events: append(first.events, second.events...)}
		seen := map[string]bool{}
		for _, r := range all.records {
			if seen[r.ID] {
				t.Fatalf("%s was asked twice", r.ID)
			}
			seen[r.ID] = true
		}
		c := summaryOf(plan, all, lanesOf(nil)...).Targets[0].Capacity
		if c.End == "" || len(c.Probes) <= done || c.Probes[done].Number <= done {
			t.Errorf("ended %q after %d windows, %d of them before the stop; the next was number %d", c.End, len(c.Probes), done, c.Probes[done].Number)
		}
		if v := *c.Figure.Value; v < 3 || v > 4.2 {
			t.Errorf("capacity %+v", c.Figure)
		}
		third, out := drive(t, Config{Plan: plan, Segment: 2, Resume: &results.Data{Run: past.Run, Records: all.records, Events: all.events, Conversations: plan.Items}},
			lanesOf(placesOf(4, time.Second))...)
		if len(third.records) != 0 || out.Stopped != "" {
			t.Errorf("a finished search asked %d more requests", len(third.records))
		}
	})
}

// TestCapacityKeepsTheBudget checks that a search ends at its budget, with the
// bounds it has.
func TestCapacityKeepsTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := capacityPlan(t, 1, `{"mode":"capacity","over":"rate","from":"1/s","to":"20/s","each":"60s"}`)
		n := 150
		plan.Scenario.Budget = &scenarios.Budget{Requests: &n}
		journal, out := drive(t, Config{Plan: plan}, lanesOf(placesOf(4, time.Second))...)
		if out.Stopped != StoppedBudget || len(journal.records) != n {
			t.Errorf("stopped %q after %d requests", out.Stopped, len(journal.records))
		}
		if f := summaryOf(plan, journal, lanesOf(nil)...).Targets[0].Figures["capacity"]; f.Value == nil || !strings.Contains(f.Reason, "cut short") {
			t.Errorf("%+v", f)
		}
	})
}
