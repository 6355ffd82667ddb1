package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/scenarios/prompts"
	"switchover/scenarios/prompts/redact"
)

// maxMixed bounds what the sources of a mix hold together, in bytes; each has a bound
// of its own.
const maxMixed = 1 << 30

// conversations are what a scenario asks, and what was read of the file of each of
// its sources, together at most so many bytes; relative paths start at dir.
func (a *app) conversations(s *scenarios.Scenario, dir string, most int) ([]results.Conversation, []*prompts.Set, error) {
	var items []results.Conversation
	var sets []*prompts.Set
	held := 0
	for i, part := range s.Workload.Parts() {
		own, set, err := a.source(s, part, dir)
		if err != nil {
			return nil, nil, err
		}
		if held += textBytes(own); i > 0 && held > most {
			return nil, nil, fmt.Errorf("scenario %s: the conversations of the first %d sources of its workload are more than %d bytes of text: make them shorter or fewer", s.Name, i+1, most)
		}
		part.Own(own)
		items, sets = append(items, own...), append(sets, set)
	}
	return items, sets, nil
}

// textBytes is about what conversations take in memory.
func textBytes(of []results.Conversation) (n int) {
	const each = 64 // a string and what is kept beside it
	for i := range of {
		c := &of[i]
		n += c.TextBytes() + each*(len(c.Turns)+len(c.Recorded)+len(c.Reference))
	}
	return n
}

// source reads or makes the conversations of one source.
func (a *app) source(s *scenarios.Scenario, part scenarios.Part, dir string) ([]results.Conversation, *prompts.Set, error) {
	var set *prompts.Set
	var err error
	switch part.Kind() {
	case scenarios.KindBundled:
		return prompts.Bundled(), nil, nil
	case scenarios.KindSynthetic:
		items, err := s.SyntheticOptions(part).Make()
		if err != nil {
			return nil, nil, fmt.Errorf("scenario %s: %w", s.Name, err)
		}
		return items, nil, nil
	case scenarios.KindTrace:
		set, err = a.fromFile(part.Trace.File, dir, func(f io.Reader, name string) (*prompts.Set, error) {
			return prompts.ReadTrace(f, name, s.TraceOptions(part))
		})
	default:
		set, err = a.fromFile(part.Conversations.File, dir, func(f io.Reader, name string) (*prompts.Set, error) {
			o, err := s.ReadOptions(part)
			if err != nil {
				return nil, err
			}
			return prompts.Read(f, name, o)
		})
	}
	if err != nil {
		return nil, nil, err
	}
	return set.Conversations, set, nil
}

// fromFile reads a file, which errors call by its short name.
func (a *app) fromFile(path, dir string, read func(f io.Reader, name string) (*prompts.Set, error)) (*prompts.Set, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the workload: %w", err)
	}
	defer f.Close()
	name := fromHere(path)
	if a.quiet {
		return read(f, name)
	}
	shown := &reading{Reader: f, out: a.err, name: name, now: time.Now, last: time.Now()}
	if info, err := f.Stat(); err == nil {
		shown.size = info.Size()
	}
	return read(shown, name)
}

// fromHere shortens the path of a file below the current folder.
func fromHere(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(short) {
		return short
	}
	return path
}

// workload is what the plan's JSON says of what is asked: of one source.
type workload struct {
	Source        string          `json:"source,omitempty"` // its name in a mix
	Share         float64         `json:"share,omitempty"`  // of the sessions, in a mix
	File          string          `json:"file,omitempty"`   // absent: bundled or made
	Format        string          `json:"format,omitempty"`
	Entries       int             `json:"entries,omitempty"` // in the file
	Conversations int             `json:"conversations"`     // asked
	InputTokens   *lengths        `json:"input_tokens,omitempty"`
	OutputTokens  *lengths        `json:"output_tokens,omitempty"`
	Tokenizer     string          `json:"tokenizer,omitempty"`
	LeftOut       []prompts.Tally `json:"left_out,omitempty"`
	Changed       []prompts.Tally `json:"changed,omitempty"`
	Redact        string          `json:"redact,omitempty"`
	Redacted      []redact.Count  `json:"redacted,omitempty"`
	Salt          string          `json:"salt"`
	Unsalted      int             `json:"unsalted,omitempty"` // conversations without room for it
	Brought       []brought       `json:"brought,omitempty"`  // by the requests of a log
	Unseen        []redact.Count  `json:"unseen,omitempty"`   // what redaction cannot look into
}

func workloadsOf(p *scenarios.Plan) []workload {
	var out []workload
	for i, part := range p.Scenario.Workload.Parts() {
		own := itemsOf(p, part)
		w := workload{Source: part.Name, Conversations: len(own), Salt: part.Salt, Unsalted: unsalted(part, own), Brought: broughtBy(own)}
		if part.Name != "" {
			w.Share = part.Share
		}
		if in, answers := madeLengths(own); in.Count > 0 {
			w.InputTokens, w.Tokenizer = &in, prompts.Tokenizer
			if answers.Count > 0 {
				w.OutputTokens = &answers
			}
		}
		if set := setOf(p, i); set != nil {
			w.Entries, w.LeftOut, w.Changed, w.Redacted = set.Entries, set.Left, set.Changed, set.Redacted.List()
			w.Unseen = set.Unseen.List()
			if part.Trace != nil {
				w.File, w.Format = part.Trace.File, part.Trace.Format
			} else {
				w.File, w.Format, w.Redact = part.Conversations.File, part.Conversations.Format, part.Conversations.Redact
			}
		}
		out = append(out, w)
	}
	return out
}

// setOf is what was read of the i-th source's file, nil for nothing.
func setOf(p *scenarios.Plan, i int) *prompts.Set {
	if i < len(p.Sources) {
		return p.Sources[i]
	}
	return nil
}

// itemsOf are the conversations of one source.
func itemsOf(p *scenarios.Plan, part scenarios.Part) []results.Conversation {
	var out []results.Conversation
	for _, c := range p.Items {
		if c.Source == part.Name {
			out = append(out, c)
		}
	}
	return out
}

// lengths sums up lengths in tokens.
type lengths struct {
	Count int `json:"count"`
	Sum   int `json:"sum"`
	P50   int `json:"p50"`
	P99   int `json:"p99"`
	Max   int `json:"max"`
}

// madeLengths sums up what was made to measure: questions, and answers of a length.
func madeLengths(items []results.Conversation) (in, answers lengths) {
	var asked, answered []int
	for _, c := range items {
		asked = append(asked, c.InputTokens...)
		if c.Exact {
			answered = append(answered, c.MaxTokens)
		}
	}
	return lengthsOf(asked), lengthsOf(answered)
}

func lengthsOf(of []int) lengths {
	if len(of) == 0 {
		return lengths{}
	}
	slices.Sort(of)
	l := lengths{Count: len(of), Max: of[len(of)-1]}
	for _, n := range of {
		l.Sum += n
	}
	rank := func(share float64) int { return of[int(math.Ceil(share*float64(len(of))))-1] }
	l.P50, l.P99 = rank(0.5), rank(0.99)
	return l
}

func (l lengths) text() string {
	return fmt.Sprintf("%d in all, p50 %d, p99 %d, at most %d", l.Sum, l.P50, l.P99, l.Max)
}

// sourceText says in words what is asked: of files, what was read, left out and
// replaced; of what was made, how long it is.
func sourceText(p *scenarios.Plan) []string {
	var lines []string
	for i, part := range p.Scenario.Workload.Parts() {
		own := itemsOf(p, part)
		of := partText(part, setOf(p, i), own)
		if part.Name != "" {
			if len(of) == 0 {
				of = []string{fmt.Sprintf("Bundled: %s.", plural(len(own), "conversation"))}
			}
			of[0] = fmt.Sprintf("%s, %.3g %% of sessions: %s", part.Name, 100*part.Share, of[0])
		}
		lines = append(lines, of...)
	}
	return append(lines, cutText(p)...)
}

// cutText says which targets' own limits are below the answers that are asked for.
func cutText(p *scenarios.Plan) (lines []string) {
	for i := range p.Scenario.Targets {
		t, cut, exact := &p.Scenario.Targets[i], 0, 0
		for _, c := range p.Items {
			if c.Exact {
				exact++
			}
			if c.Exact && t.Role != results.RoleJudge && t.AnswerLimit(&c) < c.MaxTokens {
				cut++
			}
		}
		if cut > 0 {
			lines = append(lines, fmt.Sprintf("The max_tokens of %s cut the answers of %d of %s to %d tokens.", t.Name, cut, plural(exact, "conversation"), t.OwnLimit()))
		}
	}
	return lines
}

func partText(part scenarios.Part, set *prompts.Set, own []results.Conversation) (lines []string) {
	switch {
	case part.Synthetic != nil:
		text := fmt.Sprintf("Synthetic: %s", plural(len(own), "conversation"))
		if part.Synthetic.Language == prompts.LanguageZH {
			text += " in Chinese"
		}
		if part.Synthetic.Turns > 1 {
			text += fmt.Sprintf(" of %d turns", part.Synthetic.Turns)
		}
		if share := float64(part.Synthetic.SharedPrefix); share > 0 {
			text += fmt.Sprintf(", %.3g %% of each prompt shared with all", 100*share)
		}
		lines = []string{text + "."}
	case set == nil:
		return nil
	case part.Trace != nil:
		lines = []string{traceText(part.Trace, set)}
	default:
		src := part.Conversations
		lines = []string{fmt.Sprintf("From %s (%s): %s of %d.", fromHere(src.File), src.Format, plural(len(set.Conversations), "conversation"), set.Entries)}
	}
	if set != nil && len(set.Left) > 0 {
		lines = append(lines, "Left out, because it cannot be asked again: "+tallied(set.Left)+".")
	}
	if set != nil && len(set.Changed) > 0 {
		lines = append(lines, "In the file, asked a little differently: "+tallied(set.Changed)+".")
	}
	if brought := broughtText(own); brought != "" {
		lines = append(lines, brought)
	}
	if part.Conversations != nil {
		return append(lines, redactionText(set, part.Conversations))
	}
	in, answers := madeLengths(own)
	lines = append(lines, fmt.Sprintf("Tokens of each question: %s. They are %s's; a target's own tokenizer counts differently, which its usage says.", in.text(), prompts.Tokenizer))
	if answers.Count > 0 {
		lines = append(lines, fmt.Sprintf("Tokens of each answer: %s; asked for exactly where a server takes ignore_eos and min_tokens, at most elsewhere.", answers.text()))
	}
	return lines
}

// traceText says how much of a trace is replayed, and how fast.
func traceText(t *scenarios.Trace, set *prompts.Set) string {
	of := set.Conversations
	what := "all " + plural(len(of), "request")
	if set.Cut {
		what = "the first " + plural(len(of), "request")
	}
	speed := "as fast as recorded"
	if t.Speed != 1 {
		speed = fmt.Sprintf("%.4g times as fast as recorded", t.Speed)
	}
	return fmt.Sprintf("From %s (%s): %s, %s of the trace, replayed %s.", fromHere(t.File), t.Format, what,
		time.Duration(of[len(of)-1].At).Round(time.Millisecond), speed)
}

// redactionText says what was replaced in the conversations that are asked.
func redactionText(set *prompts.Set, src *scenarios.Source) string {
	switch {
	case src.Redact == scenarios.RedactOff:
		return "Redaction is off: texts are sent and kept as they are."
	case set.Redacted.Total() == 0:
		return "Redaction found nothing to replace." + unseenText(set)
	}
	var parts []string
	for _, c := range set.Redacted.List() {
		parts = append(parts, fmt.Sprintf("%d %s", c.Count, c.Kind))
	}
	return fmt.Sprintf("Redacted: %s in %s (%s).", plural(set.Redacted.Total(), "place"), plural(set.RedactedIn, "conversation"), strings.Join(parts, ", ")) + unseenText(set)
}

func tallied(ts []prompts.Tally) string {
	parts := make([]string, len(ts))
	for i, t := range ts {
		parts[i] = fmt.Sprintf("%d with %s (the first on line %d)", t.Count, t.Reason, t.Line)
	}
	return strings.Join(parts, "; ")
}

// saltText says whether prompts meet warm caches.
func saltText(p *scenarios.Plan) string {
	parts := p.Scenario.Workload.Parts()
	salted, have, short := 0, 0, 0
	for _, part := range parts {
		if part.Salt == scenarios.SaltOn {
			own := itemsOf(p, part)
			salted, have, short = salted+1, have+len(own), short+unsalted(part, own)
		}
	}
	switch {
	case salted == 0:
		return "Salt off: prompts are sent as they are; those that repeat can meet a warm prompt cache."
	case short == have:
		return "Salt on, but no prompt has room for it beside what it shares: prompts are sent as they are; those that repeat can meet a warm prompt cache."
	case short > 0:
		return fmt.Sprintf("%s, but for %d of %s, which have no room for it.", saltPlaces(p, salted < len(parts)), short, plural(have, "conversation"))
	}
	return saltPlaces(p, salted < len(parts)) + "."
}

// saltPlaces says where the line of their own stands, and what it keeps prompts from.
func saltPlaces(p *scenarios.Plan, some bool) string {
	switch {
	case some:
		return "Salt on for some sources: the others' prompts can meet a warm prompt cache; these begin with a line of their own"
	case slices.ContainsFunc(p.Items, func(c results.Conversation) bool { return c.Salt != nil && c.Salt.Scope == results.SaltOfStage }):
		return "Salt on: all prompts of a stage begin with a line of the stage's own, within their length, so they share what the trace shares, and nothing with another stage or run"
	case slices.ContainsFunc(p.Items, func(c results.Conversation) bool { return c.Salt != nil && c.Salt.At > 0 }):
		if p.Scenario.Workload.Mix != nil {
			return "Salt on: each session's prompt has a line of its own, at its beginning or behind what its source's prompts share, so none meets a prompt cache that is warm for more than that"
		}
		return "Salt on: behind what they share, each session's prompt has a line of its own, within its length, so none meets a prompt cache that is warm for more than that"
	}
	return "Salt on: each session's prompt begins with a line of its own, so none meets a warm prompt cache"
}

// unsalted counts the conversations of a source that were made without room for the
// salt that is on.
func unsalted(part scenarios.Part, own []results.Conversation) int {
	n := 0
	for _, c := range own {
		if part.Salt == scenarios.SaltOn && c.Salt != nil && c.Salt.Scope == results.SaltNone {
			n++
		}
	}
	return n
}
