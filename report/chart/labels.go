package chart

import (
	"fmt"
	"slices"
	"strings"

	"switchover/report"
)

// drawable reports whether the font has every character of s.
func drawable(s string) bool {
	f := face(10, false)
	for _, r := range s {
		if i, err := f.Face.GlyphIndex(nil, r); err != nil || i == 0 {
			return false
		}
	}
	return s != ""
}

// labels are the targets' names as the sheet can show them, by row, and a note
// for each that stands under another name: its model's, where that can be drawn
// and is no other row's, or its place in the scenario.
func (s *sheet) labels(d *report.Doc) (names, notes []string) {
	for _, r := range d.Rows {
		name := r.Target
		if !s.inPage && !drawable(name) {
			name = fmt.Sprintf("target %d", r.Order)
			if drawable(r.Model) && !shared(d, r.Model) {
				name = r.Model
			}
			notes = append(notes, fmt.Sprintf("%s is number %d of the scenario's targets: this picture's font lacks characters of its name.", name, r.Order))
		}
		names = append(names, name)
	}
	return names, notes
}

// shared reports whether a name stands for more than one row.
func shared(d *report.Doc, name string) bool {
	n := 0
	for _, r := range d.Rows {
		if r.Model == name || r.Target == name {
			n++
		}
	}
	return n > 1
}

// legible is text with what the font lacks replaced by a question mark.
func (s *sheet) legible(text string) string {
	if s.inPage || drawable(text) {
		return text
	}
	out := []rune(text)
	for i, r := range out {
		if !drawable(string(r)) {
			out[i] = '?'
		}
	}
	return string(out)
}

// renamed is a sentence of the report with every name that cannot be drawn
// replaced by its label.
func (s *sheet) renamed(d *report.Doc, names []string, text string) string {
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	// The longest name first: one may be part of another.
	slices.SortStableFunc(order, func(a, b int) int { return len(d.Rows[b].Target) - len(d.Rows[a].Target) })
	for _, i := range order {
		if names[i] != d.Rows[i].Target {
			text = strings.ReplaceAll(text, d.Rows[i].Target, names[i])
		}
	}
	return s.legible(text)
}
