package drive

import (
	"switchover/results"
	"switchover/targets/chat"
)

// maxRateLimits bounds how often a target's limits are journalled in a segment: some
// servers state others with every answer.
const maxRateLimits = 16

// limited is a target that knows what its server says may be asked of it.
type limited interface {
	RateLimits() *chat.RateLimits
}

// rateLimits journals what a lane's target states, for the first time and where it
// changes.
func (l *leg) rateLimits(lane *lane) {
	target, ok := lane.asker.(limited)
	if !ok {
		return
	}
	said := target.RateLimits()
	l.d.mu.Lock()
	news := said != nil && !said.SameLimits(lane.limits) && lane.limitNews < maxRateLimits
	if news {
		lane.limits = said
		lane.limitNews++
	}
	l.d.mu.Unlock()
	if news {
		l.d.emit(l.event(results.EventRateLimit, lane.name, results.RateLimit{Limits: limitsAlone(said)}))
	}
}

// limitsAlone are limits without what remains of them.
func limitsAlone(r *chat.RateLimits) chat.RateLimits {
	of := func(l chat.RateLimit) chat.RateLimit { return chat.RateLimit{Limit: l.Limit} }
	return chat.RateLimits{Requests: of(r.Requests), Tokens: of(r.Tokens), InputTokens: of(r.InputTokens), OutputTokens: of(r.OutputTokens)}
}
