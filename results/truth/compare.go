package truth

import (
	"fmt"
	"math"
	"slices"
	"time"

	"switchover/results"
	"switchover/results/stats"
)

// Errors is how far the instants of a run's records are from when the server sent
// what they are of. Times are seconds.
type Errors struct {
	Compared int `json:"compared"` // answers
	// Missed are answers that cannot be compared: those that failed, and those of
	// which the two sides counted different tokens.
	Missed     int     `json:"missed"`
	Events     int     `json:"events"`       // tokens compared
	EventsPerS float64 `json:"events_per_s"` // as the server sent them
	// ArrivalP50 and ArrivalP99 are of |recorded - sent|; GapP99 of the difference
	// between the recorded gap of two tokens and the gap they were sent at.
	ArrivalP50 float64 `json:"arrival_error_p50"`
	ArrivalP99 float64 `json:"arrival_error_p99"`
	GapP99     float64 `json:"gap_error_p99"`
	// Lead is the most that a token was recorded before it was sent, which cannot
	// be: the two clocks are off by at least that.
	Lead float64 `json:"lead,omitempty"`
	// PaceP99 is of the server's own lateness against its pace. It is no error of
	// the client's, since errors are against what was really sent.
	PaceP99 float64 `json:"server_late_p99"`
}

// Compare holds the records of a run against the log of its one simulated server,
// over the tokens sent from an instant on and before another, Unix nanoseconds.
// pace is the server's time between tokens, without jitter.
func Compare(d *results.Data, l *Log, from, to int64, pace time.Duration) (Errors, error) {
	var out Errors
	var late, gaps, behind []float64
	for i := range d.Records {
		r := &d.Records[i]
		e := l.byID[r.ID]
		if !r.OK() || e == nil || len(r.Chunks) != len(e.Tokens) {
			out.Missed++
			continue
		}
		if r.Segment < 0 || r.Segment >= len(d.Run.Segments) {
			return out, fmt.Errorf("compare run %s with the simulator's log: record %s is of segment %d, which the run does not have", d.Run.ID, r.ID, r.Segment)
		}
		out.Compared++
		at := d.Run.Segments[r.Segment].EpochUnixNs + r.Start.Or(0)
		due := e.Arrived + e.Queued + e.Prefill
		for k, sent := range e.Tokens {
			before := at
			at += int64(r.Chunks[k].Gap)
			if sent < from || sent >= to {
				continue
			}
			off := float64(at-sent) / 1e9
			late = append(late, math.Abs(off))
			out.Lead = max(out.Lead, -off)
			behind = append(behind, max(0, float64(sent-due-int64(k)*int64(pace))/1e9))
			if k > 0 {
				gaps = append(gaps, math.Abs(float64((at-before)-(sent-e.Tokens[k-1]))/1e9))
			}
		}
	}
	if out.Events = len(late); out.Events == 0 {
		return out, fmt.Errorf("compare run %s with the simulator's log: no token of the stretch is in both (%d answers could not be compared)", d.Run.ID, out.Missed)
	}
	out.EventsPerS = float64(out.Events) / (float64(to-from) / 1e9)
	out.ArrivalP50, out.ArrivalP99 = quantile(late, 0.5), quantile(late, 0.99)
	out.GapP99, out.PaceP99 = quantile(gaps, 0.99), quantile(behind, 0.99)
	return out, nil
}

func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return stats.Quantile(v, q)
}
