package results

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// stageEnded is the driver's word on when a stage's arrivals were over.
func stageEnded(segment int, seconds float64, idle map[string]int64) Event {
	return Event{Segment: segment, Kind: EventStageEnd, Stage: "steady", Data: data(StageEnd{LastIntended: int64(seconds * 1e9), Idle: idle})}
}

func near(t *testing.T, what string, have, want float64) {
	t.Helper()
	if math.Abs(have-want) > 1e-6 {
		t.Errorf("%s is %v, want %v", what, have, want)
	}
}

// A queue that grows has no steady state, and that is said; a queue that does not
// grow is not accused, though it fluctuates.
func TestGrowingQueueIsNotSteady(t *testing.T) {
	const rate, n, runs = 10.0, 600, 60
	said := func(share float64) (times int, one string) {
		for seed := range uint64(runs) {
			r := rand.New(rand.NewPCG(seed, 3))
			s, _ := Summarise(stageOf(r, rate, n, queue(r, rate, share)))
			if w := s.Targets[0].Stages[0].Window; w.Unsteady != "" {
				times, one = times+1, strings.Join(s.Warnings, "\n")
			}
		}
		return times, one
	}
	if times, warning := said(1.5); times < runs*9/10 || !strings.Contains(warning, "inc in steady: its first tokens took longer and longer") || !strings.Contains(warning, "how long the stage lasted") {
		t.Errorf("asked half more than it can carry, a target was said not to be steady in %d of %d runs: %q", times, runs, warning)
	}
	if times, warning := said(0.6); times > 2 {
		t.Errorf("a target with room to spare was said not to be steady in %d of %d runs: %q", times, runs, warning)
	}
}

// Bursts repeat: what they bring is counted over whole periods, for in any other
// stretch is a burst too many or too few.
func TestBurstsAreCountedInWholePeriods(t *testing.T) {
	l := load{ttft: 0.5, tpot: 0.1, tokens: 6} // 1 s an answer, 2 s a conversation
	for _, tc := range []struct {
		seconds, want float64
	}{{25, 2}, {39, 2}, {61, 2}} {
		d := steadyRun("open", 0, tc.seconds)
		d.Run.Stages[0].Period = 10e9
		var starts []float64
		for at := 0.0; at < tc.seconds; at += 10 {
			for range 10 {
				starts = append(starts, at)
			}
		}
		l.open(d, "inc", starts)
		d.Events = append(d.Events, stageEnded(0, tc.seconds, nil))
		s, _ := Summarise(d)
		f := s.Targets[0].Figures["requests_per_s"]
		near(t, "requests/s", *f.Value, tc.want)
		if tc.seconds > 60 { // every period is like every other
			near(t, "lower bound", *f.Low, tc.want)
			near(t, "upper bound", *f.High, tc.want)
		} else if f.Low != nil || f.Reason != "no interval: need 40 s of steady load" {
			t.Errorf("after %v s: %s, %q", tc.seconds, f.text(), f.Reason)
		}
		if w := s.Targets[0].Stages[0].Window; w.Unsteady != "" || math.Mod(w.Seconds+1e-9, 10) > 1e-6 {
			t.Errorf("window is %+v, want whole periods", w)
		}
	}
}

// The pause after the last start belongs to an open loop's load.
func TestOpenLoopLastsToItsEnd(t *testing.T) {
	l := load{ttft: 0.5, tpot: 0.1, tokens: 6}
	d := steadyRun("open", 0, 20)
	l.open(d, "inc", []float64{0, 4, 8, 12, 16})
	d.Events = append(d.Events, stageEnded(0, 20, nil))
	s, _ := Summarise(d)
	w := s.Targets[0].Stages[0].Window
	near(t, "steady part", w.Seconds, 18) // 2 s a conversation
	near(t, "requests/s", *s.Targets[0].Figures["requests_per_s"].Value*w.Seconds, 9)

	// Of a target that was quarantined nothing more was asked.
	d.Events = append(d.Events, Event{Kind: EventQuarantine, Target: "inc", Stage: "steady", Data: data(Reason{"401"})})
	s, _ = Summarise(d)
	near(t, "steady part of a quarantined target", s.Targets[0].Stages[0].Window.Seconds, 14)
}

// Where the conversations run out, users fall idle one after the other: that is
// drain, whenever the other target is done.
func TestUsersWhoFellIdleAreDrain(t *testing.T) {
	l := load{ttft: 0.5, tpot: 0.1, tokens: 6} // 1 s an answer
	d := steadyRun("users", 4, 0)
	for session := range 40 { // four users, two turns each, one conversation after the other
		at := float64(session/4) * 2
		d.Records = append(d.Records, l.answer("inc", session, 0, at), l.answer("inc", session, 1, at+1))
	}
	for session := 40; session < 44; session++ { // the last conversations are slow
		at := 20 + 10*float64(session-40)
		d.Records = append(d.Records, l.answer("inc", session, 0, 20), l.answer("inc", session, 1, at+1))
	}
	d.Events = append(d.Events, stageEnded(0, 90, map[string]int64{"inc": 22e9}))
	s, _ := Summarise(d)
	w := s.Targets[0].Stages[0].Window
	near(t, "ramp", w.RampCut, 1)
	near(t, "steady part", w.Seconds, 21)
}

// A resumed stage of users begins with the conversations left open and goes on
// with new ones: its load is whole once each user has begun again.
func TestRampOfAResumedStageOfUsers(t *testing.T) {
	l := load{ttft: 0.5, tpot: 0.1, tokens: 6}
	d := steadyRun("users", 2, 100)
	for session := range 20 {
		at := float64(session/2) * 2
		d.Records = append(d.Records, l.answer("inc", session, 0, at), l.answer("inc", session, 1, at+1))
	}
	for i, session := range []int{18, 20, 21, 22, 23, 24} { // the open one, and one that begins at 0.7 s
		at := []float64{0, 0.7, 1, 3.7, 4, 6}[i]
		r := l.answer("inc", session, 1, at)
		if session != 18 {
			r = l.answer("inc", session, 0, at)
		}
		r.Segment = 1
		r.identify()
		if session == 18 {
			d.Records[37] = r
			continue
		}
		d.Records = append(d.Records, r)
	}
	s, _ := Summarise(d)
	// 1 s of ramp in the first segment, 0.7 s and 1 s in the second.
	near(t, "ramp", s.Targets[0].Stages[0].Window.RampCut, 1+1.7)
}
