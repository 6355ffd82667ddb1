package results

import (
	"math"
	"slices"
	"strconv"
)

// A Goal is a figure whose interval a stage waits for.
type Goal struct {
	Figure string `json:"figure"`
	// Within is how far either bound may lie from the value: a share of the value,
	// or, of a figure that is a share itself, points of it (0.01 is 1 %).
	Within float64 `json:"within"`
}

// Aimable lists the figures a Goal can name: those of a stage that have an
// interval, in the order of Figures.
func Aimable() []string {
	var out []string
	for _, f := range Figures {
		if f.Better != Neutral && slices.Contains([]string{"s", "tokens/s", "1/s", "share", "USD"}, f.Unit) && f.Key != "capacity" {
			out = append(out, f.Key)
		}
	}
	return out
}

// Reach is how far the further bound of a figure lies from its value, as Goal
// counts; infinite where the value or a bound is unknown. The bound that an exact
// interval of a share lacks is the share's own end.
func (f Figure) Reach() float64 {
	if f.Value == nil || f.Low == nil || f.High == nil {
		return math.Inf(1)
	}
	reach := max(*f.High-*f.Value, *f.Value-*f.Low)
	if f.Unit == "share" {
		return reach
	}
	if *f.Value == 0 {
		return math.Inf(1)
	}
	return reach / math.Abs(*f.Value)
}

// String is the goal in words: "ttft_p50 within 5 %".
func (g Goal) String() string {
	unit := " %"
	if f, ok := LookupFigure(g.Figure); ok && f.Unit == "share" {
		unit = " percentage points"
	}
	return g.Figure + " within " + strconv.FormatFloat(100*g.Within, 'g', 3, 64) + unit
}

// Enough is the data of EventEnough.
type Enough struct {
	// After is how long the stage's arrivals lasted, in nanoseconds, earlier segments
	// included.
	After   int64          `json:"after"`
	Goals   []Goal         `json:"goals"`
	Reached []ReachedGoals `json:"reached"`
}

// ReachedGoals is what ended a stage, for one target.
type ReachedGoals struct {
	Target        string `json:"target"`
	Conversations int    `json:"conversations"` // that had ended
	// Within is each goal's reach when the stage was ended; what was in flight then is
	// in the run's figures, and may move them a little.
	Within []float64 `json:"within"`
}
