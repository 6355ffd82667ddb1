package scenarios

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"switchover/results"
)

// Duration is a time span written with its unit: 500ms, 2m. Zero is unset.
type Duration time.Duration

// Rate is a number per second, written 5/s, 120/min or 300/h. Zero is unset.
type Rate float64

// Share is 0 to 1, written 1% or 0.5%.
type Share float64

// Quantity is a limit of a figure as people write it, in the figure's base unit
// once resolved: "800ms", "1%", "20/s", or a plain number where the figure has
// no unit that could be mistaken (USD, points, tokens/s).
type Quantity struct {
	Text  string  // as written
	Value float64 // in the figure's base unit; set by validation
}

// Temperature is a number, or the words as-allowed: 0, or whatever else the API takes,
// without the top_p and top_k that it refuses.
type Temperature struct {
	Value     float64
	AsAllowed bool
}

// The patterns of the units, for the published schema.
const (
	durationPattern = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`
	ratePattern     = `^[0-9]+(\.[0-9]+)?/(s|min|h)$`
	sharePattern    = `^[0-9]+(\.[0-9]+)?%$`
)

var (
	durationForm = regexp.MustCompile(durationPattern)
	rateForm     = regexp.MustCompile(ratePattern)
	shareForm    = regexp.MustCompile(sharePattern)
	plainNumber  = regexp.MustCompile(`^[-+]?[0-9]*\.?[0-9]+$`)
)

// UnmarshalText reads a duration in ms, s, m and h, such as 500ms or 1h30m.
func (d *Duration) UnmarshalText(b []byte) error {
	text := string(b)
	if plainNumber.MatchString(text) {
		return &hinted{clip(text) + " has no unit", fmt.Sprintf("write %sms or %ss", clip(text), clip(text))}
	}
	if strings.HasPrefix(text, "-") {
		return &hinted{fmt.Sprintf("%q is negative; a duration is not", clip(text)), ""}
	}
	if !durationForm.MatchString(text) {
		return &hinted{fmt.Sprintf("%q is not a duration", clip(text)), "write a number with ms, s, m or h: 500ms, 2m"}
	}
	v, err := time.ParseDuration(text)
	if err != nil {
		return &hinted{fmt.Sprintf("the duration %q is out of range", clip(text)), ""}
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes the duration so that UnmarshalText reads it back.
func (d Duration) MarshalText() ([]byte, error) {
	v := time.Duration(d)
	if v%time.Millisecond != 0 {
		return fmt.Appendf(nil, "%sms", strconv.FormatFloat(float64(v)/1e6, 'f', -1, 64)), nil
	}
	text := v.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return []byte(text), nil
}

func (Duration) describe() string { return "a duration such as 500ms or 2m" }

// JSONSchema describes how a duration is written.
func (Duration) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: durationPattern, Examples: []any{"500ms", "2m"}}
}

// UnmarshalText reads a rate per s, min or h.
func (r *Rate) UnmarshalText(b []byte) error {
	text := string(b)
	if plainNumber.MatchString(text) {
		return &hinted{clip(text) + " has no unit", fmt.Sprintf("write %s/s, %s/min or %s/h", clip(text), clip(text), clip(text))}
	}
	if !rateForm.MatchString(text) {
		return &hinted{fmt.Sprintf("%q is not a rate", clip(text)), "write a number per s, min or h: 5/s, 120/min"}
	}
	number, unit, _ := strings.Cut(text, "/")
	x, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsInf(x, 0) || x > 1e9 {
		return &hinted{fmt.Sprintf("the rate %q is out of range", clip(text)), ""}
	}
	if x == 0 {
		return &hinted{"a rate of 0 asks nothing", ""}
	}
	*r = Rate(x / map[string]float64{"s": 1, "min": 60, "h": 3600}[unit])
	return nil
}

// MarshalText writes the rate in the first unit that takes few digits, and
// otherwise per second, so that UnmarshalText reads the same number back.
func (r Rate) MarshalText() ([]byte, error) {
	for _, u := range []struct {
		name string
		per  float64
	}{{"s", 1}, {"min", 60}, {"h", 3600}} {
		text := strconv.FormatFloat(float64(r)*u.per, 'f', -1, 64) + "/" + u.name
		var back Rate
		if len(text) <= len("1000.25/min") && back.UnmarshalText([]byte(text)) == nil && back == r {
			return []byte(text), nil
		}
	}
	return []byte(strconv.FormatFloat(float64(r), 'f', -1, 64) + "/s"), nil
}

func (Rate) describe() string { return "a rate such as 5/s or 120/min" }

// JSONSchema describes how a rate is written.
func (Rate) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: ratePattern, Examples: []any{"5/s", "120/min"}}
}

// UnmarshalText reads a percentage from 0% to 100%.
func (s *Share) UnmarshalText(b []byte) error {
	text := string(b)
	if plainNumber.MatchString(text) {
		hint := fmt.Sprintf("write %s%%", clip(text))
		switch x, err := strconv.ParseFloat(text, 64); {
		case err == nil && x == 1: // one percent, or all
			hint = "write 1% or 100%"
		case err == nil && x > 0 && x < 1:
			hint = fmt.Sprintf("write %s%%", strconv.FormatFloat(x*100, 'g', 6, 64))
		}
		return &hinted{clip(text) + " has no unit", hint}
	}
	if !shareForm.MatchString(text) {
		return &hinted{fmt.Sprintf("%q is not a share", clip(text)), "write a percentage: 1%"}
	}
	x, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || x > 100 {
		return &hinted{fmt.Sprintf("%q is more than 100%%", clip(text)), ""}
	}
	*s = Share(x / 100)
	return nil
}

// MarshalText writes the share as a percentage of at most ten decimals.
func (s Share) MarshalText() ([]byte, error) {
	text := strconv.FormatFloat(float64(s)*100, 'f', 10, 64)
	return []byte(strings.TrimRight(strings.TrimRight(text, "0"), ".") + "%"), nil
}

func (Share) describe() string { return "a share such as 1%" }

// JSONSchema describes how a share is written.
func (Share) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: sharePattern, Examples: []any{"1%"}}
}

// UnmarshalText keeps the text; which unit it must have is known once the figure
// is.
func (q *Quantity) UnmarshalText(b []byte) error {
	q.Text = string(b)
	return nil
}

// MarshalText writes the limit as it was written.
func (q Quantity) MarshalText() ([]byte, error) { return []byte(q.Text), nil }

func (Quantity) describe() string { return "a limit such as 800ms, 1% or 3.5" }

// JSONSchema describes how a limit is written.
func (Quantity) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Description: "A limit with its figure's unit: seconds as a duration, shares as a percentage; USD, points and rates may be plain numbers.",
		AnyOf: []*jsonschema.Schema{
			{Type: "number", Minimum: "0"},
			{Type: "string", Pattern: `^\$?[0-9]`, Examples: []any{"800ms", "1%", "20/s"}},
		},
	}
}

// in resolves a quantity in the base unit of a figure.
func (q Quantity) in(f results.FigureInfo) (float64, error) {
	text := strings.TrimSpace(q.Text)
	switch f.Unit {
	case "s":
		var d Duration
		err := d.UnmarshalText([]byte(text))
		return time.Duration(d).Seconds(), err
	case "share":
		var s Share
		err := s.UnmarshalText([]byte(text))
		return float64(s), err
	case "1/s", "tokens/s":
		if strings.Contains(text, "/") {
			var r Rate
			err := r.UnmarshalText([]byte(strings.Replace(text, " tokens/", "/", 1)))
			return float64(r), err
		}
	}
	number := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(text, "$"), f.Unit))
	x, err := strconv.ParseFloat(number, 64)
	if err != nil || !plainNumber.MatchString(number) {
		return 0, &hinted{fmt.Sprintf("%q is not a limit of %s", clip(q.Text), f.Key), "it is measured in " + f.Unit + ": write a plain number"}
	}
	if x < 0 {
		return 0, &hinted{fmt.Sprintf("%q is negative; %s is not", clip(q.Text), f.Key), ""}
	}
	if f.Unit == "points" && x > 5 {
		return 0, &hinted{fmt.Sprintf("%q is more than 5, the most points there are", clip(q.Text)), ""}
	}
	return x, nil
}

// UnmarshalText reads a number, or the words as-allowed.
func (t *Temperature) UnmarshalText(b []byte) error {
	text := string(b)
	if text == "as-allowed" {
		*t = Temperature{AsAllowed: true}
		return nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !plainNumber.MatchString(text) {
		return &hinted{fmt.Sprintf("%q is not a temperature", clip(text)), "write a number from 0 to 2, or as-allowed"}
	}
	if x < 0 || x > 2 {
		return &hinted{fmt.Sprintf("a temperature of %s is out of range: 0 to 2", clip(text)), ""}
	}
	*t = Temperature{Value: x}
	return nil
}

// MarshalJSON writes a number, or as-allowed.
func (t Temperature) MarshalJSON() ([]byte, error) {
	if t.AsAllowed {
		return []byte(`"as-allowed"`), nil
	}
	return json.Marshal(t.Value)
}

func (Temperature) describe() string { return "a number from 0 to 2, or as-allowed" }

// JSONSchema describes how a temperature is written.
func (Temperature) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
		{Type: "number", Minimum: "0", Maximum: "2"}, {Const: "as-allowed"},
	}}
}
