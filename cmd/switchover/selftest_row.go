package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"switchover/results"
	"switchover/results/truth"
	"switchover/scenarios"
)

// startEvery is the least mean time from one stream's start to the next: the server
// writes its whole answer first, which would else take the client's processor.
const startEvery = 2 * time.Millisecond

// selftestScenario is a load of n streams, which start at random, so that tokens of
// different streams are not due together.
func selftestScenario(n int) string {
	ramp := max(time.Second, time.Duration(n)*startEvery)
	return fmt.Sprintf(`name: selftest
seed: 1
targets:
  - name: truth
    simulate: {ttft: %dms, tpot: %dms, batch: %d}
    params: {max_tokens: 1}
    retry: {attempts: 1}
workload: {conversations: bundled, max_turns: 1}
load:
  - {name: streams-%d, mode: open, rate: %g/s, conversations: %d}
`, selftestTTFT.Milliseconds(), selftestPace.Milliseconds(), n, n, float64(n)/ramp.Seconds(), n)
}

// selftestPlan has n streams at once for hold: answers are long enough for the last
// to begin well before the first ends. length is how long it takes.
func (a *app) selftestPlan(n int, hold time.Duration) (plan *scenarios.Plan, length time.Duration, err error) {
	scenario, err := scenarios.Parse("selftest", []byte(selftestScenario(n)), a.scenarioEnv())
	if err != nil {
		return nil, 0, err
	}
	if plan, err = a.compile(scenario, "selftest", "."); err != nil {
		return nil, 0, err
	}
	last := plan.Stages[0].Starts[n-1].At
	tokens := int((last + 10*selftestPace + hold) / selftestPace)
	scenario.Targets[0].Params.MaxTokens = tokens
	for i := range plan.Items {
		plan.Items[i].MaxTokens, plan.Items[i].Exact = tokens, true
	}
	return plan, last + selftestTTFT + time.Duration(tokens)*selftestPace, nil
}

// selftestRow measures n streams.
func (a *app) selftestRow(ctx context.Context, root string, n int, hold time.Duration, sig *signals) (selftestRow, error) {
	row := selftestRow{Streams: n}
	plan, length, err := a.selftestPlan(n, hold)
	if err != nil {
		return row, err
	}
	r := &running{app: a, plan: plan, options: runOptions{root: filepath.Join(root, fmt.Sprint(n)), quiet: true}, signals: sig, zero: time.Now()}
	if err := r.begin(nil); err != nil {
		return row, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, length+selftestGrace, errors.New("it took much longer than the server's pace allows"))
	defer cancel()
	err = r.work(ctx)
	dir := r.journal.Dir()
	if closeErr := r.close(); err == nil { // the simulator writes its log to the end
		err = closeErr
	}
	switch {
	case err != nil:
		return row, err
	case sig.stopped():
		return row, nil
	case ctx.Err() != nil:
		row.Verdict, row.Why = verdictInvalid, "it was given up: "+context.Cause(ctx).Error()
		return row, nil
	}
	return row, row.read(dir, hold)
}

// read fills a row from a run's folder.
func (row *selftestRow) read(dir string, hold time.Duration) error {
	data, err := results.Read(dir)
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(dir, "sim", "truth.jsonl"))
	if err != nil {
		return fmt.Errorf("open the simulator's log: %w", err)
	}
	defer f.Close()
	log, err := truth.Read(f)
	if err != nil {
		return err
	}
	summary, _ := results.Summarise(data)
	row.Client, row.Valid, row.Reasons = summary.Client, summary.Valid, summary.Reasons
	if cause := summary.Targets[0].Cause; cause != nil {
		row.Failed = fmt.Sprintf("%s: %s", cause.Class, cause.Message)
	}
	from, to, together := log.Together()
	if together {
		row.Errors, err = truth.Compare(data, log, from, min(to, from+int64(hold)), selftestPace)
		if err != nil {
			return err
		}
	}
	row.judge()
	return nil
}
