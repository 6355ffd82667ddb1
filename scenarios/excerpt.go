package scenarios

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchover/targets/secret"
)

// maxExcerpt is how many characters of a line an excerpt shows; of a line longer
// than maxLine bytes nothing is shown, because looking for keys in it takes long.
const (
	maxExcerpt = 100
	maxLine    = 8 << 10
)

// excerpt shows a line of the file with a caret beneath column col (from 1, in
// characters). What mask says is secret does not appear.
func excerpt(line string, number, col int, mask func([]rune) []span) string {
	runes := []rune(line)
	col = min(max(col, 1), len(runes)+1)
	runes, at := masked(runes, col-1, mask(runes))
	start := 0
	if len(runes) > maxExcerpt && at > maxExcerpt/2 {
		start = min(at-maxExcerpt/2, len(runes)-maxExcerpt)
	}
	end := min(len(runes), start+maxExcerpt)
	var shown, pad strings.Builder
	if start > 0 {
		shown.WriteString("...")
		pad.WriteString("   ")
	}
	for i := start; i < end; i++ {
		r := printable(runes[i])
		shown.WriteRune(r)
		if i < at {
			pad.WriteString(strings.Repeat(" ", cells(r)))
		}
	}
	if end < len(runes) {
		shown.WriteString("...")
	}
	gutter := fmt.Sprintf("%5d", number)
	return strings.TrimRight(fmt.Sprintf("%s | %s", gutter, shown.String()), " ") + "\n" +
		strings.Repeat(" ", len(gutter)) + " | " + pad.String() + "^"
}

// span is a half-open range of characters in a line.
type span struct{ from, to int }

// masked replaces the spans (in order, not overlapping) by secret.Mask and
// returns where position at has moved to.
func masked(line []rune, at int, spans []span) ([]rune, int) {
	out := make([]rune, 0, len(line))
	moved, next := -1, 0
	for _, s := range spans {
		if moved < 0 && at < s.from {
			moved = len(out) + at - next
		}
		out = append(out, line[next:s.from]...)
		if moved < 0 && at < s.to {
			moved = len(out)
		}
		out = append(out, []rune(secret.Mask)...)
		next = s.to
	}
	if moved < 0 {
		moved = len(out) + at - next
	}
	return append(out, line[next:]...), moved
}

// printable replaces what would move the cursor, hide text or change its
// direction in a terminal.
func printable(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
		return '\u00b7'
	}
	return r
}

// cells is how many columns of a terminal a character takes.
func cells(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		r >= 0x3000 && r <= 0x303f, r >= 0xff01 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1faff:
		return 2
	}
	return 1
}

// keyForm matches the shapes that providers give their keys. They are masked
// wherever they stand, comments included.
var keyForm = regexp.MustCompile(`\b((?:sk|pk|rk|gsk|hf|xai|ghp)[-_][A-Za-z0-9_\-]{8,}|AIza[A-Za-z0-9_\-]{16,})`)

// looksSecret finds what may be a key in a line of a file that could not be
// parsed, where no syntax tree says which text is one: the value of a field so
// named, and long runs of what keys are made of.
var looksSecret = regexp.MustCompile(`(?i)(?:key|token|secret|passw[a-z]*|auth[a-z]*|bearer|credential[a-z]*)["']?\s*[:= ]\s*([^\s{][^,}]*)` +
	`|([a-z0-9_\-+=]{24,})`)

// guessSecrets is the mask for such a line.
func guessSecrets(line []rune) []span {
	text := string(line)
	return merged(append(matches(looksSecret, text), matches(keyForm, text)...))
}

// findSecrets is the mask for a line when the secret strings of the file are
// known.
func findSecrets(secrets []string) func([]rune) []span {
	return func(line []rune) []span {
		text := string(line)
		out := matches(keyForm, text)
		for _, s := range secrets {
			for from := 0; ; {
				i := strings.Index(text[from:], s)
				if i < 0 {
					break
				}
				from += i
				out = append(out, runeSpan(text, from, from+len(s)))
				from += len(s)
			}
		}
		return merged(out)
	}
}

// matches are the spans of every group of a pattern.
func matches(re *regexp.Regexp, text string) []span {
	var out []span
	for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
		for g := 2; g < len(m); g += 2 {
			if m[g] >= 0 {
				out = append(out, runeSpan(text, m[g], m[g+1]))
			}
		}
	}
	return out
}

// runeSpan turns byte offsets into characters.
func runeSpan(text string, from, to int) span {
	start := utf8.RuneCountInString(text[:from])
	return span{start, start + utf8.RuneCountInString(text[from:to])}
}

// merged orders spans and joins those that overlap.
func merged(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(a.from-b.from, a.to-b.to) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}
