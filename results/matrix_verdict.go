package results

import (
	"cmp"
	"fmt"
	"strings"
)

// closeShare is the share of draws below which a first place is called close.
const closeShare = 0.8

// field is what a verdict is reached from.
type field struct {
	m          *Matrix
	ws         []weighing
	candidates []*contender // those ranked, best first
	incumbent  *contender   // nil without one
	unranked   []*contender // candidates only
	out        []*contender // candidates only
}

func decide(m *Matrix, ws []weighing, cs []*contender) Decision {
	f := field{m: m, ws: ws, candidates: ranked(cs)}
	for _, c := range cs {
		switch {
		case c.Incumbent:
			f.incumbent = c
		case c.Standing == Unranked:
			f.unranked = append(f.unranked, c)
		case c.Standing == Out:
			f.out = append(f.out, c)
		}
	}
	switch open := f.couldWin(); {
	case len(f.candidates)+len(f.unranked)+len(f.out) == 0:
		return f.nothingToCompare()
	case len(open) > 0:
		return f.noVerdict(open)
	case len(f.candidates) == 0:
		return f.noneQualifies()
	case f.incumbent != nil && f.incumbent.Standing == Ranked && *f.incumbent.Utility > *f.candidates[0].Utility:
		return f.keep()
	default:
		return f.migrate()
	}
}

// couldWin are the unranked candidates that would come first if everything
// unknown about them were as good as it gets.
func (f *field) couldWin() []*contender {
	var out []*contender
	for _, c := range f.unranked {
		if len(f.candidates) == 0 || utility(f.ws, c.values, 1) >= *f.candidates[0].Utility {
			out = append(out, c)
		}
	}
	return out
}

func (f *field) nothingToCompare() Decision {
	text := "No verdict: the run has no candidate."
	if f.incumbent != nil {
		text = fmt.Sprintf("No verdict: the run has no candidate besides the incumbent, %s.", f.incumbent.Target)
	}
	return Decision{Kind: NoVerdict, Text: text, Settle: []string{"run it with at least one target to move to"}}
}

// noVerdict names what is unknown, of whom, and how to supply it.
func (f *field) noVerdict(open []*contender) Decision {
	d := Decision{Kind: NoVerdict}
	var keys []string
	of, settle := map[string][]string{}, map[string][]string{}
	var parts []string
	for _, c := range open {
		if c.silent() { // then everything is unknown
			parts = append(parts, c.Target+": "+c.Reason)
			d.Settle = appendNew(d.Settle, "run it again, or resume it where it was cut short")
			continue
		}
		for _, key := range c.unknown {
			if of[key] == nil {
				keys = append(keys, key)
			}
			of[key] = append(of[key], c.Target)
			reason := c.whyUnknown(key)
			how := cmp.Or(howToSupply(key, reason), reason, "not measured")
			settle[key] = appendNew(settle[key], figureLabel(key)+": "+how)
		}
	}
	for _, key := range keys {
		parts = append(parts, fmt.Sprintf("%s unknown for %s", figureLabel(key), list(of[key])))
		d.Settle = append(d.Settle, settle[key]...)
	}
	d.Text = "No verdict: " + strings.Join(parts, "; ") + "."
	if len(f.candidates) > 0 {
		best := f.candidates[0]
		d.Why = append(d.Why, fmt.Sprintf("%s comes first of what can be ranked (utility %s), but %s could still score more", best.Target,
			utilityText(*best.Utility), list(names(open))))
	}
	d.Why = append(d.Why, f.whyOut()...)
	d.Settle = append(d.Settle, f.remedies()...)
	return d
}

func (f *field) noneQualifies() Decision {
	d := Decision{Kind: NoneQualifies}
	switch len(f.out) {
	case 1: // the reason stands in the text
		d.Text = fmt.Sprintf("No candidate to move to: %s, the only one, is out: %s.", f.out[0].Target, f.out[0].Reason)
	default:
		d.Text = fmt.Sprintf("No candidate to move to: none of the %d meets the requirements.", len(f.out))
		d.Why = f.whyOut()
	}
	d.Settle = f.remedies()
	for _, c := range f.out {
		for _, check := range c.failed() {
			if how, ok := f.m.Supply[check.Name]; ok {
				d.Settle = appendNew(d.Settle, check.Name+": "+how)
			}
		}
	}
	return d
}

// remedies say what to do about each candidate that did not answer at all, once for
// all that it helps.
func (f *field) remedies() []string {
	var out []string
	of := map[string][]string{}
	for _, c := range f.out {
		if c.summary == nil {
			continue
		}
		how := ""
		switch {
		case c.summary.Quarantined != "":
			how = remedy(quarantineClass(c.summary.Quarantined))
		case c.count(succeeded) == 0 && c.summary.Cause != nil:
			how = remedy(c.summary.Cause.Class)
		}
		if how != "" {
			out, of[how] = appendNew(out, how), append(of[how], c.Target)
		}
	}
	for i, how := range out {
		out[i] = list(of[how]) + ": " + how
	}
	return out
}

func (f *field) keep() Decision {
	best, inc := f.candidates[0], f.incumbent
	d := Decision{Kind: Keep, Target: inc.Target, Replacement: best.Target}
	d.Text = fmt.Sprintf("Keep %s: while it answers, no candidate scores above it; when it is gone, move to %s: %s%s.",
		inc.Target, best.Target, best.figures(f.ws, inc), f.caveat(best))
	d.Why = append(d.Why, fmt.Sprintf("%s scores %s, the best candidate %s", inc.Target, utilityText(*inc.Utility), utilityText(*best.Utility)))
	d.Why = append(d.Why, f.whyFirst()...)
	d.Settle = f.settleChecks(best)
	return d
}

func (f *field) migrate() Decision {
	best := f.candidates[0]
	d := Decision{Kind: Migrate, Target: best.Target}
	d.Text = fmt.Sprintf("Move to %s: %s%s.", best.Target, best.figures(f.ws, f.incumbent), f.caveat(best))
	d.Why = f.whyFirst()
	d.Settle = f.settleChecks(best)
	return d
}

// caveat is what a manager must hear in the same breath.
func (f *field) caveat(best *contender) string {
	var out string
	if n := len(best.unproven()); n > 0 {
		var open []string
		for _, c := range best.unproven() {
			open = append(open, checkText(c))
		}
		out += "; not proven yet: " + list(open)
	}
	if best.FirstShare != nil && *best.FirstShare < closeShare {
		out += fmt.Sprintf("; it is close: first in %s of the draws", amount("share", *best.FirstShare))
	}
	if best.Simulated {
		out += " (simulated)"
	}
	return out
}

// whyFirst are the reasons for the best candidate.
func (f *field) whyFirst() []string {
	best := f.candidates[0]
	var why []string
	switch {
	case len(f.candidates) > 1:
		next := f.candidates[1]
		s := fmt.Sprintf("%s scores %s, %s comes next with %s", best.Target, utilityText(*best.Utility), next.Target, utilityText(*next.Utility))
		if best.FirstShare != nil {
			s += fmt.Sprintf("; first in %s of %d draws", amount("share", *best.FirstShare), f.m.Draws)
		}
		why = append(why, s)
	case len(f.unranked)+len(f.out) > 0:
		why = append(why, best.Target+" is the only candidate that can be ranked")
	default:
		why = append(why, best.Target+" is the only candidate: nothing else was compared")
	}
	if f.incumbent != nil {
		if offs := best.tradeOffs(f.ws, f.incumbent); len(offs) > 0 {
			why = append(why, fmt.Sprintf("against %s: %s", f.incumbent.Target, list(offs)))
		}
	}
	why = append(why, f.whyChecks(best)...)
	for _, c := range f.unranked {
		why = append(why, fmt.Sprintf("%s is not ranked (%s), but at best would score %s", c.Target, c.Reason, utilityText(utility(f.ws, c.values, 1))))
	}
	return append(why, f.whyOut()...)
}

func (f *field) whyChecks(c *contender) []string {
	var why []string
	passed := 0
	for _, check := range c.Checks {
		switch check.Result {
		case Pass:
			passed++
		case Unproven:
			why = append(why, fmt.Sprintf("not proven: %s (%s)", checkText(check), check.Detail))
		}
	}
	if passed > 0 {
		s := fmt.Sprintf("%s meets %d of %d requirements with confidence", c.Target, passed, len(c.Checks))
		if passed == len(c.Checks) {
			s = fmt.Sprintf("%s meets every requirement", c.Target)
		}
		why = append([]string{s}, why...)
	}
	return why
}

// whyOut says why each candidate is out, and that it would have come first where
// it would.
func (f *field) whyOut() []string {
	var why []string
	for _, c := range f.out {
		s := c.Target + " is out: " + c.Reason
		if len(f.candidates) > 0 && len(c.unknown) == 0 && c.summary != nil &&
			utility(f.ws, c.values, 0) > *f.candidates[0].Utility {
			s += fmt.Sprintf("; it would have scored %s", utilityText(utility(f.ws, c.values, 0)))
		}
		why = append(why, s)
	}
	return why
}

// settleChecks says what would settle the requirements left open.
func (f *field) settleChecks(c *contender) []string {
	var out []string
	for _, check := range c.unproven() {
		out = append(out, checkText(check)+": "+check.Detail)
	}
	return out
}

func names(cs []*contender) []string {
	var out []string
	for _, c := range cs {
		out = append(out, c.Target)
	}
	return out
}
