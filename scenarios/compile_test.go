package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
	"switchover/scenarios/prompts"
)

// items are n conversations of two turns, ten bytes each.
func items(n int) []results.Conversation {
	out := make([]results.Conversation, n)
	for i := range out {
		out[i] = results.Conversation{Item: fmt.Sprintf("item-%d", i), Turns: []string{"0123456789", "abcdefghij"}}
	}
	return out
}

// scenarioOf parses a scenario with one priced target, a 100-token limit and
// the given load.
func scenarioOf(t *testing.T, load string) *Scenario {
	t.Helper()
	src := `
name: test
seed: 1
targets:
  - {name: a, url: "http://h/v1", model: m, price: {input: 1, output: 10}, params: {max_tokens: 100}}
  - {name: b, url: "http://h/v1", model: m, params: {max_tokens: 100}}
workload: {conversations: bundled}
load: ` + load + "\n"
	s, err := Parse("test.yaml", []byte(src), Env{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func compiled(t *testing.T, s *Scenario, convs []results.Conversation) *Plan {
	t.Helper()
	p, err := Compile(s, convs)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSchedule checks that a plan is a function of the scenario, that every
// conversation is used before any repeats, and that editing one stage leaves the
// others as they were.
func TestSchedule(t *testing.T) {
	const one = "{name: one, mode: open, rate: 5/s, duration: 1m, think: {uniform: [1s, 2s]}}"
	const two = "{name: two, mode: open, rate: 3/s, arrivals: constant, duration: 10s}"
	p := compiled(t, scenarioOf(t, "["+one+", "+two+"]"), items(20))
	again := compiled(t, scenarioOf(t, "["+one+", "+two+"]"), items(20))
	if p.ScheduleHash != again.ScheduleHash || len(p.ScheduleHash) != 64 {
		t.Errorf("the same scenario gave %s and %s", p.ScheduleHash, again.ScheduleHash)
	}
	edited := compiled(t, scenarioOf(t, "[{name: new, mode: users, users: 1, conversations: 1}, "+strings.Replace(two, "3/s", "4/s", 1)+", "+one+"]"), items(20))
	if diff := cmp.Diff(p.Stages[0].Starts, edited.Stages[2].Starts); diff != "" {
		t.Errorf("editing other stages changed stage one:\n%s", diff)
	}
	if p.ScheduleHash == edited.ScheduleHash {
		t.Error("another schedule has the same hash")
	}
	starts := p.Stages[0].Starts
	if n := len(starts); n < 230 || n > 370 {
		t.Errorf("%d starts in a minute at 5/s", n)
	}
	used := map[int]bool{}
	for i, st := range starts {
		if i < 20 && used[st.Item] {
			t.Errorf("start %d repeats item %d before all were used", i, st.Item)
		}
		used[st.Item] = true
		if st.Session != i || st.At < 0 || st.At >= time.Minute || len(st.Think) != 1 || st.Think[0] < time.Second || st.Think[0] > 2*time.Second {
			t.Fatalf("start %d is %+v", i, st)
		}
	}
	if !slices.IsSortedFunc(starts, func(a, b Start) int { return int(a.At - b.At) }) {
		t.Error("starts are not in order of time")
	}
	if n := len(p.Stages[1].Starts); n != 30 {
		t.Errorf("%d constant starts in 10s at 3/s, want 30", n)
	}
}

// TestUsers checks how many sessions a users stage is given.
func TestUsers(t *testing.T) {
	p := compiled(t, scenarioOf(t, `[
  {name: count, mode: users, users: 4, conversations: 10},
  {name: few, mode: users, users: 4, conversations: 2},
  {name: clock, mode: users, users: 4, duration: 10s, think: 1s},
  {name: both, mode: users, users: 4, duration: 10s, conversations: 7}]`), items(3))
	var at []time.Duration
	for _, st := range p.Stages[0].Starts {
		at = append(at, st.At)
	}
	if want := []time.Duration{0, 250e6, 500e6, 750e6, 750e6, 750e6, 750e6, 750e6, 750e6, 750e6}; !slices.Equal(at, want) {
		t.Errorf("users begin at %v, want %v", at, want)
	}
	// A session of two turns takes at least 2 x 20 ms and 1 s to think: 9 fit
	// into 10 s after each other, and one may just have begun.
	for i, want := range []int{10, 2, 4 * 10, 7} {
		if got := len(p.Stages[i].Starts); got != want {
			t.Errorf("stage %s has %d starts, want %d", p.Stages[i].Name, got, want)
		}
	}
}

// TestChoose checks the sample and the cut, and that compiling a run's own
// conversations again gives the same plan.
func TestChoose(t *testing.T) {
	s := scenarioOf(t, "[{mode: open, rate: 5/s, duration: 10s}]")
	s.Workload.Sample, s.Workload.MaxTurns = 8, 1
	all := items(20)
	all[3].Reference = []string{"x", "y"}
	p := compiled(t, s, all)
	if len(p.Items) != 8 {
		t.Fatalf("%d conversations, want the sample of 8", len(p.Items))
	}
	for i, it := range p.Items {
		if len(it.Turns) != 1 || len(it.Reference) > 1 {
			t.Errorf("%s was not cut to one turn", it.Item)
		}
		if i > 0 && slices.IndexFunc(all, func(c results.Conversation) bool { return c.Item == it.Item }) <
			slices.IndexFunc(all, func(c results.Conversation) bool { return c.Item == p.Items[i-1].Item }) {
			t.Error("the sample is not in the source's order")
		}
	}
	if len(all[3].Turns) != 2 || len(all[3].Reference) != 2 {
		t.Error("the caller's conversations were changed")
	}
	back, err := Recompile(s, p.Items)
	if err != nil || back.ScheduleHash != p.ScheduleHash {
		t.Errorf("compiled again: %v, %v, want %s", back, err, p.ScheduleHash)
	}
	s.Seed = 2
	if other := compiled(t, s, all); other.ScheduleHash == p.ScheduleHash {
		t.Error("another seed gave the same plan")
	}
}

func TestCompileRefuses(t *testing.T) {
	open := "[{name: s, mode: open, rate: 5/s, duration: 10s}]"
	for _, c := range []struct {
		intent, load string
		convs        []results.Conversation
		sample       int
		want         string
	}{
		{"nothing to ask", open, nil, 0, "there are no conversations"},
		{"a conversation without turns", open, []results.Conversation{{Item: "x"}}, 0, `"x" has no turns`},
		{"two of one name", open, append(items(1), items(1)...), 0, `two conversations are named "item-0"`},
		{"a sample larger than the source", open, items(3), 4, "a sample of 4, and there are 3"},
		{"a schedule too large to hold", "[{name: s, mode: open, rate: 1000000/s, duration: 1h}]", items(1), 0, "stage s: more than 1000000"},
		{"a stage in which nothing starts", "[{name: s, mode: open, rate: 1/h, duration: 1s}]", items(1), 0, "stage s: no conversation starts"},
	} {
		s := scenarioOf(t, c.load)
		s.Workload.Sample = c.sample
		if _, err := Compile(s, c.convs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.intent, err, c.want)
		}
	}
}

// TestEstimate reckons a small plan by hand.
func TestEstimate(t *testing.T) {
	s := scenarioOf(t, "[{mode: open, rate: 2/s, arrivals: constant, duration: 5s}]")
	s.Workload.Salt = SaltOff
	p := compiled(t, s, items(10))
	e := p.Estimate.Targets[0]
	// Ten conversations. Worst: turn 1 sends 10 bytes and 8 for the message; turn
	// 2 the same again, an answer of 100 + 8, and 18 more. Expected: 3 tokens and
	// 4 a turn, answers of 50 + 4.
	want := TargetEstimate{Target: "a", Requests: 20, WorstRequests: 20,
		InputTokens: 10 * (7 + 7 + 54 + 7), OutputTokens: 20 * 50,
		WorstInputTokens: 10 * (18 + 18 + 108 + 18), WorstOutputTokens: 20 * 100,
		PeakQPS: 4, PeakConcurrent: 10}
	usd, worst := (750*1+1000*10)/1e6, (1620*1+2000*10)/1e6
	want.USD, want.WorstUSD = &usd, &worst
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if b := p.Estimate.Targets[1]; b.USD != nil || b.WorstUSD != nil || b.Reason != "no price is given" {
		t.Errorf("without a price: %+v", b)
	}
	// 5 s of arrivals and one conversation: twice 1 s and 50 tokens of 20 ms.
	if p.Estimate.Time != 9*time.Second {
		t.Errorf("takes %v, want 9s", p.Estimate.Time)
	}
	s.Targets[0].System = &System{Text: strings.Repeat("x", 100)}
	if got := compiled(t, s, items(10)).Estimate.Targets[0].WorstInputTokens - e.WorstInputTokens; got != 20*108 {
		t.Errorf("a system prompt of 100 bytes adds %d tokens to 20 requests, want 2160", got)
	}
	s.Targets[0].System, s.Workload.Salt = nil, SaltOn
	salted := compiled(t, s, items(10)).Estimate.Targets[0]
	if likely, worst := salted.InputTokens-e.InputTokens, salted.WorstInputTokens-e.WorstInputTokens; likely != 20*10 || worst != 20*29 {
		t.Errorf("a salt adds %d tokens to 20 requests, %d at worst; want 200 and 580", likely, worst)
	}
	short := items(10)
	for i := range short {
		short[i].MaxTokens = 10
	}
	if e := compiled(t, s, short).Estimate.Targets[0]; e.OutputTokens != 20*5 || e.WorstOutputTokens != 20*10 {
		t.Errorf("answers of at most 10 tokens: %d, at most %d", e.OutputTokens, e.WorstOutputTokens)
	}
}

// TestUsersAgainstTheClock checks that a closed loop is reckoned by how fast
// answers come, and its worst case by faster ones.
func TestUsersAgainstTheClock(t *testing.T) {
	p := compiled(t, scenarioOf(t, "[{mode: users, users: 10, duration: 60s, think: 1s}]"), items(5))
	e := p.Estimate.Targets[0]
	// A conversation takes 2 x 2 s + 1 s, and 1 s passes before the user's next: 10
	// after each other, and one begun. At 250 ms a turn: every 2.5 s, 24 and one begun.
	if e.Requests != 2*10*11 || e.WorstRequests != 2*10*25 || e.PeakConcurrent != 10 {
		t.Errorf("got %d requests, %d at worst, %d at once", e.Requests, e.WorstRequests, e.PeakConcurrent)
	}
}

func TestTokens(t *testing.T) {
	for text, want := range map[string]int{"": 0, "word": 1, "words": 2, "你好吗": 3, "你好 ok": 3, "naïve": 2} {
		if got := expectedTokens(text); got != want {
			t.Errorf("%q counts %d tokens, want %d", text, got, want)
		}
	}
}

// TestRefusals checks that a plan above its budget or a target's limits is
// refused with the arithmetic, and one within them is not.
func TestRefusals(t *testing.T) {
	load := "[{name: steady, mode: open, rate: 2/s, arrivals: constant, duration: 5s}, {name: people, mode: users, users: 8, conversations: 8, measure: false}]"
	for _, c := range []struct {
		intent string
		change func(*Scenario)
		want   []string
	}{
		{"within everything", func(s *Scenario) {
			s.Budget = &Budget{USD: ptr(0.05), Requests: ptr(72), Time: Duration(time.Minute)}
			s.Targets[0].Limits = &Limits{QPS: 4, Concurrent: 8, TokensPerDay: 10_000}
		}, nil},
		{"dollars", func(s *Scenario) { s.Budget = &Budget{USD: ptr(0.01)} },
			[]string{"the worst case of $0.0389 = a $0.0389 is above the budget of $0.0100"}},
		{"requests", func(s *Scenario) { s.Budget = &Budget{Requests: ptr(71)} },
			[]string{"72 requests = 72 of load + 0 of judging are above the budget of 71"}},
		{"time", func(s *Scenario) { s.Budget = &Budget{Time: Duration(10 * time.Second)} },
			[]string{"the load takes about 14s (steady 9s, people 4.9s), above the budget of 10s"}},
		{"queries", func(s *Scenario) { s.Targets[1].Limits = &Limits{QPS: 3} },
			[]string{"target b: 4 requests/s (the conversations started a second x their turns) are above its limit of 3 qps"}},
		{"users", func(s *Scenario) { s.Targets[1].Limits = &Limits{Concurrent: 7} },
			[]string{"target b: the 8 users of stage people are above its limit of 7 concurrent requests"}},
		{"tokens", func(s *Scenario) { s.Targets[0].Limits = &Limits{TokensPerDay: 6000} },
			[]string{"target a: at worst 2916 input + 3600 output = 6516 tokens (3150 expected) are above its limit of 6000"}},
	} {
		s := scenarioOf(t, load)
		s.Workload.Salt = SaltOff
		c.change(s)
		got := compiled(t, s, items(10)).Refusals()
		if len(got) != len(c.want) {
			t.Errorf("%s: got %q, want %q", c.intent, got, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.HasPrefix(got[i], want) {
				t.Errorf("%s:\n got %s\nwant %s...", c.intent, got[i], want)
			}
		}
	}
}

func ptr[T any](v T) *T { return &v }

// TestJudging checks that each distinct dialogue of each candidate is counted
// once for each judge, up to eval.dialogues.
func TestJudging(t *testing.T) {
	s := scenarioOf(t, "[{mode: open, rate: 2/s, arrivals: constant, duration: 5s}]")
	src := strings.Replace(mustJSON(t, s), `"targets":[`, `"targets":[{"name":"j","role":"judge","url":"http://h/v1","model":"m","price":{"input":1,"output":1}},`, 1)
	src = strings.TrimSuffix(src, "}") + `,"eval":{"judges":["j"],"dialogues":6}}`
	s, err := Parse("test.json", []byte(src), Env{})
	if err != nil {
		t.Fatal(err)
	}
	e := compiled(t, s, items(10)).Estimate.Targets[0]
	if e.Target != "j" || e.Requests != 2*6 || e.WorstRequests != 3*2*6 || e.WorstOutputTokens != 3*2*6*judgeReply {
		t.Errorf("got %+v", e)
	}
	if e := compiled(t, s, items(4)).Estimate.Targets[0]; e.Requests != 2*4 {
		t.Errorf("%d calls for 4 distinct dialogues of 2 candidates, want 8", e.Requests)
	}
}

// TestOutage holds the bundled demonstration to what it promises: at least 24
// distinct conversations of two turns, and an end within a minute, judging
// included.
func TestOutage(t *testing.T) {
	src, ok := Bundled("outage.yaml")
	if !ok {
		t.Fatal("not bundled")
	}
	s, err := Parse("scenarios/outage.yaml", src, Env{})
	if err != nil {
		t.Fatal(err)
	}
	p := compiled(t, s, prompts.Bundled())
	if r := p.Refusals(); len(r) > 0 {
		t.Errorf("refused: %q", r)
	}
	distinct := map[int]bool{}
	for _, st := range p.Stages[1].Starts {
		distinct[st.Item] = true
		if len(p.Items[st.Item].Turns) != 2 {
			t.Errorf("%s has %d turns", p.Items[st.Item].Item, len(p.Items[st.Item].Turns))
		}
	}
	if len(distinct) < 24 {
		t.Errorf("%d distinct conversations, want at least 24", len(distinct))
	}
	judge := p.Estimate.Targets[len(p.Estimate.Targets)-1]
	jt := s.Targets[len(s.Targets)-1].Simulate
	call := time.Duration(jt.TTFT) + judgeReply/4*time.Duration(jt.TPOT)
	if total := p.Estimate.Time + time.Duration(judge.Requests/judgesAtOnce)*call; total > 50*time.Second {
		t.Errorf("takes %v with judging, and must leave room below a minute", total)
	}
}

// TestUsersThinkBetweenConversations: prompts of one turn have no think time
// within them, and a stage that thinks is not the stage that does not.
func TestUsersThinkBetweenConversations(t *testing.T) {
	single := items(10)
	for i := range single {
		single[i].Turns = single[i].Turns[:1]
	}
	plan := func(think string) *Plan {
		return compiled(t, scenarioOf(t, "[{mode: users, users: 4, duration: 10m"+think+"}]"), single)
	}
	none, minute, spread := plan(""), plan(", think: 1m"), plan(", think: {uniform: [1m, 61s]}")
	if none.ScheduleHash == minute.ScheduleHash || minute.ScheduleHash == spread.ScheduleHash {
		t.Errorf("schedules %s, %s and %s do not differ", none.ScheduleHash, minute.ScheduleHash, spread.ScheduleHash)
	}
	if again := plan(", think: 1m"); again.ScheduleHash != minute.ScheduleHash {
		t.Error("the same scenario gave two schedules")
	}
	if n := len(minute.Stages[0].Starts); n != 40 {
		t.Errorf("%d conversations are drawn where 40 fit", n)
	}
	// Ten minutes, a user asks once a minute and a little: ten times each at most.
	if e := minute.Estimate.Targets[0]; e.WorstRequests != 40 || e.Requests != 40 {
		t.Errorf("%d requests are likely, %d at worst; 4 users ask 10 each", e.Requests, e.WorstRequests)
	}
}
