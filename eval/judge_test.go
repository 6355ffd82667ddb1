package eval

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchover/results"
	"switchover/targets"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

const fives = `{"scores":{"coherence":5,"understanding":5,"usefulness":5}}`

// scripted answers from a function and counts.
type scripted struct {
	params chat.Params
	name   string
	price  *results.Price
	reply  func(call int, req chat.Request) (text string, failure *results.Error)
	model  string        // that says it answers
	takes  time.Duration // of each call

	mu       sync.Mutex
	requests []chat.Request
}

func (s *scripted) Spec() targets.Spec {
	return targets.Spec{Name: s.name, Endpoint: wire.Endpoint{Model: "judge-model"}, Price: s.price, Params: s.params,
		Retry: targets.Retry{Attempts: 3, Backoff: time.Second}}
}

func (s *scripted) Ask(ctx context.Context, _ time.Time, req chat.Request, rec *results.Record) {
	s.mu.Lock()
	s.requests = append(s.requests, req)
	call := len(s.requests)
	s.mu.Unlock()
	if s.takes > 0 {
		select {
		case <-time.After(s.takes):
		case <-ctx.Done():
			rec.Error = &results.Error{Class: chat.Cancelled, Message: "cancelled"}
			return
		}
	}
	rec.Model = s.model
	rec.Text, rec.Error = s.reply(call, req)
	rec.Complete = rec.Error == nil
	if s.price != nil {
		rec.CostUSD = results.Known(0.001)
	}
}

// judged runs one judge over the dialogues and returns its verdicts.
func judged(t *testing.T, s *scripted, change func(*Config), dialogues ...Dialogue) ([]results.Verdict, error) {
	t.Helper()
	var got []results.Verdict
	cfg := Config{Judges: []Asker{s}, Criteria: all, Random: rand.Reader, Parallel: 1,
		Keep: func(v *results.Verdict) error { got = append(got, *v); return nil }}
	if change != nil {
		change(&cfg)
	}
	err := Run(t.Context(), cfg, dialogues)
	return got, err
}

func TestARepairIsAskedForTwiceThenUnscored(t *testing.T) {
	for _, tc := range []struct {
		intent    string
		good      int // the call that is answered well; 0 never
		wantCalls int
		unscored  bool
	}{
		{"good at once", 1, 1, false},
		{"good after one repair", 2, 2, false},
		{"good after two repairs", 3, 3, false},
		{"never good", 0, 3, true},
	} {
		s := &scripted{name: "j", reply: func(call int, req chat.Request) (string, *results.Error) {
			if call == tc.good {
				return fives, nil
			}
			return "I'd say five.", nil
		}}
		got, err := judged(t, s, nil, dialogue("x"))
		if err != nil || len(got) != 1 || len(s.requests) != tc.wantCalls {
			t.Fatalf("%s: %d verdicts, %d calls, %v", tc.intent, len(got), len(s.requests), err)
		}
		if (got[0].Unscored != "") != tc.unscored || (got[0].Scores != nil) == tc.unscored {
			t.Errorf("%s: %+v", tc.intent, got[0])
		}
		if last := s.requests[len(s.requests)-1].Messages; tc.wantCalls > 1 && !strings.Contains(last[len(last)-1].Content, "not one JSON object") {
			t.Errorf("%s: the repair does not say what was wrong: %q", tc.intent, last[len(last)-1].Content)
		}
		if temp := s.requests[0].Params.Temperature; temp == nil || *temp != 0 {
			t.Errorf("%s: temperature %v, want 0", tc.intent, temp)
		}
	}
}

func TestAJudgeThatTakesNoTemperatureIsAskedWithout(t *testing.T) {
	s := &scripted{name: "j", reply: func(_ int, req chat.Request) (string, *results.Error) {
		if req.Params.Temperature != nil {
			return "", &results.Error{Class: chat.BadRequest, Message: "Unsupported value: 'temperature' does not support 0"}
		}
		return fives, nil
	}}
	got, err := judged(t, s, nil, dialogue("x"), dialogue("y"))
	if err != nil || len(got) != 2 || got[0].Scores == nil || got[1].Scores == nil {
		t.Fatalf("%v %v", got, err)
	}
	if len(s.requests) != 3 {
		t.Errorf("%d calls, want 3: the refusal is learnt once", len(s.requests))
	}
}

// A temperature that the scenario leaves to the API is left to it, and no more is said of
// it to a server that refuses even that.
func TestAJudgeCanBeAskedAsTheAPIAllows(t *testing.T) {
	s := &scripted{name: "j", params: chat.Params{AsAllowed: true}, reply: func(call int, req chat.Request) (string, *results.Error) {
		if req.Params.Temperature != nil || req.Params.AsAllowed != (call == 1) {
			t.Errorf("call %d: temperature %v, as allowed %v", call, req.Params.Temperature, req.Params.AsAllowed)
		}
		if call == 1 {
			return "", &results.Error{Class: chat.BadRequest, Message: "temperature is not supported"}
		}
		return fives, nil
	}}
	if got, err := judged(t, s, nil, dialogue("x")); err != nil || len(got) != 1 || got[0].Scores == nil {
		t.Errorf("%v %v", got, err)
	}
}

func TestFailuresAreRetriedWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{name: "j", reply: func(int, chat.Request) (string, *results.Error) {
			return "", &results.Error{Class: chat.Overloaded, Message: "busy"}
		}}
		got, err := judged(t, s, nil, dialogue("x"))
		if err != nil || len(got) != 1 || !strings.Contains(got[0].Unscored, "busy") {
			t.Fatalf("%v %v", got, err)
		}
		if len(s.requests) != 3 {
			t.Errorf("%d calls, want the 3 attempts of the retry policy", len(s.requests))
		}
	})
}

func TestAWrongKeyEndsTheJudgingCalls(t *testing.T) {
	s := &scripted{name: "j", reply: func(int, chat.Request) (string, *results.Error) {
		return "", &results.Error{Class: chat.Auth, Message: "wrong key"}
	}}
	got, err := judged(t, s, nil, dialogue("x"), dialogue("y"), dialogue("z"))
	if err != nil || len(got) != 3 || len(s.requests) != 1 {
		t.Fatalf("%d verdicts of %d calls, %v; want 3 unscored of 1", len(got), len(s.requests), err)
	}
	for _, v := range got {
		if !strings.Contains(v.Unscored, "wrong key") {
			t.Errorf("%+v", v)
		}
	}
}

func TestTheBudgetStopsBeforeTheCall(t *testing.T) {
	usd := 1.0
	one := 1000.0 // a dollar per 1,000 tokens: a call's worst case is about 1.3 dollars
	s := &scripted{name: "j", price: &results.Price{Input: &one, Output: &one}, reply: func(int, chat.Request) (string, *results.Error) { return fives, nil }}
	got, err := judged(t, s, func(c *Config) { c.Budget.USD = &usd }, dialogue("x"))
	if !errors.Is(err, ErrBudget) || len(got) != 0 || len(s.requests) != 0 {
		t.Fatalf("%d verdicts, %d calls, %v", len(got), len(s.requests), err)
	}
}

// What is under way when the budget is reached was paid for: it is finished and
// kept. So is the cost of a verdict whose repair the budget no longer carries.
func TestTheBudgetLetsCallsUnderWayFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		usd := 5.0
		one := 1000.0 // about $3 at worst, $0.001 in the end
		s := &scripted{name: "j", price: &results.Price{Input: &one, Output: &one}, takes: time.Second,
			reply: func(int, chat.Request) (string, *results.Error) { return fives, nil }}
		got, err := judged(t, s, func(c *Config) { c.Budget.USD, c.Parallel = &usd, 2 }, dialogue("x"), dialogue("y"), dialogue("z"))
		if !errors.Is(err, ErrBudget) || len(got) != 1 || got[0].Scores == nil || !got[0].CostUSD.IsKnown() {
			t.Errorf("%v, verdicts %+v; want the one that was under way", err, got)
		}
	})
	usd := 3.0
	one := 1000.0
	s := &scripted{name: "j", price: &results.Price{Input: &one, Output: &one},
		reply: func(int, chat.Request) (string, *results.Error) { return strings.Repeat("prose ", 400), nil }}
	got, err := judged(t, s, func(c *Config) { c.Budget.USD = &usd }, dialogue("x"))
	if !errors.Is(err, ErrBudget) || len(got) != 1 || !strings.Contains(got[0].Unscored, "budget") || got[0].CostUSD.Or(0) != 0.001 {
		t.Errorf("%v, verdicts %+v; want one unscored with its cost", err, got)
	}
}

func TestDoneVerdictsAreNotAskedAgain(t *testing.T) {
	for _, tc := range []struct {
		intent string
		done   results.Verdict
		calls  int
	}{
		{"scored", results.Verdict{Scores: map[string]int{"coherence": 3}}, 0},
		{"unscored: the judge may be back", results.Verdict{Unscored: "judge call failed: 401"}, 1},
	} {
		s := &scripted{name: "j", reply: func(int, chat.Request) (string, *results.Error) { return fives, nil }}
		d := dialogue("x")
		tc.done.Judge, tc.done.Target, tc.done.Item = "j", d.Target, d.Item
		got, err := judged(t, s, func(c *Config) { c.Done = []results.Verdict{tc.done} }, d)
		if err != nil || len(got) != tc.calls || len(s.requests) != tc.calls {
			t.Errorf("%s: %v, %d calls, %v", tc.intent, got, len(s.requests), err)
		}
	}
}

// The revision is what the API says answered, not the alias that was asked for.
func TestTheRevisionIsTheModelThatAnswered(t *testing.T) {
	for model, want := range map[string]string{"judge-model-2026-05-01": "judge-model-2026-05-01", "": "judge-model"} {
		s := &scripted{name: "j", model: model, reply: func(int, chat.Request) (string, *results.Error) { return fives, nil }}
		got, err := judged(t, s, nil, dialogue("x"))
		if err != nil || len(got) != 1 || got[0].Revision != want {
			t.Errorf("answered by %q: %+v, %v; want revision %q", model, got, err, want)
		}
	}
}

// A judge that says nothing, or only calls a tool, is asked again in a form that
// every API takes: no message is empty.
func TestAnEmptyReplyIsRepaired(t *testing.T) {
	s := &scripted{name: "j", reply: func(call int, _ chat.Request) (string, *results.Error) {
		if call == 1 {
			return "", nil
		}
		return fives, nil
	}}
	got, err := judged(t, s, nil, dialogue("x"))
	if err != nil || len(got) != 1 || got[0].Scores == nil || len(s.requests) != 2 {
		t.Fatalf("%+v, %d calls, %v", got, len(s.requests), err)
	}
	for _, m := range s.requests[1].Messages {
		if m.Content == "" {
			t.Errorf("an empty message of the %s was sent", m.Role)
		}
	}
}

func TestACancelledCallLeavesNoVerdict(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &scripted{name: "j", reply: func(int, chat.Request) (string, *results.Error) {
		cancel()
		return "", &results.Error{Class: chat.Cancelled, Message: "cancelled"}
	}}
	cfg := Config{Judges: []Asker{s}, Criteria: all, Random: rand.Reader, Keep: func(v *results.Verdict) error {
		t.Errorf("kept %+v", v)
		return nil
	}}
	if err := Run(ctx, cfg, []Dialogue{dialogue("x"), dialogue("y")}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestAFailedWriteStopsTheJudging(t *testing.T) {
	s := &scripted{name: "j", reply: func(int, chat.Request) (string, *results.Error) { return fives, nil }}
	full := errors.New("disk full")
	_, err := judged(t, s, func(c *Config) { c.Keep = func(*results.Verdict) error { return full } }, dialogue("x"), dialogue("y"))
	if !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
}

func dialoguesOf(t *testing.T, d *results.Data, limit int) []Dialogue {
	t.Helper()
	got, err := Dialogues(d, limit)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDialoguesPairAcrossTargets(t *testing.T) {
	d := &results.Data{Run: &results.Run{}}
	d.Run.Targets = []results.RunTarget{{Name: "a"}, {Name: "b"}, {Name: "j", Role: results.RoleJudge}}
	d.Run.Stages = []results.RunStage{{Name: "warm"}, {Name: "steady", Measure: true}}
	add := func(stage, target string, session, turn int, item string, ok bool) {
		r := results.Record{ID: results.RecordID(stage, target, session, turn, 1), Stage: stage, Target: target, Session: session, Turn: turn, Item: item, Complete: ok, Text: fmt.Sprint(stage, target, session, turn)}
		if !ok {
			r.Error = &results.Error{Class: chat.Interrupted}
		}
		d.Records = append(d.Records, r)
	}
	for _, item := range []string{"one", "two", "three"} {
		d.Conversations = append(d.Conversations, results.Conversation{Item: item, Turns: []string{"q1", "q2"}})
	}
	add("warm", "a", 0, 0, "one", true) // warm-up is never judged
	add("warm", "a", 0, 1, "one", true)
	for turn := range 2 {
		add("steady", "a", 0, turn, "one", true)
		add("steady", "a", 1, turn, "two", true)
		add("steady", "b", 1, turn, "two", true)
		add("steady", "a", 3, turn, "two", true) // a later session of the same item
	}
	add("steady", "b", 0, 0, "one", true)
	add("steady", "b", 0, 1, "one", false) // b has no whole dialogue on one

	got := dialoguesOf(t, d, 0)
	if len(got) != 3 || got[0].Item != "two" || got[1].Item != "two" || got[2].Item != "one" || got[2].Target != "a" {
		t.Fatalf("items both answered come first: %+v", got)
	}
	if got[0].Records[0] != "steady/a/1/0/1" || got[0].Messages[1].Content != "steadya1 0" {
		t.Errorf("the first session of the item is judged: %+v", got[0])
	}
	if one := dialoguesOf(t, d, 1); len(one) != 2 || one[0].Item != "two" {
		t.Errorf("a limit counts items, common ones first: %+v", one)
	}
}

// A journal with a turn that the conversation does not have makes no dialogue.
func TestADialogueHasEveryTurnOfItsConversation(t *testing.T) {
	d := &results.Data{Run: &results.Run{Targets: []results.RunTarget{{Name: "a"}}, Stages: []results.RunStage{{Name: "s", Measure: true}}},
		Conversations: []results.Conversation{{Item: "one", System: "Be brief.", Turns: []string{"q1", "q2"}}}}
	for _, turn := range []int{0, 7} {
		d.Records = append(d.Records, results.Record{Stage: "s", Target: "a", Turn: turn, Item: "one", Complete: true})
	}
	if got := dialoguesOf(t, d, 0); len(got) != 0 {
		t.Errorf("made of turns 0 and 7: %+v", got)
	}
	d.Records[1].Turn = 1
	got := dialoguesOf(t, d, 0)
	if len(got) != 1 || got[0].Messages[0].Content != "Be brief." || got[0].Messages[0].Role != chat.System {
		t.Errorf("the judge is not shown the workload's task: %+v", got)
	}
}
