package scenarios

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"switchover/results"
	"switchover/scenarios/prompts/redact"
)

// pathName is what can be part of a folder's name and of a record's id.
var pathName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// name checks a name that becomes part of paths.
func (c *checker) name(path, name string) {
	if c.has(path) && !pathName.MatchString(name) {
		c.wrong(path, "letters, digits and . _ - only, at most 64, a letter or digit first", "%q cannot be a name", clip(name))
	}
}

// scenario checks the whole file.
func (c *checker) scenario(s *Scenario) {
	c.name("name", s.Name)
	c.catalog(s)
	c.targets(s)
	c.incumbent(s)
	c.workload(s)
	c.load(s.Load)
	c.untils(s)
	c.evaluation(s)
	c.objectives(s)
	c.searches(s)
	c.decision(&s.Decision, s.Targets)
}

// incumbent checks that the name is a candidate's.
func (c *checker) incumbent(s *Scenario) {
	if !c.has("incumbent") {
		return
	}
	var names []string
	for _, t := range s.Targets {
		if t.Name == s.Incumbent && t.Role == results.RoleJudge {
			c.wrong("incumbent", "", "%q is a judge; the incumbent is one of the candidates", clip(s.Incumbent))
			return
		}
		names = append(names, t.Name)
	}
	if !slices.Contains(names, s.Incumbent) {
		c.wrong("incumbent", meant(s.Incumbent, names, "targets"), "no target is named %q", clip(s.Incumbent))
	}
}

// redaction checks the user's own patterns.
func (c *checker) redaction(at string, src *Source) {
	if !c.has(at + ".patterns") {
		return
	}
	if src.Redact == RedactOff {
		c.wrong(at+".patterns", "leave out redact: off", "the patterns would be ignored, because nothing is redacted")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(src.Patterns)) {
		if _, err := redact.New(redact.Rules{Patterns: map[string]string{name: src.Patterns[name]}}); err != nil {
			c.wrong(at+".patterns."+name, "RE2 syntax: https://github.com/google/re2/wiki/Syntax", "%v", err)
		}
	}
	if _, err := redact.New(redact.Rules{Patterns: src.Patterns}); err != nil && len(src.Patterns) > redact.MaxPatterns {
		c.wrong(at+".patterns", "", "%v", err)
	}
}

// evaluation checks that judges are targets made for it.
func (c *checker) evaluation(s *Scenario) {
	named := map[string]bool{}
	var judges []string
	for _, t := range s.Targets {
		if t.Role == results.RoleJudge {
			judges = append(judges, t.Name)
		}
	}
	if s.Eval != nil {
		for i, name := range s.Eval.Judges {
			at := fmt.Sprintf("eval.judges[%d]", i)
			switch {
			case named[name]:
				c.wrong(at, "", "the judge %q is named twice", clip(name))
			case slices.Contains(judges, name):
			case slices.ContainsFunc(s.Targets, func(t Target) bool { return t.Name == name }):
				c.wrong(at, "give that target role: judge; it is then no candidate", "the target %q is not a judge", clip(name))
			default:
				c.wrong(at, meant(name, judges, "judges"), "no target is named %q", clip(name))
			}
			named[name] = true
		}
		for i, name := range s.Eval.Criteria {
			if slices.Index(s.Eval.Criteria, name) < i {
				c.wrong(fmt.Sprintf("eval.criteria[%d]", i), "", "%q is named twice", clip(name))
			}
		}
	}
	for i, t := range s.Targets {
		if t.Role == results.RoleJudge && !named[t.Name] && !c.bad["eval"] && !c.bad["eval.judges"] {
			c.wrong(fmt.Sprintf("targets[%d].role", i), fmt.Sprintf("add it: eval: {judges: [%s]}", clip(t.Name)), "this judge judges nothing: eval.judges does not name it")
		}
	}
}

// meant is the hint for a name that is not known.
func meant(name string, known []string, what string) string {
	if near := nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) == 0 {
		return "there are no " + what
	}
	shown := strings.Join(known[:min(len(known), 12)], ", ")
	if len(known) > 12 {
		shown += ", ..."
	}
	return what + ": " + shown
}

// fillDefaults writes what a scenario left out, so that a resolved one says
// everything.
func (s *Scenario) fillDefaults() {
	for i := range s.Targets {
		t := &s.Targets[i]
		if t.Protocol == "" {
			t.Protocol = "openai"
		}
		if t.Model == "" {
			t.Model = t.Name
		}
		if t.Cost != nil && t.Cost.GPUs == 0 {
			t.Cost.GPUs = 1
		}
	}
	for _, p := range s.Workload.Parts() {
		p.fillDefaults()
	}
	for i := range s.Load {
		st := &s.Load[i]
		if st.Name == "" {
			st.Name = fmt.Sprintf("%s-%d", st.Mode, i+1)
		}
		if st.Mode == ModeOpen && st.Arrivals == nil && (st.Rate != nil || len(st.Steps) > 0) {
			st.Arrivals = &Arrivals{Process: ArrivalsPoisson}
		}
		st.fillLoads()
		if st.Order == "" {
			st.Order = OrderInterleaved
		}
		if st.Measure == nil {
			yes := true
			st.Measure = &yes
		}
	}
	if s.Eval != nil {
		if len(s.Eval.Criteria) == 0 {
			s.Eval.Criteria = []string{"coherence", "understanding", "usefulness"}
		}
		if s.Eval.Margin == nil {
			margin := DefaultMargin
			s.Eval.Margin = &margin
		}
	}
}

// DefaultMargin is how many points of 5 a candidate may be worse than the
// incumbent where the scenario does not say.
const DefaultMargin = 0.25

// The words of a stage.
const (
	ModeOpen         = "open"
	ModeUsers        = "users"
	ModeConcurrency  = "concurrency"
	ModeTrace        = "trace"
	ArrivalsPoisson  = "poisson"
	ArrivalsConstant = "constant"
	OrderInterleaved = "interleaved"
	OrderSequential  = "sequential"
)

// The words of a workload.
const (
	SaltOn       = "on"
	SaltOff      = "off"
	RedactOn     = "on"
	RedactWithIP = "with-ip"
	RedactOff    = "off"
)
