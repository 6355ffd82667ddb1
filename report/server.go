package report

import (
	"maps"
	"slices"
	"strings"

	"switchover/results"
)

// lossTable counts the requests of the measured stages by what their target's
// protocol could not carry of them as asked, and says why.
func lossTable(run *results.Run, s *results.Summary) Table {
	t := Table{ID: "losses", Title: "Lost in conversion", Head: []Head{{Label: "Field"}},
		Intro: "Requests of which a target's protocol could not carry a field as asked. Dropped: it was left out. Approximate: it was said in another way."}
	lost, seen := make([]map[string]int, len(s.Targets)), map[string]bool{}
	for i, target := range s.Targets {
		t.Head = append(t.Head, Head{Label: nameOf(target.Name), Numeric: true})
		lost[i] = map[string]int{}
		for _, st := range target.Stages {
			for loss, n := range st.Counts.Losses {
				lost[i][loss] += n
				seen[loss] = true
			}
		}
	}
	for _, loss := range slices.Sorted(maps.Keys(seen)) {
		row := []Value{text(Clean(loss))}
		for i := range s.Targets {
			row = append(row, counted(lost[i][loss]))
		}
		t.Rows = append(t.Rows, row)
		t.Notes = append(t.Notes, lossReasons(run, s, lost, loss)...)
	}
	return t
}

// lossReasons say why a field is lost, each reason with the targets it is of.
func lossReasons(run *results.Run, s *results.Summary, lost []map[string]int, loss string) []string {
	var order []string
	of := map[string][]string{}
	for _, t := range run.Targets {
		i := slices.IndexFunc(s.Targets, func(sum results.TargetSummary) bool { return sum.Name == t.Name })
		why := Clean(t.LossReasons[loss])
		if i < 0 || why == "" || lost[i][loss] == 0 {
			continue
		}
		if of[why] == nil {
			order = append(order, why)
		}
		of[why] = append(of[why], nameOf(t.Name))
	}
	for i, why := range order {
		order[i] = Clean(loss) + ", " + strings.Join(of[why], ", ") + ": " + why
	}
	return order
}

// serverTable shows what servers say of their own work beside what was measured.
func serverTable(s *results.Summary) Table {
	t := Table{ID: "server", Title: "The servers\u2019 own times", Head: []Head{{Label: "Target"}, {Label: "Stage"}, {Label: "Requests", Numeric: true}},
		Intro: "Medians of what servers say of their own work, beside ours: the difference is the network, and what waits in front of the server. They decide nothing."}
	for _, h := range []string{"Whole request", "Loading", "Queue", "Prompt", "Our service TTFT", "Per token", "Our TPOT"} {
		t.Head = append(t.Head, Head{Label: h, Numeric: true})
	}
	seconds := func(v results.Opt[float64]) Value {
		if x, ok := v.Get(); ok {
			return number(Format(x, "s"))
		}
		return number("\u2013")
	}
	for _, target := range s.Targets {
		for _, st := range target.Stages {
			if v := st.Server; v != nil {
				ours := func(key string) Value {
					if x := finite(st.Figures[key].Value); x != nil {
						return number(Format(*x, "s"))
					}
					return number("unknown")
				}
				t.Rows = append(t.Rows, []Value{text(nameOf(target.Name)), text(nameOf(st.Name)), counted(v.N), seconds(v.Total), seconds(v.Load),
					seconds(v.Queue), seconds(v.Prompt), ours("ttft_service_p50"), seconds(v.Token), ours("tpot_p50")})
			}
		}
	}
	return t
}
