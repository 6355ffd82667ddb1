package drive

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/targets"
	"switchover/targets/chat"
)

// picky refuses requests of an exact length, or every request, as many servers
// refuse fields that they do not know.
type picky struct {
	server
	everything bool
}

func (p *picky) Ask(ctx context.Context, zero time.Time, req chat.Request, rec *results.Record) {
	p.server.Ask(ctx, zero, req, rec)
	if req.Params.Exact || p.everything {
		rec.Status, rec.Complete, rec.Text = 400, false, ""
		rec.FirstToken, rec.LastToken = results.Instant{}, results.Instant{}
		rec.Error = &results.Error{Class: chat.BadRequest, Message: "unknown field ignore_eos"}
	}
}

// Where the length of answers is given, servers are asked for exactly that, with
// the target's own limit in force; one that refuses is asked again without, once,
// and from then on without, and a warning says so.
func TestExactLengths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		items := conversations(3, 2)
		for i := range items {
			items[i].MaxTokens, items[i].Exact = 300+i, true
		}
		plan := planOf(items, openStage("steady", 6*time.Second, every(time.Second, 6, 3)))
		able, limited, refuses, broken := new(server), new(server), new(picky), &picky{everything: true}
		spec := func(name string, own bool) targets.Spec {
			return targets.Spec{Name: name, Params: chat.Params{MaxTokens: 200}, DefaultLimit: !own}
		}
		journal, _ := drive(t, Config{Plan: plan}, newLane(spec("able", false), able), newLane(spec("limited", true), limited),
			newLane(spec("refuses", false), refuses), newLane(spec("broken", false), broken))
		for _, r := range able.requests {
			if p := r.Params; !p.Exact || p.MaxTokens < 300 || p.MaxTokens > 302 {
				t.Errorf("able was asked for %+v", p)
			}
		}
		for _, r := range limited.requests {
			if p := r.Params; !p.Exact || p.MaxTokens != 200 {
				t.Errorf("limited was asked for %+v", p)
			}
		}
		exact := 0
		for _, r := range refuses.requests {
			if r.Params.Exact {
				exact++
			}
			if r.Params.MaxTokens < 300 {
				t.Errorf("refuses was asked for %+v", r.Params)
			}
		}
		if exact != 1 || len(refuses.requests) != 13 {
			t.Errorf("%d of %d requests asked for an exact length after one was refused", exact, len(refuses.requests))
		}
		failed := 0
		for _, r := range journal.records {
			if r.Target == "refuses" && !r.OK() {
				failed++
			}
		}
		if failed != 1 || len(broken.requests) != 7 { // each conversation's first turn, and one again
			t.Errorf("%d refused attempts; the one that is broken was asked %d times", failed, len(broken.requests))
		}
		warned := journal.kinds(results.EventWarning)
		if len(warned) != 2 || warned[0].Target+warned[1].Target != "refusesbroken" && warned[0].Target+warned[1].Target != "brokenrefuses" {
			t.Fatalf("warnings %v", warned)
		}
		if text := string(warned[0].Data); !strings.Contains(text, warned[0].Target+" refuses ignore_eos") {
			t.Errorf("the warning is %s", text)
		}
	})
}

// A server that has taken an exact length refuses later requests for their own
// sake, and they are not asked again.
func TestExactLengthsTaken(t *testing.T) {
	l := &lane{}
	s := &session{exact: true}
	ok := &results.Record{Complete: true, Status: 200}
	bad := &results.Record{Error: &results.Error{Class: chat.BadRequest}}
	if again, _ := l.refusedExact(s, ok); again {
		t.Error("an answer is asked for again")
	}
	if again, _ := l.refusedExact(s, bad); again || l.noExact {
		t.Error("a refusal is taken for that of a field the server has taken before")
	}
	fresh := &lane{}
	if again, news := fresh.refusedExact(s, bad); !again || !news {
		t.Error("the first refusal is not asked again")
	}
	if again, news := fresh.refusedExact(s, bad); !again || news {
		t.Error("a second that was in flight is not asked again, or said twice")
	}
	if again, _ := fresh.refusedExact(&session{}, bad); again {
		t.Error("a request without a length is asked again")
	}
}
