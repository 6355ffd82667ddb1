package drive

import (
	"slices"
	"time"
)

// progressEvery is how often progress is reported.
const progressEvery = 200 * time.Millisecond

// Progress is how far a run is, for people to watch.
type Progress struct {
	Stage  string
	Index  int // of the stage, from 0
	Stages int
	// Measured reports whether the stage's records count.
	Measured bool
	Elapsed  time.Duration // since the stage's beginning in this segment
	// Total is how long the stage's arrivals take; 0 when answers decide.
	Total    time.Duration
	Stopping bool // nothing more leaves; answers are awaited
	SpentUSD float64
	Targets  []TargetProgress
}

// TargetProgress is one target's share, over this segment and all its stages.
type TargetProgress struct {
	Name         string
	Asked        int // attempts
	Done         int // requests that succeeded
	Failed       int // requests whose last attempt failed
	InFlight     int // attempts
	OutputTokens int
	// TTFT is the median first-token time of the latest successes, from intended;
	// 0 before the first.
	TTFT        time.Duration
	Quarantined string // why nothing more is asked
	// Probe is the window of a capacity search in words, Search its bounds so far;
	// both empty elsewhere.
	Probe, Search string
}

// report calls Config.Progress from a goroutine of its own until stop is called,
// which waits for a last call.
func (d *driver) report() (stop func()) {
	if d.cfg.Progress == nil {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				d.cfg.Progress(d.progress())
				return
			case <-tick.C:
			case <-d.change:
			}
			d.cfg.Progress(d.progress())
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// changed asks for a report soon.
func (d *driver) changed() {
	select {
	case d.change <- struct{}{}:
	default:
	}
}

func (d *driver) progress() Progress {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := Progress{Stages: len(d.cfg.Plan.Stages), Index: d.stageIndex, Stopping: d.stopped != "", SpentUSD: d.ledger.spent}
	if p.Index < p.Stages {
		stage := &d.cfg.Plan.Stages[p.Index]
		p.Stage, p.Measured = stage.Name, stage.Measured
	}
	if l := d.leg; l != nil {
		p.Elapsed = d.now() - l.began
		switch {
		case l.timed:
			p.Total = l.length
		case !l.stage.ClosedLoop():
			p.Total = max(0, l.lastStart-l.began)
		}
	}
	for _, l := range d.lanes {
		p.Targets = append(p.Targets, TargetProgress{
			Name: l.name, Asked: l.asked, Done: l.succeeded, Failed: l.failed, InFlight: l.inFlight,
			OutputTokens: l.outTokens, TTFT: l.recentTTFT.median(), Quarantined: l.quarantined,
			Probe: l.probe, Search: l.search,
		})
	}
	return p
}

// ring keeps the latest durations.
type ring struct {
	values [31]time.Duration
	n      int // ever added
}

func (r *ring) add(d time.Duration) {
	r.values[r.n%len(r.values)] = d
	r.n++
}

// median of what is kept; 0 when nothing is.
func (r *ring) median() time.Duration {
	n := min(r.n, len(r.values))
	if n == 0 {
		return 0
	}
	sorted := slices.Clone(r.values[:n])
	slices.Sort(sorted)
	return sorted[n/2]
}
