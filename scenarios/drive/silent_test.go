package drive

import (
	"context"
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

// heads sends the head of each response and then nothing but what keeps it open.
type heads struct{ *server }

func (h heads) Ask(ctx context.Context, zero time.Time, req chat.Request, rec *results.Record) {
	h.server.Ask(ctx, zero, req, rec)
	if rec.Error.Class != chat.Cancelled {
		rec.Status, rec.FirstByte, rec.Error.Class = 200, rec.Start, chat.TimeoutIdle
	}
}

// A server that sends heads and no content is given up like one that sends nothing.
func TestTargetThatOnlySendsHeadsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		plan := planned(t, "{name: s, mode: users, users: 2, conversations: 24}", 5, 2)
		_, out := drive(t, Config{Plan: plan}, lane30("hung", heads{mute()}))
		took, reason := time.Since(began), out.Quarantined["hung"]
		if took > 3*time.Minute || !strings.Contains(reason, "timeout_idle: nothing was heard of it") || !strings.Contains(reason, "timeouts.idle") {
			t.Errorf("it took %v; %q", took, reason)
		}
	})
}

// What counts as having heard of a target, and so keeps it from being given up.
func TestHeardOf(t *testing.T) {
	for _, c := range []struct {
		intent string
		rec    results.Record
		want   bool
	}{
		{"no response in time", results.Record{Error: &results.Error{Class: chat.TimeoutFirstByte}}, false},
		{"a head and no content in time", results.Record{Status: 200, Error: &results.Error{Class: chat.TimeoutIdle}}, false},
		{"kept open to the end without content", results.Record{Status: 200, Error: &results.Error{Class: chat.TimeoutTotal}}, false},
		{"content, then nothing", results.Record{Status: 200, FirstToken: results.At(1), Error: &results.Error{Class: chat.TimeoutIdle}}, true},
		{"told to wait", results.Record{Status: 429, Error: &results.Error{Class: chat.RateLimited}}, true},
		{"an empty answer", results.Record{Status: 200, Complete: true}, true},
		{"no connection", results.Record{Error: &results.Error{Class: chat.Connect}}, false},
	} {
		if got := heardOf(&c.rec); got != c.want {
			t.Errorf("%s: heard %v, want %v", c.intent, got, c.want)
		}
	}
}

// lane30 is a target with retries before which a stand-in answers.
func lane30(name string, s asker) *lane {
	return newLane(targets.Spec{Name: name, Params: chat.Params{MaxTokens: 100}, Retry: targets.Retry{Attempts: 3, Backoff: time.Second}}, s)
}
