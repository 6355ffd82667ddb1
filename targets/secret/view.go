package secret

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf8"
)

// view is text derived from an original. A tracked view knows for each byte the
// range of the original that it came from; the original itself needs no places.
type view struct {
	text    []byte
	places  [][2]int32
	tracked bool
}

// from is where byte i of a tracked view begins in the original.
func (v view) from(i int) int {
	if v.places == nil {
		return i
	}
	return int(v.places[i][0])
}

// to is where the byte before j ends in the original.
func (v view) to(j int) int {
	if v.places == nil {
		return j
	}
	return int(v.places[j-1][1])
}

// byteSet is a set of bytes.
type byteSet [256]bool

func setOf(members string) *byteSet {
	var s byteSet
	for i := range len(members) {
		s[members[i]] = true
	}
	return &s
}

var (
	escapes    = setOf(`\%&`)
	whiteSpace = setOf(" \t\r\n\v\f")
)

// derive builds a view of v in which step says, at each byte of the set, how many
// bytes become which; n 0 keeps the byte. It reports whether anything changed.
func (v view) derive(at *byteSet, step func(rest []byte) (n int, becomes []byte)) (view, bool) {
	first := 0
	for first < len(v.text) && !at[v.text[first]] {
		first++
	}
	if first == len(v.text) {
		return v, false
	}
	out := view{text: make([]byte, 0, len(v.text)), tracked: v.tracked}
	changed := false
	for i := 0; i < len(v.text); {
		n, becomes := 0, []byte(nil)
		if at[v.text[i]] {
			n, becomes = step(v.text[i:])
		}
		if n == 0 {
			n, becomes = 1, v.text[i:i+1]
		} else {
			changed = true
		}
		out.text = append(out.text, becomes...)
		if v.tracked {
			for range becomes {
				out.places = append(out.places, [2]int32{int32(v.from(i)), int32(v.to(i + n))})
			}
		}
		i += n
	}
	return out, changed
}

// decode undoes one level of escaping and reports whether there was any.
func (v view) decode() (view, bool) { return v.derive(escapes, unescape) }

// tighten drops ASCII white space and reports whether there was any.
func (v view) tighten() (view, bool) {
	return v.derive(whiteSpace, func([]byte) (int, []byte) { return 1, nil })
}

// unescape decodes the escape that b begins with; n is 0 when there is none.
func unescape(b []byte) (n int, becomes []byte) {
	switch b[0] {
	case '%':
		if c, ok := hexValue(b, 1, 2); ok {
			return 3, []byte{byte(c)}
		}
	case '\\':
		return unescapeBackslash(b)
	case '&':
		return unescapeEntity(b)
	}
	return 0, nil
}

func unescapeBackslash(b []byte) (int, []byte) {
	if len(b) < 2 {
		return 0, nil
	}
	switch b[1] {
	case 'u':
		if r, ok := hexValue(b, 2, 4); ok && utf8.ValidRune(rune(r)) {
			return 6, utf8.AppendRune(nil, rune(r))
		}
	case 'x':
		if c, ok := hexValue(b, 2, 2); ok {
			return 4, []byte{byte(c)}
		}
	case 'n', 'r', 't', 'b', 'f':
		return 2, []byte{' '}
	case '"', '\'', '/', '\\':
		return 2, b[1:2]
	}
	return 0, nil
}

// longestEntity bounds the search for the end of an HTML entity.
const longestEntity = 34

func unescapeEntity(b []byte) (int, []byte) {
	window := b[:min(len(b), longestEntity)]
	if len(window) > 2 && window[1] == '#' {
		start, base := 2, 10
		if window[2] == 'x' || window[2] == 'X' {
			start, base = 3, 16
		}
		end := start
		for end < len(window) && isDigit(window[end], base) {
			end++
		}
		code, err := strconv.ParseUint(string(window[start:end]), base, 32)
		if err != nil || code > utf8.MaxRune || !utf8.ValidRune(rune(code)) {
			return 0, nil
		}
		if end < len(window) && window[end] == ';' {
			end++
		}
		return end, utf8.AppendRune(nil, rune(code))
	}
	end := bytes.IndexByte(window, ';')
	if end < 0 {
		return 0, nil
	}
	entity := string(window[:end+1])
	plain := html.UnescapeString(entity)
	if plain == entity || len(plain) > len(entity) {
		return 0, nil
	}
	return len(entity), []byte(plain)
}

func hexValue(b []byte, from, digits int) (uint64, bool) {
	if len(b) < from+digits {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[from:from+digits]), 16, 32)
	return v, err == nil && b[from] != '+' && b[from] != '_'
}

func isDigit(c byte, base int) bool {
	return '0' <= c && c <= '9' || base == 16 && ('a' <= c && c <= 'f' || 'A' <= c && c <= 'F')
}
