package drive

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets/chat"
)

// varied answers after a log-normal time around a median.
func varied(median time.Duration, sigma float64) *server {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(5, 1))
	return &server{latency: func(*results.Record) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(float64(median) * math.Exp(sigma*r.NormFloat64()))
	}}
}

// recorded is how a run of a plan is recorded, as far as figures need it.
func recorded(plan *scenarios.Plan, lanes ...*lane) *results.Run {
	run := &results.Run{ID: "run"}
	for _, l := range lanes {
		run.Targets = append(run.Targets, results.RunTarget{Name: l.name})
	}
	for i := range plan.Stages {
		s := &plan.Stages[i]
		run.Stages = append(run.Stages, results.RunStage{Name: s.Name, Mode: s.Mode, Measure: s.Measured, Users: s.Users,
			Duration: int64(s.Duration), Period: s.Period(), Until: s.Goals()})
	}
	return run
}

// summary is what a tape's figures are.
func summary(run *results.Run, plan *scenarios.Plan, tapes ...*tape) *results.Summary {
	data := &results.Data{Run: run, Conversations: plan.Items}
	for _, t := range tapes {
		data.Records = append(data.Records, t.records...)
		data.Events = append(data.Events, t.events...)
	}
	s, _ := results.Summarise(data)
	return s
}

func enoughOf(t *testing.T, journal *tape) results.Enough {
	t.Helper()
	events := journal.kinds(results.EventEnough)
	if len(events) != 1 {
		t.Fatalf("%d events of goals reached, want one", len(events))
	}
	e, err := decode[results.Enough](&events[0])
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A stage with goals ends for all targets together, as soon as the slowest to
// become known is known, and its conversations stay whole.
func TestStageEndsWhenNarrowEnough(t *testing.T) {
	for _, load := range []string{
		"{name: s, mode: open, rate: 10/s, duration: 1h, until: {ttft_p50: 10%, error_rate: 5%}}",
		"{name: s, mode: users, users: 10, think: {uniform: [100ms, 1s]}, duration: 1h, until: {ttft_p50: 10%}}",
		"{name: s, mode: concurrency, users: 4, requests: 100000, until: {ttft_p50: 10%, requests_per_s: 10%}}",
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			plan := planned(t, load, 5, 2)
			exact, scattered := targetOf("exact", varied(200*time.Millisecond, 0.02)), targetOf("scattered", varied(300*time.Millisecond, 0.6))
			run := recorded(plan, exact, scattered)
			journal, out := drive(t, Config{Plan: plan, Run: run}, exact, scattered)
			if took := time.Since(began); out.Stopped != "" || took > 10*time.Minute {
				t.Errorf("%s: took %v, stopped by %q", load, took, out.Stopped)
			}
			e := enoughOf(t, journal)
			end, _ := decode[results.StageEnd](&journal.kinds(results.EventStageEnd)[0])
			start := journal.kinds(results.EventStageStart)[0].T
			if end.Cut || end.LastIntended != start+e.After {
				t.Errorf("%s: arrivals ended at %v, %v after the beginning, cut: %v", load, time.Duration(end.LastIntended), time.Duration(e.After), end.Cut)
			}
			turns := map[[2]any]int{}
			for i := range journal.records {
				r := &journal.records[i]
				turns[[2]any{r.Target, r.Session}]++
				if r.Turn == 0 && r.Intended.Or(0) > end.LastIntended {
					t.Errorf("%s: %s began after the end", load, r.ID)
				}
			}
			for key, n := range turns {
				if n != 2 {
					t.Errorf("%s: conversation %v has %d of 2 turns", load, key, n)
				}
			}
			s := summary(run, plan, journal)
			for _, target := range s.Targets {
				if n := target.Figures["ttft_p50"]; n.Reach() > 0.11 {
					t.Errorf("%s: %s is known within %.0f %% only", load, target.Name, 100*n.Reach())
				}
			}
			t.Logf("%s: after %v, %d records", load, time.Duration(e.After), len(journal.records))
		})
	}
}

// What cannot become narrow, such as the latency of a queue that grows, ends as
// planned; so does a stage that is over before its goals are reached.
func TestStageRunsToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		plan := planned(t, "{name: s, mode: open, rate: 10/s, duration: 2m, until: {ttft_p50: 50%}}", 5, 1)
		steady, growing := targetOf("steady", varied(200*time.Millisecond, 0.1)), targetOf("growing", &server{latency: func(*results.Record) time.Duration {
			return time.Since(began) / 3
		}})
		journal, _ := drive(t, Config{Plan: plan, Run: recorded(plan, steady, growing)}, steady, growing)
		if n := len(journal.kinds(results.EventEnough)); n != 0 {
			t.Errorf("a growing queue was known well enough")
		}
		if len(journal.records) < 2000 {
			t.Errorf("%d records", len(journal.records))
		}
	})
}

// A target that is asked no more holds up nobody.
func TestQuarantinedTargetIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := planned(t, "{name: s, mode: open, rate: 10/s, duration: 1h, until: {ttft_p50: 10%}}", 5, 1)
		good, locked := targetOf("good", varied(200*time.Millisecond, 0.1)), targetOf("locked", &server{fail: fails(chat.Auth)})
		journal, _ := drive(t, Config{Plan: plan, Run: recorded(plan, good, locked)}, good, locked)
		if e := enoughOf(t, journal); len(e.Reached) != 1 || e.Reached[0].Target != "good" || time.Duration(e.After) > 5*time.Minute {
			t.Errorf("reached %+v", e)
		}
	})
}

// A run that was killed after its goals were reached finishes what had begun and
// begins nothing; one that was stopped before goes on with what it knows.
func TestResumeOfAStageWithGoals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := planned(t, "{name: s, mode: users, users: 6, duration: 1h, until: {ttft_p50: 10%}}", 5, 3)
		fast := targetOf("a", varied(200*time.Millisecond, 0.4))
		run := recorded(plan, fast)
		whole, _ := drive(t, Config{Plan: plan, Run: run}, fast)
		at := whole.kinds(results.EventEnough)[0].T

		// The kill comes half a second after: what ends later was never journalled.
		killed := new(tape)
		for _, e := range whole.events {
			if e.T <= at+5e8 {
				killed.events = append(killed.events, e)
			}
		}
		sessions := map[int]bool{}
		for _, r := range whole.records {
			if r.End.Or(0) <= at+5e8 {
				killed.records = append(killed.records, r)
			}
			sessions[r.Session] = true
		}
		data := &results.Data{Run: run, Records: killed.records, Events: killed.events}
		rest, _ := drive(t, Config{Plan: plan, Run: run, Segment: 1, Resume: data}, targetOf("a", varied(200*time.Millisecond, 0.4)))
		if len(rest.records) == 0 || len(rest.kinds(results.EventEnough)) != 0 {
			t.Errorf("%d records, %d events", len(rest.records), len(rest.kinds(results.EventEnough)))
		}
		for _, r := range rest.records {
			if !sessions[r.Session] {
				t.Errorf("%s began in the resumed segment", r.ID)
			}
		}

		// Stopped at half: the second segment needs only the rest.
		early := new(tape)
		for _, e := range whole.events {
			if e.T <= at/2 {
				early.events = append(early.events, e)
			}
		}
		for _, r := range whole.records {
			if r.End.Or(0) <= at/2 {
				early.records = append(early.records, r)
			}
		}
		data = &results.Data{Run: run, Records: early.records, Events: early.events}
		rest, _ = drive(t, Config{Plan: plan, Run: run, Segment: 1, Resume: data}, targetOf("a", varied(200*time.Millisecond, 0.4)))
		if e := enoughOf(t, rest); e.After < at/2 || len(rest.records) >= len(whole.records) {
			t.Errorf("%d records in the second segment, %d without a stop; after %v", len(rest.records), len(whole.records), time.Duration(e.After))
		}
	})
}

// Where targets go one after the other, each has its own end.
func TestSequentialTargetsEndByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plan := planned(t, "{name: s, mode: open, rate: 10/s, duration: 1h, order: sequential, until: {ttft_p50: 10%}}", 5, 1)
		exact, scattered := targetOf("exact", varied(200*time.Millisecond, 0.02)), targetOf("scattered", varied(300*time.Millisecond, 0.6))
		run := recorded(plan, exact, scattered)
		journal, _ := drive(t, Config{Plan: plan, Run: run}, exact, scattered)
		s := summary(run, plan, journal)
		if len(s.Ended) != 2 || s.Ended[0].Target != "exact" || s.Ended[1].Target != "scattered" || s.Ended[1].Seconds < 1.5*s.Ended[0].Seconds {
			t.Errorf("ended: %+v", s.Ended)
		}
	})
}
