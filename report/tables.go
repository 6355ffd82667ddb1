package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchover/results"
	"switchover/targets/chat"
)

// subjects are the tables of figures, in order.
var subjects = []struct {
	id, title, intro string
	keys             []string
}{
	{"latency", "Latency", "Over requests that succeeded; read it beside the failures.",
		[]string{"ttft_p50", "ttft_p90", "ttft_p99", "ttft_service_p50", "ttfa_p50", "tpot_p50", "itl_p50", "itl_p99", "latency_p50", "latency_p99"}},
	{"throughput", "Throughput and failures", "Over the steady window of each stage; shares over all of its requests.",
		[]string{"output_tokens_per_s", "requests_per_s", "goodput", "error_rate", "interruption_rate"}},
	{"cost", "Cost", "At the prices under \u201cHow it was run\u201d. Tokens of two models are not the same unit: compare by conversation.",
		[]string{"usd_per_1k_conversations", "usd_per_mtok_input", "usd_per_mtok_output", "usd_per_mtok_blended"}},
	{"quality", "Quality", "Points from 0 to 5, by the judge. Means over dialogues.",
		[]string{"quality", "coherence", "understanding", "usefulness"}},
	{"gpu", "GPU", "On the client's own host, over the steady window.",
		[]string{"gpu_util", "gpu_mem_gib", "gpu_power_w"}},
}

// line is one target in one stage.
type line struct {
	target *results.TargetSummary
	stage  *results.StageSummary // nil for figures of the run
}

// lines lists every target in every measured stage: stage by stage, so that
// targets that met the same minute stand together. The stage whose figures are the
// targets' own comes last.
func lines(s *results.Summary) []line {
	var order []string
	for _, t := range s.Targets {
		for _, st := range t.Stages {
			if !slices.Contains(order, st.Name) {
				order = append(order, st.Name)
			}
		}
	}
	for _, t := range s.Targets {
		if i := slices.Index(order, t.Stage); i >= 0 {
			order = append(slices.Delete(order, i, i+1), t.Stage)
			break
		}
	}
	var out []line
	for _, name := range order {
		for i := range s.Targets {
			t := &s.Targets[i]
			for j := range t.Stages {
				if t.Stages[j].Name == name {
					out = append(out, line{t, &t.Stages[j]})
				}
			}
		}
	}
	return out
}

// manyStages reports whether a stage column is needed.
func manyStages(ls []line) bool {
	return slices.ContainsFunc(ls, func(l line) bool { return l.stage.Name != ls[0].stage.Name })
}

// named begins a row: the target, and its stage where there are several.
func (l line) named(stages bool) []Value {
	row := []Value{text(nameOf(l.target.Name))}
	if stages {
		row = append(row, text(Clean(l.stage.Name)))
	}
	return row
}

func headOf(stages bool) []Head {
	head := []Head{{Label: "Target"}}
	if stages {
		head = append(head, Head{Label: "Stage"})
	}
	return head
}

func figureTables(run *results.Run, s *results.Summary) []Table {
	staged := lines(s)
	whole := make([]line, len(s.Targets))
	for i := range s.Targets {
		whole[i] = line{target: &s.Targets[i]}
	}
	var out []Table
	for _, sub := range subjects {
		ls, stages := staged, len(staged) > 0 && manyStages(staged)
		if sub.id == "quality" || len(staged) == 0 {
			ls, stages = whole, false
		}
		t := Table{ID: sub.id, Title: sub.title, Intro: sub.intro}
		t.figures(ls, stages, sub.keys)
		switch sub.id {
		case "throughput":
			t.Notes = append(t.Notes, windowNote(run))
			out = append(out, t, windowTable(staged, stages))
			continue
		case "cost":
			t.Notes = append(t.Notes, utilisationNotes(s)...)
			t.Notes = append(t.Notes, spentNote(s)...)
		}
		out = append(out, t)
	}
	return slices.DeleteFunc(out, func(t Table) bool { return len(t.Rows) == 0 && len(t.Notes) == 0 })
}

// figures adds one column for each figure that is known for at least one line; of
// the others it says why there is none.
func (t *Table) figures(ls []line, stages bool, keys []string) {
	t.Head = headOf(stages)
	rows := make([][]Value, len(ls))
	for i, l := range ls {
		rows[i] = l.named(stages)
	}
	shown := false
	var unknown []string // why, each once
	of := map[string][]string{}
	for _, key := range keys {
		info, ok := results.LookupFigure(key)
		if !ok {
			continue
		}
		figs := make([]results.Figure, len(ls))
		for i, l := range ls {
			figs[i] = l.figure(key)
		}
		vals := valuesOf(info.Unit, figs)
		if !slices.ContainsFunc(vals, func(v Value) bool { return v.Known }) {
			if len(vals) > 0 {
				why := vals[0].Reason
				if of[why] == nil {
					unknown = append(unknown, why)
				}
				of[why] = append(of[why], info.Label)
			}
			continue
		}
		shown = true
		t.Head = append(t.Head, Head{info.Label, key, true})
		for i := range rows {
			rows[i] = append(rows[i], vals[i])
		}
	}
	for _, why := range unknown {
		t.Notes = append(t.Notes, fmt.Sprintf("%s: unknown (%s).", joinNames(of[why]), why))
	}
	if shown {
		t.Rows = rows
	}
}

func (l line) figure(key string) results.Figure {
	from := l.target.Figures
	if l.stage != nil {
		from = l.stage.Figures
	}
	if f, ok := from[key]; ok {
		return f
	}
	return results.Unknown("", 0, "not measured")
}

func windowNote(run *results.Run) string {
	var warm []string
	for _, st := range run.Stages {
		if !st.Measure {
			warm = append(warm, Clean(st.Name))
		}
	}
	if len(warm) == 0 {
		return "Every stage was measured."
	}
	return "Not measured: " + joinNames(warm) + "."
}

// windowTable shows what the rates are taken over, and how many requests.
func windowTable(ls []line, stages bool) Table {
	t := Table{ID: "windows", Title: "What the figures rest on",
		Intro: "Rates are taken over the steady window; ramp and drain are cut off. A request is asked again after some failures: each time is an attempt.",
		Head:  headOf(stages)}
	for _, h := range []string{"Window", "Ramp cut", "Drain cut", "Offered", "Achieved", "Conversations", "Requests", "Attempts",
		"Succeeded", "Failed", "Interrupted", "Cancelled", "Never asked", "Dropped", "Resent"} {
		t.Head = append(t.Head, Head{Label: h, Numeric: true})
	}
	for _, l := range ls {
		w, c := l.stage.Window, l.stage.Counts
		row := append(l.named(stages), number(seconds(w.Seconds)), number(seconds(w.RampCut)), number(seconds(w.DrainCut)),
			number(Format(w.OfferedPerS, "1/s")), number(Format(w.AchievedPerS, "1/s")),
			number(fmt.Sprintf("%s of %s", count(c.Conversations), count(c.Sessions))))
		for _, n := range []int{c.Requests, c.Attempts, c.Succeeded, c.Failed, c.Interrupted, c.Cancelled, c.NeverAsked, c.Dropped, c.Resent} {
			row = append(row, counted(n))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func seconds(v float64) string { return Scale{factor: 1, decimals: 1, suffix: " s"}.Format(v) }

func utilisationNotes(s *results.Summary) []string {
	var out []string
	for _, t := range s.Targets {
		if len(t.CostAtUtilisation) == 0 {
			continue
		}
		keys := slices.SortedFunc(maps.Keys(t.CostAtUtilisation), func(a, b string) int {
			if len(a) != len(b) {
				return len(b) - len(a) // 100 before 50
			}
			return strings.Compare(b, a)
		})
		var parts []string
		for _, k := range keys {
			parts = append(parts, fmt.Sprintf("%s at %s %%", Format(t.CostAtUtilisation[k], "USD"), strings.TrimSpace(strings.TrimSuffix(Clean(k), "%"))))
		}
		out = append(out, fmt.Sprintf("%s, output per 1M tokens by utilisation of the measured throughput: %s.", nameOf(t.Name), strings.Join(parts, ", ")))
	}
	return out
}

// spentNote says what the measured stages cost and how many tokens went through.
func spentNote(s *results.Summary) []string {
	var out []string
	for _, t := range s.Targets {
		var all results.Counts
		for _, st := range t.Stages {
			c := st.Counts
			all.InputTokens, all.OutputTokens = all.InputTokens+c.InputTokens, all.OutputTokens+c.OutputTokens
			all.Uncounted, all.Unpriced = all.Uncounted+c.Uncounted, all.Unpriced+c.Unpriced
			if v, ok := c.CostUSD.Get(); ok {
				all.CostUSD = results.Known(all.CostUSD.Or(0) + v)
			}
		}
		if all.InputTokens+all.OutputTokens == 0 {
			continue
		}
		cost := "at an unknown cost"
		if usd, ok := all.CostUSD.Get(); ok {
			cost = "for " + atLeast(Format(usd, "USD"), all.Unpriced)
		} else if len(t.CostAtUtilisation) > 0 {
			cost = "paid by the hour"
		}
		in := "an unknown number of"
		if all.InputTokens > 0 {
			in = atLeast(count(all.InputTokens), all.Uncounted)
		}
		out = append(out, fmt.Sprintf("%s: %s input and %s output tokens in the measured stages, %s.", nameOf(t.Name), in, count(all.OutputTokens), cost))
	}
	return out
}

// atLeast marks a sum that some requests are missing from.
func atLeast(sum string, missing int) string {
	if missing > 0 {
		return "at least " + sum
	}
	return sum
}

// errorTable counts failures by class, one column for each target.
func errorTable(s *results.Summary) Table {
	t := Table{ID: "errors", Title: "Errors by class", Head: []Head{{Label: "Class"}},
		Intro: "Requests whose last attempt failed; in brackets, attempts that failed, those asked again with success included."}
	requests := make([]map[chat.Class]int, len(s.Targets))
	attempts := make([]map[chat.Class]int, len(s.Targets))
	seen := map[chat.Class]bool{}
	for i, target := range s.Targets {
		t.Head = append(t.Head, Head{Label: nameOf(target.Name), Numeric: true})
		requests[i], attempts[i] = map[chat.Class]int{}, map[chat.Class]int{}
		for _, st := range target.Stages {
			addClasses(requests[i], st.Counts.Errors, seen)
			addClasses(attempts[i], st.Counts.AttemptErrors, seen)
		}
	}
	for _, class := range classOrder(seen) {
		row := []Value{text(Clean(string(class)))}
		for i := range s.Targets {
			cell := count(requests[i][class])
			if a := attempts[i][class]; a != 0 {
				cell += " (" + count(a) + ")"
			}
			row = append(row, number(cell))
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 {
		t.Notes = []string{"No attempt failed."}
	}
	return t
}

func addClasses(to, from map[chat.Class]int, seen map[chat.Class]bool) {
	for class, n := range from {
		to[class] += n
		seen[class] = seen[class] || n > 0
	}
}

// classOrder is chat.Classes, then any other class by name, of those seen.
func classOrder(seen map[chat.Class]bool) []chat.Class {
	var out []chat.Class
	for _, c := range chat.Classes {
		if seen[c] {
			out = append(out, c)
		}
	}
	for _, c := range slices.Sorted(maps.Keys(seen)) {
		if seen[c] && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// judgingTable is the difference from the incumbent and what it rests on. It has
// no rows when nothing was judged.
func judgingTable(s *results.Summary) Table {
	t := Table{ID: "judging", Title: "Judged dialogues",
		Intro: "The difference from the incumbent in points, over the same conversations and the same judge; the one-sided 95 % bounds decide whether a candidate is not worse.",
		Head: []Head{{Label: "Target"}, {Label: "Dialogues", Numeric: true}, {Label: "Unscored verdicts", Numeric: true},
			{Label: "Difference", Numeric: true}, {Label: "One-sided bounds", Numeric: true}, {Label: "More needed", Numeric: true}}}
	for _, target := range s.Targets {
		j := target.Judged
		if j.Dialogues == 0 && j.Verdicts == 0 {
			continue
		}
		sc := Scale{factor: 1, decimals: 2}
		diff := number("\u2013")
		if j.Difference != nil {
			diff = value(sc, *j.Difference)
			if diff.Known {
				diff.Text = sc.Signed(*diff.Value)
			}
		}
		bounds := sc.Interval(finite(j.LowerOneSided), finite(j.UpperOneSided))
		if bounds == "" {
			bounds = "\u2013"
		}
		more := "\u2013"
		if j.More > 0 {
			more = count(j.More)
		}
		t.Rows = append(t.Rows, []Value{text(nameOf(target.Name)), counted(j.Dialogues), number(fmt.Sprintf("%s of %s", count(j.Unscored), count(j.Verdicts))), diff, number(bounds), number(more)})
		for _, why := range slices.Sorted(maps.Keys(j.Why)) {
			t.Notes = append(t.Notes, fmt.Sprintf("%s: %s unscored: %s.", nameOf(target.Name), count(j.Why[why]), strings.TrimSuffix(Clean(why), ".")))
		}
	}
	return t
}
