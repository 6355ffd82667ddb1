package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchover/results"
)

// Goals are the figures whose intervals end the stage once they are narrow enough
// for every target, in the order of results.Figures.
func (s *Stage) Goals() []results.Goal {
	var out []results.Goal
	for _, key := range inOrder(s.Until) {
		out = append(out, results.Goal{Figure: key, Within: float64(s.Until[key])})
	}
	return out
}

// Period is after how many nanoseconds the load repeats itself: that of bursts;
// 0 where it does not.
func (s *Stage) Period() int64 {
	if s.Burst == nil {
		return 0
	}
	return int64(s.Burst.Every)
}

// UntilText says what ends the stage before its end; empty for nothing.
func (s *Stage) UntilText() string {
	var parts []string
	for _, g := range s.Goals() {
		parts = append(parts, g.String())
	}
	return strings.Join(parts, " and ")
}

// untils checks the stages that end early.
func (c *checker) untils(s *Scenario) {
	for i := range s.Load {
		if at := fmt.Sprintf("load[%d]", i); !c.bad[at] && c.given(at+".until") {
			c.until(at, &s.Load[i], s.Objectives)
		}
	}
}

// until checks that the stage can be ended by what its figures say.
func (c *checker) until(at string, st *Stage, objectives map[string]Quantity) {
	path := at + ".until"
	switch {
	case st.Measure != nil && !*st.Measure:
		c.misplaced(path, "remove it, or measure: false", "a stage that is not measured has no figures to wait for")
	case !slices.Contains([]string{ModeOpen, ModeUsers, ModeConcurrency}, st.Mode) && c.has(at+".mode"):
		c.misplaced(path, "remove it", "until has no meaning in a %s stage", st.Mode)
	case st.Varies():
		c.misplaced(path, "remove it, or keep the rate the same", "a stage whose load changes has no steady part, and what it sends depends on its end")
	}
	if len(st.Until) == 0 && !c.bad[path] {
		c.wrong(path, "write until: {ttft_p50: 5%}", "no figure is named")
	}
	aims := results.Aimable()
	for _, key := range slices.Sorted(maps.Keys(st.Until)) {
		one := join(path, key)
		if c.bad[one] {
			continue
		}
		_, known := results.LookupFigure(key)
		switch {
		case !known:
			c.misplaced(one, meant(key, aims, "figures"), "no figure is named %q", clip(key))
		case !slices.Contains(aims, key):
			c.misplaced(one, "figures to wait for: "+strings.Join(aims, ", "), "%s has no interval while a stage runs", key)
		case key == "goodput" && !slices.ContainsFunc(slices.Collect(maps.Keys(objectives)), isTime):
			c.misplaced(one, "add objectives: {ttft_p90: 800ms}", "goodput needs an objective on a time, and there is none")
		case st.Until[key] <= 0:
			c.wrong(one, "write 5%", "no interval is ever narrower than 0%%")
		}
	}
}

// isTime reports whether a figure is a time.
func isTime(key string) bool {
	f, ok := results.LookupFigure(key)
	return ok && f.Unit == "s"
}
