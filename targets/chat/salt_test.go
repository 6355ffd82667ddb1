package chat_test

import (
	"fmt"
	"slices"
	"testing"

	"switchover/targets/chat"
)

func ExampleWithSalt() {
	messages := []chat.Message{{Role: chat.User, Content: "Why is the sky blue?"}}
	salt := chat.Salt("run", "steady", 3)
	chat.WithSalt(messages, salt)
	fmt.Println(messages[0].Content)
	fmt.Println(chat.WithoutSalt(messages[0].Content))
	// Output:
	// [session 662437983667249629]
	// Why is the sky blue?
	// Why is the sky blue?
}

func TestSalt(t *testing.T) {
	if again := chat.Salt("a", 1); again != chat.Salt("a", 1) || chat.Salt("a", 1) == chat.Salt("a", 2) || chat.Salt("a", "b") == chat.Salt("ab") {
		t.Error("a salt does not follow its parts")
	}
	if n := len(chat.Salt("x")); n != chat.SaltBytes {
		t.Errorf("a salt has %d bytes, not %d", n, chat.SaltBytes)
	}
	for _, text := range []string{"", "[session x]\nhello", "hello " + chat.Salt("x")} {
		if chat.WithoutSalt(text) != text {
			t.Errorf("%q was taken for a salted text", text)
		}
	}
	chat.WithSalt(nil, "x") // nothing to salt
	chat.PlaceSalt(nil, 1, "x")
}

// A salt goes behind what prompts share, and never outside the text.
func TestPlaceSalt(t *testing.T) {
	for at, want := range map[int]string{0: "xabc", 1: "axbc", 3: "abcx", 9: "abcx", -1: "xabc"} {
		messages := []chat.Message{{Role: chat.System, Content: "s"}, {Role: chat.User, Content: "abc"}, {Role: chat.User, Content: "abc"}}
		if chat.PlaceSalt(messages, at, "x"); messages[0].Content != "s" || messages[1].Content != want || messages[2].Content != "abc" {
			t.Errorf("at %d: %v", at, messages)
		}
	}
}

// A salt goes before all parts of a message, and leaves the parts alone, which
// sessions share.
func TestSaltBeforeParts(t *testing.T) {
	text, picture := chat.Part{Kind: chat.TextPart, Text: "abc", Cache: "5m"}, chat.Part{Kind: chat.ImagePart, Data: "aGk="}
	for intent, tc := range map[string]struct{ parts, want []chat.Part }{
		"text first":      {[]chat.Part{text, picture}, []chat.Part{{Kind: chat.TextPart, Text: "xabc", Cache: "5m"}, picture}},
		"a picture first": {[]chat.Part{picture, text}, []chat.Part{{Kind: chat.TextPart, Text: "x"}, picture, text}},
	} {
		for _, put := range []func([]chat.Message){
			func(m []chat.Message) { chat.WithSalt(m, "x") },
			func(m []chat.Message) { chat.PlaceSalt(m, 2, "x") },
		} {
			shared := slices.Clone(tc.parts)
			messages := []chat.Message{{Role: chat.User, Parts: shared}}
			if put(messages); !slices.Equal(messages[0].Parts, tc.want) || !slices.Equal(shared, tc.parts) {
				t.Errorf("%s: %v, of %v", intent, messages[0].Parts, shared)
			}
		}
	}
}
