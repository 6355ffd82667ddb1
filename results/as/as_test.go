package as_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"switchover/results"
	"switchover/results/as"
	"switchover/targets/chat"
)

const ms = time.Millisecond

// answer is an attempt of one user: it leaves at start, and its chunks of one
// token follow each other by the gaps.
func answer(session, attempt int, start time.Duration, gaps ...time.Duration) results.Record {
	r := results.Record{ID: fmt.Sprint(session, attempt), Target: "t", Stage: "s", Item: "i", Session: session, Attempt: attempt,
		Intended: results.At(start), Scheduled: results.At(start), Start: results.At(start), Status: 200, Complete: true,
		OutputTokens: results.Known(len(gaps)), TokenSource: results.FromUsage}
	t := start
	for i, gap := range gaps {
		t += gap
		r.Chunks = append(r.Chunks, results.Chunk{Gap: gap, Tokens: 1, Kind: "c"})
		if i == 0 {
			r.FirstToken, r.FirstAnswer, r.FirstEvent = results.At(t), results.At(t), results.At(t)
		}
	}
	r.LastToken, r.LastEvent, r.End, r.Events = results.At(t), results.At(t), results.At(t), len(gaps)
	return r
}

func failed(r results.Record, class chat.Class) results.Record {
	r.Complete, r.Error = false, &results.Error{Class: class}
	return r
}

func run(records ...results.Record) *results.Data {
	return &results.Data{Run: &results.Run{ID: "r", State: results.StateComplete, Targets: []results.RunTarget{{Name: "t"}},
		Stages: []results.RunStage{{Name: "warm"}, {Name: "s", Users: 1, Measure: true}}}, Records: records,
		Conversations: []results.Conversation{{Item: "i", Turns: []string{"?"}}}}
}

func report(t testing.TB, tool string, d *results.Data) *as.Report {
	t.Helper()
	s, _ := results.Summarise(d)
	r, err := as.New(tool, d, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// theirs is a figure of the only target, NaN where it is unknown.
func theirs(t testing.TB, tool, key string, d *results.Data) (value float64, n int) {
	t.Helper()
	for _, row := range report(t, tool, d).Targets[0].Rows {
		if row.Figure == key && row.Theirs.Value != nil {
			return *row.Theirs.Value, row.Theirs.N
		}
	}
	return math.NaN(), 0
}

// Three answers whose TTFT is 100, 200 and 400 ms, with 2, 4 and 2 tokens.
func three() []results.Record {
	return []results.Record{
		answer(0, 1, 0, 100*ms, 10*ms),
		answer(1, 1, time.Second, 200*ms, 30*ms, 30*ms, 30*ms),
		answer(2, 1, 2*time.Second, 400*ms, 50*ms),
	}
}

func TestEachToolsPercentiles(t *testing.T) {
	warm := answer(3, 1, 0, time.Second, time.Second)
	warm.Stage = "warm"
	d := run(append(three(), warm)...)
	for _, tc := range []struct {
		tool, figure string
		ms           float64
		n            int
		why          string
	}{
		{"vllm", "ttft_p99", 396, 3, "rank 0.99 x 2 = 1.98: 200 + 0.98 x 200"},
		{"guidellm", "ttft_p99", 400, 3, "no interpolation: the sample up to which 99 % lie"},
		{"guidellm", "ttft_p50", 200, 3, "the second of three"},
		{"vllm", "itl_p50", 30, 5, "10, 30, 30, 30, 50"},
		{"guidellm", "itl_p50", 30, 5, "means 10, 30, 50 with weights 1, 3, 1"},
		{"guidellm", "tpot_p50", 72.5, 8, "55, 72.5, 225 with weights 2, 4, 2"},
		{"aiperf", "itl_p99", 49.6, 3, "means 10, 30, 50: 30 + 0.98 x 20"},
		{"llmperf", "itl_p50", 72.5, 3, "110/2, 290/4, 450/2"},
		{"genai-bench", "tpot_p50", 30, 3, "10/1, 90/3, 50/1"},
	} {
		if v, n := theirs(t, tc.tool, tc.figure, d); math.Abs(v*1e3-tc.ms) > 1e-9 || n != tc.n {
			t.Errorf("%s %s is %v ms of %d, want %v of %d: %s", tc.tool, tc.figure, v*1e3, n, tc.ms, tc.n, tc.why)
		}
	}
}

// A request that failed once and then succeeded is one request here, two there;
// what this side cancelled is none anywhere.
func TestFailuresAndWindows(t *testing.T) {
	late := failed(answer(4, 1, 7*time.Second), chat.TimeoutIdle)
	late.End = results.At(9 * time.Second)
	refused := failed(answer(3, 1, 3*time.Second), chat.RateLimited)
	d := run(append(three(), refused, answer(3, 2, 4*time.Second, 100*ms, 10*ms), late,
		failed(answer(5, 1, 20*time.Second, ms), chat.Cancelled))...)
	if v, n := theirs(t, "vllm", "error_rate", d); math.Abs(v-2.0/6) > 1e-12 || n != 6 {
		t.Errorf("error rate %v of %d, want 2 of 6 attempts", v, n)
	}
	if v, _ := theirs(t, "vllm", "requests_per_s", d); math.Abs(v-4.0/9) > 1e-12 {
		t.Errorf("%v requests/s, want 4 in the 9 s to the last failure", v)
	}
	// The last response that AIPerf counts is that of 4 s, at 4.11.
	if v, _ := theirs(t, "aiperf", "output_tokens_per_s", d); math.Abs(v-10/4.11) > 1e-9 {
		t.Errorf("%v tokens/s, want 10 in 4.11 s", v)
	}
	if seen := strings.Join(report(t, "vllm", d).Targets[0].Seen, "\n"); !strings.Contains(seen, "1 attempt repeated") {
		t.Errorf("the retry is not mentioned: %q", seen)
	}
	nothing := run(refused)
	for _, tool := range as.Names() {
		for _, row := range report(t, tool, nothing).Targets[0].Rows {
			if row.Figure != "error_rate" && (row.Theirs.Value != nil || row.Theirs.Reason == "") {
				t.Errorf("%s %s of nothing that succeeded: %+v", tool, row.Figure, row.Theirs)
			}
			if row.Why == "" {
				t.Errorf("%s %s: why it differs is not said", tool, row.Figure)
			}
		}
	}
}

// Answers faster than 1,000 tokens a second do not exist for genai-bench.
func TestGenAIBenchDropsTheFast(t *testing.T) {
	d := run(append(three(), answer(3, 1, 3*time.Second, 100*ms, ms/2))...)
	if _, n := theirs(t, "genai-bench", "ttft_p50", d); n != 3 {
		t.Errorf("TTFT of %d answers, want 3", n)
	}
	if seen := strings.Join(report(t, "genai-bench", d).Targets[0].Seen, "\n"); !strings.Contains(seen, "1 answer above 1,000 tokens/s") {
		t.Errorf("the dropped answer is not mentioned: %q", seen)
	}
}

// A journal of a version that kept no empty events says so beside the figure.
func TestWhatWasNotRecordedIsSaid(t *testing.T) {
	old := three()
	for i := range old {
		old[i].Events, old[i].FirstEvent, old[i].LastEvent = 0, results.Instant{}, results.Instant{}
	}
	for _, tc := range []struct {
		tool, figure string
		records      []results.Record
		want         string
	}{
		{"vllm", "ttft_p50", old, "not recorded in 3 answers: the first and last content are used"},
		{"vllm", "ttft_p50", three(), ""},
		{"llmperf", "itl_p50", three(), "one Llama tokenizer"},
		{"guidellm", "itl_p50", three(), ""},
	} {
		for _, row := range report(t, tc.tool, run(tc.records...)).Targets[0].Rows {
			if row.Figure == tc.figure && (!strings.Contains(row.Inexact, tc.want) || tc.want == "" && row.Inexact != "") {
				t.Errorf("%s %s: %q, want %q", tc.tool, tc.figure, row.Inexact, tc.want)
			}
		}
	}
}

func ExampleNew() {
	// One answer: an event with the role after 50 ms, tokens after 100 and 120.
	r := answer(0, 1, 0, 100*ms, 20*ms)
	r.FirstEvent, r.Events = results.At(50*ms), 3
	d := run(r)
	summary, _ := results.Summarise(d)
	report, err := as.New("vllm", d, summary)
	if err != nil {
		fmt.Println(err)
		return
	}
	ttft := report.Targets[0].Rows[0]
	fmt.Printf("ours %.0f ms, theirs %.0f ms\n", 1e3**ttft.Ours.Value, 1e3**ttft.Theirs.Value)
	fmt.Println(report.Targets[0].Seen[0])
	_, err = as.New("wrk", d, summary)
	fmt.Println(err)
	// Output:
	// ours 100 ms, theirs 50 ms
	// 1 answer began with an event without content, at the median 50 ms before the first token
	// no definitions of a tool "wrk" are known; there are vllm, guidellm, aiperf, inference-perf, genai-bench, llmperf
}

// A run without a stage of its own figures says so for each target.
func TestNothingToCompare(t *testing.T) {
	d := run(answer(0, 1, 0, 100*ms, 20*ms))
	d.Run.Stages[1].Measure = false
	r := report(t, "vllm", d)
	if len(r.Targets) != 1 || len(r.Targets[0].Rows) != 0 || r.Targets[0].Reason != "no stage of the load is measured" {
		t.Errorf("%+v", r.Targets)
	}
}
