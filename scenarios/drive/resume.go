package drive

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"switchover/results"
	"switchover/scenarios"
)

// history is what earlier segments of a run did, as far as it decides what is
// still to be asked:
//
//  1. What has a record is never asked again.
//  2. What was asked and has no record was in flight when a process died: it is
//     asked once more, under the same id, and marked resent.
//  3. What has a record of class cancelled was in flight when a stop's drain ran
//     out: it is asked again as the next attempt, marked resent.
//  4. Sessions go on where they were, their history rebuilt from the journalled
//     answers; sessions that failed, were dropped or belong to a quarantined target
//     stay over.
//     A stage whose goals were reached begins no further session.
//  5. Finished stages are skipped. The warm-ups directly before the first unfinished
//     measured stage are repeated, and so is an unfinished warm-up, under ids that
//     name the segment.
//  6. The instants of an earlier segment mean nothing on this one's clock: a request
//     that goes on is intended when this segment first schedules it.
type history struct {
	began       map[legKey]bool
	ended       map[legKey]bool
	enough      map[legKey]bool          // its goals were reached: no conversation begins any more
	elapsed     map[legKey]time.Duration // of arrivals and drain, in all earlier segments
	unanswered  map[string]*bill         // by id: asked without a record
	dropped     map[string]bool          // ids
	skipped     map[sessionKey]bool
	records     map[sessionKey][]*results.Record // by turn and attempt
	quarantined map[string]string
	heard       map[string]bool // of a target, a response

	spent float64
	asked int
	ran   time.Duration
}

// legKey names a leg: a stage, and the target when it goes target after target.
type legKey struct{ stage, solo string }

type sessionKey struct {
	stage, target string
	session       int
}

// bill is what attempts of one id may have cost at worst, added up.
type bill struct {
	attempts int
	usd      float64
}

func readHistory(data *results.Data) (*history, error) {
	h := &history{
		began: make(map[legKey]bool), ended: make(map[legKey]bool), enough: make(map[legKey]bool), elapsed: make(map[legKey]time.Duration),
		unanswered: make(map[string]*bill), dropped: make(map[string]bool), skipped: make(map[sessionKey]bool),
		records: make(map[sessionKey][]*results.Record), quarantined: make(map[string]string), heard: make(map[string]bool),
	}
	if data == nil {
		return h, nil
	}
	for i := range data.Events {
		if err := h.readEvent(&data.Events[i]); err != nil {
			return nil, fmt.Errorf("resume: event %d (%s): %w", i+1, data.Events[i].Kind, err)
		}
	}
	for i := range data.Records {
		h.readRecord(&data.Records[i])
	}
	for _, b := range h.unanswered {
		h.spent += b.usd
	}
	for _, recs := range h.records {
		slices.SortFunc(recs, func(a, b *results.Record) int {
			return cmp.Or(cmp.Compare(a.Turn, b.Turn), cmp.Compare(a.Attempt, b.Attempt))
		})
	}
	return h, h.readTimes(data)
}

func (h *history) readEvent(e *results.Event) error {
	switch e.Kind {
	case results.EventStageStart:
		h.began[legKey{e.Stage, e.Target}] = true
	case results.EventEnough:
		h.enough[legKey{e.Stage, e.Target}] = true
	case results.EventStageEnd:
		end, err := decode[results.StageEnd](e)
		if err != nil {
			return err
		}
		if !end.Cut {
			h.ended[legKey{e.Stage, e.Target}] = true
		}
	case results.EventAsked:
		a, err := decode[results.Asked](e)
		if err != nil {
			return err
		}
		h.asked++
		b := h.unanswered[a.ID]
		if b == nil {
			b = new(bill)
			h.unanswered[a.ID] = b
		}
		b.attempts++
		b.usd += a.WorstUSD
	case results.EventDropped:
		a, err := decode[results.Asked](e)
		if err != nil {
			return err
		}
		h.dropped[a.ID] = true
	case results.EventSkipped:
		s, err := decode[results.Skipped](e)
		if err != nil {
			return err
		}
		h.skipped[sessionKey{e.Stage, e.Target, s.Session}] = true
	case results.EventQuarantine:
		r, err := decode[results.Reason](e)
		if err != nil {
			return err
		}
		h.quarantined[e.Target] = r.Reason
	}
	return nil
}

func decode[T any](e *results.Event) (v T, err error) {
	err = json.Unmarshal(e.Data, &v)
	return v, err
}

// readRecord settles a record's asked event, whose other attempts under the same
// id, lost to a kill, stay open at their worst case.
func (h *history) readRecord(r *results.Record) {
	var worst float64
	if b := h.unanswered[r.ID]; b != nil {
		worst = b.usd / float64(b.attempts)
		b.usd -= worst
		b.attempts--
		// What was lost of this id was asked again and answered.
		h.spent += b.usd
		delete(h.unanswered, r.ID)
	} else {
		h.asked++ // its event was lost, the request was not
	}
	h.spent += r.Charge(worst)
	h.heard[r.Target] = h.heard[r.Target] || heardOf(r)
	key := sessionKey{r.Stage, r.Target, r.Session}
	h.records[key] = append(h.records[key], r)
	if reason := quarantineReason(r); reason != "" && h.quarantined[r.Target] == "" {
		h.quarantined[r.Target] = reason
	}
}

// readTimes adds up how long each leg and the run have taken. A leg without an
// end lasted until the last thing its segment journalled.
func (h *history) readTimes(data *results.Data) error {
	type span struct{ first, last int64 }
	spans := make(map[int]*span)
	see := func(segment int, t int64) {
		s := spans[segment]
		if s == nil {
			s = &span{t, t}
			spans[segment] = s
		}
		s.first, s.last = min(s.first, t), max(s.last, t)
	}
	for i := range data.Events {
		see(data.Events[i].Segment, data.Events[i].T)
	}
	for i := range data.Records {
		r := &data.Records[i]
		if end, ok := r.End.Get(); ok {
			see(r.Segment, end)
		}
	}
	for _, s := range spans {
		h.ran += time.Duration(s.last - s.first)
	}
	type opened struct {
		segment int
		key     legKey
	}
	starts := make(map[opened]int64)
	for i := range data.Events {
		e := &data.Events[i]
		o := opened{e.Segment, legKey{e.Stage, e.Target}}
		switch e.Kind {
		case results.EventStageStart:
			starts[o] = e.T
		case results.EventStageEnd:
			end, err := decode[results.StageEnd](e)
			if err != nil {
				return err
			}
			if t, ok := starts[o]; ok {
				h.elapsed[o.key] += time.Duration(end.LastIntended - t)
				delete(starts, o)
			}
		}
	}
	for o, t := range starts {
		h.elapsed[o.key] += time.Duration(spans[o.segment].last - t)
	}
	return nil
}

// first is the index of the stage to go on with.
func (h *history) first(stages []scenarios.PlannedStage, lanes []*lane) int {
	i := 0
	for i < len(stages) && h.finished(&stages[i], lanes) {
		i++
	}
	if i == len(stages) {
		return i
	}
	for i > 0 && !stages[i-1].Measured {
		i--
	}
	return i
}

// touched reports whether an earlier segment began any leg of a stage.
func (h *history) touched(stage *scenarios.PlannedStage, lanes []*lane) bool {
	for _, p := range split(stage, lanes) {
		if h.began[legKey{stage.Name, p.solo}] {
			return true
		}
	}
	return false
}

func (h *history) finished(stage *scenarios.PlannedStage, lanes []*lane) bool {
	for _, p := range split(stage, lanes) {
		if !h.ended[legKey{stage.Name, p.solo}] {
			return false
		}
	}
	return true
}

// leftover is what earlier segments left of one leg.
type leftover struct {
	// shift is how much of the leg's schedule has passed: an open loop's first
	// remaining start was planned at this offset.
	shift time.Duration
	// elapsed is how long the leg has run, for stages whose users begin sessions
	// until a duration is over.
	elapsed time.Duration
	lanes   map[string]*rest
	// missed are sessions that were over, but whose skipped turns were not
	// journalled before the kill.
	missed []missed
}

// rest is one target's share of a leftover.
type rest struct {
	open   []opened          // sessions that go on
	starts []scenarios.Start // sessions not begun, in order
	// probe is the target's own window in a round of a capacity search; nil elsewhere.
	probe *scenarios.PlannedStage
}

type opened struct {
	sess *session
	wait time.Duration // before its next attempt
}

type missed struct {
	target string
	results.Skipped
}

// left works out what is still to be asked in one leg.
func (h *history) left(plan *scenarios.Plan, stage *scenarios.PlannedStage, p part) *leftover {
	key := legKey{stage.Name, p.solo}
	out := &leftover{elapsed: h.elapsed[key], lanes: make(map[string]*rest)}
	first := time.Duration(-1)
	for _, lane := range p.lanes {
		r := &rest{}
		out.lanes[lane.name] = r
		if !h.began[key] {
			r.starts = stage.Starts
			continue
		}
		for _, start := range stage.Starts {
			s := newSession(start, plan.Items)
			switch state, wait := h.replay(s, stage.Name, lane, plan.Scenario.Seed); state {
			case untouched:
				if h.enough[key] {
					continue
				}
				r.starts = append(r.starts, start)
				if first < 0 || start.At < first {
					first = start.At
				}
			case open:
				if lane.quarantined == "" {
					r.open = append(r.open, opened{s, wait})
				} else {
					out.miss(h, stage.Name, lane, s)
				}
			case over:
				out.miss(h, stage.Name, lane, s)
			}
		}
	}
	if h.began[key] {
		out.shift = first
		if first < 0 {
			out.shift = time.Duration(stage.Duration)
		}
	}
	return out
}

func (o *leftover) miss(h *history, stage string, lane *lane, s *session) {
	if n := s.unasked(); n > 0 && !h.skipped[sessionKey{stage, lane.name, s.number}] {
		o.missed = append(o.missed, missed{lane.name, results.Skipped{Session: s.number, Turns: n}})
	}
}

// state is how far a session had come.
type state int

const (
	untouched state = iota
	open
	over
)

// replay moves a fresh session to where earlier segments left it, and says how
// long it waits before its next attempt.
func (h *history) replay(s *session, stage string, lane *lane, seed int64) (state, time.Duration) {
	key := sessionKey{stage, lane.name, s.number}
	recs := h.records[key]
	var last step
	for _, r := range recs {
		if r.Turn != s.turn {
			return over, 0 // an earlier answer is lost, so its history cannot be told
		}
		s.attempt = r.Attempt
		last = s.after(r, lane.spec.Retry, uniform(seed, r.ID))
	}
	id := results.RecordID(stage, lane.name, s.number, s.turn, s.attempt)
	switch {
	case h.dropped[id]:
		s.attempt++ // the turn counts as dropped, the ones after it as skipped
		return over, 0
	case h.skipped[key]:
		return over, 0
	case h.unanswered[id] != nil:
		return open, 0
	case len(recs) == 0:
		return untouched, 0
	case last.verb == endFailed && isCancelled(recs[len(recs)-1]):
		s.resent = true
		return open, 0
	case last.verb == endOK, last.verb == endFailed:
		return over, 0
	}
	return open, last.wait
}
