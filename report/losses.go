package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchover/results"
	"switchover/targets/chat"
)

// lossTable counts the requests of the measured stages by what their target's
// protocol could not carry of them as asked, and says why: a row for each field, those
// for which requests failed first.
func lossTable(run *results.Run, s *results.Summary) Table {
	t := Table{ID: "losses", Title: "Lost in conversion", Head: []Head{{Label: "Field"}},
		Intro: "Requests of which a target's protocol could not carry a field as asked. Rejected: the request was not sent, and failed. Dropped: the field was left out. Approximate: it was said in another way."}
	lost := make([]map[string]int, len(s.Targets)) // by "top_k: dropped"
	gravest := map[string]chat.Fate{}              // of each field
	for i, target := range s.Targets {
		t.Head = append(t.Head, Head{Label: nameOf(target.Name)})
		lost[i] = map[string]int{}
		for _, st := range target.Stages {
			for loss, n := range st.Counts.Losses {
				lost[i][loss] += n
				field, fate := splitLoss(loss)
				if was, ok := gravest[field]; !ok || fate.Compare(was) > 0 {
					gravest[field] = fate
				}
			}
		}
	}
	for _, field := range slices.SortedFunc(maps.Keys(gravest), func(a, b string) int {
		return cmp.Or(gravest[b].Compare(gravest[a]), strings.Compare(a, b))
	}) {
		row := []Value{text(Clean(field))}
		for i, target := range s.Targets {
			row = append(row, lossCell(field, lost[i], reasonsOf(run, target.Name)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// maxLossesNoted is how many fields stand beside the matrix; the table has them all.
const maxLossesNoted = 4

// lossNotes say in a line for each target what it was not asked as the others were, the
// gravest first.
func lossNotes(s *results.Summary) (out []string) {
	for _, target := range s.Targets {
		lost := map[string]int{}
		for _, st := range target.Stages {
			for loss, n := range st.Counts.Losses {
				lost[loss] += n
			}
		}
		losses := slices.SortedFunc(maps.Keys(lost), func(a, b string) int {
			_, x := splitLoss(a)
			_, y := splitLoss(b)
			return cmp.Or(y.Compare(x), strings.Compare(a, b))
		})
		var said []string
		for _, loss := range losses[:min(len(losses), maxLossesNoted)] {
			field, fate := splitLoss(loss)
			said = append(said, fmt.Sprintf("%s %s (%s)", Clean(field), Clean(string(fate)), count(lost[loss])))
		}
		if more := len(losses) - len(said); more > 0 {
			said = append(said, count(more)+" more")
		}
		if said != nil {
			out = append(out, fmt.Sprintf("Lost in conversion to %s, by requests: %s; the report says why.", nameOf(target.Name), joinNames(said)))
		}
	}
	return out
}

// lossCell says what became of one field of one target's requests, and why.
func lossCell(field string, lost map[string]int, reasons map[string]string) Value {
	var said, why []string
	for _, loss := range slices.SortedFunc(maps.Keys(lost), func(a, b string) int {
		_, x := splitLoss(a)
		_, y := splitLoss(b)
		return cmp.Or(y.Compare(x), strings.Compare(a, b))
	}) {
		of, fate := splitLoss(loss)
		if of != field || lost[loss] == 0 {
			continue
		}
		said = append(said, count(lost[loss])+" "+Clean(string(fate)))
		if reason := Clean(reasons[loss]); reason != "" && !slices.Contains(why, reason) {
			why = append(why, reason)
		}
	}
	if said == nil {
		return text("\u2013")
	}
	v := text(strings.Join(said, ", "))
	v.Under = strings.Join(why, "; ")
	return v
}

// splitLoss takes "top_k: dropped" apart, as chat.Loss writes it.
func splitLoss(loss string) (field string, fate chat.Fate) {
	i := strings.LastIndex(loss, ": ")
	if i < 0 {
		return loss, ""
	}
	return loss[:i], chat.Fate(loss[i+2:])
}

func reasonsOf(run *results.Run, target string) map[string]string {
	if t := run.Target(target); t != nil {
		return t.LossReasons
	}
	return nil
}
