package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// load is a synthetic run whose truth is known: conversations of two turns, each
// answer ttft seconds to its first of n tokens, tpot apart, think between turns.
type load struct {
	ttft, tpot, think float64 // s
	tokens            int
}

func (l load) turn() float64 { return l.ttft + float64(l.tokens-1)*l.tpot }

// answer is one answer due at t seconds.
func (l load) answer(target string, session, turn int, t float64) Record {
	ns := func(s float64) int64 { return int64(s * 1e9) }
	r := Record{Target: target, Stage: "steady", Session: session, Turn: turn, Attempt: 1, Item: "a",
		Intended: Known(ns(t)), Scheduled: Known(ns(t)), Start: Known(ns(t)), Status: 200, Clock: ClockUser}
	r.Chunks = append(r.Chunks, Chunk{Gap: time.Duration(ns(l.ttft)), Tokens: 1, Kind: "c"})
	for range l.tokens - 1 {
		r.Chunks = append(r.Chunks, Chunk{Gap: time.Duration(ns(l.tpot)), Tokens: 1, Kind: "c"})
	}
	r.timed().answered(incPrice, 100, l.tokens)
	r.identify()
	return r
}

// open fills a run with an open loop of the given starts.
func (l load) open(d *Data, target string, starts []float64) {
	for i, t := range starts {
		d.Records = append(d.Records, l.answer(target, i, 0, t), l.answer(target, i, 1, t+l.turn()+l.think))
	}
}

// users fills a run with users who begin spread over a second, think half to one
// and a half times as long as said, and start no conversation after the stage's
// seconds.
func (l load) users(r *rand.Rand, d *Data, target string, users int, seconds float64) {
	session := users
	pause := func() float64 { return l.turn() + l.think*(0.5+r.Float64()) }
	for u := range users {
		t, n := float64(u)/float64(users), u
		for t < seconds {
			d.Records = append(d.Records, l.answer(target, n, 0, t))
			t += pause()
			d.Records = append(d.Records, l.answer(target, n, 1, t))
			t += pause()
			n, session = session, session+1
		}
	}
}

func steadyRun(mode string, users int, seconds float64) *Data {
	run := handmadeRun()
	run.Stages = []RunStage{{Name: "steady", Mode: mode, Measure: true, Users: users, Duration: int64(seconds * 1e9)}}
	run.State = StateComplete
	return &Data{Run: run, Conversations: handmadeConversations}
}

func poisson(r *rand.Rand, rate, seconds float64) []float64 {
	var out []float64
	for t := r.ExpFloat64() / rate; t < seconds; t += r.ExpFloat64() / rate {
		out = append(out, t)
	}
	return out
}

// TestWindowRecoversTheTruth: with ramp and drain cut, the rates are those of the
// steady load, which the whole stage's count over its time is not.
func TestWindowRecoversTheTruth(t *testing.T) {
	l := load{ttft: 0.5, tpot: 0.02, think: 1, tokens: 51} // 1.5 s an answer, 4 s a conversation
	within := func(what string, have *float64, want, share float64) {
		t.Helper()
		if have == nil || math.Abs(*have/want-1) > share {
			t.Errorf("%s is %s, want %.4g within %.1f %%", what, Figure{Value: have}.text(), want, 100*share)
		}
	}
	t.Run("constant arrivals", func(t *testing.T) {
		d := steadyRun("open", 0, 30)
		var starts []float64
		for i := range 120 {
			starts = append(starts, float64(i)/4)
		}
		l.open(d, "inc", starts)
		s, _ := Summarise(d)
		f := s.Targets[0].Figures
		within("tokens/s", f["output_tokens_per_s"].Value, 4*2*51, 0.01)
		within("requests/s", f["requests_per_s"].Value, 8, 0.01)
		w := s.Targets[0].Stages[0].Window
		if math.Abs(w.RampCut-4) > 1e-6 || math.Abs(w.DrainCut-4) > 1e-6 || math.Abs(w.Seconds-25.75) > 1e-6 {
			t.Errorf("window is %+v, want 4 s cut on either side of 25.75 s", w)
		}
		if lo, hi := f["output_tokens_per_s"].Low, f["output_tokens_per_s"].High; lo == nil || *lo > 408 || *hi < 408 {
			t.Errorf("interval %s does not hold the truth", f["output_tokens_per_s"].text())
		}
	})
	t.Run("Poisson arrivals, 24 runs", func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		var sum float64
		var covered int
		const runs = 24
		for range runs {
			d := steadyRun("open", 0, 40)
			l.open(d, "inc", poisson(r, 4, 40))
			s, _ := Summarise(d)
			f := s.Targets[0].Figures["output_tokens_per_s"]
			sum += *f.Value / runs
			if *f.Low <= 408 && 408 <= *f.High {
				covered++
			}
		}
		within("mean tokens/s", &sum, 408, 0.03)
		if covered < 19 {
			t.Errorf("only %d of %d intervals hold the truth", covered, runs)
		}
	})
	t.Run("users who think", func(t *testing.T) {
		d := steadyRun("users", 20, 60)
		l.users(rand.New(rand.NewPCG(3, 4)), d, "inc", 20, 60)
		s, _ := Summarise(d)
		// Each user: 102 tokens every 2 x (1.5 + 1) s.
		within("tokens/s", s.Targets[0].Figures["output_tokens_per_s"].Value, 20*102/5.0, 0.02)
		w := s.Targets[0].Stages[0].Window
		// The last user begins at 0.95 s, an answer takes 1.5 s; no conversation begins
		// after 60 s, and those that are running then take up to 5 s more.
		if math.Abs(w.RampCut-2.45) > 1e-6 || w.Seconds < 57 || w.Seconds > 57.55+1e-6 || w.DrainCut < 1.5 || w.DrainCut > 7 {
			t.Errorf("window is %+v", w)
		}
	})
}

func TestTooShortForAWindow(t *testing.T) {
	l := load{ttft: 2, tpot: 0.1, think: 1, tokens: 11} // 3 s an answer, 7 s a conversation
	d := steadyRun("open", 0, 4)
	l.open(d, "inc", []float64{0, 1, 2, 3})
	s, ev := Summarise(d)
	w := s.Targets[0].Stages[0].Window
	if w.RampCut != 0 || w.DrainCut != 0 || math.Abs(w.Seconds-10) > 1e-6 {
		t.Errorf("window is %+v, want all ten seconds", w)
	}
	if f := s.Targets[0].Figures["requests_per_s"]; f.N != 8 || math.Abs(*f.Value-0.8) > 1e-6 {
		t.Errorf("%s requests a second, want all eight, the last answer too, in ten", f.text())
	}
	if !strings.Contains(strings.Join(s.Warnings, "\n"), "inc in steady: too short for a steady part") {
		t.Errorf("nothing is said: %q", s.Warnings)
	}
	// Of a target that nothing more was asked of, that says all.
	d.Events = append(d.Events, Event{Kind: EventQuarantine, Target: "inc", Stage: "steady", Data: data(Reason{"401"})})
	if s, _ := Summarise(d); strings.Contains(strings.Join(s.Warnings, "\n"), "too short") {
		t.Errorf("of a quarantined target is said %q", s.Warnings)
	}
	if b := ev.Targets["inc"].Blocks; len(b) != 1 || b[0]["ttft_p50"] != 2 {
		t.Errorf("evidence is %v, want the stage as one block", b)
	}
}

func TestEvidenceBlocks(t *testing.T) {
	quick, slow := load{ttft: 0.1, tpot: 0.01, tokens: 11}, load{ttft: 1, tpot: 0.05, tokens: 21}
	var starts []float64
	for i := range 300 {
		starts = append(starts, float64(i)/5)
	}
	shift := func(r []Record, by int64) {
		for i := range r {
			for _, at := range []*Instant{&r[i].Intended, &r[i].Scheduled, &r[i].Start, &r[i].FirstToken, &r[i].FirstAnswer, &r[i].LastToken, &r[i].End} {
				*at = Known(at.Or(0) + by)
			}
		}
	}
	together := steadyRun("open", 0, 60)
	quick.open(together, "inc", starts)
	n := len(together.Records)
	slow.open(together, "cand", starts)
	_, ev := Summarise(together)
	inc, cand := ev.Targets["inc"].Blocks, ev.Targets["cand"].Blocks
	// 59.8 s of arrivals, 4 s of it ramp: 27 blocks of at least two seconds.
	if len(inc) != 27 || len(cand) != 27 {
		t.Fatalf("%d and %d blocks, want 27 each", len(inc), len(cand))
	}
	for i := range inc {
		if math.Abs(inc[i]["ttft_p50"]-0.1) > 1e-6 || math.Abs(cand[i]["ttft_p50"]-1) > 1e-6 ||
			math.Abs(inc[i]["output_tokens_per_s"]-110) > 12 || inc[i]["usd_per_1k_conversations"] == 0 {
			t.Fatalf("block %d: %v and %v", i, inc[i], cand[i])
		}
	}
	// One target after the other: block i is the same stretch of either's own stage.
	shift(together.Records[n:], 100e9)
	_, after := Summarise(together)
	for i, b := range after.Targets["cand"].Blocks {
		if fmt.Sprint(b) != fmt.Sprint(cand[i]) {
			t.Fatalf("block %d of a later target is %v, want %v", i, b, cand[i])
		}
	}
	// A quarantined target must not shorten the others' evidence.
	together.Records = together.Records[:n+4]
	together.Events = []Event{{Kind: EventQuarantine, Target: "cand", Stage: "steady", Data: data(Reason{"401"})}}
	s, ev := Summarise(together)
	if len(ev.Targets["inc"].Blocks) < 27 || s.Target("cand").Quarantined != "401" {
		t.Errorf("%d blocks beside a quarantined target", len(ev.Targets["inc"].Blocks))
	}
}

func TestResumedRetryCountsNoDeadTime(t *testing.T) {
	d := steadyRun("open", 0, 4)
	first := *attempt("inc", 0, 0, 0).failed(incPrice, 500, "server", 100)
	again := *attempt("inc", 0, 0, 0, ch(100, 1, "c"), ch(100, 1, "c")).answered(incPrice, 1, 2)
	again.Segment, again.Attempt = 1, 2
	again.Intended = msec(-60_000) // asked a minute before the second process began
	again.identify()
	d.Records = []Record{first, again}
	s, _ := Summarise(d)
	f := s.Targets[0].Figures
	if f["ttft_p50"].Value != nil || *f["ttft_service_p50"].Value != 0.1 || *f["error_rate"].Value != 0 {
		t.Errorf("TTFT %s, service TTFT %s, errors %s", f["ttft_p50"].text(), f["ttft_service_p50"].text(), f["error_rate"].text())
	}
}

// A resumed segment begins with whatever turns were left of earlier sessions: its
// ramp counts from its first departure, whichever session that is of.
func TestWindowOfAResumedSegment(t *testing.T) {
	l := load{ttft: 0.1, tpot: 0.02, think: 0.3, tokens: 6} // 0.2 s an answer, 0.7 s a conversation
	d := steadyRun("open", 0, 30)
	var starts []float64
	for i := range 40 {
		starts = append(starts, float64(i)/4)
	}
	l.open(d, "inc", starts)
	for i := range d.Records { // sessions 20 to 39 were asked by a second process, 5 s after its start
		if r := &d.Records[i]; r.Session >= 20 {
			r.Segment = 1
		}
	}
	late := l.answer("inc", 19, 1, 7) // a turn left over from the first process
	late.Segment = 1
	d.Records[39] = late
	s, _ := Summarise(d)
	// 0.7 s of ramp in each of 0 to 4.75 s and 5 to 9.75 s.
	if w := s.Targets[0].Stages[0].Window; math.Abs(w.RampCut-1.4) > 1e-6 || math.Abs(w.Seconds-8.1) > 1e-6 {
		t.Errorf("window is %+v, want 1.4 s of ramp and 8.1 s", w)
	}
}

// What left is never more than what was due, though the window's edge cuts between
// the two instants of a request, and what left only after the window is not there.
func TestAchievedIsAShareOfOffered(t *testing.T) {
	l := load{ttft: 0.1, tpot: 0.02, think: 0.3, tokens: 6}
	d := steadyRun("open", 0, 30)
	var starts []float64
	for i := range 40 {
		starts = append(starts, float64(i)/4)
	}
	l.open(d, "inc", starts)
	for i := range d.Records { // the client is 0.3 s late with everything
		r := &d.Records[i]
		r.Start = Known(r.Start.Or(0) + 3e8)
		r.timed()
	}
	s, _ := Summarise(d)
	// From 1 s (0.7 s and the lag) to 9.75 s: conversations begin at 1.0, 1.25 ... 9.5,
	// second turns are due at 1.0, 1.25 ... 9.5 + 0.5 - 0.25 = 9.5; the last of either
	// leaves at 9.8.
	w := s.Targets[0].Stages[0].Window
	if math.Abs(w.OfferedPerS*w.Seconds-70) > 1e-6 || math.Abs(w.AchievedPerS*w.Seconds-68) > 1e-6 {
		t.Errorf("offered %v, achieved %v of a window of %v s, want 70 and 68 requests", w.OfferedPerS*w.Seconds, w.AchievedPerS*w.Seconds, w.Seconds)
	}
}

func TestFindBlock(t *testing.T) {
	blocks := split([]span{{0, 0, 30}, {2, 5, 15}}, 4)
	want := []span{{0, 0, 10}, {0, 10, 20}, {0, 20, 30}, {2, 5, 15}}
	if fmt.Sprint(blocks) != fmt.Sprint(want) {
		t.Fatalf("split into %v, want %v", blocks, want)
	}
	for _, tc := range []struct {
		segment int
		t       int64
		want    int
	}{{0, -1, -1}, {0, 0, 0}, {0, 9, 0}, {0, 10, 1}, {0, 29, 2}, {0, 30, -1}, {1, 7, -1}, {2, 4, -1}, {2, 5, 3}, {2, 15, -1}, {3, 0, -1}} {
		if have := find(blocks, tc.segment, tc.t); have != tc.want {
			t.Errorf("find(%d, %d) = %d, want %d", tc.segment, tc.t, have, tc.want)
		}
	}
}
