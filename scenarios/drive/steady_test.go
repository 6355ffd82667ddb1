package drive

import (
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
)

// single serves one request at a time, each for so long; the rest queue.
func single(each time.Duration) *server {
	var mu sync.Mutex
	var free time.Time
	return &server{latency: func(*results.Record) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); free.Before(now) {
			free = now
		}
		free = free.Add(each)
		return time.Until(free)
	}}
}

// fixed answers after the same time always.
func fixed(d time.Duration) *server {
	return &server{latency: func(*results.Record) time.Duration { return d }}
}

// For every mode of load, the rate of the steady part is the rate that follows
// from the load, though ramp and drain are long; what is not steady says so.
func TestSteadyPartOfEveryMode(t *testing.T) {
	for _, tc := range []struct {
		intent, load string
		server       *server
		want         float64 // requests a second
		unsteady     string
	}{
		{"an open loop", "{name: s, mode: open, rate: 10/s, arrivals: constant, duration: 30s, think: 2s}", fixed(time.Second), 20, ""},
		{"an open loop that ends by count", "{name: s, mode: open, rate: 10/s, arrivals: constant, conversations: 300, think: 2s}", fixed(time.Second), 20, ""},
		{"users who think", "{name: s, mode: users, users: 30, think: 1s, duration: 30s}", fixed(500 * time.Millisecond), 20, ""},
		{"users whose conversations run out", "{name: s, mode: users, users: 30, think: 1s, conversations: 300}", fixed(500 * time.Millisecond), 20, ""},
		{"concurrency", "{name: s, mode: concurrency, users: 20, duration: 30s}", fixed(time.Second), 20, ""},
		{"concurrency that ends by count", "{name: s, mode: concurrency, users: 20, requests: 600}", fixed(time.Second), 20, ""},
		{"bursts", "{name: s, mode: open, burst: {every: 5s, size: 50}, duration: 33s, think: 1s}", fixed(time.Second), 20, ""},
		{"bursts over a rate", "{name: s, mode: open, rate: 6/s, arrivals: constant, burst: {every: 5s, size: 20}, duration: 33s}", fixed(time.Second), 20, ""},
		{"a ramp", "{name: s, mode: open, rate: {from: 1/s, to: 20/s}, duration: 30s}", fixed(time.Second), 0, "its load changes throughout"},
		{"steps", "{name: s, mode: open, steps: [{rate: 1/s, duration: 10s}, {rate: 5/s, duration: 10s}]}", fixed(time.Second), 0, "its load changes throughout"},
		{"a stage too short for one conversation", "{name: s, mode: open, rate: 10/s, duration: 3s, think: 5s}", fixed(time.Second), 0, "too short for a steady part"},
		{"more than the server can carry", "{name: s, mode: open, rate: 10/s, duration: 60s}", single(100 * time.Millisecond), 0, "its first tokens took longer and longer"},
		{"far more than the server can carry", "{name: s, mode: open, rate: 10/s, duration: 20s}", single(500 * time.Millisecond), 0, "its first tokens took longer and longer"},
	} {
		synctest.Test(t, func(t *testing.T) {
			plan := planned(t, tc.load, 7, 2)
			target := targetOf("a", tc.server)
			run := recorded(plan, target)
			run.Stages[0].Varies = plan.Stages[0].Varies()
			journal, _ := drive(t, Config{Plan: plan}, target)
			stage := summary(run, plan, journal).Targets[0].Stages[0]
			have := *stage.Figures["requests_per_s"].Value
			if tc.unsteady == "" && math.Abs(have/tc.want-1) > 0.03 || !strings.HasPrefix(stage.Window.Unsteady, tc.unsteady) || (tc.unsteady == "") != (stage.Window.Unsteady == "") {
				t.Errorf("%s: %.4g requests a second in %+v, want %v; %q", tc.intent, have, stage.Window, tc.want, tc.unsteady)
			}
			if tc.unsteady == "" && stage.Window.RampCut <= 0 {
				t.Errorf("%s: nothing was cut: %+v", tc.intent, stage.Window)
			}
		})
	}
}

// A stage that went on in a second process has a steady part in each, and its rate
// is that of both.
func TestSteadyPartOfAResumedStage(t *testing.T) {
	for _, load := range []string{
		"{name: s, mode: users, users: 30, think: 1s, duration: 40s}",
		"{name: s, mode: open, rate: 10/s, arrivals: constant, duration: 40s, think: 1s}",
	} {
		synctest.Test(t, func(t *testing.T) {
			plan := planned(t, load, 7, 2)
			target := targetOf("a", fixed(500*time.Millisecond))
			run := recorded(plan, target)
			stop := make(chan struct{})
			time.AfterFunc(20*time.Second, func() { close(stop) })
			first, _ := drive(t, Config{Plan: plan, Stop: stop}, target)
			data := &results.Data{Run: run, Records: first.records, Events: first.events}
			second, _ := drive(t, Config{Plan: plan, Segment: 1, Resume: data}, targetOf("a", fixed(500*time.Millisecond)))
			stage := summary(run, plan, first, second).Targets[0].Stages[0]
			if have := *stage.Figures["requests_per_s"].Value; math.Abs(have/20-1) > 0.03 || stage.Window.Unsteady != "" || stage.Window.Seconds < 30 || stage.Window.Seconds > 39 {
				t.Errorf("%s: %.4g requests a second in %+v, want 20", load, have, stage.Window)
			}
		})
	}
}
