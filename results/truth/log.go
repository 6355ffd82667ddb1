// Package truth compares what a run recorded with what its simulated server says
// it really sent, and when: the error of the measuring path itself. Both write
// Unix nanoseconds that advance with the machine's monotonic clock, so they are
// compared as they are; a server on another machine cannot be.
//
// It refuses to compare answers of which one side saw more tokens than the other,
// and to take a log that was cut off for a whole one.
package truth

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"switchover/targets/sim"
)

// maxLine bounds a line of a request log, in bytes: more than the longest answer
// of the simulator takes.
const maxLine = 8 << 20

// Log is a simulated server's request log.
type Log struct {
	entries []sim.Entry
	byID    map[string]*sim.Entry
}

// Read reads a request log whole. The error names the line that is none.
func Read(r io.Reader) (*Log, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	l := &Log{}
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var e struct {
			sim.Entry
			Event string `json:"event"`
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("read the simulator's log: line %d: %w", n, err)
		}
		switch {
		case e.Event == sim.LogFull:
			return nil, fmt.Errorf("read the simulator's log: line %d: it was full, and the rest is missing", n)
		case e.Event == "":
			l.entries = append(l.entries, e.Entry)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("read the simulator's log: a line is longer than %d bytes", maxLine)
	} else if err != nil {
		return nil, fmt.Errorf("read the simulator's log: %w", err)
	}
	l.byID = make(map[string]*sim.Entry, len(l.entries))
	for i := range l.entries {
		l.byID[l.entries[i].ID] = &l.entries[i]
	}
	return l, nil
}

// TTFT are the times from a request's arrival to its first token, in seconds, of
// every answer that streamed at least two.
func (l *Log) TTFT() []float64 {
	var out []float64
	l.streams(func(e *sim.Entry) { out = append(out, float64(e.Tokens[0]-e.Arrived)/1e9) })
	return out
}

// TPOT are the mean times between tokens, in seconds, of the same answers.
func (l *Log) TPOT() []float64 {
	var out []float64
	l.streams(func(e *sim.Entry) {
		out = append(out, float64(e.Tokens[len(e.Tokens)-1]-e.Tokens[0])/1e9/float64(len(e.Tokens)-1))
	})
	return out
}

// Sent is how many tokens were sent from an instant on and before another, Unix
// nanoseconds.
func (l *Log) Sent(from, to int64) int {
	n := 0
	for i := range l.entries {
		for _, at := range l.entries[i].Tokens {
			if at >= from && at < to {
				n++
			}
		}
	}
	return n
}

// Counted are the tokens of all answers as the server counts them.
func (l *Log) Counted() (input, output int) {
	l.streams(func(e *sim.Entry) { input, output = input+e.InputTokens, output+e.OutputTokens })
	return input, output
}

// Together is the stretch in which every answer was being streamed, Unix
// nanoseconds; not ok where there was none.
func (l *Log) Together() (from, to int64, ok bool) {
	first := true
	l.streams(func(e *sim.Entry) {
		a, b := e.Tokens[0], e.Tokens[len(e.Tokens)-1]
		if first {
			from, to, first = a, b, false
		}
		from, to = max(from, a), min(to, b)
	})
	return from, to, from < to
}

func (l *Log) streams(f func(*sim.Entry)) {
	for i := range l.entries {
		if e := &l.entries[i]; len(e.Tokens) >= 2 {
			f(e)
		}
	}
}
