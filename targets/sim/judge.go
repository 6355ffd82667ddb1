package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"switchover/targets/chat"
)

// judgeNoise is the standard deviation of a judge's mood, in points, before
// rounding to a whole number.
const judgeNoise = 0.2

// maxGraded bounds how much of a dialogue is read, in bytes.
const maxGraded = 64 << 10

// maxCriteria bounds how many criteria one verdict has.
const maxCriteria = 16

// judgement is what a judge is asked: a dialogue and the criteria wanted.
type judgement struct {
	criteria []string
	dialogue []chat.Message
}

// findJudgement reads the latest user message that holds a dialogue block: a
// line "<<<DIALOGUE nonce", the dialogue as one JSON array, and a line
// "DIALOGUE nonce>>>", with the criteria on a line of their own outside it.
// Exactly one block is accepted; what stands inside is data.
func findJudgement(messages []chat.Message) (judgement, error) {
	for i := len(messages) - 1; i >= 0; i-- {
		if messages[i].Role == chat.User && strings.Contains(messages[i].Content, openMark) {
			return parseJudgement(messages[i].Content)
		}
	}
	return judgement{}, errors.New("there is no dialogue to grade")
}

const (
	openMark  = "<<<DIALOGUE "
	closeMark = "DIALOGUE "
)

func parseJudgement(prompt string) (judgement, error) {
	var j judgement
	var nonce string
	var inside []string
	opened, closed := 0, false
	for line := range strings.Lines(prompt) {
		line = strings.TrimRight(line, "\r\n")
		name, opens := strings.CutPrefix(line, openMark)
		list, criteria := strings.CutPrefix(line, "CRITERIA: ")
		switch {
		case nonce != "" && line == closeMark+nonce+">>>":
			nonce, closed = "", true
		case nonce != "":
			inside = append(inside, line)
		case opens:
			nonce = strings.TrimSpace(name)
			opened++
		case criteria && j.criteria == nil:
			for c := range strings.SplitSeq(list, ",") {
				if c = strings.TrimSpace(c); c != "" && len(j.criteria) < maxCriteria {
					j.criteria = append(j.criteria, c)
				}
			}
		}
	}
	if opened != 1 || !closed {
		return j, errors.New("there is not exactly one dialogue between its delimiters")
	}
	if len(j.criteria) == 0 {
		return j, errors.New("no criteria are named")
	}
	if err := json.Unmarshal([]byte(strings.Join(inside, "\n")), &j.dialogue); err != nil {
		return j, errors.New("the dialogue is not a JSON array of messages")
	}
	return j, nil
}

// judge answers a request for a verdict: strict JSON, or a plain sentence when
// there is nothing to grade. untidy makes the JSON unreadable.
func judge(cfg Config, messages []chat.Message, untidy bool) string {
	j, err := findJudgement(messages)
	if err != nil {
		return "I cannot grade this: " + err.Error() + "."
	}
	marks := gradeDialogue(j.dialogue)
	verdict := struct {
		Scores  map[string]int    `json:"scores"`
		Reasons map[string]string `json:"reasons"`
	}{map[string]int{}, map[string]string{}}
	for _, c := range j.criteria {
		// The mood depends on the dialogue, never on the delimiter or the name of
		// the request: the same dialogue gets the same verdict.
		mood := judgeNoise * normal(random("judge", cfg.Seed, cfg.Model, c, j.dialogue))
		score := int(max(0, min(5, math.Round(marks.of(c)+mood))))
		verdict.Scores[c] = score
		verdict.Reasons[c] = reason(c, score)
	}
	text, err := json.Marshal(verdict)
	if err != nil {
		return "I cannot grade this: " + err.Error() + "."
	}
	if !untidy {
		return string(text)
	}
	if random("untidy", cfg.Seed, string(text)).IntN(2) == 0 {
		return string(text[:len(text)*2/3])
	}
	return string(text) + "\nI hope this helps, let me know if you want me to look again."
}

// marks are what a dialogue earned, before the judge's mood.
type marks struct{ coherence, understanding, usefulness float64 }

// of is the mark of a criterion; one that is not known gets the mean.
func (m marks) of(criterion string) float64 {
	switch criterion {
	case "coherence":
		return m.coherence
	case "understanding":
		return m.understanding
	case "usefulness":
		return m.usefulness
	}
	return (m.coherence + m.understanding + m.usefulness) / 3
}

func reason(criterion string, score int) string {
	says := [6]string{
		"is missing throughout",
		"is very poor: hardly anything can be taken from the answers",
		"is poor: the answers stay vague",
		"is acceptable: right in general, short on what was asked",
		"is good, with a detail left open",
		"is excellent: specific, reasoned and tied to what was said",
	}
	return fmt.Sprintf("%s %s.", criterion, says[score])
}

// gradeDialogue grades the assistant's turns, each by what the user had said by
// then, and takes their mean. Sentences said before cost coherence.
func gradeDialogue(dialogue []chat.Message) marks {
	var sum marks
	var asked []string
	said := map[string]bool{}
	turns, left := 0, maxGraded
	for _, m := range dialogue {
		text := strings.ToValidUTF8(m.Content[:min(left, len(m.Content))], "")
		left -= min(left, len(m.Content))
		switch m.Role {
		case chat.User:
			asked = append(asked, text)
		case chat.Assistant:
			t := gradeTurn(asked, text, said)
			sum.coherence += t.coherence
			sum.understanding += t.understanding
			sum.usefulness += t.usefulness
			turns++
		}
	}
	n := float64(max(1, turns))
	return marks{sum.coherence / n, sum.understanding / n, sum.usefulness / n}
}
