package drive

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets/chat"
)

// flaky fails by the attempt's id alone, so that a run fails the same way however
// often it was killed: some attempts for good, some until a retry.
func flaky() *server {
	return &server{
		latency: func(r *results.Record) time.Duration {
			return time.Duration(100+900*uniform(1, r.ID)) * time.Millisecond
		},
		fail: func(r *results.Record) *results.Error {
			switch u := uniform(2, r.ID); {
			case u < 0.05:
				return &results.Error{Class: chat.Interrupted, Message: "cut"}
			case u < 0.25:
				return &results.Error{Class: chat.Overloaded, Message: "503"}
			}
			return nil
		},
	}
}

// killed is what a run's journal holds when its process dies at an instant: what
// ended and happened before it. The last record is torn off as well when torn.
func killed(journal *tape, before *results.Data, at time.Duration, torn bool) *results.Data {
	data := &results.Data{Run: &results.Run{}}
	if before != nil {
		data.Records, data.Events = slices.Clone(before.Records), slices.Clone(before.Events)
	}
	kept := 0
	for _, r := range journal.records {
		if r.End.Or(0) < int64(at) {
			data.Records = append(data.Records, r)
			kept++
		}
	}
	if torn && kept > 0 {
		data.Records = data.Records[:len(data.Records)-1]
	}
	for _, e := range journal.events {
		if e.T < int64(at) {
			data.Events = append(data.Events, e)
		}
	}
	return data
}

// requests tells how each request of a measured stage ended, and how many turns
// of each session were never asked.
func requests(records []results.Record, events []results.Event) map[string]string {
	out := make(map[string]string)
	for _, r := range records {
		if r.Stage == "warm-up" {
			continue
		}
		class := "ok"
		if r.Error != nil {
			class = string(r.Error.Class)
		}
		out[r.ID] = class
	}
	for _, e := range events {
		if s, err := decode[results.Skipped](&e); err == nil && e.Kind == results.EventSkipped && e.Stage != "warm-up" {
			out[fmt.Sprintf("%s/%s/%d never asked", e.Stage, e.Target, s.Session)] += fmt.Sprint(s.Turns)
		}
	}
	return out
}

func segmented() *scenarios.Plan {
	warm := usersStage("warm-up", 2, 3*time.Second, every(0, 50, 4))
	warm.Measured = false
	count := usersStage("count", 3, 0, every(50*time.Millisecond, 25, 4, 200*time.Millisecond))
	alone := openStage("alone", 8*time.Second, poisson(2, 8*time.Second, 4, 100*time.Millisecond))
	alone.Order = scenarios.OrderSequential
	return planOf(conversations(4, 2), warm,
		openStage("steady", 20*time.Second, poisson(2, 20*time.Second, 4, 300*time.Millisecond)), count, alone)
}

// killedBetween is a kill after a failed turn's record was written, before the
// event of the turns it left unasked.
func killedBetween(journal *tape, skip int) *results.Data {
	at := -1
	for i, e := range journal.events {
		if e.Kind == results.EventSkipped {
			if at = i; skip == 0 {
				break
			}
			skip--
		}
	}
	data := killed(journal, nil, time.Duration(journal.events[at].T+1), false)
	data.Events = slices.Clone(journal.events[:at])
	return data
}

// A run killed at any instant, twice, and resumed asks every request of a full run,
// none that has a record again, and none more than once more.
func TestKilledAndResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lanes := func() []*lane { return []*lane{targetOf("a", flaky()), targetOf("b", flaky())} }
		full, _ := drive(t, Config{Plan: segmented()}, lanes()...)
		length := time.Duration(full.events[len(full.events)-1].T)
		want := requests(full.records, full.events)
		rng := rand.New(rand.NewPCG(3, 4))
		for round := range 40 {
			torn := round%4 == 3
			data := killed(full, nil, time.Duration(rng.Int64N(int64(length))), torn)
			if round%4 == 2 {
				data = killedBetween(full, round/4)
			}
			for segment := 1; ; segment++ {
				journal, out := drive(t, Config{Plan: segmented(), Resume: data, Segment: segment}, lanes()...)
				checkAskedOnce(t, data, journal, torn)
				if segment == 1 { // killed again
					now := time.Duration(journal.events[len(journal.events)-1].T)
					data = killed(journal, data, time.Duration(rng.Int64N(int64(now))), false)
					continue
				}
				all := killed(journal, data, time.Hour, false)
				got := requests(all.Records, all.Events)
				if d := difference(want, got); d != "" {
					t.Fatalf("round %d: a resumed run differs from a full one\n%s", round, d)
				}
				asked := 0
				for _, e := range all.Events {
					if e.Kind == results.EventAsked {
						asked++
					}
				}
				if out.Requests != asked {
					t.Errorf("round %d: %d requests by the outcome, %d asked in all segments", round, out.Requests, asked)
				}
				break
			}
		}
	})
}

func checkAskedOnce(t *testing.T, before *results.Data, journal *tape, torn bool) {
	t.Helper()
	recorded, asked := make(map[string]bool), make(map[string]bool)
	for _, r := range before.Records {
		recorded[r.ID] = true
	}
	for _, e := range before.Events {
		if a, err := decode[results.Asked](&e); err == nil && e.Kind == results.EventAsked {
			asked[a.ID] = true
		}
	}
	seen := make(map[string]bool)
	for _, r := range journal.records {
		if recorded[r.ID] || seen[r.ID] {
			t.Fatalf("%s was asked again", r.ID)
		}
		seen[r.ID] = true
		if r.Resent != asked[r.ID] {
			t.Fatalf("%s: resent %v, in flight at the kill %v", r.ID, r.Resent, asked[r.ID])
		}
		if at, _ := r.Intended.Get(); at < 0 {
			t.Fatalf("%s is intended before its segment's zero", r.ID)
		}
	}
}

func difference(want, got map[string]string) (out string) {
	for id, w := range want {
		if g, ok := got[id]; g != w {
			out += fmt.Sprintf("%s: %s in the full run, %q (%v) when resumed\n", id, w, g, ok)
		}
	}
	for id, g := range got {
		if _, ok := want[id]; !ok {
			out += fmt.Sprintf("%s: %s when resumed, not in the full run\n", id, g)
		}
	}
	return out
}

// What is left of an open loop keeps its spacing: its first start leaves at the
// stage's new beginning. The history of a session that goes on is what was said.
func TestResumeKeepsSpacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := every(3*time.Second, 10, 1, 5*time.Second)
		plan := planOf(conversations(1, 2), openStage("s", 30*time.Second, starts))
		full, _ := drive(t, Config{Plan: plan}, targetOf("a", &server{}))
		// Sessions 0 to 3 had begun, 0 and 1 had ended, 3 was in flight.
		data := killed(full, nil, 9050*time.Millisecond, false)
		a := &server{}
		journal, _ := drive(t, Config{Plan: plan, Resume: data, Segment: 1}, targetOf("a", a))
		for _, r := range journal.records {
			at := time.Duration(r.Intended.Or(-1))
			want := starts[r.Session].At - starts[4].At
			if r.Turn == 1 && r.Session >= 4 {
				want += 5100 * time.Millisecond
			}
			switch {
			case r.Session == 2:
				want = 5 * time.Second // the think time before its second turn, anew
			case r.Session == 3:
				want = time.Duration(r.Turn) * 5100 * time.Millisecond // its first turn again, at once
			}
			if at != want || lateness(&r) != 0 || r.Segment != 1 {
				t.Errorf("%s intended at %v, want %v", r.ID, at, want)
			}
		}
		i := slices.IndexFunc(a.requests, func(r chat.Request) bool { return r.ID == "s/a/2/1/1" })
		if i < 0 || len(a.requests[i].Messages) != 4 || a.requests[i].Messages[2].Content != `a answers "question 0 of 0"` {
			t.Error("session 2 did not go on with its history")
		}
		end := journal.kinds(results.EventStageEnd)[0]
		if data, _ := decode[results.StageEnd](&end); data.LastIntended != int64(18*time.Second) {
			t.Errorf("stage end %s, want arrivals for the 18s left of 30", end.Data)
		}
	})
}

// Where targets go one after another, one whose turn had not come at the kill
// meets the schedule as it was planned.
func TestResumeLeavesWhatHadNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := every(3*time.Second, 5, 1)
		for i := range starts {
			starts[i].At += 2 * time.Second
		}
		stage := openStage("s", 20*time.Second, starts)
		stage.Order = scenarios.OrderSequential
		plan := planOf(conversations(1, 1), stage)
		lanes := func() []*lane { return []*lane{targetOf("a", &server{}), targetOf("b", &server{})} }
		full, _ := drive(t, Config{Plan: plan}, lanes()...)
		journal, _ := drive(t, Config{Plan: plan, Resume: killed(full, nil, 6*time.Second, false), Segment: 1}, lanes()...)
		var began int64
		for _, e := range journal.kinds(results.EventStageStart) {
			if e.Target == "b" {
				began = e.T
			}
		}
		for n, start := range starts {
			r := journal.record(t, results.RecordID("s", "b", n, 0, 1))
			if at := time.Duration(r.Intended.Or(0) - began); at != start.At {
				t.Errorf("session %d was intended %v after b's beginning, want %v as planned", n, at, start.At)
			}
		}
	})
}

// Users go on for what is left of the stage's duration; warm-up repeats under ids
// of its own.
func TestResumeUsersDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		warm := usersStage("warm-up", 1, 2*time.Second, every(0, 100, 1))
		warm.Measured = false
		plan := planOf(conversations(1, 1), warm, usersStage("s", 2, 20*time.Second, every(0, 1000, 1)))
		full, _ := drive(t, Config{Plan: plan}, targetOf("a", &server{}))
		journal, _ := drive(t, Config{Plan: plan, Resume: killed(full, nil, 14*time.Second, false), Segment: 1}, targetOf("a", &server{}))
		var begun, ended int64
		for _, e := range journal.events {
			switch {
			case e.Stage == "s" && e.Kind == results.EventStageStart:
				begun = e.T
			case e.Stage == "s" && e.Kind == results.EventStageEnd:
				ended = e.T
			}
		}
		if begun != int64(2*time.Second) || ended < begun+int64(7900*time.Millisecond) || ended > begun+int64(8200*time.Millisecond) {
			t.Errorf("the stage ran from %v to %v, want the 8s left of 20 after 2s of warm-up", time.Duration(begun), time.Duration(ended))
		}
		for _, r := range journal.records {
			if r.Stage == "warm-up" && r.ID != results.RecordID("warm-up~1", "a", r.Session, r.Turn, r.Attempt) {
				t.Errorf("a repeated warm-up's id is %s", r.ID)
			}
		}
	})
}

// An interrupted run goes on where it stopped: what its drain cancelled is asked
// again as the next attempt, and the cut stage is not taken for finished.
func TestResumeAfterStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := planOf(conversations(1, 2), openStage("s", 20*time.Second, every(time.Second, 20, 1, time.Second)))
		stop := make(chan struct{})
		time.AfterFunc(10500*time.Millisecond, func() { close(stop) })
		hangs := &server{latency: func(r *results.Record) time.Duration {
			if r.Session == 9 {
				return time.Hour
			}
			return 100 * time.Millisecond
		}}
		first, _ := drive(t, Config{Plan: plan, Stop: stop, Drain: time.Second}, targetOf("a", hangs))
		second, out := drive(t, Config{Plan: plan, Resume: killed(first, nil, time.Hour, false), Segment: 1}, targetOf("a", &server{}))
		if out.Stopped != "" {
			t.Errorf("stopped: %s", out.Reason)
		}
		again := second.record(t, "s/a/9/0/2")
		if !again.Resent || !again.OK() {
			t.Errorf("%s: resent %v, ok %v", again.ID, again.Resent, again.OK())
		}
		answered := make(map[int]int)
		for _, r := range slices.Concat(first.records, second.records) {
			if r.OK() {
				answered[r.Session]++
			}
		}
		for n := range 20 {
			if answered[n] != 2 {
				t.Errorf("session %d: %d turns answered, want 2", n, answered[n])
			}
		}
		third, _ := drive(t, Config{Plan: plan, Segment: 2, Targets: nil,
			Resume: killed(second, killed(first, nil, time.Hour, false), time.Hour, false)}, targetOf("a", &server{}))
		if len(third.records) != 0 || len(third.events) != 0 {
			t.Errorf("a finished run asked %d requests more", len(third.records))
		}
	})
}

// Money and time spent before count, and so does what was in flight at a kill, at
// its worst; a quarantine outlives the process.
func TestResumeRemembers(t *testing.T) {
	price := 10_000.0
	asked := func(id string, usd float64) results.Event {
		return newEvent(0, time.Second, results.EventAsked, "a", "s", results.Asked{ID: id, WorstUSD: usd})
	}
	data := &results.Data{
		Records: []results.Record{
			{ID: "s/a/0/0/1", Stage: "s", Target: "a", Complete: true, CostUSD: results.Known(0.4), End: results.At(3 * time.Second)},
			{ID: "s/b/0/0/1", Stage: "s", Target: "b", Error: &results.Error{Class: chat.Auth, Message: "who?"}},
		},
		Events: []results.Event{newEvent(0, time.Second, results.EventStageStart, "", "s", nil),
			asked("s/a/0/0/1", 1), asked("s/a/1/0/1", 1), asked("s/a/1/0/1", 1), asked("s/b/0/0/1", 0)},
	}
	synctest.Test(t, func(t *testing.T) {
		plan := planOf(conversations(1, 1), openStage("s", 20*time.Second, every(time.Second, 20, 1)))
		limit := 3.5
		plan.Scenario.Budget = &scenarios.Budget{USD: &limit}
		a, b := targetOf("a", &server{cost: 0.5}), targetOf("b", &server{})
		zero := 0.0
		a.spec.Price = &results.Price{Input: &zero, Output: &price}
		_, out := drive(t, Config{Plan: plan, Resume: data, Segment: 1}, a, b)
		// $0.4 told, $2 lost; $1.1 is left, and at $0.5 an answer the worst case of $1
		// fits once.
		if out.Stopped != StoppedBudget || out.SpentUSD != 2.9 || out.Requests != 5 {
			t.Errorf("stopped %q, spent $%v on %d requests: %s", out.Stopped, out.SpentUSD, out.Requests, out.Reason)
		}
		if out.Quarantined["b"] != "auth: who?" {
			t.Errorf("quarantined %v", out.Quarantined)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		plan := planOf(conversations(1, 1), openStage("s", 20*time.Second, every(time.Second, 20, 1)))
		plan.Scenario.Budget = &scenarios.Budget{Time: scenarios.Duration(7 * time.Second)}
		began := time.Now()
		drive(t, Config{Plan: plan, Resume: data, Segment: 1}, targetOf("a", &server{latency: func(*results.Record) time.Duration { return 0 }}))
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("ran %v more, want what was left of 7s after 2s", took)
		}
	})
}
