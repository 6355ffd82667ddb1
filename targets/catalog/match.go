package catalog

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Match says for which names of models a price holds: one of its fields is set. Case
// does not matter.
type Match struct {
	Equals     string  `json:"equals,omitempty"`
	StartsWith string  `json:"starts_with,omitempty"`
	EndsWith   string  `json:"ends_with,omitempty"`
	Contains   string  `json:"contains,omitempty"`
	Regex      string  `json:"regex,omitempty"` // RE2, anywhere in the name
	Or         []Match `json:"or,omitempty"`
	And        []Match `json:"and,omitempty"`
}

// Bounds of a match.
const (
	maxMatchDepth  = 8
	maxMatchWidth  = 1000
	maxMatchLetter = 1000
)

// holds reports whether the match is met. No match is met by nothing.
func (m *Match) holds(name string) bool {
	if m == nil {
		return false
	}
	name = strings.ToLower(name)
	switch {
	case m.Equals != "":
		return name == strings.ToLower(m.Equals)
	case m.StartsWith != "":
		return strings.HasPrefix(name, strings.ToLower(m.StartsWith))
	case m.EndsWith != "":
		return strings.HasSuffix(name, strings.ToLower(m.EndsWith))
	case m.Contains != "":
		return strings.Contains(name, strings.ToLower(m.Contains))
	case m.Regex != "":
		re, err := regexp.Compile("(?i:" + m.Regex + ")")
		return err == nil && re.MatchString(name)
	case len(m.Or) > 0:
		return slices.ContainsFunc(m.Or, func(o Match) bool { return o.holds(name) })
	case len(m.And) > 0:
		return !slices.ContainsFunc(m.And, func(a Match) bool { return !a.holds(name) })
	}
	return false
}

// check refuses a match that is empty, ambiguous or too large.
func (m *Match) check(depth int) error {
	if depth > maxMatchDepth {
		return fmt.Errorf("a match is nested more than %d deep", maxMatchDepth)
	}
	set := 0
	for _, text := range []string{m.Equals, m.StartsWith, m.EndsWith, m.Contains, m.Regex} {
		if len(text) > maxMatchLetter {
			return fmt.Errorf("a match has %d bytes; at most %d can be", len(text), maxMatchLetter)
		}
		if text != "" {
			set++
		}
	}
	if _, err := regexp.Compile(m.Regex); err != nil {
		return fmt.Errorf("a match: %w", err)
	}
	for _, list := range [][]Match{m.Or, m.And} {
		if len(list) > maxMatchWidth {
			return fmt.Errorf("a match has %d parts; at most %d can be", len(list), maxMatchWidth)
		}
		if len(list) > 0 {
			set++
		}
		for i := range list {
			if err := list[i].check(depth + 1); err != nil {
				return err
			}
		}
	}
	if set != 1 {
		return errors.New("a match says one of equals, starts_with, ends_with, contains, regex, or, and")
	}
	return nil
}
