//go:build cgo && linux

package telemetry

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asChild marks a process of this test binary that reads the devices of the
// driver library its parent built: the loader looks for libraries where the
// environment said when the process began.
const asChild = "TELEMETRY_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) == "" {
		os.Exit(m.Run())
	}
	if err := printDevices(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func printDevices() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	src, err := Detect(ctx)
	if err != nil {
		return err
	}
	defer src.Close()
	samples, err := src.Sample(ctx)
	if err != nil {
		return err
	}
	fmt.Println(src.Name(), src.Devices())
	for _, s := range samples {
		fmt.Println(s.Device, s.Util.Or(-1), s.MemGiB.Or(-1), s.TotalGiB.Or(-1), s.PowerW.Or(-1), s.EnergyJ.Or(-1))
	}
	return nil
}

// The binding to the driver's library, held against a library with known values:
// also one so old that it lacks functions, whose call would end the process.
func TestNVMLThroughADriverLibrary(t *testing.T) {
	tests := []struct {
		name  string
		flags []string
		want  string
	}{
		{"today's driver", nil, "nvml 2\nGPU-zero 0.75 20 80 350 123.456\nGPU-one -1 20 80 -1 123.456\n"},
		{"an old driver", []string{"-DOLD"}, "nvml 2\nGPU-zero 0.75 21 80 350 -1\nGPU-one -1 21 80 -1 -1\n"},
	}
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	if _, err := exec.LookPath(compiler); err != nil {
		t.Skipf("no C compiler to build a driver library with: %v", err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			build := exec.Command(compiler, append(tt.flags, "-shared", "-fPIC", "-w",
				"-o", filepath.Join(dir, "libnvidia-ml.so.1"), filepath.Join("testdata", "driver.c"))...)
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), asChild+"=1", "LD_LIBRARY_PATH="+dir)
			out, err := child.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if got := string(out); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", strings.TrimSpace(got), strings.TrimSpace(tt.want))
			}
		})
	}
}
