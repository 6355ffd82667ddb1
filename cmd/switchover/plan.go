package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchover/report/terminal"
	"switchover/results"
	"switchover/scenarios"
)

// scenarioEnv is what scenarios may read of the outside.
func (a *app) scenarioEnv() scenarios.Env {
	return scenarios.Env{LookupEnv: a.env, ReadFile: scenarios.ReadFile, Catalog: a.catalog, Now: time.Now}
}

// plan reads, checks and compiles one scenario: a file, or the name of one that
// comes with the program.
func (a *app) plan(file string) (*scenarios.Plan, error) {
	env := a.scenarioEnv()
	src, bundled := scenarios.Bundled(file + ".yaml")
	if _, err := os.Stat(file); err == nil || !bundled {
		s, err := scenarios.Load(file, env)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: there is no such file\n  hint: scenarios that come with the program: %s", file, strings.Join(bundledNames(), ", "))
		}
		if err != nil {
			return nil, err
		}
		return a.compile(s, file, filepath.Dir(file))
	}
	s, err := scenarios.Parse(file, src, env)
	if err != nil {
		return nil, err
	}
	return a.compile(s, file, ".")
}

// bundledNames are what the run verb calls the scenarios of the program.
func bundledNames() []string {
	var names []string
	for _, file := range scenarios.BundledNames() {
		names = append(names, strings.TrimSuffix(file, ".yaml"))
	}
	return names
}

// compile draws the plan of a scenario whose relative paths start at dir.
func (a *app) compile(s *scenarios.Scenario, file, dir string) (*scenarios.Plan, error) {
	items, sets, err := a.conversations(s, dir, maxMixed)
	if err != nil {
		return nil, err
	}
	p, err := scenarios.Compile(s, items)
	if err != nil && file != "" {
		err = fmt.Errorf("%s: %w", file, err) // of several files, say which
	}
	if err != nil {
		return nil, err
	}
	p.File, p.Sources = file, sets
	return p, nil
}

// printPlan is --dry-run: what would be sent, and what it can cost at worst.
func (a *app) printPlan(w io.Writer, p *scenarios.Plan, o terminal.Options) error {
	fmt.Fprintf(w, "%s: nothing is sent; this is what a run would send.\n\n", p.Scenario.Name)
	head := []string{"stage", "load on each target", "conversations", "measured"}
	var rows [][]string
	for _, s := range p.Stages {
		rows = append(rows, []string{s.Name, stageText(s), fmt.Sprint(stageStarts(s)), map[bool]string{true: "yes", false: "no"}[s.Measured]})
	}
	if err := terminal.Table(w, head, rows, o); err != nil {
		return err
	}
	printGoals(w, p, o)
	for _, s := range p.Stages {
		if s.Search != nil { // too long for a cell
			fmt.Fprintln(w, "\n"+wrapped(fmt.Sprintf("%s: %s.", s.Name, s.LoadText()), o.Width))
		}
	}
	head = []string{"target", "requests", "input tokens", "output tokens", "expected $", "worst case $"}
	rows = nil
	for _, e := range p.Estimate.Targets {
		rows = append(rows, []string{e.Target, fmt.Sprint(e.Requests),
			fmt.Sprintf("%d (at most %d)", e.InputTokens, e.WorstInputTokens),
			fmt.Sprintf("%d (at most %d)", e.OutputTokens, e.WorstOutputTokens),
			dollars(e.USD), dollars(e.WorstUSD)})
	}
	fmt.Fprintln(w)
	if err := terminal.Table(w, head, rows, o); err != nil {
		return err
	}
	if err := a.printLosses(w, p, o); err != nil {
		return err
	}
	load := fmt.Sprintf("The load takes about %s", p.Estimate.Time.Round(time.Second))
	if p.Scenario.Eval != nil {
		load += "; judging comes on top"
	}
	fmt.Fprintln(w)
	for _, line := range append(worstCase(p), load+".") {
		fmt.Fprintln(w, wrapped(line, o.Width))
	}
	fmt.Fprintf(w, "Schedule %s, seed %d, %s to draw from.\n", short(p.ScheduleHash), p.Scenario.Seed, plural(len(p.Items), "conversation"))
	for _, line := range slices.Concat(sourceText(p), []string{saltText(p)}, pricedText(p), warningText(p)) {
		if _, err := fmt.Fprintln(w, wrapped(line, o.Width)); err != nil {
			return err
		}
	}
	return nil
}

// worstCase sums the known costs and names what has none.
func worstCase(p *scenarios.Plan) []string {
	total, unknown, hourly := 0.0, []string{}, []string{}
	for _, e := range p.Estimate.Targets {
		of := func(t scenarios.Target) bool { return t.Name == e.Target && t.Cost != nil && t.Price == nil }
		switch {
		case e.WorstUSD != nil:
			total += *e.WorstUSD
		case slices.ContainsFunc(p.Scenario.Targets, of):
			hourly = append(hourly, e.Target)
		default:
			unknown = append(unknown, e.Target)
		}
	}
	out := []string{fmt.Sprintf("Worst case in all: $%.4f.", total)}
	if len(unknown)+len(hourly) == len(p.Estimate.Targets) {
		out[0] = "Worst case in all: unknown."
	}
	if len(hourly) > 0 {
		out = append(out, fmt.Sprintf("What %s costs goes by the hour, whatever is asked: no budget in dollars bounds it.", strings.Join(hourly, ", ")))
	}
	if len(unknown) > 0 {
		out = append(out, fmt.Sprintf("No price is known for %s, so no budget in dollars bounds that part: give --price IN,OUT, price: in the scenario, or --catalog FILE.", strings.Join(unknown, ", ")))
	}
	return out
}

// short is the head of a hash, enough for a person to compare.
func short(hash string) string {
	if len(hash) > 12 {
		return hash[:12]
	}
	return hash
}

func dollars(v *float64) string {
	if v == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.4f", *v)
}

// stageText says a stage's load in words.
func stageText(s scenarios.PlannedStage) string {
	text := s.LoadText()
	if s.Search != nil {
		return text
	}
	if s.Duration > 0 {
		text += fmt.Sprintf(", for %s", time.Duration(s.Duration))
	}
	return text
}

// stageStarts is how many conversations a stage starts per target, at most.
func stageStarts(s scenarios.PlannedStage) string {
	if s.Search != nil {
		return "as it goes"
	}
	if s.ClosedLoop() && s.Conversations == 0 && s.Requests == 0 {
		return "as many as fit"
	}
	return fmt.Sprint(len(s.Starts))
}

// planJSON is --dry-run --json.
func (a *app) planJSON(w io.Writer, p *scenarios.Plan, refusals []string) error {
	type target struct {
		Target            string   `json:"target"`
		Requests          int      `json:"requests"`
		InputTokens       int      `json:"input_tokens"`
		OutputTokens      int      `json:"output_tokens"`
		WorstInputTokens  int      `json:"worst_input_tokens"`
		WorstOutputTokens int      `json:"worst_output_tokens"`
		USD               *float64 `json:"usd"`
		WorstUSD          *float64 `json:"worst_usd"`
		Reason            string   `json:"reason,omitempty"`
		// Price is what it was reckoned with, its source included; null is unknown.
		Price *results.Price `json:"price"`
		// Losses are the fields that its protocol would not carry as asked, each with in
		// how many different requests.
		Losses []lossJSON `json:"losses,omitempty"`
	}
	lost, err := a.lossesJSON(p)
	if err != nil {
		return err
	}
	out := struct {
		Scenario     string   `json:"scenario"`
		Targets      []target `json:"targets"`
		Seconds      float64  `json:"seconds"`
		ScheduleHash string   `json:"schedule_hash"`
		Seed         int64    `json:"seed"`
		// One entry for each source.
		Workload []workload `json:"workload"`
		Refusals []string   `json:"refusals"`
		// Warnings are no reason to refuse a run.
		Warnings []string `json:"warnings,omitempty"`
	}{Warnings: p.Scenario.Read.Warnings, Scenario: p.Scenario.Name, Workload: workloadsOf(p), Seconds: p.Estimate.Time.Seconds(), ScheduleHash: p.ScheduleHash, Seed: p.Scenario.Seed, Refusals: append([]string{}, refusals...)}
	prices := map[string]*results.Price{}
	for i := range p.Scenario.Targets {
		t := &p.Scenario.Targets[i]
		prices[t.Name] = p.Scenario.PriceOf(t)
	}
	for _, e := range p.Estimate.Targets {
		out.Targets = append(out.Targets, target{e.Target, e.Requests, e.InputTokens, e.OutputTokens, e.WorstInputTokens, e.WorstOutputTokens, e.USD, e.WorstUSD, e.Reason, prices[e.Target], lost[e.Target]})
	}
	return writeJSON(w, out)
}
