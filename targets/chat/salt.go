package chat

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// A salt is a line at the very beginning of a prompt that no other prompt begins
// with. Servers that keep the work of a prompt's beginning for the next prompt
// with the same one then find nothing of it, and a prompt that is asked twice
// takes its whole time twice.
//
// It is digits because tokenizers cut those by threes or one by one: every salt
// has as many tokens as any other, so that prompts made to measure stay so.

// saltRange is how many salts there are: 18 digits.
const saltRange = 1_000_000_000_000_000_000

// SaltBytes is how much longer a prompt is with its salt.
const SaltBytes = len("[session 012345678901234567]\n")

var saltLine = regexp.MustCompile(`^\[session [0-9]{18}\]\n`)

// Salt makes the salt that belongs to these parts: the same for the same parts,
// and unlike that of any others.
func Salt(parts ...any) string {
	said := make([]byte, 0, 128)
	for _, p := range parts {
		switch p := p.(type) { // what every request is salted with is not left to fmt, which takes its time
		case string:
			said = append(said, p...)
		case int:
			said = strconv.AppendInt(said, int64(p), 10)
		default:
			said = fmt.Append(said, p)
		}
		said = append(said, 0)
	}
	sum := sha256.Sum256(said)
	line := append(make([]byte, 0, SaltBytes), "[session 000000000000000000]\n"...)
	n := binary.BigEndian.Uint64(sum[:]) % saltRange
	for i := SaltBytes - 3; n > 0; i-- {
		line[i] = byte('0' + n%10)
		n /= 10
	}
	return string(line)
}

// WithSalt puts a salt before the first message: the system prompt, or what the
// user says first. The messages are changed in place, their parts are not.
func WithSalt(messages []Message, salt string) {
	if len(messages) > 0 {
		messages[0].salt(0, salt)
	}
}

// PlaceSalt puts a salt into what the user says first, behind its first at bytes,
// which prompts are meant to share; past its end, at its end, and before one of
// several parts. The messages are changed in place, their parts are not.
func PlaceSalt(messages []Message, at int, salt string) {
	for i := range messages {
		if m := &messages[i]; m.Role == User {
			m.salt(at, salt)
			return
		}
	}
}

// salt puts a salt into a message. In front of a picture it is a part of its own.
func (m *Message) salt(at int, salt string) {
	switch {
	case len(m.Parts) == 0:
		at = min(max(at, 0), len(m.Content))
		m.Content = m.Content[:at] + salt + m.Content[at:]
	case m.Parts[0].Kind == TextPart:
		m.Parts = slices.Clone(m.Parts)
		m.Parts[0].Text = salt + m.Parts[0].Text
	default:
		m.Parts = append([]Part{{Kind: TextPart, Text: salt}}, m.Parts...)
	}
}

// WithoutSalt is a message's text as it was before it got a salt.
func WithoutSalt(text string) string { return text[len(saltLine.FindString(text)):] }
