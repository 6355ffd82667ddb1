// Package scenarios reads the scenario file: who is asked what, when, and how it
// is judged. It parses strictly and reports every mistake of a file in one pass,
// each with line, column and an excerpt, and compiles a valid scenario into a
// Plan: the conversations, the schedule, and what they can cost at worst. It
// sends nothing, and refuses files with keys it does not know, values that
// cannot be, and plans that a target's limits or the budget cannot carry.
package scenarios

import (
	"encoding/json"
	"time"

	"switchover/targets/chat"
)

// Scenario is one scenario file. Field names in the file are the json tags.
// Strings with a unit ("500ms", "5/s", "1%") have types of their own in units.go.
// The jsonschema tags bind the parser and the published schema alike.
type Scenario struct {
	// Name is part of the run's folder: letters, digits and . _ - only.
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
	Incumbent   string  `json:"incumbent,omitempty"` // a target's name
	Seed        int64   `json:"seed,omitempty"`
	Budget      *Budget `json:"budget,omitempty"`
	// Catalog is a file of prices and facts that hold before those that come with the
	// program: 'switchover catalog import' makes one.
	Catalog string `json:"catalog,omitempty"`

	Targets    []Target            `json:"targets" jsonschema:"minItems=1,maxItems=64"`
	Workload   Workload            `json:"workload"`
	Load       []Stage             `json:"load" jsonschema:"minItems=1,maxItems=64"`
	Objectives map[string]Quantity `json:"objectives,omitempty"` // figure key: limit
	Eval       *Eval               `json:"eval,omitempty"`
	Decision   Decision            `json:"decision,omitempty"`

	// Read is what is no part of the file.
	Read Reading `json:"-"`
}

// Reading is when a scenario was read, and what should be known before a run that is
// no mistake: models about to end, facts that nobody has.
type Reading struct {
	At, Since time.Time // Since is when its prices begin to matter; zero: always
	Warnings  []string
	// StrictAt is where strict: true was written of each target that has it, by the
	// target's name: FILE:LINE:COLUMN.
	StrictAt map[string]string
}

// Budget bounds a run; it refuses to start above it and stops when it is reached.
type Budget struct {
	USD      *float64 `json:"usd,omitempty" jsonschema:"exclusiveMinimum=0"`
	Requests *int     `json:"requests,omitempty" jsonschema:"minimum=1"`
	Time     Duration `json:"time,omitempty"`
}

// Target is one endpoint: an API (url) or a simulated one (simulate).
type Target struct {
	Name     string `json:"name"`
	Role     string `json:"role,omitempty" jsonschema:"enum=judge"` // "judge", or absent for a candidate
	Protocol string `json:"protocol,omitempty"`                     // default openai, or what is spoken at a known API's address; simulated: anthropic, bedrock, ollama, openai or openai-completions
	// URL is the API's base address, or one word for an API that is known: openai,
	// anthropic, azure, bedrock, vertex, gemini, deepseek, mistral, tencent, dashscope,
	// volcengine, moonshot, openrouter, groq, together; vllm, sglang, llamacpp, ollama,
	// tgi on this machine. Its protocol and its key's usual variable come with the word.
	URL string `json:"url,omitempty"`
	// Resource is put in place of {resource} in the address: the resource of azure, the
	// project of vertex, the workspace of dashscope.
	Resource string `json:"resource,omitempty"`
	Model    string `json:"model,omitempty"`
	Key      *Key   `json:"key,omitempty"`
	// Stream false asks for answers in one piece: the first token is then the last.
	Stream *bool `json:"stream,omitempty"`
	// Strict refuses to send a request of which the protocol would lose or change a
	// field. Default: losses are counted and shown.
	Strict bool `json:"strict,omitempty"`
	// Region of the cloud, where the address or the signature needs one (bedrock,
	// vertex): eu-central-1.
	Region string `json:"region,omitempty"`
	// APIVersion is a version of the API: api-version of azure, anthropic-version of
	// anthropic, what follows the address of gemini (v1beta).
	APIVersion string `json:"api_version,omitempty"`
	// KeyID is the public half of a signing key (bedrock: AWS_ACCESS_KEY_ID;
	// tencent-tc3: the SecretId), where key is the secret half.
	KeyID *Key `json:"key_id,omitempty"`
	// Session is the token of a signing key that expires (bedrock: AWS_SESSION_TOKEN).
	Session *Key `json:"session,omitempty"`
	// Headers are sent beside the protocol's own. A key does not belong here.
	Headers map[string]string `json:"headers,omitempty"`
	// HTTP is how protocol http asks and what it reads.
	HTTP     *HTTP     `json:"http,omitempty"`
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
	// FactSources say where facts come from, by their names, for the report. Those of
	// the catalog are filled in.
	FactSources map[string]string `json:"fact_sources,omitempty"`
}

// Key says where an API key is found; a literal key is refused.
type Key struct {
	Env  string `json:"env,omitempty"`
	File string `json:"file,omitempty"`
}

// Params are sampling parameters.
type Params struct {
	// MaxTokens is the most an answer may have. Default 256.
	MaxTokens   int          `json:"max_tokens,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	Temperature *Temperature `json:"temperature,omitempty"` // a number, or as-allowed
	TopP        *float64     `json:"top_p,omitempty" jsonschema:"exclusiveMinimum=0,maximum=1"`
	Seed        *int64       `json:"seed,omitempty"`
	TopK        *int         `json:"top_k,omitempty" jsonschema:"minimum=1"`
	Stop        []string     `json:"stop,omitempty" jsonschema:"minItems=1,maxItems=4"`
	// Thinking is whether the model reasons before it answers: on, off, adaptive, or
	// {budget: 2048}. Absent, the model's default.
	Thinking *Thinking `json:"thinking,omitempty"`
	// Effort is how much it reasons.
	Effort string `json:"effort,omitempty" jsonschema:"enum=none,enum=minimal,enum=low,enum=medium,enum=high,enum=xhigh,enum=max"`
	// Extra are further members of the request's body, as the server knows them; they
	// replace the program's own of the same name.
	Extra map[string]JSON `json:"extra,omitempty"`
}

// Thinking asks for reasoning: on, off, adaptive, or {budget: 2048} tokens of it.
type Thinking struct {
	Mode string `json:"mode,omitempty" jsonschema:"enum=on,enum=off,enum=adaptive"`
	// Budget is the most tokens reasoning may take.
	Budget int `json:"budget,omitempty" jsonschema:"minimum=1,maximum=1000000"`
}

// System is what a target is told instead of the workload's system prompt:
// text, or {file: PATH}.
type System struct {
	Text string `json:"text,omitempty"`
	File string `json:"file,omitempty"`
}

// Cost prices a self-hosted target by the hour.
type Cost struct {
	GPUHour float64 `json:"gpu_hour" jsonschema:"exclusiveMinimum=0"` // USD per GPU and hour
	GPUs    int     `json:"gpus,omitempty" jsonschema:"minimum=1"`    // default 1
}

// Limits are what a target allows; a plan above them is refused.
type Limits struct {
	QPS          float64 `json:"qps,omitempty" jsonschema:"exclusiveMinimum=0"`
	Concurrent   int     `json:"concurrent,omitempty" jsonschema:"minimum=1"`
	TokensPerDay int64   `json:"tokens_per_day,omitempty" jsonschema:"minimum=1"`
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
	Attempts int      `json:"attempts,omitempty" jsonschema:"minimum=1,maximum=10"`
	Backoff  Duration `json:"backoff,omitempty"`
}

// Simulate describes a simulated server: what `switchover sim` serves.
type Simulate struct {
	// TTFT is the time to the first token of an empty prompt.
	TTFT Duration `json:"ttft"`
	// TPOT is the time of each further token.
	TPOT Duration `json:"tpot"`
	// Jitter is the standard deviation of both, relative to them.
	Jitter Share `json:"jitter,omitempty"`
	// Batch is how many requests are served at once; the rest queue. Default 64.
	Batch int `json:"batch,omitempty" jsonschema:"minimum=1,maximum=4096"`
	// Prefill is input tokens a second; absent, prompts take no time.
	Prefill Rate `json:"prefill,omitempty"`
	// Output is the mean length of an answer in tokens, before max_tokens. Default 60.
	Output int `json:"output,omitempty" jsonschema:"minimum=1,maximum=100000"`
	// Quality of the sentences it answers with, 0 to 5. Default 4.
	Quality *float64 `json:"quality,omitempty" jsonschema:"minimum=0,maximum=5"`
	// Queue is how many requests wait beyond the batch before a 503. Default 1024.
	Queue int `json:"queue,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// Untidy is the share of a judge's verdicts that cannot be read.
	Untidy Share   `json:"untidy,omitempty"`
	Faults []Fault `json:"faults,omitempty" jsonschema:"maxItems=64"`
}

// Fault is one scripted fault: by share of requests, or always in a window of
// time since the server's start, or a share within a window.
type Fault struct {
	Kind  string   `json:"kind"` // one of FaultKinds
	Share Share    `json:"share,omitempty"`
	From  Duration `json:"from,omitempty"`
	Until Duration `json:"until,omitempty"`
	// After is how many tokens are sent before stall, cut, early_end, malformed
	// and stream_error happen. Default 3.
	After int `json:"after,omitempty" jsonschema:"minimum=1,maximum=100000"`
	// For is how long slow_first_byte and stall take, and what rate_limited's
	// Retry-After says. Default 1s.
	For Duration `json:"for,omitempty"`
}

// SimProtocols are the protocols that a simulated target can be asked in.
var SimProtocols = []string{"anthropic", "bedrock", "ollama", "openai", "openai-completions"}

// FaultKinds are the faults the simulator knows.
var FaultKinds = []string{"rate_limited", "server_error", "refused", "slow_first_byte", "stall", "cut",
	"early_end", "malformed", "stream_error"}

// Stage is one stretch of load.
type Stage struct {
	// Name defaults to the mode and the stage's number: users-2.
	Name string `json:"name,omitempty"`
	// Mode is open (conversations start by the clock, whether or not earlier ones
	// have ended), users (each user has one conversation at a time), concurrency
	// (users who never think: as many requests in flight as there are users), trace
	// (requests come when the workload's trace says, to its end or the stage's), sweep
	// (several loads, one after the other, each drained before the next), or capacity
	// (a search for the highest load at which the objectives still hold).
	Mode string `json:"mode" jsonschema:"enum=open,enum=users,enum=concurrency,enum=trace,enum=sweep,enum=capacity"`
	// Rate is conversation starts of each target (open).
	Rate *Ramp `json:"rate,omitempty"`
	// Steps are rates one after the other, each with its duration, instead of rate
	// and duration (open).
	Steps []Step `json:"steps,omitempty" jsonschema:"minItems=1,maxItems=1000"`
	// Burst adds conversations that start at once, again and again; a stage with a
	// burst needs no rate (open).
	Burst *Burst `json:"burst,omitempty"`
	// Arrivals are how starts are spaced (open). Default poisson.
	Arrivals *Arrivals `json:"arrivals,omitempty"`
	// Users is how many converse with each target at once (users, concurrency).
	Users int `json:"users,omitempty" jsonschema:"minimum=1,maximum=100000"`
	// Think is how long a person thinks before the next turn; users also before
	// their next conversation, in open loop only between the turns of one. Default
	// none.
	Think    *Think   `json:"think,omitempty"`
	Duration Duration `json:"duration,omitempty"`
	// Conversations ends the stage after that many starts per target.
	Conversations int `json:"conversations,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// Requests ends the stage with the conversation that makes up that many requests
	// of each target; conversations stay whole, so the last may bring a few more.
	Requests int `json:"requests,omitempty" jsonschema:"minimum=1,maximum=1000000"`
	// Until ends the stage early, for all targets together, once the 95 % intervals
	// of these figures are narrow enough for every target: {ttft_p50: 5%} is when
	// both bounds lie within 5 % of the value, {error_rate: 1%} within one percentage
	// point. The stage's other end stays its bound.
	Until   map[string]Share `json:"until,omitempty" jsonschema:"minProperties=1"`
	Measure *bool            `json:"measure,omitempty"` // default true
	// Over is what a sweep or a search varies: rate (conversation starts of each
	// target), users, or concurrency.
	Over string `json:"over,omitempty" jsonschema:"enum=rate,enum=users,enum=concurrency"`
	// Values are the loads of a sweep, in order.
	Values []Level `json:"values,omitempty" jsonschema:"minItems=1,maxItems=100"`
	// Range are the loads of a sweep instead of values.
	Range *Range `json:"range,omitempty"`
	// From is the lowest load that a search tries. Default 0.5/s, one user.
	From *Level `json:"from,omitempty"`
	// To is the highest load that a search tries. Default 50/s, 256 users.
	To *Level `json:"to,omitempty"`
	// Within is how far either bound of the capacity may lie from it. Default 5%.
	Within Share `json:"within,omitempty"`
	// Each is how long arrivals last at each load. Default 1m in a sweep, 3m in a
	// search, which begins with windows of a sixth.
	Each Duration `json:"each,omitempty"`
	// Probes bounds the whole windows of a search. Default 6.
	Probes int `json:"probes,omitempty" jsonschema:"minimum=2,maximum=100"`
	// Order says whether targets meet the same minute: interleaved (default) or
	// sequential.
	Order string `json:"order,omitempty" jsonschema:"enum=interleaved,enum=sequential"`
}

// Ramp is a rate: 5/s, or one that grows or falls evenly over the stage,
// {from: 1/s, to: 10/s}.
type Ramp struct {
	Fixed Rate `json:"-"`
	From  Rate `json:"from"`
	To    Rate `json:"to"`
}

// Range is evenly spaced loads, both ends included.
type Range struct {
	From  Level `json:"from"`
	To    Level `json:"to"`
	Steps int   `json:"steps" jsonschema:"minimum=2,maximum=100"`
}

// Step is a stretch of a stage with a rate of its own.
type Step struct {
	Rate     Ramp     `json:"rate"`
	Duration Duration `json:"duration"`
}

// Burst is a number of conversations that start in one instant, at the stage's
// beginning and each interval after it.
type Burst struct {
	Every Duration `json:"every"`
	Size  int      `json:"size" jsonschema:"minimum=1,maximum=100000"`
}

// Arrivals are how starts are spaced: poisson, constant, or {gamma: {burstiness: 0.5}}.
type Arrivals struct {
	Process string `json:"-"` // poisson or constant; empty for gamma
	Gamma   *Gamma `json:"gamma"`
}

// Gamma is a process whose gaps are gamma distributed.
type Gamma struct {
	// Burstiness is the shape: below 1 arrivals cluster, 1 is poisson, above 1 they
	// are more even. The counts' variance over their mean is 1/burstiness.
	Burstiness float64 `json:"burstiness" jsonschema:"minimum=0.01,maximum=1000"`
}

// Think is a distribution of think times: a duration, or one of {uniform: [a, b]},
// {exponential: {mean: 2s}}, {lognormal: {mean: 2s, sd: 1s}}.
type Think struct {
	Fixed       *Duration    `json:"-"` // nil for a distribution
	Uniform     []Duration   `json:"uniform,omitempty" jsonschema:"minItems=2,maxItems=2"`
	Exponential *Exponential `json:"exponential,omitempty"`
	Lognormal   *Lognormal   `json:"lognormal,omitempty"`
}

// Exponential is the memoryless distribution.
type Exponential struct {
	Mean Duration `json:"mean"`
}

// Lognormal is a distribution with many short times and a few long ones, by the
// mean and the standard deviation of the times themselves.
type Lognormal struct {
	Mean Duration `json:"mean"`
	// SD is at most ten times the mean.
	SD Duration `json:"sd"`
}

// Eval says how answers are judged.
type Eval struct {
	// Judges are the names of targets of role judge.
	Judges []string `json:"judges" jsonschema:"minItems=1,maxItems=16"`
	// Criteria default to all three: coherence, understanding, usefulness.
	Criteria []string `json:"criteria,omitempty" jsonschema:"minItems=1,enum=coherence,enum=understanding,enum=usefulness"`
	// Dialogues are judged at most, per target; 0 is all.
	Dialogues int `json:"dialogues,omitempty" jsonschema:"minimum=1"`
	// Margin is how many points of 5 a candidate may be worse than the incumbent.
	// Default 0.25.
	Margin *float64 `json:"margin,omitempty" jsonschema:"exclusiveMinimum=0,maximum=5"`
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
	p := chat.Params{MaxTokens: DefaultMaxTokens, Whole: t.Stream != nil && !*t.Stream}
	if t.Params == nil {
		return p
	}
	if t.Params.MaxTokens > 0 {
		p.MaxTokens = t.Params.MaxTokens
	}
	p.TopP, p.TopK, p.Seed, p.Stop = t.Params.TopP, t.Params.TopK, t.Params.Seed, t.Params.Stop
	if tm := t.Params.Temperature; tm != nil && !tm.AsAllowed {
		v := tm.Value
		p.Temperature = &v
	} else {
		p.AsAllowed = tm != nil
	}
	p.Thinking = t.Params.Thinking.chat(t.Params.Effort)
	if len(t.Params.Extra) > 0 {
		p.Extra = make(map[string]json.RawMessage, len(t.Params.Extra))
		for name, value := range t.Params.Extra {
			p.Extra[name] = json.RawMessage(value)
		}
	}
	return p
}

// DefaultMaxTokens limits answers where the scenario says nothing, so that a
// plan always has a worst case.
const DefaultMaxTokens = 256
