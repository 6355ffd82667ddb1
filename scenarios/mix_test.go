package scenarios

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"switchover/results"
	"switchover/scenarios/prompts"
)

// workloadScenario parses a scenario with the given workload and load.
func workloadScenario(t *testing.T, workload, load string) *Scenario {
	t.Helper()
	src := fmt.Sprintf("name: w\nseed: 5\ntargets: [{name: a, simulate: {ttft: 1ms, tpot: 1ms}}]\nworkload: %s\nload: %s\n", workload, load)
	s, err := Parse("w.yaml", []byte(src), Env{CheckFile: func(string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asked are the conversations of a scenario without files.
func asked(t *testing.T, s *Scenario) []results.Conversation {
	t.Helper()
	var out []results.Conversation
	for _, p := range s.Workload.Parts() {
		items := prompts.Bundled()
		if p.Synthetic != nil {
			var err error
			if items, err = s.SyntheticOptions(p).Make(); err != nil {
				t.Fatal(err)
			}
		}
		p.Own(items)
		out = append(out, items...)
	}
	return out
}

const mixed = `
 - {weight: 3, conversations: bundled, max_turns: 2, sample: 10}
 - {weight: 1, synthetic: {input_tokens: {uniform: [20, 60]}, output_tokens: 30, conversations: 15}}
 - {weight: 1, synthetic: {input_tokens: 100, turns: 2, conversations: 5}, salt: off}`

// Over a long stage each source has the share of the sessions that its weight
// says, its conversations come equally often, and the draws have no order.
func TestMix(t *testing.T) {
	s := workloadScenario(t, mixed, "[{mode: open, rate: 1000/s, duration: 20s}]")
	p := compiled(t, s, asked(t, s))
	count, each := map[string]int{}, map[string]int{}
	var sources []string
	for _, start := range p.Stages[0].Starts {
		it := p.Items[start.Item]
		count[it.Source]++
		each[it.Item]++
		sources = append(sources, it.Source)
	}
	n := float64(len(sources))
	for name, share := range map[string]float64{"bundled": 0.6, "synthetic-2": 0.2, "synthetic-3": 0.2} {
		if got := float64(count[name]) / n; math.Abs(got-share) > 4*math.Sqrt(share*(1-share)/n) {
			t.Errorf("%s has %.3f of the sessions, want %v", name, got, share)
		}
	}
	if len(p.Items) != 30 || len(each) != 30 {
		t.Errorf("%d items, %d of them asked; want 30", len(p.Items), len(each))
	}
	for item, times := range each {
		if source, _, ok := strings.Cut(item, "/"); !ok || times < count[source]/len(itemsNamed(p, source)) {
			t.Errorf("%s is asked %d of %d times", item, times, count[source])
		}
	}
	same := 0
	for i := 1; i < len(sources); i++ {
		if sources[i] == sources[i-1] {
			same++
		}
	}
	if got := float64(same) / n; math.Abs(got-0.44) > 0.02 { // 0.6^2 + 2 x 0.2^2
		t.Errorf("%.3f of the sessions follow one of their own source, want 0.44", got)
	}
	for _, it := range p.Items {
		if unsalted := it.Salt != nil && it.Salt.Scope == results.SaltNone; unsalted != (it.Source == "synthetic-3") {
			t.Errorf("%s: %+v", it.Item, it.Salt)
		}
		if it.Source == "bundled" && len(it.Turns) != 2 {
			t.Errorf("%s has %d turns", it.Item, len(it.Turns))
		}
	}
}

func itemsNamed(p *Plan, source string) (out []string) {
	for _, it := range p.Items {
		if it.Source == source {
			out = append(out, it.Item)
		}
	}
	return out
}

// A run that goes on has only its own record of the scenario and of what was
// asked, and draws exactly the plan that it began with.
func TestMadeWorkloadsAreDrawnAgain(t *testing.T) {
	trace := "{trace: {file: t.csv, format: burstgpt, speed: 4}}"
	for name, s := range map[string]*Scenario{
		"mix":       workloadScenario(t, mixed, "[{mode: users, users: 3, conversations: 40}, {mode: open, rate: 5/s, duration: 10s}]"),
		"synthetic": workloadScenario(t, "{synthetic: {input_tokens: {zipf: {exponent: 1.1, max: 90}}, language: zh, output_tokens: {normal: {mean: 20, sd: 4}}, shared_prefix: 30%}}", "[{mode: concurrency, users: 3, requests: 40}]"),
		"trace":     workloadScenario(t, trace, "[{mode: users, users: 2, conversations: 3, measure: false}, {mode: trace, duration: 2s}, {name: more, mode: trace, requests: 12}]"),
	} {
		var items []results.Conversation
		if s.Workload.Trace != nil {
			items = replayedItems(t, s)
		} else {
			items = asked(t, s)
		}
		p := compiled(t, s, items)
		written := mustJSON(t, s)
		again, err := Restore([]byte(written), Env{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var kept []results.Conversation
		if err := json.Unmarshal([]byte(mustJSON(t, p.Items)), &kept); err != nil {
			t.Fatal(err)
		}
		q, err := Recompile(again, kept)
		if err != nil || q.ScheduleHash != p.ScheduleHash {
			t.Errorf("%s: the plan drawn again differs: %v", name, err)
			continue
		}
		if got := mustJSON(t, again); got != written {
			t.Errorf("%s: written again: %s\nat first: %s", name, got, written)
		}
	}
}

// Prompts of other lengths are another schedule, though their names are the same.
func TestMadeTextsAreInTheHash(t *testing.T) {
	hash := func(lengths string) string {
		s := workloadScenario(t, "{synthetic: {"+lengths+"}}", "[{mode: users, users: 1, conversations: 3}]")
		return compiled(t, s, asked(t, s)).ScheduleHash
	}
	first := hash("input_tokens: 20, output_tokens: 5")
	if first != hash("input_tokens: 20, output_tokens: 5") {
		t.Error("the same prompts have two hashes")
	}
	for _, other := range []string{"input_tokens: 21, output_tokens: 5", "input_tokens: 20, output_tokens: 6", "input_tokens: 20, output_tokens: 5, language: zh"} {
		if hash(other) == first {
			t.Errorf("%s has the same hash", other)
		}
	}
}

// Conversations of other words are another schedule, though they stand on the same
// lines of their files.
func TestTextsAreInTheHash(t *testing.T) {
	hash := func(item results.Conversation) string {
		s := workloadScenario(t, "{conversations: bundled}", "[{mode: users, users: 1, conversations: 3}]")
		s.Workload.Conversations = &Source{File: "a.jsonl", Format: prompts.FormatConversations}
		item.Item = "line-1"
		return compiled(t, s, []results.Conversation{item}).ScheduleHash
	}
	first := hash(results.Conversation{Turns: []string{"a", "b"}})
	if first != hash(results.Conversation{Turns: []string{"a", "b"}, Recorded: []string{"c", ""}, Category: "coding"}) {
		t.Error("what is not asked is in the hash")
	}
	for _, other := range []results.Conversation{
		{Turns: []string{"a", "c"}}, {Turns: []string{"ab", ""}}, {Turns: []string{"a", "b"}, System: "s"}, {Turns: []string{"a", "b"}, MaxTokens: 9},
	} {
		if hash(other) == first {
			t.Errorf("%+v has the same hash", other)
		}
	}
}

// replayedItems are what a scenario asks of a trace of 20 requests, two a second.
func replayedItems(t *testing.T, s *Scenario) []results.Conversation {
	t.Helper()
	src := "Timestamp,Request tokens,Response tokens\n"
	for i := range 20 {
		src += fmt.Sprintf("%g,%d,%d\n", 7+float64(i)/2, 20+i, 1+i)
	}
	set, err := prompts.ReadTrace(strings.NewReader(src), "t.csv", s.TraceOptions(s.Workload.Parts()[0]))
	if err != nil {
		t.Fatal(err)
	}
	return set.Conversations
}

// A trace's requests come when it says, as much faster as the workload says, in
// its order, to its end or the stage's; only what a stage needs is read.
func TestTraceReplay(t *testing.T) {
	for _, tc := range []struct {
		load  string
		read  int
		want  int
		last  time.Duration
		speed string
	}{
		{"[{mode: trace}]", 20, 20, 9500 * time.Millisecond, "1"},
		{"[{mode: trace}]", 20, 20, 2375 * time.Millisecond, "4"},
		{"[{mode: trace, duration: 1s}]", 8, 8, 875 * time.Millisecond, "4"},
		{"[{mode: trace, requests: 3}]", 3, 3, time.Second, "1"},
		{"[{mode: trace, conversations: 5, requests: 9, duration: 1h}]", 5, 5, 2 * time.Second, "1"},
		{"[{mode: trace, requests: 3}, {name: b, mode: trace, duration: 3s}]", 20, 3, time.Second, "1"},
	} {
		s := workloadScenario(t, "{trace: {file: t.csv, format: burstgpt, speed: "+tc.speed+"}}", tc.load)
		items := replayedItems(t, s)
		p := compiled(t, s, items)
		st := p.Stages[0]
		last := st.Starts[len(st.Starts)-1]
		if len(items) != tc.read || len(st.Starts) != tc.want || last.At != tc.last || p.Items[last.Item].InputTokens[0] != 19+tc.want {
			t.Errorf("%s at %s: %d read, %d replayed to %v, the last of %d tokens", tc.load, tc.speed, len(items), len(st.Starts), last.At, p.Items[last.Item].InputTokens[0])
		}
		if !slices.IsSortedFunc(st.Starts, func(a, b Start) int { return int(a.At - b.At) }) || !st.Varies() || st.Duration != 0 {
			t.Errorf("%s: %+v", tc.load, st.Stage)
		}
	}
	s := workloadScenario(t, "{trace: {file: t.csv, format: burstgpt, speed: 2}}", "[{mode: trace}]")
	p := compiled(t, s, replayedItems(t, s))
	if mean, peak := p.Stages[0].Rates(); math.Abs(mean-20/4.75) > 0.01 || peak != 4 {
		t.Errorf("%v/s, at most %v in a second", mean, peak)
	}
	if e := p.Estimate.Targets[0]; e.OutputTokens != 210 || e.WorstOutputTokens != 210 || e.InputTokens != 590+20*messageTokens || e.PeakQPS != 4 {
		t.Errorf("the estimate is %+v", e)
	}
}

// An answer's given length holds against the limit that a target does not name,
// and never against its own.
func TestAnswerLimit(t *testing.T) {
	long, short := &results.Conversation{MaxTokens: 900, Exact: true}, &results.Conversation{MaxTokens: 9}
	plain, own := &Target{}, &Target{Params: &Params{MaxTokens: 300}}
	for i, got := range []int{plain.AnswerLimit(long), own.AnswerLimit(long), plain.AnswerLimit(short), own.AnswerLimit(short), plain.AnswerLimit(&results.Conversation{})} {
		if want := []int{900, 300, 9, 9, DefaultMaxTokens}[i]; got != want {
			t.Errorf("case %d: %d, want %d", i, got, want)
		}
	}
}
