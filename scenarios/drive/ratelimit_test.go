package drive

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
	"switchover/targets/chat"
)

// stating is a target whose answers state limits, each what limits makes of its number.
type stating struct {
	server
	asked  int
	limits func(n int) *chat.RateLimits
}

func (s *stating) Ask(ctx context.Context, zero time.Time, req chat.Request, rec *results.Record) {
	s.server.Ask(ctx, zero, req, rec)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
}

func (s *stating) RateLimits() *chat.RateLimits {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limits(s.asked)
}

// Limits are journalled when they are stated first and when they change, without what
// remains of them, and not without end.
func TestRateLimitsAreJournalled(t *testing.T) {
	remaining := int64(7)
	of := func(requests int64) *chat.RateLimits {
		return &chat.RateLimits{Requests: chat.RateLimit{Limit: requests, Remaining: &remaining}}
	}
	for intent, tc := range map[string]struct {
		limits func(n int) *chat.RateLimits
		want   int
	}{
		"none":           {func(int) *chat.RateLimits { return nil }, 0},
		"the same":       {func(int) *chat.RateLimits { return of(500) }, 1},
		"changed once":   {func(n int) *chat.RateLimits { return of(int64(500 + n/20)) }, 2},
		"others always":  {func(n int) *chat.RateLimits { return of(int64(500 + n)) }, maxRateLimits},
		"none after one": {func(n int) *chat.RateLimits { return map[bool]*chat.RateLimits{true: of(500)}[n == 1] }, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &stating{limits: tc.limits}
			l := targetOf("a", &s.server)
			l.asker = s
			journal, _ := drive(t, Config{Plan: planOf(conversations(1, 1), openStage("s", time.Minute, every(time.Second, 30, 1)))}, l)
			events := journal.kinds(results.EventRateLimit)
			if len(events) != tc.want {
				t.Fatalf("%s: %d events, want %d", intent, len(events), tc.want)
			}
			if len(events) == 0 {
				return
			}
			first, err := decode[results.RateLimit](&events[0])
			if err != nil || events[0].Target != "a" || first.Limits.Requests.Limit < 500 || first.Limits.Requests.Remaining != nil {
				t.Errorf("%s: %s, %v", intent, events[0].Data, err)
			}
			d := &results.Data{Run: &results.Run{Targets: []results.RunTarget{{Name: "a"}}}, Events: journal.events}
			sum, _ := results.Summarise(d)
			last, _ := decode[results.RateLimit](&events[len(events)-1])
			if d := cmp.Diff(&last.Limits, sum.Target("a").Limits); d != "" {
				t.Errorf("%s: the summary has others: %s", intent, d)
			}
		})
	}
}
