package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchover/results"
)

// BenchmarkMemory2000 measures the memory of a whole run, its report included, that
// has 2,000 streams open at once, against the simulator in a process of its own.
//
// It sends 10 tokens/s to each stream, so that two cores suffice for both: what a
// stream needs depends on how many there are, and on how long they become, not on
// how fast.
func BenchmarkMemory2000(b *testing.B) {
	const streams, tokens = 2000, 150
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		b.Fatal(err)
	}
	// While it connects, a stream has two descriptors.
	if need := uint64(2*streams + 100); files.Max < need {
		b.Skipf("%d streams need %d open files, and the limit is %d (ulimit -Hn)", streams, need, files.Max)
	}
	binary := buildRelease(b)
	var peak, idle float64
	for b.Loop() {
		url := startStreams(b, binary)
		peak = peakOf(b, binary, url, streams, tokens)
		idle = peakOf(b, binary, url, 1, 1)
	}
	b.ReportMetric(peak, "MiB-peak")
	b.ReportMetric(128, "MiB-bar")
	b.ReportMetric(idle, "MiB-peak-of-one-stream")
	b.ReportMetric((peak-idle)*1024/streams, "KiB/stream")
	b.ReportMetric(0, "ns/op") // it is the length of the streams
}

// startStreams starts a simulated server and returns its url.
func startStreams(b *testing.B, binary string) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "sim.yaml")
	if err := os.WriteFile(file, []byte("name: m\nsimulate: {ttft: 1s, tpot: 100ms, batch: 4000, prefill: 1000000/s}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), binary, "sim", "--config", file, "--exit-with-stdin")
	out := startServer(b, cmd)
	var at struct{ URL string }
	if err := json.NewDecoder(out).Decode(&at); err != nil {
		b.Fatalf("the simulated server does not listen: %v", err)
	}
	return at.URL
}

// peakOf is the most memory, in MiB, of a run that has some streams open at once.
func peakOf(b *testing.B, binary, url string, streams, tokens int) float64 {
	b.Helper()
	root := b.TempDir()
	file := filepath.Join(root, "memory.yaml")
	scenario := fmt.Sprintf(`name: memory
targets: [{name: a, url: %q, model: m, params: {max_tokens: %d}}]
workload: {conversations: bundled, max_turns: 1}
load: [{name: full, mode: concurrency, users: %d, requests: %d}]
`, url, tokens, streams, streams)
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		b.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(b.Context(), binary, "run", "--quiet", "--results", root, file)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := startOn(1, cmd); err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // a run without a verdict fails; what it recorded is looked at below
	}()
	var peak float64
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-time.After(50 * time.Millisecond):
			peak = max(peak, mostResident(cmd.Process.Pid))
		}
	}
	data, err := readRun(root)
	if err != nil {
		b.Fatalf("%v\n%s", err, said.String())
	}
	var began, over int64
	for i := range data.Records {
		r := &data.Records[i]
		if !r.OK() {
			b.Fatalf("%s: %+v", r.ID, r.Error)
		}
		began = max(began, r.FirstByte.Or(0))
		if end := r.End.Or(0); over == 0 || end < over {
			over = end
		}
	}
	if len(data.Records) != streams || began > over {
		b.Fatalf("%d streams, the last began at %v, the first was over at %v", len(data.Records), time.Duration(began), time.Duration(over))
	}
	return peak
}

func readRun(root string) (*results.Data, error) {
	dir, err := results.Find(root, "latest")
	if err != nil {
		return nil, err
	}
	return results.Read(dir)
}

// mostResident is the most memory that a process has had so far, in MiB; 0 once it
// has ended. Note: what wait returns of a child counts the memory of the parent
// that it was forked from.
func mostResident(pid int) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	var kib float64
	_, _ = fmt.Sscanf(line, "%f kB", &kib)
	return kib / 1024
}
