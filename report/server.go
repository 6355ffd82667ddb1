package report

import (
	"slices"

	"switchover/results"
)

// serverTimes are the columns of what servers say of their own work, each with the
// figure of ours that it is held beside, if there is one.
var serverTimes = []struct {
	label string
	said  func(*results.ServerTimes) results.Opt[float64] // in seconds
	ours  string                                          // a figure
	our   string                                          // its heading
}{
	{"Whole request", func(v *results.ServerTimes) results.Opt[float64] { return v.Total }, "latency_p50", "Our latency"},
	{"Loading", func(v *results.ServerTimes) results.Opt[float64] { return v.Load }, "", ""},
	{"Queue", func(v *results.ServerTimes) results.Opt[float64] { return v.Queue }, "", ""},
	{"Prompt", func(v *results.ServerTimes) results.Opt[float64] { return v.Prompt }, "ttft_service_p50", "Our service TTFT"},
	{"Per token", func(v *results.ServerTimes) results.Opt[float64] { return v.Token }, "tpot_p50", "Our TPOT"},
}

// serverTable shows what servers say of their own work beside what was measured. What
// none of them says has no column.
func serverTable(s *results.Summary) Table {
	t := Table{ID: "server", Title: "The servers\u2019 own times", Head: []Head{{Label: "Target"}, {Label: "Stage"}, {Label: "Requests", Numeric: true}},
		Intro: "Medians of what servers say of their own work, beside ours: the difference is the network, and what waits in front of the server. They decide nothing."}
	var stages []results.StageSummary
	for _, target := range s.Targets {
		for _, st := range target.Stages {
			if st.Server != nil {
				stages = append(stages, st)
				t.Rows = append(t.Rows, []Value{text(nameOf(target.Name)), text(nameOf(st.Name)), counted(st.Server.N)})
			}
		}
	}
	for _, c := range serverTimes {
		if !slices.ContainsFunc(stages, func(st results.StageSummary) bool { _, ok := c.said(st.Server).Get(); return ok }) {
			continue
		}
		t.Head = append(t.Head, Head{Label: c.label, Numeric: true})
		if c.ours != "" {
			t.Head = append(t.Head, Head{Label: c.our, Key: c.ours, Numeric: true})
		}
		for i, st := range stages {
			said := number("\u2013")
			if x, ok := c.said(st.Server).Get(); ok {
				said = number(Format(x, "s"))
			}
			t.Rows[i] = append(t.Rows[i], said)
			if c.ours == "" {
				continue
			}
			ours := number("unknown")
			if x := finite(st.Figures[c.ours].Value); x != nil {
				ours = number(Format(*x, "s"))
			}
			t.Rows[i] = append(t.Rows[i], ours)
		}
	}
	return t
}
