package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// Names are the ids of one kind of entry, in order: models, providers, licences, gpus,
// or the words for addresses.
func (c *Catalog) Names(kind string) []string {
	var out []string
	switch kind {
	case "models":
		for _, m := range c.Models {
			out = append(out, m.ID)
		}
	case "providers":
		for _, p := range c.Providers {
			out = append(out, p.ID)
		}
	case "licences":
		for _, l := range c.Licences {
			out = append(out, l.ID)
		}
	case "gpus":
		for _, g := range c.GPUs {
			out = append(out, g.ID)
		}
	case "words":
		for _, p := range presets() {
			out = append(out, p.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Kinds are the kinds of entries that have names.
var Kinds = []string{"models", "providers", "licences", "gpus", "words"}

// Suggest are up to five ids of entries that were perhaps meant, the nearest first: of
// those that go by a name that contains what was written, or differs from it by few
// letters. Which vendor a router puts before a name (openai/gpt-5) does not matter, nor
// do dashes and dots.
func (c *Catalog) Suggest(name string) []string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i+1:]
	}
	most := max(1, len(strings.TrimSpace(name))/3) // letters that may differ
	name = letters(name)
	if name == "" || len(name) > 64 {
		return nil
	}
	type near struct {
		id       string
		distance int
	}
	var found []near
	c.named(func(id string, names []string) {
		best := len(name)
		for _, known := range append([]string{id}, names...) {
			known = letters(known)
			if d := distance(name, known); known != "" && d < best {
				best = d
			}
			if strings.Contains(known, name) {
				best = min(best, 1)
			}
		}
		if best <= most && best < len(name) {
			found = append(found, near{id, best})
		}
	})
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Or(a.distance-b.distance, strings.Compare(a.id, b.id)) })
	var out []string
	for _, f := range found {
		if !slices.Contains(out, f.id) && len(out) < 5 {
			out = append(out, f.id)
		}
	}
	return out
}

// named calls f with the id of each entry and what else it goes by.
func (c *Catalog) named(f func(id string, names []string)) {
	for _, m := range c.Models {
		f(m.ID, append([]string{m.Name}, m.Aliases...))
	}
	for _, p := range c.Providers {
		f(p.ID, append([]string{p.Name}, p.Aliases...))
	}
	for _, l := range c.Licences {
		f(l.ID, append([]string{l.Name}, l.Aliases...))
	}
	for _, g := range c.GPUs {
		f(g.ID, append([]string{g.Name}, g.Aliases...))
	}
}

// letters is a name in lower case without what people leave out of it.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.:", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// distance is the number of insertions, deletions and substitutions between two words.
func distance(a, b string) int {
	prev, cur := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
		}
		prev, cur = cur, prev
	}
	return prev[len(b)]
}
