package scenarios

import "fmt"

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
	}
	if c.has("load") && len(stages) > 0 && !measured {
		c.wrong("load", "leave measure: false to the warm-up alone", "no stage is measured: there would be no figures")
	}
}

// stage checks that one stage has a load and an end, and nothing of the other
// mode's.
func (c *checker) stage(at string, st *Stage) {
	switch {
	case !c.has(at + ".mode"):
	case st.Mode == ModeOpen:
		if !c.given(at+".rate") && !c.bad[at+".rate"] {
			c.wrong(at, "add rate: 2/s, conversation starts of each target", "an open stage needs a rate")
		}
		if c.given(at + ".users") {
			c.misplaced(at+".users", "remove it, or use mode: users", "users has no meaning in an open stage, where the clock starts conversations")
		}
	case st.Mode == ModeUsers:
		if !c.given(at+".users") && !c.bad[at+".users"] {
			c.wrong(at, "add users: 10", "a users stage needs users")
		}
		for _, field := range []string{"rate", "arrivals"} {
			if c.given(at + "." + field) {
				c.misplaced(at+"."+field, "remove it, or use mode: open", "%s has no meaning in a users stage, where an answer starts the next question", field)
			}
		}
	}
	if !c.given(at+".duration") && !c.given(at+".conversations") && !c.bad[at+".duration"] && !c.bad[at+".conversations"] {
		c.wrong(at, "add duration: 1m, or conversations: 100", "the stage has no end")
	}
	c.span(at+".duration", st.Duration)
	if st.Think == nil || !c.has(at+".think") {
		return
	}
	c.spanOrNone(at+".think", st.Think.Fixed)
	if u := st.Think.Uniform; len(u) == 2 {
		c.spanOrNone(at+".think.uniform[1]", u[1])
		if u[0] > u[1] && c.has(at+".think.uniform[1]") && c.has(at+".think.uniform[0]") {
			c.wrong(at+".think.uniform", "the shorter one first", "the think times run backwards")
		}
	}
}

// spanOrNone checks a duration that may be zero.
func (c *checker) spanOrNone(path string, d Duration) {
	if d > 0 {
		c.span(path, d)
	}
}
