package telemetry

import (
	"context"
	"fmt"
	"time"
)

// bounded keeps a source from holding up the run: a reading that the driver does
// not answer is given up, and until it has come back none is begun.
//
// A call into a driver that hangs cannot be ended from outside, so its goroutine
// stays until the driver lets go of it or the process ends. At most one does.
type bounded struct {
	src Source
	// free holds a token while no reading is under way.
	free chan struct{}
}

func bound(src Source) *bounded {
	b := &bounded{src: src, free: make(chan struct{}, 1)}
	b.free <- struct{}{}
	return b
}

func (b *bounded) Name() string { return b.src.Name() }
func (b *bounded) Devices() int { return b.src.Devices() }

func (b *bounded) Sample(ctx context.Context) ([]Sample, error) {
	type reading struct {
		samples []Sample
		err     error
	}
	ctx, cancel := context.WithTimeoutCause(ctx, SampleTimeout, errHangs)
	defer cancel()
	select {
	case <-b.free:
	default:
		return nil, fmt.Errorf("reading GPUs by %s: %w", b.Name(), errHangs)
	}
	done := make(chan reading, 1)
	go func() {
		samples, err := b.src.Sample(ctx)
		b.free <- struct{}{}
		done <- reading{samples, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return r.samples, fmt.Errorf("reading GPUs by %s: %w", b.Name(), r.err)
		}
		return r.samples, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("reading GPUs by %s: %w", b.Name(), context.Cause(ctx))
	}
}

// Close lets go of the source once its reading has come back. Where that hangs
// the source stays open: taking the driver's library away under a call would end
// the process.
func (b *bounded) Close() {
	patience := time.NewTimer(closeTimeout)
	defer patience.Stop()
	select {
	case <-b.free:
		b.src.Close()
	case <-patience.C:
	}
}

// closeTimeout is more than a healthy reading takes and less than a user minds.
const closeTimeout = 2 * time.Second
