package sim

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEveryBankIsFull(t *testing.T) {
	for lang, grades := range banks() {
		for grade, bank := range grades {
			onFirst := 0
			for _, s := range bank {
				if !s.looksBack() {
					onFirst++
				}
				if s.literals[0] == "" {
					t.Errorf("language %d grade %d: %q begins with a slot", lang, grade, s.literals)
				}
			}
			if len(bank) < 15 || onFirst < 10 {
				t.Errorf("language %d grade %d: %d sentences, %d for a first turn", lang, grade, len(bank), onFirst)
			}
		}
	}
}

// The judge must know every sentence for what it is, whatever fills its slots
// and whatever follows it.
func TestEverySentenceIsRecognised(t *testing.T) {
	for lang, grades := range banks() {
		for grade, bank := range grades {
			for i := range bank {
				s := &bank[i]
				for _, words := range [][2]string{{"decorator", "async"}, {"装饰器", "异步函数"}, {fallback(language(lang)), "x2"}} {
					said := s.say(words[0], words[1])
					known, n, held := recognise(said + " For decorator, 关于装饰器，")
					if known == nil || known.grade != grade || known.lang != language(lang) || n != len(said) || len(held) != len(s.slots) {
						t.Errorf("language %d grade %d: %q is taken for %+v, %d of %d bytes", lang, grade, said, known, n, len(said))
					}
				}
			}
		}
	}
}

func TestKeywords(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"How do I write a Python decorator?", "decorator Python"},
		{"what is it", "this question"},
		{"", "this question"},
		{"！？", "this question"},
		{"如何用 Python 写一个装饰器？", "Python 装饰器"},
		{"你好吗", "这个问题"},
		{"a\xffcafé\xfe 数据库", "café 数据库"},
	} {
		if got := strings.Join(keywords(c.text), " "); got != c.want {
			t.Errorf("%q is about %q, want %q", c.text, got, c.want)
		}
	}
}

func FuzzKeywords(f *testing.F) {
	f.Add("How do I write a Python decorator?")
	f.Add("如何用 Python 写一个装饰器？")
	f.Add("a\xffcafé\xfe \xe6\x95")
	f.Fuzz(func(t *testing.T, text string) {
		words := keywords(text)
		if len(words) == 0 || len(words) > 3 {
			t.Fatalf("%q has %d key words", text, len(words))
		}
		for _, w := range words {
			if w == "" || len(w) > maxSlot || strings.ContainsAny(w, notInSlot) {
				t.Errorf("%q: key word %q does not fit a slot", text, w)
			}
			if utf8.ValidString(text) && w != fallback(languageOf(text)) && !strings.Contains(text, w) {
				t.Errorf("%q: key word %q does not occur in it", text, w)
			}
		}
	})
}

func TestCount(t *testing.T) {
	for _, c := range []struct{ text, pieces string }{
		{"", ""},
		{"Hello world", "Hello| world"},
		{"internationalisation", "inter|natio|nalis|ation"},
		{"如何写 Python？", "如|何|写| Pytho|n|？"},
		{"a  b\n", "a| | b|\n"},
		{"é\xff3", "é|\xff|3"},
	} {
		got := strings.Join(Split(c.text), "|")
		if want := c.pieces; got != want {
			t.Errorf("%q splits into %q, want %q", c.text, got, want)
		}
	}
	prose := strings.Join(english[5], " ")
	if per := float64(len(prose)) / float64(Count(prose)); per < 3.3 || per > 4.7 {
		t.Errorf("English prose has %.2f bytes a token, want about 4", per)
	}
}

// Usage equals the stream because of these invariants.
func FuzzSplit(f *testing.F) {
	f.Add("Hello, 世界! naïve\n\n  x", 3)
	f.Add("\xff\xfe ab", 1)
	f.Fuzz(func(t *testing.T, text string, k int) {
		pieces := Split(text)
		if strings.Join(pieces, "") != text || len(pieces) != Count(text) {
			t.Fatalf("%q does not split into its tokens: %q", text, pieces)
		}
		if k < 0 || k > len(pieces) {
			return
		}
		if n := Count(strings.Join(pieces[:k], "")); n != k {
			t.Errorf("the first %d tokens of %q count %d", k, text, n)
		}
		for _, p := range pieces {
			if utf8.ValidString(text) && !utf8.ValidString(p) {
				t.Errorf("%q: token %q is not UTF-8", text, p)
			}
		}
	})
}
