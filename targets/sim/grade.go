package sim

import (
	"strings"
	"unicode/utf8"
)

// unit is one stretch of an answer with its grade.
type unit struct {
	text  string
	grade float64
}

// gradeTurn grades one answer to the last of the questions asked so far. said
// holds the sentences of the dialogue's earlier answers and grows by this one's.
//
// Sentences of the bank have the grade they were written for, as long as they
// speak of what was asked and in its language. Other text is judged by plain
// signs: how much of the question it takes up, its length, its repetitions, its
// language. That ranks real answers roughly and is no substitute for a judge.
func gradeTurn(asked []string, text string, said map[string]bool) marks {
	units := gradeUnits(asked, text)
	if len(units) == 0 {
		return marks{}
	}
	sum, repeated := 0.0, 0.0
	for _, u := range units {
		sum += u.grade
		if said[u.text] {
			repeated++
		}
		said[u.text] = true
	}
	mean, n := sum/float64(len(units)), float64(len(units))
	return marks{coherence: max(0, mean-2*repeated/n), understanding: mean, usefulness: mean}
}

// gradeUnits cuts an answer into known sentences and stretches of other text.
func gradeUnits(asked []string, text string) []unit {
	var known, other []unit
	foreign := 0
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		if s, n, held := recognise(text); s != nil {
			known = append(known, unit{text[:n], gradeKnown(asked, s, held)})
			text = text[n:]
			continue
		}
		end := sentenceEnd(text)
		if end == len(text) && brokenOff(text) {
			break // cut at the token limit: not counted, unless it is all there is
		}
		other = append(other, unit{text: text[:end]})
		foreign += end
		text = text[end:]
	}
	if foreign > 0 {
		var whole strings.Builder
		for _, u := range other {
			whole.WriteString(u.text + " ")
		}
		grade := gradeOther(asked, other, whole.String())
		for i := range other {
			other[i].grade = grade
		}
	}
	if units := append(known, other...); len(units) > 0 || text == "" {
		return units
	}
	return []unit{{text, gradeOther(asked, []unit{{text: text}}, text)}}
}

// gradeKnown is a bank sentence's grade here: 1 at most when it is in the wrong
// language or speaks of something nobody mentioned.
func gradeKnown(asked []string, s *sentence, held []string) float64 {
	grade := float64(s.grade)
	last := ""
	if len(asked) > 0 {
		last = asked[len(asked)-1]
	}
	if s.lang != languageOf(last) {
		return min(grade, 1)
	}
	for i, word := range held {
		where := asked
		if s.slots[i] == 'k' {
			where = asked[max(0, len(asked)-1):]
		}
		if word != fallback(s.lang) && !mentioned(where, word) {
			return min(grade, 1)
		}
	}
	return grade
}

func mentioned(where []string, word string) bool {
	word = strings.ToLower(word)
	for _, text := range where {
		if strings.Contains(strings.ToLower(text), word) {
			return true
		}
	}
	return false
}

// gradeOther grades text that is not of the bank.
func gradeOther(asked []string, parts []unit, text string) float64 {
	last := ""
	if len(asked) > 0 {
		last = asked[len(asked)-1]
	}
	if len(contentWords(text)) == 0 {
		return 0
	}
	topics := contentWords(last)
	taken := 0
	lower := strings.ToLower(text)
	for _, w := range topics {
		if strings.Contains(lower, strings.ToLower(w)) {
			taken++
		}
	}
	overlap := min(1, float64(taken)/max(1, 0.4*float64(len(topics))))
	length := min(1, float64(Count(text))/40)
	seen := map[string]bool{}
	for _, p := range parts {
		seen[strings.TrimSpace(p.text)] = true
	}
	repetition := 1 - float64(len(seen))/float64(len(parts))
	grade := 0.5 + 2.5*overlap + 1.5*length - 3*repetition
	if languageOf(text) != languageOf(last) {
		grade = min(grade, 1)
	}
	if taken == 0 {
		grade = min(grade, 1.5)
	}
	return max(0, min(4.5, grade))
}

// sentenceEnd is where the first sentence of a text ends, its mark included.
func sentenceEnd(text string) int {
	for i, r := range text {
		end := i + utf8.RuneLen(r)
		switch {
		case strings.ContainsRune("。！？\n", r):
			return end
		case strings.ContainsRune(".!?", r) && (end == len(text) || text[end] == ' ' || text[end] == '\n'):
			return end
		}
	}
	return len(text)
}

// brokenOff reports whether a text could be the beginning of a bank sentence.
func brokenOff(text string) bool {
	all := banks()
	for lang := range all {
		for grade := range all[lang] {
			for i := range all[lang][grade] {
				if all[lang][grade][i].opens(text) {
					return true
				}
			}
		}
	}
	return false
}
