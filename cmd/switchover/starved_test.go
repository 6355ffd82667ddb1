//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchover/results"
)

// light is a load that an idle machine carries with ease.
const light = `name: starved
seed: 3
targets:
  - {name: one, simulate: {ttft: 100ms, tpot: 20ms, output: 30}, params: {max_tokens: 30}}
workload: {conversations: bundled, max_turns: 1}
load:
  - {name: steady, mode: %s}
`

// hungry is a program that is made to starve; prefix goes before its name on the
// command line.
type hungry struct {
	cmd  *exec.Cmd
	tmp  string // its folder for passing files, and of its results
	out  bytes.Buffer
	talk bytes.Buffer
}

func startHungry(t *testing.T, prefix []string, args ...string) *hungry {
	t.Helper()
	h := &hungry{tmp: t.TempDir()}
	line := append(append(prefix, "switchover"), args...)
	h.cmd = exec.Command(line[0], line[1:]...)
	h.cmd.Env = append(os.Environ(), "TMPDIR="+h.tmp)
	h.cmd.Stdout, h.cmd.Stderr = &h.out, &h.talk
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.cmd.Process.Kill() })
	return h
}

// startLight runs the light load in the given mode.
func startLight(t *testing.T, mode string, prefix ...string) (h *hungry, root string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "light.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, light, mode), 0o600); err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(dir, "out")
	return startHungry(t, prefix, "run", "--quiet", "--results", root, file), root
}

// stutter stops the process again and again while its load runs, as its journal of
// events has it: what a quota of processor time does to it. Then it lets it end.
func (h *hungry) stutter(t *testing.T, events string, stopped, running time.Duration) (code int) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit) && loading(events); time.Sleep(running) {
		_ = h.cmd.Process.Signal(syscall.SIGSTOP)
		time.Sleep(stopped)
		_ = h.cmd.Process.Signal(syscall.SIGCONT)
	}
	return exitCodeOf(h.cmd.Wait())
}

// loading reports whether the journal of events that a pattern finds is still there
// and has no stage's end.
func loading(pattern string) bool {
	paths, _ := filepath.Glob(pattern)
	for _, p := range paths {
		if b, err := os.ReadFile(p); err == nil && !bytes.Contains(b, []byte(results.EventStageEnd)) {
			return true
		}
	}
	return false
}

// invalidFor holds what a run printed against a reason, which stands above all
// figures.
func (h *hungry) invalidFor(t *testing.T, code int, reasons ...string) {
	t.Helper()
	top, _, _ := strings.Cut(h.out.String(), "VERDICT")
	top = strings.Join(strings.Fields(top), " ")
	if code != exitInvalid || !strings.Contains(top, "INVALID") {
		t.Errorf("exit %d, want %d and INVALID on top:\n%s%s", code, exitInvalid, h.out.String(), h.talk.String())
	}
	for _, reason := range reasons {
		if !strings.Contains(top, reason) {
			t.Errorf("the top does not say %q:\n%s", reason, top)
		}
	}
}

// client is what the run recorded of its client, for the test's log.
func client(t *testing.T, root string) *results.Summary {
	t.Helper()
	run, err := results.Find(root, "latest")
	if err != nil {
		t.Fatal(err)
	}
	data, err := results.Read(run)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := results.Summarise(data)
	c := s.Client
	t.Logf("schedule lag p99 %.3g ms, woke late p99 %.3g ms, CPU %.1f %%, dropped %.2g %%, tokens merged %.2g %%, clock %s, valid %v",
		1000*c.ScheduleLagP99, float64(c.WakeLagP99)/1e6, 100*c.CPUShare, 100*c.DroppedShare, 100*c.MergedShare, c.Clock, s.Valid)
	return s
}

func TestAClientWithoutProcessorTimeIsInvalid(t *testing.T) {
	t.Parallel()
	h, root := startLight(t, "open, rate: 30/s, duration: 2s")
	events := filepath.Join(root, "*", "events.jsonl")
	waitFor(t, "the load to begin", func() bool { return lineCount(events) > 0 })
	h.invalidFor(t, h.stutter(t, events, 60*time.Millisecond, 30*time.Millisecond), "client sent late: schedule lag p99 is")
	client(t, root)
}

// 40 files leave a handful of connections for 40 users. The target answers every
// request it is sent, and nothing else is said of it.
func TestAClientWithoutFilesIsInvalid(t *testing.T) {
	t.Parallel()
	h, root := startLight(t, "concurrency, users: 40, requests: 40", "sh", "-c", `ulimit -n 40; exec "$@"`, "-")
	h.invalidFor(t, exitCodeOf(h.cmd.Wait()), "client sent late", "departures waited for a connection", "raise its file limit (ulimit -n)")
	s := client(t, root)
	if n := s.Targets[0].Stages[0].Counts; n.Failed > 0 || n.Succeeded == 0 || s.Targets[0].Cause != nil {
		t.Errorf("the target is blamed: %+v, %v", n, s.Targets[0].Cause)
	}
}

// A neighbour that keeps every processor busy, with a client that the system gives
// what is left. Where that is enough the figures must be right; else the run says
// that they are not.
func TestAClientWithBusyNeighboursIsInvalidOrRight(t *testing.T) {
	chrt, err := exec.LookPath("chrt")
	if err != nil {
		t.Skip("chrt, which lowers a process's priority, is not installed")
	}
	h, root := startLight(t, "open, rate: 30/s, duration: 3s")
	events := filepath.Join(root, "*", "events.jsonl")
	waitFor(t, "the load to begin", func() bool { return lineCount(events) > 0 })
	if out, err := exec.Command(chrt, "--all-tasks", "--idle", "--pid", "0", fmt.Sprint(h.cmd.Process.Pid)).CombinedOutput(); err != nil {
		t.Fatalf("lower the client's priority: %v: %s", err, out)
	}
	release := occupy(t)
	for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit) && loading(events); {
		time.Sleep(50 * time.Millisecond)
	}
	release()
	code := exitCodeOf(h.cmd.Wait())
	s := client(t, root)
	if code == exitInvalid {
		h.invalidFor(t, code, "client")
		return
	}
	run, err := results.Find(root, "latest")
	if err != nil {
		t.Fatal(err)
	}
	truth := median(served(t, filepath.Join(run, "sim", "one.jsonl")).TTFT())
	if got := s.Targets[0].Figures["ttft_p50"].Value; code != exitOK || got == nil || math.Abs(*got-truth) > 0.02 {
		t.Errorf("exit %d, TTFT p50 %v, the simulator's log says %g", code, got, truth)
	}
}

// occupy keeps every processor busy twice over until release is called, for twenty
// seconds at most.
func occupy(t *testing.T) (release func()) {
	t.Helper()
	var neighbours []*exec.Cmd
	release = func() {
		for _, n := range neighbours {
			_ = syscall.Kill(-n.Process.Pid, syscall.SIGKILL)
			_ = n.Wait()
		}
		neighbours = nil
	}
	t.Cleanup(func() { release() })
	for range 2 * runtime.NumCPU() {
		n := exec.Command("timeout", "20", "sh", "-c", "while :; do :; done")
		n.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := n.Start(); err != nil {
			t.Fatal(err)
		}
		neighbours = append(neighbours, n)
	}
	return release
}

// Once every request has left, only what arrives can be late: on the user's clock
// each token, on the kernel's those that were not read before the next one came.
func TestAClientThatReadsLateIsInvalidOnEitherClock(t *testing.T) {
	for clock, reason := range map[string]string{
		results.ClockUser:   "the client woke late",
		results.ClockKernel: "the client read late",
	} {
		t.Run(clock, func(t *testing.T) {
			t.Parallel()
			h := startHungry(t, nil, "selftest", "--quiet", "--json", "--streams", "30", "--duration", "2s", "--clock", clock)
			events := filepath.Join(h.tmp, "*", "*", "*", "events.jsonl")
			waitFor(t, "every request to have left", func() bool { return lineCount(events) > 30 })
			code := h.stutter(t, events, 50*time.Millisecond, 25*time.Millisecond)
			var found selftestReport
			if err := json.Unmarshal(h.out.Bytes(), &found); err != nil || len(found.Rows) != 1 {
				t.Fatalf("%v in %s%s", err, h.out.String(), h.talk.String())
			}
			row := found.Rows[0]
			if code != exitInvalid || row.Verdict != verdictInvalid || row.Client.Clock != clock || !strings.Contains(row.Why, reason) {
				t.Errorf("exit %d, %s clock: %s: %s; want %q", code, row.Client.Clock, row.Verdict, row.Why, reason)
			}
			t.Logf("error p99 %.3g ms, gap error p99 %.3g ms, woke late p99 %.3g ms, tokens merged %.2g %%: %s", 1000*row.ArrivalP99, 1000*row.GapP99,
				float64(row.Client.WakeLagP99)/1e6, 100*row.Client.MergedShare, row.Why)
		})
	}
}
