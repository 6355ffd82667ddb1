package results

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"switchover/targets/chat"
)

func ptr[T any](v T) *T { return &v }

func msec(n int64) Instant { return Known(n * int64(time.Millisecond)) }

// ch is a chunk that comes gap milliseconds after the one before.
func ch(gap int64, tokens int, kind string) Chunk {
	return Chunk{Gap: time.Duration(gap) * time.Millisecond, Tokens: tokens, Kind: kind}
}

// attempt is a first attempt that leaves when it is due; times are milliseconds
// of the segment. Its first and last token follow from its chunks.
func attempt(target string, session, turn int, due int64, chunks ...Chunk) *Record {
	r := &Record{Segment: 0, Target: target, Stage: "steady", Session: session, Turn: turn, Attempt: 1, Item: "b",
		Intended: msec(due), Scheduled: msec(due), Start: msec(due), Clock: ClockUser, Status: 200, Chunks: chunks}
	r.identify()
	return r.timed()
}

func (r *Record) identify() { r.ID = RecordID(r.Stage, r.Target, r.Session, r.Turn, r.Attempt) }

// timed sets the instants that follow from start and chunks.
func (r *Record) timed() *Record {
	t := r.Start.Or(0)
	r.FirstToken, r.FirstAnswer, r.LastToken, r.End = Instant{}, Instant{}, Instant{}, Instant{}
	for _, c := range r.Chunks {
		t += int64(c.Gap)
		if !r.FirstToken.IsKnown() {
			r.FirstToken = Known(t)
		}
		if !r.FirstAnswer.IsKnown() && c.Kind != "r" {
			r.FirstAnswer = Known(t)
		}
		r.LastToken = Known(t)
	}
	r.End = Known(t)
	return r
}

// answered completes it with the usage the server sent.
func (r *Record) answered(p *Price, input, output int) *Record {
	r.Complete, r.Finish, r.TokenSource, r.ChunkSource = true, chat.FinishStop, FromUsage, FromApportioned
	r.InputTokens, r.OutputTokens = Known(input), Known(output)
	r.CostUSD = r.USD(p, time.Time{})
	return r
}

// failed makes it a failure at an instant in milliseconds.
func (r *Record) failed(p *Price, status int, class chat.Class, end int64) *Record {
	r.Status, r.Error, r.End = status, &Error{Class: class, Message: "as scripted"}, msec(end)
	r.CostUSD = r.USD(p, time.Time{})
	return r
}

func data(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

var incPrice = &Price{Input: ptr(2.0), Output: ptr(10.0), CacheRead: ptr(0.2)}

// handmadeRun is a run whose every figure can be computed by hand: an incumbent
// with every kind of ending over two segments, and a candidate on a GPU paid by
// the hour ($3.60, a tenth of a cent a second).
func handmadeRun() *Run {
	return &Run{
		ID: "20261122T090102Z-handmade", Name: "handmade", Version: "test", Seed: 1, ScheduleHash: "00",
		Host: Host{OS: "linux", Arch: "amd64", CPUs: 2, GPUs: "2 GPUs"},
		Targets: []RunTarget{
			{Name: "inc", Incumbent: true, Protocol: "openai", URL: "https://api.example.com/v1", Model: "big", Price: incPrice},
			{Name: "cand", Protocol: "openai", URL: "http://127.0.0.1:8000/v1", Model: "small", GPUHourUSD: 3.6},
			{Name: "judge", Role: RoleJudge, Protocol: "openai", URL: "https://api.example.com/v1", Model: "judge"},
		},
		Stages: []RunStage{
			{Name: "warm-up", Mode: "users", Users: 1, Duration: int64(time.Second)},
			{Name: "steady", Mode: "open", Measure: true, Rate: 1, Duration: int64(4 * time.Second)},
		},
		Policy: Policy{
			Objectives: []Bound{
				{Name: "ttft_p90", Op: "<=", Limit: ptr(0.5), Text: "500ms"},
				{Name: "error_rate", Op: "<=", Limit: ptr(0.01), Text: "1%"},
			},
			Criteria: []string{"coherence", "understanding", "usefulness"}, Margin: 0.25, Seed: 1,
		},
		Segments: []Segment{{Index: 0, EpochUnixNs: 1795338062000000000}},
	}
}

var handmadeConversations = []Conversation{
	{Item: "a", Turns: []string{"first", "second"}},
	{Item: "b", Turns: []string{"only"}},
}

// incFirst are the incumbent's attempts of segment 0, incSecond of segment 1.
func incFirst() []*Record {
	var rs []*Record
	add := func(r *Record) { rs = append(rs, r) }

	// Warm-up, slow and expensive: in no figure.
	w := attempt("inc", 0, 0, 0, ch(9000, 1, "c"), ch(9000, 1, "c")).answered(incPrice, 100000, 2)
	w.Stage = "warm-up"
	w.identify()
	add(w)

	// Session 0, both turns of item a. The first dials for 4 ms and is ready 5 ms
	// after it was due: 1 ms of lag. Four tokens, two of them in one chunk.
	r := attempt("inc", 0, 0, 0)
	r.Item, r.Start, r.Connect = "a", msec(5), msec(4)
	r.Chunks = []Chunk{ch(195, 1, "c"), ch(100, 2, "c"), ch(200, 1, "c")}
	add(r.timed().answered(incPrice, 100, 4))
	r = attempt("inc", 0, 1, 600, ch(200, 1, "c"), ch(200, 1, "c")).answered(incPrice, 100, 2)
	r.Item = "a"
	add(r)

	// Session 1 is limited, then answered 700 ms after it was due.
	add(attempt("inc", 1, 0, 1000).failed(incPrice, 429, chat.RateLimited, 1100))
	r = attempt("inc", 1, 0, 1000)
	r.Attempt, r.Scheduled, r.Start = 2, msec(1500), msec(1500)
	r.identify()
	r.Chunks = []Chunk{ch(200, 2, "c"), ch(300, 4, "c")}
	add(r.timed().answered(incPrice, 100, 6))

	// Session 2 breaks off after two tokens, without usage.
	add(attempt("inc", 2, 0, 2000, ch(300, 1, "c"), ch(100, 1, "c")).failed(incPrice, 200, chat.Interrupted, 2400))

	// Session 3 fails at its first turn; the second is never asked.
	r = attempt("inc", 3, 0, 3000).failed(incPrice, 500, chat.Server, 3100)
	r.Item = "a"
	add(r)

	// Session 4 was given up by this side.
	add(attempt("inc", 4, 0, 4000, ch(100, 1, "c")).failed(incPrice, 200, chat.Cancelled, 4200))

	// Session 5 reasons before it answers.
	r = attempt("inc", 5, 0, 4000, ch(200, 1, "r"), ch(100, 1, "r"), ch(200, 3, "c")).answered(incPrice, 100, 5)
	r.ReasoningTokens = Known(2)
	add(r)
	return rs
}

func incSecond() []*Record {
	// Session 6 was in flight at the kill and asked again; half its input was cached.
	r := attempt("inc", 6, 0, 0, ch(300, 1, "c"), ch(800, 8, "c"))
	r.Segment, r.Resent, r.CacheReadTokens = 1, true, Known(50)
	six := r.answered(incPrice, 50, 9)
	// Session 7: apportioning left its second chunk without a token.
	r = attempt("inc", 7, 0, 2000, ch(300, 1, "c"), ch(300, 0, "c"), ch(300, 2, "c"))
	r.Segment = 1
	r.End = msec(3000)
	return []*Record{six, r.answered(incPrice, 100, 3)}
}

// candAll are five answers a second apart: 100 ms to the first of five tokens, the
// other four 400 ms later in one chunk.
func candAll() []*Record {
	var rs []*Record
	for i := range 5 {
		rs = append(rs, attempt("cand", i, 0, int64(i)*1000, ch(100, 1, "c"), ch(400, 4, "c")).answered(nil, 20, 5))
	}
	return rs
}

func handmadeVerdicts() []*Verdict {
	var vs []*Verdict
	for _, v := range []struct {
		target, item string
		scores       [3]int
	}{{"inc", "a", [3]int{4, 4, 4}}, {"inc", "b", [3]int{5, 4, 3}}, {"cand", "a", [3]int{3, 3, 3}}, {"cand", "b", [3]int{4, 4, 4}}} {
		vs = append(vs, &Verdict{Target: v.target, Item: v.item, Judge: "judge", Records: []string{"r"}, PromptHash: "p",
			Scores: map[string]int{"coherence": v.scores[0], "understanding": v.scores[1], "usefulness": v.scores[2]}})
	}
	return append(vs, &Verdict{Target: "cand", Item: "a", Judge: "second", Records: []string{"r"}, PromptHash: "p", Unscored: "not JSON"})
}

// writeHandmade journals the run in two segments and returns its folder.
func writeHandmade(t testing.TB) string {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	root := t.TempDir()
	j, err := Create(root, handmadeRun(), handmadeConversations)
	must(err)
	for _, r := range append(incFirst(), candAll()...) {
		must(j.Append(r))
	}
	must(j.Event(Event{T: 1, Kind: EventStageStart, Stage: "steady"}))
	must(j.Event(Event{T: 3.1e9, Kind: EventSkipped, Target: "inc", Stage: "steady", Data: data(Skipped{Session: 3, Turns: 1})}))
	for _, s := range []Telemetry{
		{T: 100e6, Device: "A", Util: Known(0.1), MemGiB: Known(1.0)}, // in the ramp
		{T: 1000e6, Device: "A", Util: Known(0.5), MemGiB: Known(10.0)},
		{T: 1000e6, Device: "B", Util: Known(0.9), MemGiB: Known(20.0)},
		{T: 2000e6, Device: "A", Util: Known(0.7), MemGiB: Known(12.0)},
	} {
		s.Source = "nvml"
		must(j.Telemetry(s))
	}
	must(j.Close())

	dir := filepath.Join(root, handmadeRun().ID)
	j, d, err := Reopen(dir, time.Unix(1795338100, 0))
	must(err)
	if n := len(d.Run.Segments); n != 2 {
		t.Fatalf("reopened with %d segments, want 2", n)
	}
	for _, r := range incSecond() {
		must(j.Append(r))
	}
	must(j.Event(Event{Segment: 1, T: 1.5e9, Kind: EventDropped, Target: "inc", Stage: "steady", Data: data(Asked{ID: "steady/inc/8/0/1"})}))
	must(j.Event(Event{Segment: 1, T: 3e9, Kind: EventClient, Stage: "steady", Data: data(ClientHealth{CPUShare: 0.1, SchedLatencyP99: 1e6,
		RTT: []RTT{{Target: "inc", NS: 4e6}}})}))
	for _, v := range handmadeVerdicts() {
		must(j.Verdict(v))
	}
	must(j.Update(func(r *Run) { r.State = StateComplete }))
	must(j.Close())
	return dir
}

func (f Figure) text() string {
	n := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return fmt.Sprintf("%.6g", *v)
	}
	return fmt.Sprintf("%s [%s, %s] %s n=%d", n(f.Value), n(f.Low), n(f.High), f.Unit, f.N)
}
