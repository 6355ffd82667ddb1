package scenarios

import (
	"fmt"
	"reflect"
	"slices"

	"switchover/scenarios/prompts"
)

// workload checks what is asked, and that the load can be made of it.
func (c *checker) workload(s *Scenario) {
	w := &s.Workload
	if w.Mix == nil {
		c.asked("workload", &w.Asked)
	}
	for i := range w.Mix {
		at := fmt.Sprintf("workload[%d]", i)
		c.asked(at, &w.Mix[i].Asked)
		if c.given(at + ".trace") {
			c.misplaced(at+".trace", "run it by itself: workload: {trace: ...}", "a trace says when each of its requests comes, so it cannot be mixed with other sources")
		}
	}
	replayed := slices.ContainsFunc(s.Load, func(st Stage) bool { return st.Mode == ModeTrace })
	if c.given("workload.trace") && !replayed && c.has("load") {
		c.wrong("workload.trace", "add load: [{mode: trace}]", "no stage replays the trace")
	}
	for i := range s.Load {
		if at := fmt.Sprintf("load[%d].mode", i); s.Load[i].Mode == ModeTrace && !c.given("workload.trace") && !c.bad["workload"] && !c.bad["workload.trace"] && c.has(at) {
			c.wrong(at, "add workload: {trace: {file: PATH, format: mooncake}}", "the workload is no trace, so there is nothing to replay")
		}
	}
}

// asked checks one source.
func (c *checker) asked(at string, a *Asked) {
	if !c.has(at) {
		return
	}
	var given []string
	for _, name := range []string{"conversations", "synthetic", "trace"} {
		if c.given(at+"."+name) || c.bad[at+"."+name] {
			given = append(given, name)
		}
	}
	switch {
	case len(given) == 0:
		c.wrong(at, "add conversations: bundled, or one of synthetic, trace", "the workload names no source")
		return
	case len(given) > 1:
		c.misplaced(at+"."+given[1], "make it a list: workload: [{weight: 1, ...}, {weight: 1, ...}]", "a workload has one source, and %s is given", given[0])
		return
	}
	if given[0] != "conversations" {
		for name, remedy := range map[string]string{
			"max_turns": "remove it; turns: says how many synthetic conversations have",
			"sample":    "remove it; conversations: says how many are made, duration or requests of the stage how much of a trace is replayed",
		} {
			if c.given(at + "." + name) {
				c.misplaced(at+"."+name, remedy, "%s is for conversations that exist already", name)
			}
		}
	}
	switch have := len(prompts.Bundled()); {
	case a.Conversations != nil && a.Conversations.Bundled && a.Sample > have && c.has(at+".sample"):
		c.wrong(at+".sample", "", "a sample of %d is more than the %d bundled conversations", a.Sample, have)
	case a.Conversations != nil:
		c.source(at+".conversations", a.Conversations)
	case a.Synthetic != nil:
		c.synthetic(at+".synthetic", a.Synthetic)
	case a.Trace != nil:
		c.trace(at+".trace", a.Trace)
	}
}

// source checks where conversations come from.
func (c *checker) source(at string, src *Source) {
	if src.Bundled || !c.has(at) {
		return
	}
	if !c.given(at + ".file") {
		c.wrong(at, "write bundled, or {file: PATH, format: conversations}", "no file is named")
		return
	}
	if c.has(at+".format") && !slices.Contains(prompts.Formats, src.Format) {
		hint := meant(src.Format, slices.Concat(prompts.Formats, prompts.TraceFormats), "formats")
		if slices.Contains(prompts.TraceFormats, src.Format) {
			hint = fmt.Sprintf("it is a trace: workload: {trace: {file: PATH, format: %s}}", src.Format)
		}
		c.wrong(at+".format", hint, "the format %q is not known", clip(src.Format))
	}
	c.redaction(at, src)
	c.file(at+".file", &src.File)
}

// file checks that a file can be read, and makes its path one from anywhere.
func (c *checker) file(at string, path *string) {
	if c.has(at) && c.fresh && c.canRead(at, *path, c.env.check(c.beside(*path))) {
		*path = c.anywhere(*path)
	}
}

// trace checks that the trace has a format and a file.
func (c *checker) trace(at string, t *Trace) {
	if c.has(at+".format") && !slices.Contains(prompts.TraceFormats, t.Format) {
		hint := meant(t.Format, prompts.TraceFormats, "formats of traces")
		if slices.Contains(prompts.Formats, t.Format) {
			hint = fmt.Sprintf("it has no times: workload: {conversations: {file: PATH, format: %s}}", t.Format)
		}
		c.wrong(at+".format", hint, "the format %q is not one of traces", clip(t.Format))
	}
	c.file(at+".file", &t.File)
}

// synthetic checks the distributions.
func (c *checker) synthetic(at string, y *Synthetic) {
	c.lengths(at+".input_tokens", y.InputTokens, prompts.MaxInput)
	c.lengths(at+".output_tokens", y.OutputTokens, prompts.MaxOutput)
}

// lengths checks that there is one distribution, and that it can be.
func (c *checker) lengths(at string, l *TokenLengths, most int) {
	if l == nil || !c.has(at) {
		return
	}
	var written []string
	for _, name := range fieldNames(reflect.TypeFor[TokenLengths]()) {
		if c.given(at+"."+name) || c.bad[at+"."+name] {
			written = append(written, name)
		}
	}
	switch {
	case len(written) > 1:
		c.misplaced(at+"."+written[1], "keep one of the two", "lengths have one distribution, and %s is given", written[0])
	case len(written) == 0 && l.Fixed == 0:
		c.wrong(at, "write 512, or one of uniform, normal, lognormal, zipf", "no distribution is named")
	case l.Fixed > most:
		c.wrong(at, "", "%d tokens are more than %d", l.Fixed, most)
	}
	if u := l.Uniform; len(u) == 2 && c.has(at+".uniform") {
		switch {
		case u[0] < 1:
			c.wrong(at+".uniform[0]", "", "%d is too small: a length is at least 1", u[0])
		case u[1] > most:
			c.wrong(at+".uniform[1]", "", "%d tokens are more than %d", u[1], most)
		case u[0] > u[1]:
			c.wrong(at+".uniform", "the smaller one first", "the lengths run backwards")
		}
	}
	for name, spread := range map[string]*Spread{"normal": l.Normal, "lognormal": l.Lognormal} {
		if spread != nil && spread.SD > 10*spread.Mean && c.has(at+"."+name+".sd") && c.has(at+"."+name+".mean") {
			c.wrong(at+"."+name+".sd", "both are of the lengths themselves, not of their logarithm", "the standard deviation is more than ten times the mean")
		}
	}
}
