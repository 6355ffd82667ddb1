package drive

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"switchover/results"
	"switchover/scenarios"
)

// leg is one stretch of arrivals with one board: a whole stage, or one target's
// share of a sequential one.
type leg struct {
	d     *driver
	stage *scenarios.PlannedStage
	// prefix is the stage as record ids name it: its name, and for a warm-up that
	// repeats in a later segment the segment after a tilde, which no stage name has.
	prefix string
	lanes  []*lane
	solo   string // the lane's name when the stage goes target after target
	board  *board
	ctx    context.Context // of its attempts
	cancel context.CancelFunc

	began  time.Duration // since the segment's zero; 0 while the board is filled
	timed  bool          // arrivals end after length, not by count
	length time.Duration
	drain  time.Duration // how long after the arrivals answers may take
	timer  *time.Timer   // Pace's
	before time.Duration // how long the leg ran in earlier segments
	watch  *watch        // of the stage's goals; nil without

	probing *probing // a round of a capacity search; nil without

	// Guarded by d.mu.
	waiting   [][]scenarios.Start // users mode: per lane index, sessions not begun
	lastStart time.Duration       // when the last session put on the board is due
	gaveUp    bool                // the drain's bound was reached
	ranOut    []bool              // per lane index: too few sessions were planned, and this was said
	idle      []time.Duration     // per lane index: when a user first found no session left; 0 none did
	drops     int
}

func (d *driver) newLeg(stage *scenarios.PlannedStage, prefix string, p part) *leg {
	ctx, cancel := context.WithCancel(d.ctx)
	l := &leg{
		d: d, stage: stage, prefix: prefix, lanes: p.lanes, solo: p.solo, ctx: ctx, cancel: cancel,
		board: newBoard(len(d.lanes), d.cfg.MaxInFlight), waiting: make([][]scenarios.Start, len(d.lanes)),
		ranOut: make([]bool, len(d.lanes)), idle: make([]time.Duration, len(d.lanes)), timed: stage.Duration > 0, length: time.Duration(stage.Duration),
	}
	for _, lane := range p.lanes {
		l.board.caps[lane.index] = d.socketsOf(lane)
		total := lane.spec.Timeouts.Total
		if total <= 0 {
			total = defaultTotal
		}
		l.drain = max(l.drain, total)
	}
	var think time.Duration
	for _, s := range stage.Starts {
		var sum time.Duration
		for _, t := range s.Think {
			sum += t
		}
		think = max(think, sum)
	}
	l.drain += think
	return l
}

// defaultTotal is the total timeout of a target that names none.
const defaultTotal = 5 * time.Minute

// run carries the leg out.
func (l *leg) run(left *leftover) error {
	defer l.cancel()
	d := l.d
	l.before = left.elapsed
	if l.stage.ClosedLoop() {
		l.fillUsers(left)
	} else {
		l.fillOpen(left)
	}
	l.begin()
	if l.probing != nil {
		l.probing.begin(l)
	} else {
		d.emit(newEvent(d.cfg.Segment, l.began, results.EventStageStart, l.solo, l.stage.Name, nil))
	}
	d.changed()
	l.watch = l.watchGoals()
	l.attack()
	l.watch.stop()

	d.mu.Lock()
	d.leg = nil
	if d.drainTimer != nil {
		d.drainTimer.Stop()
	}
	end := results.StageEnd{LastIntended: int64(l.arrivalsEnd(d.now())), Cut: d.stopped != "", Idle: l.idleSince()}
	if d.stopped != "" {
		end.LastIntended = min(end.LastIntended, int64(d.stoppedAt))
	}
	d.mu.Unlock()
	if l.probing != nil {
		l.probing.end(l, end.Cut)
	} else {
		d.emit(l.event(results.EventStageEnd, l.solo, end))
	}
	return d.failure()
}

// begin sets the clock of a filled board: its departures are due from now on.
// Filling a large one takes a while, by which the first would leave late.
func (l *leg) begin() {
	d := l.d
	d.mu.Lock()
	defer d.mu.Unlock()
	l.began = d.now()
	l.lastStart += l.began
	l.board.shift(l.began)
	d.leg = l
}

// arrivalsEnd is when arrivals were over, at the latest now. The caller holds d.mu.
func (l *leg) arrivalsEnd(now time.Duration) time.Duration {
	if l.timed && (!l.stage.ClosedLoop() || l.sessionsWait()) {
		return min(now, l.began+l.length)
	}
	return min(now, l.lastStart)
}

// fillOpen puts every start of an open loop on the board, due from the leg's
// beginning. What is left of an earlier segment keeps its spacing and is moved so
// that its first start leaves now; sessions that had begun go on at once.
func (l *leg) fillOpen(left *leftover) {
	l.length = max(0, l.length-left.shift)
	for _, lane := range l.lanes {
		if l.d.isQuarantined(lane) {
			continue
		}
		rest := left.lanes[lane.name]
		for _, r := range rest.open {
			l.add(lane, r.sess, r.wait)
		}
		for _, s := range rest.starts {
			l.add(lane, newSession(s, l.d.cfg.Plan.Items), s.At-left.shift)
		}
	}
}

// fillUsers gives every user its first session, due from the leg's beginning. A
// session that an earlier segment left open takes the place of a new one.
func (l *leg) fillUsers(left *leftover) {
	l.length = max(0, l.length-left.elapsed)
	for _, lane := range l.lanes {
		if l.d.isQuarantined(lane) {
			continue
		}
		rest := left.lanes[lane.name]
		l.d.mu.Lock()
		l.waiting[lane.index] = rest.starts
		l.d.mu.Unlock()
		for _, r := range rest.open {
			l.add(lane, r.sess, r.wait)
		}
		stage := l.stage
		if rest.probe != nil {
			stage = rest.probe
		}
		for u := len(rest.open); u < stage.Users; u++ {
			var at time.Duration
			if u < len(stage.Starts) {
				at = stage.Starts[u].At
			}
			l.nextSession(lane, at)
		}
	}
}

// nextSession puts a user's next session on the board, unless the stage's
// duration or its conversations are over.
func (l *leg) nextSession(lane *lane, at time.Duration) {
	d := l.d
	d.mu.Lock()
	if l.gaveUp || lane.quarantined != "" || (l.timed && at >= l.began+l.length) {
		d.mu.Unlock()
		return
	}
	waiting := l.waiting[lane.index]
	if len(waiting) == 0 {
		news := l.timed && l.stage.Conversations == 0 && l.stage.Requests == 0 && !l.ranOut[lane.index]
		l.ranOut[lane.index] = true
		if l.began > 0 && l.idle[lane.index] == 0 {
			l.idle[lane.index] = at
		}
		early := l.began + l.length - at
		d.mu.Unlock()
		if news {
			d.emit(l.event(results.EventWarning, lane.name, results.Reason{Reason: fmt.Sprintf(
				"every planned conversation was used %s before the end of the stage: its users fell idle",
				early.Round(time.Millisecond))}))
		}
		return
	}
	start := waiting[0]
	l.waiting[lane.index] = waiting[1:]
	d.mu.Unlock()
	l.add(lane, newSession(start, d.cfg.Plan.Items), at)
	if len(waiting) == 1 {
		l.board.signal() // the drain has a bound from now on
	}
}

// idleSince is, by target, when its users began to fall idle. The caller holds
// d.mu.
func (l *leg) idleSince() map[string]int64 {
	var out map[string]int64
	for _, lane := range l.lanes {
		if at := l.idle[lane.index]; at > 0 {
			if out == nil {
				out = map[string]int64{}
			}
			out[lane.name] = int64(at)
		}
	}
	return out
}

// add puts a session's next attempt on the board.
func (l *leg) add(lane *lane, s *session, at time.Duration) {
	s.intended = at
	l.d.mu.Lock()
	l.lastStart = max(l.lastStart, at)
	l.d.mu.Unlock()
	l.push(lane, s, at)
}

func (l *leg) push(lane *lane, s *session, at time.Duration) {
	n := len(l.d.lanes)
	l.board.push(&departure{leg: l, lane: lane, sess: s, due: at, rank: (lane.index + s.number) % n})
}

// alarm is how long until the leg has something to see to, which it does when
// that time has come; negative for nothing.
func (l *leg) alarm(now time.Duration) time.Duration {
	d := l.d
	wait := time.Duration(-1)
	if at, ok := d.ledger.deadline(); ok {
		if now >= at {
			d.stop(StoppedBudget, fmt.Sprintf("the budget of %s is used up", d.ledger.time))
		} else {
			wait = at - now
		}
	}
	d.mu.Lock()
	over := l.lastStart
	if l.timed {
		over = l.began + l.length
	} else if l.stage.ClosedLoop() && l.sessionsWait() {
		d.mu.Unlock()
		return wait
	}
	quit := l.gaveUp
	d.mu.Unlock()
	if quit {
		return wait
	}
	end := over + l.drain
	if now >= end {
		l.giveUp()
		return wait
	}
	if wait < 0 || end-now < wait {
		wait = end - now
	}
	return wait
}

// sessionsWait reports whether users still have sessions to begin. The caller
// holds d.mu.
func (l *leg) sessionsWait() bool {
	for _, lane := range l.lanes {
		if lane.quarantined == "" && len(l.waiting[lane.index]) > 0 {
			return true
		}
	}
	return false
}

// giveUp ends the drain at its bound: what waits is never asked, what is in
// flight is cancelled.
func (l *leg) giveUp() {
	l.d.mu.Lock()
	l.gaveUp = true
	l.d.mu.Unlock()
	for _, dep := range l.board.close() {
		if dep.sess.begun() {
			l.skip(dep.lane, dep.sess)
		} else {
			l.drop(dep)
		}
	}
	l.cancel()
}

// event is an event of this leg, now.
func (l *leg) event(kind, target string, data any) results.Event {
	return newEvent(l.d.cfg.Segment, l.d.now(), kind, target, l.stage.Name, data)
}

func newEvent(segment int, at time.Duration, kind, target, stage string, data any) results.Event {
	e := results.Event{Segment: segment, T: int64(at), Kind: kind, Target: target, Stage: stage}
	if data != nil {
		e.Data, _ = json.Marshal(data) // plain structs of finite numbers, which always marshal
	}
	return e
}
