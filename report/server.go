package report

import (
	"switchover/results"
)

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
