package sim

import (
	"unicode"
	"unicode/utf8"
)

// maxWord is the longest run of letters or digits that is one token, in bytes.
const maxWord = 5

// templateTokens is what a chat template adds to each message.
const templateTokens = 4

// Count is the number of tokens of a text, by a rule that needs no vocabulary:
//
//  1. a CJK character, kana or hangul syllable is one token;
//  2. a run of other letters and digits is cut every 5 bytes, at character
//     borders; one space before the run belongs to its first piece;
//  3. anything else (punctuation, further white space, a byte that is not UTF-8)
//     is one token per character.
//
// English prose comes to about four bytes a token. No real tokenizer counts so;
// what matters is that the simulator's usage and its stream agree exactly.
func Count(text string) int {
	n := 0
	for len(text) > 0 {
		text = text[piece(text):]
		n++
	}
	return n
}

// Split cuts a text into its tokens: joined they are the text, and there are
// Count of them. A text made of the first k pieces splits into the same k.
func Split(text string) []string {
	out := make([]string, 0, len(text)/4+1)
	for len(text) > 0 {
		n := piece(text)
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}

// piece is the length in bytes of the first token of a text that is not empty.
func piece(text string) int {
	start := 0
	if text[0] == ' ' {
		if r, _ := utf8.DecodeRuneInString(text[1:]); inWord(r) {
			start = 1
		}
	}
	end := start
	for end < len(text) {
		r, size := utf8.DecodeRuneInString(text[end:])
		if !inWord(r) || end-start+size > maxWord {
			break
		}
		end += size
	}
	if end > start {
		return end
	}
	_, size := utf8.DecodeRuneInString(text)
	return size
}

// inWord reports whether a character joins with its neighbours into a token.
func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) && !isCJK(r)
}

// isCJK reports whether a character is written without spaces between words.
func isCJK(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}
