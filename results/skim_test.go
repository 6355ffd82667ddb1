package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A run skimmed has the figures of the run read whole, without the events that
// nothing is computed from, and its texts can still be had.
func TestSkimmedFiguresAreTheSame(t *testing.T) {
	dir := writeHandmade(t)
	asked := data(Event{T: 1, Kind: EventAsked, Target: "inc", Stage: "steady", Data: data(Asked{ID: "steady/inc/0/0/1", WorstUSD: 0.5})})
	again, err := os.ReadFile(filepath.Join(dir, fileRequests))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := bytes.Cut(again, []byte("\n")) // the first record once more, with another text
	second := bytes.Replace(first, []byte(`"complete":true`), []byte(`"complete":true,"text":"at last"`), 1)
	add(t, filepath.Join(dir, fileRequests), string(second)+"\n"+`{"id":"to`)
	add(t, filepath.Join(dir, fileEvents), string(asked)+"\n{ \"kind\":\"asked\"}\n")

	whole, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	skimmed, err := Skim(dir)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := Summarise(whole)
	have, _ := Summarise(skimmed)
	if w, h := data(want), data(have); !bytes.Equal(w, h) {
		t.Errorf("skimmed, the summary is\n%s\nwant\n%s", h, w)
	}
	if n := len(whole.Events) - len(skimmed.Events); n != 2 {
		t.Errorf("%d events were left out, want the two of what was asked", n)
	}
	if whole.Replaced != 1 || skimmed.Replaced != 1 || len(skimmed.Records) != 0 {
		t.Errorf("replaced %d and %d, %d records kept whole", whole.Replaced, skimmed.Replaced, len(skimmed.Records))
	}

	add(t, filepath.Join(dir, fileRequests), `rn"}`+"\n"+`{"id":"new"}`+"\n") // what was written after it was read
	var got [][]byte
	if err := skimmed.Whole(func(r *Record) error { got = append(got, data(r)); return nil }); err != nil {
		t.Fatal(err)
	}
	for i := range whole.Records {
		if line := data(&whole.Records[i]); !slices.ContainsFunc(got, func(b []byte) bool { return bytes.Equal(b, line) }) {
			t.Errorf("not among the whole records: %s", line)
		}
	}
	if len(got) != len(whole.Records) || !strings.Contains(string(bytes.Join(got, nil)), "at last") {
		t.Errorf("%d whole records, want %d", len(got), len(whole.Records))
	}
	stop := errors.New("seen enough")
	if err := skimmed.Whole(func(*Record) error { return stop }); err != stop {
		t.Errorf("stopped with %v, want the caller's own error", err)
	}
	if err := os.Truncate(filepath.Join(dir, fileRequests), int64(len(first)+1)); err != nil {
		t.Fatal(err)
	}
	if err := skimmed.Whole(func(*Record) error { return nil }); err == nil || !strings.Contains(err.Error(), "requests.jsonl has lost") {
		t.Errorf("of a file cut since: %v", err)
	}
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Lines are refused with the same place wherever a batch begins, and every line
// before the first bad one was sound.
func TestBadLineFarInside(t *testing.T) {
	line := string(data(attempt("inc", 0, 0, 0, ch(100, 1, "c")).answered(incPrice, 1, 1)))
	for _, bad := range []int{1, 700, 4999, 5000} {
		lines := slices.Repeat([]string{line}, 5000)
		lines[bad-1] = line[:len(line)-1]
		_, err := Skim(folder(t, fileRequests, strings.Join(lines, "\n")+"\n"))
		if err == nil || !strings.Contains(err.Error(), "requests.jsonl:"+itoa(bad)+": unexpected end") {
			t.Errorf("line %d: %v", bad, err)
		}
	}
}

func itoa(n int) string { return string(data(n)) }

// Quantiles of gaps are the same to the last bit whether all are sorted or they are
// searched for: gaps of one token and of several, negative ones, equal ones.
func TestGapsSearchedAndSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, gap := range []func() Chunk{
		func() Chunk { return Chunk{Gap: time.Duration(r.Int64N(40e6)), Tokens: 1, Kind: "c"} },
		func() Chunk { return Chunk{Gap: time.Duration(r.Int64N(40e6) - 5e6), Tokens: r.IntN(4), Kind: "c"} },
		func() Chunk { return Chunk{Gap: 10e6, Tokens: 1 + r.IntN(2), Kind: "c"} },
	} {
		d := steadyRun("open", 0, 60)
		for i := range 60 {
			rec := load{ttft: 0.3, tpot: 0.01, tokens: 2}.answer("inc", i, 0, float64(i))
			for range 40 {
				rec.Chunks = append(rec.Chunks, gap())
			}
			d.Records = append(d.Records, rec)
		}
		c := cells(d, d.packed())[cellKey{"steady", "inc"}]
		g := c.tokenGaps()
		qs := []float64{0, 0.01, 0.25, 0.5, 0.5001, 0.9, 0.99, 1}
		sorted, searched := g.quantiles(qs, g.entries), g.quantiles(qs, 0)
		if !slices.Equal(sorted, searched) || sorted[7] == 0 {
			t.Errorf("sorted %v, searched for %v", sorted, searched)
		}
	}
}

// What is computed from a cell does not depend on whether its records are
// remembered.
func TestRememberedCells(t *testing.T) {
	l := load{ttft: 0.3, tpot: 0.02, think: 0.5, tokens: 5}
	d := steadyRun("open", 0, 120)
	l.open(d, "inc", poisson(rand.New(rand.NewPCG(7, 8)), 3, 120))
	figures := func(remember bool) string {
		c := cells(d, d.packed())[cellKey{"steady", "inc"}]
		if remember {
			c.remember(nil)
			if len(c.rows) != len(d.Records) {
				t.Fatalf("%d of %d records remembered", len(c.rows), len(d.Records))
			}
		}
		stage := c.summarise(nil)
		b, err := json.Marshal([]any{stage, c.blockFigures(c.spans)})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if a, b := figures(true), figures(false); a != b {
		t.Errorf("remembered\n%s\ntaken out each time\n%s", a, b)
	}
}
