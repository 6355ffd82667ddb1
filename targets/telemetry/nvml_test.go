package telemetry

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
)

// fakeDevice is a GPU as NVML describes it, with what it refuses.
type fakeDevice struct {
	uuid        string
	percent     uint32
	used, total uint64
	milliwatts  uint32
	millijoules uint64
	err         map[string]error // by reading; "all" for every one
}

func (d fakeDevice) fails(what string) error {
	if err := d.err["all"]; err != nil {
		return err
	}
	return d.err[what]
}

func (d fakeDevice) identity() (string, string)     { return d.uuid, "NVIDIA Test" }
func (d fakeDevice) utilisation() (uint32, error)   { return d.percent, d.fails("utilisation") }
func (d fakeDevice) power() (uint32, error)         { return d.milliwatts, d.fails("power") }
func (d fakeDevice) energy() (uint64, error)        { return d.millijoules, d.fails("energy") }
func (d fakeDevice) memory() (u, t uint64, _ error) { return d.used, d.total, d.fails("memory") }

func TestNVMLUnitsAndUnknowns(t *testing.T) {
	lost := errors.New("GPU is lost")
	full := fakeDevice{uuid: "GPU-1", percent: 37, used: 3 << 30, total: 80 << 30, milliwatts: 412_500, millijoules: 9_000_500}
	with := func(err map[string]error) fakeDevice { d := full; d.err = err; return d }
	all := Sample{Device: "GPU-1", Name: "NVIDIA Test", Util: results.Known(0.37), MemGiB: results.Known(3.0),
		TotalGiB: results.Known(80.0), PowerW: results.Known(412.5), EnergyJ: results.Known(9000.5)}
	tests := []struct {
		name   string
		device fakeDevice
		want   []Sample
		err    string
	}{
		{"all readings, in our units", full, []Sample{all}, ""},
		{"what the device does not have is unknown and no error",
			with(map[string]error{"utilisation": errUnsupported, "memory": errUnsupported}),
			[]Sample{{Device: "GPU-1", Name: "NVIDIA Test", PowerW: all.PowerW, EnergyJ: all.EnergyJ}}, ""},
		{"a device that has nothing gives no sample", with(map[string]error{"all": errUnsupported}), nil, ""},
		{"a reading that fails leaves the others", with(map[string]error{"power": lost}),
			[]Sample{{Device: "GPU-1", Name: "NVIDIA Test", Util: all.Util, MemGiB: all.MemGiB, TotalGiB: all.TotalGiB, EnergyJ: all.EnergyJ}},
			"GPU GPU-1: power: GPU is lost"},
		{"a lost device gives no sample", with(map[string]error{"all": lost}), nil, "utilisation: GPU is lost"},
		{"a utilisation that cannot be", fakeDevice{uuid: "GPU-1", percent: 4_000_000_000,
			err: map[string]error{"memory": errUnsupported, "power": errUnsupported, "energy": errUnsupported}},
			nil, "utilisation: 4000000000 % cannot be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := &nvmlSource{devices: []device{tt.device}}
			got, err := src.Sample(t.Context())
			if d := cmp.Diff(tt.want, append([]Sample(nil), got...), cmp.Comparer(sameOpt)); d != "" {
				t.Error(d)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

func TestNVMLOneLostDeviceLeavesTheOthers(t *testing.T) {
	src := &nvmlSource{devices: []device{
		fakeDevice{uuid: "GPU-1", err: map[string]error{"all": errors.New("GPU is lost")}},
		fakeDevice{uuid: "GPU-2", percent: 50},
	}}
	got, err := src.Sample(t.Context())
	if len(got) != 1 || got[0].Device != "GPU-2" || err == nil || !strings.Contains(err.Error(), "GPU-1") {
		t.Errorf("got %v, %v", got, err)
	}
}

// sameOpt compares to a millionth: shares and GiB come out of divisions.
func sameOpt(a, b results.Opt[float64]) bool {
	x, okX := a.Get()
	y, okY := b.Get()
	return okX == okY && x-y < 1e-6 && y-x < 1e-6
}
