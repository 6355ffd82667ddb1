package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"switchover/scenarios"
	"switchover/targets/sim"
)

// What a run writes for its simulators is what the verb reads.
func TestASimulatorsFileComesBackTheSame(t *testing.T) {
	cfg := sim.Config{Name: "a", Model: "m", Listen: "127.0.0.1:0", Log: "a.jsonl", Seed: -3, Judge: true, TTFT: 1234567 * time.Nanosecond,
		TPOT: 12 * time.Millisecond, Jitter: 0.07, Batch: 8, Queue: 9, PrefillPerS: 8000.5, Output: 70, Quality: 3.4, Untidy: 0.02}
	for _, kind := range sim.Kinds {
		cfg.Faults = append(cfg.Faults, sim.Fault{Kind: kind, Share: 0.07, From: time.Second, Until: 90 * time.Second, After: 4, For: 1500 * time.Millisecond})
	}
	for _, c := range []sim.Config{cfg, {Name: "plain", Model: "plain", Quality: 0, TTFT: time.Second, TPOT: time.Millisecond}} {
		src, err := c.File()
		if err != nil {
			t.Fatal(err)
		}
		file, err := scenarios.ParseSim("a.json", src)
		if err != nil {
			t.Fatalf("%v\n%s", err, src)
		}
		if diff := cmp.Diff(c, simConfig(file), cmpopts.EquateApprox(1e-9, 0)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestFaultsAndProtocolsHaveOneVocabulary(t *testing.T) {
	if !slices.Equal(scenarios.FaultKinds, sim.Kinds) {
		t.Errorf("scenarios know %v, the simulator plays %v", scenarios.FaultKinds, sim.Kinds)
	}
	if !slices.Equal(scenarios.SimProtocols, sim.Protocols) {
		t.Errorf("scenarios know %v, the simulator speaks %v", scenarios.SimProtocols, sim.Protocols)
	}
}

// serveSim runs `switchover sim` and waits until it listens.
func serveSim(t *testing.T, file string, args ...string) (cmd *exec.Cmd, ready sim.Ready, stdin func()) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sim.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command("switchover", append([]string{"sim", "--config", path}, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("it did not say where it listens: %v", err)
	}
	if err := json.Unmarshal([]byte(line), &ready); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	return cmd, ready, func() { _ = in.Close() }
}

const plainSim = "name: plain\nsimulate: {ttft: 300ms, tpot: 1ms, output: 20}\n"

func postSim(ready sim.Ready) (int, error) {
	resp, err := http.Post(ready.URL+"/chat/completions", "application/json",
		strings.NewReader(`{"model": "`+ready.Model+`", "messages": [{"role": "user", "content": "Why is the sky blue?"}]}`))
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// An interrupt lets the running answer finish and ends well.
func TestAnInterruptedSimulatorDrains(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log.jsonl")
	cmd, ready, _ := serveSim(t, plainSim, "--log", log)
	time.AfterFunc(100*time.Millisecond, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	if status, err := postSim(ready); status != http.StatusOK || err != nil {
		t.Errorf("the running answer ended with %d, %v", status, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("an interrupted simulator ends with %v", err)
	}
	if b, err := os.ReadFile(log); err != nil || !strings.Contains(string(b), `"end":"complete"`) {
		t.Errorf("the log holds %q (%v)", b, err)
	}
}

func TestASimulatorEndsWithItsStdin(t *testing.T) {
	cmd, ready, closeStdin := serveSim(t, plainSim, "--exit-with-stdin")
	if status, err := postSim(ready); status != http.StatusOK || err != nil {
		t.Fatalf("%d, %v", status, err)
	}
	closeStdin()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("it ends with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it outlives its stdin")
	}
}

func TestASimulatorsMistakes(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		intent, file string
		args         []string
		code         int
		says         string
	}{
		{"no file", "", nil, exitUsage, "config"},
		{"an absent file", "", []string{"--config", filepath.Join(dir, "absent.yaml")}, exitUsage, "absent.yaml"},
		{"an unknown key", "simulate: {ttft: 1ms, tpot: 1ms, sped: 3}\n", nil, exitUsage, "sped"},
		{"a port for everybody", "listen: 0.0.0.0:0\n" + plainSim, nil, exitUsage, "--listen 0.0.0.0:0"},
		{"no address", plainSim, []string{"--listen", "8000"}, exitUsage, "127.0.0.1:8000"},
		{"a log that cannot be", plainSim, []string{"--log", filepath.Join(dir, "no", "log")}, exitInvalid, "request log"},
	} {
		args := append([]string{"sim"}, c.args...)
		if c.file != "" {
			path := filepath.Join(dir, "sim.yaml")
			if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, "--config", path)
		}
		cmd := exec.Command("switchover", args...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != c.code || !strings.Contains(string(out), c.says) {
			t.Errorf("%s: exit %d, want %d, and output with %q:\n%s", c.intent, cmd.ProcessState.ExitCode(), c.code, c.says, out)
		}
	}
}
