package drive

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets"
	"switchover/targets/chat"
	"switchover/targets/sim"
)

var (
	measureTruth = flag.Bool("capacity-truth", false, "compute the simulator's capacity again from long runs in virtual time: minutes")
	seeds        = flag.Int("capacity-seeds", 2, "how many searches TestCapacityOfTheSimulator makes; the bar is nine of ten")
)

// simulated asks a simulator's handler: its scheduler and its timers, without HTTP
// or a process between, so that hours pass in seconds of virtual time.
type simulated struct{ server *sim.Server }

// stamps is a response writer that keeps when tokens came.
type stamps struct {
	header      http.Header
	status      int
	first, last time.Time
}

func (w *stamps) Header() http.Header    { return w.header }
func (w *stamps) WriteHeader(status int) { w.status = status }
func (w *stamps) Flush()                 {}
func (w *stamps) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(`"delta":{"content"`)) {
		w.last = time.Now()
		if w.first.IsZero() {
			w.first = w.last
		}
	}
	return len(b), nil
}

func (s simulated) Ask(ctx context.Context, zero time.Time, req chat.Request, rec *results.Record) {
	rec.Start = results.At(time.Since(zero))
	rec.Sent = rec.Start
	body, _ := json.Marshal(map[string]any{"model": "m", "stream": true, "max_tokens": req.Params.MaxTokens, "messages": req.Messages})
	r, err := http.NewRequestWithContext(ctx, "POST", "/v1/chat/completions", bytes.NewReader(body))
	w := &stamps{header: http.Header{}}
	if err == nil {
		s.server.ServeHTTP(w, r)
	}
	rec.End, rec.Status = results.At(time.Since(zero)), w.status
	if rec.Complete = w.status == http.StatusOK && ctx.Err() == nil; !rec.Complete {
		rec.Error = &results.Error{Class: chat.Overloaded, Message: "no answer"}
		return
	}
	rec.FirstToken, rec.LastToken = results.At(w.first.Sub(zero)), results.At(w.last.Sub(zero))
	rec.FirstByte, rec.FirstAnswer = rec.FirstToken, rec.FirstToken
	rec.Finish, rec.OutputTokens = chat.FinishStop, results.Known(4)
}

// simServer is the simulator whose capacity the tests look for: 16 requests at
// once, of 1.3 s each on average.
func simServer(t *testing.T, seed int64) *sim.Server {
	t.Helper()
	s, err := sim.New(sim.Config{Name: "m", Model: "m", TTFT: time.Second, TPOT: 100 * time.Millisecond, Jitter: 0.2, Batch: 16,
		Output: 4, Queue: 100_000, Seed: seed}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// simCapacity is the rate at which 10 % of the simulator's first tokens take longer
// than 2 s: by bisection over runs of four virtual hours, -capacity-truth computes
// it again.
const simCapacity = 11.25

// capacityPlan compiles a scenario of one capacity stage.
func capacityPlan(t *testing.T, seed int64, load string) *scenarios.Plan {
	t.Helper()
	src := `{"name":"hunt","seed":` + jsonText(seed) + `,"targets":[{"name":"a","url":"http://h/v1","model":"m","params":{"max_tokens":4}},
		{"name":"b","url":"http://h/v1","model":"m","params":{"max_tokens":4}}],
		"workload":{"conversations":"bundled","max_turns":1,"salt":"off"},"load":[` + load + `],
		"objectives":{"ttft_p90":"2s","error_rate":"5%"}}`
	s, err := scenarios.Parse("test.json", []byte(src), scenarios.Env{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := scenarios.Compile(s, conversations(20, 1))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func jsonText(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// hunted runs a plan in virtual time and summarises what it journalled.
func hunted(t *testing.T, cfg Config, lanes ...*lane) (*tape, *results.Summary) {
	t.Helper()
	journal, _ := drive(t, cfg, lanes...)
	return journal, summaryOf(cfg.Plan, journal, lanes...)
}

func summaryOf(plan *scenarios.Plan, journal *tape, lanes ...*lane) *results.Summary {
	s, _ := results.Summarise(&results.Data{Run: runOf(plan, lanes...), Records: journal.records, Events: journal.events, Conversations: plan.Items})
	return s
}

// runOf is what run.json says of a plan.
func runOf(plan *scenarios.Plan, lanes ...*lane) *results.Run {
	run := &results.Run{ID: "r", Policy: plan.Scenario.Policy(), State: results.StateComplete}
	for _, l := range lanes {
		run.Targets = append(run.Targets, results.RunTarget{Name: l.name})
	}
	for _, st := range plan.Stages {
		run.Stages = append(run.Stages, results.RunStage{Name: st.Name, Mode: st.Mode, Measure: st.Measured, Users: st.Users, Search: st.Search})
	}
	return run
}

func simLane(t *testing.T, name string, seed int64) *lane {
	return newLane(targets.Spec{Name: name, Params: chat.Params{MaxTokens: 4}}, simulated{simServer(t, seed)})
}

// TestCapacityOfTheSimulator is the proof that a search finds the capacity: within
// 5 % for nine of ten seeds, its bounds around the truth as often, in fewer requests
// than a sweep of ten windows over the same range. Of 40 seeds (-capacity-seeds 40),
// 39 came within 5 %, the bounds of 40 held, with 59 % of the sweep's requests.
func TestCapacityOfTheSimulator(t *testing.T) {
	if *measureTruth {
		t.Logf("the simulator's capacity is %.3f/s", trueCapacity(t))
		return
	}
	within, held, asked := searches(t, *seeds)
	// One in ten may be off: of so few, one.
	if least := *seeds - max(1, *seeds/10); within < least || held < least {
		t.Errorf("within 5 %%: %d of %d, bounds hold: %d of %d; want nine of ten", within, *seeds, held, *seeds)
	}
	if asked >= simSweep {
		t.Errorf("%d requests a search, %d a sweep of ten windows", asked, simSweep)
	}
}

// simSweep is what a sweep of ten windows of 180 s asks, evenly from 2/s to 20/s.
const simSweep = 10 * 180 * (2 + 20) / 2

// searches makes n searches and counts which come within 5 % of the truth, whose
// bounds hold it, and the requests of one on average.
func searches(t *testing.T, n int) (within, held, asked int) {
	for seed := range n {
		synctest.Test(t, func(t *testing.T) {
			plan := capacityPlan(t, int64(seed+1), `{"mode":"capacity","over":"rate","from":"2/s","to":"20/s","within":"5%"}`)
			journal, s := hunted(t, Config{Plan: plan}, simLane(t, "a", int64(seed+1)))
			c := s.Targets[0].Capacity
			f := c.Figure
			if f.Value == nil || f.Low == nil || f.High == nil {
				t.Fatalf("seed %d: %+v", seed+1, f)
			}
			off := *f.Value/simCapacity - 1
			if math.Abs(off) <= 0.05 {
				within++
			}
			if *f.Low <= simCapacity && simCapacity <= *f.High {
				held++
			}
			asked += len(journal.records)
			t.Logf("seed %2d: %.2f/s (%.2f to %.2f), off by %+.1f %%, %s after %d windows, %d requests", seed+1, *f.Value, *f.Low, *f.High,
				100*off, c.End, len(c.Probes), len(journal.records))
		})
	}
	asked /= n
	t.Logf("within 5 %%: %d of %d; bounds hold: %d of %d; %d requests a search, %d in a sweep of ten windows", within, n, held, n, asked, simSweep)
	return within, held, asked
}

// trueCapacity bisects over open loads of four virtual hours.
func trueCapacity(t *testing.T) float64 {
	low, high := 6.0, 13.0
	for high/low > 1.003 {
		mid := math.Sqrt(low * high)
		var missed, all float64
		synctest.Test(t, func(t *testing.T) {
			plan := capacityPlan(t, 1, `{"mode":"open","rate":"`+jsonText(mid)+`/s","duration":"4h"}`)
			journal, _ := drive(t, Config{Plan: plan}, simLane(t, "a", 1))
			for _, r := range journal.records {
				if r.Intended.Or(0) > int64(10*time.Minute) {
					all++
					if ttft, ok := results.Since(r.FirstToken, r.Intended).Get(); !ok || ttft > 2*time.Second {
						missed++
					}
				}
			}
		})
		t.Logf("%.3f/s: %.2f %% of %.0f", mid, 100*missed/all, all)
		if missed > 0.1*all {
			high = mid
		} else {
			low = mid
		}
	}
	return math.Sqrt(low * high)
}
