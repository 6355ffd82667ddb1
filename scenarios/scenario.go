// Package scenarios reads the scenario file: who is asked what, when, and how it
// is judged. It parses strictly and reports every mistake of a file in one pass,
// each with line, column and an excerpt, and compiles a valid scenario into a
// Plan: the conversations, the schedule, and what they can cost at worst. It
// sends nothing, and refuses files with keys it does not know, values that
// cannot be, and plans that a target's limits or the budget cannot carry.
package scenarios

import "switchover/targets/chat"

// Scenario is one scenario file. Field names in the file are the json tags.
// Strings with a unit ("500ms", "5/s", "1%") have types of their own in units.go.
type Scenario struct {
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
	Incumbent   string  `json:"incumbent,omitempty"` // a target's name
	Seed        int64   `json:"seed,omitempty"`
	Budget      *Budget `json:"budget,omitempty"`

	Targets    []Target            `json:"targets"`
	Workload   Workload            `json:"workload"`
	Load       []Stage             `json:"load"`
	Objectives map[string]Quantity `json:"objectives,omitempty"` // figure key: limit
	Eval       *Eval               `json:"eval,omitempty"`
	Decision   Decision            `json:"decision,omitempty"`
}

// Budget bounds a run; it refuses to start above it and stops when it is reached.
type Budget struct {
	USD      *float64 `json:"usd,omitempty"`
	Requests *int     `json:"requests,omitempty"`
	Time     Duration `json:"time,omitempty"`
}

// Target is one endpoint: an API (url) or a simulated one (simulate).
type Target struct {
	Name     string    `json:"name"`
	Role     string    `json:"role,omitempty"`     // "judge", or empty for a candidate
	Protocol string    `json:"protocol,omitempty"` // default openai
	URL      string    `json:"url,omitempty"`
	Model    string    `json:"model,omitempty"`
	Key      *Key      `json:"key,omitempty"`
	Params   *Params   `json:"params,omitempty"`
	System   *System   `json:"system,omitempty"`
	Price    *Price    `json:"price,omitempty"`
	Cost     *Cost     `json:"cost,omitempty"`
	Limits   *Limits   `json:"limits,omitempty"`
	Timeouts *Timeouts `json:"timeouts,omitempty"`
	Retry    *Retry    `json:"retry,omitempty"`
	Simulate *Simulate `json:"simulate,omitempty"`
	// Facts are dotted facts that requirements may name, quoted by the user:
	// {licence.commercial: "yes"}.
	Facts map[string]string `json:"facts,omitempty"`
}

// Key says where an API key is found; a literal key is refused.
type Key struct {
	Env  string `json:"env,omitempty"`
	File string `json:"file,omitempty"`
}

// Params are sampling parameters.
type Params struct {
	MaxTokens   int          `json:"max_tokens,omitempty"`
	Temperature *Temperature `json:"temperature,omitempty"` // a number, or as-allowed
	TopP        *float64     `json:"top_p,omitempty"`
	Seed        *int64       `json:"seed,omitempty"`
	Stop        []string     `json:"stop,omitempty"`
}

// System is what a target is told instead of the workload's system prompt:
// text, or {file: PATH}.
type System struct {
	Text string `json:"text,omitempty"`
	File string `json:"file,omitempty"`
}

// Price is USD per 1M tokens.
type Price struct {
	Input      *float64 `json:"input,omitempty"`
	Output     *float64 `json:"output,omitempty"`
	CacheRead  *float64 `json:"cache_read,omitempty"`
	CacheWrite *float64 `json:"cache_write,omitempty"`
}

// Cost prices a self-hosted target by the hour.
type Cost struct {
	GPUHour float64 `json:"gpu_hour"`       // USD per GPU and hour
	GPUs    int     `json:"gpus,omitempty"` // default 1
}

// Limits are what a target allows; a plan above them is refused.
type Limits struct {
	QPS          float64 `json:"qps,omitempty"`
	Concurrent   int     `json:"concurrent,omitempty"`
	TokensPerDay int64   `json:"tokens_per_day,omitempty"`
}

// Timeouts of one attempt. Defaults: 5s, 30s, 30s, 5m.
type Timeouts struct {
	Connect   Duration `json:"connect,omitempty"`
	FirstByte Duration `json:"first_byte,omitempty"`
	Idle      Duration `json:"idle,omitempty"`
	Total     Duration `json:"total,omitempty"`
}

// Retry bounds attempts. Defaults: 3 attempts, backoff 1s.
type Retry struct {
	Attempts int      `json:"attempts,omitempty"`
	Backoff  Duration `json:"backoff,omitempty"`
}

// Simulate describes a simulated server: what `switchover sim` serves.
type Simulate struct {
	TTFT    Duration `json:"ttft"`              // to the first token of an empty prompt
	TPOT    Duration `json:"tpot"`              // per further token
	Jitter  Share    `json:"jitter,omitempty"`  // standard deviation of both, relative
	Batch   int      `json:"batch,omitempty"`   // requests served at once; the rest queue. Default 64
	Prefill Rate     `json:"prefill,omitempty"` // input tokens a second; 0 is instant
	Output  int      `json:"output,omitempty"`  // mean tokens of an answer, before max_tokens. Default 60
	Quality *float64 `json:"quality,omitempty"` // 0 to 5, of the sentences it answers with. Default 4
	Faults  []Fault  `json:"faults,omitempty"`
}

// Fault is one scripted fault: by share of requests, or always in a window of
// time since the server's start, or a share within a window.
type Fault struct {
	Kind  string   `json:"kind"` // see FaultKinds
	Share Share    `json:"share,omitempty"`
	From  Duration `json:"from,omitempty"`
	Until Duration `json:"until,omitempty"`
	// After is how many tokens are sent before stall, cut, early_end, malformed
	// and stream_error happen. Default 3.
	After int `json:"after,omitempty"`
	// For is how long slow_first_byte and stall take, and what rate_limited's
	// Retry-After says. Default 1s.
	For Duration `json:"for,omitempty"`
}

// FaultKinds are the faults the simulator knows.
var FaultKinds = []string{"rate_limited", "server_error", "refused", "slow_first_byte", "stall", "cut",
	"early_end", "malformed", "stream_error"}

// Workload is what is asked.
type Workload struct {
	Conversations *Source `json:"conversations"`
	// MaxTurns cuts longer conversations; 0 leaves them whole.
	MaxTurns int `json:"max_turns,omitempty"`
	// Sample takes that many conversations, chosen by the seed; 0 takes all.
	Sample int `json:"sample,omitempty"`
}

// Source is where conversations come from: the word bundled, or a file.
type Source struct {
	Bundled bool   `json:"-"`
	File    string `json:"file,omitempty"`
	Format  string `json:"format,omitempty"` // see prompts.Formats
}

// Stage is one stretch of load.
type Stage struct {
	Name string `json:"name,omitempty"` // default its mode and number
	Mode string `json:"mode"`           // open, users
	// Rate is conversation starts per target (open).
	Rate     Rate   `json:"rate,omitempty"`
	Arrivals string `json:"arrivals,omitempty"` // poisson (default), constant
	// Users is how many converse with each target at once (users).
	Users int `json:"users,omitempty"`
	// Think is how long a person thinks before the next turn, also in open loop
	// (between the turns of one conversation). Default none.
	Think    *Think   `json:"think,omitempty"`
	Duration Duration `json:"duration,omitempty"`
	// Conversations ends the stage after that many starts per target.
	Conversations int   `json:"conversations,omitempty"`
	Measure       *bool `json:"measure,omitempty"` // default true
	// Order says whether targets meet the same minute: interleaved (default) or
	// sequential.
	Order string `json:"order,omitempty"`
}

// Think is a distribution of think times: a duration, or {uniform: [a, b]}.
type Think struct {
	Fixed   Duration   `json:"-"`
	Uniform []Duration `json:"uniform,omitempty"`
}

// Eval says how answers are judged.
type Eval struct {
	Judges    []string `json:"judges"`
	Criteria  []string `json:"criteria,omitempty"`  // default coherence, understanding, usefulness
	Dialogues int      `json:"dialogues,omitempty"` // at most, per target; 0 all
	Margin    *float64 `json:"margin,omitempty"`    // points of 5; default 0.25
}

// Decision says what the matrix requires and weighs.
type Decision struct {
	Weights map[string]float64 `json:"weights,omitempty"`
	Anchors map[string]Anchor  `json:"anchors,omitempty"` // by figure key
	Require map[string]string  `json:"require,omitempty"` // figure key or dotted fact: "< 1%", "yes"
}

// Anchor maps a figure to utility 1 (good) and 0 (bad).
type Anchor struct {
	Good Quantity `json:"good"`
	Bad  Quantity `json:"bad"`
}

// ChatParams converts to the request's parameters, defaults filled in.
func (t *Target) ChatParams() chat.Params {
	p := chat.Params{MaxTokens: DefaultMaxTokens}
	if t.Params == nil {
		return p
	}
	if t.Params.MaxTokens > 0 {
		p.MaxTokens = t.Params.MaxTokens
	}
	p.TopP, p.Seed, p.Stop = t.Params.TopP, t.Params.Seed, t.Params.Stop
	if tm := t.Params.Temperature; tm != nil && !tm.AsAllowed {
		v := tm.Value
		p.Temperature = &v
	}
	return p
}

// DefaultMaxTokens limits answers where the scenario says nothing, so that a
// plan always has a worst case.
const DefaultMaxTokens = 256
