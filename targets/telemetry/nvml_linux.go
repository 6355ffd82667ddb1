//go:build cgo && linux

package telemetry

import (
	"context"
	"errors"
	"fmt"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
)

// maxDevices bounds what a broken driver can claim.
const maxDevices = 256

// openNVML loads the driver's library and finds the devices.
func openNVML(ctx context.Context) (Source, error) {
	lib := nvml.New()
	switch ret := lib.Init(); ret {
	case nvml.SUCCESS:
	case nvml.ERROR_LIBRARY_NOT_FOUND:
		return nil, errors.New("no NVIDIA driver library")
	default:
		return nil, fmt.Errorf("NVML does not start: %w", failure(ret))
	}
	s := &nvmlSource{close: func() { lib.Shutdown() }}
	has := symbols(lib)
	count, ret := lib.DeviceGetCount()
	if ret != nvml.SUCCESS {
		s.Close()
		return nil, fmt.Errorf("NVML does not count its devices: %w", failure(ret))
	}
	for i := range min(count, maxDevices) {
		if ctx.Err() != nil {
			s.Close()
			return nil, context.Cause(ctx)
		}
		handle, ret := lib.DeviceGetHandleByIndex(i)
		if ret != nvml.SUCCESS {
			continue // lost, or not this user's: the others can be read all the same
		}
		d := &nvmlDevice{handle: handle, has: has}
		if d.uuid, ret = handle.GetUUID(); ret != nvml.SUCCESS {
			continue // a reading that cannot be told from another device's is worth nothing
		}
		d.name, _ = handle.GetName()
		s.devices = append(s.devices, d)
	}
	if len(s.devices) == 0 {
		s.Close()
		return nil, errors.New("the NVIDIA driver shows no device")
	}
	return s, nil
}

// symbols says which functions the driver's library has. Calling one that an old
// driver lacks would end the process, because they are bound lazily.
func symbols(lib nvml.Interface) map[string]bool {
	has := map[string]bool{}
	for _, name := range []string{symUtilisation, symMemory2, symMemory1, symPower, symEnergy} {
		has[name] = lib.Extensions().LookupSymbol(name) == nil
	}
	return has
}

const (
	symUtilisation = "nvmlDeviceGetUtilizationRates"
	symMemory2     = "nvmlDeviceGetMemoryInfo_v2"
	symMemory1     = "nvmlDeviceGetMemoryInfo"
	symPower       = "nvmlDeviceGetPowerUsage"
	symEnergy      = "nvmlDeviceGetTotalEnergyConsumption"
)

// nvmlDevice is one GPU as the library knows it.
type nvmlDevice struct {
	handle     nvml.Device
	uuid, name string
	has        map[string]bool // by symbol
}

func (d *nvmlDevice) identity() (uuid, name string) { return d.uuid, d.name }

func (d *nvmlDevice) utilisation() (uint32, error) {
	if !d.has[symUtilisation] {
		return 0, errUnsupported
	}
	u, ret := d.handle.GetUtilizationRates()
	return u.Gpu, failure(ret)
}

// memory prefers the second version of the call, in which memory that the driver
// keeps for itself does not count as used, as nvidia-smi shows it.
func (d *nvmlDevice) memory() (used, total uint64, err error) {
	if d.has[symMemory2] {
		if m, ret := d.handle.GetMemoryInfo_v2(); ret == nvml.SUCCESS {
			return m.Used, m.Total, nil
		}
	}
	if !d.has[symMemory1] {
		return 0, 0, errUnsupported
	}
	m, ret := d.handle.GetMemoryInfo()
	return m.Used, m.Total, failure(ret)
}

func (d *nvmlDevice) power() (uint32, error) {
	if !d.has[symPower] {
		return 0, errUnsupported
	}
	mw, ret := d.handle.GetPowerUsage()
	return mw, failure(ret)
}

func (d *nvmlDevice) energy() (uint64, error) {
	if !d.has[symEnergy] {
		return 0, errUnsupported
	}
	mj, ret := d.handle.GetTotalEnergyConsumption()
	return mj, failure(ret)
}

// failure is NVML's return code as an error. What this process may not see is as
// absent as what the device does not have.
func failure(ret nvml.Return) error {
	switch ret {
	case nvml.SUCCESS:
		return nil
	case nvml.ERROR_NOT_SUPPORTED, nvml.ERROR_NO_PERMISSION, nvml.ERROR_FUNCTION_NOT_FOUND:
		return errUnsupported
	}
	return errors.New(ret.Error())
}
