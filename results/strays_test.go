package results

import (
	"strings"
	"testing"
)

// What does not belong to the run changes no figure, and is said.
func TestStraysAreInNoFigure(t *testing.T) {
	l := load{ttft: 0.5, tpot: 0.02, tokens: 6}
	clean := steadyRun("open", 0, 30)
	l.open(clean, "inc", []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	clean.Verdicts = []Verdict{verdict("inc", "a", "judge", 0, 4, 4, 4), verdict("inc", "b", "judge", 0, 3, 3, 3)}
	want, _ := Summarise(clean)

	d := *clean
	for i, change := range []func(*Record){
		func(r *Record) { r.Stage = "another" },
		func(r *Record) { r.Target = "nobody" },
		func(r *Record) { r.Target = "judge" },
	} {
		r := l.answer("inc", 50+i, 0, 3)
		change(&r)
		r.identify()
		d.Records = append(d.Records, r)
	}
	d.Verdicts = append(d.Verdicts, verdict("inc", "nowhere", "judge", 0, 0, 0, 0), verdict("nobody", "a", "judge", 0, 0, 0, 0))
	s, _ := Summarise(&d)
	for key, f := range s.Targets[0].Figures {
		if w := want.Targets[0].Figures[key]; f.text() != w.text() {
			t.Errorf("%s is %s, without the strays %s", key, f.text(), w.text())
		}
	}
	for _, said := range []string{"left out: 3 records of a stage or a target", "left out: 2 verdicts on a target or a conversation"} {
		if !strings.Contains(strings.Join(s.Warnings, "\n"), said) {
			t.Errorf("warnings %q lack %q", s.Warnings, said)
		}
	}
}

// A conversation of unknown length may have been cut short, which would look cheap.
func TestUnknownConversationHasNoCost(t *testing.T) {
	d := steadyRun("open", 0, 30)
	load{ttft: 0.5, tpot: 0.02, tokens: 6}.open(d, "inc", []float64{0, 1, 2})
	for i := range d.Records {
		d.Records[i].Item = "nowhere"
	}
	s, _ := Summarise(d)
	if f := s.Targets[0].Figures["usd_per_1k_conversations"]; f.Value != nil {
		t.Errorf("1,000 conversations of unknown length cost %s", f.text())
	}
	if said := "6 records are of conversations that the run does not have"; !strings.Contains(strings.Join(s.Warnings, "\n"), said) {
		t.Errorf("warnings %q lack %q", s.Warnings, said)
	}
}

// An answer before its question is two clocks, not a negative wait.
func TestNobodyWaitsLessThanNoTime(t *testing.T) {
	d := steadyRun("open", 0, 30)
	load{ttft: 0.5, tpot: 0.02, tokens: 6}.open(d, "inc", []float64{0, 1, 2})
	for i := range 2 {
		d.Records[i].Intended = msec(60_000)
	}
	s, _ := Summarise(d)
	f := s.Targets[0].Figures
	if f["ttft_p50"].N != 4 || *f["ttft_p50"].Value != 0.5 || f["ttft_service_p50"].N != 6 {
		t.Errorf("TTFT %s, service TTFT %s", f["ttft_p50"].text(), f["ttft_service_p50"].text())
	}
	if said := "2 answers began before they were due"; !strings.Contains(strings.Join(s.Warnings, "\n"), said) {
		t.Errorf("warnings %q lack %q", s.Warnings, said)
	}
}

// A deployment that produced nothing for most of the time may cost anything; that
// the upper bound is missing is said.
func TestPriceByTheHourWithoutUpperBound(t *testing.T) {
	d := steadyRun("open", 0, 60)
	starts := []float64{0, 1, 30} // one conversation ends in the steady part
	load{ttft: 0.5, tpot: 0.02, tokens: 6}.open(d, "cand", append(starts, 60))
	s, _ := Summarise(d)
	f := s.Target("cand").Figures["usd_per_1k_conversations"]
	if f.Value == nil || f.Low == nil || f.High != nil || !strings.Contains(f.Reason, "reaches zero") {
		t.Errorf("%s %q, want no upper bound and the reason", f.text(), f.Reason)
	}
}

// What nobody can have skipped does not overflow the count.
func TestSkippedTurnsAreCounted(t *testing.T) {
	d := steadyRun("open", 0, 30)
	load{ttft: 0.5, tpot: 0.02, tokens: 6}.open(d, "inc", []float64{0, 1, 2})
	for _, turns := range []int{1, 2, -7, 1 << 62, 1 << 62} {
		d.Events = append(d.Events, Event{Kind: EventSkipped, Target: "inc", Stage: "steady", Data: data(Skipped{Turns: turns})})
	}
	s, _ := Summarise(d)
	if n := s.Targets[0].Stages[0].Counts.NeverAsked; n != 3 {
		t.Errorf("%d turns were never asked, want 3", n)
	}
}
