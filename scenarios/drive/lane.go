package drive

import (
	"context"
	"time"

	"switchover/results"
	"switchover/targets"
	"switchover/targets/chat"
)

// asker is what a lane asks: a targets.Target, or a stand-in under test.
type asker interface {
	Ask(ctx context.Context, zero time.Time, req chat.Request, rec *results.Record)
}

// lane is one target's side of a run. The driver's lock guards what is below spec.
type lane struct {
	name  string
	asker asker
	spec  targets.Spec

	index       int
	quarantined string // why nothing more is asked
	silence     silence
	asked       int // attempts, this segment
	inFlight    int
	succeeded   int  // requests
	failed      int  // requests
	noExact     bool // it refuses the fields of an exact length
	exactTaken  bool // a request with them was answered
	outTokens   int
	recentTTFT  ring
	probe       string           // of a capacity search, in words; empty between two
	search      string           // its bounds so far
	rtt         time.Duration    // the shortest connect seen; 0 none yet
	limits      *chat.RateLimits // the latest journalled
	limitNews   int              // how many were
}

func newLane(spec targets.Spec, a asker) *lane {
	return &lane{name: spec.Name, asker: a, spec: spec}
}

// socketsOf is how many attempts of a lane may be in flight, each with a connection
// of its own; 0 is no bound.
func (d *driver) socketsOf(l *lane) int {
	most := l.spec.MaxSockets
	if d.cfg.MaxSockets > 0 {
		share := max(1, d.cfg.MaxSockets/len(d.lanes))
		if most == 0 || share < most {
			most = share
		}
	}
	return most
}

// socketLimit is MaxSockets where it is what bounds a lane first; 0 where it is not.
func (d *driver) socketLimit() int {
	for _, l := range d.lanes {
		if most := d.socketsOf(l); most != l.spec.MaxSockets && most < d.cfg.MaxInFlight {
			return d.cfg.MaxSockets
		}
	}
	return 0
}

// worstUSD is what a request can cost at most, its answer at its limit; 0 when
// that is unknown.
func (l *lane) worstUSD(req *chat.Request) float64 {
	if req.Params.MaxTokens <= 0 {
		return 0
	}
	usd, _ := l.spec.Price.WorstUSD(req.MaxInputTokens(), req.Params.MaxTokens)
	return usd
}

// learn keeps what the progress display and the client's health show.
func (l *lane) learn(rec *results.Record) {
	l.outTokens += rec.OutputTokens.Or(0)
	if rec.OK() {
		if ttft, ok := results.Since(rec.FirstToken, rec.Intended).Get(); ok {
			l.recentTTFT.add(ttft)
		}
	}
	if c, ok := rec.Connect.Get(); ok && c > 0 && (l.rtt == 0 || time.Duration(c) < l.rtt) {
		l.rtt = time.Duration(c)
	}
}
