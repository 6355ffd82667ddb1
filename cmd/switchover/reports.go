package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"switchover/report/terminal"
	"switchover/results"
	"switchover/results/as"
	"switchover/results/gate"
)

func (a *app) reportCommand() *cobra.Command {
	var o runOptions
	var tool string
	cmd := &cobra.Command{
		Use:   "report RUN",
		Short: "Rebuild the matrix, the report and the charts from a run's folder",
		Long: `Rebuild summary.json, report.html, matrix.png and latency.png from what the run
recorded, load.png too where it tried several loads, and print the matrix. The
same folder gives the same bytes. RUN is an id, the beginning of one, a folder,
or latest.

The exit code is the run's own; see below.

With --as the figures of the same streams are computed again as another load
tool defines them and shown beside ours, with why they differ. Nothing is
written then, and the exit code is 0, or 4 where the run is invalid.`,
		Annotations:       exits,
		Example:           "  switchover report latest\n  switchover report --json latest | jq .targets[].figures.ttft_p50\n  switchover report latest --as vllm",
		Args:              oneRun,
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("as") {
				return a.reportAs(o, args[0], tool)
			}
			dir, err := results.Find(o.root, args[0])
			if err != nil {
				return usageError("'switchover results' lists the runs", "%w", err)
			}
			found, err := summarise(dir)
			if err != nil {
				return err
			}
			code, err := a.finish(dir, found, o)
			if err != nil {
				return err
			}
			return coded(code)
		},
	}
	cmd.Flags().StringVar(&o.root, "results", defaultRoot, "the `FOLDER` that runs are kept in")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the summary, or with --as the comparison, as JSON")
	cmd.Flags().StringVar(&tool, "as", "", "show the figures under the definitions of `TOOL`: "+strings.Join(as.Names(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions(as.Names(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// reportAs shows a run's figures beside those of another tool's definitions.
func (a *app) reportAs(o runOptions, ref, tool string) error {
	if !slices.Contains(as.Names(), tool) {
		hint := "the tools are " + strings.Join(as.Names(), ", ")
		if near := nearest(tool, as.Names()); near != "" {
			hint = "did you mean --as " + near + "?"
		}
		return usageError(hint, "no definitions of a tool %q are known", tool)
	}
	dir, err := results.Find(o.root, ref)
	if err != nil {
		return usageError("'switchover results' lists the runs", "%w", err)
	}
	defer lean()()
	data, err := results.Skim(dir)
	if err != nil {
		return err
	}
	summary, _ := results.Summarise(data)
	r, err := as.New(tool, data, summary)
	if err != nil {
		return err
	}
	if o.json {
		err = writeJSON(a.out, r)
	} else {
		err = terminal.As(a.out, r, a.terminal(a.out))
	}
	if err != nil {
		return err
	}
	if !r.Valid {
		return coded(exitInvalid)
	}
	return nil
}

// nearest is the known name that was probably meant, or nothing: as the library
// suggests verbs.
func nearest(name string, known []string) string {
	words := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, k := range known {
		words.AddCommand(&cobra.Command{Use: k, Run: func(*cobra.Command, []string) {}})
	}
	if near := words.SuggestionsFor(strings.ReplaceAll(strings.ToLower(name), "_", "-")); name != "" && len(near) > 0 {
		return near[0]
	}
	return ""
}

func (a *app) gateCommand() *cobra.Command {
	var root, baseline string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "gate RUN",
		Short: "Hold a run against its scenario's objectives",
		Long: `Hold a run against its scenario's objectives: exit 1 when one is missed, 4 when
a figure has no data or the run is invalid. With --baseline, each figure's
difference from one earlier run is shown with its interval; that is "within one
run, not evidence", and decides nothing.`,
		Annotations:       exits,
		Example:           "  switchover gate latest\n  switchover gate latest --baseline 20261122T090102Z-outage",
		Args:              oneRun,
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.gate(root, args[0], baseline, asJSON)
		},
	}
	cmd.Flags().StringVar(&root, "results", defaultRoot, "the `FOLDER` that runs are kept in")
	cmd.Flags().StringVar(&baseline, "baseline", "", "show the differences from this `RUN`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON")
	_ = cmd.RegisterFlagCompletionFunc("baseline", a.completeRuns)
	return cmd
}

func (a *app) gate(root, ref, baseline string, asJSON bool) error {
	run, summary, err := a.summarised(root, ref)
	if err != nil {
		return err
	}
	found := gate.Check(run, summary)
	if baseline != "" {
		baseRun, base, err := a.summarised(root, baseline)
		if err != nil {
			return err
		}
		found.Compare(base, summary)
		found.CompareRuns(baseRun, run)
	}
	if asJSON {
		err = writeJSON(a.out, found)
	} else {
		err = terminal.Gate(a.out, found, a.terminal(a.out))
	}
	if err != nil {
		return err
	}
	return coded(found.ExitCode())
}

// summarised reads a run and computes its summary anew; it writes nothing.
func (a *app) summarised(root, ref string) (*results.Run, *results.Summary, error) {
	dir, err := results.Find(root, ref)
	if err != nil {
		return nil, nil, usageError("'switchover results' lists the runs", "%w", err)
	}
	defer lean()()
	data, err := results.Skim(dir)
	if err != nil {
		return nil, nil, err
	}
	summary, _ := results.Summarise(data)
	return data.Run, summary, nil
}

// completeRuns completes run ids in the shell.
func (a *app) completeRuns(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	root, err := cmd.Flags().GetString("results")
	if err != nil {
		root = defaultRoot
	}
	runs, err := results.List(root)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	out := []string{"latest"}
	for _, r := range runs {
		out = append(out, r.ID)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
