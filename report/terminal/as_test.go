package terminal

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"switchover/results"
	"switchover/results/as"
)

func compared() *as.Report {
	known := func(v float64, unit string, n int) results.Figure { return results.Figure{Value: &v, Unit: unit, N: n} }
	by := func(v float64) *float64 { return &v }
	row := func(key string, ours, theirs results.Figure, difference *float64, why, inexact string) as.Row {
		return as.Row{Figure: key, Ours: ours, Theirs: theirs, Difference: difference, Why: why, Inexact: inexact}
	}
	const first, gaps, own = "it stops at the first event with choices, ours at the first content", "gaps between events, all answers pooled", "it counts tokens with its own tokenizer"
	return &as.Report{Run: "20261122T090102Z-outage", Simulated: true, Reasons: []string{"the client sent late"}, Tool: "vllm", Title: "vLLM's bench serve",
		Throughout: []string{"Its clock starts when the request is handed to the HTTP client, ours when the request was due."},
		Targets: []as.Target{
			{Name: "claude", Stage: "steady", Seen: []string{"120 answers began with an event without content, at the median 12.3 ms before the first token"}, Rows: []as.Row{
				row("ttft_p50", known(0.21, "s", 120), known(0.1977, "s", 120), by(-0.0123), first, ""),
				row("itl_p50", known(0.02, "s", 4000), known(0.04, "s", 2100), by(0.02), gaps, own),
				row("ttft_p99", known(0.5, "s", 120), known(0.5, "s", 120), by(0), first, ""),
				row("itl_p99", known(0.1, "s", 4000), results.Unknown("s", 0, "it has none"), nil, gaps, own),
				row("error_rate", known(0.01, "share", 120), known(0.03, "share", 122), by(0.02), "attempts that failed / attempts", ""),
			}},
			{Name: "\u901a\u4e49\x1b[2J" + strings.Repeat("long", 30), Stage: "steady", Rows: []as.Row{row("ttft_p50", results.Unknown("s", 0, "nothing"), results.Unknown("s", 0, "nothing"), nil, first, "")}},
		}}
}

func TestAs(t *testing.T) {
	for _, width := range []int{60, 80, 100, 160} {
		var b, colour bytes.Buffer
		if err := As(&b, compared(), Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		if width == 80 {
			golden(t, fmt.Sprintf("as-%d.txt", width), b.Bytes())
		}
		for l := range strings.SplitSeq(b.String(), "\n") {
			if n := cellWidth(l); n > width {
				t.Errorf("at %d columns a line fills %d: %q", width, n, l)
			}
		}
		if err := As(&colour, compared(), Options{Width: width, Color: true}); err != nil {
			t.Fatal(err)
		}
		if plain := sgr.ReplaceAllString(colour.String(), ""); plain != b.String() {
			t.Errorf("colour changes the text:\n%s", plain)
		}
	}
}

// Where nothing is compared, no difference is explained.
func TestAsWithoutFigures(t *testing.T) {
	r := compared()
	for i := range r.Targets {
		r.Targets[i] = as.Target{Name: "a", Reason: "the load is a search"}
	}
	var b strings.Builder
	if err := As(&b, r, Options{}); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "a, not compared: the load is a search") || strings.Contains(got, "Why they differ") {
		t.Error(got)
	}
}
