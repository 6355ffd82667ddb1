package as

import (
	"fmt"
	"slices"
	"time"

	"switchover/results"
	"switchover/results/stats"
)

// throughout holds for every tool.
var throughout = []string{
	"Its clock starts when the request is handed to the HTTP client, ours when the request was due: waiting in the client is left out there; connecting is in both.",
	"It knows no retries: every attempt here counts as a request of its own, and one that was retried as a failure as well.",
	"It is taken to have read every stream: line ends, split characters and events that its own parser trips over are read here.",
	"It would have stamped arrivals when its own program got round to them; here all figures are of the same stamps.",
}

const (
	waits = "it starts when the request is sent, ours when it was due"
	ours  = "ours are the gaps of all answers, a chunk of k tokens after D being k gaps of D/k"
	last  = "it ends with the stream (usage and [DONE] included), ours with the last token; " + waits
)

// words adds to the differences of a tool's own figures those that all tools have.
func words(own map[string]string) map[string]string {
	own["output_tokens_per_s"] = "all tokens of its successes / the whole stage, ramp and drain included; ours are the tokens that arrived in the steady part"
	own["requests_per_s"] = "its successes / the whole stage, ramp and drain included; ours is over the steady part"
	own["error_rate"] = "attempts that failed / attempts; ours are requests whose last attempt failed. A stream that lacks [DONE] but was closed cleanly, or held no answer, is a success there"
	return own
}

var vllmWhy = words(map[string]string{
	"ttft":    "it stops at the first event with choices, also an empty one (role only); ours at the first content; " + waits,
	"tpot":    "(last event - first event) / (tokens - 1), empty events included; ours counts from the first content and takes off all tokens of the first chunk",
	"itl":     "gaps between events, all answers pooled: a chunk of several tokens is one gap, and empty events count; " + ours,
	"latency": "it ends with the last event with choices, also an empty one (finish reason); ours with the last content; " + waits,
})

var guidellmWhy = words(map[string]string{
	"ttft":    waits + "; the first content is the same. Percentiles are not interpolated. An answer without content counts as 0",
	"tpot":    "(last token - start) / tokens, so the wait for the first token is in it; weighted by tokens; ours starts at the first token",
	"itl":     "one mean per answer, (last token - first token) / (tokens - 1), weighted by tokens: bursts and stalls inside an answer vanish; " + ours,
	"latency": last + ". Percentiles are not interpolated",
})

var aiperfWhy = words(map[string]string{
	"ttft":    waits + "; the first content is the same",
	"tpot":    "it has none of its own: its inter-token latency, (last token - first token) / (tokens - 1), is shown; ours takes off all tokens of the first chunk",
	"itl":     "one mean per answer, (last token - first token) / (tokens - 1): bursts and stalls inside an answer vanish; " + ours,
	"latency": waits + "; the last content is the same",
})

var inferencePerfWhy = words(map[string]string{
	"ttft":    "it stops at the first text: reasoning and tool calls are passed over, and answers of one token left out; " + waits,
	"tpot":    "(last text - first text) / (tokens - 1); ours takes off all tokens of the first chunk, and reasoning and tool calls count",
	"itl":     "gaps between tokens of text, all answers pooled: a chunk of k tokens is one full gap and k-1 of 0; " + ours,
	"latency": last,
})

var genaiBenchWhy = words(map[string]string{
	"ttft":    "it stops at the first text or reasoning: an answer of tool calls alone has the end of its stream; " + waits,
	"tpot":    "(usage event - first token) / (tokens - 1); ours ends with the last token and takes off all tokens of the first chunk",
	"itl":     "it has none",
	"latency": "it ends with the usage event, ours with the last token; " + waits,
})

var llmperfWhy = words(map[string]string{
	"ttft":    "it stops at the first text: reasoning and tool calls are passed over, and an answer without text counts as 0; " + waits,
	"tpot":    "it has none",
	"itl":     "one mean per answer, (last text - start) / tokens: the wait for the first token is in it; " + ours,
	"latency": last,
})

// inexact says of a tool's figures, by stem, what a journal cannot tell about
// them in a given run; "" where that run leaves nothing open.
type inexact map[string]func(*measured) string

var vllmInexact = inexact{
	"ttft": noEvents, "latency": noEvents, "output_tokens_per_s": overlooked,
	"itl":  func(m *measured) string { return join(noEvents(m), untimed(m)) },
	"tpot": func(m *measured) string { return join(noEvents(m), overlooked(m)) },
}

var genaiBenchInexact = inexact{"latency": untilDone, "tpot": untilDone}

// tokenizes is the inexactness of a tool that counts tokens itself.
func tokenizes(with string) inexact {
	say := func(*measured) string { return "it counts tokens with " + with + "; here they are the recorded ones" }
	return inexact{"tpot": say, "itl": say, "output_tokens_per_s": say}
}

func untilDone(m *measured) string {
	if n := count(m.successes, func(a *answer) bool { return a.Events == 0 }); n > 0 {
		return "it stops at the usage event, not recorded in " + some(n, "answer") + ": the end of the stream is used"
	}
	return ""
}

func overlooked(m *measured) string {
	if n := count(m.successes, func(a *answer) bool { return a.UsageBeside }); n > 0 {
		return "in " + some(n, "answer") + " it overlooks usage and counts with its own tokenizer; here the recorded tokens of the text are used"
	}
	return ""
}

func noEvents(m *measured) string {
	if n := count(m.successes, func(a *answer) bool { return a.Events == 0 }); n > 0 {
		return "events without content not recorded in " + some(n, "answer") + ": the first and last content are used"
	}
	return ""
}

func untimed(m *measured) string {
	var n int
	for _, a := range m.successes {
		n += a.EventsUntimed
	}
	if n > 0 {
		return some(n, "event") + " without content in mid-stream not timed: each counts as a gap of 0"
	}
	return ""
}

func join(a, b string) string {
	if a != "" && b != "" {
		return a + "; " + b
	}
	return a + b
}

// What streams can hold that tools take differently.
const (
	seenRole      = "role"
	seenReasoning = "reasoning"
	seenTools     = "tools"
	seenMany      = "many"
	seenBeside    = "beside"
	seenQueue     = "queue"
	seenClean     = "clean"
	seenRetried   = "retried"
	seenFast      = "fast"
)

// seen says what of this target's streams makes the tool's figures differ.
func (m *measured) seen() []string {
	var out []string
	say := func(kind string, n int, thing, what string) {
		if n > 0 && slices.Contains(m.tool.reacts, kind) {
			out = append(out, some(n, thing)+" "+what)
		}
	}
	early := times(m.all, 0, func(a *answer) results.Opt[time.Duration] { return results.Since(a.FirstToken, a.FirstEvent) })
	say(seenRole, len(early), "answer", "began with an event without content, at the median "+median(early)+" before the first token")
	say(seenReasoning, count(m.all, func(a *answer) bool { return len(a.of("r")) > 0 }), "answer", "reasoned: it waits for the first text")
	say(seenTools, count(m.all, func(a *answer) bool { return len(a.of("t")) > 0 }), "answer", "called tools, which it does not count")
	many := func(p piece) bool { return p.tokens > 1 }
	say(seenMany, count(m.all, func(a *answer) bool { return slices.ContainsFunc(a.pieces, many) }), "answer", "had several tokens in one event")
	say(seenBeside, count(m.all, func(a *answer) bool { return a.UsageBeside }), "answer", "carried usage beside choices, where it is overlooked")
	late := times(m.all, time.Millisecond, func(a *answer) results.Opt[time.Duration] { return results.Since(a.posted, a.Scheduled) })
	say(seenQueue, len(late), "attempt", "left over 1 ms later than scheduled, at the median "+median(late))
	say(seenClean, count(m.all, func(a *answer) bool { return a.CleanEnd }), "stream", "closed cleanly without an end: a success there, a failure here")
	say(seenRetried, count(m.all, func(a *answer) bool { return a.Attempt > 1 }), "attempt", "repeated an earlier one")
	say(seenFast, m.dropped, "answer", "above 1,000 tokens/s were dropped")
	return out
}

func count(in []*answer, has func(*answer) bool) (n int) {
	for _, a := range in {
		if has(a) {
			n++
		}
	}
	return n
}

// times are the spans above a bound, in seconds, ascending.
func times(in []*answer, above time.Duration, of func(*answer) results.Opt[time.Duration]) []float64 {
	var out []float64
	for _, a := range in {
		if d, ok := of(a).Get(); ok && d > above {
			out = append(out, d.Seconds())
		}
	}
	slices.Sort(out)
	return out
}

// median of times as text.
func median(sorted []float64) string {
	if len(sorted) == 0 {
		return ""
	}
	return fmt.Sprintf("%.3g ms", 1e3*stats.Quantile(sorted, 0.5))
}

// some is a number of things in words.
func some(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
