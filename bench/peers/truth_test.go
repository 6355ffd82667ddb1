package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchover/targets/sim"
)

const ms = int64(time.Millisecond)

// entry is an answer whose request came at a millisecond, and whose tokens left at others.
func entry(id, completion string, arrived int64, tokens ...int64) sim.Entry {
	e := sim.Entry{ID: id, Completion: completion, Arrived: arrived * ms, End: sim.EndComplete}
	for _, t := range tokens {
		e.Tokens = append(e.Tokens, t*ms)
	}
	return e
}

func TestCompareFindsWhatAClientWasOffBy(t *testing.T) {
	truth := []sim.Entry{
		entry("a", "c1", 1000, 1400, 1420, 1450),
		entry("b", "c2", 1000, 1500, 1520, 1540),
		entry("unseen", "c3", 1000, 1500),
	}
	said := []seen{
		// 2 ms late by its TTFT and 4 by the clock, the first gap 1 ms long, the second 3 ms short.
		{id: "a", first: 402 * time.Millisecond, at: 1404 * ms, gaps: []time.Duration{21 * time.Millisecond, 27 * time.Millisecond}, mean: 24 * time.Millisecond},
		// By the answer's id, 1 ms early, with the mean alone.
		{completion: "c2", first: 499 * time.Millisecond, mean: 20 * time.Millisecond},
		{id: "of another run", first: time.Second},
	}
	got := compare(truth, said)
	if got.matched != 2 || got.asked != 3 || got.uneven != 0 {
		t.Errorf("matched %d of %d, %d uneven; want 2 of 3, 0", got.matched, got.asked, got.uneven)
	}
	near(t, "first-token errors", got.first, 0.004)
	near(t, "TTFT errors", got.ttft, 0.001, 0.002)
	near(t, "gap errors", got.gaps, 0.001, 0.003)
	near(t, "mean gap errors", got.means, 0, 0.001)
}

func near(t *testing.T, what string, got []float64, want ...float64) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

func TestWhatIsNotCertainIsNotMatched(t *testing.T) {
	for _, tc := range []struct {
		intent string
		truth  []sim.Entry
		said   []seen
	}{
		{"the server met the name twice", []sim.Entry{entry("a", "c1", 0, 10), entry("a", "c2", 0, 20)}, []seen{{id: "a"}}},
		{"the client has the name twice", []sim.Entry{entry("a", "c1", 0, 10)}, []seen{{id: "a"}, {id: "a"}}},
		{"neither has a name", []sim.Entry{entry("", "", 0, 10)}, []seen{{}}},
		{"no token was sent", []sim.Entry{entry("a", "c1", 0)}, []seen{{id: "a"}}},
	} {
		if got := compare(tc.truth, tc.said); got.matched != 0 {
			t.Errorf("%s: %d matched", tc.intent, got.matched)
		}
	}
}

func TestGapsOfAnotherNumberAreLeftOut(t *testing.T) {
	got := compare([]sim.Entry{entry("a", "", 0, 10, 20, 30)}, []seen{{id: "a", first: 10 * time.Millisecond, gaps: []time.Duration{20 * time.Millisecond}}})
	if got.uneven != 1 || len(got.gaps) != 0 || got.matched != 1 {
		t.Errorf("%d uneven, gap errors %v, %d matched; want 1, none, 1", got.uneven, got.gaps, got.matched)
	}
}

func TestTheWindowStartsAfterWarmUp(t *testing.T) {
	late := entry("late", "", 2000, 2100, 2200)
	cut := entry("cut", "", 1500, 1600)
	cut.End = sim.EndGone
	truth := []sim.Entry{late, entry("before", "", 1000, 1100, 1500), entry("in", "", 1400, 1500, 1600), cut, entry("short", "", 1450, 1460)}
	w := counted(truth, 400*time.Millisecond, 600*time.Millisecond)
	if w != (window{1400 * ms, 2000 * ms}) {
		t.Fatalf("window %v", w)
	}
	if in := w.in(truth, 2); len(in) != 1 || in[0].ID != "in" {
		t.Errorf("counted %v, want the one request that came in the window and was answered in full", in)
	}
	// 1500 of the one before, 1500 and 1600, the 1600 that was cut after, 1460.
	if n := w.events(truth); n != 5 {
		t.Errorf("%d tokens sent within the window, want 5", n)
	}
	if w := counted(nil, warm, measured); w != (window{}) {
		t.Errorf("the window of nothing is %v", w)
	}
}

func TestReadTruth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"event":"listening","at":5}` + "\n" + `{"id":"a","arrived":7,"tokens":[8,9],"end":"complete"}` + "\n" + `{"id":"b","arr`)
	got, err := readTruth(path)
	if err != nil || len(got) != 1 || got[0].ID != "a" || len(got[0].Tokens) != 2 {
		t.Errorf("read %v, %v; want the one whole request", got, err)
	}
	write("{}\nnonsense\n{}\n")
	if _, err := readTruth(path); err == nil || !strings.Contains(err.Error(), "log:2:") {
		t.Errorf("error %v, want one that names line 2", err)
	}
}
