package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"switchover/results/stats"
	"switchover/targets/sim"
)

// seen is what a client says of one request.
type seen struct {
	id         string        // of the request, as its header had it, or
	completion string        // of the answer
	first      time.Duration // from its start to the first token, both as the client defines them
	at         int64         // when the first token came by its clock, Unix ns; 0 where it does not tell
	gaps       []time.Duration
	mean       time.Duration // of the gaps, as the client computes it; 0 where it does not
}

// window is the part of a run that counts, in Unix nanoseconds of the server.
type window struct{ from, to int64 }

// readTruth reads the log of the simulator.
func readTruth(path string) ([]sim.Entry, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	var out []sim.Entry
	for n := 1; len(b) > 0; n++ {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		b = rest
		var e sim.Entry
		if err := json.Unmarshal(line, &e); err != nil {
			if !whole {
				break // the server was stopped while it wrote
			}
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if e.Arrived > 0 {
			out = append(out, e)
		}
	}
	return out, nil
}

// maxFile bounds what is read of a client's output, in bytes.
const maxFile = 512 << 20

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s has %d bytes, above the limit of %d", path, info.Size(), maxFile)
	}
	return os.ReadFile(path)
}

// counted is the window of a run, from warm after its first request for so long.
func counted(truth []sim.Entry, warm, long time.Duration) window {
	if len(truth) == 0 {
		return window{}
	}
	first := slices.MinFunc(truth, func(a, b sim.Entry) int { return int(min(1, max(-1, a.Arrived-b.Arrived))) }).Arrived
	return window{first + int64(warm), first + int64(warm+long)}
}

// in are the complete answers of so many tokens to requests that arrived in the window.
func (w window) in(truth []sim.Entry, tokens int) []sim.Entry {
	var out []sim.Entry
	for _, e := range truth {
		if e.Arrived >= w.from && e.Arrived < w.to && e.End == sim.EndComplete && len(e.Tokens) == tokens {
			out = append(out, e)
		}
	}
	return out
}

// events counts the tokens that were sent within the window.
func (w window) events(truth []sim.Entry) int {
	n := 0
	for _, e := range truth {
		for _, t := range e.Tokens {
			if t >= w.from && t < w.to {
				n++
			}
		}
	}
	return n
}

// offsets are how far a client was off, in seconds, each sorted.
type offsets struct {
	first []float64 // of the instant of the first token, a request each
	ttft  []float64 // of the time to first token
	gaps  []float64 // of the gap between two tokens, a gap each
	means []float64 // of a request's mean gap
	// matched of asked requests were found in the client's output; uneven of them had
	// another number of gaps than the server sent.
	matched, asked, uneven int
}

// compare holds what a client says against what the server did. A name that either
// side uses twice names nothing.
func compare(truth []sim.Entry, said []seen) offsets {
	byID := named(said, func(s *seen) string { return s.id })
	byCompletion := named(said, func(s *seen) string { return s.completion })
	requests := named(truth, func(t *sim.Entry) string { return t.ID })
	e := offsets{asked: len(truth)}
	for i := range truth {
		t := &truth[i]
		s := byCompletion[t.Completion]
		if s == nil && requests[t.ID] == t {
			s = byID[t.ID]
		}
		if s == nil || len(t.Tokens) == 0 {
			continue
		}
		e.matched++
		e.add(t, s)
	}
	slices.Sort(e.first)
	slices.Sort(e.ttft)
	slices.Sort(e.gaps)
	slices.Sort(e.means)
	return e
}

// named finds items by their names. A name that is empty or that two items have
// finds nothing.
func named[T any](items []T, name func(*T) string) map[string]*T {
	found := map[string]*T{}
	for i := range items {
		item := &items[i]
		if _, twice := found[name(item)]; twice {
			item = nil
		}
		found[name(&items[i])] = item
	}
	found[""] = nil
	return found
}

func (e *offsets) add(t *sim.Entry, s *seen) {
	off := func(got time.Duration, want int64) float64 {
		return math.Abs((got - time.Duration(want)).Seconds())
	}
	e.ttft = append(e.ttft, off(s.first, t.Tokens[0]-t.Arrived))
	if s.at != 0 {
		e.first = append(e.first, off(time.Duration(s.at-t.Tokens[0]), 0))
	}
	n := len(t.Tokens) - 1
	if s.mean > 0 && n > 0 {
		e.means = append(e.means, off(s.mean, (t.Tokens[n]-t.Tokens[0])/int64(n)))
	}
	switch {
	case s.gaps == nil:
	case len(s.gaps) != n:
		e.uneven++
	default:
		for i, g := range s.gaps {
			e.gaps = append(e.gaps, off(g, t.Tokens[i+1]-t.Tokens[i]))
		}
	}
}

// quantile is NaN without samples.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return stats.Quantile(sorted, q)
}

// meanOf is the mean of gaps; 0 without any.
func meanOf(gaps []time.Duration) time.Duration {
	var sum time.Duration
	for _, g := range gaps {
		sum += g
	}
	return sum / time.Duration(max(1, len(gaps)))
}
