// Package telemetry reads what the GPUs of this host do while a run lasts:
// utilisation, memory, power and energy, on the run's own clock. NVML is asked
// where the program was built with cgo on Linux and the driver is there,
// nvidia-smi otherwise; a host without either is "no GPU on this host", a plain
// finding and never a failure of the run.
//
// What a device does not report (a MIG slice its utilisation, a board with
// unified memory its memory, a container sometimes its power) is unknown, never
// zero. It refuses to change a device's settings, to guess at missing values,
// and to wait for a driver that hangs. All GPUs that the driver shows are read,
// whoever uses them: a GPU that other work shares cannot be told apart.
//
// Utilisation is the share of the driver's last sample period (a sixth of a
// second to a second) in which any kernel ran. One busy stream brings it near 1,
// so it says little about headroom. An engine that reserves memory in advance
// makes memory in use a constant. Energy is a counter since the driver was
// loaded; the difference of two samples is exact where a sum over power is not.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchover/results"
)

// Sample is one reading of one device. Unknown values are what the device does
// not report.
type Sample struct {
	Device   string               // the GPU's UUID
	Name     string               // the product's name
	Util     results.Opt[float64] // 0 to 1
	MemGiB   results.Opt[float64] // in use, GiB
	TotalGiB results.Opt[float64] // GiB
	PowerW   results.Opt[float64] // W
	EnergyJ  results.Opt[float64] // J since the driver was loaded
}

// Source reads the devices of one host. It is used by one goroutine at a time.
type Source interface {
	// Name says how the devices are read: nvml or nvidia-smi.
	Name() string
	// Devices is how many there were when the source was opened.
	Devices() int
	// Sample reads every device once. It can return both samples and an error:
	// what could be read, and why the rest could not. It returns within
	// SampleTimeout or when ctx ends, whichever is sooner.
	Sample(ctx context.Context) ([]Sample, error)
	// Close lets go of the driver. The source cannot be used afterwards.
	Close()
}

// SampleTimeout is how long one reading may take. A healthy driver needs
// milliseconds; one whose GPU has fallen off the bus may never answer.
const SampleTimeout = 5 * time.Second

// ErrNoGPU is what Detect finds on a host without a GPU that it can read.
var ErrNoGPU = errors.New("no GPU on this host")

// probe tries one way of reading GPUs. Its error says in a few words why that
// way is closed.
type probe func(ctx context.Context) (Source, error)

// Detect opens the best source of this host, which the caller closes. Its only
// error is ErrNoGPU, with the reasons in parentheses, and ctx's own once that has
// ended.
func Detect(ctx context.Context) (Source, error) {
	return detect(ctx, openNVML, openSMI)
}

func detect(ctx context.Context, probes ...probe) (Source, error) {
	var why []string
	for _, open := range probes {
		src, err := opened(ctx, open)
		if err == nil {
			return bound(src), nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		why = append(why, err.Error())
	}
	return nil, fmt.Errorf("%w (%s)", ErrNoGPU, strings.Join(why, "; "))
}

// opened waits for a probe, but no longer than openTimeout: a source that comes
// later is closed by the goroutine that waited for it.
func opened(ctx context.Context, open probe) (Source, error) {
	type result struct {
		src Source
		err error
	}
	ctx, cancel := context.WithTimeoutCause(ctx, openTimeout, errHangs)
	defer cancel()
	done := make(chan result)
	go func() {
		src, err := open(ctx)
		select {
		case done <- result{src, err}:
		case <-ctx.Done():
			if src != nil {
				src.Close()
			}
		}
	}()
	select {
	case r := <-done:
		return r.src, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// openTimeout is generous: without its persistence daemon the driver wakes each
// GPU first, which takes seconds.
const openTimeout = 15 * time.Second

var errHangs = errors.New("the GPU driver does not answer")
