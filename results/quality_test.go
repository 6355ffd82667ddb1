package results

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// judgedRun is a run of an incumbent and a candidate with the given verdicts.
func judgedRun(verdicts []Verdict) (*Summary, *Evidence) {
	run := handmadeRun()
	run.State, run.Policy.Criteria = StateComplete, nil
	d := &Data{Run: run, Verdicts: verdicts}
	for _, v := range verdicts {
		d.Conversations = append(d.Conversations, Conversation{Item: v.Item, Turns: []string{"only"}})
	}
	return Summarise(d)
}

func verdict(target, item, judge string, repeat int, points ...int) Verdict {
	v := Verdict{Target: target, Item: item, Judge: judge, Repeat: repeat, PromptHash: "p"}
	if len(points) == 0 {
		v.Unscored = "refused"
		return v
	}
	v.Scores = map[string]int{}
	for i, p := range points {
		v.Scores[[]string{"coherence", "understanding", "usefulness"}[i]] = p
	}
	return v
}

// TestDialogueIsTheUnit: repeats and judges inside a dialogue are averaged and
// never raise n.
func TestDialogueIsTheUnit(t *testing.T) {
	s, ev := judgedRun([]Verdict{
		// Judge x reads item 1 three times: 2, 4, 3 -> 3. Judge y once: 5. Mean 4.
		verdict("cand", "1", "x", 0, 2, 2, 2), verdict("cand", "1", "x", 1, 4, 4, 4), verdict("cand", "1", "x", 2, 3, 3, 3),
		verdict("cand", "1", "y", 0, 5, 5, 5),
		verdict("cand", "2", "x", 0, 1, 2, 3), // 2
		// A verdict of the same judge, order and repeat on the same records replaces.
		verdict("cand", "3", "x", 0), verdict("cand", "3", "x", 0, 3, 3, 3),
	})
	q := s.Target("cand").Figures["quality"]
	// Dialogues 4, 2, 3: mean 3, sd 1, t(2) = 4.303: 3 -+ 2.484.
	if q.N != 3 || *q.Value != 3 || math.Abs(*q.Low-0.5159) > 1e-4 || *q.High != 5 {
		t.Errorf("quality is %s", q.text())
	}
	if j := s.Target("cand").Judged; j.Dialogues != 3 || j.Verdicts != 6 || j.Unscored != 0 {
		t.Errorf("judged: %+v", j)
	}
	if f := s.Target("cand").Figures["usefulness"]; math.Abs(*f.Value-(4+3+3)/3.0) > 1e-9 {
		t.Errorf("usefulness is %s", f.text())
	}
	if d := ev.Targets["cand"].Dialogues; fmt.Sprint(d) != "map[1:4 2:2 3:3]" {
		t.Errorf("evidence is %v", d)
	}
	if f := s.Target("inc").Figures["quality"]; f.Value != nil || f.Reason != noneJudged {
		t.Errorf("the incumbent was not judged and has %s %q", f.text(), f.Reason)
	}
}

// TestDifferenceIsPaired: only items that both answered and the same judge read
// count, so a lenient judge of one side does not help it.
func TestDifferenceIsPaired(t *testing.T) {
	var vs []Verdict
	for i := range 30 {
		item := fmt.Sprint(i)
		vs = append(vs, verdict("inc", item, "x", 0, 3+i%2), verdict("cand", item, "x", 0, 3+i%2),
			verdict("cand", item, "lenient", 0, 5))
	}
	vs = append(vs, verdict("cand", "only cand", "x", 0, 5))
	s, _ := judgedRun(vs)
	j := s.Target("cand").Judged
	if j.Difference.N != 30 || *j.Difference.Value != 0 || *j.LowerOneSided != 0 || *j.UpperOneSided != 0 || j.More != 0 {
		t.Errorf("difference %s, bounds %v %v, more %d", j.Difference.text(), *j.LowerOneSided, *j.UpperOneSided, j.More)
	}
	if s.Target("inc").Judged.Difference != nil {
		t.Error("the incumbent differs from itself")
	}
}

func TestUnscoredBlocks(t *testing.T) {
	for unscored, want := range map[int]string{2: "", 3: "3 of 100 verdicts on inc are unscored"} {
		var vs []Verdict
		for i := range 100 {
			item := fmt.Sprint(i)
			if i < unscored {
				vs = append(vs, verdict("inc", item, "x", 0))
			} else {
				vs = append(vs, verdict("inc", item, "x", 0, 4, 4, 4))
			}
			vs = append(vs, verdict("cand", item, "x", 0, 4, 4, 4))
		}
		s, _ := judgedRun(vs)
		// Neither a zero nor a pass: the mean is over what was scored.
		if f := s.Target("inc").Figures["quality"]; *f.Value != 4 || f.N != 100-unscored {
			t.Errorf("%d unscored: quality is %s", unscored, f.text())
		}
		reason := s.Target("cand").Judged.Difference.Reason
		if !strings.HasPrefix(reason, want) || want == "" && reason != "" {
			t.Errorf("%d unscored: the difference says %q", unscored, reason)
		}
		// 97 equal scores would prove that nothing got worse; what could not be scored
		// may hide that it did.
		i := slices.IndexFunc(s.Matrix.Rows, func(r Row) bool { return r.Target == "cand" })
		check := s.Matrix.Rows[i].Checks[0]
		if result := map[bool]string{true: Pass, false: Unproven}[want == ""]; check.Result != result || !strings.Contains(check.Detail, want) {
			t.Errorf("%d unscored: the requirement is %s: %s", unscored, check.Result, check.Detail)
		}
	}
	var vs []Verdict
	for i := range 3 {
		vs = append(vs, verdict("cand", fmt.Sprint(i), "x", 0))
	}
	s, _ := judgedRun(vs)
	if f := s.Target("cand").Figures["quality"]; f.Value != nil || f.Reason != "not judged: 3 verdicts, 3 of them unscored (3: refused)" {
		t.Errorf("all unscored: %s %q", f.text(), f.Reason)
	}
}
