package results

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"switchover/results/stats"
)

// unknownFact is the detail of a check on a fact that nobody gave.
const unknownFact = "unknown, which does not satisfy a requirement"

// checks holds one target against every requirement. unknown names the required
// figures it has no value of: those neither pass nor fail.
func checks(run *Run, s *Summary, t *RunTarget, ts *TargetSummary) (out []Check, unknown []string) {
	out = []Check{}
	for _, b := range run.Policy.Require {
		if _, ok := LookupFigure(b.Name); !ok {
			out = append(out, checkFact(b, t, ts))
			continue
		}
		c, known := checkFigure(b, ts)
		if !known {
			unknown = append(unknown, b.Name)
		}
		out = append(out, c)
	}
	if inc := incumbent(run); inc != nil && run.Policy.Margin > 0 && !t.Incumbent {
		out = append(out, checkNonInferior(run.Policy.Margin, inc.Name, ts))
	}
	return out, unknown
}

func incumbent(run *Run) *RunTarget {
	for i := range run.Targets {
		if run.Targets[i].Incumbent && run.Targets[i].Role != RoleJudge {
			return &run.Targets[i]
		}
	}
	return nil
}

// checkFigure holds a figure against its limit: pass where the 95 % bound that
// faces the limit satisfies it, fail where the value does not, else unproven. For
// shares of counts the bound is the exact one-sided one (0 in 100 is at most
// 2.95 %); for others it is the bound of the two-sided interval, a little
// stricter.
func checkFigure(b Bound, ts *TargetSummary) (c Check, known bool) {
	c = Check{Name: b.Name, Want: b.Text, Result: Unproven}
	f, ok := Figure{}, false
	if ts != nil {
		f, ok = ts.Figures[b.Name]
	}
	if !ok || f.Value == nil {
		c.Detail = "unknown: " + reasonOr(f.Reason, "not measured")
		return c, false
	}
	if b.Limit == nil {
		c.Detail = "the requirement has no limit"
		return c, false
	}
	high := b.Op == "<" || b.Op == "<="
	bound, how := f.Low, "at least"
	if high {
		bound, how = f.High, "at most"
	}
	failures, counted := countOf(b.Name, f)
	if counted {
		low, up := stats.ClopperPearson(failures, f.N, 0.90)
		bound = &low
		if high {
			bound = &up
		}
	}
	c.Detail = fmt.Sprintf("%s over %d samples", amount(f.Unit, *f.Value), f.N)
	if counted {
		c.Detail = fmt.Sprintf("%d of %d", failures, f.N)
	}
	switch {
	case f.Censored == AtLeast && !high && !satisfies(*f.Value, b.Op, *b.Limit):
		c.Detail += ", and maybe more: " + reasonOr(f.Reason, "nothing higher was tried")
		return c, true
	case !satisfies(*f.Value, b.Op, *b.Limit):
		c.Result = Fail
		return c, true
	case bound == nil:
		c.Detail += ", not bounded by this many: " + reasonOr(f.Reason, "no interval")
		return c, true
	}
	c.Detail += fmt.Sprintf(", %s %s with 95 %% confidence", how, amount(f.Unit, *bound))
	if satisfies(*bound, b.Op, *b.Limit) {
		c.Result = Pass
	} else if counted && high {
		c.Detail += enoughFor(failures, f.N, *b.Limit)
	}
	return c, true
}

func satisfies(v float64, op string, limit float64) bool {
	switch op {
	case "<":
		return v < limit
	case "<=":
		return v <= limit
	case ">":
		return v > limit
	case ">=":
		return v >= limit
	case "=":
		return v == limit
	}
	return false
}

// countOf is how many of a figure's N samples it counts, for figures that are
// shares of counted things.
func countOf(key string, f Figure) (k int, ok bool) {
	if key != "error_rate" && key != "interruption_rate" {
		return 0, false
	}
	exact := *f.Value * float64(f.N)
	k = int(math.Round(exact))
	return k, f.N > 0 && k >= 0 && k <= f.N && math.Abs(exact-float64(k)) < 1e-6*float64(f.N)
}

// enoughFor says how many samples would prove a share below the limit if no
// further one fails.
func enoughFor(failures, have int, limit float64) string {
	const most = 1000000
	more := sort.Search(most, func(i int) bool {
		_, high := stats.ClopperPearson(failures, have+i, 0.90)
		return high < limit
	})
	if more == most {
		return ""
	}
	return fmt.Sprintf("; %d without a further one would prove it", have+more)
}

// checkFact holds a dotted fact against what is wanted. A fact nobody gave does
// not satisfy a requirement.
func checkFact(b Bound, t *RunTarget, ts *TargetSummary) Check {
	c := Check{Name: b.Name, Want: b.Text, Result: Fail}
	have, ok := t.Facts[b.Name]
	if !ok && ts != nil {
		have, ok = ts.Facts[b.Name]
	}
	have = strings.TrimSpace(have)
	if !ok || have == "" {
		c.Detail = unknownFact
		return c
	}
	c.Detail = strconv.Quote(have)
	if from := t.FactSources[b.Name]; from != "" {
		c.Detail += " (" + from + ")"
	}
	if b.Limit == nil {
		if strings.EqualFold(have, strings.TrimSpace(b.Is)) {
			c.Result = Pass
		}
		return c
	}
	v, err := strconv.ParseFloat(have, 64)
	switch {
	case err != nil:
		c.Detail += " is not a number"
	case satisfies(v, b.Op, *b.Limit):
		c.Result = Pass
	}
	return c
}

// checkNonInferior asks whether a target's answers are worse than the incumbent's
// by more than the margin, from the one-sided 95 % bounds of the paired
// difference. Too few dialogues decide nothing, and neither do dialogues of which
// too many could not be scored: the summary gives no bounds then.
func checkNonInferior(margin float64, incumbent string, ts *TargetSummary) Check {
	c := Check{Name: NonInferiorCheck, Result: Unproven, Want: nonInferiorText(incumbent, margin)}
	if ts == nil || ts.Judged.Difference == nil || ts.Judged.Difference.Value == nil {
		c.Detail = "no dialogue was judged for both"
		return c
	}
	j, d := ts.Judged, ts.Judged.Difference
	c.Detail = fmt.Sprintf("%s points over %d dialogues", signed(*d.Value), d.N)
	switch {
	case d.N < stats.MinDialogues:
		c.Detail += fmt.Sprintf(", at least %d are needed", stats.MinDialogues)
	case j.LowerOneSided == nil || j.UpperOneSided == nil:
		c.Detail += ": " + reasonOr(d.Reason, "not bounded")
	case *j.UpperOneSided < -margin:
		c.Result = Fail
		c.Detail += fmt.Sprintf(", at most %s with 95 %% confidence", signed(*j.UpperOneSided))
	case *j.LowerOneSided > -margin:
		c.Result = Pass
		c.Detail += fmt.Sprintf(", at least %s with 95 %% confidence", signed(*j.LowerOneSided))
	default:
		c.Detail += fmt.Sprintf(", between %s and %s: not enough evidence", signed(*j.LowerOneSided), signed(*j.UpperOneSided))
		if j.More > 0 {
			c.Detail += fmt.Sprintf(", about %d more dialogues are needed", j.More)
		}
	}
	return c
}

func nonInferiorText(incumbent string, margin float64) string {
	return fmt.Sprintf("answers not worse than %s's by more than %s points", incumbent, number(margin))
}

func reasonOr(reason, def string) string {
	if reason == "" {
		return def
	}
	return reason
}

// failed are the checks a row fails.
func (r *Row) failed() []Check {
	return slices.DeleteFunc(slices.Clone(r.Checks), func(c Check) bool { return c.Result != Fail })
}

// unproven are the checks that neither pass nor fail.
func (r *Row) unproven() []Check {
	return slices.DeleteFunc(slices.Clone(r.Checks), func(c Check) bool { return c.Result != Unproven })
}
