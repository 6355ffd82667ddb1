package prompts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
	"switchover/targets/chat"
)

func readTrace(src, format string, o TraceOptions) (*Set, error) {
	o.Format = format
	return ReadTrace(strings.NewReader(src), "f", o)
}

const (
	moonTrace = `{"timestamp": 1000, "input_length": 600, "output_length": 5, "hash_ids": [7, 8]}
{"timestamp": 1040, "input_length": 700, "output_length": 6, "hash_ids": [7, 9]}
{"timestamp": 1040, "input_length": 3, "output_length": 1, "hash_ids": [4]}
`
	burstTrace = "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n" +
		"5,,,ChatGPT,47,18,65,Conversation log\n6.5,,,GPT-4,20,0,20,API log\n8,,,GPT-4,20,9,29,API log\n"
	oldBurst   = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,47,18,65,Conversation log\n"
	azureTrace = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,37,44\n2023-11-16 18:15:50.9951690,39,109\r\n2023-11-16 18:15:51,8,1"
)

// Each format's times and lengths are what the trace says, whatever its unit.
func TestReadTrace(t *testing.T) {
	for _, tc := range []struct {
		intent, format, src string
		o                   TraceOptions
		want                []string // item at input output
		left                string
	}{
		{"milliseconds and blocks", TraceMooncake, moonTrace, TraceOptions{}, []string{"line-1 0s 600 5", "line-2 40ms 700 6", "line-3 40ms 3 1"}, ""},
		{"the first of it, by time", TraceMooncake, moonTrace, TraceOptions{Until: 40 * time.Millisecond}, []string{"line-1 0s 600 5"}, ""},
		{"the first of it, by count", TraceMooncake, moonTrace, TraceOptions{Requests: 2}, []string{"line-1 0s 600 5", "line-2 40ms 700 6"}, ""},
		{"what lies behind is not read", TraceMooncake, moonTrace + "broken", TraceOptions{Requests: 3}, []string{"line-1 0s 600 5", "line-2 40ms 700 6", "line-3 40ms 3 1"}, ""},
		{"seconds, failures counted", TraceBurstGPT, burstTrace, TraceOptions{}, []string{"line-2 0s 47 18", "line-4 3s 20 9"}, "1 with no answer (Response tokens 0) (the first on line 3)"},
		{"the older columns", TraceBurstGPT, oldBurst, TraceOptions{}, []string{"line-2 0s 47 18"}, ""},
		{"dates with seven digits", TraceAzure, azureTrace, TraceOptions{}, []string{"line-2 0s 37 44", "line-3 4.314579s 39 109", "line-4 4.31941s 8 1"}, ""},
		{"dates with a zone", TraceAzure, "\ufeffTIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-12 00:00:00.003529+00:00,37,44\n2024-05-12 02:00:01.003529+02:00,3,4\n",
			TraceOptions{}, []string{"line-2 0s 37 44", "line-3 1s 3 4"}, ""},
	} {
		set, err := readTrace(tc.src, tc.format, tc.o)
		if err != nil {
			t.Errorf("%s: %v", tc.intent, err)
			continue
		}
		var got []string
		for _, c := range set.Conversations {
			got = append(got, fmt.Sprintf("%s %s %d %d", c.Item, time.Duration(c.At), c.InputTokens[0], c.MaxTokens))
			if n, err := countTokens(c.Turns[0]); n != c.InputTokens[0] || err != nil || !c.Exact {
				t.Errorf("%s: %s has %d tokens, not %d", tc.intent, c.Item, n, c.InputTokens[0])
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.intent, diff)
		}
		if l := listed(set.Left); l != tc.left {
			t.Errorf("%s: left out: %s", tc.intent, l)
		}
	}
}

// A file of another shape or unit is refused at its place, with the remedy.
func TestTraceRefused(t *testing.T) {
	moon := func(line string) string { return moonTrace + line }
	var dense strings.Builder
	for i := range 200 {
		fmt.Fprintf(&dense, `{"timestamp": %d, "input_length": 3, "output_length": 1, "hash_ids": [%d]}`+"\n", i/2, i)
	}
	for _, tc := range []struct{ intent, format, src, want string }{
		{"GuideLLM's, in seconds", TraceMooncake, `{"timestamp": 1, "input_length": 256, "output_length": 128}`, `f:1: hash_ids is missing (a trace without blocks, such as GuideLLM's in seconds, can be written as CSV with the columns Timestamp (in seconds), Request tokens and Response tokens: format burstgpt)`},
		{"fractions of seconds", TraceMooncake, `{"timestamp": 0.5, "input_length": 256, "output_length": 128, "hash_ids": [1]}`, `f:1: timestamp "0.5" is not a whole number (timestamp is whole milliseconds since the trace's beginning; one in seconds is multiplied by 1000)`},
		{"whole seconds", TraceMooncake, dense.String(), `f: 200 requests came within 99ms, more than 1000 a second (its times are milliseconds, not seconds; multiply them by 1000)`},
		{"times that run backwards", TraceMooncake, moon(`{"timestamp": 900, "input_length": 3, "output_length": 1, "hash_ids": [4]}`), `f:4: the request came 140ms before the one above it (sort the trace by its times)`},
		{"blocks that do not fit the length", TraceMooncake, moon(`{"timestamp": 2000, "input_length": 513, "output_length": 1, "hash_ids": [4]}`), `f:4: input_length 513 is 2 blocks, and hash_ids names 1 (the blocks have 512 tokens each)`},
		{"a negative length", TraceMooncake, `{"timestamp": 0, "input_length": -1, "output_length": 128, "hash_ids": [1]}`, `f:1: input_length is negative`},
		{"a length beyond all models", TraceMooncake, `{"timestamp": 0, "input_length": 3000000, "output_length": 128, "hash_ids": [1]}`, `f:1: input_length is 3000000, more than 2000000`},
		{"a missing field", TraceMooncake, `{"timestamp": 0, "output_length": 128, "hash_ids": [1]}`, `f:1: input_length is missing (a request is {"timestamp": milliseconds, "input_length": ..., "output_length": ..., "hash_ids": [...]})`},
		{"a log", TraceMooncake, `{"messages": []}`, `f:1: the file looks like openai, not a trace`},
		{"sessions", TraceMooncake, `{"session_id": "a", "timestamp": 0, "input_length": 1, "output_length": 1, "hash_ids": [1]}`, `f:1: the request has session_id, which Mooncake's format does not (only requests of lengths and blocks can be replayed)`},
		{"text for a number", TraceMooncake, `{"timestamp": 0, "input_length": "9", "output_length": 1, "hash_ids": [1]}`, `f:1: input_length is a string, not a whole number`},
		{"blocks by name", TraceMooncake, `{"timestamp": 0, "input_length": 9, "output_length": 1, "hash_ids": ["a"]}`, `f:1: hash_ids is not a list of whole numbers`},
		{"a block that is none", TraceMooncake, `{"timestamp": 0, "input_length": 600, "output_length": 1, "hash_ids": [1, null]}`, `f:1: hash_ids is not a list of whole numbers`},
		{"nothing", TraceMooncake, "\n", `f: holds no request (each line is one JSON object; see the format mooncake)`},
		{"nothing but failures", TraceBurstGPT, "Timestamp,Request tokens,Response tokens\n1,2,0\n", `f: holds nothing that can be replayed: 1 with no answer (Response tokens 0) (the first on line 2)`},
		{"CSV for JSON", TraceMooncake, azureTrace, `f:1: the line is not a JSON object; the file looks like CSV (write each row as a JSON object on a line of its own)`},
		{"JSON for CSV", TraceAzure, moonTrace, `f:1: the file looks like JSON, not azure (name its format: conversations, openai, anthropic, prompts, sharegpt, csv, evalscope, mt-bench, mooncake, burstgpt, azure)`},
		{"Azure for BurstGPT", TraceBurstGPT, azureTrace, `f:1: the file looks like azure, not burstgpt (set format: azure, or --from azure)`},
		{"no header", TraceAzure, "2023-11-16 18:15:46.68,374,44\n", `f:1: the header has no column TIMESTAMP; it has "2023-11-16 18:15:46.68", "374", "44" (the first line names the columns: TIMESTAMP, ContextTokens, GeneratedTokens)`},
		{"a column twice", TraceAzure, "TIMESTAMP,ContextTokens,GeneratedTokens,TIMESTAMP\n", `f:1: the column TIMESTAMP is there twice (keep one of them)`},
		{"seconds for dates", TraceAzure, "TIMESTAMP,ContextTokens,GeneratedTokens\n12.5,3,4\n", `f:2: TIMESTAMP is "12.5", not a date and time (TIMESTAMP is written 2023-11-16 18:15:46.6805900)`},
		{"dates for seconds", TraceBurstGPT, "Timestamp,Request tokens,Response tokens\n2023-11-16 18:15:46,2,3\n", `f:2: Timestamp is "2023-11-16 18:15:46", not a number of seconds (Timestamp is seconds since the trace's beginning)`},
		{"negative seconds", TraceBurstGPT, "Timestamp,Request tokens,Response tokens\n-1,2,3\n", `f:2: Timestamp "-1" is out of range (Timestamp is seconds since the trace's beginning)`},
		{"half a token", TraceBurstGPT, "Timestamp,Request tokens,Response tokens\n1,2.5,3\n", `f:2: Request tokens is "2.5", not a whole number of tokens`},
		{"a row too short", TraceBurstGPT, "Timestamp,Request tokens,Response tokens\n1,2\n", `f:2: the row has more or fewer columns than the header (quote texts that hold commas or line ends)`},
		{"a format that is none", "weka", "", `f: unknown format "weka" of traces (the formats of traces are: mooncake, burstgpt, azure)`},
	} {
		set, err := readTrace(tc.src, tc.format, TraceOptions{})
		if err == nil || err.Error() != tc.want || set != nil {
			t.Errorf("%s:\n got %v\nwant %s", tc.intent, err, tc.want)
		}
	}
	for want, l := range map[string]Limits{"more than 2 requests": {Conversations: 2}, "more than 50 bytes of text": {Held: 50}} {
		if _, err := readTrace(moonTrace, TraceMooncake, TraceOptions{Limits: l}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// Prompts share as many first tokens as their first blocks say, and with a salt
// they have their lengths and still share.
func TestTracePrefixes(t *testing.T) {
	for _, salted := range []bool{false, true} {
		set, err := readTrace(moonTrace, TraceMooncake, TraceOptions{Salted: salted})
		if err != nil {
			t.Fatal(err)
		}
		a, b := said(&set.Conversations[0], 0, chat.Salt("s")), said(&set.Conversations[1], 0, chat.Salt("s"))
		common := 0
		for common < len(a) && a[common] == b[common] {
			common++
		}
		if n, err := countTokens(a[:common]); err != nil || n < 512 || n > 514 {
			t.Errorf("salted %v: %d tokens are shared, want 512", salted, n)
		}
		for i := range set.Conversations {
			c := &set.Conversations[i]
			if n, err := countTokens(said(c, 0, chat.Salt(i))); err != nil || n != c.InputTokens[0] {
				t.Errorf("salted %v: %s is sent with %d tokens, not %d", salted, c.Item, n, c.InputTokens[0])
			}
		}
		if scope := set.Conversations[0].Salt.Scope; salted != (scope == results.SaltOfStage) {
			t.Errorf("salted %v: the salt's scope is %s", salted, scope)
		}
	}
}

// publicTrace opens a published trace, where there is one.
func publicTrace(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("SWITCHOVER_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "traces", name))
	if err != nil {
		t.Skipf("public data not here (set SWITCHOVER_DATA to its folder): %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Published traces come out with the counts, sums and spans they have, as counted
// apart from this program.
func TestPublishedTraces(t *testing.T) {
	for _, tc := range []struct {
		file, format            string
		requests, input, output int
		span                    time.Duration
	}{
		{"azure_2023_conv.csv", TraceAzure, 19366, 22361870, 4088665, 3501721937000},
		{"mooncake_synthetic.jsonl", TraceMooncake, 3993, 61194628, 595432, 1022025 * time.Millisecond},
	} {
		t.Run(tc.format, func(t *testing.T) {
			var n, in, out int
			var first, last time.Duration
			for q := range traceFormats[tc.format].requests(publicTrace(t, tc.file), Limits{}.withDefaults(false, true)) {
				if q.err != nil {
					t.Fatalf("line %d: %v", q.line, q.err)
				}
				if n == 0 {
					first = q.at
				}
				n, in, out, last = n+1, in+q.input, out+q.output, q.at
			}
			if n != tc.requests || in != tc.input || out != tc.output || last-first != tc.span {
				t.Errorf("%d requests of %d and %d tokens in %s", n, in, out, last-first)
			}
		})
	}
}

// The prompts made for the first half minute of Mooncake's published trace have
// its lengths, and a prefix cache of whole blocks finds in them just what it would
// find among the blocks that the trace names.
func TestPublishedPrefixes(t *testing.T) {
	set, err := ReadTrace(publicTrace(t, "mooncake_synthetic.jsonl"), "mooncake", TraceOptions{Format: TraceMooncake, Until: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	in, out := 0, 0
	for _, c := range set.Conversations {
		in, out = in+c.InputTokens[0], out+c.MaxTokens
	}
	found, blocks := cached(set)
	if n := len(set.Conversations); n != 108 || in != 1455836 || out != 18588 || found != 162 || blocks != 2914 {
		t.Errorf("%d requests of %d and %d tokens; %d of %d blocks are in the cache", n, in, out, found, blocks)
	}
}

// cached counts the blocks that an endless prefix cache would find, from the texts
// alone: cut into tokens at spaces and marks, and those into blocks.
func cached(set *Set) (found, blocks int) {
	seen := map[string]bool{}
	for _, c := range set.Conversations {
		text := c.Turns[0]
		missed := false
		tokens := 0
		for i := 1; i <= len(text); i++ {
			ends := i == len(text) || text[i] == ' ' || text[i] == ',' || text[i] == '.' || text[i-1] == '\n' && text[i] != '\n'
			if !ends {
				continue
			}
			if tokens++; tokens%blockTokens != 0 && i < len(text) {
				continue
			}
			blocks++
			if missed = missed || !seen[text[:i]]; !missed {
				found++
			}
			seen[text[:i]] = true
		}
	}
	return found, blocks
}

// FuzzReadTrace holds every format to: one clean refusal, or requests in order
// whose prompts have exactly the lengths they say.
func FuzzReadTrace(f *testing.F) {
	for i, src := range []string{moonTrace, burstTrace, azureTrace, oldBurst} {
		f.Add([]byte(src), i)
	}
	f.Add([]byte(`{"timestamp": 1e3, "input_length": 3, "output_length": 1, "hash_ids": [9223372036854775807]}`), 0)
	f.Add([]byte("Timestamp,Request tokens,Response tokens\n1e308,9,9\n"), 1)
	f.Fuzz(func(t *testing.T, src []byte, which int) {
		format := TraceFormats[uint(which)%uint(len(TraceFormats))]
		o := TraceOptions{Format: format, Salted: which%2 == 0, Limits: Limits{LineBytes: 4096, Bytes: 1 << 20, Conversations: 20, Held: 1 << 15}}
		set, err := ReadTrace(strings.NewReader(string(src)), "f", o)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.File != "f" || e.Reason == "" || set != nil || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("not a clean refusal: %q", err)
			}
			return
		}
		last := int64(0)
		for i := range set.Conversations {
			c := &set.Conversations[i]
			if n, err := countTokens(said(c, 0, chat.Salt(i))); err != nil || n != c.InputTokens[0] || c.MaxTokens < 1 || c.At < last {
				t.Fatalf("%s: %d tokens, not %d, at %d after %d", c.Item, n, c.InputTokens[0], c.At, last)
			}
			last = c.At
		}
	})
}
