package results

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
)

var update = flag.Bool("update", false, "write the golden files")

func summarised(t *testing.T) (*Data, *Summary, *Evidence) {
	t.Helper()
	d, err := Read(writeHandmade(t))
	if err != nil {
		t.Fatal(err)
	}
	s, ev := Summarise(d)
	return d, s, ev
}

// TestHandmadeFigures holds every figure of the hand-made run against arithmetic
// on paper. All times in milliseconds below; the journal's are in nanoseconds.
func TestHandmadeFigures(t *testing.T) {
	_, s, _ := summarised(t)
	none := math.NaN()
	for _, tc := range []struct {
		target, figure   string
		value, low, high float64 // NaN: nil
		n                int
		why              string // Reason must contain it
	}{
		// TTFT of the six successes: 200 (s0/0), 800-600 = 200 (s0/1), 1700-1000 = 700
		// (s1, from when its first attempt was due), 200 (s5), 300 (s6), 300 (s7).
		// Median (200+300)/2; p90 at rank 4.5 = (300+700)/2; p99 at 4.95. With n = 6
		// the median's interval is the extremes.
		{"inc", "ttft_p50", 0.250, 0.200, 0.700, 6, ""},
		{"inc", "ttft_p90", 0.500, 0.300, none, 6, "need"},
		{"inc", "ttft_p99", 0.680, 0.300, none, 6, "need 368"},
		// From start: 195 (ready 5 late), 200, 200 (second attempt alone), 200, 300, 300.
		{"inc", "ttft_service_p50", 0.200, 0.195, 0.300, 6, ""},
		// As TTFT, but s5 answers after 400: 200 200 300 300 400 700.
		{"inc", "ttfa_p50", 0.300, 0.200, 0.700, 6, ""},
		// 300/3, 200/1, 300/4, 300/4, 800/8, 600/2 = 100 200 75 75 100 300.
		{"inc", "tpot_p50", 0.100, 0.075, 0.300, 6, ""},
		// Gaps: s0/0 100/2 twice and 200; s0/1 200; s1 300/4 four times; s5 100 and
		// 200/3 three times; s6 800/8 eight times; s7 (300+300)/2 twice: 22 samples,
		// 50 50 66.7x3 75x4 100x9 200 200 300 300. Median rank 10.5, p99 rank 20.79.
		{"inc", "itl_p50", 0.100, 0.050, 0.300, 22, ""},
		{"inc", "itl_p99", 0.300, 0.100, none, 22, "need 368 requests"},
		// Last token: 500, 400, 1000, 500, 1100, 900 -> (500+900)/2.
		{"inc", "latency_p50", 0.700, 0.400, 1.100, 6, ""},
		{"inc", "latency_p99", 1.095, 1.000, none, 6, "need 368"},

		// Conversations that succeeded took 1000, 1000, 500, 1100, 1000: the ramp is
		// 1000. Arrivals end at 4000 in segment 0 and 2000 in segment 1: windows
		// [1000, 4000) and [1000, 2000), four seconds. Tokens in them: one at 1000
		// (s0/1), two at 1700 and four at 2000 (s1), two of s2, eight at 1100 (s6).
		{"inc", "output_tokens_per_s", 17.0 / 4, none, none, 17, "need 6 s"},
		// Ends in the windows: s0/1 at 1000, s1 at 2000, s6 at 1100. s1's TTFT is over 500.
		{"inc", "requests_per_s", 0.75, none, none, 3, "need 6 s"},
		{"inc", "goodput", 0.5, none, none, 3, "need 6 s"},
		// Failed: s2, s3 of eight, s4 being cancelled. Clopper-Pearson.
		{"inc", "error_rate", 0.25, 0.031854, 0.650856, 8, ""},
		// s2 of seven responses that began with 200; the cancelled one left out.
		{"inc", "interruption_rate", 1.0 / 7, 0.003610, 0.578723, 7, ""},

		// Input: five requests of 100 at $2/M and one of 50 at $2 and 50 at $0.2:
		// $0.00111 for 600 tokens. Clusters are the five sessions that count tokens.
		{"inc", "usd_per_mtok_input", 1.85, none, none, 5, ""},
		{"inc", "usd_per_mtok_output", 10, 10, 10, 5, ""},
		// $0.00024 + 0.00022 + 0.00026 + 0.00025 + 0.0002 + 0.00023 = $0.0014 for 629 tokens.
		{"inc", "usd_per_mtok_blended", 1400.0 / 629, none, none, 5, ""},
		// Five complete conversations for $0.0014. t(4) = 2.776; sd of 0.46 0.26 0.25
		// 0.20 0.23 is 0.10320, so -+ 0.128138.
		{"inc", "usd_per_1k_conversations", 0.28, 0.151862, 0.408138, 5, ""},
		{"inc", "gpu_util", none, none, none, 0, "another host"},

		{"cand", "ttft_p50", 0.1, none, none, 5, "need 6"},
		{"cand", "tpot_p50", 0.1, none, none, 5, "need 6"},
		// Ramp 500, arrivals end at 4000: 3.5 s. Four tokens at 500, then 3 x 5.
		{"cand", "output_tokens_per_s", 19 / 3.5, none, none, 19, "need 4 s"},
		{"cand", "error_rate", 0, 0, 0.450720, 5, ""}, // 1 - 0.05^(1/5), one-sided
		// $0.001/s: 0.001 * 3.5 / 19 * 1e6; with the input of the four that ended in
		// the window, 80: 0.001 * 3.5 / 99 * 1e6; four conversations: 0.0035 / 4 * 1000.
		{"cand", "usd_per_mtok_input", none, none, none, 0, "paid by the hour"},
		{"cand", "usd_per_mtok_output", 3500.0 / 19, none, none, 19, "need 4 s"},
		{"cand", "usd_per_mtok_blended", 3500.0 / 99, none, none, 99, "need 4 s"},
		{"cand", "usd_per_1k_conversations", 0.875, none, none, 4, "need 4 s"},
		// Device A 0.5 and 0.7, B 0.9; the sample at 100 is in the ramp. Memory adds up.
		{"cand", "gpu_util", 0.75, none, none, 3, "no interval"},
		{"cand", "gpu_mem_gib", 31, none, none, 3, "no interval"},
		{"cand", "gpu_power_w", none, none, none, 0, "does not report"},
		// Dialogues a and b: 4 and (5+4+3)/3; 3 and 4.
		{"inc", "coherence", 4.5, none, none, 2, ""},
		{"inc", "quality", 4, 4, 4, 2, ""},
		{"cand", "quality", 3.5, none, none, 2, ""},
	} {
		f, ok := s.Target(tc.target).Figures[tc.figure]
		if !ok {
			t.Errorf("%s %s is missing", tc.target, tc.figure)
			continue
		}
		near := func(what string, have *float64, want float64) {
			if math.IsNaN(want) {
				return // bounds that paper does not give are held by the golden file
			}
			if have == nil || math.Abs(*have-want) > 1e-6*math.Max(1, math.Abs(want)) {
				t.Errorf("%s %s: %s is %s, want %.6g", tc.target, tc.figure, what, f.text(), want)
			}
		}
		near("value", f.Value, tc.value)
		if strings.Contains(tc.why, " s") && (f.Low != nil || f.High != nil) {
			t.Errorf("%s %s has an interval although it says %q", tc.target, tc.figure, f.Reason)
		}
		near("low", f.Low, tc.low)
		near("high", f.High, tc.high)
		if math.IsNaN(tc.value) != (f.Value == nil) {
			t.Errorf("%s %s: known where it should not be, or the reverse: %s", tc.target, tc.figure, f.text())
		}
		if f.N != tc.n || !strings.Contains(f.Reason, tc.why) || tc.why == "" && f.Reason != "" {
			t.Errorf("%s %s: n %d, reason %q; want n %d, reason with %q", tc.target, tc.figure, f.N, f.Reason, tc.n, tc.why)
		}
	}
}

func TestHandmadeCounts(t *testing.T) {
	_, s, _ := summarised(t)
	inc := s.Target("inc").Stages[0]
	want := Counts{
		Conversations: 5, Sessions: 8, Requests: 9, Attempts: 10, Succeeded: 6, Failed: 2, Cancelled: 1,
		Interrupted: 1, Began2xx: 7, NeverAsked: 1, Dropped: 1, Resent: 1,
		Errors:        map[chat.Class]int{chat.Interrupted: 1, chat.Server: 1},
		AttemptErrors: map[chat.Class]int{chat.Interrupted: 1, chat.Server: 1, chat.RateLimited: 1, chat.Cancelled: 1},
		InputTokens:   600, OutputTokens: 29, Uncounted: 2, Unpriced: 2, // the interrupted one and the cancelled one
	}
	usd, known := inc.Counts.CostUSD.Get()
	if !known || math.Abs(usd-0.0014) > 1e-12 {
		t.Errorf("cost is %v, want 0.0014", inc.Counts.CostUSD)
	}
	inc.Counts.CostUSD = Opt[float64]{}
	if diff := cmp.Diff(want, inc.Counts, cmp.AllowUnexported(Opt[float64]{})); diff != "" {
		t.Errorf("counts (-want +have):\n%s", diff)
	}
	// Cut: 1 s of ramp in each segment; 4500-4000 and 3000-2000 of drain. Offered: s1,
	// s2, s3 and the dropped one; it never left.
	if w := inc.Window; w != (Window{Seconds: 4, RampCut: 2, DrainCut: 1.5, OfferedPerS: 1, AchievedPerS: 0.75}) {
		t.Errorf("window is %+v", w)
	}
	if u := s.Target("cand").CostAtUtilisation; math.Abs(u["20%"]-5*u["100%"]) > 1e-9 || u["100%"] != *s.Target("cand").Figures["usd_per_mtok_output"].Value {
		t.Errorf("cost at utilisation is %v", u)
	}
}

func TestHandmadeVerdict(t *testing.T) {
	_, s, _ := summarised(t)
	// One of 10+5 attempts and one drop is dropped: 1/16.
	if s.Valid || len(s.Reasons) != 1 || !strings.Contains(s.Reasons[0], "dropped 6.2 % of departures, over 1 %") {
		t.Errorf("valid %v, reasons %q", s.Valid, s.Reasons)
	}
	if s.Client.Clock != ClockUser || s.Client.Departures != 16 || s.Client.ScheduleLagP50 != 0 {
		t.Errorf("client is %+v", s.Client)
	}
	// Candidate minus incumbent: 3-4 and 4-4. The second judge's unscored verdict is
	// one of three: no claim.
	j := s.Target("cand").Judged
	if j.Dialogues != 2 || j.Verdicts != 3 || j.Unscored != 1 || j.Why["not JSON"] != 1 || *j.Difference.Value != -0.5 {
		t.Errorf("judged: %+v, difference %s", j, j.Difference.text())
	}
	if !strings.Contains(j.Difference.Reason, "1 of 3 verdicts on cand are unscored") || !slices.Contains(s.Warnings, j.Difference.Reason) {
		t.Errorf("unscored verdicts are not said: %q, warnings %q", j.Difference.Reason, s.Warnings)
	}
}

// long matches numbers whose last digits differ between architectures.
var long = regexp.MustCompile(`\d+\.\d{9,}`)

// TestSummaryGolden pins the names and the shape of summary.json, without the
// matrix, and that neither maps nor the order of lines change a byte.
func TestSummaryGolden(t *testing.T) {
	d, s, _ := summarised(t)
	encode := func(s *Summary) []byte {
		dir := t.TempDir()
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, "summary.json"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	whole := encode(s)
	for range 5 {
		slices.Reverse(d.Records)
		if again, _ := Summarise(d); !bytes.Equal(whole, encode(again)) {
			t.Fatal("two summaries of one run differ")
		}
	}
	s.Matrix = nil
	have := long.ReplaceAllFunc(encode(s), func(n []byte) []byte {
		v, _ := strconv.ParseFloat(string(n), 64)
		return strconv.AppendFloat(nil, v, 'g', 9, 64)
	})
	golden := filepath.Join("testdata", "handmade.summary.json")
	if *update {
		if err := os.WriteFile(golden, have, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(have)); diff != "" {
		t.Errorf("summary.json changed (-want +have), -update if meant:\n%s", diff)
	}
}

func TestEveryFigureIsThere(t *testing.T) {
	_, s, _ := summarised(t)
	quality := []string{"coherence", "understanding", "usefulness", "quality", "capacity"} // of the run, not of a stage
	for _, ts := range s.Targets {
		for _, info := range Figures {
			f, ok := ts.Figures[info.Key]
			if !ok || f.Unit != info.Unit || f.Value == nil && f.Reason == "" {
				t.Errorf("%s %s: %+v, want unit %q and a value or a reason", ts.Name, info.Key, f, info.Unit)
			}
			if _, ok := ts.Stages[0].Figures[info.Key]; ok == slices.Contains(quality, info.Key) {
				t.Errorf("%s of stage %s has %s: %v", ts.Name, ts.Stages[0].Name, info.Key, ok)
			}
		}
		if len(ts.Figures) != len(Figures) {
			t.Errorf("%s has %d figures, %d are defined", ts.Name, len(ts.Figures), len(Figures))
		}
	}
}

// TestUnknown is a run of which little is known: nothing may be made up.
func TestUnknown(t *testing.T) {
	run := handmadeRun()
	run.State, run.Policy.Objectives = StateComplete, nil
	run.Targets[0].Price, run.Targets[1].GPUHourUSD = nil, 0
	run.Targets = run.Targets[:2] // without its judge
	d := &Data{Run: run, Conversations: handmadeConversations}
	r := attempt("inc", 0, 0, 0, ch(100, 1, "c")).answered(nil, 10, 1)
	d.Records = []Record{*r}
	s, _ := Summarise(d)
	inc := s.Target("inc").Figures
	for key, want := range map[string]string{
		"usd_per_1k_conversations": "give --price IN,OUT",
		"tpot_p50":                 "after its first chunk",
		"goodput":                  "objectives:",
		"quality":                  "name a judge",
		"gpu_power_w":              "another host",
	} {
		if f := inc[key]; f.Value != nil || !strings.Contains(f.Reason, want) {
			t.Errorf("%s: %+v, want unknown because %q", key, f, want)
		}
	}
	for key, f := range s.Target("cand").Figures {
		if f.Value != nil {
			t.Errorf("cand was never asked and has %s = %v", key, *f.Value)
		}
	}
	if _, err := json.Marshal(s); err != nil {
		t.Errorf("the summary cannot be written: %v", err)
	}
	d.Records = nil
	if s, _ := Summarise(d); s.Valid || !slices.Contains(s.Reasons, "no request was measured") {
		t.Errorf("a run without records: valid %v, reasons %q", s.Valid, s.Reasons)
	}
}

// TestOneRequest: the smallest run has figures and no interval that one request
// could not give.
func TestOneRequest(t *testing.T) {
	run := handmadeRun()
	r := attempt("inc", 0, 0, 0, ch(100, 1, "c"), ch(20, 1, "c")).answered(incPrice, 10, 2)
	s, _ := Summarise(&Data{Run: run, Conversations: handmadeConversations, Records: []Record{*r}})
	if _, err := json.Marshal(s); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"ttft_p50": "0.1 [-, -] s n=1", "itl_p99": "0.02 [0.02, -] s n=1", "error_rate": "0 [0, 0.95] share n=1",
		"usd_per_1k_conversations": "0.04 [-, -] USD n=1",
	} {
		if f := s.Targets[0].Figures[key]; f.text() != want {
			t.Errorf("%s is %s, want %s", key, f.text(), want)
		}
	}
}

func TestStateIsSaid(t *testing.T) {
	base := func(state string) *Data {
		run := handmadeRun()
		run.State = state
		d := &Data{Run: run, Conversations: handmadeConversations}
		for _, r := range candAll() {
			d.Records = append(d.Records, *r)
		}
		return d
	}
	for _, tc := range []struct {
		state string
		event *Event
		want  []string
	}{
		{StateComplete, nil, nil},
		{StateInterrupted, &Event{Kind: EventInterrupt, Data: data(Reason{"stopped by the user"})}, []string{"cut short: stopped by the user"}},
		{StateInterrupted, &Event{Kind: EventBudget, Data: data(Reason{"$2.00 of $2.00 spent"})}, []string{"cut short: $2.00 of $2.00 spent"}},
		{StateRunning, nil, []string{"not finished: it is still running or was killed (switchover run --resume 20261122T090102Z-handmade)"}},
	} {
		d := base(tc.state)
		d.Events = append(d.Events, Event{Kind: EventClient, Stage: "steady", Data: data(ClientHealth{})})
		if tc.event != nil {
			d.Events = append(d.Events, *tc.event)
		}
		s, _ := Summarise(d)
		if !s.Valid || !slices.Equal(s.Reasons, tc.want) {
			t.Errorf("%s: valid %v, reasons %q, want valid and %q", tc.state, s.Valid, s.Reasons, tc.want)
		}
		// run.json takes the reasons over; summarising again must not change a byte.
		d.Run.Valid, d.Run.Reasons = &s.Valid, s.Reasons
		if again, _ := Summarise(d); !slices.Equal(again.Reasons, s.Reasons) || again.Valid != s.Valid {
			t.Errorf("%s: the second summary says %v %q", tc.state, again.Valid, again.Reasons)
		}
	}
}

func TestSimulatedIsSaid(t *testing.T) {
	d, _, _ := summarised(t)
	d.Records[len(d.Records)-1].Simulated = true // the server said so, not the scenario
	s, _ := Summarise(d)
	if !s.Simulated || !s.Target("inc").Simulated || s.Target("cand").Simulated {
		t.Errorf("simulated: run %v, inc %v, cand %v", s.Simulated, s.Target("inc").Simulated, s.Target("cand").Simulated)
	}
}

func TestEvidenceOfHandmade(t *testing.T) {
	_, _, ev := summarised(t)
	if got := ev.Targets["cand"].Dialogues; !maps.Equal(got, map[string]float64{"a": 3, "b": 4}) {
		t.Errorf("dialogues are %v", got)
	}
	// Five answers are too few to cut a segment into blocks: one for each. The first
	// is [1000, 4000), where both were steady: cand's answers due then all took 100 ms
	// to the first token, and 15 tokens came; in the second it was not asked.
	cand := ev.Targets["cand"].Blocks
	if len(cand) != 2 || len(ev.Targets["inc"].Blocks) != 2 {
		t.Fatalf("blocks: %v and %v, want two each", cand, ev.Targets["inc"].Blocks)
	}
	if cand[0]["ttft_p50"] != 0.1 || cand[0]["output_tokens_per_s"] != 5 || len(cand[1]) != 0 {
		t.Errorf("cand's blocks are %v", cand)
	}
}
