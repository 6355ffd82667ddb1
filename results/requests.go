package results

import (
	"time"

	"switchover/targets/chat"
)

// request is one turn as the user meant it: its attempts, of which the last decides.
type request struct {
	session, turn int
	first, last   *row // attempts; the same where there is one
	// whole is false when a kill fell between the attempts: what the user waited
	// then includes the time nobody ran, so only service times count.
	whole bool
	rows  [2]row
}

func (q *request) ok() bool { return q.last.OK() }

// ours reports whether the request failed by this side's doing: it is in no figure
// of the target's.
func (q *request) ours() bool { return q.last.Error != nil && q.last.Error.Class.Ours() }

// allOurs says why a target has no figures of requests where each was ours.
const allOurs = "every request was cancelled, or could not be sent from this machine"

// unsent reports whether this machine could not even send the request: like a
// departure that was dropped.
func (q *request) unsent() bool { return q.last.Error != nil && q.last.Error.Class == chat.Client }

// class is the class of a failed attempt. One that ended without its terminal
// marker and without a named error was interrupted.
func class(r *Record) chat.Class {
	if r.Error != nil {
		return r.Error.Class
	}
	return chat.Interrupted
}

// waited is a user-side time in seconds: an instant minus intended. Nobody waited
// less than no time: then the two are of different clocks, and it is unknown.
func (q *request) waited(at Instant) (float64, bool) {
	d, ok := Since(at, q.last.Intended).Get()
	return d.Seconds(), ok && q.whole && d >= 0
}

// served is a service-side time in seconds: an instant minus start.
func (q *request) served(at Instant) (float64, bool) {
	d, ok := Since(at, q.last.Start).Get()
	return d.Seconds(), ok && d >= 0
}

// tpot is the time per output token after the first chunk, in seconds.
func (q *request) tpot() (float64, bool) {
	d, ok := Since(q.last.LastToken, q.last.FirstToken).Get()
	if !ok || d <= 0 || q.last.chunks < 2 || q.last.after <= 0 {
		return 0, false
	}
	return d.Seconds() / float64(q.last.after), true
}

// left is when an attempt left: its connection was ready, less the time it took
// to make that connection.
func left(r *Record) (int64, bool) {
	start, ok := r.Start.Get()
	return start - r.DNS.Or(0) - r.Connect.Or(0) - r.TLS.Or(0), ok
}

// leftBy reports whether the request's first attempt left before an instant of its
// segment. One to which no connection came about left when it was scheduled, unless
// that was for want of something on this machine: then it never did.
func (q *request) leftBy(end int64) bool {
	if q.unsent() {
		return false
	}
	when, ok := left(&q.first.Record)
	if !ok {
		when, ok = q.first.Scheduled.Get()
	}
	return ok && when < end
}

// session is one conversation held with one target.
type session struct {
	first, last *request // by turn; the same where there is one
	requests    int
	// complete is whether every turn of its conversation succeeded.
	complete bool
	// ended is the last attempt: when it ended is when the session did, in the
	// segment of that attempt.
	ended *row
	ref   sessionRef
	both  [2]request
}

// cell is one target in one stage: what a StageSummary is computed from.
type cell struct {
	run      *Run
	target   *RunTarget
	stage    *RunStage
	pack     *pack
	order    []uint32     // records, by session, turn and attempt
	all      []requestRef // requests of the whole stage, by session and turn
	requests []requestRef // of those, the cell's own: of part of a stage, some
	sessions []sessionRef
	room     *buffers
	rows     []row // of the order from begin on: those that are remembered
	begin    uint32
	median   *time.Duration // latency, once typical was asked for
	spans    []span         // the steady window
	steady   bool           // false: too short for one, spans are the whole stage
	drift    string         // how the load was not steady all the same; empty where it was
	tried    bool           // there were requests enough to find a drift
	blocks   []span         // of a steady window, for the intervals of times; none where it is short
	seen     []extent
	events   []*Event         // skipped and dropped, of this cell
	ends     map[int]StageEnd // by segment
	// quarantined says that nothing more was asked from some moment on.
	quarantined bool
}

// requestRef is a request by its attempts' places in a cell's order, sessionRef a
// session by its requests' in all: a million of them have to fit.
type requestRef struct{ from, to uint32 }

type sessionRef struct {
	from, to uint32
	complete bool
}

type cellKey struct{ stage, target string }

// cells groups a run's records and events by measured stage and candidate.
// Records of other stages are warm-up and never count.
func cells(d *Data, p *pack) map[cellKey]*cell {
	out := map[cellKey]*cell{}
	for i := range d.Run.Stages {
		s := &d.Run.Stages[i]
		if !s.Measure {
			continue
		}
		for _, t := range d.Run.Candidates() {
			out[cellKey{s.Name, t.Name}] = &cell{run: d.Run, target: d.Run.Target(t.Name), stage: s}
		}
	}
	addRequests(out, p)
	addEvents(out, d.Events)
	addEnds(out, d.Events)
	turns := map[string]int{}
	for _, c := range d.Conversations {
		turns[c.Item] = len(c.Turns)
	}
	for _, c := range out {
		c.addSessions(turns)
	}
	return out
}

func addEvents(cells map[cellKey]*cell, events []Event) {
	for i := range events {
		e := &events[i]
		if e.Kind != EventSkipped && e.Kind != EventDropped {
			continue
		}
		if c := cells[cellKey{e.Stage, e.Target}]; c != nil {
			c.events = append(c.events, e)
		}
	}
}
