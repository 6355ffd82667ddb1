package drive

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/targets"
	"switchover/targets/chat"
)

// mute never answers: every attempt waits out the first-byte limit.
func mute() *server {
	return &server{latency: func(*results.Record) time.Duration { return 30 * time.Second },
		fail: fails(chat.TimeoutFirstByte)}
}

// A server that hangs is given up after a minute, not after all its timeouts, and
// the others are measured to the end; one that was ever heard of is not given up.
func TestTargetThatNeverAnswersIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		plan := planned(t, "{name: s, mode: users, users: 2, conversations: 24}", 5, 2)
		hung, fine := lane30("hung", mute()), targetOf("fine", &server{})
		journal, out := drive(t, Config{Plan: plan}, hung, fine)
		took := time.Since(began)
		reason := out.Quarantined["hung"]
		if took > 3*time.Minute || !strings.Contains(reason, "timeout_first_byte: nothing was heard of it") || !strings.Contains(reason, "timeouts.first_byte") {
			t.Errorf("it took %v; %q", took, reason)
		}
		answered := 0
		for _, r := range journal.records {
			if r.Target == "fine" && r.OK() {
				answered++
			}
		}
		if answered != 48 || len(out.Quarantined) != 1 {
			t.Errorf("%d answers of the other target, quarantined: %v", answered, out.Quarantined)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		plan := planned(t, "{name: s, mode: users, users: 2, conversations: 12}", 5, 1)
		var n atomic.Int64
		s := mute()
		s.fail = func(*results.Record) *results.Error {
			if n.Add(1) == 2 {
				return nil
			}
			return &results.Error{Class: chat.TimeoutFirstByte}
		}
		_, out := drive(t, Config{Plan: plan}, lane30("slow", s))
		if len(out.Quarantined) != 0 {
			t.Errorf("it answered once, and was given up: %v", out.Quarantined)
		}
	})
}

// lane30 is a target with retries before which a stand-in answers.
func lane30(name string, s *server) *lane {
	return newLane(targets.Spec{Name: name, Params: chat.Params{MaxTokens: 100}, Retry: targets.Retry{Attempts: 3, Backoff: time.Second}}, s)
}
