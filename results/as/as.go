// Package as computes a run's figures as other load tools define them, from the
// same journal: what vLLM's benchmark, GuideLLM, AIPerf, inference-perf,
// genai-bench and llmperf would have printed for the streams that were recorded.
// Their definitions were read in their sources in November 2026.
//
// It shows why two tools disagree about one server; it refuses to stand in for
// them. What a journal cannot tell (a tool's own tokenizer, the time it spends
// parsing) is said beside the figure, and none of these figures enters a matrix,
// a gate or a verdict. It is pure: the same data give the same report.
package as

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"switchover/results"
)

// Report is a run's figures beside those of one tool.
type Report struct {
	Run       string   `json:"run"`
	Simulated bool     `json:"simulated,omitempty"`
	Valid     bool     `json:"valid"`
	Reasons   []string `json:"reasons,omitempty"` // why the run is not valid, or was cut short
	Tool      string   `json:"tool"`              // the name asked for
	Title     string   `json:"title"`             // as its authors write it
	// Throughout are the differences that every figure has.
	Throughout []string `json:"throughout"`
	Targets    []Target `json:"targets"`
}

// Target is one candidate in its last measured stage, the one whose figures the
// matrix ranks.
type Target struct {
	Name  string `json:"name"`
	Stage string `json:"stage"`
	Rows  []Row  `json:"rows"`
	// Reason is why there is nothing to compare; empty where there is.
	Reason string `json:"reason,omitempty"`
	// Seen is what this target's streams hold that the tool takes otherwise.
	Seen []string `json:"seen,omitempty"`
}

// Row is one figure by both definitions.
type Row struct {
	Figure string         `json:"figure"` // its key in results.Figures
	Ours   results.Figure `json:"ours"`
	// Theirs has no interval: the tools compute none. Its N counts what the tool
	// pools, gaps or requests.
	Theirs     results.Figure `json:"theirs"`
	Difference *float64       `json:"difference"` // theirs - ours; null where either is unknown
	Why        string         `json:"why"`        // how the definitions differ
	// Inexact says what could not be rebuilt from the journal; empty where the
	// journal holds all that the tool's definition needs.
	Inexact string `json:"inexact,omitempty"`
}

// figures are the keys that are compared, in order.
var figures = []struct {
	key string
	q   float64 // of the percentiles
}{
	{"ttft_p50", 0.5}, {"ttft_p99", 0.99}, {"tpot_p50", 0.5}, {"itl_p50", 0.5}, {"itl_p99", 0.99},
	{"latency_p50", 0.5}, {"latency_p99", 0.99}, {"output_tokens_per_s", 0}, {"requests_per_s", 0}, {"error_rate", 0},
}

// Names lists the tools in the order help shows them.
func Names() []string {
	var out []string
	for _, t := range tools {
		out = append(out, t.name)
	}
	return out
}

// New computes the report of a run under the named tool's definitions. s is the
// run's own summary. It fails for a name that Names does not list.
func New(name string, d *results.Data, s *results.Summary) (*Report, error) {
	i := slices.IndexFunc(tools, func(t *tool) bool { return t.name == name })
	if i < 0 {
		return nil, fmt.Errorf("no definitions of a tool %q are known; there are %s", name, strings.Join(Names(), ", "))
	}
	t := tools[i]
	r := &Report{Run: s.Run, Simulated: s.Simulated, Valid: s.Valid, Reasons: s.Reasons, Tool: t.name, Title: t.title}
	r.Throughout = append(slices.Clone(throughout), t.throughout...)
	for _, ts := range s.Targets {
		if ts.Stage == "" {
			r.Targets = append(r.Targets, Target{Name: ts.Name, Rows: []Row{}, Reason: ts.Figures[figures[0].key].Reason})
			continue
		}
		stage := ts.Stage
		m := t.measure(d, stage, ts.Name)
		target := Target{Name: ts.Name, Stage: stage, Seen: m.seen()}
		for _, f := range figures {
			target.Rows = append(target.Rows, m.row(f.key, f.q, ts.Figures[f.key]))
		}
		r.Targets = append(r.Targets, target)
	}
	return r, nil
}

// measured is one target's load as a tool took it.
type measured struct {
	tool      *tool
	all       []*answer // every attempt but those this side cancelled
	successes []*answer // those that enter the tool's figures
	failures  int
	dropped   int // successes that the tool leaves out of its figures
	tokens    float64
	seconds   float64 // of its throughput
	samples   map[string][]sample
}

// measure takes every attempt for a request: none of the tools retries.
func (t *tool) measure(d *results.Data, stage, target string) *measured {
	m := &measured{tool: t, samples: map[string][]sample{}}
	spans := map[int]*[2]int64{}
	for r := range d.All() {
		if r.Stage != stage || r.Target != target || r.Error != nil && r.Error.Class.Ours() {
			continue
		}
		a := newAnswer(r)
		m.all = append(m.all, a)
		ok := a.posted.IsKnown() && t.ok(a)
		if ok || !t.successWindow {
			widen(spans, a)
		}
		switch {
		case !ok:
			m.failures++
		case t.keeps != nil && !t.keeps(a):
			m.dropped++
		default:
			m.take(a)
		}
	}
	for _, s := range spans {
		m.seconds += float64(s[1]-s[0]) / 1e9
	}
	return m
}

// widen stretches the span of an attempt's segment over it. Segments have clocks
// of their own, so that their lengths are added up.
func widen(spans map[int]*[2]int64, a *answer) {
	end, ok := a.End.Get()
	if !ok {
		return
	}
	from := a.posted.Or(a.Scheduled.Or(end))
	if s := spans[a.Segment]; s != nil {
		s[0], s[1] = min(s[0], from), max(s[1], end)
		return
	}
	spans[a.Segment] = &[2]int64{from, end}
}

func (m *measured) take(a *answer) {
	m.successes = append(m.successes, a)
	m.tokens += float64(m.tool.tokens(a))
	for stem, of := range m.tool.measures() {
		if of != nil {
			of(a, func(seconds, weight float64) { m.samples[stem] = append(m.samples[stem], sample{seconds, weight}) })
		}
	}
}

func (m *measured) row(key string, q float64, ours results.Figure) Row {
	stem := key
	if q > 0 {
		stem, _, _ = strings.Cut(key, "_p")
	}
	row := Row{Figure: key, Ours: ours, Theirs: m.figure(key, stem, q, ours.Unit), Why: m.tool.why[stem]}
	if row.Theirs.Value != nil {
		if of := m.tool.inexact[stem]; of != nil {
			row.Inexact = of(m)
		}
		if ours.Value != nil {
			by := *row.Theirs.Value - *ours.Value
			row.Difference = &by
		}
	}
	return row
}

func (m *measured) figure(key, stem string, q float64, unit string) results.Figure {
	known := func(v float64, n int) results.Figure { return results.Figure{Value: &v, Unit: unit, N: n} }
	switch n := len(m.successes); {
	case key == "error_rate":
		if n+m.failures == 0 {
			return results.Unknown(unit, 0, "nothing was asked")
		}
		return known(float64(m.failures)/float64(n+m.failures), n+m.failures)
	case n == 0:
		return results.Unknown(unit, 0, "it counts no request as a success")
	case key == "requests_per_s" || key == "output_tokens_per_s":
		if m.seconds <= 0 {
			return results.Unknown(unit, 0, "its window has no length")
		}
		if key == "requests_per_s" {
			return known(float64(n)/m.seconds, n)
		}
		return known(m.tokens/m.seconds, n)
	}
	if m.tool.measures()[stem] == nil {
		return results.Unknown(unit, 0, m.tool.title+" has none")
	}
	samples := m.samples[stem]
	slices.SortFunc(samples, func(a, b sample) int { return cmp.Compare(a.value, b.value) })
	v, n, ok := m.tool.quantile(samples, q)
	if !ok {
		return results.Unknown(unit, 0, "no answer has it by this definition")
	}
	return known(v, n)
}
