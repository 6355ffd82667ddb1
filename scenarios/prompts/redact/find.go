package redact

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// find is one value in a text.
type find struct {
	from, to int
	kind     string
	told     bool // found by its surroundings alone
}

// find gives what is to be replaced in a text, in order and apart: what the rules
// find, and the values already known. Finds that overlap become one, of the kind that comes first in kinds;
// the user's own come before all.
func (r *Redactor) find(text string, known []told) []find {
	var found []find
	taken := r.placeholder.FindAllStringIndex(text, -1)
	for _, p := range r.own {
		for _, m := range p.re.FindAllStringIndex(text, -1) {
			found = outside(found, find{from: m[0], to: m[1], kind: p.kind}, taken)
		}
	}
	for _, k := range known {
		found = bare(found, text, k, taken)
	}
	v := fold(text, taken)
	for _, f := range r.known(v.text) {
		f.from, f.to = v.place(f.from), v.place(f.to)
		found = append(found, f)
	}
	return merge(found)
}

// known looks for the known kinds in folded text.
func (r *Redactor) known(text string) []find {
	var found []find
	found = blocks(found, text)
	found = credentials(found, text)
	found = prefixed(found, text)
	found = emails(found, text)
	found = ibans(found, text)
	found = numbers(found, text)
	if r.ip {
		found = addresses(found, text)
	}
	return found
}

// outside adds the parts of a find that lie outside the placeholders.
func outside(found []find, f find, taken [][]int) []find {
	i, _ := slices.BinarySearchFunc(taken, f.from, func(t []int, at int) int { return cmp.Compare(t[1], at+1) })
	for ; i < len(taken) && taken[i][0] < f.to; i++ {
		if part := f; taken[i][0] > f.from {
			part.to = taken[i][0]
			found = append(found, part)
		}
		f.from = max(f.from, taken[i][1])
	}
	if f.from < f.to {
		found = append(found, f)
	}
	return found
}

// bare adds the places where a value that is known by now stands alone.
func bare(found []find, text string, k told, taken [][]int) []find {
	for at := 0; ; {
		i := strings.Index(text[at:], k.value)
		if i < 0 {
			return found
		}
		from, to := at+i, at+i+len(k.value)
		at = from + 1
		if alone(text, from, to) {
			found = outside(found, find{from: from, to: to, kind: k.kind}, taken)
			at = to
		}
	}
}

// merge sorts finds and joins those that overlap.
func merge(found []find) []find {
	slices.SortFunc(found, func(a, b find) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to), cmp.Compare(rank(a.kind), rank(b.kind)))
	})
	out := found[:0]
	for _, f := range found {
		last := len(out) - 1
		if last < 0 || f.from >= out[last].to {
			out = append(out, f)
			continue
		}
		out[last].to = max(out[last].to, f.to)
		out[last].told = out[last].told && f.told
		if rank(f.kind) < rank(out[last].kind) {
			out[last].kind = f.kind
		}
	}
	return out
}

// view is a text as it is looked at: full-width letters and digits as ASCII, the
// many spaces and hyphens as one of each, invisible characters left out, and a
// placeholder as a single NUL, which is part of nothing.
type view struct {
	text string
	at   []int // of each byte of text in the original; nil when they are the same
	size int   // of the original
}

// place is where a place of the view is in the original.
func (v *view) place(i int) int {
	switch {
	case v.at == nil:
		return i
	case i == len(v.text):
		return v.size
	}
	return v.at[i]
}

// fold makes the view of a text with placeholders at the given places.
func fold(text string, taken [][]int) view {
	if len(taken) == 0 && plain(text) {
		return view{text: text, size: len(text)}
	}
	out := make([]byte, 0, len(text))
	at := make([]int, 0, len(text))
	for i := 0; i < len(text); {
		if len(taken) > 0 && i == taken[0][0] {
			out, at = append(out, 0), append(at, i)
			i, taken = taken[0][1], taken[1:]
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if b, ok := folded(r); ok {
			if b != 0 {
				out, at = append(out, b), append(at, i)
			}
		} else {
			for k := range n {
				out, at = append(out, text[i+k]), append(at, i+k)
			}
		}
		i += n
	}
	return view{string(out), at, len(text)}
}

// plain reports whether nothing in a text needs folding: what does begins with
// one of three bytes in UTF-8.
func plain(text string) bool {
	for i := range len(text) {
		if b := text[i]; b == 0xc2 || b == 0xe2 || b == 0xe3 || b == 0xef {
			return false
		}
	}
	return true
}

// folded is the ASCII byte that stands for a character, 0 for one that cannot be
// seen, or false for one that stands for itself.
func folded(r rune) (byte, bool) {
	switch {
	case r >= 0xff01 && r <= 0xff5e: // full-width forms
		return byte(r - 0xff01 + '!'), true
	case r == 0xa0, r >= 0x2000 && r <= 0x200a, r == 0x202f, r == 0x205f, r == 0x3000:
		return ' ', true
	case r >= 0x2010 && r <= 0x2015, r == 0x2212:
		return '-', true
	case r == 0xad, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2064, r == 0xfeff:
		return 0, true
	}
	return 0, false
}
