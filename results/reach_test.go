package results

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var stages = flag.Int("stages", 18, "how many stages TestCoverageAtTheStop simulates of each kind")

// stageOf is a stage of one-turn conversations with the given times to the first
// token, in seconds, that start as a Poisson process of rate a second. Records
// are in the order they ended.
func stageOf(r *rand.Rand, rate float64, n int, ttft func(gap float64) float64) *Data {
	l := load{tpot: 0.01, tokens: 2}
	d := steadyRun("open", 0, 0)
	d.Conversations = []Conversation{{Item: "a", Turns: []string{"?"}}}
	var at float64
	for i := range n {
		gap := r.ExpFloat64() / rate
		at += gap
		l.ttft = ttft(gap)
		d.Records = append(d.Records, l.answer("inc", i, 0, at))
	}
	slices.SortFunc(d.Records, func(a, b Record) int { return cmp.Compare(a.End.Or(0), b.End.Or(0)) })
	return d
}

// independent are log-normal times whose median is 0.3 s.
func independent(r *rand.Rand) func(float64) float64 {
	return func(float64) float64 { return 0.3 * math.Exp(0.5*r.NormFloat64()) }
}

// queue is a server of one place (M/M/1) whose load is a share of its capacity;
// one that is not overloaded answers half of its requests within
// ln 2 / (capacity - rate).
func queue(r *rand.Rand, rate, share float64) func(float64) float64 {
	wait := 0.0
	return func(gap float64) float64 {
		wait = max(0, wait-gap)
		wait += r.ExpFloat64() * share / rate
		return wait
	}
}

// stop looks as the driver does and returns the stage as it was at the stop, or
// nil where that never came.
func stop(d *Data, goals []Goal) *Data {
	met := 0
	for n := 30; n <= len(d.Records); n += n / 4 {
		now := *d
		now.Records = d.Records[:n]
		met++
		if r := Reached(&now, "steady", goals); len(r) == 0 || !r[0].Met(goals) {
			met = 0
		}
		if met == 2 {
			return &now
		}
	}
	return nil
}

// Stopping at a narrow interval costs some of its coverage, and the less the
// narrower it has to be. With -stages 2000 -v it prints what Reached documents.
func TestCoverageAtTheStop(t *testing.T) {
	const rate, share = 10.0, 0.8
	for _, tc := range []struct {
		kind   string
		within float64
		truth  float64
		most   int // requests
		ttft   func(*rand.Rand) func(float64) float64
		least  float64 // share of intervals that hold the truth
	}{
		{"independent", 0.1, 0.3, 4000, independent, 0.85},
		{"queue", 0.2, math.Ln2 / (rate/share - rate), 20000, func(r *rand.Rand) func(float64) float64 { return queue(r, rate, share) }, 0.6},
	} {
		t.Run(fmt.Sprintf("%s within %v", tc.kind, tc.within), func(t *testing.T) {
			n := *stages
			if tc.kind == "queue" {
				n = (n + 5) / 6
			}
			goals := []Goal{{"ttft_p50", tc.within}}
			var stopped, covered, requests float64
			for i := range n {
				r := rand.New(rand.NewPCG(uint64(i), 7))
				d := stop(stageOf(r, rate, tc.most, tc.ttft(r)), goals)
				if d == nil {
					continue
				}
				stopped++
				requests += float64(len(d.Records))
				s, _ := Summarise(d)
				f := s.Targets[0].Figures["ttft_p50"]
				if f.Low != nil && f.High != nil && *f.Low <= tc.truth && tc.truth <= *f.High {
					covered++
				}
			}
			t.Logf("%v of %d stopped, after %.0f requests on average; %.1f %% of the intervals hold the truth", stopped, n, requests/stopped, 100*covered/stopped)
			if stopped < 0.9*float64(n) || covered < tc.least*stopped {
				t.Errorf("too few")
			}
		})
	}
}
