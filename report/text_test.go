package report_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"switchover/report"
)

func TestClean(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "small-7b", "small-7b"},
		{"colour", "\x1b[31mred\x1b[0m", "red"},
		{"window title", "\x1b]0;owned\x07x", "x"},
		{"unterminated string", "a\x1b]52;c;Zm9v", "a"},
		{"eight-bit sequence", "a\u009b31mb", "ab"},
		{"device control", "a\x1bPq#0\x1b\\b", "ab"},
		{"direction override", "red\u202egnp.exe", "redgnp.exe"},
		{"invisible", "a\u200b\u2060\ufeffb", "ab"},
		{"lines", " a\r\nb\tc\u2028d ", "a b c d"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"other scripts", "\u901a\u4e49\u5343\u95ee \u0437", "\u901a\u4e49\u5343\u95ee \u0437"},
		{"nothing left", "\x00\x1b[2J", ""},
	} {
		if got := report.Clean(tt.in); got != tt.want {
			t.Errorf("%s: Clean(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a", "\x1b[31mred", "\x1b]0;t\x07", "\u202e", "a\r\nb", "\xff", "\x1b\x1b[", "\x1b]\x1b[31m\x1b\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, out := range map[string]string{"Clean": report.Clean(s), "CleanText": report.CleanText(s)} {
			if !utf8.ValidString(out) {
				t.Fatalf("%s(%q) is not UTF-8: %q", name, s, out)
			}
			for _, r := range out {
				if unicode.IsControl(r) && (r != '\n' || name == "Clean") || unicode.Is(unicode.Cf, r) {
					t.Fatalf("%s(%q) keeps %q", name, s, r)
				}
			}
		}
		once := report.Clean(s)
		if report.Clean(once) != once {
			t.Fatalf("cleaning %q twice changes it", s)
		}
		if strings.Contains(once, "  ") {
			t.Fatalf("Clean(%q) keeps a run of spaces: %q", s, once)
		}
	})
}
