package drive

import (
	"math"
	"runtime/metrics"
	"testing"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets"
	"switchover/targets/chat"
)

// What follows each way an attempt can end.
func TestSessionAfter(t *testing.T) {
	failure := func(class chat.Class) *results.Record {
		return &results.Record{Attempt: 1, Error: &results.Error{Class: class}}
	}
	ok := &results.Record{Attempt: 1, Complete: true, Text: "yes"}
	content := failure(chat.TimeoutIdle)
	content.Chunks = []results.Chunk{{Tokens: 1, Kind: "c"}}
	last := failure(chat.Server)
	last.Attempt = 3
	tests := map[string]struct {
		turn, turns  int
		rec          *results.Record
		want         verb
		nextTurn     int
		nextAttempt  int
		unaskedAfter int
		waitAtLeast  time.Duration
	}{
		"an answer is followed by the next turn":    {turns: 3, rec: ok, want: askNext, nextTurn: 1, nextAttempt: 1, unaskedAfter: 2, waitAtLeast: time.Minute},
		"the last answer ends it":                   {turn: 2, turns: 3, rec: ok, want: endOK, nextTurn: 3, nextAttempt: 1},
		"a passing failure is asked again":          {turns: 3, rec: failure(chat.RateLimited), want: askAgain, nextAttempt: 2, unaskedAfter: 2, waitAtLeast: 100 * time.Millisecond},
		"not once content has arrived":              {turns: 3, rec: content, want: endFailed, nextAttempt: 2, unaskedAfter: 2},
		"not when the attempts are used up":         {turns: 3, rec: last, want: endFailed, nextAttempt: 2, unaskedAfter: 2},
		"a bad request is not asked again":          {turns: 2, rec: failure(chat.BadRequest), want: endFailed, nextAttempt: 2, unaskedAfter: 1},
		"an interrupted stream is not asked again":  {turns: 1, rec: failure(chat.Interrupted), want: endFailed, nextAttempt: 2},
		"a complete answer with an error is failed": {turns: 2, rec: &results.Record{Attempt: 1, Complete: true, Error: &results.Error{Class: chat.NoAnswer}}, want: endFailed, nextAttempt: 2, unaskedAfter: 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			items := conversations(1, tt.turns)
			s := newSession(scenarios.Start{Think: []time.Duration{time.Minute, time.Hour}}, items)
			s.turn, s.answers = tt.turn, make([]string, tt.turn)
			step := s.after(tt.rec, targets.Retry{}, 0.5)
			if step.verb != tt.want || s.turn != tt.nextTurn || s.attempt != tt.nextAttempt {
				t.Errorf("%+v, next turn %d attempt %d; want %d, %d, %d", step, s.turn, s.attempt, tt.want, tt.nextTurn, tt.nextAttempt)
			}
			if step.wait < tt.waitAtLeast || (tt.waitAtLeast == 0 && step.wait != 0) {
				t.Errorf("waits %v", step.wait)
			}
			if got := s.unasked(); got != tt.unaskedAfter {
				t.Errorf("%d turns unasked, want %d", got, tt.unaskedAfter)
			}
		})
	}
}

// The less of the target's limit and the conversation's holds.
func TestAnswersKeepBothLimits(t *testing.T) {
	for _, c := range []struct{ target, conversation, want int }{{100, 0, 100}, {100, 30, 30}, {100, 300, 100}, {0, 30, 30}} {
		items := conversations(1, 1)
		items[0].MaxTokens = c.conversation
		req := newSession(scenarios.Start{}, items).request(&targets.Spec{Params: chat.Params{MaxTokens: c.target}}, "id")
		if req.Params.MaxTokens != c.want {
			t.Errorf("target %d, conversation %d: %d", c.target, c.conversation, req.Params.MaxTokens)
		}
	}
}

// A tool call without a result would be refused in a history, so it is told.
func TestAnswerOfToolCalls(t *testing.T) {
	r := &results.Record{ToolCalls: []chat.ToolCall{{Name: "weather", Arguments: `{"in":"Bern"}`}, {Name: "time", Arguments: "{}"}}}
	if got := answer(r); got != "weather({\"in\":\"Bern\"})\ntime({})" {
		t.Errorf("%q", got)
	}
}

// Draws are uniform, and names that differ in their last digit are not alike.
func TestUniform(t *testing.T) {
	const n = 20_000
	var sum, squares, cross, before float64
	for i := range n {
		u := uniform(1, results.RecordID("steady", "a", i, 0, 1))
		if u < 0 || u >= 1 {
			t.Fatalf("draw %v", u)
		}
		sum, squares, cross = sum+u, squares+u*u, cross+(u-0.5)*(before-0.5)
		before = u
	}
	if m := sum / n; math.Abs(m-0.5) > 0.01 {
		t.Errorf("mean %v", m)
	}
	if v := squares/n - 0.25; math.Abs(v-1.0/12) > 0.01 {
		t.Errorf("variance %v", v)
	}
	if c := cross / n * 12; math.Abs(c) > 0.03 {
		t.Errorf("neighbours correlate by %v", c)
	}
	if uniform(1, "x") == uniform(2, "x") {
		t.Error("the seed does not matter")
	}
}

// The percentile is of what was gained between two readings, by upper edge.
func TestP99(t *testing.T) {
	edges := []float64{math.Inf(-1), 0, 0.001, 0.01, math.Inf(1)}
	h := func(counts ...uint64) *metrics.Float64Histogram {
		return &metrics.Float64Histogram{Counts: counts, Buckets: edges}
	}
	tests := map[string]struct {
		from, to *metrics.Float64Histogram
		want     time.Duration
	}{
		"nothing gained":           {h(0, 5, 5, 5), h(0, 5, 5, 5), 0},
		"all in one bucket":        {h(0, 0, 9, 0), h(0, 100, 9, 0), time.Millisecond},
		"1 of 100 above is p100":   {h(0, 0, 0, 0), h(0, 99, 1, 0), time.Millisecond},
		"2 of 100 above are p99":   {h(0, 0, 0, 0), h(0, 98, 2, 0), 10 * time.Millisecond},
		"the last has no edge":     {h(0, 0, 0, 0), h(0, 0, 0, 1), 10 * time.Millisecond},
		"a runtime without it: 0":  {nil, h(0, 0, 0, 1), 0},
		"other buckets than then:": {&metrics.Float64Histogram{}, h(0, 0, 0, 1), 0},
	}
	for name, tt := range tests {
		if got := p99(tt.from, tt.to); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	if r := takeHealth(time.Now()); r.sched == nil || r.gc == nil {
		t.Error("the runtime has no such metric")
	}
}

func TestRingMedian(t *testing.T) {
	var r ring
	if r.median() != 0 {
		t.Error("a median of nothing")
	}
	for i := range 100 {
		r.add(time.Duration(i))
	}
	if got := r.median(); got != 84 { // of 69 to 99
		t.Errorf("median of the latest %d", got)
	}
}
