package report

import "strings"

// Shorten cuts the names that do not fit, with an ellipsis: at their ends, or, where
// two would then read alike, in what they have in common, so that a row's name still
// says which target it is.
func Shorten(names []string, fits func(string) bool) []string {
	out := make([]string, len(names))
	alike := map[string][]int{}
	for i, name := range names {
		out[i] = cut(name, "", fits)
		alike[out[i]] = append(alike[out[i]], i)
	}
	for _, group := range alike {
		if len(group) < 2 {
			continue
		}
		common := []rune(names[group[0]])
		for _, i := range group[1:] {
			common = common[:sharedRunes(common, []rune(names[i]))]
		}
		for _, i := range group {
			head := string(common)
			out[i] = cut(head, strings.TrimPrefix(names[i], head), fits)
		}
	}
	return out
}

// cut shortens the head of a name until it fits together with its tail; where the
// tail alone does not fit, that is cut at its end as well.
func cut(head, tail string, fits func(string) bool) string {
	if fits(head + tail) {
		return head + tail
	}
	const ellipsis = "\u2026"
	for r := []rune(head); len(r) > 0; r = r[:len(r)-1] {
		if s := strings.TrimRight(string(r), " ") + ellipsis + tail; fits(s) {
			return s
		}
	}
	r := []rune(tail)
	for len(r) > 0 && !fits(ellipsis+string(r)+ellipsis) {
		r = r[:len(r)-1]
	}
	if len(r) == 0 {
		return ellipsis
	}
	return ellipsis + string(r) + ellipsis
}

// sharedRunes is how many runes two names begin with alike.
func sharedRunes(a, b []rune) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
