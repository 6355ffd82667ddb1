package scenarios

import (
	"time"

	"switchover/results"
	"switchover/scenarios/prompts"
)

// Plan is a compiled scenario: everything that will be sent, in what order and
// when, before anything is. The same scenario and seed give the same plan.
type Plan struct {
	Scenario *Scenario
	File     string // where it came from, for messages
	Items    []results.Conversation
	// Sources is what was read of each of the workload's parts, in their order; nil
	// where a run goes on. A set is nil for what does not come from a file.
	Sources []*prompts.Set
	Stages  []PlannedStage
	// ScheduleHash identifies the departures: SHA-256 over stage names, intended
	// offsets, items and think times, and what items ask that are not bundled, as hex.
	ScheduleHash string
	Estimate     Estimate
}

// PlannedStage is one stage with its departures drawn.
type PlannedStage struct {
	Stage
	// Starts are the conversation starts of each target, in order of time, from
	// the stage's beginning. Open loop: every start. Users: one start a session
	// slot; At is when its user first speaks, and further sessions follow on.
	Starts []Start
	// Measured is Stage.Measure with its default.
	Measured bool
	// Sweep names the sweep that the stage is a point of, Level its load: conversation
	// starts a second, or users.
	Sweep string
	Level float64
	// Search is set for a capacity search, which has no Starts: Plan.Probe draws those
	// of each window.
	Search *results.Search
}

// Start is one session: which conversation starts when. Every target gets the
// same starts.
type Start struct {
	Session int           // from 0; also the session's number in records
	At      time.Duration // since the stage's beginning
	Item    int           // index into Plan.Items
	// Think is the think time before each turn after the first; len is turns-1.
	Think []time.Duration
}

// Estimate is what a plan would send, all stages together, for each target of
// the scenario in its order. Every turn sends the history before it again.
//
// The worst case counts one token a byte of input and every answer at its token
// limit; retries are not in it, because they are made only where nothing was
// answered. The expected case counts a token for four bytes of Latin script or
// one CJK character, and half the limit (simulated targets: their mean answer).
//
// A users stage that ends by time has no strict worst case, since a faster
// server is asked more: it is reckoned as if no turn took less than 250 ms
// (simulated targets: less, if they are faster). The driver's budget is strict.
type Estimate struct {
	Targets []TargetEstimate
	// Time is how long the load is likely to take, its last answers included;
	// judging comes on top. A server of which nothing is known is taken to need
	// 1 s to the first token and 20 ms for each further one.
	Time time.Duration
}

// TargetEstimate is one target's share of an Estimate, judges included.
type TargetEstimate struct {
	Target            string
	Requests          int // expected
	InputTokens       int // expected
	OutputTokens      int // expected
	WorstInputTokens  int
	WorstOutputTokens int
	USD               *float64 // expected; nil: no price known
	WorstUSD          *float64
	WorstRequests     int
	PeakQPS           float64 // requests a second that follow from the rate; 0 unknown (users)
	PeakConcurrent    int     // users, or what the rate implies at the total timeout; 0 unknown
	// Reason says why the cost is unknown.
	Reason string
}
