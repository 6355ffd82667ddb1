// Package reporttest provides runs with summaries for the tests of report and its
// renderers: the four targets of the demonstration, and the awkward ones. The
// numbers are made up and never change; nothing here measures anything.
package reporttest

import (
	"fmt"
	"time"

	"switchover/results"
	"switchover/targets/chat"
)

// Target is what a fixture knows of one target.
type Target struct {
	Name, Model  string
	TTFT, TPOT   float64 // seconds
	Output       float64 // USD per 1M output tokens; 0 is unknown
	Quality      float64 // 0 to 5; 0 is not judged
	ErrorRate    float64
	TokensPerSec float64
	Incumbent    bool
}

// DemoTargets are the targets of the demonstration.
func DemoTargets() []Target {
	return []Target{
		{"claude", "claude-sim", 0.312, 0.0131, 15, 4.42, 0.004, 118.3, true},
		{"hosted-large", "large-sim", 0.305, 0.0162, 30, 4.51, 0.008, 104.9, false},
		{"small-7b", "7b-sim", 0.521, 0.0124, 0.5, 3.61, 0.021, 121.7, false},
		{"medium-13b", "13b-sim", 0.734, 0.0188, 0.3, 4.33, 0.006, 97.4, false},
	}
}

// Demo is the demonstration: simulated, valid and complete.
func Demo() (*results.Run, *results.Summary) {
	return Build("outage", DemoTargets())
}

// Invalid is the demonstration on a client that could not keep up, stopped early.
func Invalid() (*results.Run, *results.Summary) {
	run, s := Demo()
	bad := false
	run.State, run.Valid = results.StateInterrupted, &bad
	s.State, s.Valid = run.State, false
	s.Reasons = []string{"schedule lag p99 is 41 ms; 10 ms is the limit", "stopped by the user after 31 s of 60 s"}
	s.Warnings = []string{"medium-13b: token counts of usage and text disagree by 14 % in 12 answers"}
	return run, s
}

// UnknownCost is a quick run of two real endpoints without price or judge.
func UnknownCost() (*results.Run, *results.Summary) {
	ts := []Target{
		{Name: "llama-3.1-8b", Model: "meta-llama/Llama-3.1-8B-Instruct", TTFT: 0.0874, TPOT: 0.0091, TokensPerSec: 412.6},
		{Name: "qwen2.5-7b", Model: "Qwen/Qwen2.5-7B-Instruct", TTFT: 0.0921, TPOT: 0.0087, TokensPerSec: 431.2, ErrorRate: 0.01},
	}
	return build("quick", ts, false)
}

// Hostile is the demonstration with names that attack every kind of output.
func Hostile() (*results.Run, *results.Summary) {
	ts := DemoTargets()
	ts[0].Name = "<script>document.title='owned'</script>"
	ts[1].Name = "\x1b]0;owned\x07\x1b[31mred\u202egnp.exe"
	ts[1].Model = `"><img src=http://127.0.0.1:9/x onerror=document.title='owned'>`
	ts[2].Name = "\u901a\u4e49\u5343\u95ee-7B"
	ts[3].Name = "a-very-long-name-of-a-fine-tuned-model-that-somebody-generated-from-a-commit-hash-0123456789abcdef"
	run, s := Build("<b>outage</b>", ts)
	run.Description = "javascript:alert(1) \u2028 {{.}} ${x} </style><script>document.title='owned'</script>"
	run.Targets[1].URL = "javascript:document.title='owned'"
	return run, s
}

// One is a single target.
func One() (*results.Run, *results.Summary) { return Build("one", DemoTargets()[:1]) }

// Many is n targets, 1 to 12, of which every fifth is out.
func Many(n int) (*results.Run, *results.Summary) {
	var ts []Target
	for i := range n {
		f := float64(i)
		ts = append(ts, Target{fmt.Sprintf("candidate-%02d", i+1), fmt.Sprintf("model-%d", i+1), 0.2 + 0.13*f, 0.009 + 0.0021*f,
			30 / (1 + 2*f), 4.6 - 0.17*f, 0.002 * f, 140 - 9*f, i == 0})
	}
	return Build("many", ts)
}

func ptr(v float64) *float64 { return &v }

// Build makes a simulated, valid run of one measured stage from the targets, with
// the matrix that results makes of it.
func Build(name string, ts []Target) (*results.Run, *results.Summary) { return build(name, ts, true) }

func build(name string, ts []Target, simulated bool) (*results.Run, *results.Summary) {
	valid := true
	start := time.Date(2026, 11, 22, 9, 1, 2, 0, time.UTC)
	run := &results.Run{
		ID: "20261122T090102Z-" + name, Name: name, Description: "Which replacement carries our chat traffic when the API is disabled?",
		Version: "v0.1.0", Host: results.Host{OS: "linux", Arch: "amd64", CPUs: 8, GPUs: "no GPU on this host"},
		Seed: 1, ScheduleHash: "5d1e0c3f9a27b4c8", State: results.StateComplete, Valid: &valid,
		Segments: []results.Segment{{Index: 0, EpochUnixNs: start.UnixNano()}},
		Stages: []results.RunStage{
			{Name: "warm-up", Mode: "users", Users: 2, Duration: int64(3 * time.Second)},
			{Name: "steady", Mode: "open", Measure: true, Rate: 2, Duration: int64(25 * time.Second)},
		},
		Policy: results.Policy{
			Objectives: []results.Bound{{Name: "ttft_p90", Op: "<=", Limit: ptr(0.8), Text: "800ms"}},
			Require:    []results.Bound{{Name: "error_rate", Op: "<", Limit: ptr(0.05), Text: "< 5%"}},
			Weights:    map[string]float64{"quality": 3, "latency": 2, "cost": 2},
			Margin:     0.25, Criteria: []string{"coherence", "understanding", "usefulness"}, Seed: 1,
		},
	}
	s := &results.Summary{Run: run.ID, Name: name, Simulated: simulated, State: run.State, Valid: true, Client: client(ts)}
	for _, t := range ts {
		rt := results.RunTarget{Name: t.Name, Incumbent: t.Incumbent, Protocol: "openai", URL: "http://127.0.0.1:41001/v1", Model: t.Model, Simulated: simulated}
		if t.Output > 0 {
			rt.Price = &results.Price{Input: ptr(t.Output / 5), Output: ptr(t.Output), Source: "scenario"}
		}
		run.Targets = append(run.Targets, rt)
		s.Targets = append(s.Targets, summarise(t, simulated))
	}
	judged := len(ts) > 0 && ts[0].Quality > 0
	if judged {
		run.Targets = append(run.Targets, results.RunTarget{Name: "judge", Role: results.RoleJudge, Protocol: "openai", URL: "http://127.0.0.1:41009/v1", Model: "judge-sim", Simulated: simulated})
	}
	s.Matrix = results.BuildMatrix(run, s, evidence(ts))
	return run, s
}

// evidence varies speed over three blocks of time and quality over 24 dialogues.
func evidence(ts []Target) *results.Evidence {
	ev := &results.Evidence{Targets: map[string]results.TargetEvidence{}}
	for _, t := range ts {
		var e results.TargetEvidence
		for _, f := range []float64{0.97, 1, 1.04} {
			e.Blocks = append(e.Blocks, map[string]float64{"ttft_p50": t.TTFT * f, "usd_per_1k_conversations": 0.315 * t.Output / f})
		}
		if t.Quality > 0 {
			e.Dialogues = map[string]float64{}
			for i := range 24 {
				e.Dialogues[fmt.Sprintf("item-%02d", i)] = min(5, t.Quality+0.4*float64(i%3-1))
			}
		}
		ev.Targets[t.Name] = e
	}
	return ev
}

func client(ts []Target) results.Client {
	c := results.Client{ScheduleLagP50: 0.00018, ScheduleLagP99: 0.0021, CoalescedShare: 0.004, Clock: results.ClockUser,
		ClientHealth: results.ClientHealth{CPUShare: 0.11, GCPauseP99: 210_000, SchedLatencyP99: 96_000, OpenSocketsMax: 31, Departures: 400}}
	for _, t := range ts {
		c.RTT = append(c.RTT, results.RTT{Target: t.Name, NS: 88_000})
	}
	return c
}

func summarise(t Target, simulated bool) results.TargetSummary {
	const n = 96
	figs := figures(t, n)
	failed := int(t.ErrorRate*n + 0.5)
	counts := results.Counts{Conversations: n/2 - failed, Sessions: n / 2, Requests: n, Attempts: n + 3, Succeeded: n - failed, Failed: failed,
		Interrupted: failed, Began2xx: n, NeverAsked: failed, InputTokens: 41_208, OutputTokens: 6_912,
		AttemptErrors: map[chat.Class]int{chat.RateLimited: 3}}
	if failed > 0 {
		counts.Errors = map[chat.Class]int{chat.Interrupted: failed}
		counts.AttemptErrors[chat.Interrupted] = failed
	}
	if t.Output > 0 {
		counts.CostUSD = results.Known((41_208*t.Output/5 + 6_912*t.Output) / 1e6)
	}
	out := results.TargetSummary{Name: t.Name, Model: t.Model, Incumbent: t.Incumbent, Simulated: simulated, Figures: figs,
		Stages: []results.StageSummary{{Name: "steady", Figures: figs, Counts: counts,
			Window: results.Window{Seconds: 22.4, RampCut: 1.9, DrainCut: 3.1, OfferedPerS: 3.9, AchievedPerS: 3.88}}}}
	if t.Quality > 0 {
		out.Judged = results.Judged{Dialogues: 24, Verdicts: 25, Unscored: 1, Why: map[string]int{"not JSON after two repairs": 1}}
		if !t.Incumbent {
			d := t.Quality - 4.42
			out.Judged.Difference = &results.Figure{Value: &d, Low: ptr(d - 0.14), High: ptr(d + 0.14), Unit: "points", N: 24}
			out.Judged.LowerOneSided, out.Judged.UpperOneSided = ptr(d-0.12), ptr(d+0.12)
			if d > -0.25 && d-0.12 < -0.25 {
				out.Judged.More = 31
			}
		}
	}
	return out
}

func figures(t Target, n int) map[string]results.Figure {
	fig := func(v, spread float64, unit string) results.Figure {
		return results.Figure{Value: ptr(v), Low: ptr(v * (1 - spread)), High: ptr(v * (1 + spread)), Unit: unit, N: n}
	}
	tail := func(v float64) results.Figure {
		f := fig(v, 0.06, "s")
		f.High, f.Reason = nil, "need 368"
		return f
	}
	total := t.TTFT + 72*t.TPOT
	m := map[string]results.Figure{
		"ttft_p50": fig(t.TTFT, 0.02, "s"), "ttft_p90": fig(t.TTFT*1.12, 0.03, "s"), "ttft_p99": tail(t.TTFT * 1.31),
		"ttft_service_p50": fig(t.TTFT-0.0004, 0.02, "s"), "ttfa_p50": fig(t.TTFT, 0.02, "s"),
		"tpot_p50": fig(t.TPOT, 0.01, "s"), "itl_p50": fig(t.TPOT*0.99, 0.01, "s"), "itl_p99": fig(t.TPOT*1.7, 0.05, "s"),
		"latency_p50": fig(total, 0.02, "s"), "latency_p99": tail(total * 1.22),
		"output_tokens_per_s": fig(t.TokensPerSec, 0.04, "tokens/s"), "requests_per_s": fig(t.TokensPerSec/72, 0.04, "1/s"),
		"goodput":           fig(t.TokensPerSec/74, 0.05, "1/s"),
		"interruption_rate": {Value: ptr(t.ErrorRate / 2), Low: ptr(0), High: ptr(t.ErrorRate/2 + 0.03), Unit: "share", N: n},
		"error_rate":        {Value: ptr(t.ErrorRate), Low: ptr(t.ErrorRate / 3), High: ptr(t.ErrorRate + 0.034), Unit: "share", N: n},
		"gpu_util":          results.Unknown("share", 0, "no GPU on this host"),
		"gpu_mem_gib":       results.Unknown("GiB", 0, "no GPU on this host"),
		"gpu_power_w":       results.Unknown("W", 0, "no GPU on this host"),
	}
	for key, factor := range map[string]float64{"usd_per_mtok_input": 0.2, "usd_per_mtok_output": 1, "usd_per_mtok_blended": 0.31, "usd_per_1k_conversations": 0.315} {
		if t.Output == 0 {
			m[key] = results.Unknown("USD", 0, "no price: give --price IN,OUT or price: in the scenario")
			continue
		}
		m[key] = results.Figure{Value: ptr(t.Output * factor), Low: ptr(t.Output * factor * 0.97), High: ptr(t.Output * factor * 1.03), Unit: "USD", N: n}
	}
	for key, d := range map[string]float64{"quality": 0, "coherence": 0.11, "understanding": -0.04, "usefulness": -0.07} {
		if t.Quality == 0 {
			m[key] = results.Unknown("points", 0, "not judged: name a judge (--judge-url and --judge-model, or eval: in the scenario)")
			continue
		}
		m[key] = results.Figure{Value: ptr(t.Quality + d), Low: ptr(t.Quality + d - 0.16), High: ptr(t.Quality + d + 0.16), Unit: "points", N: 24}
	}
	return m
}
