package report

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"switchover/results"
)

// escapes matches terminal control sequences as a whole, so that what they
// contain does not stay behind as text: CSI, then the string sequences (OSC, DCS,
// SOS, PM, APC) up to their terminator, then two-character ones.
var escapes = regexp.MustCompile("(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]" +
	"|(?:\x1b[\\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\x07\x1b\u009c]*(?:\x07|\x1b\\\\|\u009c)?" +
	"|\x1b[ -/]*[0-~]?")

// Clean makes text from outside fit for one line of any output: terminal
// sequences, control characters and invisible or direction-changing characters
// are removed, white space becomes single spaces, invalid UTF-8 becomes U+FFFD.
func Clean(s string) string {
	return strings.Join(strings.Fields(strip(s, false)), " ")
}

// CleanText is Clean for text of several lines, which it keeps.
func CleanText(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(strip(s, true))
}

func strip(s string, lines bool) string {
	s = escapes.ReplaceAllString(strings.ToValidUTF8(s, "\uFFFD"), "")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n', r == '\t', r == '\r', r == '\u2028', r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
}

// prose turns remarks into sentences. It knows the targets' names, which keep
// their own first letter.
type prose struct{ names []string }

func proseOf(run *results.Run) prose {
	var p prose
	for _, t := range run.Targets {
		p.names = append(p.names, Clean(t.Name))
	}
	return p
}

// sentence cleans a remark, begins it with a capital, unless with a name of a target or
// of a field, and ends it with a full stop.
func (p prose) sentence(s string) string {
	s = Clean(s)
	if s == "" {
		return ""
	}
	named := slices.ContainsFunc(p.names, func(n string) bool { return n != "" && strings.HasPrefix(s, n) })
	first, _, _ := strings.Cut(s, " ")
	if !named && !strings.ContainsAny(strings.TrimRight(first, ".:,;"), "._") && s[0] >= 'a' && s[0] <= 'z' {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

// sentences is sentence for each, empty ones left out.
func (p prose) sentences(in []string) []string {
	var out []string
	for _, s := range in {
		if s = p.sentence(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// joinNames lists names as a sentence does: a, b and c.
func joinNames(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// elide shortens s to at most n runes.
func elide(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return strings.TrimSpace(string(r[:n-1])) + "\u2026"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
