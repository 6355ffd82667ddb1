package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The scale of every criterion.
const (
	minScore = 0
	maxScore = 5
)

// maxReason bounds each reason that is kept, in bytes.
const maxReason = 400

// parseVerdict reads a judge's reply. It accepts exactly one JSON object with a
// whole number for each wanted criterion and nothing around it but white space
// or one code fence; anything else is an error that says what to mend. A score
// is never guessed from prose.
func parseVerdict(reply string, criteria []string) (scores map[string]int, reasons map[string]string, err error) {
	dec := json.NewDecoder(strings.NewReader(unfence(reply)))
	var v struct {
		Scores  map[string]json.RawMessage `json:"scores"`
		Reasons json.RawMessage            `json:"reasons"`
	}
	if err := dec.Decode(&v); err != nil {
		return nil, nil, errors.New("the reply is not one JSON object")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, nil, errors.New("there is text after the JSON object")
	}
	if v.Scores == nil {
		return nil, nil, errors.New(`the object has no "scores"`)
	}
	var said map[string]any
	_ = json.Unmarshal(v.Reasons, &said) // reasons of another form are none: the scores stand
	scores, reasons = map[string]int{}, map[string]string{}
	for _, c := range criteria {
		raw, ok := v.Scores[c]
		if !ok {
			return nil, nil, fmt.Errorf("scores has no %q", c)
		}
		n, err := wholeNumber(raw)
		if err != nil {
			return nil, nil, fmt.Errorf("the score of %q %w", c, err)
		}
		scores[c] = n
		if s, ok := said[c].(string); ok {
			reasons[c] = cut(s, maxReason)
		}
	}
	return scores, reasons, nil
}

// wholeNumber reads 4 and 4.0, and refuses "4", 4.5, null and 6.
func wholeNumber(raw json.RawMessage) (int, error) {
	var f *float64
	if err := json.Unmarshal(bytes.TrimSpace(raw), &f); err != nil || f == nil {
		return 0, errors.New("is not a number")
	}
	n := int(*f)
	if float64(n) != *f {
		return 0, errors.New("is not a whole number")
	}
	if n < minScore || n > maxScore {
		return 0, fmt.Errorf("is not between %d and %d", minScore, maxScore)
	}
	return n, nil
}

// unfence removes one code fence around the whole reply.
func unfence(s string) string {
	s = strings.TrimSpace(s)
	body, ok := strings.CutPrefix(s, "```")
	if !ok {
		return s
	}
	body, ok = strings.CutSuffix(body, "```")
	if !ok {
		return s
	}
	return strings.TrimPrefix(body, "json")
}
