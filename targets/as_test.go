package targets

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
	"switchover/results/as"
	"switchover/targets/chat"
)

// sent is something a server writes so many milliseconds after the request came.
type sent struct {
	ms   int
	text string
}

func event(fields string) string { return "data: {" + fields + "}\n\n" }
func delta(fields string) string { return event(`"choices":[{"index":0,"delta":{` + fields + `}}]`) }
func finish(why string) string {
	return event(`"choices":[{"index":0,"delta":{},"finish_reason":"` + why + `"}]`)
}
func usage(n int, more string) string {
	return event(fmt.Sprintf(`"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":%d%s}`, n, more))
}

const done = "data: [DONE]\n\n"

// plain is the stream that most of what follows varies: role, three tokens, the
// reason, usage and the end, each in a read of its own.
var plain = []sent{
	{100, delta(`"role":"assistant","content":""`)}, {200, delta(`"content":"one"`)}, {250, delta(`"content":"two"`)},
	{300, delta(`"content":"six"`)}, {310, finish("stop")}, {320, usage(3, "")}, {330, done},
}

// The figures of plain, as "TTFT, TPOT, ITL p50, ITL p99, latency" in ms and
// output tokens/s.
var plainFigures = map[string]string{
	// (300-200)/2 tokens after the first chunk; gaps of 50.
	"ours": "200 50 50 50 300",
	// From the role at 100 to the reason at 310: (310-100)/2. The gaps are 100, 50, 50
	// and 10: p99 is at rank 0.99 x 3 = 2.97, 50 + 0.97 x 50. 3 tokens in 330 ms.
	"vllm": "100 105 50 98.5 310 9.091",
	// 300/3 with the first token; one mean of (300-200)/2; ends with [DONE].
	"guidellm": "200 100 50 50 330 9.091",
	// (300-200)/2 for both; ends with the last token.
	"aiperf":         "200 50 50 50 300 9.091",
	"inference-perf": "200 50 50 50 330 9.091",
	// (320-200)/2: it reads up to the usage event.
	"genai-bench": "200 60 - - 320 9.091",
	// 300/3, the wait for the first token included.
	"llmperf": "200 - 100 100 330 9.091",
}

// Every disagreement among the tools about one stream, read by the real decoder
// in virtual time, under each definition. The expected numbers are worked out by
// hand beside them.
func TestDefinitionsDisagree(t *testing.T) {
	for _, tc := range []struct {
		name   string
		stream []sent
		want   map[string]string
	}{
		{"role-only first event", plain, plainFigures},
		{"lines end in CRLF", vary(plain, func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }), plainFigures},
		{"a character split across two reads is whole with the second", []sent{
			plain[0], {180, delta(`"content":"é"`)[:50]}, {200, delta(`"content":"é"`)[50:]},
			plain[2], plain[3], plain[4], plain[5], plain[6],
		}, plainFigures},
		{"keep-alive comments", append([]sent{{50, ": ping\n\n"}, plain[0], plain[1], {220, ": ping\n\n"}}, plain[2:]...), plainFigures},
		{"reasoning before the answer", []sent{
			{100, delta(`"reasoning_content":"hm?"`)}, {150, delta(`"reasoning_content":"ok."`)}, {300, delta(`"content":"one"`)},
			{340, delta(`"content":"two"`)}, {340, finish("stop")}, {340, usage(4, `,"completion_tokens_details":{"reasoning_tokens":2}`)}, {360, done},
		}, map[string]string{
			// 4 tokens, one a chunk: gaps of 50, 150 and 40; (340-100)/3.
			// p99 of 40, 50, 150 is at rank 1.98: 50 + 0.98 x 100.
			"ours": "100 80 50 148 340",
			// The reason comes with the last token in one read: one more gap, of 0. Of 0,
			// 40, 50, 150 the p50 is 45, the p99 at rank 2.97 50 + 0.97 x 100. 4 in 360 ms.
			"vllm": "100 80 45 147 340 11.11",
			// 340/4; (340-100)/3.
			"guidellm": "100 85 80 80 360 11.11",
			"aiperf":   "100 80 80 80 340 11.11",
			// Text alone: 2 tokens, 300 and 340. 2 in 360 ms.
			"inference-perf": "300 40 40 40 360 5.556",
			"genai-bench":    "100 80 - - 340 11.11",
			// 340/2, thinking included.
			"llmperf": "300 - 170 170 360 5.556",
		}},
		{"tool calls alone", []sent{
			{100, delta(`"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\""}}]`)},
			{150, delta(`"tool_calls":[{"index":0,"function":{"arguments":":1}  "}}]`)},
			{160, finish("tool_calls")}, {170, usage(2, "")}, {180, done},
		}, map[string]string{
			"ours": "100 50 50 50 150",
			// Events at 100, 150 and 160: gaps of 50 and 10, p50 30, p99 10 + 0.99 x 40;
			// (160-100)/1. 2 in 180 ms.
			"vllm": "100 60 30 49.6 160 11.11",
			// 150/2; (150-100)/1.
			"guidellm": "100 75 50 50 180 11.11",
			// No token to share the time among: the text is empty.
			"aiperf":         "100 - - - 150 0",
			"inference-perf": "- - - - 180 0",
			// Its first token is the usage event at which it stops: infinitely many tokens
			// a second, and dropped.
			"genai-bench": "- - - - - -",
			// Without text both are 0, and stay in the averages.
			"llmperf": "0 - 0 0 180 0",
		}},
		{"usage beside choices", []sent{
			{100, delta(`"content":"one"`)}, {150, delta(`"content":"two"`)},
			{160, event(`"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":5}`)}, {180, done},
		}, map[string]string{
			// 5 tokens in two chunks of equal length: 3 and 2. (150-100)/2, twice a gap of 25.
			"ours": "100 25 25 25 150",
			// It tokenises the text instead (5 here): (160-100)/4. Gaps of 50 and 10.
			"vllm": "100 15 30 49.6 160 27.78",
			// 150/5; (150-100)/4.
			"guidellm": "100 30 12.5 12.5 180 27.78",
			"aiperf":   "100 12.5 12.5 12.5 150 27.78",
			// Stamps 100 three times, 150 twice: gaps 0, 0, 50, 0. p99 is at rank 2.97 of
			// 0, 0, 0, 50.
			"inference-perf": "100 12.5 0 48.5 180 27.78",
			// It stops at the reason with usage: (160-100)/4.
			"genai-bench": "100 15 - - 160 27.78",
			"llmperf":     "100 - 30 30 180 27.78",
		}},
		{"several tokens a chunk", []sent{
			{100, delta(`"content":"onetwosix"`)}, {160, delta(`"content":"teneleven"`)}, {160, finish("stop")}, {170, usage(6, "")}, {170, done},
		}, map[string]string{
			// 3 and 3 tokens: 60/3.
			"ours": "100 20 20 20 160",
			// One gap of 60 for three tokens and one of 0 for the reason; 60/5. 6 in 170 ms.
			"vllm": "100 12 30 59.4 160 35.29",
			// 160/6; 60/5.
			"guidellm": "100 26.67 12 12 170 35.29",
			"aiperf":   "100 12 12 12 160 35.29",
			// Gaps 0, 0, 60, 0, 0: p99 is at rank 3.96 of 0, 0, 0, 0, 60.
			"inference-perf": "100 12 0 57.6 170 35.29",
			// (170-100)/5.
			"genai-bench": "100 14 - - 170 35.29",
			"llmperf":     "100 - 26.67 26.67 170 35.29",
		}},
		{"closed cleanly before its end: a failure to us alone", []sent{
			{100, delta(`"content":"one"`)}, {200, delta(`"content":"two"`)}, {250, ""},
		}, map[string]string{
			"ours": "- - - - -",
			// Without usage each event counts as a token. 2 in 250 ms.
			"vllm": "100 100 100 100 200 8", "guidellm": "100 100 100 100 250 8", "aiperf": "100 100 100 100 200 8",
			"inference-perf": "100 100 100 100 250 8", "genai-bench": "100 150 - - 250 8", "llmperf": "100 - 100 100 250 8",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := map[string]string{}
			data := recorded(t, tc.stream)
			summary, _ := results.Summarise(data)
			for _, name := range as.Names() {
				r, err := as.New(name, data, summary)
				if err != nil {
					t.Fatal(err)
				}
				got["ours"], got[name] = figuresOf(r)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("TTFT, TPOT, ITL p50, ITL p99, latency, tokens/s (-want +got):\n%s", diff)
			}
		})
	}
}

func vary(in []sent, f func(string) string) []sent {
	var out []sent
	for _, a := range in {
		out = append(out, sent{a.ms, f(a.text)})
	}
	return out
}

// recorded asks a server that answers with a stream once, in virtual time.
func recorded(t *testing.T, stream []sent) *results.Data {
	rec := &results.Record{ID: "s/t/0/0/1", Target: "t", Stage: "s", Item: "i", Attempt: 1}
	synctest.Test(t, func(t *testing.T) {
		target, err := open(bare("http://pipe/v1"), piped(0, func(c net.Conn) {
			began := time.Now()
			_, _ = io.WriteString(c, streamHead)
			for i := 0; i < len(stream); {
				step, text := stream[i], ""
				for ; i < len(stream) && stream[i].ms == step.ms; i++ { // of one instant: one read
					text += stream[i].text
				}
				time.Sleep(time.Until(began.Add(time.Duration(step.ms) * ms)))
				if text != "" {
					_, _ = io.WriteString(c, httpChunk(text))
				}
			}
			_, _ = io.WriteString(c, "0\r\n\r\n")
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		zero := time.Now().Add(-time.Second)
		rec.Intended, rec.Scheduled = results.At(time.Second), results.At(time.Second)
		target.Ask(t.Context(), zero, chat.Request{}, rec)
	})
	run := &results.Run{ID: "r", State: results.StateComplete, Targets: []results.RunTarget{{Name: "t"}},
		Stages: []results.RunStage{{Name: "s", Users: 1, Measure: true}}}
	return &results.Data{Run: run, Records: []results.Record{*rec}, Conversations: []results.Conversation{{Item: "i", Turns: []string{"?"}}}}
}

// figuresOf writes the figures by both definitions, times in ms.
func figuresOf(r *as.Report) (ours, theirs string) {
	write := func(f results.Figure, factor float64) string {
		if f.Value == nil {
			return "-"
		}
		return fmt.Sprintf("%.4g", *f.Value*factor)
	}
	var us, them []string
	for _, row := range r.Targets[0].Rows {
		switch row.Figure {
		case "ttft_p50", "tpot_p50", "itl_p50", "itl_p99", "latency_p50":
			us, them = append(us, write(row.Ours, 1e3)), append(them, write(row.Theirs, 1e3))
		case "output_tokens_per_s": // ours is of a steady window, which one answer does not have
			them = append(them, write(row.Theirs, 1))
		}
	}
	return strings.Join(us, " "), strings.Join(them, " ")
}
