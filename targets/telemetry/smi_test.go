package telemetry

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
)

func TestParseSMI(t *testing.T) {
	known := results.Known[float64]
	tests := []struct {
		name, out string
		want      []Sample
		err       string
	}{
		{"two GPUs", "GPU-aa, 45, 40960, 81920, 301.25, NVIDIA H100\nGPU-bb, 0, 512, 81920, 70.00, NVIDIA H100\n", []Sample{
			{Device: "GPU-aa", Name: "NVIDIA H100", Util: known(0.45), MemGiB: known(40.0), TotalGiB: known(80.0), PowerW: known(301.25)},
			{Device: "GPU-bb", Name: "NVIDIA H100", Util: known(0.0), MemGiB: known(0.5), TotalGiB: known(80.0), PowerW: known(70.0)},
		}, ""},
		{"what it does not have is unknown", "GPU-aa, [N/A], [Not Supported], N/A, [Unknown Error], NVIDIA GB10\r\n",
			[]Sample{{Device: "GPU-aa", Name: "NVIDIA GB10"}}, ""},
		{"a name with a comma", "GPU-aa, 1, 1024, 1024, 1, Board, the second\n",
			[]Sample{{Device: "GPU-aa", Name: "Board, the second", Util: known(0.01), MemGiB: known(1.0), TotalGiB: known(1.0), PowerW: known(1.0)}}, ""},
		{"a warning beside the rows", "GPU-aa, [N/A], [N/A], [N/A], 9, X\nWARNING: infoROM is corrupted at gpu 0000:84:00.0\n",
			[]Sample{{Device: "GPU-aa", Name: "X", PowerW: known(9.0)}}, ""},
		{"no device", "No devices were found\n", nil, "nvidia-smi shows no device: No devices were found"},
		{"nothing at all", "", nil, "nvidia-smi shows no device"},
		{"a row cut short", "GPU-aa, 45, 409", nil, "nvidia-smi, device 1: 3 columns where 6 were asked for"},
		{"over 100 %", "GPU-aa, 145, 1, 2, 3, X", nil, "nvidia-smi, device 1: utilization.gpu is not a number that can be"},
		{"negative", "GPU-aa, 45, -1, 2, 3, X", nil, "nvidia-smi, device 1: memory.used is not a number that can be"},
		{"not a number", "GPU-aa, 45, 1, 2, NaN, X", nil, "nvidia-smi, device 1: power.draw is not a number that can be"},
		{"a unit", "GPU-aa, 45, 1, 2 MiB, 3, X", nil, "nvidia-smi, device 1: memory.total is not a number that can be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseSMI([]byte(tt.out))
			if d := cmp.Diff(tt.want, got, cmp.Comparer(sameOpt)); d != "" {
				t.Error(d)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || err.Error() != tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

// FuzzParseSMI: every sample is of a named device, within bounds, and unknown
// where nothing was said.
func FuzzParseSMI(f *testing.F) {
	f.Add("GPU-aa, 45, 40960, 81920, 301.25, NVIDIA H100\n")
	f.Add("MIG-aa, [N/A], 1, 2, [N/A], X\nWARNING: y\n")
	f.Add("GPU-,1e300,1e300,1e300,1e300,")
	f.Fuzz(func(t *testing.T, out string) {
		samples, err := parseSMI([]byte(out))
		if (err == nil) == (len(samples) == 0) {
			t.Fatalf("%d samples and error %v", len(samples), err)
		}
		if len(samples) > strings.Count(out, "\n")+1 {
			t.Fatalf("%d samples of %q", len(samples), out)
		}
		for _, s := range samples {
			if u, ok := s.Util.Get(); ok && !(u >= 0 && u <= 1) {
				t.Fatalf("utilisation %v", u)
			}
			for _, v := range []results.Opt[float64]{s.MemGiB, s.TotalGiB, s.PowerW} {
				if x, ok := v.Get(); ok && !(x >= 0 && x-x == 0) {
					t.Fatalf("%v in %+v", x, s)
				}
			}
			if s.EnergyJ.IsKnown() || !strings.Contains(s.Device, "-") {
				t.Fatalf("%+v", s)
			}
		}
	})
}

// program writes an executable shell script that stands in for nvidia-smi.
func program(t *testing.T, body string) string {
	t.Helper()
	if _, err := exec.LookPath("/bin/sh"); err != nil {
		t.Skip("no /bin/sh to stand in for nvidia-smi")
	}
	path := filepath.Join(t.TempDir(), "nvidia-smi")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSMIReadsAProgram(t *testing.T) {
	t.Setenv("SECRET_API_KEY", "canary")
	path := program(t, `echo "GPU-aa, 45, 1024, 2048, 3, $1 $2 key=$SECRET_API_KEY."`)
	src, err := openSMIAt(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	got, err := src.Sample(t.Context())
	if err != nil || len(got) != 1 || src.Devices() != 1 {
		t.Fatalf("got %v, %v; %d devices", got, err, src.Devices())
	}
	want := "--query-gpu=uuid,utilization.gpu,memory.used,memory.total,power.draw,name --format=csv,noheader,nounits key=."
	if got[0].Name != want {
		t.Errorf("nvidia-smi was run with %q, want %q", got[0].Name, want)
	}
}

func TestSMIThatFailsSaysWhy(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"no driver", "echo 'NVIDIA-SMI has failed because it could not reach the driver.'; echo more; exit 9",
			"nvidia-smi: exit status 9: NVIDIA-SMI has failed because it could not reach the driver."},
		{"no device", "echo 'No devices were found'; exit 6", "nvidia-smi: exit status 6: No devices were found"},
		{"what a terminal would obey", "printf '\\033[2Jgone\\n'; exit 1", "nvidia-smi: exit status 1: ?[2Jgone"},
		{"silent", "exit 1", "nvidia-smi: exit status 1"},
		{"output without end", "while :; do echo 'GPU-aa, 1, 1, 1, 1, xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'; done",
			"nvidia-smi wrote more than 262144 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := openSMIAt(t.Context(), program(t, tt.body))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSMIThatHangsIsEnded(t *testing.T) {
	path := program(t, "exec sleep 60")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errHangs)
	defer cancel()
	began := time.Now()
	_, err := openSMIAt(ctx, path)
	if !errors.Is(err, errHangs) || time.Since(began) > 10*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}
