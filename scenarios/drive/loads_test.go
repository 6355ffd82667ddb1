package drive

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets"
	"switchover/targets/chat"
)

// planned compiles a load over n conversations of so many turns.
func planned(t *testing.T, load string, n, turns int) *scenarios.Plan {
	t.Helper()
	src := "name: loads\nseed: 7\ntargets: [{name: a, simulate: {ttft: 1ms, tpot: 1ms}}]\n" +
		"workload: {conversations: bundled}\nload: [" + load + "]\n"
	s, err := scenarios.Parse("loads.yaml", []byte(src), scenarios.Env{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := scenarios.Compile(s, conversations(n, turns))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// byStart orders records by when they left.
func byStart(records []results.Record) []results.Record {
	slices.SortFunc(records, func(a, b results.Record) int { return int(a.Start.Or(0) - b.Start.Or(0)) })
	return records
}

// Concurrency keeps as many requests in flight as there are users: each asks
// again in the instant of its answer, until the requests are used up.
func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const users, requests = 8, 240
		s := &server{}
		plan := planned(t, fmt.Sprintf("{name: flat, mode: concurrency, users: %d, requests: %d}", users, requests), 5, 2)
		journal, _ := drive(t, Config{Plan: plan}, targetOf("a", s))
		if len(journal.records) != requests || s.peak != users {
			t.Errorf("%d requests, at most %d at once; want %d and %d", len(journal.records), s.peak, requests, users)
		}
		// One at a time from each user, so after the first second, in which they begin,
		// a window of one answer's time has as many departures as there are users.
		counts := make(map[int64]int)
		last := int64(0)
		for _, r := range journal.records {
			counts[r.Start.Or(0)/int64(100*time.Millisecond)]++
			last = max(last, r.Start.Or(0)/int64(100*time.Millisecond))
		}
		for window := int64(10); window < last-10; window++ {
			if counts[window] != users {
				t.Errorf("%d departures in the tenth %d of a second, want %d", counts[window], window, users)
			}
		}
	})
}

// The departures of a ramp and of steps are the plan's, to the nanosecond.
func TestShapesLeaveAsPlanned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := planned(t, `{name: ramp, mode: open, rate: {from: 1/s, to: 20/s}, duration: 20s},
			{name: steps, mode: open, steps: [{rate: 1/s, duration: 5s}, {rate: 20/s, duration: 5s}], arrivals: {gamma: {burstiness: 0.5}}}`, 5, 1)
		journal, _ := drive(t, Config{Plan: plan}, targetOf("a", &server{}))
		began := make(map[string]int64)
		for _, e := range journal.kinds(results.EventStageStart) {
			began[e.Stage] = e.T
		}
		n := 0
		for _, stage := range plan.Stages {
			for _, start := range stage.Starts {
				r := journal.record(t, results.RecordID(stage.Name, "a", start.Session, 0, 1))
				if got := time.Duration(r.Start.Or(0) - began[stage.Name]); got != start.At {
					t.Errorf("%s left at %v, planned at %v", r.ID, got, start.At)
				}
				n++
			}
		}
		for _, e := range journal.kinds(results.EventStageEnd) {
			end, err := decode[results.StageEnd](&e)
			if want := map[string]time.Duration{"ramp": 20 * time.Second, "steps": 10 * time.Second}[e.Stage]; err != nil || time.Duration(end.LastIntended-began[e.Stage]) != want {
				t.Errorf("arrivals of %s end after %v, want %v", e.Stage, time.Duration(end.LastIntended-began[e.Stage]), want)
			}
		}
		if n != len(journal.records) {
			t.Errorf("%d records, %d planned", len(journal.records), n)
		}
	})
}

// Users pause between conversations by the stage's distribution, whichever it is.
func TestPausesBetweenConversations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := planned(t, "{name: p, mode: users, users: 1, conversations: 3000, think: {lognormal: {mean: 3s, sd: 2s}}}", 5, 1)
		journal, _ := drive(t, Config{Plan: plan}, targetOf("a", &server{}))
		var sum, squares float64
		records := byStart(journal.records)
		for i := 1; i < len(records); i++ {
			pause := time.Duration(records[i].Start.Or(0) - records[i-1].End.Or(0)).Seconds()
			sum, squares = sum+pause, squares+pause*pause
		}
		n := float64(len(records) - 1)
		mean := sum / n
		if sd := math.Sqrt(squares/n - mean*mean); math.Abs(mean-3) > 0.15 || math.Abs(sd-2) > 0.2 {
			t.Errorf("pauses of %.2f s on average, sd %.2f s; want 3 and 2", mean, sd)
		}
	})
}

// dispersion is the variance of counts in windows over their mean: 1 for Poisson.
func dispersion(starts []time.Duration, width time.Duration) float64 {
	counts := make([]float64, 0, 1024)
	for _, at := range starts {
		for int(at/width) >= len(counts) {
			counts = append(counts, 0)
		}
		counts[at/width]++
	}
	counts = counts[:len(counts)-1] // the last window is not whole
	var mean, variance float64
	for _, c := range counts {
		mean += c / float64(len(counts))
	}
	for _, c := range counts {
		variance += (c - mean) * (c - mean) / float64(len(counts)-1)
	}
	return variance / mean
}

// What leaves is a Poisson process, however many connections carry it, because
// one schedule feeds them all.
func TestPoissonOverConnections(t *testing.T) {
	for _, connections := range []int{1, 4, 16} {
		synctest.Test(t, func(t *testing.T) {
			const windows = 400
			plan := planned(t, fmt.Sprintf("{name: p, mode: open, rate: 20/s, duration: %ds}", windows), 5, 1)
			s := &server{latency: func(*results.Record) time.Duration { return 2 * time.Millisecond }}
			lane := newLane(targets.Spec{Name: "a", MaxSockets: connections, Params: chat.Params{MaxTokens: 100}}, s)
			journal, _ := drive(t, Config{Plan: plan}, lane)
			began := journal.kinds(results.EventStageStart)[0].T
			var left []time.Duration
			for _, r := range journal.records {
				left = append(left, time.Duration(r.Start.Or(0)-began))
			}
			d := dispersion(left, time.Second)
			t.Logf("%d connections: %d departures, dispersion index %.3f", connections, len(left), d)
			if se := math.Sqrt(2.0 / windows); math.Abs(d-1) > 4*se {
				t.Errorf("%d connections: dispersion index %.3f, want 1 +- %.3f", connections, d, 4*se)
			}
			if s.peak > connections {
				t.Errorf("%d at once over %d connections", s.peak, connections)
			}
		})
	}
}
