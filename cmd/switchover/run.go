package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchover/eval"
	"switchover/results"
	"switchover/scenarios"
	"switchover/scenarios/drive"
	"switchover/targets"
)

// defaultRoot is the folder that runs are kept in unless a flag says otherwise.
const defaultRoot = "results"

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [FILE...]",
		Short: "Load the candidates, judge them, print the matrix and the verdict",
		Long: `Run one or more scenario files as a suite (outage and dialects come with the
program), or, with --url and --model, the quick scenario against any servers,
without a file.

Repeated --url, --model, --key-env, --protocol and --price pair by position; a
single value applies to all. Keys are read from environment variables, never
from the command line. The quick scenario spends at most $2 unless --budget says
otherwise; what has no price or no judge stays "unknown" in the matrix.

--log asks what is in a log of yours. Personal data and keys in it are replaced
before anything is sent or kept; --dry-run shows how many of each kind.`,
		Example: `  switchover run outage
  switchover run --url http://127.0.0.1:8000/v1 --model qwen
  switchover run --url http://127.0.0.1:8000/v1 --model qwen --key-env NONE \
      --url https://api.openai.com/v1 --model gpt-5 --key-env OPENAI_API_KEY
  switchover run --url http://127.0.0.1:8000/v1 --model qwen \
      --log prod.jsonl --from anthropic --sample 200
  switchover run --dry-run FILE
  switchover run --resume latest`,
		Annotations:       exits,
		ValidArgsFunction: completeScenarios,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.settle(cmd.Flags()); err != nil {
				return err
			}
			return a.run(cmd.Context(), args, f)
		},
	}
	f.define(cmd.Flags())
	_ = cmd.RegisterFlagCompletionFunc("resume", a.completeRuns)
	completeRunFlags(cmd)
	return cmd
}

// run tells the three ways of running apart.
func (a *app) run(ctx context.Context, files []string, f runFlags) error {
	quick := len(f.quick.URLs)+len(f.quick.Models) > 0
	a.catalogFile, a.quiet = f.catalog, f.quiet
	switch {
	case f.resume != "" && f.catalog != "":
		return usageError("the run keeps the prices it began with", "--resume takes no --catalog")
	case f.resume != "" && (len(files) > 0 || quick || f.dryRun):
		return usageError("the run's folder holds its scenario", "--resume takes no scenario, no --url and no --dry-run")
	case f.resume != "":
		return a.resume(ctx, f)
	case quick && len(files) > 0:
		return usageError("use one of them", "a scenario file and --url or --model exclude each other")
	case !quick && len(files) == 0:
		return usageError("try 'switchover run outage', or --url and --model for a server of yours", "no scenario file and no --url")
	}
	plans, err := a.plans(files, f)
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.dryRun(plans, f)
	}
	for _, p := range plans {
		refusals, err := a.refusals(p)
		if err != nil {
			return usageError("", "%s: %w", p.Scenario.Name, err)
		}
		if len(refusals) > 0 {
			return usageError("'switchover run --dry-run' shows the plan", "%s cannot be run:\n  %s", p.Scenario.Name, strings.Join(refusals, "\n  "))
		}
	}
	return a.suite(ctx, plans, f, !quick)
}

// plans compiles every scenario before anything is sent; all mistakes of all
// files are printed.
func (a *app) plans(files []string, f runFlags) ([]*scenarios.Plan, error) {
	if len(files) == 0 {
		s, err := scenarios.Quick(f.quick, a.scenarioEnv())
		if err != nil {
			return nil, usageError("", "%w", err)
		}
		p, err := a.compile(s, "", ".")
		if err != nil {
			return nil, usageError("", "%w", err)
		}
		return []*scenarios.Plan{p}, nil
	}
	var plans []*scenarios.Plan
	for _, file := range files {
		p, err := a.plan(file)
		if err != nil {
			a.explain(a.err, err)
			continue
		}
		plans = append(plans, p)
	}
	if len(plans) < len(files) {
		return nil, &exitError{code: exitUsage}
	}
	return plans, nil
}

func (a *app) dryRun(plans []*scenarios.Plan, f runFlags) error {
	refused := false
	for _, p := range plans {
		refusals, err := a.refusals(p)
		if err != nil {
			return usageError("", "%s: %w", p.Scenario.Name, err)
		}
		refused = refused || len(refusals) > 0
		switch {
		case f.schedule && f.json:
			err = scheduleJSON(a.out, p)
		case f.schedule:
			err = printSchedule(a.out, p)
		case f.json:
			err = a.planJSON(a.out, p, refusals)
		default:
			err = a.printPlan(a.out, p, a.terminal(a.out))
		}
		if f.schedule || !f.json { // the plan's JSON holds them
			w := a.out
			if f.schedule {
				w = a.err // the schedule stays one that can be compared
			}
			for _, why := range refusals {
				fmt.Fprintf(w, "Would be refused: %s\n", why)
			}
		}
		if err != nil {
			return err
		}
	}
	if refused {
		return &exitError{code: exitUsage}
	}
	return nil
}

// suite runs the plans one after the other; the worst of their codes is the
// suite's. A plan that could not be carried out does not keep the others from it.
func (a *app) suite(ctx context.Context, plans []*scenarios.Plan, f runFlags, formal bool) error {
	sig := newSignals(ctx, drive.DefaultDrain)
	defer sig.listen(a.err)()
	o := runOptions{root: f.out, json: f.json, quiet: f.quiet}
	if len(plans) > 1 {
		o.suite = results.NewID(time.Now(), "suite")
	}
	code := exitOK
	var dirs []string
	var done []*scenarios.Plan
	for _, p := range plans {
		if sig.stopped() {
			code = exitInterrupted
			break
		}
		o.formal = formal && (p.Scenario.Eval != nil || len(p.Scenario.Decision.Weights) > 0)
		if !f.quiet {
			for _, line := range slices.Concat(sourceText(p), warningText(p)) {
				fmt.Fprintln(a.err, wrapped(line, a.terminal(a.err).Width))
			}
		}
		dir, c, err := a.carryOut(ctx, p, o, sig, nil)
		if err != nil && len(plans) == 1 {
			return err
		}
		if err != nil { // the others may still be measured
			code = worse(code, a.complain(err))
			continue
		}
		done, dirs = append(done, p), append(dirs, dir)
		code = worse(code, c)
	}
	a.next(done, dirs, o, code)
	return coded(code)
}

// resume finishes a run that was interrupted or killed.
func (a *app) resume(ctx context.Context, f runFlags) error {
	dir, err := results.Find(f.out, f.resume)
	if err != nil {
		return usageError("'switchover results' lists the runs", "%w", err)
	}
	data, err := results.Skim(dir)
	if err != nil {
		return err
	}
	p, err := a.planOf(data) // before the folder is touched
	if err != nil {
		return usageError("", "resume run %s: %w", data.Run.ID, err)
	}
	f.more.apply(p)
	zero := time.Now()
	journal, data, err := results.Reopen(dir, zero)
	if err != nil {
		return err
	}
	sig := newSignals(ctx, drive.DefaultDrain)
	defer sig.listen(a.err)()
	o := runOptions{root: filepath.Dir(dir), suite: data.Run.Suite, json: f.json, quiet: f.quiet, formal: p.Scenario.Eval != nil}
	_, code, err := a.carryOut(ctx, p, o, sig, &resumed{journal, data, zero, f.more != (moreBudget{})})
	if err != nil {
		return err
	}
	a.next([]*scenarios.Plan{p}, []string{dir}, o, code)
	return coded(code)
}

// planOf compiles a run's own scenario again and checks that it is the plan the
// run began with.
func (a *app) planOf(data *results.Data) (*scenarios.Plan, error) {
	if data.Run.State == results.StateComplete {
		return nil, errors.New("it is complete: there is nothing to resume; 'switchover report' shows it")
	}
	return replan(data.Run, data.Conversations, a.scenarioEnv())
}

// next prints the command to try next: how to finish a run that was interrupted,
// a real endpoint after a simulated run, the gate where there are objectives.
func (a *app) next(plans []*scenarios.Plan, dirs []string, o runOptions, code int) {
	if o.json || len(dirs) == 0 {
		return
	}
	last := len(dirs) - 1
	if code == exitInterrupted {
		fmt.Fprintf(a.out, "\nFinish it: %s run --resume %s\n", a.call, reference(o.root, dirs[last]))
		return
	}
	if slices.ContainsFunc(plans, simulatedOnly) {
		fmt.Fprintf(a.out, "\nThis run was simulated. On a real endpoint, try:\n  %s run --url http://127.0.0.1:8000/v1 --model NAME\n", a.call)
		return
	}
	for i, p := range plans {
		if len(p.Scenario.Objectives) > 0 {
			fmt.Fprintf(a.out, "\nNext:    %s gate %s\n", a.call, reference(o.root, dirs[i]))
		}
	}
}

// simulatedOnly reports whether a plan asks nothing real.
func simulatedOnly(p *scenarios.Plan) bool {
	return !slices.ContainsFunc(p.Scenario.Targets, func(t scenarios.Target) bool { return t.Simulate == nil })
}

// reference is what names a run on the next command line: its id where that is
// looked for by itself, else its folder.
func reference(root, dir string) string {
	if root == defaultRoot {
		return filepath.Base(dir)
	}
	return dir
}

// coded turns an exit code into an error that prints nothing.
func coded(code int) error {
	if code == exitOK {
		return nil
	}
	return &exitError{code: code}
}

// askers are targets in the part that judges play.
func askers(ts []*targets.Target) []eval.Asker {
	out := make([]eval.Asker, len(ts))
	for i, t := range ts {
		out[i] = t
	}
	return out
}

// masks are the names a judge must not see.
func masks(run *results.Run) []string {
	var out []string
	for _, t := range run.Candidates() {
		out = append(out, t.Name, t.Model)
	}
	return out
}

// runStages is how the run's record names its stages.
func runStages(p *scenarios.Plan) []results.RunStage {
	var out []results.RunStage
	for _, s := range p.Stages {
		mean, _ := s.Rates()
		out = append(out, results.RunStage{Name: s.Name, Mode: s.Mode, Measure: s.Measured, Rate: mean, Users: s.Users, Duration: int64(s.Duration),
			Load: s.LoadText(), Varies: s.Varies(), Period: s.Period(), Until: s.Goals(),
			Sweep: s.Sweep, Over: s.Stage.Over, Level: s.Level, Search: s.Search})
	}
	return out
}
