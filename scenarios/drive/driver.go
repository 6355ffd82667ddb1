package drive

import (
	"context"
	"fmt"
	"sync"
	"time"

	"switchover/results"
	"switchover/scenarios"
)

// driver carries out one segment of a run: its stages one after another, each in
// one leg or, when targets go one after another, in one leg a target.
type driver struct {
	cfg    Config
	lanes  []*lane
	past   *history
	ctx    context.Context
	cancel context.CancelFunc
	change chan struct{} // signals the progress reporter

	mu         sync.Mutex
	ledger     ledger
	stopped    Stopped
	reason     string
	stoppedAt  time.Duration
	drainTimer *time.Timer
	err        error // the first failed write
	leg        *leg  // running; nil between legs
	stageIndex int
}

func newDriver(ctx context.Context, cfg Config, lanes []*lane) (*driver, error) {
	past, err := readHistory(cfg.Resume)
	if err != nil {
		return nil, err
	}
	if cfg.Drain <= 0 {
		cfg.Drain = DefaultDrain
	}
	if cfg.MaxInFlight <= 0 {
		cfg.MaxInFlight = DefaultMaxInFlight
	}
	d := &driver{cfg: cfg, lanes: lanes, past: past, change: make(chan struct{}, 1)}
	d.ctx, d.cancel = context.WithCancel(ctx)
	d.ledger = newLedger(cfg.Plan.Scenario.Budget)
	d.ledger.spent, d.ledger.asked, d.ledger.before = d.past.spent, d.past.asked, d.past.ran
	d.ledger.began = d.now()
	for i, l := range lanes {
		l.index = i
		l.quarantined = d.past.quarantined[l.name]
		l.silence.heard = d.past.heard[l.name]
	}
	return d, nil
}

// now is the time since the segment's zero, on the monotonic clock.
func (d *driver) now() time.Duration { return time.Since(d.cfg.Zero) }

// stages carries out what earlier segments left of the plan.
func (d *driver) stages() error {
	stages := d.cfg.Plan.Stages
	for i := d.past.first(stages, d.lanes); i < len(stages) && !d.halted(); i++ {
		d.mu.Lock()
		d.stageIndex = i
		d.mu.Unlock()
		if err := d.stage(&stages[i]); err != nil {
			return err
		}
	}
	return d.failure()
}

func (d *driver) stage(stage *scenarios.PlannedStage) error {
	prefix, past := stage.Name, d.past
	if !stage.Measured && past.touched(stage, d.lanes) {
		// A warm-up warms connections and caches that died with the last process,
		// so it is repeated whole, under ids of its own.
		prefix, past = fmt.Sprintf("%s~%d", stage.Name, d.cfg.Segment), new(history)
	}
	health, wakes := takeHealth(time.Now()), watchWakes()
	defer wakes.end()
	var sum client
	for _, part := range split(stage, d.lanes) {
		if d.halted() {
			break
		}
		if past.ended[legKey{stage.Name, part.solo}] {
			continue
		}
		if stage.Search != nil {
			if err := d.search(stage, part, &sum); err != nil {
				return err
			}
			continue
		}
		left := past.left(d.cfg.Plan, stage, part)
		l := d.newLeg(stage, prefix, part)
		for _, m := range left.missed {
			d.emit(l.event(results.EventSkipped, m.target, m.Skipped))
		}
		err := l.run(left)
		sum.add(l)
		if err != nil {
			return err
		}
	}
	if sum.legs > 0 {
		d.emit(sum.last.event(results.EventClient, "", d.clientHealth(&sum, health, wakes)))
	}
	return d.failure()
}

// part is the lanes of one leg.
type part struct {
	lanes []*lane
	solo  string // the target's name when the stage goes target after target
}

func split(stage *scenarios.PlannedStage, lanes []*lane) []part {
	if stage.Order != scenarios.OrderSequential || len(lanes) == 1 {
		return []part{{lanes: lanes}}
	}
	parts := make([]part, len(lanes))
	for i, l := range lanes {
		parts[i] = part{lanes: lanes[i : i+1], solo: l.name}
	}
	return parts
}

// poll notices a stop or a cancelled context.
func (d *driver) poll() {
	if d.ctx.Err() != nil {
		d.stop(StoppedAbort, "the run was cancelled")
		return
	}
	select {
	case <-d.cfg.Stop:
		d.stop(StoppedInterrupt, "the run was interrupted")
	default:
	}
}

// halted reports whether nothing more may leave.
func (d *driver) halted() bool {
	d.poll()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stopped != ""
}

// stop lets nothing more leave. What is in flight has the drain to finish, unless
// its context is cancelled already. Only the first call counts.
func (d *driver) stop(why Stopped, reason string) {
	d.mu.Lock()
	if d.stopped != "" {
		d.mu.Unlock()
		return
	}
	d.stopped, d.reason, d.stoppedAt = why, reason, d.now()
	l, stage := d.leg, ""
	if l != nil {
		stage = l.stage.Name
		if why != StoppedAbort {
			d.drainTimer = time.AfterFunc(d.cfg.Drain, l.cancel)
		}
	}
	d.mu.Unlock()
	if l != nil {
		l.board.close()
	}
	kind := results.EventInterrupt
	if why == StoppedBudget {
		kind = results.EventBudget
	}
	d.emit(newEvent(d.cfg.Segment, d.now(), kind, "", stage, results.Reason{Reason: reason}))
	d.changed()
}

// emit journals an event and reports whether that worked.
func (d *driver) emit(e results.Event) bool {
	if err := d.cfg.Journal.Event(e); err != nil {
		d.fail(err)
		return false
	}
	return true
}

// fail ends the run for a journal that cannot be written.
func (d *driver) fail(err error) {
	d.mu.Lock()
	if d.err == nil {
		d.err = fmt.Errorf("drive: %w", err)
	}
	d.mu.Unlock()
	d.cancel()
}

func (d *driver) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

func (d *driver) isQuarantined(l *lane) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return l.quarantined != ""
}

func (d *driver) outcome() Outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := Outcome{Stopped: d.stopped, Reason: d.reason, SpentUSD: d.ledger.spent, Requests: d.ledger.asked,
		Ran: d.ledger.before + d.now() - d.ledger.began, Quarantined: make(map[string]string)}
	for _, l := range d.lanes {
		if l.quarantined != "" {
			out.Quarantined[l.name] = l.quarantined
		}
	}
	return out
}

// uniform is a draw in [0,1) that depends on the seed and a name alone: FNV-1a,
// then the finaliser of splitmix64 (Steele, Lea, Flood 2014), since FNV's high
// bits hardly change with the last byte.
func uniform(seed int64, name string) float64 {
	x := uint64(14695981039346656037)
	for i := range len(name) {
		x = (x ^ uint64(name[i])) * 1099511628211
	}
	x ^= uint64(seed) * 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return float64(x>>11) / (1 << 53)
}
