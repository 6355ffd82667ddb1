// Package drive asks: it carries out a plan against its targets and journals one
// record per attempt. Open-loop arrivals, users who think, retries and the next
// turn of a conversation are all departures on one board, ordered by the time
// they are due; vegeta's attacker is paced by that board, and its transport asks
// the target.
//
// The rules a reader of a journal needs:
//
//   - An open loop never waits for answers. A departure leaves when it is due; if
//     its time has passed it leaves at once, and the record shows how late.
//   - A departure that could not leave within LateLimit (too many attempts in
//     flight, to its target or in all) is dropped, counted, and ends its session.
//   - The turns of a session follow each other: a turn is due at the end of the
//     answer before it plus the planned think time. A failed turn ends its session;
//     the turns never asked are journalled as skipped.
//   - In users mode, and in concurrency mode where nobody thinks, a user holds one
//     session at a time with each target. After the stage's duration no new session
//     begins, but running ones finish their turns, so that conversations stay whole;
//     that tail is drain, not steady load. After a failed session a user pauses for at
//     least FailurePause.
//   - A stage with goals begins no further conversation once two looks in a row
//     found every goal reached for every target that is still asked; see
//     results.Reached.
//   - A stage ends when its arrivals are over and its answers have drained, at the
//     latest after the longest total timeout plus the longest think time of one
//     conversation; what is still in flight then is cancelled.
//   - Retries keep the request's intended time and are due after the target's
//     backoff. The jitter of backoffs is drawn from the plan's seed and the
//     attempt's id, so no run depends on the order in which goroutines wake.
//   - An auth, quota or not_found failure quarantines its target: nothing more is
//     asked of it in this run, resumed or not. So does silence: attempts that time
//     out one after the other for a minute, before any content or refusal was ever
//     heard of it.
//
// The package refuses to follow an answer it did not journal, to spend beyond the
// budget's worst case, and to leave a goroutine behind when Run returns. It knows
// nothing of protocols, figures or terminals.
package drive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/targets"
)

const (
	// LateLimit is how late a departure may leave before it is dropped.
	LateLimit = 10 * time.Second
	// FailurePause is how long a user waits at least after a session that failed, so
	// that a target that fails at once is not asked in a tight loop.
	FailurePause = time.Second
	// DefaultDrain is how long in-flight attempts may take to finish after a stop.
	DefaultDrain = 30 * time.Second
	// DefaultMaxInFlight caps the attempts in flight over all targets.
	DefaultMaxInFlight = 10000
)

// Journal keeps what happened. Both methods must be safe for concurrent use; the
// first error of either ends the run.
type Journal interface {
	Append(*results.Record) error // which is not kept: the next attempt's takes its place
	Event(results.Event) error
}

// Config is one run's, or one segment's, instructions.
type Config struct {
	// Plan is what to ask. Its scenario's budget is kept: the dollars of ended
	// attempts plus the worst case of those in flight and of the one about to leave,
	// the number of attempts, and the time since Run began, earlier segments added.
	// Attempts without a known price do not count in dollars.
	Plan *scenarios.Plan
	// Run is how the run is recorded; stages that end when their figures are narrow
	// enough compute those under it, and no other needs it.
	Run *results.Run
	// Targets are the candidates. Judges are not driven: leave them out.
	Targets []*targets.Target
	Journal Journal
	// Zero is the segment's zero: the instants of records and events count from it.
	Zero time.Time
	// Salt, if not empty, makes every session's prompt begin with a line of its own
	// ([chat.Salt]), so that no server's prompt cache is met warm. The line follows
	// from Salt, the stage and the session: every target gets the same, the turns of
	// a session share it, and a run with another Salt has others throughout. A
	// conversation can say that it stands elsewhere, is one for a whole stage, or is
	// none ([results.SaltPlace]).
	Salt string
	// Segment is the number of this process's share of the run, from 0.
	Segment int
	// Resume is what earlier segments journalled; nil on a first run.
	Resume *results.Data
	// Stop, when closed, ends the run in order: nothing more leaves, and what is in
	// flight has Drain to finish. Cancelling Run's context ends it at once instead.
	Stop <-chan struct{}
	// Drain bounds the wait after a stop; 0 is DefaultDrain.
	Drain time.Duration
	// MaxInFlight caps the attempts in flight over all targets; 0 is
	// DefaultMaxInFlight. Departures above it wait, late, up to LateLimit.
	MaxInFlight int
	// MaxSockets is how many connections this process can hold to all targets
	// together, idle ones included, each target an equal share; 0 is no bound.
	// Departures above it wait like those above MaxInFlight, and are counted.
	MaxSockets int
	// Progress, if not nil, is called about five times a second, at every change of
	// stage, and once at the end, from one goroutine. A slow callback delays only
	// further calls and the return of Run.
	Progress func(Progress)
}

// Stopped says what ended a run before its plan was carried out.
type Stopped string

// The reasons to stop; empty when the plan was carried out.
const (
	StoppedInterrupt Stopped = "interrupt" // Config.Stop was closed
	StoppedAbort     Stopped = "abort"     // the context was cancelled
	StoppedBudget    Stopped = "budget"    // the budget was reached
)

// Outcome is how a run ended.
type Outcome struct {
	Stopped Stopped // empty: every stage ran to its end
	Reason  string  // one sentence for people, when Stopped
	// SpentUSD is the run's cost so far, earlier segments included: what attempts
	// cost, and the worst case of those that may have been billed without saying.
	// Attempts without a known price are not in it.
	SpentUSD float64
	// Requests is the number of attempts asked, earlier segments included.
	Requests int
	// Ran is how long the load took, earlier segments included.
	Ran time.Duration
	// Quarantined names the targets nothing more was asked of, with the reason.
	Quarantined map[string]string
}

// Run carries out the plan, or what a resumed run left of it, and returns when
// nothing is in flight any more. The error is a wrong configuration or a journal
// that could not be written; a stop, a reached budget or a cancelled context is an
// Outcome instead.
func Run(ctx context.Context, cfg Config) (Outcome, error) {
	lanes := make([]*lane, 0, len(cfg.Targets))
	for _, t := range cfg.Targets {
		lanes = append(lanes, newLane(t.Spec(), t))
	}
	return run(ctx, cfg, lanes)
}

// run is Run with whatever answers behind the lanes.
func run(ctx context.Context, cfg Config, lanes []*lane) (Outcome, error) {
	if err := cfg.check(lanes); err != nil {
		return Outcome{}, fmt.Errorf("drive: %w", err)
	}
	d, err := newDriver(ctx, cfg, lanes)
	if err != nil {
		return Outcome{}, fmt.Errorf("drive: %w", err)
	}
	defer d.cancel()
	stopReporting := d.report()
	err = d.stages()
	stopReporting()
	return d.outcome(), err
}

func (c *Config) check(lanes []*lane) error {
	switch {
	case c.Plan == nil:
		return errors.New("no plan")
	case c.Plan.Scenario == nil:
		return errors.New("the plan has no scenario")
	case c.Journal == nil:
		return errors.New("no journal")
	case c.Zero.IsZero():
		return errors.New("the segment has no zero")
	case len(lanes) == 0:
		return errors.New("no targets")
	}
	seen := make(map[string]bool)
	for _, l := range lanes {
		if seen[l.name] {
			return fmt.Errorf("two targets are named %q", l.name)
		}
		seen[l.name] = true
	}
	for _, item := range c.Plan.Items {
		if len(item.Turns) == 0 {
			return fmt.Errorf("conversation %q has no turns", item.Item)
		}
	}
	for i := range c.Plan.Stages {
		if len(c.Plan.Stages[i].Until) > 0 && c.Run == nil {
			return fmt.Errorf("stage %q waits for figures, and how the run is recorded is not known", c.Plan.Stages[i].Name)
		}
		for _, s := range c.Plan.Stages[i].Starts {
			if s.Item < 0 || s.Item >= len(c.Plan.Items) {
				return fmt.Errorf("stage %q, session %d: no conversation %d in the plan", c.Plan.Stages[i].Name, s.Session, s.Item)
			}
		}
	}
	return nil
}
