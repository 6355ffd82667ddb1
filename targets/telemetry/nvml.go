package telemetry

import (
	"context"
	"errors"
	"fmt"

	"switchover/results"
)

// device is what is asked of one GPU through NVML, in NVML's own units. An error
// that is errUnsupported says that the device never has the value.
//
// Note: an interface of our own, not the library's: its mock panics on the very
// readings that matter here, and its types need cgo.
type device interface {
	identity() (uuid, name string)
	utilisation() (percent uint32, err error)
	memory() (used, total uint64, err error) // bytes
	power() (milliwatts uint32, err error)
	energy() (millijoules uint64, err error)
}

// errUnsupported is a value that the device does not have.
var errUnsupported = errors.New("not supported")

// nvmlSource reads devices through NVML.
type nvmlSource struct {
	devices []device
	close   func()
}

func (s *nvmlSource) Name() string { return "nvml" }
func (s *nvmlSource) Devices() int { return len(s.devices) }
func (s *nvmlSource) Close()       { s.close() }

func (s *nvmlSource) Sample(ctx context.Context) ([]Sample, error) {
	samples := make([]Sample, 0, len(s.devices))
	var errs []error
	for _, d := range s.devices {
		if err := ctx.Err(); err != nil {
			return samples, err
		}
		sample, err := read(d)
		if err != nil {
			errs = append(errs, fmt.Errorf("GPU %s: %w", sample.Device, err))
		}
		if sample.known() {
			samples = append(samples, sample)
		}
	}
	return samples, errors.Join(errs...)
}

// read takes one reading of a device: what it gives, and why it gave no more
// where that is not its nature.
func read(d device) (Sample, error) {
	var s Sample
	var errs []error
	fails := func(what string, err error) bool {
		if err != nil && !errors.Is(err, errUnsupported) {
			errs = append(errs, fmt.Errorf("%s: %w", what, err))
		}
		return err != nil
	}
	s.Device, s.Name = d.identity()
	if percent, err := d.utilisation(); !fails("utilisation", err) {
		if percent > 100 {
			errs = append(errs, fmt.Errorf("utilisation: %d %% cannot be", percent))
		} else {
			s.Util = results.Known(float64(percent) / 100)
		}
	}
	if used, total, err := d.memory(); !fails("memory", err) {
		s.MemGiB = results.Known(float64(used) / (1 << 30))
		s.TotalGiB = results.Known(float64(total) / (1 << 30))
	}
	if mw, err := d.power(); !fails("power", err) {
		s.PowerW = results.Known(float64(mw) / 1000)
	}
	if mj, err := d.energy(); !fails("energy", err) {
		s.EnergyJ = results.Known(float64(mj) / 1000)
	}
	return s, errors.Join(errs...)
}

// known says that a sample holds a reading at all.
func (s Sample) known() bool {
	return s.Util.IsKnown() || s.MemGiB.IsKnown() || s.PowerW.IsKnown() || s.EnergyJ.IsKnown()
}
