package sim

import (
	"strings"
	"sync"
)

// language is what a question is asked, and should be answered, in.
type language int

const (
	inEnglish language = iota
	inChinese
)

// sentence is one entry of a bank: literal text around slots.
type sentence struct {
	lang     language
	grade    int
	literals []string // one more than slots; the first is never empty
	slots    []byte   // 'k' or 'e'
}

// maxSlot bounds what a slot can hold, in bytes; notInSlot is what it cannot.
// Together they keep a match within one sentence.
const (
	maxSlot   = 120
	notInSlot = ".,;:!?。，；：！？\n"
)

// banks are the sentences by language and grade.
var banks = sync.OnceValue(func() (out [2][6][]sentence) {
	for lang, bank := range [2]*[6][]string{inEnglish: &english, inChinese: &chinese} {
		for grade, texts := range bank {
			for _, text := range texts {
				out[lang][grade] = append(out[lang][grade], parseSentence(language(lang), grade, text))
			}
		}
	}
	return out
})

func parseSentence(lang language, grade int, text string) sentence {
	s := sentence{lang: lang, grade: grade}
	for {
		open := strings.IndexByte(text, '{')
		if open < 0 {
			s.literals = append(s.literals, text)
			return s
		}
		s.literals = append(s.literals, text[:open])
		s.slots = append(s.slots, text[open+1])
		text = text[open+len("{k}"):]
	}
}

// looksBack reports whether the sentence refers to an earlier turn.
func (s *sentence) looksBack() bool { return strings.IndexByte(string(s.slots), 'e') >= 0 }

// say fills the slots.
func (s *sentence) say(now, earlier string) string {
	var b strings.Builder
	for i, literal := range s.literals {
		b.WriteString(literal)
		if i < len(s.slots) {
			word := now
			if s.slots[i] == 'e' {
				word = earlier
			}
			b.WriteString(word)
		}
	}
	return b.String()
}

// match reports how many bytes at the start of text are this sentence, and what
// its slots hold; 0 when it is another.
func (s *sentence) match(text string) (length int, held []string) {
	rest, ok := strings.CutPrefix(text, s.literals[0])
	if !ok {
		return 0, nil
	}
	for _, literal := range s.literals[1:] {
		window := rest[:min(len(rest), maxSlot+len(literal))]
		at := strings.Index(window, literal)
		if at < 1 || strings.ContainsAny(rest[:at], notInSlot) {
			return 0, nil
		}
		held = append(held, rest[:at])
		rest = rest[at+len(literal):]
	}
	return len(text) - len(rest), held
}

// opens reports whether the text, which breaks off, could become this sentence.
func (s *sentence) opens(text string) bool {
	first := s.literals[0]
	if len(text) <= len(first) {
		return strings.HasPrefix(first, text)
	}
	return len(s.slots) > 0 && strings.HasPrefix(text, first)
}

// recognise finds the sentence that text begins with.
func recognise(text string) (s *sentence, length int, held []string) {
	all := banks()
	for lang := range all {
		for grade := range all[lang] {
			for i := range all[lang][grade] {
				one := &all[lang][grade][i]
				if n, words := one.match(text); n > length {
					s, length, held = one, n, words
				}
			}
		}
	}
	return s, length, held
}
