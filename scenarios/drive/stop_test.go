package drive

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets/chat"
)

func steadyPlan() *scenarios.Plan {
	return planOf(conversations(2, 2), openStage("s", time.Minute, every(time.Second, 60, 2, time.Second)),
		openStage("never", time.Minute, every(time.Second, 60, 2)))
}

// A stop lets nothing more leave, and what is in flight finishes.
func TestStopDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		time.AfterFunc(10500*time.Millisecond, func() { close(stop) })
		s := &server{latency: func(*results.Record) time.Duration { return 5 * time.Second }}
		began := time.Now()
		journal, out := drive(t, Config{Plan: steadyPlan(), Stop: stop}, targetOf("a", s))
		if out.Stopped != StoppedInterrupt || time.Since(began) != 15*time.Second {
			t.Errorf("stopped %q after %v, want the last answer at 15s", out.Stopped, time.Since(began))
		}
		for _, r := range journal.records {
			if !r.OK() {
				t.Errorf("%s was not allowed to finish: %+v", r.ID, r.Error)
			}
			if at := time.Duration(r.Start.Or(0)); at > 10500*time.Millisecond {
				t.Errorf("%s left at %v, after the stop", r.ID, at)
			}
		}
		end := journal.kinds(results.EventStageEnd)
		data, _ := decode[results.StageEnd](&end[0])
		if len(end) != 1 || !data.Cut || data.LastIntended != int64(10500*time.Millisecond) {
			t.Errorf("stage end %s", end[0].Data)
		}
		if n := len(journal.kinds(results.EventInterrupt)); n != 1 {
			t.Errorf("%d interrupt events", n)
		}
	})
}

// The drain after a stop has a bound.
func TestStopDrainIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		time.AfterFunc(10*time.Second, func() { close(stop) })
		s := &server{latency: func(*results.Record) time.Duration { return time.Hour }}
		began := time.Now()
		journal, _ := drive(t, Config{Plan: steadyPlan(), Stop: stop, Drain: 3 * time.Second}, targetOf("a", s))
		if took := time.Since(began); took != 13*time.Second {
			t.Errorf("took %v, want 10s and 3s of drain", took)
		}
		if len(journal.records) != 10 && len(journal.records) != 11 {
			t.Errorf("%d records", len(journal.records))
		}
		for _, r := range journal.records {
			if !isCancelled(&r) {
				t.Errorf("%s: %+v, want cancelled", r.ID, r.Error)
			}
		}
	})
}

// A cancelled context ends the run at once, and what was in flight is journalled.
func TestAbort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10500*time.Millisecond)
		defer cancel()
		s := &server{latency: func(*results.Record) time.Duration { return time.Hour }}
		journal := new(tape)
		began := time.Now()
		out, err := run(ctx, Config{Plan: steadyPlan(), Journal: journal, Zero: began}, []*lane{targetOf("a", s)})
		if err != nil || out.Stopped != StoppedAbort || time.Since(began) != 10500*time.Millisecond {
			t.Errorf("%v, stopped %q after %v", err, out.Stopped, time.Since(began))
		}
		if len(journal.records) != 11 || !isCancelled(&journal.records[0]) {
			t.Errorf("%d records", len(journal.records))
		}
	})
}

// A context that is over before the run begins asks nothing.
func TestCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &server{}
	out, err := run(ctx, Config{Plan: steadyPlan(), Journal: new(tape), Zero: time.Now()}, []*lane{targetOf("a", s)})
	if err != nil || out.Stopped != StoppedAbort || len(s.requests) != 0 {
		t.Errorf("%v, stopped %q, %d requests", err, out.Stopped, len(s.requests))
	}
}

// A journal that cannot be written ends the run with its error; a request whose
// asked event failed does not leave.
func TestJournalFails(t *testing.T) {
	for _, at := range []int{1, 2, 3, 7} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{}
			journal := &tape{failAt: at}
			_, err := run(t.Context(), Config{Plan: steadyPlan(), Journal: journal, Zero: time.Now()}, []*lane{targetOf("a", s)})
			if err == nil || !strings.Contains(err.Error(), "no space left") {
				t.Errorf("write %d fails: error %v", at, err)
			}
			if len(s.requests) > at/2 {
				t.Errorf("write %d fails: %d requests left", at, len(s.requests))
			}
		})
	}
}

// The budget in requests, dollars and time lets nothing leave beyond it.
func TestBudget(t *testing.T) {
	usd := func(v float64) *float64 { return &v }
	count := func(n int) *int { return &n }
	price := &results.Price{Input: usd(0), Output: usd(10_000)} // $1 for 100 tokens, the limit of an answer
	tests := map[string]struct {
		budget scenarios.Budget
		price  *results.Price
		cost   float64 // of an answer
		open   bool    // answers have no limit, so no worst case
		want   int     // requests
		spent  float64
	}{
		"requests":                         {budget: scenarios.Budget{Requests: count(17)}, cost: -1, want: 17},
		"no requests at all":               {budget: scenarios.Budget{Requests: count(0)}, cost: -1, want: 0},
		"time":                             {budget: scenarios.Budget{Time: scenarios.Duration(5500 * time.Millisecond)}, cost: -1, want: 12},
		"dollars, answers at their worst":  {budget: scenarios.Budget{USD: usd(10)}, price: price, cost: 1, want: 10, spent: 10},
		"dollars, answers cheaper":         {budget: scenarios.Budget{USD: usd(10)}, price: price, cost: 0.5, want: 19, spent: 9.5},
		"dollars, a cost that nobody told": {budget: scenarios.Budget{USD: usd(10)}, price: price, cost: -1, want: 10, spent: 10},
		"dollars, answers without a limit": {budget: scenarios.Budget{USD: usd(10)}, price: price, cost: 1, open: true, want: 11, spent: 11},
		"dollars without a price":          {budget: scenarios.Budget{USD: usd(10)}, cost: -1, want: 180},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{cost: tt.cost}
				lane := targetOf("a", s)
				lane.spec.Price = tt.price
				if tt.open {
					lane.spec.Params.MaxTokens = 0
				}
				plan := steadyPlan()
				plan.Stages[0].Starts = every(time.Second, 60, 2) // both turns at once
				plan.Scenario.Budget = &tt.budget
				journal, out := drive(t, Config{Plan: plan}, lane)
				if tt.price == nil && tt.budget.USD != nil {
					tt.want = 2*60 + 2*60
				} else if out.Stopped != StoppedBudget || len(journal.kinds(results.EventBudget)) != 1 {
					t.Errorf("stopped %q: %s", out.Stopped, out.Reason)
				}
				if len(s.requests) != tt.want || out.Requests != tt.want {
					t.Errorf("%d requests (%d by the outcome), want %d; %s", len(s.requests), out.Requests, tt.want, out.Reason)
				}
				if out.SpentUSD != tt.spent {
					t.Errorf("spent $%v, want $%v", out.SpentUSD, tt.spent)
				}
				for _, r := range journal.records {
					if !r.OK() {
						t.Errorf("%s did not finish: %+v", r.ID, r.Error)
					}
				}
			})
		})
	}
}

// Wrong configurations are told before anything leaves.
func TestConfigErrors(t *testing.T) {
	good := func() Config {
		return Config{Plan: steadyPlan(), Journal: new(tape), Zero: time.Now()}
	}
	a := func() *lane { return targetOf("a", &server{fail: fails(chat.Server)}) }
	bad := good()
	bad.Plan.Stages[0].Starts[3].Item = 9
	noPlan, noJournal, noZero := good(), good(), good()
	noPlan.Plan, noJournal.Journal, noZero.Zero = nil, nil, time.Time{}
	mute := good()
	mute.Plan.Items[1].Turns = nil
	torn := good()
	torn.Resume = &results.Data{Events: []results.Event{{Kind: results.EventAsked, Data: []byte(`[]`)}}}
	tests := []struct {
		cfg   Config
		lanes []*lane
		want  string
	}{
		{noPlan, []*lane{a()}, "no plan"},
		{noJournal, []*lane{a()}, "no journal"},
		{noZero, []*lane{a()}, "no zero"},
		{good(), nil, "no targets"},
		{good(), []*lane{a(), a()}, `two targets are named "a"`},
		{bad, []*lane{a()}, `stage "s", session 3: no conversation 9`},
		{mute, []*lane{a()}, `conversation "item-1" has no turns`},
		{torn, []*lane{a()}, "event 1 (asked)"},
	}
	for _, tt := range tests {
		if _, err := run(t.Context(), tt.cfg, tt.lanes); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

// Progress shows each target, never stops the run, and ends with the final state.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last Progress
		var stages []string
		cfg := Config{Plan: steadyPlan(), Progress: func(p Progress) {
			time.Sleep(3 * time.Second) // a slow terminal
			last = p
			if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
				stages = append(stages, p.Stage)
			}
		}}
		journal, _ := drive(t, cfg, targetOf("a", &server{}), targetOf("b", &server{fail: fails(chat.BadRequest)}))
		for _, r := range journal.records {
			if lateness(&r) != 0 {
				t.Fatalf("%s left %v late", r.ID, lateness(&r))
			}
		}
		if len(stages) != 2 || last.Index != 1 || last.Stages != 2 || !last.Measured {
			t.Errorf("stages %v, last %+v", stages, last)
		}
		a, b := last.Targets[0], last.Targets[1]
		if a.Done != 240 || a.Asked != 240 || a.InFlight != 0 || a.OutputTokens != 2400 || a.TTFT != 100*time.Millisecond {
			t.Errorf("a: %+v", a)
		}
		if b.Failed != 120 || b.Done != 0 || b.Name != "b" {
			t.Errorf("b: %+v", b)
		}
	})
}
