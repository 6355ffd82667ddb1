package sim

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// languageOf says which of the two languages a text is in: Chinese when it has
// at least as many Han characters as Latin words.
func languageOf(text string) language {
	han, words, inside := 0, 0, false
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
			inside = false
		case unicode.IsLetter(r):
			if !inside {
				words++
			}
			inside = true
		default:
			inside = false
		}
	}
	if han > 0 && han >= words {
		return inChinese
	}
	return inEnglish
}

// keywords are what a message is about, longest first: words that are neither
// function words nor look like verbs, or in Chinese the stretches between
// function characters. At most three; never none, so that a sentence about them
// can always be said.
func keywords(text string) []string {
	words := contentWords(text)
	lang := languageOf(text)
	slices.SortStableFunc(words, func(a, b string) int { return utf8.RuneCountInString(b) - utf8.RuneCountInString(a) })
	words = slices.DeleteFunc(words, func(w string) bool {
		return len(w) > maxSlot/2 || utf8.RuneCountInString(w) < 2 ||
			lang == inEnglish && (len(w) < 4 || strings.HasSuffix(w, "ed") || strings.HasSuffix(w, "ing"))
	})
	if len(words) > 3 {
		words = words[:3]
	}
	if len(words) == 0 {
		words = []string{fallback(lang)}
	}
	return words
}

// fallback stands for the topic of a message without key words.
func fallback(lang language) string {
	if lang == inChinese {
		return "这个问题"
	}
	return "this question"
}

// contentWords are the distinct words of a text without function words, in order
// of appearance. Han stretches are cut at function characters and at six.
func contentWords(text string) []string {
	var out []string
	seen := map[string]bool{}
	add := func(w string) {
		key := strings.ToLower(w)
		if w != "" && !seen[key] && !stopWords[key] {
			seen[key] = true
			out = append(out, w)
		}
	}
	start, han := 0, 0 // of the open word, and how many Han characters it has
	for i, r := range text {
		isHan := unicode.Is(unicode.Han, r) && !strings.ContainsRune(stopHan, r)
		letter := !unicode.Is(unicode.Han, r) && (unicode.IsLetter(r) || unicode.IsDigit(r))
		switch open := text[start:i]; {
		case isHan && (open == "" || han > 0) && han < 6:
			han++
		case letter && han == 0:
		default:
			add(open)
			start, han = i, 0
			if isHan {
				han = 1
			} else if !letter {
				_, size := utf8.DecodeRuneInString(text[i:])
				start = i + size
			}
		}
	}
	add(text[start:])
	return out
}

// stopHan are characters that seldom belong to what a sentence is about.
const stopHan = "的了吗呢吧啊呀我你您他她它们是在和与或把被给对从到就都也还要想请能会可以怎么如何什为哪些这那个一下有没不很最更让用来去说做但而且因所果只再已经"

var stopWords = setOf(`
	a about above added after again also although always an and another anything are around as ask at be became
	because become been before being below between both but by can cannot comes could do does doing done each
	either else even every everything for from get gets getting give given gives going has have having help here
	how however i if in into is it its just know less let like make makes many maybe me might more most much must
	my need needs never new no not now of on one only or other others ought our out over please quite rather
	really same say see shall should show since so some something still such takes tell than that the their them
	then there these they thing things think this those through to too took try two under until up upon us used
	uses using very want wants was way we well went were what when where whether which while who why will with
	within without would write yes you your yours`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}
