package redact

import (
	"slices"
	"strings"
)

// isPhone holds a number to the ways in which phone numbers are written:
//
//  1. International, by a plus sign and E.164's 8 to 15 digits. The plus becomes
//     part of the find.
//  2. Chinese: mobile numbers (1, then 3 to 9, eleven digits), and landlines with
//     their area code and a hyphen, an extension behind another.
//  3. North American, 3-3-4 with one kind of separator.
//  4. With a trunk zero, in groups of at least three: 020 7946 0958.
//  5. Any 7 to 15 digits after a label, such as "call me at".
//
// A label such as "order" speaks against all but the first.
func isPhone(text string, gs []group, digits string, f *find) bool {
	if len(digits) > 15 {
		return false
	}
	f.from = opening(text, f.from)
	if text[f.from] == '(' && strings.IndexByte(text[f.from:f.to], ')') < 0 {
		f.from++ // the bracket is around the number, not in it
	}
	if strings.IndexByte(text[f.from:gs[0].from], '+') >= 0 {
		return international(text, gs, digits, f)
	}
	if phoneShape(text, gs, digits) {
		return !continued(text, *f) && !labelled(text, f.from, orderLabel)
	}
	f.told = true
	return between(text, gs, []string{" ", "-", ".", "/", ") ", ")", " - ", " ("}) &&
		!date(sizes(gs), digits) && labelled(text, f.from, phoneLabel)
}

// opening is where a number begins whose first digit is at a place: at the plus
// or bracket before it.
func opening(text string, at int) int {
	for _, mark := range []string{"+(", "(+", "+", "("} {
		if strings.HasSuffix(text[:at], mark) {
			if from := at - len(mark); from == 0 || !word(text[from-1]) {
				return from
			}
		}
	}
	return at
}

// international is rule 1.
func international(text string, gs []group, digits string, f *find) bool {
	if len(digits) < 8 || digits[0] == '0' || !between(text, gs, []string{" ", "-", ".", " (", ") ", ")", "(", "/", ")-"}) {
		return false
	}
	if len(gs) == 1 && len(digits) < 9 || f.to < len(text) && text[f.to] == '%' {
		return false
	}
	// +1.234.567 is a count in thousands, +0.5 a fraction.
	return !parted(text, gs, ".") || len(gs) == 1 || len(digits) >= 10
}

// phoneShape are rules 2 to 4.
func phoneShape(text string, gs []group, digits string) bool {
	s := sizes(gs)
	switch {
	case len(digits) == 13 && digits[:2] == "86":
		return mobile(digits[2:]) && between(text, gs, []string{" ", "-"}) && (len(gs) == 1 || s[0] == 2)
	case slices.Equal(s, []int{1, 3, 3, 4}) && digits[0] == '1':
		return between(text, gs, []string{" ", "-", ".", " (", ") ", ")", "-(", ")-"})
	case mobile(digits):
		return len(gs) == 1 || parted(text, gs, " -") && (slices.Equal(s, []int{3, 4, 4}) || slices.Equal(s, []int{3, 3, 5}) || slices.Equal(s, []int{4, 3, 4}) || slices.Equal(s, []int{3, 8}))
	case strings.HasPrefix(digits, "0086") && mobile(digits[4:]):
		return len(gs) == 1 || between(text, gs, []string{" ", "-"}) && s[0] >= 4
	case len(gs) == 2 && digits[0] == '0' && digits[1] != '0' && parted(text, gs, "-"):
		return (s[0] == 3 || s[0] == 4) && (s[1] == 7 || s[1] == 8)
	case len(gs) == 3 && digits[0] == '0' && digits[1] != '0' && parted(text, gs, "-"): // an extension last
		return (s[0] == 3 || s[0] == 4) && (s[1] == 7 || s[1] == 8) && s[2] >= 2 && s[2] <= 5
	case slices.Equal(s, []int{3, 3, 4}):
		return digits[0] != '0' && between(text, gs, []string{" ", "-", ".", ") ", ")", ")-"}) && alike(text, gs)
	case len(gs) > 1 && digits[0] == '0' && digits[1] != '0':
		return len(digits) >= 10 && len(digits) <= 11 && slices.Min(s) >= 3 && s[0] <= 5 && between(text, gs, []string{" ", ") ", ")"})
	case digits[:2] == "00" && digits[2] != '0':
		return !inRow(text, gs[0].from) && len(digits) >= 11 && len(gs) > 1 && s[0] >= 3 && s[0] <= 5 && between(text, gs, []string{" ", "-"})
	}
	return false
}

// inRow reports whether a number is one of several in a row.
func inRow(text string, from int) bool { return from > 1 && text[from-1] == ' ' && digit(text[from-2]) }

func mobile(d string) bool { return len(d) == 11 && d[0] == '1' && d[1] >= '3' }

// alike reports whether 3-3-4 has one kind of separator, a bracketed area code
// apart.
func alike(text string, gs []group) bool {
	first := text[gs[0].to:gs[1].from]
	return strings.HasPrefix(first, ")") || first == text[gs[1].to:gs[2].from]
}

// between reports whether only the given separators stand between the runs.
func between(text string, gs []group, separators []string) bool {
	for i := 1; i < len(gs); i++ {
		if !slices.Contains(separators, text[gs[i-1].to:gs[i].from]) {
			return false
		}
	}
	return true
}

// date reports whether a number after a phone's label is a day all the same.
func date(sizes []int, digits string) bool {
	return slices.Equal(sizes, []int{4, 2, 2}) && (digits[:2] == "19" || digits[:2] == "20") ||
		len(sizes) == 1 && len(digits) == 8 && born(digits)
}
