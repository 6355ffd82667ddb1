package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkStart is how long the program takes to say its version, beside a
// program that does nothing.
func BenchmarkStart(b *testing.B) {
	const turns = 40
	binary := buildRelease(b)
	dir := b.TempDir()
	source := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	build(b, nil, "build", "-trimpath", "-ldflags", "-s -w", "-o", empty, source)
	var ours, floor []float64
	for b.Loop() {
		for range turns {
			ours = append(ours, lifetime(b, binary, "version"))
			floor = append(floor, lifetime(b, empty))
		}
	}
	slices.Sort(ours)
	slices.Sort(floor)
	middle := len(ours) / 2
	b.ReportMetric(ours[middle], "ms-start")
	b.ReportMetric(floor[middle], "ms-start-empty")
	b.ReportMetric(ours[middle]/floor[middle], "x-start/empty")
	b.ReportMetric(0, "ns/op")
}

// lifetime is how many milliseconds a program takes from its start to its end.
func lifetime(b *testing.B, binary string, args ...string) float64 {
	b.Helper()
	began := time.Now()
	if err := exec.CommandContext(b.Context(), binary, args...).Run(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began).Seconds() * 1e3
}

// buildRelease builds the program as users get it.
func buildRelease(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "switchover")
	build(b, nil, "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, "switchover/cmd/switchover")
	return binary
}

func build(b *testing.B, env []string, args ...string) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "go", args...)
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Skipf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
