package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"switchover/scenarios"
	"switchover/scenarios/drive"
)

// plainEvery is how often a line of progress is written where nothing moves.
const plainEvery = 5 * time.Second

// progress shows a run on stderr: moving bars on a terminal, a line every few
// seconds elsewhere, nothing when quiet.
type progress interface {
	load(drive.Progress)
	judging(done, total int)
	close()
}

func (a *app) progress(p *scenarios.Plan, quiet bool) progress {
	if quiet {
		return silent{}
	}
	if width, ok := terminalWidth(a.err); ok {
		return newBars(a.err, width)
	}
	return &lines{out: a.err, name: p.Scenario.Name, last: time.Now()}
}

type silent struct{}

func (silent) load(drive.Progress) {}
func (silent) judging(int, int)    {}
func (silent) close()              {}

// lines writes plain progress.
type lines struct {
	out  io.Writer
	name string

	mu    sync.Mutex
	last  time.Time
	stage string
}

// due reports whether it is time for a line; a change of stage always is.
func (l *lines) due(stage string) bool {
	if stage == l.stage && time.Since(l.last) < plainEvery {
		return false
	}
	l.stage, l.last = stage, time.Now()
	return true
}

func (l *lines) load(p drive.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.Stage == "" || !l.due(p.Stage) {
		return
	}
	done, failed, flying := 0, 0, 0
	for _, t := range p.Targets {
		done, failed, flying = done+t.Done, failed+t.Failed, flying+t.InFlight
	}
	fmt.Fprintf(l.out, "%s: %s: %d answered, %d failed, %d in flight\n", l.name, stageLine(p), done, failed, flying)
	for _, t := range p.Targets {
		if probe := probeText(t); probe != "" {
			fmt.Fprintf(l.out, "  %s: %s\n", t.Name, probe)
		}
	}
}

func (l *lines) judging(done, total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if done == total || l.due("judging") {
		fmt.Fprintf(l.out, "%s: judging %d of %d dialogues\n", l.name, done, total)
	}
}

func (l *lines) close() {}

// stageLine names a stage, how far it is, and what kind it is.
func stageLine(p drive.Progress) string {
	text := fmt.Sprintf("stage %d of %d, %s", p.Index+1, p.Stages, p.Stage)
	if !p.Measured {
		text += " (not measured)"
	}
	if p.Total > 0 {
		text += fmt.Sprintf(", %s of %s", p.Elapsed.Round(time.Second), p.Total.Round(time.Second))
	}
	if p.Stopping {
		text += ", stopping"
	}
	return text
}

// probeText says how far a target's capacity search is; empty elsewhere.
func probeText(t drive.TargetProgress) string {
	switch {
	case t.Search == "" || t.Probe == "":
		return t.Probe + t.Search
	}
	return t.Probe + ", " + t.Search
}

// bars shows moving progress on a terminal: one line for the stage, one for
// each target. Its methods are called one at a time; what the bars' own
// goroutines read is atomic, because a lock that both sides take would deadlock.
type bars struct {
	pool    *mpb.Progress
	latest  atomic.Pointer[drive.Progress]
	stage   *mpb.Bar
	targets []*mpb.Bar
	judge   *mpb.Bar
}

func newBars(out io.Writer, width int) *bars {
	return &bars{pool: mpb.New(mpb.WithOutput(out), mpb.WithWidth(min(width/3, 40)), mpb.WithRefreshRate(200*time.Millisecond))}
}

func (b *bars) load(p drive.Progress) {
	b.latest.Store(&p)
	if b.stage == nil {
		b.stage = b.pool.AddBar(1000, mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			return " " + stageLine(*b.latest.Load())
		})))
	}
	if p.Total > 0 {
		b.stage.SetCurrent(min(int64(1000*p.Elapsed/p.Total), 999))
	}
	for i := len(b.targets); i < len(p.Targets); i++ {
		b.targets = append(b.targets, b.pool.MustAdd(1, nil, mpb.PrependDecorators(decor.Any(func(decor.Statistics) string {
			return targetLine(b.latest.Load().Targets, i)
		}))))
	}
}

// longestName bounds the column of names, in bytes.
const longestName = 24

// targetLine says how far one target is, its name padded to the longest.
func targetLine(all []drive.TargetProgress, i int) string {
	pad := 0
	for _, t := range all {
		pad = max(pad, min(len(t.Name), longestName))
	}
	t := all[i]
	if t.Quarantined != "" {
		return fmt.Sprintf("  %-*s stopped: %s", pad, t.Name, t.Quarantined)
	}
	text := fmt.Sprintf("  %-*s %4d answered %3d failed %3d in flight", pad, t.Name, t.Done, t.Failed, t.InFlight)
	if probe := probeText(t); probe != "" {
		return text + "  " + probe
	}
	if t.TTFT > 0 {
		text += fmt.Sprintf("  first token %s", t.TTFT.Round(time.Millisecond))
	}
	return text
}

func (b *bars) judging(done, total int) {
	if b.judge == nil {
		b.judge = b.pool.AddBar(int64(total), mpb.AppendDecorators(decor.CountersNoUnit(" judging dialogues %d / %d")))
	}
	b.judge.SetCurrent(int64(done))
}

// close removes what moves; the matrix that follows is the product.
func (b *bars) close() {
	for _, bar := range append([]*mpb.Bar{b.stage, b.judge}, b.targets...) {
		if bar != nil {
			bar.Abort(true)
		}
	}
	b.pool.Wait()
}
