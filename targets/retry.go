package targets

import (
	"time"

	"switchover/results"
)

// The bounds of retrying.
const (
	defaultAttempts = 3
	defaultBackoff  = time.Second
	maxBackoff      = 30 * time.Second
	maxRetryAfter   = 60 * time.Second
)

// Next says whether the request of a failed attempt is asked again, and after
// what wait. It is, while attempts are left, if the failure is of a class that
// passes by itself and no content has arrived. The wait is the backoff, doubled
// for every attempt after the first up to 30 s, of which the upper half is drawn
// by u, in [0, 1): clients that failed together must not return together. A
// server's Retry-After comes first, the drawn part after it; one above 60 s ends
// the request, since asking sooner is refused and waiting longer measures nothing.
func (r Retry) Next(rec *results.Record, u float64) (wait time.Duration, again bool) {
	attempts, backoff := r.Attempts, r.Backoff
	if attempts <= 0 {
		attempts = defaultAttempts
	}
	if backoff <= 0 {
		backoff = defaultBackoff
	}
	if rec.Error == nil || !rec.Error.Class.Retryable() || rec.Attempt >= attempts ||
		rec.FirstToken.IsKnown() || len(rec.Chunks) > 0 {
		return 0, false
	}
	for range rec.Attempt - 1 {
		if backoff *= 2; backoff >= maxBackoff {
			break
		}
	}
	backoff = min(backoff, maxBackoff)
	drawn := time.Duration(u * float64(backoff/2))
	if after := time.Duration(rec.Error.RetryAfter.Or(0)); after > 0 {
		return after + drawn, after <= maxRetryAfter
	}
	return backoff/2 + drawn, true
}
