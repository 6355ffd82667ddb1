package results

import "switchover/targets/chat"

// Summary is summary.json: the figures of a run and the matrix made of them,
// rebuilt from the journal at will and byte-identical each time.
type Summary struct {
	Run       string          `json:"run"`
	Name      string          `json:"name"`
	Simulated bool            `json:"simulated,omitempty"`
	State     string          `json:"state"`
	Valid     bool            `json:"valid"`
	Reasons   []string        `json:"reasons,omitempty"`  // why it is not valid, or was cut short
	Warnings  []string        `json:"warnings,omitempty"` // what a reader must know beside the figures
	Client    Client          `json:"client"`
	Targets   []TargetSummary `json:"targets"`
	// Ended are the stages that ended early because their goals were reached.
	Ended  []EndedStage `json:"ended,omitempty"`
	Matrix *Matrix      `json:"matrix,omitempty"`
}

// Target returns the summary's target of that name, or nil.
func (s *Summary) Target(name string) *TargetSummary {
	for i := range s.Targets {
		if s.Targets[i].Name == name {
			return &s.Targets[i]
		}
	}
	return nil
}

// TargetSummary is one candidate's figures.
type TargetSummary struct {
	Name        string            `json:"name"`
	Model       string            `json:"model"`
	Incumbent   bool              `json:"incumbent,omitempty"`
	Simulated   bool              `json:"simulated,omitempty"`
	Quarantined string            `json:"quarantined,omitempty"` // why nothing more was asked
	Cause       *Cause            `json:"cause,omitempty"`       // of most failed requests of the measured stages
	Figures     map[string]Figure `json:"figures"`               // of the last measured stage; quality over the run
	Stages      []StageSummary    `json:"stages"`
	Judged      Judged            `json:"judged,omitzero"`
	Facts       map[string]string `json:"facts,omitempty"`
	// Stage is the one that Figures are of: the last measured stage that is no point
	// of a sweep and no search; the last point of a sweep where there is none.
	Stage string `json:"stage,omitempty"`
	// Capacity is what a capacity search found.
	Capacity *Capacity `json:"capacity,omitempty"`
	// CostAtUtilisation is usd_per_mtok_output of a self-hosted target at 100, 50
	// and 20 % of the measured throughput, by the names of Utilisations; empty for
	// token prices.
	CostAtUtilisation map[string]float64 `json:"cost_at_utilisation,omitempty"`
	// Limits are what the target said at last may be asked of it; nil where it did not.
	Limits *chat.RateLimits `json:"limits,omitempty"`
}

// StageSummary is one target in one measured stage.
type StageSummary struct {
	Name    string            `json:"name"`
	Window  Window            `json:"window"`
	Counts  Counts            `json:"counts"`
	Figures map[string]Figure `json:"figures"`
	// Server is what the server says of its own work; nil where it says nothing.
	Server *ServerTimes `json:"server,omitempty"`
}

// ServerTimes are medians, in seconds, of what a server says of its own work on the
// requests that succeeded. They decide nothing: no other side can check them.
type ServerTimes struct {
	N      int          `json:"n"`               // requests for which it said anything
	Total  Opt[float64] `json:"total,omitzero"`  // of the whole request
	Load   Opt[float64] `json:"load,omitzero"`   // of loading the model
	Queue  Opt[float64] `json:"queue,omitzero"`  // of waiting
	Prompt Opt[float64] `json:"prompt,omitzero"` // of reading the prompt
	Token  Opt[float64] `json:"token,omitzero"`  // of each token of the answer
}

// Window is the steady part of a stage that rates are taken over; what was cut
// is shown. With several segments the seconds are summed.
type Window struct {
	Seconds      float64 `json:"seconds"`
	RampCut      float64 `json:"ramp_cut"`           // seconds cut at the start
	DrainCut     float64 `json:"drain_cut"`          // seconds cut at the end
	Unsteady     string  `json:"unsteady,omitempty"` // why the load was not steady; empty where it was
	OfferedPerS  float64 `json:"offered_per_s"`      // requests a second that were due in it, dropped ones included
	AchievedPerS float64 `json:"achieved_per_s"`     // of those, requests a second that left before it was over
}

// Counts are what the shares are made of.
type Counts struct {
	Conversations int                `json:"conversations"` // sessions whose every turn succeeded
	Sessions      int                `json:"sessions"`      // sessions started
	Requests      int                `json:"requests"`
	Attempts      int                `json:"attempts"`
	Succeeded     int                `json:"succeeded"`
	Failed        int                `json:"failed"`
	Cancelled     int                `json:"cancelled"`
	Interrupted   int                `json:"interrupted"` // streams; those this side cancelled left out
	Began2xx      int                `json:"began_2xx"`   // responses; those this side cancelled left out
	NeverAsked    int                `json:"never_asked"` // turns after a failed one
	Dropped       int                `json:"dropped"`     // departures that could not leave
	Resent        int                `json:"resent"`
	Errors        map[chat.Class]int `json:"errors,omitempty"`         // by the last attempt of a request
	AttemptErrors map[chat.Class]int `json:"attempt_errors,omitempty"` // every attempt
	// Losses are requests by what the target's protocol could not carry of them as
	// asked: "top_k: dropped".
	Losses       map[string]int `json:"losses,omitempty"`
	InputTokens  int            `json:"input_tokens"` // uncached, cache reads and writes added up
	OutputTokens int            `json:"output_tokens"`
	CostUSD      Opt[float64]   `json:"cost_usd,omitzero"` // sum over the attempts whose cost is known
	// Uncounted and Unpriced are the attempts that were answered with 2xx and are not
	// in InputTokens or CostUSD, because what they used or cost is unknown.
	Uncounted int `json:"uncounted,omitempty"`
	Unpriced  int `json:"unpriced,omitempty"`
}

// Judged counts the verdicts on one target.
type Judged struct {
	Dialogues int            `json:"dialogues"`     // items with at least one scored verdict
	Verdicts  int            `json:"verdicts"`      // scored and unscored
	Unscored  int            `json:"unscored"`      // verdicts
	Why       map[string]int `json:"why,omitempty"` // unscored, by reason
	// Difference from the incumbent in points, same items, same judge, by dialogue;
	// nil for the incumbent itself or without one.
	Difference *Figure `json:"difference,omitempty"`
	// LowerOneSided and UpperOneSided are the one-sided 95 % bounds of Difference.
	// Where more than 2 % of the verdicts on either side are unscored, nothing may
	// be claimed: there are none, and Difference.Reason says so.
	LowerOneSided *float64 `json:"lower_one_sided,omitempty"`
	UpperOneSided *float64 `json:"upper_one_sided,omitempty"`
	// More is how many further dialogues non-inferiority would need, when undecided.
	More int `json:"more,omitempty"`
}

// Client is whether the client was fit to measure, over the measured stages.
type Client struct {
	ScheduleLagP50 float64 `json:"schedule_lag_p50"` // s, sent late against scheduled
	ScheduleLagP99 float64 `json:"schedule_lag_p99"` // s
	// ReceiveLagP99 is user space against the kernel's stamp: over the attempts, the
	// longest that bytes of each lay in the kernel. Unknown on the user clock.
	ReceiveLagP99  Opt[float64] `json:"receive_lag_p99,omitzero"`
	CoalescedShare float64      `json:"coalesced_share"` // of reads
	// MergedShare is of events: those whose own stamp the kernel lost because this
	// program did not read in time.
	MergedShare float64 `json:"merged_share,omitempty"`
	Clock       string  `json:"clock"`
	// Exhausted is what this machine had none left of, in the first message that says
	// so; empty where nothing lacked.
	Exhausted string `json:"exhausted,omitempty"`
	ClientHealth
}

// Evidence is what the matrix draws from to say how sure its ranking is: the
// last measured stage, whose figures are ranked, in blocks of time, and the
// judged dialogues.
type Evidence struct {
	Targets map[string]TargetEvidence
}

// TargetEvidence is one target's resampling units.
type TargetEvidence struct {
	// Blocks are figure values by block of time; block i is the same stretch of
	// time for every target of the run. A figure without data in a block is absent.
	Blocks []map[string]float64
	// Dialogues is the quality of each judged item, 0 to 5.
	Dialogues map[string]float64
}
