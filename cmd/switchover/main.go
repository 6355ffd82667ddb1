// Command switchover tells a team which LLM to move to when the one they use is
// gone: it loads every candidate the same way, times every token, prices and
// judges the answers, and renders one comparison matrix with a verdict.
//
// Rules of the interface: stdout is the product, stderr is talk. Colour and
// moving progress only on a terminal. The first interrupt stops cleanly and
// leaves a valid partial result, the second exits. Exit codes are in exit.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = ""

func main() {
	// Output that nobody reads any more is an error of the write, not the end of
	// the program: a paid run is not thrown away with a closed pager.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	// Nothing here logs but net/http, and that quotes what a server sends without
	// being asked, which may be the key.
	log.SetOutput(io.Discard)
	a := &app{call: callable(os.Args[0]), in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.LookupEnv}
	code := a.main(context.Background(), os.Args[1:])
	os.Exit(code)
}

// app is the program with its surroundings as parameters.
type app struct {
	call     string // that starts this program again, for commands to copy
	in       io.Reader
	out, err io.Writer
	env      func(string) (string, bool)
	clock    string // that stamps arrivals; empty is the best there is
	// catalogFile holds prices and facts that go before the program's own; empty: none.
	catalogFile string
	quiet       bool // no progress on stderr
}

// callable is what a user types to start the program that was started as arg0: a path
// as it was given, or the name that was found on the search path.
func callable(arg0 string) string {
	if !strings.Contains(arg0, "/") || strings.ContainsAny(arg0, " \t\n'\"\\$`&|;<>()*?[]#~!") {
		return "switchover"
	}
	return arg0
}

// main runs one command line and returns the exit code.
func (a *app) main(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	if err == nil || errors.Is(err, syscall.EPIPE) { // who reads no further has seen enough
		return exitOK
	}
	return a.complain(err)
}

// complain prints an error with its hint and returns its exit code.
func (a *app) complain(err error) int {
	var e *exitError
	if !errors.As(err, &e) {
		e = &exitError{code: exitInvalid, err: err}
	}
	if e.err != nil {
		fmt.Fprintf(a.err, "switchover: %v\n", e.err)
	}
	if e.hint != "" {
		fmt.Fprintf(a.err, "  hint: %s\n", e.hint)
	}
	return e.code
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "switchover",
		Short: "Which LLM to move to when yours is gone",
		Long: `switchover loads every candidate LLM the same way, times every token, prices and
judges the answers, and prints one comparison matrix with a verdict.`,
		Example: `  switchover run outage
      a simulated outage: no key, no GPU
  switchover run --url http://127.0.0.1:8000/v1 --model NAME
      any OpenAI-compatible server, no YAML
  switchover run --dry-run FILE
      what would be sent, and what it costs at worst
  switchover report latest
      the matrix again, from the run's folder
  switchover gate latest
      hold a run against its objectives`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       versionString(),
		Annotations:   exits,

		SuggestionsMinimumDistance: 2,

		Args: cobra.ArbitraryArgs, // a verb that does not exist is refused below
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	root.SetVersionTemplate("switchover {{.Version}}\n")
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(a.runCommand(), a.validateCommand(), a.schemaCommand(), a.resultsCommand(),
		a.reportCommand(), a.gateCommand(), a.catalogCommand(), simCommand(), a.selftestCommand(), a.convertCommand(), a.versionCommand())
	strict(root)
	return root
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "switchover %s %s %s/%s\n", versionString(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// versionString is the linker's version, else what the build recorded.
func versionString() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "dev"
}
