package scenarios

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"switchover/results"
)

// weightNames are the short names that results.WeightFigure knows.
var weightNames = []string{"quality", "latency", "cost", "speed", "throughput", "errors"}

// figureKeys lists the figures of summary.json.
func figureKeys() []string {
	out := make([]string, len(results.Figures))
	for i, f := range results.Figures {
		out[i] = f.Key
	}
	return out
}

// objectives resolves the limits in their figures' base units.
func (c *checker) objectives(s *Scenario) {
	for _, key := range slices.Sorted(maps.Keys(s.Objectives)) {
		path := join("objectives", key)
		f, ok := c.figure(path, key)
		if !ok {
			continue
		}
		q := s.Objectives[key]
		if c.quantity(path, &q, f) {
			s.Objectives[key] = q
		}
	}
}

// figure finds a figure that can be better or worse.
func (c *checker) figure(path, key string) (results.FigureInfo, bool) {
	f, ok := results.LookupFigure(key)
	if !ok {
		c.misplaced(path, meant(key, figureKeys(), "figures"), "no figure is named %q", clip(key))
		return f, false
	}
	if f.Better == results.Neutral {
		c.misplaced(path, "", "%s is neither better nor worse when it is high", key)
		return f, false
	}
	return f, true
}

// quantity resolves one limit.
func (c *checker) quantity(path string, q *Quantity, f results.FigureInfo) bool {
	if c.bad[path] {
		return false
	}
	v, err := q.in(f)
	if err != nil {
		hint := ""
		if h, ok := err.(*hinted); ok {
			hint = h.hint
		}
		c.wrong(path, hint, "%v", err)
		return false
	}
	q.Value = v
	return true
}

// decision checks weights, anchors and requirements, these with what the targets say.
func (c *checker) decision(d *Decision, targets []Target) {
	sum, sound := 0.0, true
	for _, name := range slices.Sorted(maps.Keys(d.Weights)) {
		path := join("decision.weights", name)
		f, ok := results.WeightFigure(name)
		w := d.Weights[name]
		if !ok || w < 0 || f.Better == results.Neutral || c.bad[path] {
			sound = false
		}
		switch {
		case !ok:
			c.misplaced(path, meant(name, append(slices.Clone(weightNames), figureKeys()...), "weights"), "no figure to weigh is named %q", clip(name))
		case f.Better == results.Neutral:
			c.misplaced(path, "", "%s is neither better nor worse when it is high", clip(name))
		case w < 0:
			c.wrong(path, "", "a weight is not negative")
		default:
			sum += w
		}
	}
	if sound && c.has("decision.weights") && (sum == 0 || math.IsInf(sum, 0)) && len(d.Weights) > 0 {
		c.wrong("decision.weights", "", "the weights add up to %v; nothing could be ranked", sum)
	}
	for _, key := range slices.Sorted(maps.Keys(d.Anchors)) {
		c.anchor(d, key)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Require)) {
		path := join("decision.require", name)
		if c.bad[path] {
			continue
		}
		if _, err := requirement(name, d.Require[name]); err != nil {
			hint := ""
			if h, ok := err.(*hinted); ok {
				hint = h.hint
			}
			c.wrong(path, hint, "%v", err)
			continue
		}
		c.factName(path, name, targets)
	}
}

// anchor checks that good is better than bad.
func (c *checker) anchor(d *Decision, key string) {
	path := join("decision.anchors", key)
	f, ok := c.figure(path, key)
	if !ok || c.bad[path] {
		return
	}
	a := d.Anchors[key]
	if !c.quantity(path+".good", &a.Good, f) || !c.quantity(path+".bad", &a.Bad, f) {
		return
	}
	switch lower := f.Better == results.LowerBetter; {
	case a.Good.Value == a.Bad.Value:
		c.wrong(path, "", "good and bad are the same")
	case lower != (a.Good.Value < a.Bad.Value):
		c.wrong(path, "exchange the two", "good is worse than bad: %s is better when it is %s", key, map[bool]string{true: "lower", false: "higher"}[lower])
	}
	d.Anchors[key] = a
}

// requirement reads one requirement: a figure with a comparison, or a dotted
// fact with the value it must have.
func requirement(name, text string) (results.Bound, error) {
	text = strings.TrimSpace(text)
	op, rest := "", text
	for _, o := range []string{"<=", ">=", "<", ">", "="} {
		if after, ok := strings.CutPrefix(text, o); ok {
			op, rest = o, strings.TrimSpace(after)
			break
		}
	}
	if strings.Contains(name, ".") {
		if x, err := strconv.ParseFloat(rest, 64); op != "" && op != "=" && err == nil && plainNumber.MatchString(rest) {
			return results.Bound{Name: name, Op: op, Limit: &x, Text: text}, nil // data.retention_days: "<= 30"
		}
		if op != "" && op != "=" {
			return results.Bound{}, &hinted{fmt.Sprintf("the fact %s is compared for equality only", clip(name)), fmt.Sprintf("write the value it must have: %q", clip(rest))}
		}
		if rest == "" {
			return results.Bound{}, &hinted{"the value that the fact must have is empty", `write "yes"`}
		}
		return results.Bound{Name: name, Op: "=", Is: rest, Text: text}, nil
	}
	f, ok := results.LookupFigure(name)
	if !ok {
		hint := meant(name, figureKeys(), "figures")
		if nearest(name, figureKeys()) == "" {
			hint += "; a fact has a dot in its name"
		}
		return results.Bound{}, &hinted{fmt.Sprintf("no figure is named %q", clip(name)), hint}
	}
	if op == "" || op == "=" {
		example := "<"
		if f.Better == results.HigherBetter {
			example = ">="
		}
		return results.Bound{}, &hinted{fmt.Sprintf("%q does not say how %s is compared", clip(text), name), fmt.Sprintf("write \"%s %s\"", example, clip(rest))}
	}
	v, err := Quantity{Text: rest}.in(f)
	if err != nil {
		return results.Bound{}, err
	}
	return results.Bound{Name: name, Op: op, Limit: &v, Text: text}, nil
}
