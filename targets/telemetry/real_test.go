//go:build linux

package telemetry

import (
	"math"
	"testing"
	"time"

	"switchover/results"
)

// TestRealGPU reads the same GPUs both ways and compares them.
func TestRealGPU(t *testing.T) {
	smi, err := openSMI(t.Context())
	if err != nil {
		t.Skipf("needs an NVIDIA GPU: %v", err)
	}
	defer smi.Close()
	nv, err := openNVML(t.Context())
	if err != nil {
		t.Skipf("needs NVML (a cgo build and the driver's library): %v", err)
	}
	defer nv.Close()
	if smi.Devices() != nv.Devices() {
		t.Errorf("nvidia-smi shows %d devices, NVML %d", smi.Devices(), nv.Devices())
	}
	// The two readings are a moment apart, and a GPU that wakes up changes within
	// it: they have to agree once in a few tries.
	var problems []string
	for range 5 {
		if problems = differences(t, nv, smi); len(problems) == 0 {
			break
		}
		time.Sleep(time.Second)
	}
	for _, p := range problems {
		t.Error(p)
	}
	energyCounts(t, nv)
}

// differences says in which readings two sources disagree about a device.
func differences(t *testing.T, a, b Source) (out []string) {
	t.Helper()
	byUUID := map[string]Sample{}
	first, err := a.Sample(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.Sample(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range first {
		byUUID[s.Device] = s
	}
	for _, y := range second {
		x, ok := byUUID[y.Device]
		t.Logf("%s: %+v; %s: %+v", a.Name(), x, b.Name(), y)
		if !ok || x.Name != y.Name {
			out = append(out, y.Device+" is another device, or none, to "+a.Name())
			continue
		}
		for _, v := range []struct {
			what               string
			x, y               results.Opt[float64]
			relative, absolute float64
		}{
			{"utilisation", x.Util, y.Util, 0, 0.3},
			{"memory in use", x.MemGiB, y.MemGiB, 0.05, 1},
			{"memory", x.TotalGiB, y.TotalGiB, 0.01, 0.01},
			{"power", x.PowerW, y.PowerW, 0.2, 20},
		} {
			p, okP := v.x.Get()
			q, okQ := v.y.Get()
			if okP != okQ || okP && math.Abs(p-q) > max(v.absolute, v.relative*q) {
				out = append(out, y.Device+": the sources disagree about "+v.what)
			}
		}
	}
	return out
}

// energyCounts checks the energy counter against the power it adds up.
func energyCounts(t *testing.T, src Source) {
	t.Helper()
	before, err := src.Sample(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	time.Sleep(2 * time.Second)
	after, err := src.Sample(t.Context())
	if err != nil || len(after) != len(before) {
		t.Fatalf("%d devices, then %d: %v", len(before), len(after), err)
	}
	seconds := time.Since(began).Seconds()
	for i, s := range after {
		e1, ok1 := before[i].EnergyJ.Get()
		e2, ok2 := s.EnergyJ.Get()
		watts, ok3 := s.PowerW.Get()
		if !ok1 || !ok2 || !ok3 {
			t.Logf("%s has no energy counter or no power", s.Device)
			continue
		}
		mean := (e2 - e1) / seconds
		t.Logf("%s: %.1f W by the energy counter, %.1f W by the power reading", s.Device, mean, watts)
		if mean <= 0 || mean > 2*watts+50 || watts > 2*mean+50 {
			t.Errorf("%s: %.1f W by the energy counter, %.1f W by the power reading", s.Device, mean, watts)
		}
	}
}
