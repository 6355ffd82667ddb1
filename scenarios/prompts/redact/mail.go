package redact

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// emails adds mail addresses: the everyday part of RFC 5322, letters of the
// alphabets that part words by spaces (of others the sentence around it would be
// taken along), the @ also as addresses in URLs write it. What only looks like
// one stays: the address of a repository (git@host:path), a password before a
// host, and the file of a picture for dense screens (icon@2x.png).
func emails(found []find, text string) []find {
	for _, at := range []string{"@", "%40"} {
		for from, next := 0, 0; ; {
			i := strings.Index(text[next:], at)
			if i < 0 {
				break
			}
			begin, end := local(text, from, next+i), host(text, next+i+len(at))
			mark := next + i
			next += i + len(at)
			if begin == mark || end == 0 || text[begin:mark] == "git" || userInfo(text, begin, mark) {
				continue
			}
			found = append(found, find{from: begin, to: end, kind: Email})
			from, next = end, end
		}
	}
	return found
}

// maxLocal is the length of a local part by RFC 5321.
const maxLocal = 64

// local is where the local part begins that ends at a place.
func local(text string, least, end int) int {
	at := end
	for at > max(least, end-maxLocal) {
		r, n := utf8.DecodeLastRuneInString(text[least:at])
		if !alphabetic(r) && (r > 0x7f || strings.IndexByte("0123456789._%+'-", byte(r)) < 0) {
			break
		}
		at -= n
	}
	for at < end && strings.IndexByte("'.-%+", text[at]) >= 0 {
		at++
	}
	return at
}

// host is where the domain ends that begins at a place; 0 if there is none. The
// last label has letters only.
func host(text string, at int) int {
	end, label := 0, at
	picture := len(text) > at+1 && digit(text[at]) && text[at+1] == 'x'
	for i := at; i < len(text) && i-at < 255; {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case alphabetic(r):
			if label > at && i+n-label >= 2 && letters(text[label:i+n]) {
				end = i + n
			}
		case r == '.' && i > label:
			label = i + 1
		case r >= '0' && r <= '9', r == '-' && i > label:
		default:
			r = -1
		}
		if r < 0 {
			break
		}
		i += n
	}
	if picture && end > 0 && dense.MatchString(text[at:end]) {
		return 0
	}
	return end
}

func letters(s string) bool {
	for _, r := range s {
		if !alphabetic(r) {
			return false
		}
	}
	return true
}

// alphabetic reports whether a character is of an alphabet with spaces.
func alphabetic(r rune) bool {
	return r <= 0x7f && letter(byte(r)) || r > 0x7f && unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}

// userInfo reports whether what stands before an @ is a secret in an address.
func userInfo(text string, begin, mark int) bool {
	line := text[max(0, mark-512):mark]
	i := strings.LastIndex(line, "://")
	if i < 0 || strings.ContainsAny(line[i+len("://"):], "/ \"'<>\n") {
		return false
	}
	return strings.Contains(line[i+len("://"):], ":") || mark-begin >= 20 && random(text[begin:mark])
}

var dense = regexp.MustCompile(`^[1-9]x\.(?i:png|jpe?g|gif|webp|svg|avif)$`)

// ibanLengths are the lengths of the IBAN registry (ISO 13616).
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
	"BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
	"ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
	"HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
	"LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
	"MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
	"PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
	"SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
	"YE": 30,
}

// ibans adds account numbers, written in one or in groups.
func ibans(found []find, text string) []find {
	for from := 0; from+4 < len(text); from++ {
		if !digit(text[from+2]) || !digit(text[from+3]) || !letter(text[from]) || !letter(text[from+1]) || from > 0 && word(text[from-1]) {
			continue
		}
		want := ibanLengths[strings.ToUpper(text[from:from+2])]
		var chars []byte
		to := from
		for want > 0 && to < len(text) && len(chars) < want {
			switch c := text[to]; {
			case word(c):
				if letter(c) {
					c &^= 0x20
				}
				chars = append(chars, c)
			case c != ' ' && c != '-' || !word(text[to-1]):
				want = 0
			}
			to++
		}
		if want > 0 && len(chars) == want && (to == len(text) || !word(text[to])) && mod97(string(chars)) {
			found = append(found, find{from: from, to: to, kind: IBAN})
			from = to - 1
		}
	}
	return found
}

// addressLike is what netip is asked about.
var addressLike = regexp.MustCompile(`[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*[0-9A-Fa-f:]|[0-9]{1,3}(?:\.[0-9]{1,3}){3}`)

// addresses adds IP addresses, the host itself and what names no host apart.
func addresses(found []find, text string) []find {
	for _, m := range addressLike.FindAllStringIndex(text, -1) {
		from, to := m[0], m[1]
		v := text[from:to]
		if a, err := netip.ParseAddr(v); err != nil || a.IsLoopback() || a.IsUnspecified() {
			continue
		}
		if alone(text, from, to) && !glued(text, from) && !continued(text, find{from: from, to: to}) {
			found = append(found, find{from: from, to: to, kind: IP})
		}
	}
	return found
}
