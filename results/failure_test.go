package results

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchover/targets/chat"
)

// silent is a run of one target that n requests were sent to and that answered
// none.
func silent(failures ...chat.Failure) *Data {
	d := &Data{Run: &Run{ID: "20260101T000000Z-x", State: StateComplete, Segments: []Segment{{}},
		Targets: []RunTarget{{Name: "a"}}, Stages: []RunStage{{Name: "s", Mode: "users", Measure: true}}}}
	for i, f := range failures {
		d.Records = append(d.Records, Record{ID: string(rune('a' + i)), Target: "a", Stage: "s", Session: i, Error: &Error{Class: f.Class, Message: f.Message}})
	}
	return d
}

func TestSilentTargetSaysWhatEndedItsRequestsAndWhatToDo(t *testing.T) {
	refused := chat.Failure{Class: chat.Connect, Message: "no connection to 127.0.0.1:1: connection refused"}
	for name, c := range map[string]struct {
		failures []chat.Failure
		text     string
		settle   string
	}{
		"one class":      {[]chat.Failure{refused, refused}, "2 of 2 failed with connect: no connection to 127.0.0.1:1: connection refused", "--url"},
		"the commonest":  {[]chat.Failure{{Class: chat.Malformed, Message: "<html>"}, refused, refused}, "2 of 3 failed with connect", "start the server"},
		"no words":       {[]chat.Failure{{Class: chat.Server}}, "1 of 1 failed with server.", "log"},
		"too many words": {[]chat.Failure{{Class: chat.RateLimited, Message: strings.Repeat("wait ", 100)}}, "wait wait…", "ask less"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := Summarise(silent(c.failures...))
			v := s.Matrix.Verdict
			if v.Kind != NoneQualifies || !strings.Contains(v.Text, c.text) {
				t.Errorf("the verdict is %s: %q, want %q in it", v.Kind, v.Text, c.text)
			}
			if len(v.Text) > 400 {
				t.Errorf("the verdict has %d bytes: a server's words must not fill it", len(v.Text))
			}
			if got := strings.Join(v.Settle, "\n"); !strings.Contains(got, c.settle) || c.settle == "" && got != "" {
				t.Errorf("what to do: %q, want %q", got, c.settle)
			}
		})
	}
}

// What helps several targets is said once, with their names.
func TestWhatToDoIsSaidOnce(t *testing.T) {
	d := silent()
	d.Run.Targets = nil
	for i, class := range []chat.Class{chat.Connect, chat.RateLimited, chat.Connect} {
		name := string(rune('a' + i))
		d.Run.Targets = append(d.Run.Targets, RunTarget{Name: name})
		d.Records = append(d.Records, Record{ID: name, Target: name, Stage: "s", Error: &Error{Class: class, Message: "no"}})
	}
	s, _ := Summarise(d)
	if got := s.Matrix.Verdict.Settle; len(got) != 2 || !strings.HasPrefix(got[0], "a and c: start the server") || !strings.HasPrefix(got[1], "b: ask less") {
		t.Errorf("what to do: %q", got)
	}
}

// Who was asked nothing failed nothing: that leaves the verdict open.
func TestSilenceWithoutFailureIsNoVerdict(t *testing.T) {
	cancelled := chat.Failure{Class: chat.Cancelled, Message: "the run was interrupted"}
	unsent := chat.Failure{Class: chat.Client, Message: "too many open files"}
	for want, d := range map[string]*Data{
		"a: nothing was asked of it": silent(),
		"a: " + allOurs:              silent(cancelled, unsent),
	} {
		s, _ := Summarise(d)
		if v := s.Matrix.Verdict; v.Kind != NoVerdict || !strings.Contains(v.Text, want) || len(v.Settle) != 1 {
			t.Errorf("the verdict is %s: %q, settled by %q, want %q", v.Kind, v.Text, v.Settle, want)
		}
		if f := s.Targets[0].Figures["error_rate"]; f.Value != nil || !strings.Contains(want, f.Reason) {
			t.Errorf("error rate %s because %q, want unknown because %s", f.text(), f.Reason, want)
		}
	}
}

func TestTargetThatFailsOftenSaysWhy(t *testing.T) {
	d := silent(chat.Failure{Class: chat.Connect, Message: "refused"})
	for i := range 19 {
		d.Records = append(d.Records, Record{ID: fmt.Sprint(i), Target: "a", Stage: "s", Session: 1 + i, Complete: true, Status: 200})
	}
	s, _ := Summarise(d)
	want := "a: 1 of 20 requests failed, 1 with connect: refused"
	if !slices.Contains(s.Warnings, want) {
		t.Errorf("the warnings lack %q: %q", want, s.Warnings)
	}
	d.Records = append(d.Records, Record{ID: "one more", Target: "a", Stage: "s", Session: 50, Complete: true, Status: 200})
	if s, _ = Summarise(d); slices.Contains(s.Warnings, want) || strings.Contains(strings.Join(s.Warnings, "\n"), "connect") {
		t.Errorf("few failures are not worth a warning: %q", s.Warnings)
	}
}

func TestEveryFailureHasARemedy(t *testing.T) {
	for _, class := range chat.Classes {
		// The provider's refusal and our own cancelling are nothing to mend.
		if remedy(class) == "" && class != chat.ContentFilter && class != chat.Cancelled {
			t.Errorf("nothing is said about what to do after %s", class)
		}
		if got := quarantineClass(string(class) + ": 401: said the server"); got != class {
			t.Errorf("the class of a quarantine is %q, want %q", got, class)
		}
	}
}

func TestUnscoredVerdictsSayWhy(t *testing.T) {
	s := &scores{judged: Judged{Verdicts: 4, Unscored: 4, Why: map[string]int{"verdict unreadable: x": 1, "judge call failed: 401": 3}}}
	if got := s.blocked("a"); !strings.Contains(got, "(3: judge call failed: 401)") {
		t.Errorf("%q does not say what went wrong most often", got)
	}
}
