package catalog

import (
	"slices"
	"strings"
)

// Names are the ids of one kind of entry, in order: models, providers, licences or
// gpus.
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
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Kinds are the kinds of entries that have names.
var Kinds = []string{"models", "providers", "licences", "gpus"}

// Suggest are up to five names that were perhaps meant: those that contain what was
// written, and those that differ from it by few letters, the nearest first.
func (c *Catalog) Suggest(name string) []string {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "" || len(name) > 64 {
		return nil
	}
	type near struct {
		name     string
		distance int
	}
	var found []near
	for _, kind := range Kinds {
		for _, known := range c.Names(kind) {
			d := distance(name, strings.ToLower(known))
			if strings.Contains(strings.ToLower(known), name) {
				d = min(d, 1)
			}
			if d <= max(1, len(name)/3) {
				found = append(found, near{known, d})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b near) int { return a.distance - b.distance })
	var out []string
	for _, f := range found {
		if !slices.Contains(out, f.name) && len(out) < 5 {
			out = append(out, f.name)
		}
	}
	return out
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
