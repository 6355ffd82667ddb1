package scenarios

import (
	"fmt"
	"reflect"
)

// load checks the stages, one by one and together.
func (c *checker) load(stages []Stage) {
	names := map[string]bool{}
	measured := false
	for i := range stages {
		st, at := &stages[i], fmt.Sprintf("load[%d]", i)
		if st.Measure == nil || *st.Measure {
			measured = true
		}
		if c.bad[at] {
			continue
		}
		c.stage(at, st)
		name, path := st.Name, at+".name"
		if name == "" {
			name, path = fmt.Sprintf("%s-%d", st.Mode, i+1), at
		} else {
			c.name(path, name)
		}
		if names[name] {
			c.wrong(path, "", "two stages are named %q", clip(name))
		}
		names[name] = true
		if st.Mode == ModeSweep && !c.bad[at+".over"] {
			own := map[string]bool{} // a load listed twice is told with the load
			for _, p := range (&Stage{Name: name, Over: st.Over, Values: st.Values, Range: st.Range}).points() {
				if names[p.Name] && !own[p.Name] {
					c.wrong(path, "", "a point of the sweep and another stage are both named %q", clip(p.Name))
				}
				names[p.Name], own[p.Name] = true, true
			}
		}
	}
	if c.has("load") && len(stages) > 0 && !measured {
		c.wrong("load", "leave measure: false to the warm-up alone", "no stage is measured: there would be no figures")
	}
}

// stage checks that one stage has a load and an end, and nothing of the other
// modes'.
func (c *checker) stage(at string, st *Stage) {
	c.severalOnly(at, st)
	switch {
	case !c.has(at + ".mode"):
	case st.Mode == ModeOpen:
		c.openLoop(at, st)
	case st.Mode == ModeTrace:
		c.replay(at)
	case st.Several():
		c.several(at, st)
	default:
		c.closedLoop(at, st)
	}
	c.span(at+".duration", st.Duration)
	if st.Mode == ModeTrace {
		return // the trace has an end
	}
	c.think(at+".think", st.Think)
	if st.Several() {
		return // each load has an end
	}
	for _, end := range []string{"duration", "steps", "conversations", "requests"} {
		if c.given(at+"."+end) || c.bad[at+"."+end] {
			return
		}
	}
	c.wrong(at, "add duration: 1m, conversations: 100, or requests: 500", "the stage has no end")
}

// openLoop checks that there is one rate, and how long it is.
func (c *checker) openLoop(at string, st *Stage) {
	rate, steps, written := at+".rate", at+".steps", func(path string) bool { return c.given(path) || c.bad[path] }
	if c.given(at + ".users") {
		c.misplaced(at+".users", "remove it, or use mode: users", "users has no meaning in an open stage, where the clock starts conversations")
	}
	if st.Burst != nil {
		c.needed(at+".burst.every", st.Burst.Every)
	}
	if written(at+".burst") && !written(rate) && !written(steps) && c.given(at+".arrivals") {
		c.misplaced(at+".arrivals", "remove it, or add a rate", "arrivals say how a rate is spaced, and the stage has none")
	}
	if !written(steps) {
		if !written(rate) && !written(at+".burst") {
			c.wrong(at, "add rate: 2/s, conversation starts of each target", "an open stage needs a rate")
		}
		if c.has(rate) && st.Rate.Fixed == 0 && !written(at+".duration") {
			c.wrong(rate, "add duration: 5m to the stage", "a rate that changes needs to know over how long")
		}
		return
	}
	for _, field := range []string{"rate", "duration"} {
		if c.given(at + "." + field) {
			c.misplaced(at+"."+field, "remove it, or the steps", "each step has its own %s", field)
		}
	}
	var sum Duration
	for i := range st.Steps {
		step := fmt.Sprintf("%s[%d].duration", steps, i)
		c.needed(step, st.Steps[i].Duration)
		if sum += min(st.Steps[i].Duration, longest); sum > longest && c.has(step) && st.Steps[i].Duration <= longest {
			c.wrong(steps, "look at the units: m is minutes, ms is milliseconds", "the steps are longer than a week together")
			return
		}
	}
}

// replay checks that nothing but the trace says when requests come.
func (c *checker) replay(at string) {
	for _, field := range []string{"rate", "steps", "burst", "arrivals", "users", "think"} {
		if c.given(at + "." + field) {
			c.misplaced(at+"."+field, "remove it; workload: {trace: {speed: 2}} replays a trace faster", "%s has no meaning in a trace stage, where the trace says when requests come", field)
		}
	}
}

// closedLoop checks that there are users, and nothing that starts by the clock.
func (c *checker) closedLoop(at string, st *Stage) {
	if !c.given(at+".users") && !c.bad[at+".users"] {
		c.wrong(at, "add users: 10", "a %s stage needs users", st.Mode)
	}
	for _, field := range []string{"rate", "steps", "burst", "arrivals"} {
		if c.given(at + "." + field) {
			c.misplaced(at+"."+field, "remove it, or use mode: open", "%s has no meaning in a %s stage, where an answer starts the next question", field, st.Mode)
		}
	}
	if st.Mode == ModeConcurrency && c.given(at+".think") {
		c.misplaced(at+".think", "remove it, or use mode: users", "the users of a concurrency stage never think")
	}
}

// think checks that there is one distribution, and that it can be.
func (c *checker) think(at string, t *Think) {
	if t == nil || !c.has(at) {
		return
	}
	if t.Fixed != nil {
		c.spanOrNone(at, *t.Fixed)
	}
	var written []string
	for _, name := range fieldNames(reflect.TypeFor[Think]()) {
		if c.given(at + "." + name) {
			written = append(written, name)
		}
	}
	if len(written) > 1 {
		c.misplaced(at+"."+written[1], "keep one of the two", "think times have one distribution, and %s is given", written[0])
	}
	if len(written) == 0 && t.Fixed == nil {
		c.wrong(at, "write think: 2s, or one of uniform, exponential, lognormal", "no distribution is named")
	}
	if u := t.Uniform; len(u) == 2 {
		c.spanOrNone(at+".uniform[1]", u[1])
		if u[0] > u[1] && c.has(at+".uniform[1]") && c.has(at+".uniform[0]") {
			c.wrong(at+".uniform", "the shorter one first", "the think times run backwards")
		}
	}
	if t.Exponential != nil {
		c.needed(at+".exponential.mean", t.Exponential.Mean)
	}
	if l := t.Lognormal; l != nil {
		c.needed(at+".lognormal.mean", l.Mean)
		c.needed(at+".lognormal.sd", l.SD)
		if l.SD > 10*l.Mean && c.has(at+".lognormal.sd") && c.has(at+".lognormal.mean") {
			c.wrong(at+".lognormal.sd", "both are of the times themselves, not of their logarithm", "the standard deviation is more than ten times the mean")
		}
	}
}

// needed checks a duration that has no default.
func (c *checker) needed(path string, d Duration) {
	if d == 0 && c.has(path) {
		c.wrong(path, "", "the duration is zero")
		return
	}
	c.span(path, d)
}

// spanOrNone checks a duration that may be zero.
func (c *checker) spanOrNone(path string, d Duration) {
	if d > 0 {
		c.span(path, d)
	}
}
