package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"time"

	"switchover/eval"
	"switchover/results"
	"switchover/scenarios"
	"switchover/scenarios/drive"
	"switchover/targets/telemetry"
)

// telemetryEvery is how often GPUs are read.
const telemetryEvery = 500 * time.Millisecond

// mostAtOnce bounds how many runs of one name can begin in one second.
const mostAtOnce = 100

// runOptions are what the run verb's flags say about every scenario of a suite.
type runOptions struct {
	root   string // the results folder
	suite  string
	json   bool
	quiet  bool
	formal bool // a decision was asked for: "no verdict" is an exit code
}

// carryOut runs one plan from its first request to its report and returns the
// run's folder and exit code. resume is what an earlier process left, or nil.
func (a *app) carryOut(ctx context.Context, p *scenarios.Plan, o runOptions, sig *signals, resume *resumed) (string, int, error) {
	r := &running{app: a, plan: p, options: o, signals: sig, zero: time.Now()}
	if err := r.begin(resume); err != nil {
		return "", 0, err
	}
	err := r.work(ctx)
	var found *outcome
	if err == nil {
		found, err = r.conclude()
	}
	if closeErr := r.close(); err == nil {
		err = closeErr
	}
	dir := r.journal.Dir()
	if err != nil {
		return dir, 0, fmt.Errorf("run %s: %w\n  what was recorded is kept in %s; go on with: %s run --resume %s", filepath.Base(dir), err, dir, a.call, reference(o.root, dir))
	}
	code, err := a.finish(dir, found, o)
	if r.interrupted {
		code = exitInterrupted
	}
	if r.short {
		a.goOn(o, dir, r.plan.Scenario.Budget)
	}
	return dir, code, err
}

// running is one run in progress.
type running struct {
	app         *app
	plan        *scenarios.Plan
	options     runOptions
	id          string
	signals     *signals
	zero        time.Time
	segment     int
	earlier     *results.Data // of a resumed run
	journal     *results.Journal
	run         results.Run // as recorded when the load began
	fleet       *fleet
	interrupted bool // by the user
	short       bool // stopped by its budget
}

// resumed is a run folder opened again.
type resumed struct {
	journal *results.Journal
	data    *results.Data
	zero    time.Time
	raised  bool // it goes on with another budget
}

// begin opens the journal: a new folder, or the resumed run's.
func (r *running) begin(resume *resumed) error {
	if resume != nil {
		r.journal, r.earlier = resume.journal, resume.data
		r.segment = len(r.earlier.Run.Segments) - 1 // Reopen opened it
		r.zero, r.id = resume.zero, r.earlier.Run.ID
		if resume.raised {
			return r.record()
		}
		return nil
	}
	resolved, err := json.Marshal(r.plan.Scenario)
	if err != nil {
		return fmt.Errorf("record the scenario: %w", err)
	}
	run := &results.Run{
		ID:           results.NewID(r.zero, r.plan.Scenario.Name),
		Name:         r.plan.Scenario.Name,
		Description:  r.plan.Scenario.Description,
		Suite:        r.options.suite,
		Scenario:     resolved,
		Version:      versionString(),
		Host:         results.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()},
		Seed:         r.plan.Scenario.Seed,
		ScheduleHash: r.plan.ScheduleHash,
		Targets:      runTargets(r.plan, &fleet{}),
		Stages:       runStages(r.plan),
		Policy:       r.plan.Scenario.Policy(),
		Segments:     []results.Segment{{Index: 0, EpochUnixNs: r.zero.UnixNano()}},
		State:        results.StateRunning,
	}
	id := run.ID
	for n := 2; ; n++ {
		r.id = run.ID
		r.journal, err = results.Create(r.options.root, run, r.plan.Items)
		if !errors.Is(err, fs.ErrExist) || n > mostAtOnce {
			return err
		}
		run.ID = fmt.Sprintf("%s-%d", id, n) // another run of this name began in this second
	}
}

// conclude computes what the run showed and records whether it can be believed.
func (r *running) conclude() (*outcome, error) {
	found, err := summarise(r.journal.Dir())
	if err != nil {
		return nil, err
	}
	valid := found.summary.Valid
	return found, r.journal.Update(func(run *results.Run) { run.Valid = &valid })
}

// work opens the targets, drives the load, then judges, and records how it ended.
func (r *running) work(ctx context.Context) error {
	defer collectSteadily(r.app.env)() // figures have a measure of their own: lean
	f, err := r.app.open(ctx, r.plan, r.journal.Dir())
	if err != nil {
		return errors.Join(err, r.state(results.StateInterrupted, err.Error()))
	}
	r.fleet = f
	err = r.journal.Update(func(run *results.Run) {
		run.Targets = runTargets(r.plan, f)
		r.run = *run
	})
	if err != nil {
		return err
	}
	if r.earlier == nil {
		for _, w := range r.plan.Scenario.Read.Warnings {
			r.warn(w) // a reader of the report must know it, too
		}
	}
	stopSampling := r.sampleGPUs(ctx)
	out, err := r.drive(ctx)
	stopSampling()
	if err != nil {
		return errors.Join(err, r.state(results.StateInterrupted, err.Error()))
	}
	if out.Stopped == drive.StoppedInterrupt || out.Stopped == drive.StoppedAbort {
		r.interrupted = true
		return r.state(results.StateInterrupted, out.Reason)
	}
	reason := out.Reason
	if err := r.judge(ctx, out); err != nil {
		switch {
		case errors.Is(err, eval.ErrBudget):
			reason = "judging stopped: " + err.Error()
		case r.signals.stopped():
			r.interrupted = true
			return r.state(results.StateInterrupted, "interrupted while judging")
		default:
			return errors.Join(err, r.state(results.StateInterrupted, err.Error()))
		}
	}
	if reason != "" { // the budget's: with a larger one it can go on
		r.short = true
		return r.state(results.StateInterrupted, reason)
	}
	return r.state(results.StateComplete, "")
}

// drive sends the load with progress on stderr.
func (r *running) drive(ctx context.Context) (drive.Outcome, error) {
	show := r.app.progress(r.plan, r.options.quiet)
	defer show.close()
	return drive.Run(ctx, drive.Config{
		Plan:       r.plan,
		Run:        &r.run,
		Targets:    r.fleet.candidates,
		Journal:    r.journal,
		Salt:       r.salt(),
		Zero:       r.zero,
		Segment:    r.segment,
		Resume:     r.earlier,
		Stop:       r.signals.stop,
		MaxSockets: freeSockets(),
		Progress:   show.load,
	})
}

// salt is what the run's prompts are told apart by from those of any other run:
// one of the same scenario and seed would else meet the caches this one warmed.
func (r *running) salt() string {
	if !r.plan.Scenario.Salted() {
		return ""
	}
	return fmt.Sprintf("%d %s", r.plan.Scenario.Seed, r.id)
}

// sampleGPUs reads this host's GPUs until the returned function is called.
func (r *running) sampleGPUs(ctx context.Context) (stop func()) {
	src, err := telemetry.Detect(ctx)
	found := ""
	if err != nil {
		found = err.Error()
	} else {
		found = fmt.Sprintf("%d through %s", src.Devices(), src.Name())
	}
	if err := r.journal.Update(func(run *results.Run) { run.Host.GPUs = found }); err != nil || src == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	local := r.fleet.onThisHost()
	keep := func(t results.Telemetry) {
		t.Target = local
		_ = r.journal.Telemetry(t) // a failed write is final: the driver's next one reports it
	}
	go func() {
		defer close(done)
		telemetry.Run(ctx, src, telemetryEvery, r.zero, r.segment, keep, func(err error) {
			r.warn("reading the GPU: " + err.Error())
		})
	}()
	return func() {
		cancel()
		<-done
		src.Close()
	}
}

// judge has the dialogues judged once the load is over.
func (r *running) judge(ctx context.Context, out drive.Outcome) error {
	if r.plan.Scenario.Eval == nil || len(r.fleet.judges) == 0 {
		return nil
	}
	if r.signals.stopped() {
		return context.Canceled
	}
	data, err := results.Skim(r.journal.Dir())
	if err != nil {
		return err
	}
	dialogues, err := eval.Dialogues(data, r.plan.Scenario.Eval.Dialogues)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.signals.context, cancel)()
	show := r.app.progress(r.plan, r.options.quiet)
	defer show.close()
	return eval.Run(ctx, eval.Config{
		Judges:   askers(r.fleet.judges),
		Criteria: data.Run.Policy.Criteria,
		Masks:    masks(data.Run),
		Budget:   r.left(data, out),
		Done:     data.Verdicts,
		Random:   rand.Reader,
		Zero:     r.zero,
		Keep:     r.journal.Verdict,
		Progress: show.judging,
	}, dialogues)
}

// left is what the budget leaves for judging. A verdict of an earlier segment
// counts as one request: how many repairs it took is not recorded.
func (r *running) left(data *results.Data, out drive.Outcome) eval.Budget {
	var left eval.Budget
	b := r.plan.Scenario.Budget
	if b == nil {
		return left
	}
	if b.USD != nil {
		usd := *b.USD - out.SpentUSD
		for i := range data.Verdicts {
			usd -= data.Verdicts[i].CostUSD.Or(0)
		}
		usd = max(usd, 0)
		left.USD = &usd
	}
	if b.Requests != nil {
		calls := max(*b.Requests-out.Requests-len(data.Verdicts), 0)
		left.Calls = &calls
	}
	if b.Time > 0 {
		left.Until = time.Now().Add(time.Duration(b.Time) - out.Ran)
	}
	return left
}

// state records how far the run came.
func (r *running) state(state, reason string) error {
	return r.journal.Update(func(run *results.Run) {
		run.State = state
		if reason != "" {
			run.Reasons = append(run.Reasons, reason)
		}
	})
}

func (r *running) warn(text string) {
	data, _ := json.Marshal(results.Reason{Reason: text})
	_ = r.journal.Event(results.Event{Segment: r.segment, T: int64(time.Since(r.zero)), Kind: results.EventWarning, Data: data})
}

func (r *running) close() error {
	if r.fleet != nil {
		r.fleet.close()
	}
	return r.journal.Close()
}
