package scenarios

import (
	"encoding/json"
	"fmt"

	"github.com/invopop/jsonschema"

	"switchover/results"
	"switchover/targets/price"
)

// Price is what a target's tokens cost, in USD per 1M tokens, or the word unknown.
// Where it is absent the catalog's holds, if there is one for the target's address and
// model.
type Price struct {
	// Unknown keeps the catalog's price away.
	Unknown bool     `json:"-"`
	Input   *float64 `json:"input,omitempty" jsonschema:"minimum=0"`
	Output  *float64 `json:"output,omitempty" jsonschema:"minimum=0"`
	// CacheRead is the price of input read from a cache. Default: the input price.
	CacheRead *float64 `json:"cache_read,omitempty" jsonschema:"minimum=0"`
	// CacheWrite is the price of input written to a cache. Default: the input price.
	CacheWrite *float64 `json:"cache_write,omitempty" jsonschema:"minimum=0"`
	// CacheWrite1h is that of a cache that keeps for an hour; worst cases count it.
	CacheWrite1h *float64 `json:"cache_write_1h,omitempty" jsonschema:"minimum=0"`
	// Reasoning is the price of output tokens that are reasoning. Default: the output price.
	Reasoning *float64 `json:"reasoning,omitempty" jsonschema:"minimum=0"`
	// Tiers are the prices of requests with more input: {above: 200000, input: 4, output: 15}.
	Tiers []Tier `json:"tiers,omitempty" jsonschema:"minItems=1,maxItems=64"`
	// Windows are the prices of times: {daily: 16:30-00:30, input: 1, output: 4}. Of
	// several that hold at once the last does.
	Windows []Window `json:"windows,omitempty" jsonschema:"minItems=1,maxItems=64"`
	// Source says where the price comes from, for the report.
	Source string `json:"source,omitempty"`
}

// Tier is what a request costs whose input is larger, all its tokens; prices that it
// does not name stay as they are below it.
type Tier struct {
	// Above how many input tokens, cached ones included, it holds.
	Above        int      `json:"above" jsonschema:"minimum=0"`
	Input        *float64 `json:"input,omitempty" jsonschema:"minimum=0"`
	Output       *float64 `json:"output,omitempty" jsonschema:"minimum=0"`
	CacheRead    *float64 `json:"cache_read,omitempty" jsonschema:"minimum=0"`
	CacheWrite   *float64 `json:"cache_write,omitempty" jsonschema:"minimum=0"`
	CacheWrite1h *float64 `json:"cache_write_1h,omitempty" jsonschema:"minimum=0"`
	Reasoning    *float64 `json:"reasoning,omitempty" jsonschema:"minimum=0"`
}

// Window is the whole price for a time: nothing of the price outside of it holds
// within.
type Window struct {
	// From is the first moment: 2026-09-01, or 2026-09-01T16:00Z.
	From Moment `json:"from,omitzero"`
	// Until is the first moment after it.
	Until Moment `json:"until,omitzero"`
	// Daily are the hours of each day, in UTC: 16:30-00:30.
	Daily Hours `json:"daily,omitzero"`
	// Days are the days of the week on which these hours begin, mon to sun. Default all.
	Days         []Weekday `json:"days,omitempty" jsonschema:"minItems=1,maxItems=7"`
	Input        *float64  `json:"input,omitempty" jsonschema:"minimum=0"`
	Output       *float64  `json:"output,omitempty" jsonschema:"minimum=0"`
	CacheRead    *float64  `json:"cache_read,omitempty" jsonschema:"minimum=0"`
	CacheWrite   *float64  `json:"cache_write,omitempty" jsonschema:"minimum=0"`
	CacheWrite1h *float64  `json:"cache_write_1h,omitempty" jsonschema:"minimum=0"`
	Reasoning    *float64  `json:"reasoning,omitempty" jsonschema:"minimum=0"`
	Tiers        []Tier    `json:"tiers,omitempty" jsonschema:"minItems=1,maxItems=64"`
}

// Moment is a date, or a date with a time, in UTC.
type Moment struct{ price.Moment }

func (Moment) describe() string { return "a date such as 2026-09-01" }

// JSONSchema describes how a moment is written.
func (Moment) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^\d{4}-\d{2}-\d{2}(T.*)?$`, Description: "2026-09-01, or 2026-09-01T16:00Z"}
}

// Hours are a stretch of each day in UTC; it may run past midnight.
type Hours struct{ price.Hours }

func (Hours) describe() string { return "hours of a day such as 16:30-00:30" }

// JSONSchema describes how hours are written.
func (Hours) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: `^\d{1,2}:\d{2} *- *\d{1,2}:\d{2}$`, Description: "16:30-00:30, in UTC"}
}

// Weekday is a day of the week.
type Weekday struct{ price.Day }

func (Weekday) describe() string { return "a day from mon to sun" }

// JSONSchema lists the days.
func (Weekday) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Enum: anys(price.DayNames())}
}

// word reads unknown.
func (p *Price) word(text string) error {
	if text != unknownPrice {
		return &hinted{fmt.Sprintf("%q is no price", clip(text)), "write {input: 3, output: 15}, USD per 1M tokens; or unknown, so that the catalog's is not taken"}
	}
	*p = Price{Unknown: true}
	return nil
}

const unknownPrice = "unknown"

// MarshalJSON writes the word, or the price.
func (p Price) MarshalJSON() ([]byte, error) {
	if p.Unknown {
		return json.Marshal(unknownPrice)
	}
	type mapping Price
	return json.Marshal(mapping(p))
}

// JSONSchemaExtend lets the word stand for the mapping.
func (Price) JSONSchemaExtend(s *jsonschema.Schema) {
	orWord(s, &jsonschema.Schema{Const: unknownPrice})
}

// list is the price as results reckon with it; nil is unknown.
func (p *Price) list() *results.Price {
	if p == nil || p.Unknown {
		return nil
	}
	out := &results.Price{Input: p.Input, Output: p.Output, CacheRead: p.CacheRead, CacheWrite: p.CacheWrite,
		CacheWrite1h: p.CacheWrite1h, Reasoning: p.Reasoning, Tiers: tierList(p.Tiers), Source: p.Source}
	if out.Source == "" {
		out.Source = "scenario"
	}
	for _, w := range p.Windows {
		x := price.Window{From: w.From.Moment, Until: w.Until.Moment, Daily: w.Daily.Hours, Tiers: tierList(w.Tiers),
			Rates: price.Rates{Input: w.Input, Output: w.Output, CacheRead: w.CacheRead, CacheWrite: w.CacheWrite, CacheWrite1h: w.CacheWrite1h, Reasoning: w.Reasoning}}
		for _, d := range w.Days {
			x.Days = append(x.Days, d.Day)
		}
		out.Windows = append(out.Windows, x)
	}
	return out
}

func tierList(tiers []Tier) []price.Tier {
	var out []price.Tier
	for _, t := range tiers {
		out = append(out, price.Tier{Above: t.Above, Rates: price.Rates{Input: t.Input, Output: t.Output, CacheRead: t.CacheRead,
			CacheWrite: t.CacheWrite, CacheWrite1h: t.CacheWrite1h, Reasoning: t.Reasoning}})
	}
	return out
}

// priceOf writes a list as a scenario does.
func priceOf(l *price.List, source string) *Price {
	out := &Price{Input: l.Input, Output: l.Output, CacheRead: l.CacheRead, CacheWrite: l.CacheWrite,
		CacheWrite1h: l.CacheWrite1h, Reasoning: l.Reasoning, Tiers: tiersOf(l.Tiers), Source: source}
	for _, w := range l.Windows {
		x := Window{From: Moment{w.From}, Until: Moment{w.Until}, Daily: Hours{w.Daily}, Tiers: tiersOf(w.Tiers),
			Input: w.Input, Output: w.Output, CacheRead: w.CacheRead, CacheWrite: w.CacheWrite, CacheWrite1h: w.CacheWrite1h, Reasoning: w.Reasoning}
		for _, d := range w.Days {
			x.Days = append(x.Days, Weekday{d})
		}
		out.Windows = append(out.Windows, x)
	}
	return out
}

func tiersOf(tiers []price.Tier) []Tier {
	var out []Tier
	for _, t := range tiers {
		out = append(out, Tier{t.Above, t.Input, t.Output, t.CacheRead, t.CacheWrite, t.CacheWrite1h, t.Reasoning})
	}
	return out
}
