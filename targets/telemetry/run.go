package telemetry

import (
	"context"
	"time"

	"switchover/results"
)

// MinInterval is the shortest time between two samples: drivers refresh
// utilisation no more often, and reading costs the client CPU.
const MinInterval = 100 * time.Millisecond

// Run samples src at once and then at every multiple of the interval since it
// began, until ctx ends; it returns when the last reading has. An interval below
// MinInterval is raised to it. When a reading takes longer than the interval, the
// samples it ran over are left out, not made up for: the others stay on time.
//
// emit gets one line for each device and reading, in the order of the source,
// all from the goroutine that called Run. Its T is the middle of the reading, in
// nanoseconds since zero. The target is left for the caller to fill in, who knows
// what runs on the device.
//
// failed, which may be nil, is told of the first reading that failed, wholly or
// in part; sampling goes on.
func Run(ctx context.Context, src Source, every time.Duration, zero time.Time, segment int,
	emit func(results.Telemetry), failed func(error)) {
	every = max(every, MinInterval)
	began := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		before := time.Since(zero)
		samples, err := src.Sample(ctx)
		after := time.Since(zero)
		for _, s := range samples {
			emit(s.line(src.Name(), segment, before+(after-before)/2))
		}
		if err != nil && failed != nil && ctx.Err() == nil {
			failed(err)
			failed = nil
		}
		sinceBegan := time.Since(began)
		timer.Reset((sinceBegan/every+1)*every - sinceBegan)
	}
}

func (s Sample) line(source string, segment int, at time.Duration) results.Telemetry {
	return results.Telemetry{Segment: segment, T: int64(at), Source: source,
		Device: s.Device, Name: s.Name, Util: s.Util, MemGiB: s.MemGiB, TotalGiB: s.TotalGiB,
		PowerW: s.PowerW, EnergyJ: s.EnergyJ}
}
