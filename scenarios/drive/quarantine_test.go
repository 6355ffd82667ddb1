package drive

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// Nothing more is asked of a target that said auth, quota or not found.
func TestQuarantine(t *testing.T) {
	for _, class := range []chat.Class{chat.Auth, chat.Quota, chat.NotFound} {
		t.Run(string(class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bad := &server{fail: func(r *results.Record) *results.Error {
					if r.Session < 3 {
						return nil
					}
					return &results.Error{Class: class, Message: "go away"}
				}}
				journal, out := drive(t, Config{Plan: planOf(conversations(1, 3),
					openStage("s", 20*time.Second, every(time.Second, 20, 1, time.Second, time.Second)),
					usersStage("next", 2, 5*time.Second, every(0, 10, 1)))},
					targetOf("bad", bad), targetOf("good", &server{}))
				if got := fmt.Sprint(out.Quarantined); got != fmt.Sprintf("map[bad:%s: go away]", class) {
					t.Errorf("quarantined %s", got)
				}
				if n := len(journal.kinds(results.EventQuarantine)); n != 1 {
					t.Errorf("%d quarantine events", n)
				}
				// Sessions 0 to 2 had 3, 2 and 1 of 3 turns when session 3 failed at 3.1 s.
				if len(bad.requests) > 8 {
					t.Errorf("%d requests to the quarantined target", len(bad.requests))
				}
				turns := make(map[int]int)
				for _, r := range journal.records {
					if r.Target == "bad" {
						turns[r.Session]++
					}
				}
				for _, e := range journal.kinds(results.EventSkipped) {
					s, _ := decode[results.Skipped](&e)
					turns[s.Session] += s.Turns
				}
				for session, n := range turns {
					if n != 3 {
						t.Errorf("session %d: %d turns asked or skipped, want 3", session, n)
					}
				}
				if n := len(journal.kinds(results.EventDropped)); n != 0 {
					t.Errorf("%d departures counted as dropped: the client did not fail", n)
				}
			})
		})
	}
}
