package prompts

import (
	"math/rand/v2"
	"strings"
)

// passage is text without an end: simple English sentences, drawn word by word.
//
// Each piece it gives is exactly one token, and stays one whatever stands next to
// it: the tokenizer cuts a text at spaces and marks before it looks at anything
// else, and no piece goes over such a cut. So the tokens of a text are the number
// of its pieces, which a test holds against the tokenizer itself.
type passage struct {
	random   *rand.Rand
	sentence []string // the current one
	said     int      // of it
	begins   bool     // the next piece begins a text or a line
	mark     bool     // the last piece was a mark, which would grow together with another
}

// write appends n tokens. The last is a full stop where the text is to end there.
func (p *passage) write(to []byte, n int, ends bool) []byte {
	for i := range n {
		if ends && i > 0 && i == n-1 && !p.mark {
			return append(to, '.')
		}
		to = append(to, p.next()...)
	}
	return to
}

// next is the next token.
func (p *passage) next() string {
	if p.said == len(p.sentence) {
		p.sentence, p.said = p.compose(p.sentence[:0]), 0
	}
	piece := p.sentence[p.said]
	p.said++
	begun := p.begins
	p.begins, p.mark = strings.HasSuffix(piece, "\n"), piece[0] != ' '
	if begun {
		return strings.TrimPrefix(piece, " ")
	}
	return piece
}

// compose makes a sentence; its first word is an opener.
func (p *passage) compose(s []string) []string {
	s = p.subject(s, openers)
	s = append(s, p.one(actions))
	s = p.subject(s, articles)
	if p.often(3) {
		s = p.subject(append(s, p.one(places)), articles)
	}
	if p.often(4) {
		s = append(s, p.one(manners))
	}
	if p.often(3) {
		s = append(s, ",", p.one(joints))
		s = p.subject(s, articles)
		s = append(s, p.one(actions))
		s = p.subject(s, articles)
	}
	if p.often(8) {
		return append(s, ".\n\n")
	}
	return append(s, ".")
}

// subject is an article or what stands for one, and a thing.
func (p *passage) subject(s, first []string) []string {
	s = append(s, p.one(first))
	if p.often(2) {
		s = append(s, p.one(describes))
	}
	return append(s, p.one(things))
}

// one draws a word, its space before it.
func (p *passage) one(list []string) string { return list[p.random.IntN(len(list))] }

func (p *passage) often(one int) bool { return p.random.IntN(one) == 0 }
