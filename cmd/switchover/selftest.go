package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"switchover/report/terminal"
	"switchover/results"
	"switchover/targets/sim"
)

// The bounds of a self-test. The simulator turns away more connections than
// its own bound, some of which are kept for those that are just closing.
const (
	mostStreams   = sim.MaxConnections - 96
	mostRows      = 16
	longestHold   = time.Minute
	shortestHold  = 500 * time.Millisecond
	selftestPace  = 20 * time.Millisecond // 50 tokens/s, as a quick model streams to one user
	selftestTTFT  = 50 * time.Millisecond
	selftestGrace = 15 * time.Second // beyond a row's own length, until it is given up
)

type selftestOptions struct {
	streams []int
	hold    time.Duration
	clock   string
	json    bool
	quiet   bool
}

func (a *app) selftestCommand() *cobra.Command {
	var o selftestOptions
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Find out what this host can measure, and how precisely",
		Long: `Drive a paced simulated server, in a process of its own, with more and more
streams at once, 50 tokens a second on each, and compare what was recorded with
the server's own log of when it sent each token. Everything goes the way of a
real run, from the schedule to the journal; nothing leaves this machine, and
nothing is kept.

A row whose errors are at most 0.2 ms (p99) is good; one with larger errors is
usable to within what it says; one with errors over a tenth of the token gap, or
whose client was not fit to measure by the rules of every run, is invalid and
the last. Server and client share the host: where the server itself falls
behind, the row says so and is the last. Exit code 4 says that not even the
first row could be measured.`,
		Example: `  switchover selftest
  switchover selftest --streams 400 --duration 10s
  switchover selftest --clock user
      as a program measures that has no stamps of the kernel's`,
		Args:        noArgs,
		Annotations: exits,
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.selftest(cmd.Context(), o) },
	}
	fs := cmd.Flags()
	fs.IntSliceVar(&o.streams, "streams", []int{50, 100, 200, 400, 800, 1600}, "the `NUMBERS` of streams at once, rising")
	fs.DurationVar(&o.hold, "duration", 5*time.Second, "measure each number for this `TIME`")
	fs.StringVar(&o.clock, "clock", "", "the `CLOCK` that stamps arrivals: kernel (default where there is one), user")
	fs.BoolVar(&o.json, "json", false, "print the rows as JSON, times in seconds")
	fs.BoolVarP(&o.quiet, "quiet", "q", false, "no progress on stderr")
	return cmd
}

func (o *selftestOptions) check() error {
	if len(o.streams) == 0 || len(o.streams) > mostRows {
		return usageError("for instance --streams 50,100,200", "--streams takes 1 to %d numbers", mostRows)
	}
	for i, n := range o.streams {
		switch {
		case n < 1 || n > mostStreams:
			return usageError("", "--streams: %d is not between 1 and %d", n, mostStreams)
		case i > 0 && n <= o.streams[i-1]:
			return usageError("for instance --streams 50,100,200", "--streams: %d does not rise after %d", n, o.streams[i-1])
		}
	}
	if o.hold < shortestHold || o.hold > longestHold {
		return usageError("for instance --duration 5s", "--duration %v is not between %v and %v", o.hold, shortestHold, longestHold)
	}
	switch o.clock {
	case "", results.ClockUser:
	case results.ClockKernel:
		if runtime.GOOS != "linux" {
			return usageError("leave --clock out", "--clock kernel: only Linux stamps arrivals itself")
		}
	default:
		return usageError("clocks: kernel, user", "--clock %q is no clock", o.clock)
	}
	return nil
}

// selftest measures row by row until one is the last, and prints what was found.
func (a *app) selftest(ctx context.Context, o selftestOptions) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	root, err := os.MkdirTemp("", "switchover-selftest-")
	if err != nil {
		return fmt.Errorf("make a folder for the self-test's journals: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	sig := newSignals(ctx, time.Second)
	sig.atOnce = func() string {
		if err := os.RemoveAll(root); err != nil {
			return err.Error()
		}
		return "nothing is kept"
	}
	defer sig.listen(a.err)()
	b := *a
	b.clock = o.clock
	found := selftestReport{Version: versionString(), Host: results.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()},
		TokensPerS: float64(time.Second) / float64(selftestPace)}
	for i, n := range o.streams {
		a.selftestProgress(o, fmt.Sprintf("selftest: %d streams, %d of %d", n, i+1, len(o.streams)))
		row, err := b.selftestRow(sig.context, root, n, o.hold, sig)
		if sig.stopped() {
			break
		}
		if err != nil {
			return fmt.Errorf("selftest with %d streams: %w", n, err)
		}
		found.Rows = append(found.Rows, row)
		if row.last() {
			break
		}
	}
	a.selftestProgress(o, "")
	found.conclude(sig.stopped())
	if err := a.showSelftest(&found, o.json); err != nil {
		return err
	}
	switch {
	case sig.stopped():
		return coded(exitInterrupted)
	case found.Streams == 0:
		return coded(exitInvalid)
	}
	return nil
}

// selftestProgress says on stderr what is being measured: in one line that changes
// on a terminal, which an empty text takes away.
func (a *app) selftestProgress(o selftestOptions, text string) {
	_, moving := terminalWidth(a.err)
	switch {
	case o.quiet:
	case moving:
		fmt.Fprintf(a.err, "\r\x1b[K%s", text)
	case text != "":
		fmt.Fprintln(a.err, text)
	}
}

func (a *app) showSelftest(found *selftestReport, asJSON bool) error {
	if asJSON {
		return writeJSON(a.out, found)
	}
	layout := a.terminal(a.out)
	if len(found.Rows) > 0 {
		head, cells := found.table(layout.Width)
		if err := terminal.Table(a.out, head, cells, layout); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "\n%s\n\n", wrapped(selftestLegend, layout.Width))
	}
	for _, line := range []string{found.Conclusion, found.Limit} {
		if line != "" {
			if _, err := fmt.Fprintln(a.out, wrapped(line, layout.Width)); err != nil {
				return err
			}
		}
	}
	return nil
}
