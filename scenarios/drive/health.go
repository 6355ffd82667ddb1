package drive

import (
	"math"
	"runtime"
	"runtime/metrics"
	"time"

	"switchover/results"
)

// health is a reading of what this process has done so far; the difference of two
// readings is its health in between.
type health struct {
	wall      time.Time
	cpu       time.Duration // of this process, all threads
	gc, sched *metrics.Float64Histogram
}

func takeHealth(now time.Time) health {
	samples := []metrics.Sample{
		{Name: "/sched/pauses/total/gc:seconds"},
		{Name: "/sched/latencies:seconds"},
	}
	metrics.Read(samples)
	return health{wall: now, cpu: cpuTime(), gc: histogram(samples[0]), sched: histogram(samples[1])}
}

// histogram is the sample's, or nil from a runtime that no longer has it.
func histogram(s metrics.Sample) *metrics.Float64Histogram {
	if s.Value.Kind() != metrics.KindFloat64Histogram {
		return nil
	}
	return s.Value.Float64Histogram()
}

// client adds up the legs of a stage.
type client struct {
	legs             int
	last             *leg
	left, drops, top int
	waited           int // departures that no connection was free for when they were due
}

func (c *client) add(l *leg) {
	left, peak, waited := l.board.counts()
	c.legs, c.last = c.legs+1, l
	c.left, c.drops, c.top = c.left+left, c.drops+l.drops, max(c.top, peak)
	c.waited += waited
}

// health is the client's own health since a reading. Sockets are counted as
// attempts in flight, each of which has one to itself.
func (c *client) health(since health, lanes []*lane, now time.Time) results.ClientHealth {
	until := takeHealth(now)
	out := results.ClientHealth{
		GCPauseP99:      int64(p99(since.gc, until.gc)),
		SchedLatencyP99: int64(p99(since.sched, until.sched)),
		OpenSocketsMax:  c.top,
		Departures:      c.left + c.drops,
	}
	if wall := until.wall.Sub(since.wall); wall > 0 {
		out.CPUShare = min(1, float64(until.cpu-since.cpu)/float64(wall)/float64(runtime.NumCPU()))
	}
	if out.Departures > 0 {
		out.DroppedShare = float64(c.drops) / float64(out.Departures)
	}
	for _, l := range lanes {
		if l.rtt > 0 {
			out.RTT = append(out.RTT, results.RTT{Target: l.name, NS: int64(l.rtt)})
		}
	}
	return out
}

// clientHealth is the client's health over a stage whose legs are added up.
func (d *driver) clientHealth(sum *client, since health, w *wakes) results.ClientHealth {
	w.end()
	out := sum.health(since, d.lanes, time.Now())
	out.WakeLagP99 = int64(w.p99())
	out.Waited, out.SocketLimit = sum.waited, d.socketLimit()
	return out
}

// p99 is the 99th percentile of what a histogram of seconds gained between two
// readings, as the upper edge of its bucket; 0 when it gained nothing.
func p99(from, to *metrics.Float64Histogram) time.Duration {
	if from == nil || to == nil || len(from.Counts) != len(to.Counts) {
		return 0
	}
	var total uint64
	for i := range to.Counts {
		total += to.Counts[i] - from.Counts[i]
	}
	if total == 0 {
		return 0
	}
	rank := uint64(math.Ceil(float64(total) * 0.99))
	var seen uint64
	for i := range to.Counts {
		seen += to.Counts[i] - from.Counts[i]
		if seen < rank {
			continue
		}
		edge := to.Buckets[i+1]
		if math.IsInf(edge, 1) {
			edge = to.Buckets[i] // the last bucket has no upper edge
		}
		return time.Duration(edge * float64(time.Second))
	}
	return 0
}
