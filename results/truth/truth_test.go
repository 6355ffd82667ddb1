package truth

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"switchover/results"
	"switchover/targets/sim"
)

const (
	epoch = int64(1_800_000_000_000_000_000)
	ms    = int64(time.Millisecond)
)

// served is a log of two answers of four tokens, 20 ms apart; the second begins
// 10 ms later, and its last token left 5 ms late.
func served(t *testing.T) *Log {
	t.Helper()
	var text strings.Builder
	text.WriteString(`{"event":"deaf","at":1}` + "\n\n")
	for i, id := range []string{"a", "b"} {
		arrived := epoch + int64(i)*10*ms
		e := sim.Entry{ID: id, Stream: true, Arrived: arrived, Queued: 2 * ms, Prefill: 30 * ms, InputTokens: 7, OutputTokens: 4}
		for k := range int64(4) {
			e.Tokens = append(e.Tokens, arrived+(32+20*k)*ms)
		}
		e.Tokens[3] += int64(i) * 5 * ms
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	l, err := Read(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// recorded is a run in which each token of the log arrived so much later, given by
// answer and token in microseconds.
func recorded(l *Log, late [2][4]int64) *results.Data {
	d := &results.Data{Run: &results.Run{ID: "run", Segments: []results.Segment{{EpochUnixNs: 1}, {Index: 1, EpochUnixNs: epoch - 3*ms}}}}
	for i, id := range []string{"a", "b"} {
		e := l.byID[id]
		r := results.Record{ID: id, Segment: 1, Complete: true, Start: results.At(time.Duration(e.Arrived - epoch + 3*ms - ms))}
		before := epoch - 3*ms + r.Start.Or(0)
		for k, sent := range e.Tokens {
			at := sent + late[i][k]*1000
			r.Chunks = append(r.Chunks, results.Chunk{Gap: time.Duration(at - before), Tokens: 1, Kind: "c"})
			before = at
		}
		d.Records = append(d.Records, r)
	}
	return d
}

func near(got, want float64) bool { return math.Abs(got-want) < 1e-9 }

func TestErrorsAreAgainstWhatWasSent(t *testing.T) {
	l := served(t)
	for _, c := range []struct {
		intent          string
		late            [2][4]int64 // µs
		p50, p99, gap99 float64     // s
		lead, pace99    float64
	}{
		{"to the nanosecond", [2][4]int64{}, 0, 0, 0, 0, 0.00465},
		{"all equally late: gaps are right", [2][4]int64{{70, 70, 70, 70}, {70, 70, 70, 70}}, 70e-6, 70e-6, 0, 0, 0.00465},
		{"one late: two gaps are wrong", [2][4]int64{{0, 1000, 0, 0}, {}}, 0, 930e-6, 1e-3, 0, 0.00465},
		{"before it was sent", [2][4]int64{{-2000, -2000, -2000, -2000}, {}}, 1e-3, 2e-3, 0, 2e-3, 0.00465},
	} {
		got, err := Compare(recorded(l, c.late), l, 0, math.MaxInt64, 20*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if got.Compared != 2 || got.Events != 8 || got.Missed != 0 || !near(got.ArrivalP50, c.p50) || !near(got.ArrivalP99, c.p99) ||
			!near(got.GapP99, c.gap99) || !near(got.Lead, c.lead) || !near(got.PaceP99, c.pace99) {
			t.Errorf("%s: %+v", c.intent, got)
		}
	}
}

func TestOnlyTheStretchCounts(t *testing.T) {
	l := served(t)
	from, to, ok := l.Together()
	if !ok || from != epoch+42*ms || to != epoch+92*ms {
		t.Fatalf("together from %d to %d, %v", from-epoch, to-epoch, ok)
	}
	late := [2][4]int64{{9000, 0, 0, 9000}, {0, 0, 0, 9000}} // all outside: the end is not in it
	got, err := Compare(recorded(l, late), l, from, to, 20*time.Millisecond)
	if err != nil || got.Events != 5 || got.ArrivalP99 != 0 || !near(got.EventsPerS, 100) {
		t.Errorf("%+v, %v; want 5 exact events at 100/s", got, err)
	}
	if n := l.Sent(from, to); n != 5 {
		t.Errorf("the server sent %d in it", n)
	}
	if in, out := l.Counted(); in != 14 || out != 8 {
		t.Errorf("counted %d and %d", in, out)
	}
	if v := l.TTFT(); len(v) != 2 || !near(v[0], 0.032) {
		t.Errorf("ttft %v", v)
	}
	if v := l.TPOT(); len(v) != 2 || !near(v[0], 0.02) || !near(v[1], 0.065/3) {
		t.Errorf("tpot %v", v)
	}
}

func TestWhatCannotBeComparedIsNot(t *testing.T) {
	l := served(t)
	d := recorded(l, [2][4]int64{})
	d.Records[0].Chunks = d.Records[0].Chunks[:3] // one token fewer than was sent
	failed, unknown := d.Records[1], d.Records[1]
	failed.Complete, unknown.ID = false, "z"
	d.Records = append(d.Records, failed, unknown)
	if got, err := Compare(d, l, 0, math.MaxInt64, 0); err != nil || got.Compared != 1 || got.Missed != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := Compare(d, l, 0, 1, 0); err == nil || !strings.Contains(err.Error(), "no token") {
		t.Errorf("an empty stretch: %v", err)
	}
	d.Records[1].Segment = 2
	if _, err := Compare(d, l, 0, math.MaxInt64, 0); err == nil || !strings.Contains(err.Error(), "segment 2") {
		t.Errorf("a segment that is none: %v", err)
	}
}

func TestALogThatIsNone(t *testing.T) {
	for want, text := range map[string]string{
		"line 2":        "{}\n{\"tokens\": 3}\n",
		"was full":      "{}\n{\"event\":\"log full\"}\n",
		"longer than 8": `{"id":"` + strings.Repeat("x", maxLine) + "\"}\n",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// FuzzRead holds what was read against its invariants: counts that agree with each
// other, whatever the log says.
func FuzzRead(f *testing.F) {
	f.Add(`{"id":"a","arrived":5,"tokens":[7,9],"input_tokens":1,"output_tokens":2}`)
	f.Add("{\"event\":\"deaf\",\"at\":3}\n{}\n")
	f.Add("{\"tokens\":[-9223372036854775808,9223372036854775807]}")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		if len(l.TTFT()) != len(l.TPOT()) || len(l.TTFT()) > len(l.entries) {
			t.Errorf("%d and %d of %d answers", len(l.TTFT()), len(l.TPOT()), len(l.entries))
		}
		if from, to, ok := l.Together(); ok && (from >= to || l.Sent(from, to) == 0) {
			t.Errorf("together from %d to %d, with %d tokens", from, to, l.Sent(from, to))
		}
	})
}
