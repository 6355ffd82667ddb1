package results

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"switchover/targets/chat"
)

func inOut(in, out float64) *Price { return &Price{Input: &in, Output: &out} }

func TestUSD(t *testing.T) {
	cached := inOut(2, 10)
	read, write := 0.2, 2.5
	cached.CacheRead, cached.CacheWrite = &read, &write
	onlyOutput := 10.0

	usage := func(in, cacheRead, cacheWrite, out int) *Record {
		return &Record{
			Status: 200, TokenSource: FromUsage, InputTokens: Known(in), CacheReadTokens: Known(cacheRead),
			CacheWriteTokens: Known(cacheWrite), OutputTokens: Known(out),
		}
	}
	failed := func(status int, class chat.Class, sent bool) *Record {
		r := &Record{Status: status, Error: &Error{Class: class}}
		if sent {
			r.Sent = Known(int64(1))
		}
		return r
	}
	for _, tc := range []struct {
		intent string
		price  *Price
		rec    *Record
		want   float64 // NaN: unknown
	}{
		{"input and output at their own prices", inOut(2, 10), usage(1000, 0, 0, 100), 0.003},
		{"cache reads and writes at theirs", cached, usage(1000, 1000, 1000, 100), 0.0057},
		{"absent cache prices are the input price", inOut(2, 10), usage(0, 1000, 1000, 0), 0.004},
		{"no price is unknown, not free", nil, usage(1000, 0, 0, 100), math.NaN()},
		{"a missing input price is unknown", &Price{Output: &onlyOutput}, usage(1000, 0, 0, 100), math.NaN()},
		{"a missing price for no tokens does not matter", &Price{Output: &onlyOutput}, usage(0, 0, 0, 100), 0.001},
		{"no usage is unknown", inOut(2, 10), &Record{Status: 200}, math.NaN()},
		{"counting chunks is not counting tokens", inOut(2, 10),
			&Record{Status: 200, TokenSource: FromChunks, InputTokens: Known(1), OutputTokens: Known(1)}, math.NaN()},
		{"a 429 is not billed", inOut(2, 10), failed(429, chat.RateLimited, true), 0},
		{"a refused connection is not billed", inOut(2, 10), failed(0, chat.Connect, false), 0},
		{"a connection that broke after sending may be", inOut(2, 10), failed(0, chat.Connect, true), math.NaN()},
		{"a server that said nothing may bill", inOut(2, 10), failed(0, chat.TimeoutFirstByte, true), math.NaN()},
		{"an interrupted stream is billed, how much is unknown", inOut(2, 10), failed(200, chat.Interrupted, true), math.NaN()},
	} {
		got, ok := tc.rec.USD(tc.price, time.Time{}).Get()
		if ok == math.IsNaN(tc.want) {
			t.Errorf("%s: known = %v", tc.intent, ok)
		} else if ok && math.Abs(got-tc.want) > 1e-12 {
			t.Errorf("%s: $%g, want $%g", tc.intent, got, tc.want)
		}
	}
}

func TestWorstUSD(t *testing.T) {
	p := inOut(2, 10)
	write := 2.5
	p.CacheWrite = &write
	if got, ok := p.WorstUSD(1000, 100); !ok || math.Abs(got-0.0035) > 1e-12 {
		t.Errorf("worst case is $%g, %v; want every input token at the dearest input price, $0.0035", got, ok)
	}
	if _, ok := (*Price)(nil).WorstUSD(1, 1); ok {
		t.Error("no price has a worst case")
	}
}

// What a refused request counts against the budget: nothing; a stream that was
// cut short: all it may have cost.
func TestCharge(t *testing.T) {
	sent := At(1)
	tests := map[string]struct {
		rec  Record
		want float64
	}{
		"told":             {Record{Sent: sent, Status: 200, CostUSD: Known(0.25)}, 0.25},
		"cut short":        {Record{Sent: sent, Status: 200}, 1},
		"no response":      {Record{Sent: sent}, 1},
		"refused":          {Record{Sent: sent, Status: 429}, 0},
		"never sent":       {Record{}, 0},
		"refused but told": {Record{Sent: sent, Status: 500, CostUSD: Known(0.5)}, 0.5},
	}
	for name, tt := range tests {
		if got := tt.rec.Charge(1); got != tt.want {
			t.Errorf("%s: $%v of $1, want $%v", name, got, tt.want)
		}
	}
}

// Each request has the price of its own size and moment, of which the segment's wall
// clock is a part.
func TestUSDByTimeAndSize(t *testing.T) {
	var p Price
	text := `{"input": 1, "output": 1, "tiers": [{"above": 1000, "input": 2}], "windows": [{"daily": "12:00-13:00", "input": 10, "output": 10}]}`
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	epoch := time.Date(2026, 11, 23, 11, 59, 0, 0, time.UTC)
	for _, tt := range []struct {
		intent string
		after  time.Duration
		input  int
		want   float64
	}{
		{"small and early", 0, 1000, 0.001},
		{"large: all its tokens are dearer", 0, 1001, 0.002002},
		{"a minute later", time.Minute, 1000, 0.01},
	} {
		r := &Record{Status: 200, TokenSource: FromUsage, Start: At(tt.after), InputTokens: Known(tt.input), OutputTokens: Known(0)}
		if got, ok := r.USD(&p, epoch).Get(); !ok || math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%s: $%v, want $%v", tt.intent, got, tt.want)
		}
	}
}
