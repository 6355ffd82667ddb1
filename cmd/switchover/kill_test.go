//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"switchover/results"
)

// killable runs for about four seconds and is cut in the middle.
const killable = `name: killable
seed: 3
targets:
  - {name: one, simulate: {ttft: 150ms, tpot: 10ms, jitter: 5%, output: 20}, params: {max_tokens: 30}}
  - {name: two, simulate: {ttft: 150ms, tpot: 10ms, jitter: 5%, output: 20}, params: {max_tokens: 30}}
workload: {conversations: bundled, max_turns: 2}
load:
  - {name: warm-up, mode: users, users: 1, conversations: 1, measure: false}
  - {name: steady, mode: open, rate: 8/s, conversations: 24}
`

// startKillable starts the run and returns once it has so many records; root is
// its results folder.
func startKillable(t *testing.T, records int) (cmd *exec.Cmd, root string, out, talk *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "killable.yaml")
	if err := os.WriteFile(file, []byte(killable), 0o600); err != nil {
		t.Fatal(err)
	}
	root = filepath.Join(dir, "out")
	out, talk = new(bytes.Buffer), new(bytes.Buffer)
	cmd = exec.Command("switchover", "run", "--quiet", "--results", root, file)
	cmd.Stdout, cmd.Stderr = out, talk
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, fmt.Sprintf("%d records", records), func() bool {
		return lineCount(filepath.Join(root, "*", "requests.jsonl")) >= records
	})
	return cmd, root, out, talk
}

func TestKilledRunIsFinishedByResume(t *testing.T) {
	cmd, root, _, _ := startKillable(t, 30)
	children := processesNaming(root, cmd.Process.Pid)
	if len(children) != 2 {
		t.Errorf("%d simulators are running, want 2", len(children))
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	waitFor(t, "the simulators to be gone", func() bool { return len(processesNaming(root, cmd.Process.Pid)) == 0 })

	run, err := results.Find(root, "latest")
	if err != nil {
		t.Fatal(err)
	}
	before, err := results.Read(run)
	if err != nil {
		t.Fatalf("a killed run must be readable: %v", err)
	}
	flying := inFlight(before)
	if out, err := exec.Command("switchover", "report", run).CombinedOutput(); len(out) == 0 {
		t.Errorf("a killed run must be reportable: %v", err)
	}
	out, err := exec.Command("switchover", "run", "--quiet", "--results", root, "--resume", "latest").CombinedOutput()
	if code := exitCodeOf(err); code != exitOK && code != exitInvalid { // a busy machine may make it invalid
		t.Fatalf("resume: %v\n%s", err, out)
	}
	after, err := results.Read(run)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("killed with %d records and %d in flight; after the resume %d records", len(before.Records), len(flying), len(after.Records))
	checkResumed(t, before, after, flying)
}

// checkResumed holds a resumed run against the rules: every request of the plan
// once, nothing journalled asked again, what was in flight marked.
func checkResumed(t *testing.T, before, after *results.Data, flying map[string]bool) {
	t.Helper()
	if after.Run.State != results.StateComplete || len(after.Run.Segments) != 2 {
		t.Errorf("state %s, %d segments", after.Run.State, len(after.Run.Segments))
	}
	seen := map[string]int{}
	requests := map[string]int{}
	known := map[string]bool{}
	for _, r := range before.Records {
		known[r.ID] = true
	}
	for _, r := range after.Records {
		seen[r.ID]++
		if want := map[bool]int{true: 0, false: 1}[known[r.ID]]; r.Segment != want {
			t.Errorf("%s is of segment %d, want %d", r.ID, r.Segment, want)
		}
		if strings.HasPrefix(r.Stage, "warm-up") {
			continue
		}
		requests[fmt.Sprintf("%s/%d/%d", r.Target, r.Session, r.Turn)]++
		if r.Resent != flying[r.ID] {
			t.Errorf("%s: resent %v, in flight at the kill %v", r.ID, r.Resent, flying[r.ID])
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is journalled %d times", id, n)
		}
	}
	if want := 2 * 24 * 2; len(requests) != want {
		t.Errorf("%d different requests, want %d", len(requests), want)
	}
	for _, r := range before.Records {
		if seen[r.ID] != 1 {
			t.Errorf("%s was lost", r.ID)
		}
	}
}

// inFlight is what was asked and has no record.
func inFlight(d *results.Data) map[string]bool {
	out := map[string]bool{}
	for _, e := range d.Events {
		if e.Kind == results.EventAsked {
			out[askedID(e)] = true
		}
	}
	for _, r := range d.Records {
		delete(out, r.ID)
	}
	return out
}

func TestInterruptReportsWhatThereIs(t *testing.T) {
	cmd, root, out, talk := startKillable(t, 20)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d\n%s", code, exitInterrupted, talk.String())
	}
	run, err := results.Find(root, "latest")
	if err != nil {
		t.Fatal(err)
	}
	data, err := results.Read(run)
	if err != nil {
		t.Fatal(err)
	}
	if data.Run.State != results.StateInterrupted || len(inFlight(data)) != 0 {
		t.Errorf("state %s, %d attempts without a record; want interrupted and drained", data.Run.State, len(inFlight(data)))
	}
	for _, name := range []string{"summary.json", "report.html", "matrix.png"} {
		if _, err := os.Stat(filepath.Join(run, name)); err != nil {
			t.Errorf("an interrupted run still reports: %v", err)
		}
	}
	if !strings.Contains(strings.ToLower(out.String()), "interrupted") {
		t.Errorf("the matrix does not say that the run was interrupted:\n%s", out.String())
	}
}

// processesNaming lists the processes, but for one, with a string in their
// command line.
func processesNaming(text string, but int) []string {
	var out []string
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err == nil && bytes.Contains(b, []byte(text)) && filepath.Base(filepath.Dir(p)) != fmt.Sprint(but) {
			out = append(out, filepath.Dir(p))
		}
	}
	return out
}
