package scenarios

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchover/results"
)

// TestSweepPoints checks what a sweep becomes: a stage for each load, named by it,
// with its own draws, whatever else the stage says.
func TestSweepPoints(t *testing.T) {
	for _, c := range []struct {
		load string
		want string
	}{
		{`{name: up, mode: sweep, over: rate, values: [0.5/s, 90/min, 4/s], each: 30s}`,
			"up-at-0.5-per-s open 0.5/s 30s, up-at-1.5-per-s open 1.5/s 30s, up-at-4-per-s open 4/s 30s"},
		{`{mode: sweep, over: rate, range: {from: 1/s, to: 2/s, steps: 3}}`,
			"sweep-1-at-1-per-s open 1/s 1m0s, sweep-1-at-1.5-per-s open 1.5/s 1m0s, sweep-1-at-2-per-s open 2/s 1m0s"},
		{`{mode: sweep, over: users, range: {from: 1, to: 3, steps: 9}, think: 1s}`,
			"sweep-1-at-1-users users 1 1m0s, sweep-1-at-2-users users 2 1m0s, sweep-1-at-3-users users 3 1m0s"},
		{`{mode: sweep, over: concurrency, values: [8], requests: 20, order: sequential}`, "sweep-1-at-8-users concurrency 8 1m0s"},
	} {
		p := compiled(t, scenarioOf(t, "["+c.load+"]"), items(5))
		var got []string
		for _, st := range p.Stages {
			load := fmt.Sprint(st.Users)
			if st.Rate != nil {
				load = Level{Rate: st.Rate.Fixed}.String()
			}
			got = append(got, fmt.Sprintf("%s %s %s %s", st.Name, st.Mode, load, time.Duration(st.Duration)))
			if st.Sweep == "" || st.Level <= 0 || !st.Measured || len(st.Starts) == 0 {
				t.Errorf("%s: %+v", c.load, st)
			}
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.load, strings.Join(got, ", "), c.want)
		}
	}
}

// searching is a scenario of one search.
func searching(t *testing.T, load string) *Scenario {
	t.Helper()
	s := scenarioOf(t, "[{mode: open, rate: 1/s, duration: 1m}]")
	src := strings.Replace(mustJSON(t, s), `"load":[`, `"objectives":{"ttft_p90":"1s"},"load":[`+load+`,`, 1)
	s, err := Parse("test.json", []byte(src), Env{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSearchDefaults checks that a resolved scenario says everything, and reads
// back as the same plan.
func TestSearchDefaults(t *testing.T) {
	s := searching(t, `{"mode":"capacity","over":"users"}`)
	p := compiled(t, s, items(5))
	want := results.Search{Over: "users", From: 1, To: 256, Within: 0.05, Each: int64(3 * time.Minute), Probes: 6}
	if st := p.Stages[0]; st.Search == nil || *st.Search != want || len(st.Starts) > 0 {
		t.Errorf("got %+v", st.Search)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Restore(b, Env{})
	if err != nil {
		t.Fatal(err)
	}
	if q := compiled(t, again, items(5)); q.ScheduleHash != p.ScheduleHash {
		t.Error("the resolved scenario has another schedule")
	}
	other := compiled(t, searching(t, `{"mode":"capacity","over":"users","to":128}`), items(5))
	if other.ScheduleHash == p.ScheduleHash {
		t.Error("a search of other bounds has the same schedule")
	}
}

// TestProbe checks the windows of a search: the same draw for the same load and
// number, another for another number, at the rate asked for.
func TestProbe(t *testing.T) {
	p := compiled(t, searching(t, `{"mode":"capacity","over":"rate","each":"60s"}`), items(7))
	st := &p.Stages[0]
	draw := func(number int, load float64) PlannedStage {
		ps, err := p.Probe(st, number, load, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return ps
	}
	one, same, other := draw(2, 10), draw(2, 10), draw(3, 10)
	if !slices.EqualFunc(one.Starts, same.Starts, func(a, b Start) bool { return a.At == b.At && a.Item == b.Item && a.Session == b.Session }) {
		t.Error("the same probe was drawn otherwise")
	}
	if one.Starts[0].At == other.Starts[0].At || one.Starts[0].Session != 2*results.ProbeSessions || other.Starts[0].Session != 3*results.ProbeSessions {
		t.Errorf("probes 2 and 3 begin with %+v and %+v", one.Starts[0], other.Starts[0])
	}
	if n := len(one.Starts); n < 500 || n > 700 || one.Name != st.Name {
		t.Errorf("%s: %d conversations in a minute at 10/s", one.Name, n)
	}
}

// TestSearchWorstCase checks that a plan counts what a search can come to: every
// whole window at its highest rate, and what led there.
func TestSearchWorstCase(t *testing.T) {
	s := searching(t, `{"mode":"capacity","over":"rate","from":"1/s","to":"8/s","each":"60s","probes":4,"within":"5%"}`)
	s.Budget = &Budget{Requests: ptr(100)}
	p := compiled(t, s, items(5))
	e := p.Estimate.Targets[0]
	// Windows of 30, 15, 10 and 10 s at 1, 2, 4 and 8/s, then four of 60 s at 8/s, and
	// the open stage's; two turns each.
	search := 30 + 30 + 40 + 80 + 4*60*8
	if open := len(p.Stages[1].Starts); e.WorstRequests != 2*(search+open) {
		t.Errorf("%d requests at worst, want %d", e.WorstRequests, 2*(search+open))
	}
	if e.Requests >= e.WorstRequests || e.PeakQPS != 16 || p.Estimate.Time < 4*time.Minute {
		t.Errorf("%d requests of at most %d, %v qps, %s", e.Requests, e.WorstRequests, e.PeakQPS, p.Estimate.Time)
	}
	if r := p.Refusals(); len(r) != 1 || !strings.Contains(r[0], "above the budget of 100") {
		t.Errorf("refusals: %q", r)
	}
	s = searching(t, `{"mode":"capacity","over":"concurrency","to":64}`)
	s.Targets[0].Limits = &Limits{Concurrent: 10}
	if r := compiled(t, s, items(5)).Refusals(); len(r) != 1 || !strings.Contains(r[0], "the 64 users that stage capacity-1 may try are above its limit of 10 concurrent requests") {
		t.Errorf("refusals: %q", r)
	}
}

// FuzzLevel checks that a load that can be read is written so that it reads back
// the same, and is never out of bounds.
func FuzzLevel(f *testing.F) {
	for _, text := range []string{"4/s", "90/min", "8", "0", "-1", "1e9", "100001", "0.1/h", "/s", "08"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var l, back Level
		if l.UnmarshalText([]byte(text)) != nil {
			return
		}
		if l.value() <= 0 || l.Rate == 0 && l.Users > mostUsers {
			t.Errorf("%q is %v", text, l.value())
		}
		if err := back.UnmarshalText([]byte(l.String())); err != nil || back != l {
			t.Errorf("%q is written %s, which reads %+v, %v", text, l, back, err)
		}
	})
}
