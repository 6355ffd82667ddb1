package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"switchover/results"
)

// seconds is a duration from a client's number, in units of so long. What is no
// time at all is refused.
func seconds(v float64, unit time.Duration) (time.Duration, error) {
	if math.IsNaN(v) || v < 0 || v*unit.Seconds() > time.Hour.Seconds() {
		return 0, fmt.Errorf("%g is no time of at most an hour", v)
	}
	return time.Duration(v * float64(unit)), nil
}

func allSeconds(vs []float64, unit time.Duration) ([]time.Duration, error) {
	out := make([]time.Duration, len(vs))
	for i, v := range vs {
		var err error
		if out[i], err = seconds(v, unit); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// byClock is an instant in nanoseconds, from seconds since 1970; 0 is none, and what
// no clock of our time shows is none.
func byClock(s float64) int64 {
	if !(s > 0 && s < 1e10) {
		return 0
	}
	whole, rest := math.Modf(s) // multiplied as one it would lose a quarter of a microsecond
	return int64(whole)*int64(time.Second) + int64(rest*1e9)
}

// lines calls read for each line that is not empty.
func lines(b []byte, read func([]byte) error) error {
	in := bufio.NewScanner(bytes.NewReader(b))
	in.Buffer(nil, 16<<20)
	for n := 1; in.Scan(); n++ {
		if len(bytes.TrimSpace(in.Bytes())) == 0 {
			continue
		}
		if err := read(in.Bytes()); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return in.Err()
}

// fromJournal takes the service TTFT, which like the others' starts when the
// request can be sent, and every gap.
func fromJournal(d *results.Data) []seen {
	var out []seen
	for i := range d.Records {
		r := &d.Records[i]
		first, known := results.Since(r.FirstToken, r.Start).Get()
		if !r.OK() || !known || len(r.Chunks) == 0 {
			continue
		}
		s := seen{id: r.ID, first: first, gaps: []time.Duration{}}
		for _, segment := range d.Run.Segments {
			if at, known := r.FirstToken.Get(); known && segment.Index == r.Segment {
				s.at = segment.EpochUnixNs + at
			}
		}
		for _, c := range r.Chunks[1:] {
			s.gaps = append(s.gaps, c.Gap)
		}
		s.mean = meanOf(s.gaps)
		out = append(out, s)
	}
	return out
}

// readLocust reads what locustfile.py wrote.
func readLocust(b []byte) ([]seen, error) {
	var out []seen
	err := lines(b, func(line []byte) error {
		var r struct {
			ID    string    `json:"id"`
			First float64   `json:"first"`
			At    float64   `json:"at"`
			Gaps  []float64 `json:"gaps"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		first, err := seconds(r.First, time.Second)
		if err != nil {
			return err
		}
		gaps, err := allSeconds(r.Gaps, time.Second)
		out = append(out, seen{id: r.ID, first: first, at: byClock(r.At), gaps: gaps, mean: meanOf(gaps)})
		return err
	})
	return out, err
}

// readGuideLLM reads GuideLLM's JSON report. It keeps of a request the time to the
// first token and the mean gap, and names it by the answer's id.
func readGuideLLM(b []byte) ([]seen, error) {
	var report struct {
		Benchmarks []struct {
			Requests struct {
				Successful []struct {
					Response string   `json:"response_id"`
					TTFT     *float64 `json:"time_to_first_token_ms"`
					ITL      *float64 `json:"inter_token_latency_ms"`
					Info     struct {
						Timings struct {
							First float64 `json:"first_token_iteration"`
						} `json:"timings"`
					} `json:"info"`
				} `json:"successful"`
			} `json:"requests"`
		} `json:"benchmarks"`
	}
	if err := json.Unmarshal(b, &report); err != nil {
		return nil, err
	}
	if len(report.Benchmarks) != 1 {
		return nil, fmt.Errorf("%d benchmarks in the report, want 1", len(report.Benchmarks))
	}
	var out []seen
	for i, r := range report.Benchmarks[0].Requests.Successful {
		if r.TTFT == nil || r.ITL == nil {
			continue
		}
		first, err := seconds(*r.TTFT, time.Millisecond)
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", i+1, err)
		}
		mean, err := seconds(*r.ITL, time.Millisecond)
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", i+1, err)
		}
		out = append(out, seen{completion: r.Response, first: first, at: byClock(r.Info.Timings.First), mean: mean})
	}
	return out, nil
}

// readAIPerf reads AIPerf's profile_export.jsonl. Its "inter chunk latency" is the
// list of gaps, its "inter token latency" their mean by the server's token count.
func readAIPerf(b []byte) ([]seen, error) {
	type metric[T any] struct {
		Value T      `json:"value"`
		Unit  string `json:"unit"`
	}
	var out []seen
	err := lines(b, func(line []byte) error {
		var r struct {
			Metadata struct {
				ID    string `json:"x_request_id"`
				Start int64  `json:"request_start_ns"`
				Phase string `json:"benchmark_phase"`
			} `json:"metadata"`
			Metrics struct {
				TTFT *metric[float64]   `json:"time_to_first_token"`
				ITL  *metric[float64]   `json:"inter_token_latency"`
				Gaps *metric[[]float64] `json:"inter_chunk_latency"`
			} `json:"metrics"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		m := r.Metrics
		if m.TTFT == nil || m.ITL == nil || m.Gaps == nil || r.Metadata.Phase != "profiling" {
			return nil // a failed request, or warm-up
		}
		if m.TTFT.Unit != "ms" || m.ITL.Unit != "ms" || m.Gaps.Unit != "ms" {
			return fmt.Errorf("units %q, %q and %q, want ms", m.TTFT.Unit, m.ITL.Unit, m.Gaps.Unit)
		}
		first, err := seconds(m.TTFT.Value, time.Millisecond)
		if err != nil {
			return err
		}
		mean, err := seconds(m.ITL.Value, time.Millisecond)
		if err != nil {
			return err
		}
		gaps, err := allSeconds(m.Gaps.Value, time.Millisecond)
		s := seen{id: r.Metadata.ID, first: first, gaps: gaps, mean: mean}
		if r.Metadata.Start > 0 {
			s.at = r.Metadata.Start + int64(first)
		}
		out = append(out, s)
		return err
	})
	return out, err
}

// readVLLMBench reads the detailed result of vLLM's client, whose requests are
// named by their number. For it the role-only event is the first token and the
// finish reason one more: with those two the gaps between tokens are all but the
// first and the last of its list.
func readVLLMBench(b []byte, tokens int) ([]seen, error) {
	var report struct {
		TTFTs  []float64   `json:"ttfts"`
		ITLs   [][]float64 `json:"itls"`
		Errors []string    `json:"errors"`
	}
	if err := json.Unmarshal(b, &report); err != nil {
		return nil, err
	}
	if len(report.ITLs) != len(report.TTFTs) || len(report.Errors) != len(report.TTFTs) {
		return nil, fmt.Errorf("%d ttfts, %d itls and %d errors: want as many of each, as --save-detailed writes them",
			len(report.TTFTs), len(report.ITLs), len(report.Errors))
	}
	var out []seen
	for i, ttft := range report.TTFTs {
		if report.Errors[i] != "" {
			continue
		}
		first, err := seconds(ttft, time.Second)
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", i, err)
		}
		gaps, err := allSeconds(report.ITLs[i], time.Second)
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", i, err)
		}
		if len(gaps) == tokens+1 {
			gaps = gaps[1:tokens]
		}
		out = append(out, seen{id: strconv.Itoa(i), first: first, gaps: gaps, mean: meanOf(gaps)})
	}
	return out, nil
}
