package results

// Direction says which way a figure is better.
type Direction int

// The directions.
const (
	Neutral Direction = iota
	LowerBetter
	HigherBetter
)

// FigureInfo defines one figure: the key in summary.json and on the command
// line, its base unit, and what it means.
type FigureInfo struct {
	Key        string
	Label      string // as a column heading
	Unit       string // s, tokens/s, 1/s, share, USD, GiB, W, points
	Better     Direction
	Definition string
}

// Figures lists every figure in the order reports show them. It is the one
// place where their meaning is written.
var Figures = []FigureInfo{
	{"ttft_p50", "TTFT p50", "s", LowerBetter, "First token minus intended send time: what a user waits, the client's own queue included. First token is the first event with non-empty content, reasoning or tool-call arguments; never a role-only, usage-only or keep-alive one. Median over successful requests. The interval of a percentile is that of order statistics, and wider where blocks of time of the steady window differ by more than chance: requests that met one queue are no independent evidence."},
	{"ttft_p90", "TTFT p90", "s", LowerBetter, "As TTFT p50, 90th percentile."},
	{"ttft_p99", "TTFT p99", "s", LowerBetter, "As TTFT p50, 99th percentile."},
	{"ttft_service_p50", "Service TTFT p50", "s", LowerBetter, "First token minus start (a connection was ready for the request). Median."},
	{"ttfa_p50", "TTFA p50", "s", LowerBetter, "First answer minus intended: the first event that is not reasoning. Median."},
	{"tpot_p50", "TPOT p50", "s", LowerBetter, "(Last token - first token) / (streamed tokens - tokens in the first chunk), per request; unknown when nothing follows the first chunk. Median."},
	{"itl_p50", "ITL p50", "s", LowerBetter, "Inter-token latency: a chunk of k tokens that comes D after the chunk before it is k samples of D/k. Median over all samples; the interval counts each request as one sample, for its gaps depend on each other."},
	{"itl_p99", "ITL p99", "s", LowerBetter, "As ITL p50, 99th percentile."},
	{"latency_p50", "Latency p50", "s", LowerBetter, "Last token minus intended. Median over successful requests."},
	{"latency_p99", "Latency p99", "s", LowerBetter, "As latency p50, 99th percentile."},
	{"output_tokens_per_s", "Output tokens/s", "tokens/s", HigherBetter, "Output tokens that arrived in the steady window, of every attempt, each when its chunk came / the window's length. Interval from blocks of time."},
	{"requests_per_s", "Requests/s", "1/s", HigherBetter, "Requests that ended well in the steady window / its length. Interval from blocks of time."},
	{"goodput", "Goodput", "1/s", HigherBetter, "Requests a second, in the steady window, that ended well and whose own times met every objective on a time (one on ttft_p90 asks that of each request's TTFT; one on ITL, of its mean token gap). An answer too short to have a token gap meets objectives on it."},
	{"capacity", "Capacity", "1/s", HigherBetter, "The highest load at which the objectives on times and errors still hold, by a capacity search: conversation starts a second of the target, or users. Estimated from all windows of the search together; 95 % bounds. A failed request misses every objective."},
	{"error_rate", "Error rate", "share", LowerBetter, "Requests whose last attempt failed / requests; those that were cancelled, or that this machine could not send, left out. Exact interval; one-sided where none or all failed."},
	{"interruption_rate", "Interruptions", "share", LowerBetter, "Streams that ended without their terminal marker / responses that began with 2xx; attempts count, not requests."},
	{"usd_per_mtok_input", "$/1M input", "USD", LowerBetter, "Cost of input tokens at the workload's own cache mix, per 1,000,000 input tokens. Unknown where GPUs are paid by the hour."},
	{"usd_per_mtok_output", "$/1M output", "USD", LowerBetter, "Cost per 1,000,000 output tokens; self-hosted: GPU-hours x price / output tokens at the throughput measured in the steady window. Interval by conversation, self-hosted from blocks of time; so for the two below."},
	{"usd_per_mtok_blended", "$/1M blended", "USD", LowerBetter, "Cost per 1,000,000 tokens, input and output at the workload's own mix, over the attempts whose cost is known."},
	{"usd_per_1k_conversations", "$/1k conversations", "USD", LowerBetter, "Cost of 1,000 conversations of this workload, over those whose every turn succeeded, retries included: what compares across tokenizers. Those with unknown token counts are left out and said."},
	{"gpu_util", "GPU utilisation", "share", Neutral, "Share of time in which any kernel ran, mean over the steady window. It says little about headroom."},
	{"gpu_mem_gib", "GPU memory", "GiB", Neutral, "Memory in use, mean over the steady window, summed over GPUs."},
	{"gpu_power_w", "GPU power", "W", Neutral, "Power, mean over the steady window, summed over GPUs."},
	{"coherence", "Coherence", "points", HigherBetter, "Semantic coherence, 0 to 5, mean over judged dialogues; interval by dialogue."},
	{"understanding", "Understanding", "points", HigherBetter, "Context understanding, 0 to 5, mean over judged dialogues."},
	{"usefulness", "Usefulness", "points", HigherBetter, "Usefulness, 0 to 5, mean over judged dialogues."},
	{"quality", "Quality", "points", HigherBetter, "Mean of the judged criteria per dialogue, 0 to 5, mean over dialogues."},
}

// LookupFigure finds a figure by key.
func LookupFigure(key string) (FigureInfo, bool) {
	for _, f := range Figures {
		if f.Key == key {
			return f, true
		}
	}
	return FigureInfo{}, false
}

// WeightFigure names the figure behind a weight's name: quality, latency, cost,
// speed, throughput and errors are short for one figure each; a figure key
// stands for itself.
func WeightFigure(name string) (FigureInfo, bool) {
	short := map[string]string{
		"latency":    "ttft_p50",
		"cost":       "usd_per_1k_conversations",
		"speed":      "tpot_p50",
		"throughput": "output_tokens_per_s",
		"errors":     "error_rate",
	}
	if key, ok := short[name]; ok {
		name = key
	}
	return LookupFigure(name)
}

// Figure is one number with what it rests on.
type Figure struct {
	Value *float64 `json:"value"` // nil: unknown, see Reason
	Low   *float64 `json:"low"`   // 95 % interval; nil: not bounded by this many samples
	High  *float64 `json:"high"`
	Unit  string   `json:"unit"`
	N     int      `json:"n"` // samples: requests, dialogues, chunks
	// Reason says why Value is unknown, or what a missing bound needs ("need 368").
	Reason string `json:"reason,omitempty"`
	// Censored says that Value is only a bound: AtLeast or LessThan.
	Censored string `json:"censored,omitempty"`
	// Source says where tokens were counted, where that matters.
	Source string `json:"source,omitempty"`
}

// Unknown is a figure without data.
func Unknown(unit string, n int, reason string) Figure {
	return Figure{Unit: unit, N: n, Reason: reason}
}
