package main

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write golden files")

func TestTable(t *testing.T) {
	us := func(vs ...float64) []float64 {
		out := make([]float64, len(vs))
		for i, v := range vs {
			out[i] = v / 1e6
		}
		return out
	}
	own := &client{name: "switchover", own: true, version: "v1", chosen: "nothing"}
	gapless := &client{name: "Other", version: "2.0", chosen: "one core"}
	gone := &client{name: "Gone", chosen: "nothing", missing: "pip install gone==1: no such | package\nat all"}
	rows := []*row{
		{client: own, streams: 20, load: "0.10 0.20 0.30", command: "switchover run scenario.yaml", covered: true, sent: 1000,
			cpu: 20 * time.Millisecond, whole: time.Second, peak: 32 << 20,
			off: offsets{first: us(10, 20, 30), ttft: us(100, 200, 300), gaps: us(5, 6, 100), means: us(1, 2, 3), matched: 3, asked: 3}},
		{client: gapless, streams: 20, load: "0.40 0.50 0.60", command: "other --streams 20", covered: true, sent: 500,
			cpu: 200 * time.Millisecond, whole: 12 * time.Second, peak: 400 << 20,
			off: offsets{ttft: us(1000, 2000, 30000), means: us(10, 20, 30), matched: 3, asked: 4}},
		{client: gone, streams: 20},
		{client: own, streams: 200, command: "switchover run scenario.yaml", load: "0.10 0.20 0.30", said: "called itself invalid: it was\nlate",
			off: offsets{first: us(1), ttft: us(2), gaps: us(1), means: us(0), matched: 1, asked: 2, uneven: 1}},
		{client: gapless, streams: 200, failed: "it failed: stopped"},
		{client: gone, streams: 200},
	}
	var got bytes.Buffer
	if err := write(&got, "A processor, 2 cores, linux kernel 6.", rows); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "table.golden")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("the table is not as in %s (-update writes it):\n%s", golden, got.String())
	}
	table, _, _ := strings.Cut(got.String(), "\n\n")
	for _, line := range strings.Split(table, "\n") {
		if n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"); n != len(columns)+5 {
			t.Errorf("%d borders, want %d, in %s", n, len(columns)+5, line)
		}
	}
}

func TestBeside(t *testing.T) {
	for _, tc := range []struct {
		intent  string
		v, base float64
		itself  bool
		want    string
	}{
		{"ours stands alone", 1.234, 1.234, true, "1.23 ms"},
		{"a small ratio has a decimal", 2.5, 1, false, "2.50 ms (2.5×)"},
		{"a large one has none", 123.4, 10, false, "123 ms (12×)"},
		{"better than ours is said as well", 0.5, 1, false, "0.50 ms (0.5×)"},
		{"nothing to compare with", 1, math.NaN(), false, "1.00 ms"},
		{"no multiple of zero", 1, 0, false, "1.00 ms"},
		{"not measured", math.NaN(), 1, false, "not told"},
		{"very small", 0.0042, 0.0042, true, "0.004 ms"},
	} {
		if got := beside(tc.v, tc.base, "ms", tc.itself); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.intent, got, tc.want)
		}
	}
}
