package eval

import (
	"errors"
	"fmt"
	"time"
)

// Budget is what judging may still use of a run's budget.
type Budget struct {
	// USD is judged by worst case before each call; nil is no limit. Calls without a
	// known price do not count.
	USD *float64
	// Calls may still be made, repairs and retries included; nil is no limit.
	Calls *int
	// Until is when nothing more is begun; zero is no end. What is under way then has
	// Grace to finish.
	Until time.Time
}

// Grace is how long calls under way may take when the time is over.
const Grace = 30 * time.Second

// ErrBudget says that judging stopped because the next call could have gone above
// the Budget. Calls that were under way have ended and count.
var ErrBudget = errors.New("the budget is used up")

// errTime ends the calls that the grace was too short for.
var errTime = fmt.Errorf("%w: its time is over", ErrBudget)

// reserve books the worst case of a call, or lets nothing more begin.
func (p *panel) reserve(usd float64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := &p.cfg.Budget
	switch {
	case p.why != "":
		return false
	case b.USD != nil && p.spent+usd > *b.USD:
		p.why = fmt.Sprintf("$%.4g is left for judging, and the next call could go above it", max(0, *b.USD-p.spent))
	case b.Calls != nil && p.calls >= *b.Calls:
		p.why = fmt.Sprintf("its requests leave no further call to a judge after %d", p.calls)
	case !b.Until.IsZero() && !time.Now().Before(b.Until):
		p.why = "its time is over"
	default:
		p.calls++
		p.spent += usd
		return true
	}
	close(p.broke)
	return false
}

// settle replaces a call's worst case with what it cost.
func (p *panel) settle(worst, cost float64) {
	p.mu.Lock()
	p.spent += cost - worst
	p.mu.Unlock()
}

// overdrawn is the error of a budget that was reached, or nil.
func (p *panel) overdrawn() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.why == "" {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrBudget, p.why)
}
