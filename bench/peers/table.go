package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// row is one client at one load.
type row struct {
	client  *client
	streams int
	failed  string // why it has no figures
	said    string // what the client says of its own run
	command string

	off     offsets
	cpu     time.Duration // within the window
	covered bool          // the samples cover the window, so cpu is known
	sent    int           // tokens the server sent within it
	whole   time.Duration
	peak    int64
	load    string // of the machine before the run: its load averages
}

// column is one figure of the table; lower is better in each. unknown is NaN.
type column struct {
	title string
	of    func(*row) float64
	unit  string
}

var columns = []column{
	{"first-token error p50", func(r *row) float64 { return 1e3 * quantile(r.off.first, 0.5) }, "ms"},
	{"p99", func(r *row) float64 { return 1e3 * quantile(r.off.first, 0.99) }, "ms"},
	{"TTFT error p50", func(r *row) float64 { return 1e3 * quantile(r.off.ttft, 0.5) }, "ms"},
	{"p99", func(r *row) float64 { return 1e3 * quantile(r.off.ttft, 0.99) }, "ms"},
	{"gap error p50", func(r *row) float64 { return 1e3 * quantile(r.off.gaps, 0.5) }, "ms"},
	{"p99", func(r *row) float64 { return 1e3 * quantile(r.off.gaps, 0.99) }, "ms"},
	{"mean gap error p99", func(r *row) float64 { return 1e3 * quantile(r.off.means, 0.99) }, "ms"},
	{"CPU an event", func(r *row) float64 {
		if !r.covered || r.sent == 0 {
			return math.NaN()
		}
		return 1e6 * r.cpu.Seconds() / float64(r.sent)
	}, "µs"},
	{"memory", func(r *row) float64 { return positive(float64(r.peak) / (1 << 20)) }, "MiB"},
	{"CPU as a whole", func(r *row) float64 { return positive(r.whole.Seconds()) }, "s"},
}

// positive makes what was not measured unknown.
func positive(v float64) float64 {
	if v <= 0 {
		return math.NaN()
	}
	return v
}

// write prints the table, the first client of each load being what the others are
// multiples of, and under it what a reader needs to judge and repeat it.
func write(w io.Writer, machine string, rows []*row) error {
	var b strings.Builder
	b.WriteString("| streams | client |")
	for _, c := range columns {
		fmt.Fprintf(&b, " %s |", c.title)
	}
	b.WriteString(" its core busy | requests |\n| ---: | --- |" + strings.Repeat(" ---: |", len(columns)+2) + "\n")
	base := map[int]*row{}
	for _, r := range rows {
		if base[r.streams] == nil {
			base[r.streams] = r
		}
		r.write(&b, base[r.streams])
	}
	fmt.Fprintf(&b, "\n%s\n", machine)
	remarks(&b, rows)
	notes(&b, rows)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *row) write(b *strings.Builder, base *row) {
	fmt.Fprintf(b, "| %d | %s |", r.streams, r.client.title())
	if why := r.unmeasured(); why != "" {
		fmt.Fprintf(b, " %s |%s\n", cell(why), strings.Repeat(" |", len(columns)+1))
		return
	}
	for _, c := range columns {
		fmt.Fprintf(b, " %s |", beside(c.of(r), c.of(base), c.unit, r == base))
	}
	busy := "unknown"
	if r.covered {
		busy = fmt.Sprintf("%.0f %%", 100*r.cpu.Seconds()/measured.Seconds())
	}
	fmt.Fprintf(b, " %s | %d of %d |\n", busy, r.off.matched, r.off.asked)
}

// unmeasured says why a row has no figures.
func (r *row) unmeasured() string {
	switch {
	case r.client.missing != "":
		return "not installed: " + r.client.missing
	case r.failed != "":
		return r.failed
	case r.off.matched == 0:
		return fmt.Sprintf("none of %d requests was found in its output", r.off.asked)
	}
	return ""
}

func (c *client) title() string {
	if c.version == "" {
		return c.name
	}
	return c.name + " " + c.version
}

// cell is a text that cannot end a cell of the table.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}

// beside is a value and how many times the base it is.
func beside(v, base float64, unit string, itself bool) string {
	if math.IsNaN(v) {
		return "not told"
	}
	out := short(v) + " " + unit
	if itself || math.IsNaN(base) || base <= 0 {
		return out
	}
	ratio := v / base
	if ratio >= 10 {
		return fmt.Sprintf("%s (%.0f×)", out, ratio)
	}
	return fmt.Sprintf("%s (%.1f×)", out, ratio)
}

// short is a number with about three digits.
func short(v float64) string {
	decimals := 0
	switch {
	case v < 0.1:
		decimals = 3
	case v < 10:
		decimals = 2
	case v < 100:
		decimals = 1
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// remarks are what a reader must know of single rows.
func remarks(b *strings.Builder, rows []*row) {
	for _, r := range rows {
		if r.said != "" {
			fmt.Fprintf(b, "\n%s at %d streams %s.\n", r.client.title(), r.streams, cell(r.said))
		}
		if r.off.uneven > 0 {
			fmt.Fprintf(b, "\n%s at %d streams gave another number of gaps than the server sent for %d of %d requests; their gaps are left out.\n",
				r.client.title(), r.streams, r.off.uneven, r.off.matched)
		}
	}
}

// notes are what was run, how it was set, and what the figures mean.
func notes(b *strings.Builder, rows []*row) {
	b.WriteString(`
How to read it:

- Every client in turn keeps that many streams open against the same simulated server, which logs when
  each request came and when it sent each token. The client with all its processes has one core, the server
  the others. ` + fmt.Sprintf(`Answers have %d tokens, the first after %s, then one every %s, both varied by %.0f %%;
  requests that arrive in the %s after a warm-up of %s count.`, tokens, ttft, tpot, 100*jitter, measured, warm) + `
- First-token error: the instant at which the client has the first token, against the one at which the
  server sent it, on the one clock of the machine.
- TTFT error: the time to first token the client reports, against the server's from the request's arrival to
  the first token sent. How late the server notices a request is in everyone's: where all are alike and far
  above the first-token error, the server's core was short of time.
- Gap error: each gap between two tokens, against the server's. GuideLLM keeps only a request's mean gap.
- CPU an event: CPU of all the client's processes within the part that counts / tokens sent in it. CPU as a
  whole has start and report as well. Memory: the largest sum of proportional set sizes, sampled each second.
`)
	seenClient := map[string]bool{}
	b.WriteString("\nWhat was chosen:\n\n")
	for _, r := range rows {
		if !seenClient[r.client.name] {
			seenClient[r.client.name] = true
			fmt.Fprintf(b, "- %s: %s.\n", r.client.title(), r.client.chosen)
		}
	}
	b.WriteString("\nWhat was run, and the load averages of the machine before it:\n\n```sh\n")
	for _, r := range rows {
		if r.command != "" {
			fmt.Fprintf(b, "# %d streams, load %s\n%s\n", r.streams, r.load, r.command)
		}
	}
	b.WriteString("```\n")
}
