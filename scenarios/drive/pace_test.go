package drive

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets/chat"
)

// An hour of Poisson arrivals leaves exactly when it is due, at every target,
// however slow the answers are: an open loop does not wait.
func TestOpenLoopLeavesWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts := poisson(1, time.Hour, 5)
		slow := &server{latency: func(*results.Record) time.Duration { return 40 * time.Second }}
		journal, out := drive(t, Config{Plan: planOf(conversations(5, 1), openStage("steady", time.Hour, starts))},
			targetOf("a", slow), targetOf("b", &server{}), targetOf("c", &server{}))
		if out.Stopped != "" {
			t.Fatalf("stopped: %s", out.Reason)
		}
		if want := 3 * len(starts); len(journal.records) != want {
			t.Fatalf("%d records, want %d", len(journal.records), want)
		}
		begin := journal.kinds(results.EventStageStart)[0].T
		for _, r := range journal.records {
			due := time.Duration(begin) + starts[r.Session].At
			if r.Intended != results.At(due) || r.Scheduled != results.At(due) || lateness(&r) != 0 {
				t.Fatalf("%s: due %v, intended %v, left %v late", r.ID, due, r.Intended, lateness(&r))
			}
		}
		if slow.peak < 30 {
			t.Errorf("at most %d in flight at the slow target: the loop waited for answers", slow.peak)
		}
		end := journal.kinds(results.EventStageEnd)[0]
		data, err := decode[results.StageEnd](&end)
		if err != nil || data.Cut || data.LastIntended != begin+int64(time.Hour) {
			t.Errorf("stage end %s: want arrivals to end at the stage's duration", end.Data)
		}
	})
}

// Departures due at one instant leave in an order that rotates over the targets.
func TestTiesRotate(t *testing.T) {
	b := newBoard(3, 100)
	lanes := []*lane{{index: 0}, {index: 1}, {index: 2}}
	for s := range 3 {
		for _, l := range lanes {
			b.push(&departure{lane: l, sess: &session{number: s}, due: time.Duration(s), rank: (l.index + s) % 3})
		}
	}
	var order []int
	for range 9 {
		d := b.next(time.Second).leave
		if d == nil {
			t.Fatal("nothing left the board")
		}
		order = append(order, d.lane.index)
	}
	if want := []int{0, 1, 2, 2, 0, 1, 1, 2, 0}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
}

// Turns follow the answer before them by the think time, and carry the target's
// own earlier answers.
func TestTurnsFollowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &server{}
		lane := targetOf("a", a)
		lane.spec.System = "the target's own system prompt"
		journal, _ := drive(t, Config{Plan: planOf(conversations(1, 3),
			openStage("s", time.Second, every(0, 1, 1, 250*time.Millisecond, 2*time.Second)))}, lane)
		var at []time.Duration
		for _, r := range journal.records {
			d, _ := results.Since(r.Start, journal.records[0].Start).Get()
			at = append(at, d)
			if r.Intended != r.Scheduled {
				t.Errorf("%s: a turn's first attempt is intended when it is scheduled", r.ID)
			}
		}
		if want := []time.Duration{0, 350 * time.Millisecond, 2450 * time.Millisecond}; !slices.Equal(at, want) {
			t.Errorf("turns left at %v, want %v", at, want)
		}
		var said []string
		for _, m := range a.requests[2].Messages {
			said = append(said, string(m.Role)+": "+m.Content)
		}
		want := []string{"system: the target's own system prompt",
			"user: question 0 of 0", `assistant: a answers "question 0 of 0"`,
			"user: question 1 of 0", `assistant: a answers "question 1 of 0"`, "user: question 2 of 0"}
		if !slices.Equal(said, want) {
			t.Errorf("third turn asked\n%q\nwant\n%q", said, want)
		}
		if a.requests[2].ID != "s/a/0/2/1" {
			t.Errorf("request id %q", a.requests[2].ID)
		}
	})
}

// Users hold one session at a time and think; after the duration none begins a
// session, but conversations are finished.
func TestUsersThinkAndFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{latency: func(*results.Record) time.Duration { return time.Second }}
		stage := usersStage("people", 4, time.Minute, every(100*time.Millisecond, 200, 3, time.Second))
		stage.Think = &scenarios.Think{Uniform: []scenarios.Duration{scenarios.Duration(500 * time.Millisecond), scenarios.Duration(2 * time.Second)}}
		journal, _ := drive(t, Config{Plan: planOf(conversations(3, 2), stage)}, targetOf("a", s))
		if s.peak != 4 {
			t.Errorf("up to %d in flight, want 4 users", s.peak)
		}
		turns := make(map[int]int)
		for _, r := range journal.records {
			turns[r.Session]++
			if lateness(&r) != 0 {
				t.Errorf("%s left %v late", r.ID, lateness(&r))
			}
			if at, _ := r.Intended.Get(); r.Turn == 0 && at >= int64(time.Minute) {
				t.Errorf("%s began after the stage's duration", r.ID)
			}
		}
		// A session takes 3 s and 0.5 to 2 s of thought before the next: 14 a user.
		if n := len(turns); n < 50 || n > 62 {
			t.Errorf("%d sessions in a minute", n)
		}
		for n, k := range turns {
			if k != 2 {
				t.Errorf("session %d: %d turns; running conversations are finished", n, k)
			}
		}
	})
}

// A count of conversations ends the stage after exactly that many.
func TestUsersByCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal, _ := drive(t, Config{Plan: planOf(conversations(3, 1), usersStage("count", 3, 0, every(0, 10, 3)))},
			targetOf("a", &server{}), targetOf("b", &server{}))
		if len(journal.records) != 20 {
			t.Errorf("%d records, want 10 from each target", len(journal.records))
		}
		if w := journal.kinds(results.EventWarning); len(w) > 0 {
			t.Errorf("warned %s", w[0].Data)
		}
	})
}

// A user whose target fails at once pauses, and a stage that runs out of planned
// conversations says so.
func TestUsersPauseAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{fail: fails(chat.BadRequest), latency: func(*results.Record) time.Duration { return 0 }}
		journal, _ := drive(t, Config{Plan: planOf(conversations(1, 2), usersStage("s", 1, 10*time.Second, every(0, 100, 1)))},
			targetOf("a", s))
		if len(journal.records) != 10 {
			t.Errorf("%d requests in 10 s to a target that fails at once, want one a second", len(journal.records))
		}
		if n := len(journal.kinds(results.EventSkipped)); n != 10 {
			t.Errorf("%d skipped events, want one for each failed session", n)
		}
		journal, _ = drive(t, Config{Plan: planOf(conversations(1, 1), usersStage("s", 1, 10*time.Second, every(0, 3, 1)))},
			targetOf("a", &server{}))
		if w := journal.kinds(results.EventWarning); len(w) != 1 {
			t.Errorf("%d warnings, want one for the conversations that ran out", len(w))
		}
		counted := usersStage("s", 1, 10*time.Second, every(0, 3, 1))
		counted.Conversations = 3
		journal, _ = drive(t, Config{Plan: planOf(conversations(1, 1), counted)}, targetOf("a", &server{}))
		if w := journal.kinds(results.EventWarning); len(w) != 0 {
			t.Errorf("warned %s though the stage was to end by count", w[0].Data)
		}
		end := journal.kinds(results.EventStageEnd)[0]
		if data, _ := decode[results.StageEnd](&end); data.LastIntended-journal.events[0].T > int64(time.Second) {
			t.Errorf("stage end %s, want arrivals over at the last conversation's start", end.Data)
		}
	})
}

// Retries are attempts of their own, due after the backoff; they keep the intended
// time, and the session goes on after one succeeds.
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{fail: func(r *results.Record) *results.Error {
			if r.Turn == 0 && r.Attempt < 3 {
				return &results.Error{Class: chat.Server, Message: "500"}
			}
			return nil
		}}
		lane := targetOf("a", s)
		journal, _ := drive(t, Config{Plan: planOf(conversations(1, 2), openStage("s", time.Second, every(0, 1, 1, 0)))}, lane)
		first := journal.record(t, "s/a/0/0/1")
		end := first.End
		for attempt := 1; attempt <= 3; attempt++ {
			r := journal.record(t, results.RecordID("s", "a", 0, 0, attempt))
			if r.Intended != first.Intended {
				t.Errorf("attempt %d is intended at %v, want the request's %v", attempt, r.Intended, first.Intended)
			}
			if attempt > 1 {
				before := journal.record(t, results.RecordID("s", "a", 0, 0, attempt-1))
				wait, again := lane.spec.Retry.Next(&before, uniform(7, before.ID))
				if got, _ := results.Since(r.Scheduled, end).Get(); !again || got != wait || lateness(&r) != 0 {
					t.Errorf("attempt %d scheduled %v after the failure, want the backoff %v, left %v late", attempt, got, wait, lateness(&r))
				}
			}
			end = r.End
		}
		if r := journal.record(t, "s/a/0/1/1"); !r.OK() {
			t.Error("the session did not go on after its retry")
		}
	})
}

// A failed turn ends its session, and what is never asked is counted.
func TestFailedTurnEndsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{fail: func(r *results.Record) *results.Error {
			if r.Turn == 1 {
				return &results.Error{Class: chat.Interrupted, Message: "cut"}
			}
			return nil
		}}
		journal, _ := drive(t, Config{Plan: planOf(conversations(1, 5), openStage("s", time.Second, every(0, 1, 1)))}, targetOf("a", s))
		skipped := journal.kinds(results.EventSkipped)
		if len(journal.records) != 2 || len(skipped) != 1 || string(skipped[0].Data) != `{"session":0,"turns":3}` {
			t.Errorf("%d records, skipped %v", len(journal.records), skipped)
		}
	})
}

// Stages go one after another; sequential targets do as well, each from the
// stage's beginning.
func TestSequential(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stage := openStage("s", 10*time.Second, every(time.Second, 10, 2))
		stage.Order = scenarios.OrderSequential
		journal, _ := drive(t, Config{Plan: planOf(conversations(2, 1), stage, openStage("t", time.Second, every(0, 1, 1)))},
			targetOf("a", &server{}), targetOf("b", &server{}))
		first := make(map[string]time.Duration)
		last := make(map[string]time.Duration)
		for _, r := range journal.records {
			key, start := r.Stage+"/"+r.Target, time.Duration(r.Start.Or(0))
			if _, ok := first[key]; !ok {
				first[key] = start
			}
			last[key] = start
		}
		if first["s/a"] != 0 || first["s/b"] <= last["s/a"] || last["s/b"]-first["s/b"] != 9*time.Second || first["t/a"] <= last["s/b"] {
			t.Errorf("first %v, last %v", first, last)
		}
		if n := len(journal.kinds(results.EventClient)); n != 2 {
			t.Errorf("%d client events, want one for each stage", n)
		}
	})
}

// What cannot leave within LateLimit is dropped and counted, and ends its session.
func TestDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{latency: func(*results.Record) time.Duration { return 14 * time.Second }}
		lane := targetOf("a", s)
		lane.spec.MaxSockets = 2
		journal, _ := drive(t, Config{Plan: planOf(conversations(1, 2), openStage("s", 10*time.Second, every(time.Second, 10, 1)))},
			lane, targetOf("b", &server{}))
		if s.peak != 2 {
			t.Errorf("%d in flight at a target with 2 sockets", s.peak)
		}
		asked := make(map[int]bool)
		for _, r := range journal.records {
			if r.Target == "a" {
				asked[r.Session] = true
				if lateness(&r) > LateLimit {
					t.Errorf("%s left %v late", r.ID, lateness(&r))
				}
			}
		}
		dropped := journal.kinds(results.EventDropped)
		if len(dropped) == 0 {
			t.Fatal("nothing was dropped")
		}
		unasked := 0
		for _, e := range dropped {
			if a, _ := decode[results.Asked](&e); a.ID != "" && e.Target == "a" {
				unasked++
			}
		}
		// Second turns can be dropped as well, of sessions that were asked.
		if len(asked)+unasked < 10 {
			t.Errorf("%d sessions asked and %d departures dropped of 10", len(asked), unasked)
		}
		health, err := decode[results.ClientHealth](&journal.kinds(results.EventClient)[0])
		if err != nil || health.Departures != len(journal.records)+len(dropped) ||
			health.DroppedShare != float64(len(dropped))/float64(health.Departures) {
			t.Errorf("client health %+v with %d records and %d dropped", health, len(journal.records), len(dropped))
		}
		for _, r := range journal.records {
			if r.Target == "b" && lateness(&r) != 0 {
				t.Errorf("%s left %v late for the other target's sake", r.ID, lateness(&r))
			}
		}
	})
}

// The cap over all targets holds too.
func TestMaxInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		journal, _ := drive(t, Config{MaxInFlight: 3, Plan: planOf(conversations(1, 1), openStage("s", time.Second, every(time.Millisecond, 50, 1)))},
			targetOf("a", s))
		if s.peak != 3 || len(journal.records) != 50 {
			t.Errorf("%d in flight, %d records", s.peak, len(journal.records))
		}
	})
}

// A drain has an end: what hangs is cancelled, the turns after it are skipped.
func TestDrainIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{latency: func(*results.Record) time.Duration { return 24 * time.Hour }}
		lane := targetOf("a", s)
		lane.spec.Timeouts.Total = time.Minute
		began := time.Now()
		journal, out := drive(t, Config{Plan: planOf(conversations(1, 2),
			openStage("s", 10*time.Second, every(time.Second, 5, 1, 3*time.Second)),
			openStage("next", time.Second, every(0, 1, 1)))}, lane)
		if took := time.Since(began); took != 10*time.Second+63*time.Second+time.Second+60*time.Second {
			t.Errorf("took %v, want both stages' arrivals, total timeouts and think time", took)
		}
		for _, r := range journal.records {
			if !isCancelled(&r) {
				t.Errorf("%s ended as %+v", r.ID, r.Error)
			}
		}
		if n := len(journal.kinds(results.EventSkipped)); n != 6 || out.Stopped != "" {
			t.Errorf("%d sessions skipped, stopped %q", n, out.Stopped)
		}
	})
}

// So has that of users whose last conversation began as another ended.
func TestDrainOfUsersIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{latency: func(r *results.Record) time.Duration {
			if r.Session == 0 {
				return time.Second
			}
			return 24 * time.Hour
		}}
		lane := targetOf("a", s)
		lane.spec.Timeouts.Total = time.Minute
		began := time.Now()
		drive(t, Config{Plan: planOf(conversations(1, 1), usersStage("s", 1, 0, every(0, 2, 1)))}, lane)
		if took := time.Since(began); took != time.Second+time.Minute {
			t.Errorf("took %v, want the first answer and a total timeout", took)
		}
	})
}
