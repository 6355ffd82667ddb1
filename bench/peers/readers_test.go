package main

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"switchover/results"
)

// The samples are our own writing, in the shape of each client's output.
func TestReaders(t *testing.T) {
	milli := func(v ...float64) []time.Duration {
		out := []time.Duration{}
		for _, f := range v {
			out = append(out, time.Duration(f*1e6))
		}
		return out
	}
	for _, tc := range []struct {
		intent string
		read   func([]byte) ([]seen, error)
		in     string
		want   []seen
	}{
		{"Locust: what its locustfile wrote", readLocust,
			`{"id": "7", "first": 0.4, "at": 1795000000.5, "gaps": [0.02, 0.03]}` + "\n\n" + `{"id": "8", "first": 0.5, "gaps": []}`,
			[]seen{{id: "7", first: 400 * time.Millisecond, at: 1795000000500000000, gaps: milli(20, 30), mean: 25 * time.Millisecond},
				{id: "8", first: 500 * time.Millisecond, gaps: milli()}}},
		{"GuideLLM: complete requests, by the answer's id", readGuideLLM,
			`{"benchmarks": [{"requests": {"successful": [
				{"response_id": "c1", "time_to_first_token_ms": 401.5, "inter_token_latency_ms": 20.25,
					"info": {"timings": {"first_token_iteration": 1795000000.25}}},
				{"response_id": "c2", "time_to_first_token_ms": 402, "inter_token_latency_ms": null}],
			"incomplete": [{"response_id": "c3", "time_to_first_token_ms": 1, "inter_token_latency_ms": 1}], "errored": []}}]}`,
			[]seen{{completion: "c1", first: 401500 * time.Microsecond, at: 1795000000250000000, mean: 20250 * time.Microsecond}}},
		{"AIPerf: neither failures nor warm-up", readAIPerf,
			`{"metadata": {"x_request_id": "u1", "benchmark_phase": "profiling", "request_start_ns": 1795000000000000000}, "metrics": {"time_to_first_token": {"value": 400, "unit": "ms"},
				"inter_token_latency": {"value": 25, "unit": "ms"}, "inter_chunk_latency": {"value": [20, 30], "unit": "ms"}}}` + "\n" +
				`{"metadata": {"x_request_id": "u2", "benchmark_phase": "profiling"}, "metrics": {}, "error": {"code": 500}}` + "\n" +
				`{"metadata": {"x_request_id": "u3", "benchmark_phase": "warmup"}, "metrics": {"time_to_first_token": {"value": 400, "unit": "ms"},
				"inter_token_latency": {"value": 25, "unit": "ms"}, "inter_chunk_latency": {"value": [20, 30], "unit": "ms"}}}`,
			[]seen{{id: "u1", first: 400 * time.Millisecond, at: 1795000000400000000, gaps: milli(20, 30), mean: 25 * time.Millisecond}}},
		{"vllm-bench: role and finish reason are no tokens", func(b []byte) ([]seen, error) { return readVLLMBench(b, 3) },
			`{"ttfts": [0.4, 0, 0.5], "itls": [[0.001, 0.02, 0.03, 0.002], [], [0.02]], "errors": ["", "broken", ""]}`,
			[]seen{{id: "0", first: 400 * time.Millisecond, gaps: milli(20, 30), mean: 25 * time.Millisecond},
				{id: "2", first: 500 * time.Millisecond, gaps: milli(20), mean: 20 * time.Millisecond}}},
	} {
		line := strings.ReplaceAll(strings.ReplaceAll(tc.in, "\n\t\t\t\t", " "), "\n\t\t\t", " ")
		got, err := tc.read([]byte(line))
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", tc.intent, got, err, tc.want)
		}
	}
}

func TestReadersRefuseWhatTheyCannotBelieve(t *testing.T) {
	for _, tc := range []struct {
		intent string
		read   func([]byte) ([]seen, error)
		in     string
		want   string
	}{
		{"a line that is no JSON", readLocust, `{"id": "1", "first": 0.1, "gaps": []}` + "\n" + `{"id": `, "line 2"},
		{"a time before the start", readLocust, `{"id": "1", "first": -0.1, "gaps": []}`, "no time"},
		{"a gap of days", readLocust, `{"id": "1", "first": 0.1, "gaps": [1e9]}`, "no time"},
		{"two benchmarks in a report", readGuideLLM, `{"benchmarks": [{}, {}]}`, "2 benchmarks"},
		{"another unit", readAIPerf, `{"metadata": {"benchmark_phase": "profiling"}, "metrics": {"time_to_first_token": {"value": 1, "unit": "s"},
			"inter_token_latency": {"value": 1, "unit": "ms"}, "inter_chunk_latency": {"value": [], "unit": "ms"}}}`, `units "s"`},
		{"a result without details", func(b []byte) ([]seen, error) { return readVLLMBench(b, 3) }, `{"ttfts": [0.1]}`, "--save-detailed"},
	} {
		_, err := tc.read([]byte(strings.ReplaceAll(tc.in, "\n\t\t\t", " ")))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", tc.intent, err, tc.want)
		}
	}
}

func TestOurOwnRecords(t *testing.T) {
	at := func(d time.Duration) results.Instant { return results.At(d) }
	chunk := func(gap time.Duration) results.Chunk { return results.Chunk{Gap: gap, Tokens: 1, Kind: "c"} }
	d := &results.Data{Run: &results.Run{Segments: []results.Segment{{Index: 0, EpochUnixNs: 1000}, {Index: 1, EpochUnixNs: 5000}}}, Records: []results.Record{
		{ID: "whole", Segment: 1, Complete: true, Intended: at(0), Start: at(5 * time.Millisecond), FirstToken: at(405 * time.Millisecond),
			Chunks: []results.Chunk{chunk(400 * time.Millisecond), chunk(20 * time.Millisecond), chunk(30 * time.Millisecond)}},
		{ID: "broken off", Start: at(0), FirstToken: at(1), Chunks: []results.Chunk{chunk(1)}},
		{ID: "without a token", Complete: true, Start: at(0)},
	}}
	want := []seen{{id: "whole", first: 400 * time.Millisecond, at: 5000 + 405*ms, gaps: []time.Duration{20 * time.Millisecond, 30 * time.Millisecond}, mean: 25 * time.Millisecond}}
	if got := fromJournal(d); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func FuzzReaders(f *testing.F) {
	f.Add([]byte(`{"id": "7", "first": 0.4, "gaps": [0.02]}`))
	f.Add([]byte(`{"benchmarks": [{"requests": {"successful": [{"response_id": "c", "time_to_first_token_ms": 4, "inter_token_latency_ms": 2}]}}]}`))
	f.Add([]byte(`{"ttfts": [0.4], "itls": [[0.1, 0.2]], "errors": [""]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, read := range []func([]byte) ([]seen, error){readLocust, readGuideLLM, readAIPerf,
			func(b []byte) ([]seen, error) { return readVLLMBench(b, 3) }} {
			got, err := read(b)
			if err != nil {
				continue
			}
			for _, s := range got {
				if s.at < 0 || s.first < 0 || s.first > time.Hour || s.mean < 0 || s.mean > time.Hour {
					t.Fatalf("first %s, mean %s: not within an hour", s.first, s.mean)
				}
			}
		}
	})
}
