package scenarios

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"
)

// Level is one load of a sweep or a search: a rate, written 4/s, or a number of
// users, written 8. Which of the two fits is known once over is.
type Level struct {
	Rate  Rate // zero for users
	Users int
}

// mostUsers bounds the users of one stage, as the field users does.
const mostUsers = 100_000

// UnmarshalText reads a rate or a whole number.
func (l *Level) UnmarshalText(b []byte) error {
	text := string(b)
	if strings.Contains(text, "/") {
		*l = Level{}
		return l.Rate.UnmarshalText(b)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostUsers {
		return &hinted{fmt.Sprintf("%q is no load", clip(text)), fmt.Sprintf("write a rate such as 4/s, or a number of users from 1 to %d", mostUsers)}
	}
	*l = Level{Users: n}
	return nil
}

// MarshalText writes the load so that UnmarshalText reads it back.
func (l Level) MarshalText() ([]byte, error) {
	if l.Rate > 0 {
		return l.Rate.MarshalText()
	}
	return []byte(strconv.Itoa(l.Users)), nil
}

func (Level) describe() string { return "a load such as 4/s, or a number of users" }

// JSONSchema describes how a load is written.
func (Level) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "string", Pattern: ratePattern, Examples: []any{"4/s"}},
		{Type: "integer", Minimum: "1", Maximum: "100000"},
	}}
}

// value is the load as a number, 0 where none was written.
func (l *Level) value() float64 {
	if l == nil {
		return 0
	}
	return float64(l.Rate) + float64(l.Users)
}

// levelOf is a number as a load of what is varied.
func levelOf(over string, x float64) Level {
	if over == OverRate {
		return Level{Rate: Rate(x)}
	}
	return Level{Users: int(x + 0.5)}
}

// String is the load as it is written.
func (l Level) String() string {
	text, _ := l.MarshalText() // never fails
	return string(text)
}

// slug is the load as part of a stage's name: 4-per-s, 8-users.
func (l Level) slug() string {
	if l.Rate > 0 {
		return strings.Replace(l.String(), "/", "-per-", 1)
	}
	return l.String() + "-users"
}
