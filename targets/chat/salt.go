package chat

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
)

// A salt is a line at the very beginning of a prompt that no other prompt begins
// with. Servers that keep the work of a prompt's beginning for the next prompt
// with the same one then find nothing of it, and a prompt that is asked twice
// takes its whole time twice.

// SaltBytes is how much longer a prompt is with its salt.
const SaltBytes = len("[session 0123456789abcdef]\n")

var saltLine = regexp.MustCompile(`^\[session [0-9a-f]{16}\]\n`)

// Salt makes the salt that belongs to these parts: the same for the same parts,
// and unlike that of any others.
func Salt(parts ...any) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%v\x00", p)
	}
	return "[session " + hex.EncodeToString(h.Sum(nil)[:8]) + "]\n"
}

// WithSalt puts a salt before the first message: the system prompt, or what the
// user says first. The messages are changed in place.
func WithSalt(messages []Message, salt string) {
	if len(messages) > 0 {
		messages[0].Content = salt + messages[0].Content
	}
}

// WithoutSalt is a message's text as it was before it got a salt.
func WithoutSalt(text string) string { return text[len(saltLine.FindString(text)):] }
