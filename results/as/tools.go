package as

import "switchover/targets/chat"

// measure hands one successful attempt's samples of a figure to add: a value in
// seconds and how many times it counts.
type measure func(a *answer, add func(seconds, weight float64))

// tool is one load tool's definitions.
type tool struct {
	name, title              string
	ok                       func(*answer) bool // whether it takes an attempt for a success
	keeps                    func(*answer) bool // nil: every success enters its figures
	ttft, tpot, itl, latency measure            // nil: it has none
	tokens                   func(*answer) int  // output tokens of its throughput
	quantile                 func(samples []sample, q float64) (v float64, n int, ok bool)
	successWindow            bool // its throughput's window spans successes alone
	throughout               []string
	why                      map[string]string // by the stem of a figure's key
	inexact                  inexact
	reacts                   []string // what of the streams changes its figures
}

var tools = []*tool{vllm, guidellm, aiperf, inferencePerf, genaiBench, llmperf}

// measures are the tool's figures of one answer, by stem.
func (t *tool) measures() map[string]measure {
	return map[string]measure{"ttft": t.ttft, "tpot": t.tpot, "itl": t.itl, "latency": t.latency}
}

// instant adds the time since posting of an instant that may not exist.
func instant(of func(*answer) (int64, bool)) measure {
	return func(a *answer, add func(float64, float64)) {
		if t, ok := of(a); ok {
			add(a.since(t), 1)
		}
	}
}

func firstToken(a *answer) (int64, bool) { return a.FirstToken.Get() }
func lastToken(a *answer) (int64, bool)  { return a.LastToken.Get() }
func end(a *answer) (int64, bool)        { return a.End.Get() }

// spread adds a span shared out over tokens, where there are any.
func spread(from, to int64, tokens int, weight float64, add func(float64, float64)) {
	if tokens > 0 {
		add(float64(to-from)/1e9/float64(tokens), weight)
	}
}

var vllm = &tool{
	name: "vllm", title: "vLLM's bench serve",
	ok: func(a *answer) bool {
		_, some := a.firstEvent()
		return some && (a.ended() || a.Error != nil && a.Error.Class == chat.StreamError)
	},
	ttft: instant((*answer).firstEvent),
	tpot: func(a *answer, add func(float64, float64)) {
		first, _ := a.firstEvent()
		last, _ := a.lastEvent()
		spread(first, last, vllmTokens(a)-1, 1, add)
	},
	itl: func(a *answer, add func(float64, float64)) {
		at := a.events()
		for i := 1; i < len(at); i++ {
			add(float64(at[i]-at[i-1])/1e9, 1)
		}
		if more := a.Events - len(at); more > 0 {
			add(0, float64(more))
		}
	},
	latency:  instant((*answer).lastEvent),
	tokens:   vllmTokens,
	quantile: linear,
	why:      vllmWhy,
	inexact:  vllmInexact,
	reacts:   []string{seenRole, seenMany, seenBeside, seenQueue, seenClean, seenRetried},
}

// vllmTokens is usage, unless that came beside choices: then it is overlooked and
// the text, content alone, is tokenised.
func vllmTokens(a *answer) int {
	if a.UsageBeside {
		return a.counted("c")
	}
	return a.usage()
}

var guidellm = &tool{
	name: "guidellm", title: "GuideLLM",
	ok: (*answer).ended,
	ttft: func(a *answer, add func(float64, float64)) {
		if t, ok := firstToken(a); ok {
			add(a.since(t), 1)
			return
		}
		add(0, 1)
	},
	tpot: func(a *answer, add func(float64, float64)) {
		last, ok := lastToken(a)
		if !ok {
			last = a.End.Or(0)
		}
		spread(a.posted.Or(0), last, a.usage(), float64(a.usage()), add)
	},
	itl: func(a *answer, add func(float64, float64)) {
		if first, ok := firstToken(a); ok {
			last, _ := lastToken(a)
			spread(first, last, a.usage()-1, float64(a.usage()-1), add)
		}
	},
	latency:  instant(end),
	tokens:   (*answer).usage,
	quantile: inverted,
	why:      guidellmWhy,
	reacts:   []string{seenMany, seenQueue, seenClean, seenRetried},
}

var aiperf = &tool{
	name: "aiperf", title: "AIPerf",
	ok:   func(a *answer) bool { return a.ended() && len(a.pieces) > 0 },
	ttft: instant(firstToken),
	tpot: perToken("cr"),
	itl:  perToken("cr"),

	latency:       instant(lastToken),
	tokens:        func(a *answer) int { return a.counted("cr") },
	quantile:      linear,
	successWindow: true,
	why:           aiperfWhy,
	inexact:       tokenizes("its own tokenizer"),
	reacts:        []string{seenMany, seenTools, seenQueue, seenClean, seenRetried},
}

// perToken is (last token - first token) / (tokens - 1), the tokens being those of
// the kinds named.
func perToken(kinds string) measure {
	return func(a *answer, add func(float64, float64)) {
		if first, ok := firstToken(a); ok {
			last, _ := lastToken(a)
			spread(first, last, a.counted(kinds)-1, 1, add)
		}
	}
}

var inferencePerf = &tool{
	name: "inference-perf", title: "inference-perf",
	ok: (*answer).ended,
	ttft: func(a *answer, add func(float64, float64)) {
		if text := a.of("c"); stampsOf(text) > 1 {
			add(a.since(text[0].at), 1)
		}
	},
	tpot: func(a *answer, add func(float64, float64)) {
		if text := a.of("c"); len(text) > 0 {
			spread(text[0].at, text[len(text)-1].at, stampsOf(text)-1, 1, add)
		}
	},
	itl: func(a *answer, add func(float64, float64)) {
		text := a.of("c")
		for i, p := range text {
			if i > 0 {
				add(float64(p.at-text[i-1].at)/1e9, 1)
			}
			if more := max(1, p.tokens) - 1; more > 0 {
				add(0, float64(more))
			}
		}
	},
	latency:  instant(end),
	tokens:   func(a *answer) int { return a.counted("c") },
	quantile: linear,
	why:      inferencePerfWhy,
	inexact:  tokenizes("its own tokenizer, each chunk alone"),
	reacts:   []string{seenReasoning, seenTools, seenMany, seenQueue, seenClean, seenRetried},
}

// stampsOf is how many token stamps inference-perf makes of chunks: it tokenises
// each alone, which gives at least one.
func stampsOf(text []piece) (n int) {
	for _, p := range text {
		n += max(1, p.tokens)
	}
	return n
}

var genaiBench = &tool{
	name: "genai-bench", title: "genai-bench",
	ok: (*answer).ended,
	// An answer of more than 1,000 tokens a second is taken for an error of measurement.
	keeps: func(a *answer) bool {
		n, seconds := genaiDecode(a)
		return n < 1 || seconds > 0 && float64(n)/seconds <= 1000
	},
	ttft: instant(genaiFirst),
	tpot: func(a *answer, add func(float64, float64)) {
		if n, seconds := genaiDecode(a); n >= 1 {
			add(seconds/float64(n), 1)
		}
	},
	latency:    instant(genaiEnd),
	tokens:     (*answer).usage,
	quantile:   linear,
	why:        genaiBenchWhy,
	inexact:    genaiBenchInexact,
	throughout: []string{"Answers of more than 1,000 tokens a second are dropped from every figure."},
	reacts:     []string{seenFast, seenTools, seenMany, seenQueue, seenClean, seenRetried},
}

// genaiFirst is the first content or reasoning; of an answer without either, the end.
func genaiFirst(a *answer) (int64, bool) {
	if text := a.of("cr"); len(text) > 0 {
		return text[0].at, true
	}
	return genaiEnd(a)
}

// genaiEnd is the usage event after the finish reason, at which it stops reading,
// or the end of a stream without one.
func genaiEnd(a *answer) (int64, bool) {
	if t, ok := a.UsageEvent.Get(); ok && a.Complete {
		return t, true
	}
	return end(a)
}

// genaiDecode is what genai-bench divides: the tokens after the first, and the time
// from the first to the end of the stream.
func genaiDecode(a *answer) (tokens int, seconds float64) {
	first, _ := genaiFirst(a)
	last, _ := genaiEnd(a)
	return a.usage() - 1, float64(last-first) / 1e9
}

var llmperf = &tool{
	name: "llmperf", title: "llmperf",
	ok: (*answer).ended,
	ttft: func(a *answer, add func(float64, float64)) {
		if text := a.of("c"); len(text) > 0 {
			add(a.since(text[0].at), 1)
			return
		}
		add(0, 1)
	},
	itl: func(a *answer, add func(float64, float64)) {
		if text := a.of("c"); len(text) > 0 && a.counted("c") > 0 {
			add(a.since(text[len(text)-1].at)/float64(a.counted("c")), 1)
			return
		}
		add(0, 1)
	},
	latency:  instant(end),
	tokens:   func(a *answer) int { return a.counted("c") },
	quantile: linear,
	why:      llmperfWhy,
	inexact:  tokenizes("one Llama tokenizer for all models"),
	reacts:   []string{seenReasoning, seenTools, seenMany, seenQueue, seenClean, seenRetried},
}
