package drive

import (
	"cmp"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// id is the id of a session's next attempt.
func (l *leg) id(lane *lane, s *session) string {
	return results.RecordID(l.prefix, lane.name, s.number, s.turn, s.attempt)
}

// carry asks a departure's target, unless the run has ended for it meanwhile, and
// puts what follows on the board. It fills the record anew; nobody keeps it.
func (l *leg) carry(dep *departure, rec *results.Record) {
	d, lane, s := l.d, dep.lane, dep.sess
	id := l.id(lane, s)
	req := s.request(&lane.spec, id)
	l.salt(&req, s)
	s.exact = l.exact(lane, &req)
	worst := lane.worstUSD(&req)
	if !l.permit(dep, worst) {
		return
	}
	*rec = results.Record{
		ID: id, Segment: d.cfg.Segment, Target: lane.name, Stage: l.stage.Name,
		Session: s.number, Turn: s.turn, Attempt: s.attempt, Item: s.conv.Item,
		Simulated: lane.spec.Simulated, Resent: s.resent || d.past.unanswered[id] != nil,
		Intended: results.At(s.intended), Scheduled: results.At(dep.due),
	}
	s.resent = false
	asked := l.event(results.EventAsked, lane.name, nil)
	asked.Data = results.Asked{ID: id, WorstUSD: worst}.Data()
	if !d.emit(asked) {
		return // without its event in the journal a kill would lose the request
	}
	lane.asker.Ask(l.ctx, d.cfg.Zero, req, rec)
	if err := d.cfg.Journal.Append(rec); err != nil {
		d.fail(err)
		return
	}
	l.rateLimits(lane)
	l.settle(dep, rec, worst)
}

// permit books the attempt, or sees to it that it is not asked.
func (l *leg) permit(dep *departure, worst float64) bool {
	d, lane := l.d, dep.lane
	d.mu.Lock()
	if d.stopped != "" {
		d.mu.Unlock()
		return false // a resumed run asks it
	}
	if l.gaveUp || lane.quarantined != "" {
		d.mu.Unlock()
		if dep.sess.begun() {
			l.skip(lane, dep.sess)
		}
		return false
	}
	reason := d.ledger.reserve(worst)
	if reason == "" {
		lane.asked++
		lane.inFlight++
	}
	d.mu.Unlock()
	if reason != "" {
		d.stop(StoppedBudget, reason)
		return false
	}
	return true
}

// settle moves the session past an attempt whose record is journalled.
func (l *leg) settle(dep *departure, rec *results.Record, worst float64) {
	d, lane, s := l.d, dep.lane, dep.sess
	end := time.Duration(rec.End.Or(int64(d.now())))
	step := s.after(rec, lane.spec.Retry, uniform(d.cfg.Plan.Scenario.Seed, rec.ID))
	cancelled := isCancelled(rec)

	d.mu.Lock()
	d.ledger.settle(worst, rec)
	lane.inFlight--
	lane.learn(rec)
	again, lost := lane.refusedExact(s, rec)
	if again {
		step = without
	}
	switch {
	case rec.OK():
		lane.succeeded++
	case step.verb == endFailed && !cancelled:
		lane.failed++
	}
	reason := cmp.Or(quarantineReason(rec), lane.silence.broken(rec))
	news := reason != "" && lane.quarantined == ""
	if news {
		lane.quarantined = reason
	}
	closed := lane.quarantined != "" || l.gaveUp
	stopped := d.stopped != ""
	d.mu.Unlock()
	l.probing.saw(lane, rec)
	l.watch.saw(lane, rec, step.verb == endOK || step.verb == endFailed)

	if lost {
		d.emit(l.event(results.EventWarning, lane.name, exactLost(lane.name)))
	}
	if news {
		d.emit(l.event(results.EventQuarantine, lane.name, results.Reason{Reason: reason}))
		for _, other := range l.board.remove(lane) {
			if other.sess.begun() {
				l.skip(lane, other.sess)
			}
		}
	}
	switch {
	case step.verb == endOK:
		l.sessionOver(lane, s, end, false)
	case cancelled && stopped:
		// A resumed run asks it again.
	case closed || step.verb == endFailed:
		l.skip(lane, s)
		l.sessionOver(lane, s, end, true)
	case step.verb == askAgain:
		l.push(lane, s, end+step.wait)
	case step.verb == askNext:
		s.intended = end + step.wait
		l.push(lane, s, s.intended)
	}
}

// skip journals the turns of a session that are never asked.
func (l *leg) skip(lane *lane, s *session) {
	if n := s.unasked(); n > 0 {
		l.d.emit(l.event(results.EventSkipped, lane.name, results.Skipped{Session: s.number, Turns: n}))
	}
}

// drop journals a departure that could not leave, and ends its session.
func (l *leg) drop(dep *departure) {
	d, lane, s := l.d, dep.lane, dep.sess
	gone := l.event(results.EventDropped, lane.name, results.Asked{ID: l.id(lane, s)})
	d.emit(gone)
	l.probing.lost(lane, gone.T)
	if n := len(s.conv.Turns) - s.turn - 1; n > 0 {
		d.emit(l.event(results.EventSkipped, lane.name, results.Skipped{Session: s.number, Turns: n}))
	}
	d.mu.Lock()
	l.drops++
	d.mu.Unlock()
	l.sessionOver(lane, s, d.now(), true)
}

// sessionOver lets the session's user, if it had one, begin the next.
func (l *leg) sessionOver(lane *lane, s *session, at time.Duration, failed bool) {
	if !l.stage.ClosedLoop() {
		return
	}
	pause := l.pauseAfter(s.number)
	if failed {
		pause = max(pause, FailurePause)
	}
	l.nextSession(lane, at+pause)
}

// pauseAfter is how long a user thinks between a session and the next: drawn like
// the stage's think times, the same for every target.
func (l *leg) pauseAfter(session int) time.Duration {
	if l.stage.Think == nil {
		return 0
	}
	return l.stage.Think.Quantile(uniform(l.d.cfg.Plan.Scenario.Seed, results.RecordID(l.stage.Name, "", session, 0, 0)))
}

func isCancelled(rec *results.Record) bool {
	return rec.Error != nil && rec.Error.Class == chat.Cancelled
}

// quarantineReason is why a record ends all traffic to its target, or nothing.
func quarantineReason(rec *results.Record) string {
	if rec.Error == nil || !rec.Error.Class.Quarantines() {
		return ""
	}
	return string(rec.Error.Class) + ": " + rec.Error.Message
}
