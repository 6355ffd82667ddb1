package results

import (
	"encoding/json"

	"switchover/targets/chat"
)

// The states of a run.
const (
	StateRunning     = "running"
	StateComplete    = "complete"
	StateInterrupted = "interrupted"
)

// Run is run.json: everything about a run that is not an event. It is written
// when the run starts and rewritten, atomically, when its state changes.
type Run struct {
	// Format is the version of the run folder, set by Create; see the constant.
	Format      int    `json:"format"`
	ID          string `json:"id"` // 20261122T090102Z-name: UTC start and the scenario's name
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Suite       string `json:"suite,omitempty"`
	// Scenario is the resolved scenario as JSON, secrets left out.
	Scenario     json.RawMessage `json:"scenario,omitempty"`
	Version      string          `json:"version"` // of this tool
	Host         Host            `json:"host"`
	Seed         int64           `json:"seed"`
	ScheduleHash string          `json:"schedule_hash"`
	Targets      []RunTarget     `json:"targets"`
	Stages       []RunStage      `json:"stages"`
	Policy       Policy          `json:"policy"`
	Segments     []Segment       `json:"segments"`
	State        string          `json:"state"`
	// Valid is nil while unknown (the run has not ended).
	Valid   *bool    `json:"valid,omitempty"`
	Reasons []string `json:"reasons,omitempty"` // why the run is invalid or was cut short
}

// Simulated reports whether any target of the run was simulated.
func (r *Run) Simulated() bool {
	for _, t := range r.Targets {
		if t.Simulated {
			return true
		}
	}
	return false
}

// Target returns the run's target of that name, or nil.
func (r *Run) Target(name string) *RunTarget {
	for i := range r.Targets {
		if r.Targets[i].Name == name {
			return &r.Targets[i]
		}
	}
	return nil
}

// Candidates returns the targets that are loaded and compared: all but judges.
func (r *Run) Candidates() []RunTarget {
	var out []RunTarget
	for _, t := range r.Targets {
		if t.Role != RoleJudge {
			out = append(out, t)
		}
	}
	return out
}

// Host is the machine the client stood on.
type Host struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	// GPUs says what was found, or "no GPU on this host".
	GPUs string `json:"gpus,omitempty"`
}

// RoleJudge is the role of a target that judges and is not a candidate.
const RoleJudge = "judge"

// RunTarget is one target as it was resolved for the run.
type RunTarget struct {
	Name      string `json:"name"`
	Role      string `json:"role,omitempty"` // empty for a candidate, RoleJudge
	Incumbent bool   `json:"incumbent,omitempty"`
	Protocol  string `json:"protocol"`
	URL       string `json:"url"` // without user information or query
	Model     string `json:"model"`
	Simulated bool   `json:"simulated,omitempty"`
	Price     *Price `json:"price,omitempty"`
	// GPUHourUSD is the cost of the whole deployment for one hour (GPUs included);
	// 0 when it is priced by token or not at all.
	GPUHourUSD float64 `json:"gpu_hour_usd,omitempty"`
	// Facts are dotted facts that requirements may name (licence.commercial).
	Facts map[string]string `json:"facts,omitempty"`
	// FactSources say, by the fact's name, where those come from that the scenario did
	// not give.
	FactSources map[string]string `json:"fact_sources,omitempty"`
	// LossReasons say why the protocol cannot carry what it loses of the plan's requests,
	// by the losses as records have them: "top_k: dropped".
	LossReasons map[string]string `json:"loss_reasons,omitempty"`
}

// RunStage is one stage of the load as planned.
type RunStage struct {
	Name    string  `json:"name"`
	Mode    string  `json:"mode"` // open, users, concurrency
	Measure bool    `json:"measure"`
	Rate    float64 `json:"rate,omitempty"`  // conversation starts per second and target, the mean of a rate that varies
	Users   int     `json:"users,omitempty"` // per target
	// Load is the load on each target in words; empty in older runs.
	Load string `json:"load,omitempty"`
	// Varies says that the rate is meant to change within the stage: no part of it is
	// steady, and rates are over the whole.
	Varies bool `json:"varies,omitempty"`
	// Duration of arrivals in nanoseconds, 0 when the stage ends by count.
	Duration int64 `json:"duration,omitempty"`
	// Period after which the load repeats, in nanoseconds: that of bursts; 0 without.
	Period int64 `json:"period,omitempty"`
	// Until are the goals that end the stage early, once every target has reached all.
	Until []Goal `json:"until,omitempty"`
	// Sweep names the sweep that the stage is one point of; Over is what it varies,
	// Level the load of this point.
	Sweep string  `json:"sweep,omitempty"`
	Over  string  `json:"over,omitempty"`
	Level float64 `json:"level,omitempty"`
	// Search is set for a capacity search.
	Search *Search `json:"search,omitempty"`
}

// Segment is one process's share of a run.
type Segment struct {
	Index int `json:"index"`
	// EpochUnixNs is the wall clock at the segment's zero.
	EpochUnixNs int64 `json:"epoch_unix_ns"`
}

// Event is one line of events.jsonl: something that happened to the run rather
// than to one attempt.
type Event struct {
	Segment int             `json:"segment"`
	T       int64           `json:"t"` // ns since the segment's zero
	Kind    string          `json:"kind"`
	Target  string          `json:"target,omitempty"`
	Stage   string          `json:"stage,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// The kinds of events.
const (
	EventStageStart = "stage_start" // arrivals begin
	EventStageEnd   = "stage_end"   // the last answer came; Data StageEnd
	EventAsked      = "asked"       // an attempt is about to leave; Data Asked. What was asked and has no record was in flight at a kill
	EventQuarantine = "quarantine"  // nothing more is asked of Target; Data Reason
	EventResume     = "resume"      // a new segment opened
	EventInterrupt  = "interrupt"   // the user or a budget stopped the run; Data Reason
	EventBudget     = "budget"      // the budget was reached; Data Reason
	EventSkipped    = "skipped"     // turns of a session never asked after a failed one; Data Skipped
	EventDropped    = "dropped"     // a departure that could not leave; Data Asked
	EventClient     = "client"      // the client's own health over a stage; Data ClientHealth
	EventWarning    = "warning"     // Data Reason
	EventRateLimit  = "rate_limit"  // what Target says may be asked of it, for the first time or otherwise than before; Data RateLimit
	EventEnough     = "enough"      // every target has reached the stage's goals: no further conversation begins; Data Enough
)

// Asked is the data of EventAsked and EventDropped.
type Asked struct {
	ID string `json:"id"`
	// WorstUSD is the attempt's worst-case cost, 0 when its price is unknown.
	WorstUSD float64 `json:"worst_usd,omitempty"`
}

// StageEnd is the data of EventStageEnd.
type StageEnd struct {
	// LastIntended is when the last departure of the stage was due, ns since the
	// segment's zero: arrivals end here, drain begins. A stage of a fixed duration
	// has its arrivals until that is over; turns that follow belong to the drain.
	LastIntended int64 `json:"last_intended"`
	// Cut says that the stage was stopped before its end; a resumed run goes on
	// with it.
	Cut bool `json:"cut,omitempty"`
	// Idle is, by target, when the first of its users found no planned conversation
	// left to begin: from then on there were fewer users.
	Idle map[string]int64 `json:"idle,omitempty"`
}

// Reason is the data of events that only need a sentence.
type Reason struct {
	Reason string `json:"reason"`
}

// RateLimit is the data of EventRateLimit: limits alone, not what remains of them.
type RateLimit struct {
	Limits chat.RateLimits `json:"limits"`
}

// Skipped is the data of EventSkipped.
type Skipped struct {
	Session int `json:"session"`
	Turns   int `json:"turns"`
}

// ClientHealth is what the client measured of itself over one stage.
type ClientHealth struct {
	CPUShare        float64 `json:"cpu_share"`         // of all cores, 0 to 1
	GCPauseP99      int64   `json:"gc_pause_p99"`      // ns
	SchedLatencyP99 int64   `json:"sched_latency_p99"` // ns, Go's scheduler
	// WakeLagP99 is how late the process woke where it slept to an instant, in ns:
	// Go's own lateness (up to 1 ms by its timers' making) and the system's, which
	// SchedLatencyP99 does not see; 0 where it was not watched.
	WakeLagP99     int64 `json:"wake_lag_p99,omitempty"`
	OpenSocketsMax int   `json:"open_sockets_max"`
	// Waited counts departures that were due and found no connection free: as many
	// were in flight as may be. SocketLimit is how many this process can hold to all
	// targets together where its file limit bounds that; 0 where it does not.
	Waited       int     `json:"waited,omitempty"`
	SocketLimit  int     `json:"socket_limit,omitempty"`
	DroppedShare float64 `json:"dropped_share"` // departures dropped / due, 0 to 1
	Departures   int     `json:"departures"`    // due in the stage
	RTT          []RTT   `json:"rtt,omitempty"` // TCP connect time per target
}

// RTT is the connect time to a target, the closest thing to a round trip that
// an unprivileged client sees.
type RTT struct {
	Target string `json:"target"`
	NS     int64  `json:"ns"`
}

// Conversation is one line of conversations.jsonl: what is asked.
type Conversation struct {
	Item     string `json:"item"`
	Language string `json:"language,omitempty"` // BCP 47
	Category string `json:"category,omitempty"`
	System   string `json:"system,omitempty"`
	// Turns are the user's messages in order; the target's own answers go between.
	Turns []string `json:"turns"`
	// Parts are the user's messages that are more than a text, by turn; Turns has ""
	// there. Absent where all are texts.
	Parts [][]chat.Part `json:"parts,omitempty"`
	Tools []chat.Tool   `json:"tools,omitempty"`
	// Request is what the request of a log says beside Tools, MaxTokens and the user's
	// turns: parameters that hold where a target names none, formats, what is told about
	// it. Its Messages stand before the first turn: a system prompt of several blocks,
	// System being empty then, and a history with calls of tools and their results, which
	// is not asked again. nil where there is nothing.
	Request *chat.Request `json:"request,omitempty"`
	// Recorded are the incumbent's answers where a log has them, one per turn.
	Recorded []string `json:"recorded,omitempty"`
	// MaxTokens is the most tokens of each answer, where the source says; a
	// target's own limit holds too. 0: it does not.
	MaxTokens int `json:"max_tokens,omitempty"`
	// Reference are known good answers, one per turn, for the judge.
	Reference []string `json:"reference,omitempty"`
	// Source is which source of a mixed workload it comes from; empty where there
	// is one.
	Source string `json:"source,omitempty"`
	// At is when it was asked in the trace it comes from, ns since the trace's first
	// request.
	At int64 `json:"at,omitempty"`
	// InputTokens are what each turn was made to measure, its salt included, by the
	// tokenizer o200k_base; a target's own may count differently. Absent for texts
	// that were not made.
	InputTokens []int `json:"input_tokens,omitempty"`
	// Exact says that MaxTokens is how long answers are to be, not only the most they
	// may be, where a server can do that.
	Exact bool `json:"exact,omitempty"`
	// Salt says where this conversation's salt goes; nil: before its first message.
	Salt *SaltPlace `json:"salt,omitempty"`
}

// SaltPlace is where a salt goes in what the user says first, and who has the same.
type SaltPlace struct {
	At int `json:"at"` // bytes; what is before it is meant to be shared
	// Scope is SaltOfSession, SaltOfStage or SaltNone.
	Scope string `json:"scope"`
}

// Who shares a salt.
const (
	SaltOfSession = "session" // nobody
	SaltOfStage   = "stage"   // all sessions of a stage: their prompts share what they share by themselves
	SaltNone      = "none"    // there is none
)

// Verdict is one line of verdicts.jsonl: one judge's reading of one dialogue.
type Verdict struct {
	Target     string   `json:"target"`
	Item       string   `json:"item"`
	Records    []string `json:"records"` // the record ids the dialogue was read from
	Judge      string   `json:"judge"`
	Revision   string   `json:"revision,omitempty"` // what the judge's server says answered
	Order      string   `json:"order,omitempty"`
	Repeat     int      `json:"repeat,omitempty"`
	PromptHash string   `json:"prompt_hash"`
	Simulated  bool     `json:"simulated,omitempty"`
	// Scores by criterion, whole numbers 0 to 5. Nil when Unscored is set.
	Scores map[string]int `json:"scores,omitempty"`
	// Reasons by criterion, the judge's own short words, redacted and bounded.
	Reasons map[string]string `json:"reasons,omitempty"`
	// Unscored says why there are no scores.
	Unscored string       `json:"unscored,omitempty"`
	CostUSD  Opt[float64] `json:"cost_usd,omitzero"`
}

// Telemetry is one line of telemetry.jsonl: one sample of one device.
type Telemetry struct {
	Segment  int          `json:"segment"`
	T        int64        `json:"t"` // ns since the segment's zero
	Target   string       `json:"target,omitempty"`
	Source   string       `json:"source"` // nvml, nvidia-smi
	Device   string       `json:"device"` // the GPU's UUID
	Name     string       `json:"name,omitempty"`
	Util     Opt[float64] `json:"util,omitzero"` // 0 to 1
	MemGiB   Opt[float64] `json:"mem_gib,omitzero"`
	TotalGiB Opt[float64] `json:"total_gib,omitzero"`
	PowerW   Opt[float64] `json:"power_w,omitzero"`
	EnergyJ  Opt[float64] `json:"energy_j,omitzero"` // counter since the driver loaded
}
