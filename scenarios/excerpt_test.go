package scenarios

import (
	"strings"
	"testing"
)

// TestExcerpt checks that the caret stands beneath its character whatever stands
// before it, and that nothing secret or harmful is shown.
func TestExcerpt(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		intent, line string
		column       int
		secrets      []string
		shown, caret string
	}{
		{"plain", "name: a", 7, nil, "name: a", "      ^"},
		{"wide characters take two cells", "名字: a", 5, nil, "名字: a", "      ^"},
		{"combining ones none", "e\u0301: a", 5, nil, "e\u0301: a", "   ^"},
		{"a tab is one space", "\tname", 2, nil, " name", " ^"},
		{"control characters are dots", "a\x1b[31m: b", 8, nil, "a·[31m: b", "       ^"},
		{"as are those that turn the direction of text", "a\u202eb: c", 5, nil, "a·b: c", "    ^"},
		{"a key before the place", "key: hidden, a: b", 14, []string{"hidden"}, "key: [redacted], a: b", "                 ^"},
		{"a key at the place", "key: hidden", 6, []string{"hidden"}, "key: [redacted]", "     ^"},
		{"a place inside a key", "key: hidden", 9, []string{"hidden"}, "key: [redacted]", "     ^"},
		{"keys that overlap", "key: abcdefgh", 1, []string{"abcdef", "cdefgh"}, "key: [redacted]", "^"},
		{"a key in a comment", "a: b # sk-proj-abcdefghijklmnop", 1, nil, "a: b # [redacted]", "^"},
		{"the end of a line", "a:", 3, nil, "a:", "  ^"},
		{"past the end", "a:", 99, nil, "a:", "  ^"},
		{"the middle of a long line", long + "HERE" + long, 301, nil, "..." + long[:50] + "HERE" + long[:46] + "...", strings.Repeat(" ", 53) + "^"},
	} {
		got := excerpt(c.line, 7, c.column, findSecrets(c.secrets))
		want := "    7 | " + c.shown + "\n      | " + c.caret
		if got != want {
			t.Errorf("%s:\n got\n%s\nwant\n%s", c.intent, got, want)
		}
	}
}

// TestSyntaxErrorsHideKeys checks lines of files that have no syntax tree.
func TestSyntaxErrorsHideKeys(t *testing.T) {
	for _, line := range []string{
		"key: canary-secret", `"key" : "canary-secret"`, "api_key: canary secret", "Authorization: Bearer canarysecret",
		"x: sk-canary1234567890", "- canary0123456789abcdefghijkl", "password=canary",
	} {
		_, err := Parse("f.yaml", []byte("name: [\n"+line+"\n  }]\n: [ "+line), Env{})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: printed\n%v", line, err)
		}
	}
}

// TestHugeLines checks that keys in very long lines, and very many keys, are
// neither shown nor slow to look for.
func TestHugeLines(t *testing.T) {
	var b strings.Builder
	b.WriteString("targets: [")
	for i := range 800 {
		b.WriteString("{key: canary-")
		b.WriteString(strings.Repeat("abcdefghij"[i%10:i%10+1], 1+i/10))
		b.WriteString("}, ")
	}
	b.WriteString("]")
	_, err := Parse("f.yaml", []byte(b.String()), Env{})
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("printed\n%v", err)
	}
}
