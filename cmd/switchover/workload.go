package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"switchover/results"
	"switchover/scenarios"
	"switchover/scenarios/prompts"
	"switchover/scenarios/prompts/redact"
)

// conversations are what a scenario asks, and what was read of its file, if it
// names one; relative paths start at dir.
func conversations(s *scenarios.Scenario, dir string) ([]results.Conversation, *prompts.Set, error) {
	src := s.Workload.Conversations
	if src.Bundled {
		return prompts.Bundled(), nil, nil
	}
	o, err := s.ReadOptions()
	if err != nil {
		return nil, nil, err
	}
	path := src.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("open the workload: %w", err)
	}
	defer f.Close()
	set, err := prompts.Read(f, fromHere(path), o)
	if err != nil {
		return nil, nil, err
	}
	return set.Conversations, set, nil
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

// workload is what the plan's JSON says of what is asked.
type workload struct {
	File          string          `json:"file,omitempty"` // absent: bundled
	Format        string          `json:"format,omitempty"`
	Entries       int             `json:"entries,omitempty"` // in the file
	Conversations int             `json:"conversations"`     // asked
	LeftOut       []prompts.Tally `json:"left_out,omitempty"`
	Changed       []prompts.Tally `json:"changed,omitempty"`
	Redact        string          `json:"redact,omitempty"`
	Redacted      []redact.Count  `json:"redacted,omitempty"`
	Salt          string          `json:"salt"`
}

func workloadOf(p *scenarios.Plan) workload {
	w := workload{Conversations: len(p.Items), Salt: p.Scenario.Workload.Salt}
	if set := p.Source; set != nil {
		src := p.Scenario.Workload.Conversations
		w.File, w.Format, w.Redact = src.File, src.Format, src.Redact
		w.Entries, w.LeftOut, w.Changed, w.Redacted = set.Entries, set.Left, set.Changed, set.Redacted.List()
	}
	return w
}

// sourceText says in words what was read of the workload's file: what was left
// out, and what was replaced.
func sourceText(p *scenarios.Plan) []string {
	set, src := p.Source, p.Scenario.Workload.Conversations
	if set == nil {
		return nil
	}
	lines := []string{fmt.Sprintf("From %s (%s): %s of %d.", fromHere(src.File), src.Format, plural(len(set.Conversations), "conversation"), set.Entries)}
	if len(set.Left) > 0 {
		lines = append(lines, "Left out, because it cannot be asked again: "+tallied(set.Left)+".")
	}
	if len(set.Changed) > 0 {
		lines = append(lines, "In the file, asked a little differently: "+tallied(set.Changed)+".")
	}
	return append(lines, redactionText(set, src))
}

// redactionText says what was replaced in the conversations that are asked.
func redactionText(set *prompts.Set, src *scenarios.Source) string {
	switch {
	case src.Redact == scenarios.RedactOff:
		return "Redaction is off: texts are sent and kept as they are."
	case set.Redacted.Total() == 0:
		return "Redaction found nothing to replace."
	}
	var parts []string
	for _, c := range set.Redacted.List() {
		parts = append(parts, fmt.Sprintf("%d %s", c.Count, c.Kind))
	}
	return fmt.Sprintf("Redacted: %s in %s (%s).", plural(set.Redacted.Total(), "place"), plural(set.RedactedIn, "conversation"), strings.Join(parts, ", "))
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
	if p.Scenario.Salted() {
		return "Salt on: each session's prompt begins with a line of its own, so none meets a warm prompt cache."
	}
	return "Salt off: prompts are sent as they are; those that repeat can meet a warm prompt cache."
}
