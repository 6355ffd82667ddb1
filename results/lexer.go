package results

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// A lexer reads the JSON that encoding/json writes for this package's types: no
// white space, keys in the order of the fields. Whatever else it meets makes a
// method return false, and the line is read by encoding/json instead.
type lexer struct {
	b []byte
	i int
}

// take consumes one byte.
func (l *lexer) take(c byte) bool {
	if l.i < len(l.b) && l.b[l.i] == c {
		l.i++
		return true
	}
	return false
}

// word consumes a literal.
func (l *lexer) word(s string) bool {
	if len(l.b)-l.i >= len(s) && string(l.b[l.i:l.i+len(s)]) == s {
		l.i += len(s)
		return true
	}
	return false
}

// key consumes a field's name and its colon. Names are small letters, digits and
// underscores.
func (l *lexer) key() ([]byte, bool) {
	if !l.take('"') {
		return nil, false
	}
	from := l.i
	for l.i < len(l.b) {
		switch c := l.b[l.i]; {
		case c >= 'a' && c <= 'z', c == '_', c >= '0' && c <= '9':
			l.i++
		case c == '"' && l.i+1 < len(l.b) && l.b[l.i+1] == ':':
			l.i += 2
			return l.b[from : l.i-2], true
		default:
			return nil, false
		}
	}
	return nil, false
}

// more consumes what stands between two values, or the closing byte after the
// last; again says which.
func (l *lexer) more(closing byte) (again, ok bool) {
	if l.take(',') {
		return true, true
	}
	return false, l.take(closing)
}

// maxDigits is how many digits fit into an int64 whatever they are.
const maxDigits = 18

// integer consumes a whole number of at most 18 digits.
func (l *lexer) integer() (int64, bool) {
	minus := l.take('-')
	from, n := l.i, int64(0)
	for l.i < len(l.b) {
		c := l.b[l.i] - '0'
		if c > 9 {
			break
		}
		n = 10*n + int64(c)
		if l.i++; l.i-from > maxDigits {
			return 0, false
		}
	}
	if l.i == from || l.b[from] == '0' && l.i > from+1 {
		return 0, false
	}
	if minus {
		n = -n
	}
	return n, true
}

// number consumes any number.
func (l *lexer) number() (float64, bool) {
	from := l.i
	for l.i < len(l.b) {
		if c := l.b[l.i]; c-'0' > 9 && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		l.i++
	}
	lit := l.b[from:l.i]
	if !json.Valid(lit) { // ParseFloat takes more than JSON has
		return 0, false
	}
	v, err := strconv.ParseFloat(string(lit), 64)
	return v, err == nil
}

// special marks the bytes that do not stand for themselves in a string.
var special = func() (t [256]bool) {
	for c := range t {
		t[c] = c < ' ' || c == '"' || c == '\\'
	}
	return t
}()

// literal consumes a string and returns it with its quotes; escaped says that it
// holds escapes, which are checked.
func (l *lexer) literal() (lit []byte, escaped, ok bool) {
	from := l.i
	if !l.take('"') {
		return nil, false, false
	}
	b, i := l.b, l.i
	for {
		for i < len(b) && !special[b[i]] {
			i++
		}
		if i >= len(b) || b[i] < ' ' {
			return nil, false, false
		}
		if b[i] == '"' {
			l.i = i + 1
			return b[from:l.i], escaped, true
		}
		escaped = true
		n := escape(b[i:])
		if n == 0 {
			return nil, false, false
		}
		i += n
	}
}

// escape is the length of the escape that b begins with, 0 for none that JSON has.
func escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range b[2:6] {
			if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
				return 0
			}
		}
		return 6
	}
	return 0
}

// text consumes a string and returns what it says. Without escapes that aliases
// the line.
func (l *lexer) text() ([]byte, bool) {
	lit, escaped, ok := l.literal()
	if !ok {
		return nil, false
	}
	if s := lit[1 : len(lit)-1]; !escaped && utf8.Valid(s) {
		return s, true
	}
	var s string
	if json.Unmarshal(lit, &s) != nil {
		return nil, false
	}
	return []byte(s), true
}
