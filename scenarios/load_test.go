package scenarios

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/scenarios/prompts"
)

// TestOldSchedulesStay pins the schedule of the bundled scenario: a resumed run,
// and a comparison with last year's, depend on it being drawn again.
func TestOldSchedulesStay(t *testing.T) {
	src, _ := Bundled("outage.yaml")
	s, err := Parse("outage.yaml", src, Env{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "2e3e914842e5667fb3b94e948f30c45812f2c6cdefe1af6c7f13730cd60364af"
	if got := compiled(t, s, prompts.Bundled()).ScheduleHash; got != want {
		t.Errorf("schedule %s, want %s", got, want)
	}
}

// shapes has a stage of every kind of load.
const shapes = `
  - {name: bursty, mode: open, rate: 20/s, arrivals: {gamma: {burstiness: 0.25}}, duration: 100s}
  - {name: ramp, mode: open, rate: {from: 1/s, to: 9/s}, duration: 100s, think: {exponential: {mean: 2s}}}
  - {name: steps, mode: open, steps: [{rate: 60/min, duration: 10s}, {rate: {from: 1/s, to: 5/s}, duration: 10s}, {rate: 5/s, duration: 20s}], arrivals: constant}
  - {name: people, mode: users, users: 20, think: {lognormal: {mean: 3s, sd: 2s}}, duration: 30s}
  - {name: flat, mode: concurrency, users: 32, requests: 501}
  - {name: crowd, mode: open, burst: {every: 10s, size: 20}, duration: 25s}
  - {name: rushes, mode: open, rate: 2/s, arrivals: constant, burst: {every: 10s, size: 5}, duration: 20s}
`

// TestShapes checks that every kind of load is planned as it says, survives a
// run's folder, and fits the published schema.
func TestShapes(t *testing.T) {
	s := scenarioOf(t, shapes)
	p := compiled(t, s, items(20))
	texts := []string{
		"gamma (burstiness 0.25) arrivals, 20 conversations/s",
		"poisson arrivals, 1 to 9 conversations/s",
		"constant arrivals, 1 for 10s, then 1 to 5 for 10s, then 5 for 20s conversations/s",
		"users, 20 at a time, thinking 3s on average (log-normal, sd 2s)",
		"users who never think, 32 at a time",
		"bursts of 20 conversations every 10s",
		"constant arrivals, 2 conversations/s, and bursts of 5 conversations every 10s",
	}
	varies := []bool{false, true, true, false, false, false, false}
	for i, st := range p.Stages {
		if got := st.LoadText(); got != texts[i] {
			t.Errorf("%s: %q, want %q", st.Name, got, texts[i])
		}
		if st.Varies() != varies[i] {
			t.Errorf("%s varies: %v", st.Name, st.Varies())
		}
	}
	again, err := Restore([]byte(mustJSON(t, s)), Env{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, again); diff != "" {
		t.Errorf("a resumed run has another load:\n%s", diff)
	}
	if got := compiled(t, again, items(20)).ScheduleHash; got != p.ScheduleHash {
		t.Errorf("a resumed run has schedule %s, the first %s", got, p.ScheduleHash)
	}
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	var v any
	if json.Unmarshal(b, &root) != nil || json.Unmarshal([]byte(mustJSON(t, s)), &v) != nil {
		t.Fatal("not JSON")
	}
	if err := valid(root, root, v, "shapes"); err != nil {
		t.Error(err)
	}
}

// TestRampAndSteps counts the starts in parts of the stages.
func TestRampAndSteps(t *testing.T) {
	p := compiled(t, scenarioOf(t, shapes), items(20))
	between := func(stage int, from, to time.Duration) float64 {
		n := 0.0
		for _, s := range p.Stages[stage].Starts {
			if s.At >= from && s.At < to {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		stage    int
		from, to time.Duration
		want     float64
		exact    bool
	}{
		{1, 0, 50 * time.Second, 150, false},
		{1, 50 * time.Second, 100 * time.Second, 350, false},
		{2, 0, 10 * time.Second, 10, true},
		{2, 10 * time.Second, 20 * time.Second, 30, true},
		{2, 20 * time.Second, 40 * time.Second, 100, true},
		{5, 0, 1, 20, true},
		{5, 10 * time.Second, 10*time.Second + 1, 20, true},
		{5, 0, time.Hour, 60, true},
		{6, 0, 1, 6, true},
		{6, 0, time.Hour, 50, true},
	} {
		got := between(c.stage, c.from, c.to)
		if c.exact && got != c.want || math.Abs(got-c.want) > 4*math.Sqrt(c.want) {
			t.Errorf("%s: %v starts from %v to %v, want %v", p.Stages[c.stage].Name, got, c.from, c.to, c.want)
		}
	}
	if d := time.Duration(p.Stages[2].Duration); d != 40*time.Second {
		t.Errorf("the steps last %v, want 40s", d)
	}
	if qps := compiled(t, scenarioOf(t, "[{mode: open, rate: {from: 1/s, to: 9/s}, duration: 100s}]"), items(20)).Estimate.Targets[0].PeakQPS; qps != 18 {
		t.Errorf("peak of a ramp to 9 conversations/s of 2 turns: %v requests/s, want 18", qps)
	}
	if qps := compiled(t, scenarioOf(t, "[{mode: open, rate: 1/s, burst: {every: 10s, size: 4}, duration: 100s}]"), items(20)).Estimate.Targets[0].PeakQPS; qps != 10 {
		t.Errorf("peak of 1/s and bursts of 4, of 2 turns: %v requests/s, want 10", qps)
	}
}

// TestBursty checks that the plan of a gamma stage clusters as much as it says.
func TestBursty(t *testing.T) {
	const width = 2 * time.Second
	counts := make([]float64, 100*time.Second/width)
	for _, s := range compiled(t, scenarioOf(t, shapes), items(20)).Stages[0].Starts {
		counts[s.At/width]++
	}
	// 50 windows: a standard error of 20 %; Poisson would be 1.
	if d := dispersion(counts); d < 2 || d > 6 {
		t.Errorf("variance / mean of the counts %.2f, want about 4", d)
	}
}

func dispersion(counts []float64) float64 {
	var mean, variance float64
	for _, c := range counts {
		mean += c / float64(len(counts))
	}
	for _, c := range counts {
		variance += (c - mean) * (c - mean) / float64(len(counts)-1)
	}
	return variance / mean
}

// TestRequestsEndStages checks that a stage has the conversations that make up
// its requests, whole, in every mode.
func TestRequestsEndStages(t *testing.T) {
	convs := items(3)
	convs[1].Turns = convs[1].Turns[:1]
	for _, load := range []string{
		"{mode: concurrency, users: 4, requests: 51}",
		"{mode: users, users: 4, requests: 51, think: 1s}",
		"{mode: open, rate: 2/s, requests: 51}",
		"{mode: open, rate: 2/s, requests: 51, duration: 1h}",
		"{mode: open, rate: 2/s, requests: 51, conversations: 900}",
	} {
		p := compiled(t, scenarioOf(t, "["+load+"]"), convs)
		turns, before := 0, 0
		for _, s := range p.Stages[0].Starts {
			before = turns
			turns += len(convs[s.Item].Turns)
		}
		if turns < 51 || before >= 51 {
			t.Errorf("%s plans %d requests, %d before the last conversation", load, turns, before)
		}
		if e := p.Estimate.Targets[0]; e.Requests != turns || e.WorstRequests != turns {
			t.Errorf("%s: estimated %d requests, at most %d; planned are %d", load, e.Requests, e.WorstRequests, turns)
		}
	}
	if n := compiled(t, scenarioOf(t, "[{mode: open, rate: 2/s, requests: 900, conversations: 7}]"), convs).Stages[0].Starts; len(n) != 7 {
		t.Errorf("%d conversations, want the 7 that end the stage first", len(n))
	}
}

// TestConcurrencyLimits checks that more users than a target allows are refused
// in this mode as well.
func TestConcurrencyLimits(t *testing.T) {
	s := scenarioOf(t, "[{mode: concurrency, users: 32, requests: 500}]")
	s.Targets[0].Limits = &Limits{Concurrent: 16}
	p := compiled(t, s, items(3))
	if p.Estimate.Targets[0].PeakConcurrent != 32 {
		t.Errorf("peak %d, want 32", p.Estimate.Targets[0].PeakConcurrent)
	}
	if r := strings.Join(p.Refusals(), "\n"); !strings.Contains(r, "32 users of stage concurrency-1") {
		t.Errorf("refusals: %q", r)
	}
}

// TestThinkTimes holds each distribution to its mean and standard deviation, and
// to what can be drawn from it.
func TestThinkTimes(t *testing.T) {
	for _, c := range []struct {
		text     string
		mean, sd float64 // seconds
		least    float64
	}{
		{"1s", 1, 0, 1},
		{"{uniform: [500ms, 2s]}", 1.25, 1.5 / math.Sqrt(12), 0.5},
		{"{exponential: {mean: 2s}}", 2, 2, 0},
		{"{lognormal: {mean: 3s, sd: 2s}}", 3, 2, 0},
	} {
		s := scenarioOf(t, "[{mode: users, users: 1, conversations: 20000, think: "+c.text+"}]")
		var sum, squares float64
		least := math.Inf(1)
		starts := compiled(t, s, items(3)).Stages[0].Starts
		for _, start := range starts {
			x := start.Think[0].Seconds()
			sum, squares, least = sum+x, squares+x*x, min(least, x)
		}
		n := float64(len(starts))
		mean := sum / n
		sd := math.Sqrt(max(0, squares/n-mean*mean))
		if math.Abs(mean-c.mean) > 4*c.sd/math.Sqrt(n)+1e-6 || math.Abs(sd-c.sd) > 0.05*c.sd+1e-6 || least < c.least {
			t.Errorf("%s: mean %.3f s, sd %.3f s, least %.3f s; want %v, %v and at least %v", c.text, mean, sd, least, c.mean, c.sd, c.least)
		}
		if got := s.Load[0].Think.mean().Seconds(); math.Abs(got-c.mean) > 1e-9 {
			t.Errorf("%s: reckoned with %v s", c.text, got)
		}
	}
	tail := &Think{Lognormal: &Lognormal{Mean: longest, SD: 10 * longest}}
	if d := tail.Quantile(math.Nextafter(1, 0)); d != longestThink {
		t.Errorf("the tail of a log-normal reaches %v, want %v", d, longestThink)
	}
	if d := (*Think)(nil).Quantile(0.5); d != 0 {
		t.Errorf("no think time is %v", d)
	}
}

// TestWorstThinkOfUsers checks that a stage of users whose think times have no
// least is planned with enough conversations for the quickest.
func TestWorstThinkOfUsers(t *testing.T) {
	p := compiled(t, scenarioOf(t, "[{mode: users, users: 2, duration: 10s, think: {exponential: {mean: 5s}}}]"), items(2))
	if n := len(p.Stages[0].Starts); n < 2*10*25 {
		t.Errorf("%d conversations are planned; two users whose turns take 20 ms can have 500", n)
	}
}

// ExampleStage_LoadText shows how a plan tells a load.
func ExampleStage_LoadText() {
	s := Stage{Mode: ModeOpen, Rate: &Ramp{From: 1, To: 10}, Duration: Duration(time.Minute)}
	fmt.Println(s.LoadText())
	// Output: poisson arrivals, 1 to 10 conversations/s
}
