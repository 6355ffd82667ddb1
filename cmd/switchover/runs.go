package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"switchover/report/terminal"
	"switchover/results"
	"switchover/scenarios"
)

func (a *app) resultsCommand() *cobra.Command {
	var root string
	var asJSON, schedule bool
	cmd := &cobra.Command{
		Use:   "results [RUN...]",
		Short: "List the runs, or compare the schedules of some",
		Long: `List the runs in a results folder, oldest first: how each ended (complete,
interrupted, running, killed, unreadable), and whether the client was fit to
measure it.

Of the RUNs that are named, say whether they had the same schedule: the same
conversations in the same order, at the same planned times. With --schedule,
print the schedule of one, as 'run --dry-run --schedule' did before it. RUN is
an id, the beginning of one, a folder, or latest.

The exit code is 1 where schedules differ, else 0.`,
		Example:           "  switchover results\n  switchover results 20261122T090102Z-outage latest\n  switchover results latest --schedule",
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case schedule && len(args) != 1:
				return usageError("name one: switchover results latest --schedule", "--schedule prints the schedule of one run")
			case schedule:
				return a.runSchedule(root, args[0], asJSON)
			case len(args) > 0:
				return a.compareSchedules(root, args, asJSON)
			}
			runs, err := results.List(root)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.out, runRows(runs))
			}
			if len(runs) == 0 {
				fmt.Fprintf(a.err, "no runs in %s yet; try: %s run outage\n", root, a.call)
				return nil
			}
			return a.listRuns(root, runRows(runs))
		},
	}
	cmd.Flags().StringVar(&root, "results", defaultRoot, "the `FOLDER` that runs are kept in")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list, or the schedule, as JSON")
	cmd.Flags().BoolVar(&schedule, "schedule", false, "print when each conversation of the run was to start, a line each")
	return cmd
}

// runSchedule prints the schedule that a run was planned with.
func (a *app) runSchedule(root, ref string, asJSON bool) error {
	dir, err := results.Find(root, ref)
	if err != nil {
		return usageError("'switchover results' lists the runs", "%w", err)
	}
	run, items, err := results.ReadAsked(dir)
	if err != nil {
		return err
	}
	env := a.scenarioEnv()
	env.KeysUnread = true // nothing is asked
	p, err := replan(run, items, env)
	if err != nil {
		return fmt.Errorf("the schedule of run %s: %w", run.ID, err)
	}
	if asJSON {
		return scheduleJSON(a.out, p)
	}
	return printSchedule(a.out, p)
}

// replan draws the plan of a run again, from what its folder keeps.
func replan(run *results.Run, items []results.Conversation, env scenarios.Env) (*scenarios.Plan, error) {
	s, err := scenarios.Restore(run.Scenario, env)
	if err != nil {
		return nil, err
	}
	p, err := scenarios.Recompile(s, items)
	if err != nil {
		return nil, err
	}
	if p.ScheduleHash != run.ScheduleHash {
		return nil, fmt.Errorf("it had schedule %s, and this version draws %s from its folder: use the version that began it, %s, and its run.json and conversations.jsonl as they were",
			short(run.ScheduleHash), short(p.ScheduleHash), run.Version)
	}
	return p, nil
}

// compareSchedules says of some runs whether they had one schedule.
func (a *app) compareSchedules(root string, refs []string, asJSON bool) error {
	var rows []runRow
	for _, ref := range refs {
		row, err := findRow(root, ref)
		if err != nil {
			return usageError("'switchover results' lists the runs", "%w", err)
		}
		rows = append(rows, row)
	}
	equal := !slices.ContainsFunc(rows, func(r runRow) bool { return r.ScheduleHash != rows[0].ScheduleHash })
	if asJSON {
		if err := writeJSON(a.out, rows); err != nil {
			return err
		}
	} else {
		var cells [][]string
		for _, r := range rows {
			cells = append(cells, []string{r.ID, r.State, short(r.ScheduleHash), strings.Join(r.Targets, ", ")})
		}
		if err := terminal.Table(a.out, []string{"run", "state", "schedule", "targets"}, cells, a.terminal(a.out)); err != nil {
			return err
		}
		switch {
		case len(rows) == 1:
		case equal:
			fmt.Fprintf(a.out, "\nThe same schedule: the same conversations in the same order, at the same planned times.\n")
		default:
			fmt.Fprintf(a.out, "\nThe schedules differ. 'switchover results RUN --schedule' prints one, to compare with diff.\n")
		}
	}
	if !equal {
		return coded(exitFailed)
	}
	return nil
}

// findRow is the row of one run, wherever its folder is.
func findRow(root, ref string) (runRow, error) {
	dir, err := results.Find(root, ref)
	if err != nil {
		return runRow{}, err
	}
	listed, err := results.Look(dir)
	if err != nil {
		return runRow{}, err
	}
	return runRows([]results.Listed{listed})[0], nil
}

// runRow is one run in `switchover results --json`.
type runRow struct {
	ID      string   `json:"id"`
	Folder  string   `json:"folder"`
	Name    string   `json:"name,omitempty"`
	State   string   `json:"state"` // running, complete, interrupted, killed, unreadable
	Valid   *bool    `json:"valid,omitempty"`
	Targets []string `json:"targets,omitempty"`
	// ScheduleHash identifies the planned departures.
	ScheduleHash string `json:"schedule_hash,omitempty"`
	Error        string `json:"error,omitempty"`
}

// runRows say of each run what a person looks for.
func runRows(runs []results.Listed) []runRow {
	out := make([]runRow, 0, len(runs))
	for _, r := range runs {
		row := runRow{ID: r.ID, Folder: r.Dir}
		if r.Run == nil {
			row.State, row.Error = "unreadable", r.Err.Error()
			out = append(out, row)
			continue
		}
		row.Name, row.State, row.Valid, row.ScheduleHash = r.Run.Name, r.Run.State, r.Run.Valid, r.Run.ScheduleHash
		if row.State == results.StateRunning && !r.Live {
			row.State = "killed"
		}
		for _, t := range r.Run.Candidates() {
			row.Targets = append(row.Targets, t.Name)
		}
		out = append(out, row)
	}
	return out
}

func (a *app) listRuns(root string, rows []runRow) error {
	var cells [][]string
	resumable := ""
	for _, r := range rows {
		valid := "?"
		if r.Valid != nil {
			valid = map[bool]string{true: "yes", false: "no"}[*r.Valid]
		}
		if r.State == "killed" || r.State == results.StateInterrupted {
			resumable = reference(root, r.Folder)
		}
		cells = append(cells, []string{r.ID, r.State, valid, strings.Join(r.Targets, ", ") + r.Error})
	}
	if err := terminal.Table(a.out, []string{"run", "state", "valid", "targets"}, cells, a.terminal(a.out)); err != nil {
		return err
	}
	if resumable != "" {
		fmt.Fprintf(a.err, "finish a killed or interrupted one with: %s run --resume %s\n", a.call, resumable)
	}
	return nil
}
