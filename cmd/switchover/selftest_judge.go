package main

import (
	"fmt"
	"strings"
	"time"

	"switchover/report"
	"switchover/results"
	"switchover/results/truth"
)

// What a row of a self-test comes to.
const (
	verdictGood    = "good"
	verdictUsable  = "usable"
	verdictInvalid = "invalid"
	verdictServer  = "server late" // what it measured may be right, but it was not this load
)

const (
	goodWithin   = 0.0002                                       // s, p99
	usableWithin = 0.1                                          // of a token gap, p99
	leadLimit    = 0.001                                        // s that tokens may come before they were sent
	mostMissed   = 0.01                                         // of the streams
	leastEvents  = 0.95                                         // of the load a row is named after
	serverLate   = float64(selftestPace) / float64(time.Second) // s, p99: by then it sends two tokens at once
)

// selftestRow is one number of streams.
type selftestRow struct {
	Streams int `json:"streams"`
	truth.Errors
	Client  results.Client `json:"client"`
	Valid   bool           `json:"valid"` // by the rules of every run
	Reasons []string       `json:"reasons,omitempty"`
	Failed  string         `json:"failed,omitempty"` // what most answers failed by that did
	Verdict string         `json:"verdict"`
	Within  float64        `json:"within,omitempty"` // s: the larger of the errors' p99
	Why     string         `json:"why,omitempty"`    // it is not good
}

// last reports whether higher numbers are not tried.
func (r *selftestRow) last() bool { return r.Verdict == verdictInvalid || r.Verdict == verdictServer }

// judge settles the verdict of a row that was measured.
func (r *selftestRow) judge() {
	r.Within = max(r.ArrivalP99, r.GapP99)
	gap := selftestPace.Seconds()
	switch missed := r.Streams - r.Errors.Compared; {
	case !r.Valid && len(r.Reasons) > 0:
		r.Verdict, r.Why = verdictInvalid, strings.Join(r.Reasons, "; ")
	case r.Errors.Compared == 0, float64(missed) > mostMissed*float64(r.Streams):
		r.Verdict, r.Why = verdictInvalid, fmt.Sprintf("%d of %d answers could not be compared", missed, r.Streams)
		if r.Failed != "" {
			r.Why += ": " + r.Failed
		}
	case r.Lead > leadLimit:
		r.Verdict, r.Why = verdictInvalid, fmt.Sprintf("tokens were recorded up to %s before they were sent: the clock was set meanwhile", duration(r.Lead))
	case r.Within > usableWithin*gap:
		r.Verdict, r.Why = verdictInvalid, fmt.Sprintf("its errors are over %.0f %% of the token gap", 100*usableWithin)
	case r.EventsPerS < leastEvents*float64(r.Streams)/gap, r.PaceP99 > serverLate:
		r.Verdict, r.Why = verdictServer, fmt.Sprintf("the server itself fell behind, by %s (p99), which is no error of the client's: this host cannot carry both", duration(r.PaceP99))
	case r.Within > goodWithin:
		r.Verdict = verdictUsable
	default:
		r.Verdict = verdictGood
	}
}

// selftestReport is what a self-test found.
type selftestReport struct {
	Version    string        `json:"version"`
	Host       results.Host  `json:"host"`
	TokensPerS float64       `json:"tokens_per_s"` // of each stream
	Rows       []selftestRow `json:"rows"`
	Streams    int           `json:"streams"`          // that can be measured; 0 none
	Within     float64       `json:"within,omitempty"` // s: the largest error's p99 up to there
	Conclusion string        `json:"conclusion"`
	Limit      string        `json:"limit,omitempty"`
}

// conclude says what the rows come to.
func (r *selftestReport) conclude(interrupted bool) {
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.last() {
			r.Limit = fmt.Sprintf("What limits it: at %s %s.", plural(row.Streams, "stream"), row.Why)
			break
		}
		r.Streams, r.Within = row.Streams, max(r.Within, row.Within)
	}
	switch {
	case r.Streams > 0:
		r.Conclusion = fmt.Sprintf("This host measures up to %s at %g tokens/s to within %s (p99).", plural(r.Streams, "stream"), r.TokensPerS, duration(r.Within))
	case len(r.Rows) > 0:
		r.Conclusion = fmt.Sprintf("This host, as it is now, cannot measure %s at %g tokens/s.", plural(r.Rows[0].Streams, "stream"), r.TokensPerS)
	default:
		r.Conclusion = "Nothing was measured."
	}
	switch {
	case interrupted:
		r.Limit = "It was interrupted before it found a limit."
	case r.Limit == "":
		r.Limit = "No limit was found: try more with --streams."
	}
}

// selftestColumns are the table's, in order. Those of detail are left out where
// the width is not enough for all.
var selftestColumns = []struct {
	head   string
	detail bool
	cell   func(*selftestRow) string
}{
	{"streams", false, func(r *selftestRow) string { return fmt.Sprint(r.Streams) }},
	{"events/s", false, func(r *selftestRow) string { return fmt.Sprintf("%.0f", r.EventsPerS) }},
	{"error p50", true, func(r *selftestRow) string { return duration(r.ArrivalP50) }},
	{"error p99", false, func(r *selftestRow) string { return duration(r.ArrivalP99) }},
	{"gap p99", false, func(r *selftestRow) string { return duration(r.GapP99) }},
	{"clock", true, func(r *selftestRow) string { return r.Client.Clock }},
	{"merged", true, func(r *selftestRow) string { return share(r.Client.CoalescedShare) }},
	{"read p99", true, func(r *selftestRow) string {
		if v, ok := r.Client.ReceiveLagP99.Get(); ok {
			return duration(v)
		}
		return "-"
	}},
	{"sent p99", false, func(r *selftestRow) string { return duration(r.Client.ScheduleLagP99) }},
	{"CPU", false, func(r *selftestRow) string { return share(r.Client.CPUShare) }},
	{"server p99", true, func(r *selftestRow) string { return duration(r.PaceP99) }},
	{"verdict", false, func(r *selftestRow) string {
		if r.Verdict == verdictUsable {
			return "within " + duration(r.Within)
		}
		return r.Verdict
	}},
}

// allColumns is the width, in characters, from which the details are shown.
const allColumns = 112

const selftestLegend = `error: of arrivals, against the server's own log. gap: error of the time between two tokens. merged: reads of ` +
	`several tokens. read: how long an answer's bytes lay in the kernel at worst. sent: departures after they were due. ` +
	`CPU: the client's, of all processors. server: its own lateness, which is no error.`

// table is the rows' headings and cells for a width.
func (r *selftestReport) table(width int) (head []string, cells [][]string) {
	cells = make([][]string, len(r.Rows))
	for _, c := range selftestColumns {
		if c.detail && width < allColumns {
			continue
		}
		head = append(head, c.head)
		for i := range r.Rows {
			text := "-"
			if r.Rows[i].Events > 0 || c.head == "streams" || c.head == "verdict" {
				text = c.cell(&r.Rows[i])
			}
			cells[i] = append(cells[i], text)
		}
	}
	return head, cells
}

func duration(v float64) string { return report.Format(v, "s") }

func share(v float64) string { return report.Format(v, "share") }
