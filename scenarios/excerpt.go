package scenarios

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"switchover/targets/secret"
)

// maxExcerpt is how many characters of a line an excerpt shows.
const maxExcerpt = 100

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

// looksSecret finds what may be a key in a line of a file that could not be
// parsed, where no syntax tree says which text is one: the value of a field so
// named, the well-known prefixes, and long runs that mix letters and digits.
var looksSecret = regexp.MustCompile(`(?i)(?:key|token|secret|passw[a-z]*|auth[a-z]*|bearer|credential[a-z]*)["']?\s*[:= ]\s*([^\s{][^,}]*)` +
	`|\b((?:sk|pk|rk|gsk|hf|xai|ghp|aiza)[-_]?[a-z0-9_\-]{8,})` +
	`|([a-z0-9_\-+=]{24,})`)

// guessSecrets is the mask for such a line.
func guessSecrets(line []rune) []span {
	text := string(line)
	var out []span
	for _, m := range looksSecret.FindAllStringSubmatchIndex(text, -1) {
		for g := 2; g < len(m); g += 2 {
			if m[g] < 0 {
				continue
			}
			from := len([]rune(text[:m[g]]))
			out = append(out, span{from, from + len([]rune(text[m[g]:m[g+1]]))})
		}
	}
	return out
}

// findSecrets is the mask for a line when the secret strings of the file are
// known.
func findSecrets(secrets []string) func([]rune) []span {
	return func(line []rune) []span {
		var out []span
		for i := 0; i < len(line); {
			n := 0
			for _, s := range secrets {
				if r := []rune(s); len(r) > n && len(r) <= len(line)-i && string(line[i:i+len(r)]) == s {
					n = len(r)
				}
			}
			if n == 0 {
				i++
				continue
			}
			out = append(out, span{i, i + n})
			i += n
		}
		return out
	}
}
