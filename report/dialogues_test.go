package report_test

import (
	"fmt"
	"strings"
	"testing"

	"switchover/report"
	"switchover/report/reporttest"
	"switchover/results"
)

func TestDialoguesShowWhereTargetsDiffer(t *testing.T) {
	run, s := reporttest.Demo()
	var convs []results.Conversation
	var records []results.Record
	var verdicts []results.Verdict
	for i := range 6 {
		item := fmt.Sprintf("item-%d", i)
		convs = append(convs, results.Conversation{Item: item, Language: "zh", Turns: []string{"first\nquestion", "second"}})
		for j, target := range []string{"claude", "small-7b"} {
			var ids []string
			for turn := range 2 {
				r := results.Record{ID: results.RecordID("steady", target, i, turn, 1), Target: target, Item: item, Turn: turn, Complete: true,
					Text: fmt.Sprintf("%s answers \x1b[31m%d\x1b[0m", target, turn) + strings.Repeat(" x", 2000)}
				records, ids = append(records, r), append(ids, r.ID)
			}
			// item-3 differs most, item-5 was judged for one target alone.
			score := 4
			if j == 1 && i == 3 {
				score = 0
			}
			if j == 1 && i == 5 {
				continue
			}
			verdicts = append(verdicts, results.Verdict{Target: target, Item: item, Records: ids,
				Scores: map[string]int{"coherence": score, "understanding": 3}, Reasons: map[string]string{"coherence": "because"}})
		}
	}
	verdicts = append(verdicts, results.Verdict{Target: "claude", Item: "item-0", Unscored: "not JSON"},
		results.Verdict{Target: "claude", Item: "gone", Scores: map[string]int{"coherence": 1}})

	d := report.New(run, s)
	if err := d.AddDialogues(&results.Data{Run: run, Conversations: convs, Records: records, Verdicts: verdicts}); err != nil {
		t.Fatal(err)
	}
	if len(d.Dialogues) != 3 || d.Dialogues[0].Item != "item-3" {
		t.Fatalf("%d dialogues, first %q: want three, the one that differs most first", len(d.Dialogues), d.Dialogues[0].Item)
	}
	first := d.Dialogues[0]
	if len(first.Turns) != 2 || first.Turns[0].User != "first\nquestion" || len(first.Turns[1].Answers) != 2 {
		t.Fatalf("turns %+v", first.Turns)
	}
	a := first.Turns[1].Answers[1]
	if a.Target != "small-7b" || !strings.HasPrefix(a.Text, "small-7b answers 1 x") || len([]rune(a.Text)) > 1200 {
		t.Errorf("answer of %q is %d characters: %.40q", a.Target, len([]rune(a.Text)), a.Text)
	}
	sc := first.Scores[1]
	if len(sc.Scores) != 2 || sc.Scores[0] != (report.Pair{Name: "Coherence", Value: "0"}) || sc.Reasons[0].Value != "because" {
		t.Errorf("scores %+v, reasons %+v", sc.Scores, sc.Reasons)
	}
}
