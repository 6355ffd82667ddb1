package redact

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// group is a run of digits.
type group struct{ from, to int }

// maxGroups bounds how many runs of digits one value can be written in.
const maxGroups = 8

// numbers adds cards, identity numbers and phone numbers. Text is cut into runs
// of digits; every stretch of neighbouring runs, the longest first, is held to
// the form and checksum of each kind.
func numbers(found []find, text string) []find {
	groups := digitGroups(text)
	for i := 0; i < len(groups); {
		last := i
		for last+1 < len(groups) && last+1 < i+maxGroups && joins(text[groups[last].to:groups[last+1].from]) {
			last++
		}
		next := i + 1
		for j := last; j >= i; j-- {
			if f, ok := classify(text, groups[i:j+1]); ok {
				found, next = append(found, f), j+1
				break
			}
		}
		i = next
	}
	return found
}

func digitGroups(text string) []group {
	var out []group
	for i := 0; i < len(text); i++ {
		if !digit(text[i]) {
			continue
		}
		from := i
		for i < len(text) && digit(text[i]) {
			i++
		}
		out = append(out, group{from, i})
	}
	return out
}

// joins reports whether what stands between two runs of digits can be part of
// one number.
func joins(s string) bool {
	return len(s) <= 3 && s != "" && strings.Trim(s, " -.()/") == ""
}

// classify says what a stretch of runs is, if anything.
func classify(text string, gs []group) (find, bool) {
	from, to := gs[0].from, gs[len(gs)-1].to
	digits := joined(text, gs)
	if len(digits) < 7 || len(digits) > 19 {
		return find{}, false
	}
	if from > 0 && word(text[from-1]) || glued(text, from) {
		return find{}, false
	}
	f := find{from: from, to: to}
	if isChineseID(text, gs, digits, &f) {
		f.kind = ID
		return f, true
	}
	if to < len(text) && word(text[to]) {
		return find{}, false
	}
	plus := from > 0 && text[from-1] == '+'
	switch {
	case !plus && isCard(text, gs, digits):
		f.kind = Card
	case isSSN(text, gs, digits, &f):
		f.kind = ID
	case isPhone(text, gs, digits, &f):
		f.kind = Phone
	default:
		return find{}, false
	}
	return f, true
}

func joined(text string, gs []group) string {
	if len(gs) == 1 {
		return text[gs[0].from:gs[0].to]
	}
	var b strings.Builder
	for _, g := range gs {
		b.WriteString(text[g.from:g.to])
	}
	return b.String()
}

// glued reports whether a number is the fraction of another: 3.14159.
func glued(text string, from int) bool {
	return from > 1 && text[from-1] == '.' && digit(text[from-2])
}

// sizes is how many digits each run has.
func sizes(gs []group) []int {
	out := make([]int, len(gs))
	for i, g := range gs {
		out[i] = g.to - g.from
	}
	return out
}

// parted reports whether the same one of the separators stands between all runs.
func parted(text string, gs []group, separators string) bool {
	for i := 1; i < len(gs); i++ {
		sep := text[gs[i-1].to:gs[i].from]
		if len(sep) != 1 || !strings.Contains(separators, sep) || sep != text[gs[0].to:gs[1].from] {
			return false
		}
	}
	return true
}

// isCard holds a number to the ranges of issuers (ISO/IEC 7812), their lengths
// and Luhn's checksum.
func isCard(text string, gs []group, digits string) bool {
	if len(digits) < 13 || !parted(text, gs, " -") || !luhn(digits) {
		return false
	}
	switch s := sizes(gs); {
	case len(gs) == 1:
	case slices.Equal(s, []int{4, 6, 5}), slices.Equal(s, []int{4, 6, 4}), slices.Equal(s, []int{6, 13}):
	default:
		for i, n := range s {
			if n != 4 && (i < len(s)-1 || n > 4) {
				return false
			}
		}
	}
	return issued(digits)
}

// issued reports whether a number of this length begins like a card's.
func issued(d string) bool {
	six := d[:6]
	in := func(low, high string) bool { return six[:len(low)] >= low && six[:len(high)] <= high }
	switch n := len(d); {
	case in("34", "34"), in("37", "37"):
		return n == 15
	case in("4", "4"):
		return n == 13 || n == 16 || n == 19
	case in("51", "55"), in("2221", "2720"):
		return n == 16
	case in("300", "305"), in("36", "36"), in("38", "39"):
		return n >= 14 && n <= 19
	case in("6011", "6011"), in("644", "649"), in("65", "65"), in("3528", "3589"), in("62", "62"):
		return n >= 16
	case in("50", "50"), in("56", "69"):
		return true
	}
	return false
}

// isChineseID holds a number to GB 11643: 17 digits with a region and a date of
// birth, and a check character by ISO 7064 MOD 11-2, which may be an X. The old
// form of 15 digits has no checksum and needs a label.
func isChineseID(text string, gs []group, digits string, f *find) bool {
	if len(gs) != 1 || digits[:1] == "0" || digits[:1] >= "9" {
		return false
	}
	end := f.to
	switch len(digits) {
	case 17:
		if end == len(text) || text[end]|0x20 != 'x' || end+1 < len(text) && word(text[end+1]) {
			return false
		}
		if !born(digits[6:14]) || mod11(digits) != 'X' {
			return false
		}
		f.to++
		return true
	case 18:
		return (end == len(text) || !word(text[end])) && born(digits[6:14]) && mod11(digits[:17]) == digits[17]
	case 15:
		f.told = true
		return (end == len(text) || !word(text[end])) && born("19"+digits[6:12]) && labelled(text, f.from, idLabel)
	}
	return false
}

// born reports whether eight digits are a day on which someone alive can have
// been born.
func born(d string) bool {
	day, err := time.Parse("20060102", d)
	return err == nil && day.Year() >= 1880 && day.Year() < 2100
}

// isSSN holds a number to the form of US social security numbers and of the tax
// numbers beside them: 3-2-4, without the areas, groups and serials that are
// never given out. Written otherwise it needs a label.
func isSSN(text string, gs []group, digits string, f *find) bool {
	if len(digits) != 9 {
		return false
	}
	area, grp, serial := digits[:3], digits[3:5], digits[5:]
	if area == "000" || area == "666" || grp == "00" || serial == "0000" {
		return false
	}
	if area[0] == '9' && (grp < "50" || grp == "66" || grp == "89" || grp == "93") {
		return false
	}
	if slices.Equal(sizes(gs), []int{3, 2, 4}) && parted(text, gs, "-") {
		return !continued(text, *f)
	}
	f.told = true
	return parted(text, gs, " -") && labelled(text, f.from, idLabel)
}

// continued reports whether a number is a stretch of a longer one: 12-3456-78.
func continued(text string, f find) bool {
	if f.from > 1 && strings.IndexByte("-.", text[f.from-1]) >= 0 && word(text[f.from-2]) {
		return true
	}
	return f.to+1 < len(text) && strings.IndexByte("-.", text[f.to]) >= 0 && digit(text[f.to+1])
}

// labelled reports whether a label stands before a place, on its line.
func labelled(text string, at int, label *regexp.Regexp) bool {
	line := text[max(0, at-48):at]
	if i := strings.LastIndexByte(line, '\n'); i >= 0 {
		line = line[i+1:]
	}
	// A label ends with a letter; the expression is slow on columns of figures.
	end := strings.TrimRight(line, " \t:=\"'(+.#")
	if end == "" || !letter(end[len(end)-1]) && end[len(end)-1] < utf8.RuneSelf {
		return false
	}
	return label.MatchString(line)
}

const (
	// labelEnd is what may stand between a label and its value.
	labelEnd = `(?:\s*(?:number|numbers|num|no|nr|#))?\.?(?:\s+(?:me|us|him|her|them))?(?:\s+(?:is|at|on|to))?(?:是|为)?["']?\s*[:=]?\s*["'(+]{0,2}$`
	phones   = `phone|mobile|cell|cellphone|tel|telephone|fax|whatsapp|call|text|dial|ring|手机|手机号|手机号码|电话|电话号码|联系电话|联系方式|致电|拨打`
	orders   = `order|orders|invoice|tracking|ticket|sku|serial|parcel|shipment|订单|订单号|订单编号|单号|运单号|编号|流水号|票号`
)

var (
	phoneLabel = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:` + phones + `)` + labelEnd)
	orderLabel = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:` + orders + `)` + labelEnd)
	idLabel    = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:ssn|social security|itin|tax id|taxpayer id|身份证|身份证号|身份证号码|证件号|证件号码)` + labelEnd)
)
