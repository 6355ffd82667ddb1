package results

// Policy is what a run is held against: taken from the scenario when the run is
// planned and kept in run.json, so that a report or a gate needs no scenario.
type Policy struct {
	Objectives []Bound `json:"objectives,omitempty"`
	// Require are the requirements of the matrix. Where quality was judged and
	// there is an incumbent, non-inferiority at Margin is added by default.
	Require []Bound `json:"require,omitempty"`
	// Weights name what counts in the ranking: quality, latency, cost, speed,
	// throughput, errors, or any figure key.
	Weights map[string]float64 `json:"weights,omitempty"`
	// Anchors override the defaults, by figure key.
	Anchors map[string]Anchor `json:"anchors,omitempty"`
	// Margin is the non-inferiority margin on the 0 to 5 scale, 0 when nothing is judged.
	Margin   float64  `json:"margin,omitempty"`
	Criteria []string `json:"criteria,omitempty"` // what is judged
	Seed     int64    `json:"seed"`               // of the draws
}

// Bound is one comparison: a figure of summary.json or a dotted fact against a
// limit. Exactly one of Limit and Is is used.
type Bound struct {
	Name  string   `json:"name"`            // figure key, or dotted fact
	Op    string   `json:"op"`              // <, <=, >, >=, = (facts)
	Limit *float64 `json:"limit,omitempty"` // in the figure's base unit (seconds, share, USD)
	Is    string   `json:"is,omitempty"`    // a fact's wanted value
	// Text is the limit as the scenario wrote it: 800ms, < 1%.
	Text string `json:"text"`
}

// Anchor maps a figure to a utility: Good is 1, Bad is 0, linear between and
// clamped outside. Good may be smaller or larger than Bad.
type Anchor struct {
	Good float64 `json:"good"`
	Bad  float64 `json:"bad"`
}
