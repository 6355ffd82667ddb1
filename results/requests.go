package results

import (
	"cmp"
	"slices"
	"time"

	"switchover/targets/chat"
)

// request is one turn as the user meant it: its attempts, of which the last decides.
type request struct {
	session, turn int
	item          string
	attempts      []*Record // by attempt
	last          *Record
	// whole is false when a kill fell between the attempts: what the user waited
	// then includes the time nobody ran, so only service times count.
	whole bool
}

func (q *request) ok() bool { return q.last.OK() }

func (q *request) cancelled() bool {
	return q.last.Error != nil && q.last.Error.Class == chat.Cancelled
}

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
	if !ok || d <= 0 || len(q.last.Chunks) < 2 {
		return 0, false
	}
	var after int
	for _, c := range q.last.Chunks[1:] {
		after += c.Tokens
	}
	if after <= 0 {
		return 0, false
	}
	return d.Seconds() / float64(after), true
}

// tokenGaps calls add for each inter-token gap: k tokens, seconds apart. A chunk
// that apportioning left without a token lends its gap to the next one.
func tokenGaps(r *Record, add func(seconds float64, k int)) {
	var gap time.Duration
	for i, c := range r.Chunks {
		if i == 0 {
			continue
		}
		gap += c.Gap
		if c.Tokens > 0 {
			add(gap.Seconds()/float64(c.Tokens), c.Tokens)
			gap = 0
		}
	}
}

// left is when an attempt left: its connection was ready, less the time it took
// to make that connection.
func left(r *Record) (int64, bool) {
	start, ok := r.Start.Get()
	return start - r.DNS.Or(0) - r.Connect.Or(0) - r.TLS.Or(0), ok
}

// leftBy reports whether the request's first attempt left before an instant of its
// segment. One to which no connection came about left when it was scheduled.
func (q *request) leftBy(end int64) bool {
	when, ok := left(q.attempts[0])
	if !ok {
		when, ok = q.attempts[0].Scheduled.Get()
	}
	return ok && when < end
}

// session is one conversation held with one target.
type session struct {
	requests []*request // by turn
	// complete is whether every turn of its conversation succeeded.
	complete bool
	// ended is when the last attempt ended, in the segment of that attempt.
	ended *Record
}

// cell is one target in one stage: what a StageSummary is computed from.
type cell struct {
	run      *Run
	target   *RunTarget
	stage    *RunStage
	requests []*request // by session and turn
	sessions []*session
	spans    []span // the steady window
	steady   bool   // false: too short for one, spans are the whole stage
	drift    string // how the load was not steady all the same; empty where it was
	tried    bool   // there were requests enough to find a drift
	blocks   []span // of a steady window, for the intervals of times; none where it is short
	seen     []extent
	events   []*Event         // skipped and dropped, of this cell
	ends     map[int]StageEnd // by segment
	// quarantined says that nothing more was asked from some moment on.
	quarantined bool
}

// attempts calls f for every attempt of the cell, in order.
func (c *cell) attempts(f func(*Record)) {
	for _, q := range c.requests {
		for _, r := range q.attempts {
			f(r)
		}
	}
}

type cellKey struct{ stage, target string }

// cells groups a run's records and events by measured stage and candidate.
// Records of other stages are warm-up and never count.
func cells(d *Data) map[cellKey]*cell {
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
	addRequests(out, d.Records)
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

func addRequests(cells map[cellKey]*cell, records []Record) {
	type key struct {
		cell          *cell
		session, turn int
	}
	byKey := map[key]*request{}
	for i := range records {
		r := &records[i]
		c := cells[cellKey{r.Stage, r.Target}]
		if c == nil {
			continue
		}
		k := key{c, r.Session, r.Turn}
		q := byKey[k]
		if q == nil {
			q = &request{session: r.Session, turn: r.Turn, item: r.Item}
			byKey[k] = q
			c.requests = append(c.requests, q)
		}
		q.attempts = append(q.attempts, r)
	}
	for _, c := range cells {
		slices.SortFunc(c.requests, func(a, b *request) int {
			return cmp.Or(cmp.Compare(a.session, b.session), cmp.Compare(a.turn, b.turn))
		})
		for _, q := range c.requests {
			slices.SortStableFunc(q.attempts, func(a, b *Record) int { return cmp.Compare(a.Attempt, b.Attempt) })
			q.last = q.attempts[len(q.attempts)-1]
			q.whole = q.attempts[0].Segment == q.last.Segment
		}
	}
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

// addSessions joins requests to sessions; turns is the length of each item.
func (c *cell) addSessions(turns map[string]int) {
	for i, q := range c.requests {
		if i == 0 || q.session != c.requests[i-1].session {
			c.sessions = append(c.sessions, &session{})
		}
		s := c.sessions[len(c.sessions)-1]
		s.requests = append(s.requests, q)
		s.ended = q.last
	}
	for _, s := range c.sessions {
		want, known := turns[s.requests[0].item]
		s.complete = known && len(s.requests) == want
		for _, q := range s.requests {
			s.complete = s.complete && q.ok()
		}
	}
}
