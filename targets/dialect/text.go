package dialect

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// checkText refuses what readers of JSON quietly put another character in place of:
// bytes that are not UTF-8, and escapes that stand for half a character.
func checkText(body []byte) *Invalid {
	if !utf8.Valid(body) {
		at := 0
		for {
			r, n := utf8.DecodeRune(body[at:])
			if r == utf8.RuneError && n <= 1 {
				break
			}
			at += n
		}
		return &Invalid{Problem: fmt.Sprintf("the request is not UTF-8 at byte %d", at+1), Remedy: "save the file as UTF-8"}
	}
	if at := HalfCharacter(body); at >= 0 {
		return &Invalid{Problem: fmt.Sprintf("the request has half of a character at byte %d", at+1), Remedy: `give both halves of a pair like \ud83d\ude00, or neither`}
	}
	return nil
}

// HalfCharacter is where JSON has an escape that stands for half a character, in bytes
// from 0; -1 where it has none.
func HalfCharacter(body []byte) int {
	if !bytes.Contains(body, []byte(`\ud`)) && !bytes.Contains(body, []byte(`\uD`)) {
		return -1
	}
	high := -1 // where the escape just before began, if it was a first half
	for i := 0; i < len(body); i++ {
		unit := -1
		if body[i] == '\\' && i+5 < len(body) && body[i+1] == 'u' {
			unit = hex4(body[i+2 : i+6])
		}
		low := unit >= 0xdc00 && unit < 0xe000
		switch {
		case high >= 0 && !low:
			return high
		case high < 0 && low:
			return i
		}
		high = -1
		if unit >= 0xd800 && unit < 0xdc00 {
			high = i
		}
		switch {
		case unit >= 0:
			i += 5
		case body[i] == '\\':
			i++
		}
	}
	return high
}

func hex4(digits []byte) int {
	n := 0
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | int(c|0x20-'a'+10)
		default:
			return -1
		}
	}
	return n
}
