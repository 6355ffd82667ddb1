package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// MinLength is the length in bytes from which a secret is hidden. Shorter ones
// (vLLM's customary "EMPTY") protect nothing, and hiding them would mangle
// ordinary text.
const MinLength = 6

// maxRounds bounds how often nested encodings are undone.
const maxRounds = 4

// minFolded is the length from which a secret is hidden in letters of either case: one in
// hex is the same key in both. Shorter ones may be words ("ollama").
const minFolded = 16

// minPart is how many bytes of a secret, or of an encoding of it, are taken for
// the secret where a text begins or ends inside it.
const minPart = 8

// minInner is the same in the midst of a text: what servers themselves leave to be seen
// of a key, its first and last few bytes, is not taken for it.
const minInner = 12

// Redactor replaces secrets in text by Mask. A nil Redactor replaces nothing.
// It may be used by several goroutines.
type Redactor struct {
	plain  [][]byte // short secrets, and what they become when themselves decoded
	folded [][]byte // long ones, and the hex forms of all; lower case
	cores  [][]byte // of their base64 forms
}

// NewRedactor returns a Redactor that hides these values. Values shorter than
// MinLength are ignored.
func NewRedactor(values ...Value) *Redactor {
	r := &Redactor{}
	for _, v := range values {
		if len(v.s) < MinLength {
			continue
		}
		key := view{text: []byte(v.s)}
		for range maxRounds {
			if len(key.text) >= minFolded {
				r.folded = add(r.folded, foldASCII(key.text))
			} else {
				r.plain = add(r.plain, key.text)
			}
			next, changed := key.decode()
			if !changed {
				break
			}
			key = next
		}
		for shift := range 3 {
			r.cores = add(r.cores, core(base64.RawStdEncoding, v.s, shift))
			r.cores = add(r.cores, core(base64.RawURLEncoding, v.s, shift))
		}
		r.folded = add(r.folded, []byte(hex.EncodeToString([]byte(v.s))))
	}
	return r
}

func add(set [][]byte, b []byte) [][]byte {
	if len(b) < MinLength || slices.ContainsFunc(set, func(have []byte) bool { return bytes.Equal(have, b) }) {
		return set
	}
	return append(set, bytes.Clone(b))
}

// core is the part of s's base64 form that does not depend on what stands before
// and after s, when shift bytes of the same group of three stand before it.
func core(enc *base64.Encoding, s string, shift int) []byte {
	full := enc.EncodeToString([]byte(strings.Repeat("\x00", shift) + s))
	first := (shift*8 + 5) / 6
	last := (shift + len(s)) * 8 / 6
	return []byte(full[first:last])
}

// Text returns s with every secret replaced by Mask: verbatim, a long one also in
// letters of the other case; with characters escaped as in JSON, URLs or HTML, in any
// mixture and nested; broken by white space; as base64 (either alphabet, any alignment)
// or hex; cut off where s begins or ends; and wherever half of it or more was left.
func (r *Redactor) Text(s string) string {
	if r == nil || len(r.folded) == 0 || s == "" {
		return s
	}
	// Most text holds no secret: look first, and keep account of places only where
	// there is something to hide.
	if len(r.find(view{text: []byte(s)})) == 0 {
		return s
	}
	return r.find(view{text: []byte(s), tracked: true}).mask(s)
}

// find returns the places of all secrets in every reading of the text; they mean
// something only for a tracked view.
func (r *Redactor) find(v view) spans {
	var hide spans
	for range maxRounds {
		r.search(v, &hide)
		if tight, changed := v.tighten(); changed {
			r.search(tight, &hide)
		}
		next, changed := v.decode()
		if !changed {
			break
		}
		v = next
	}
	return hide
}

// search adds the places of all secrets in one reading of the text.
func (r *Redactor) search(v view, hide *spans) {
	hideAt := func(i, j int) { hide.add(v.from(i), v.to(j)) }
	for _, p := range r.plain {
		each(v.text, p, hideAt)
	}
	lower := foldASCII(v.text)
	for _, p := range r.folded {
		each(lower, p, hideAt)
	}
	for _, p := range r.cores {
		each(v.text, p, func(i, j int) {
			// The neighbours hold the remaining bits of the first and last byte.
			if i > 0 && base64Byte(v.text[i-1]) && v.to(i) == v.from(i) {
				i--
			}
			for n := 0; n < 2 && j < len(v.text) && base64Byte(v.text[j]) && v.to(j) == v.from(j); n++ {
				j++
			}
			hide.add(v.from(i), v.to(j))
		})
	}
}

// each calls f with every place of p in text: whole; half of it or more from its
// beginning or to its end, as where a server cut short what it quotes; or less, where
// the text itself begins or ends in it, as where a stream broke.
func each(text, p []byte, f func(i, j int)) {
	part := min(len(p), max(len(p)/2, minInner))
	for at := 0; ; {
		i := bytes.Index(text[at:], p[:part])
		if i < 0 {
			break
		}
		i += at
		j := i + part
		for j < len(text) && j-i < len(p) && text[j] == p[j-i] {
			j++
		}
		f(i, j)
		at = i + 1
	}
	for at := 0; part < len(p); {
		i := bytes.Index(text[at:], p[len(p)-part:])
		if i < 0 {
			break
		}
		i += at
		j := i + part
		at = i + 1
		for i > 0 && j-i < len(p) && text[i-1] == p[len(p)-(j-i)-1] {
			i--
		}
		f(i, j)
	}
	longest := min(len(p)-1, len(text))
	for n := longest; n >= minPart; n-- {
		if bytes.HasSuffix(text, p[:n]) {
			f(len(text)-n, len(text))
			break
		}
	}
	for n := longest; n >= minPart; n-- {
		if bytes.HasPrefix(text, p[len(p)-n:]) {
			f(0, n)
			break
		}
	}
}

func foldASCII(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}

func base64Byte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '+' || c == '/' || c == '-' || c == '_' || c == '='
}

// spans are half-open ranges of the original text, in any order.
type spans [][2]int

func (s *spans) add(from, to int) { *s = append(*s, [2]int{from, to}) }

func (s spans) mask(text string) string {
	if len(s) == 0 {
		return text
	}
	slices.SortFunc(s, func(a, b [2]int) int { return a[0] - b[0] })
	var out strings.Builder
	at := 0
	for i := 0; i < len(s); {
		from, to := s[i][0], s[i][1]
		for i++; i < len(s) && s[i][0] <= to; i++ {
			to = max(to, s[i][1])
		}
		out.WriteString(text[at:from])
		out.WriteString(Mask)
		at = to
	}
	out.WriteString(text[at:])
	return out.String()
}
