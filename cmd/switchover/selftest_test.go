package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"switchover/results"
	"switchover/results/truth"
)

// fitRow is a row of which nothing is to be said; change makes it another.
func fitRow(streams int, change func(*selftestRow)) selftestRow {
	row := selftestRow{Streams: streams, Valid: true, Errors: truth.Errors{Compared: streams, Events: 250 * streams, EventsPerS: 50 * float64(streams),
		ArrivalP50: 5e-6, ArrivalP99: 40e-6, GapP99: 60e-6, PaceP99: 1e-3}, Client: results.Client{Clock: results.ClockKernel}}
	if change != nil {
		change(&row)
	}
	row.judge()
	return row
}

// Both sides of every threshold.
func TestWhatARowComesTo(t *testing.T) {
	for _, c := range []struct {
		intent  string
		change  func(*selftestRow)
		verdict string
		why     string
	}{
		{"all well", nil, verdictGood, ""},
		{"0.2 ms", func(r *selftestRow) { r.ArrivalP99 = 200e-6 }, verdictGood, ""},
		{"more", func(r *selftestRow) { r.ArrivalP99 = 201e-6 }, verdictUsable, ""},
		{"gaps count as well", func(r *selftestRow) { r.GapP99 = 1.9e-3 }, verdictUsable, ""},
		{"a tenth of the gap", func(r *selftestRow) { r.GapP99 = 2.1e-3 }, verdictInvalid, "over 10 % of the token gap"},
		{"an unfit client, however exact", func(r *selftestRow) { r.Valid, r.Reasons = false, []string{"sent late", "dropped"} }, verdictInvalid, "sent late; dropped"},
		{"1 of 100 missed", func(r *selftestRow) { r.Errors.Compared = 99 }, verdictGood, ""},
		{"2 of 100", func(r *selftestRow) { r.Errors.Compared, r.Failed = 98, "connect: refused" }, verdictInvalid, "2 of 100 answers could not be compared: connect: refused"},
		{"none at all", func(r *selftestRow) { r.Errors = truth.Errors{} }, verdictInvalid, "100 of 100"},
		{"clocks apart", func(r *selftestRow) { r.Lead = 0.002 }, verdictInvalid, "before they were sent"},
		{"the server sends too little", func(r *selftestRow) { r.EventsPerS *= 0.94 }, verdictServer, "the server itself fell behind"},
		{"the server is a token behind", func(r *selftestRow) { r.PaceP99 = 0.021 }, verdictServer, "by 21"},
	} {
		if row := fitRow(100, c.change); row.Verdict != c.verdict || !strings.Contains(row.Why, c.why) || (row.Why == "") != (c.why == "") {
			t.Errorf("%s: %q, %q; want %q, %q", c.intent, row.Verdict, row.Why, c.verdict, c.why)
		}
	}
}

func TestWhatASelfTestConcludes(t *testing.T) {
	coarse := func(r *selftestRow) { r.GapP99 = 400e-6 }
	unfit := func(r *selftestRow) { r.Valid, r.Reasons = false, []string{"the client sent late"} }
	for _, c := range []struct {
		rows              []selftestRow
		interrupted       bool
		conclusion, limit string
	}{
		{[]selftestRow{fitRow(50, nil), fitRow(100, coarse), fitRow(200, nil)}, false,
			"up to 200 streams at 50 tokens/s to within 0.4 ms (p99)", "No limit was found"},
		{[]selftestRow{fitRow(50, nil), fitRow(100, unfit)}, false, "up to 50 streams", "at 100 streams the client sent late"},
		{[]selftestRow{fitRow(50, unfit)}, false, "cannot measure 50 streams", "at 50 streams"},
		{[]selftestRow{fitRow(50, nil)}, true, "up to 50 streams", "interrupted"},
		{nil, true, "Nothing was measured", "interrupted"},
	} {
		r := selftestReport{Rows: c.rows, TokensPerS: 50}
		r.conclude(c.interrupted)
		if !strings.Contains(strings.ReplaceAll(r.Conclusion, "400 µs", "0.4 ms"), c.conclusion) || !strings.Contains(r.Limit, c.limit) {
			t.Errorf("%q %q; want %q %q", r.Conclusion, r.Limit, c.conclusion, c.limit)
		}
		for _, width := range []int{80, 120} {
			head, cells := r.table(width)
			for _, row := range cells {
				if len(row) != len(head) {
					t.Errorf("%d cells under %d headings", len(row), len(head))
				}
			}
		}
	}
}

// runSelftest runs the real program. Its folder for passing files must be empty
// afterwards.
func runSelftest(t *testing.T, args ...string) (found selftestReport, code int) {
	t.Helper()
	cmd := exec.Command("switchover", append([]string{"selftest", "--json", "--quiet", "--streams", "20", "--duration", "500ms"}, args...)...)
	tmp := t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	var talk strings.Builder
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if code = exitCodeOf(err); code != exitOK && code != exitInvalid { // on a busy machine it says that it cannot
		t.Fatalf("exit %d: %s", code, talk.String())
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
	return found, code
}

func TestSelftestOnEitherClock(t *testing.T) {
	for _, clock := range []string{"", results.ClockUser} {
		found, code := runSelftest(t, "--clock", clock)
		if len(found.Rows) != 1 {
			t.Fatalf("%d rows", len(found.Rows))
		}
		row := found.Rows[0]
		// 20 streams for half a second at 50 tokens/s, by the server's own stamps.
		if row.Errors.Compared != 20 || row.Events < 400 || row.Events > 600 {
			t.Errorf("%d streams with %d events were compared, want 20 with 500", row.Errors.Compared, row.Events)
		}
		if row.Lead > 50*time.Microsecond.Seconds() {
			t.Errorf("tokens were recorded %g s before they were sent", row.Lead)
		}
		if clock != "" && row.Client.Clock != clock {
			t.Errorf("clock %q, want %q", row.Client.Clock, clock)
		}
		if (code == exitOK) != (row.Verdict == verdictGood || row.Verdict == verdictUsable) || (code == exitOK) != (found.Streams == 20) {
			t.Errorf("exit %d with verdict %q and %d streams", code, row.Verdict, found.Streams)
		}
		t.Logf("%s: error p99 %.3g ms, gap %.3g ms: %s", row.Client.Clock, 1000*row.ArrivalP99, 1000*row.GapP99, found.Conclusion)
	}
}

func TestSelftestIsInterrupted(t *testing.T) {
	cmd := exec.Command("switchover", "selftest", "--streams", "5,10")
	tmp := t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "its first journal", func() bool { return lineCount(tmp+"/*/*/*/events.jsonl") > 0 })
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if code := exitCodeOf(cmd.Wait()); code != exitInterrupted || !strings.Contains(out.String(), "interrupted") {
		t.Errorf("exit %d, want %d:\n%s", code, exitInterrupted, out.String())
	}
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}

func TestSelftestsMistakes(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"--streams 0", "not between 1 and"},
		{"--streams 100000", "not between 1 and"},
		{"--streams 50,50", "does not rise"},
		{"--streams 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "1 to 16"},
		{"--duration 1ms", "not between 500ms and 1m0s"},
		{"--duration 1h", "not between 500ms and 1m0s"},
		{"--clock atomic", "no clock"},
		{"50", "takes no arguments"},
	} {
		out, err := exec.Command("switchover", append([]string{"selftest"}, strings.Fields(c.args)...)...).CombinedOutput()
		if exitCodeOf(err) != exitUsage || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: exit %d, %s; want %q", c.args, exitCodeOf(err), out, c.says)
		}
	}
}

// TestSelftestInterruptedTwice checks that a self-test which may not finish its
// streams leaves nothing behind either.
func TestSelftestInterruptedTwice(t *testing.T) {
	tmp := t.TempDir()
	cmd := exec.Command("switchover", "selftest", "--streams", "20")
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	talk, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(talk); lines.Scan(); said.WriteString(lines.Text() + "\n") {
		if strings.Contains(lines.Text(), "1 of 1") || strings.Contains(lines.Text(), "interrupt again") {
			time.Sleep(200 * time.Millisecond) // some streams run
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	if code := exitCodeOf(cmd.Wait()); code != exitInterrupted || strings.Contains(said.String(), "is kept") && !strings.Contains(said.String(), "nothing is kept") {
		t.Errorf("exit %d: %s", code, said.String())
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}
