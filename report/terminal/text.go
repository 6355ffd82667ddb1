package terminal

import (
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// cellWidth is how many cells of a terminal s fills, colours not counted.
func cellWidth(s string) int {
	return twwidth.WidthWithOptions(s, twwidth.Options{})
}

// elide shortens s, which holds no colours, to width cells.
func elide(s string, width int) string {
	if cellWidth(s) <= width {
		return s
	}
	var b strings.Builder
	used := 0
	for _, r := range s {
		n := cellWidth(string(r))
		if used+n > width-1 {
			break
		}
		b.WriteRune(r)
		used += n
	}
	return strings.TrimRight(b.String(), " ") + "\u2026"
}

// wrap breaks s, which holds no colours, into lines of at most width cells:
// between words, and inside one that is longer than a line.
func wrap(s string, width int) []string {
	var lines []string
	line, used := "", 0
	flush := func() {
		if line != "" {
			lines = append(lines, line)
		}
		line, used = "", 0
	}
	words := strings.Fields(s)
	for i := 0; i < len(words); i++ {
		word := words[i]
		if i+1 < len(words) && strings.HasPrefix(words[i+1], "%") { // no line begins with the % of a number
			i++
			word += " " + words[i]
		}
		n := cellWidth(word)
		if used > 0 && used+1+n > width {
			flush()
		}
		for n > width {
			head := chop(word, width)
			lines = append(lines, head)
			word = word[len(head):]
			n = cellWidth(word)
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	flush()
	return lines
}

// chop is the longest start of s that fits, at least one character.
func chop(s string, width int) string {
	used := 0
	for i, r := range s {
		n := cellWidth(string(r))
		if used+n > width && i > 0 {
			return s[:i]
		}
		used += n
	}
	return s
}
