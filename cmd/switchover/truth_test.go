package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchover/results"
	"switchover/results/stats"
	"switchover/results/truth"
)

// truthful has answers long and slow enough that 3 % is more than a busy
// machine's noise in a median.
const truthful = `name: truth
seed: 5
targets:
  - name: fast
    simulate: {ttft: 200ms, tpot: 15ms, jitter: 10%, output: 40, prefill: 4000/s}
    price: {input: 3, output: 15}
    params: {max_tokens: 80}
  - name: slow
    simulate: {ttft: 400ms, tpot: 20ms, jitter: 10%, output: 30}
    price: {input: 0.5, output: 0.5}
    params: {max_tokens: 80}
workload: {conversations: bundled, max_turns: 2}
load:
  - {name: steady, mode: open, rate: 3/s, arrivals: constant, conversations: 24}
`

// The figures of a run must be those of the simulator's own log: what it wrote
// and when, not what it was configured to do.
func TestFiguresRecoverWhatTheSimulatorServed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "truth.yaml")
	if err := os.WriteFile(file, []byte(truthful), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("switchover", "run", "--quiet", "--results", dir, file).CombinedOutput(); err != nil {
		t.Logf("%v\n%s", err, out) // on a busy machine the run calls itself invalid
	}
	checkFigures(t, dir)
}

// checkFigures holds the figures of the latest run's first measured stage to what its
// simulated servers say they sent in it.
func checkFigures(t *testing.T, dir string) {
	t.Helper()
	run, err := results.Find(dir, "latest")
	if err != nil {
		t.Fatal(err)
	}
	data, err := results.Read(run)
	if err != nil {
		t.Fatal(err)
	}
	summary, _ := results.Summarise(data)
	if !summary.Valid {
		t.Logf("times are not compared: the client says it was not fit to measure: %v", summary.Reasons)
	}
	for _, target := range summary.Targets {
		log := servedIn(t, filepath.Join(run, "sim", target.Name+".jsonl"), target.Stages[0].Name)
		input, output := log.Counted()
		price := data.Run.Target(target.Name).Price
		cost := float64(input)*(*price.Input)/1e6 + float64(output)*(*price.Output)/1e6
		from, to := windowOf(data, target)
		for _, c := range []struct {
			figure string
			want   float64
			share  float64
		}{
			{"ttft_p50", median(log.TTFT()), 0.03},
			{"tpot_p50", median(log.TPOT()), 0.03},
			{"output_tokens_per_s", rate(log, from, to), 0.03},
			{"usd_per_1k_conversations", cost / float64(target.Stages[0].Counts.Conversations) * 1000, 1e-9},
		} {
			got := target.Figures[c.figure].Value
			if c.share > 1e-6 && !summary.Valid {
				continue
			}
			if got == nil || math.Abs(*got/c.want-1) > c.share {
				t.Errorf("%s of %s: %v, the simulator served %g", c.figure, target.Name, got, c.want)
				continue
			}
			t.Logf("%-18s %-26s measured %12.6f  served %12.6f  off by %+.2f %%", target.Name, c.figure, *got, c.want, 100*(*got/c.want-1))
		}
		counts := target.Stages[0].Counts
		if counts.InputTokens != input || counts.OutputTokens != output {
			t.Errorf("%s: %d tokens in and %d out, the simulator served %d and %d", target.Name, counts.InputTokens, counts.OutputTokens, input, output)
		}
	}
}

// windowOf is the steady window on the wall clock, Unix ns.
func windowOf(d *results.Data, target results.TargetSummary) (from, to int64) {
	first := int64(math.MaxInt64)
	for _, r := range d.Records {
		if t, ok := r.Intended.Get(); ok && r.Target == target.Name && strings.HasPrefix(r.ID, target.Stages[0].Name+"/") {
			first = min(first, t)
		}
	}
	w := target.Stages[0].Window
	from = d.Run.Segments[0].EpochUnixNs + first + int64(w.RampCut*1e9)
	return from, from + int64(w.Seconds*1e9)
}

// rate is the tokens a second that were sent in a window.
func rate(l *truth.Log, from, to int64) float64 {
	return float64(l.Sent(from, to)) / (float64(to-from) / 1e9)
}

// served reads a simulator's log.
func served(t *testing.T, path string) *truth.Log { return servedIn(t, path, "") }

// servedIn reads what a simulator's log has of a stage; of all where it is "".
func servedIn(t *testing.T, path, stage string) *truth.Log {
	t.Helper()
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var of []byte
	for line := range bytes.Lines(all) {
		if stage == "" || bytes.Contains(line, []byte(`"id":"`+stage+`/`)) {
			of = append(of, line...)
		}
	}
	l, err := truth.Read(bytes.NewReader(of))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func median(v []float64) float64 {
	slices.Sort(v)
	return stats.Quantile(v, 0.5)
}

// askedID is the id in an asked event.
func askedID(e results.Event) string {
	var a results.Asked
	_ = json.Unmarshal(e.Data, &a)
	return a.ID
}
