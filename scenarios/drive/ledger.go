package drive

import (
	"fmt"
	"time"

	"switchover/results"
	"switchover/scenarios"
)

// ledger keeps the budget: what was spent, and what attempts in flight may cost
// at worst. The driver's lock guards it.
type ledger struct {
	usd      *float64
	requests *int
	time     time.Duration // 0 unlimited

	spent    float64 // ended attempts
	reserved float64 // the worst case of those in flight
	asked    int
	before   time.Duration // run time of earlier segments
	began    time.Duration // this segment's begin
}

func newLedger(b *scenarios.Budget) ledger {
	if b == nil {
		return ledger{}
	}
	return ledger{usd: b.USD, requests: b.Requests, time: time.Duration(b.Time)}
}

// reserve books an attempt at its worst case, or says why it may not leave. One
// without a known price has no worst case: it is held up only by a budget that
// others have overdrawn.
func (l *ledger) reserve(worst float64) (reason string) {
	if l.requests != nil && l.asked >= *l.requests {
		return fmt.Sprintf("the budget of %d requests is used up", *l.requests)
	}
	if l.usd != nil && l.spent+l.reserved+worst > *l.usd {
		return fmt.Sprintf("the budget of $%.4g does not carry the next request: $%.4g spent, up to $%.4g in flight, up to $%.4g for it",
			*l.usd, l.spent, l.reserved, worst)
	}
	l.asked++
	l.reserved += worst
	return ""
}

// settle replaces an attempt's worst case by what it cost.
func (l *ledger) settle(worst float64, rec *results.Record) {
	l.reserved = max(0, l.reserved-worst)
	l.spent += rec.Charge(worst)
}

// deadline is when, since the segment's zero, the time budget ends.
func (l *ledger) deadline() (time.Duration, bool) {
	return l.began + l.time - l.before, l.time > 0
}
