package scenarios

import "time"

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

// Temperature is a number, or the words as-allowed: whatever the API takes.
type Temperature struct {
	Value     float64
	AsAllowed bool
}
