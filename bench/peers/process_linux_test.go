package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Nothing that a client started outlives its run, not even what it let go of.
func TestRunEndsWhatAClientLeaves(t *testing.T) {
	if err := adopt(); err != nil {
		t.Fatal(err)
	}
	other := exec.Command("sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	}()
	for _, tc := range []struct {
		intent string
		script string
		limit  time.Duration
		fails  string
	}{
		{"it ends and leaves an orphan", "setsid sleep 61 & echo $! > pid; exit 0", 10 * time.Second, ""},
		{"it ends with an error", "exit 3", 10 * time.Second, "exit status 3"},
		{"it does not end", "echo $$ > new; mv new pid; sleep 62", time.Second, "had not ended"},
	} {
		dir := t.TempDir()
		cmd := exec.Command("sh", "-c", tc.script)
		cmd.Dir = dir
		used, err := run(t.Context(), cmd, places(processors()), tc.limit)
		if got := ""; err != nil {
			if got = err.Error(); tc.fails == "" || !strings.Contains(got, tc.fails) {
				t.Errorf("%s: error %q, want %q", tc.intent, got, tc.fails)
			}
		} else if tc.fails != "" {
			t.Errorf("%s: no error, want %q", tc.intent, tc.fails)
		}
		if used == nil || len(used.points) == 0 {
			t.Errorf("%s: it was not sampled", tc.intent)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "pid")); err == nil {
			pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
			if err != nil {
				t.Fatal(err)
			}
			if err := unix.Kill(pid, 0); err != unix.ESRCH {
				t.Errorf("%s: process %d is left (%v)", tc.intent, pid, err)
			}
		}
	}
	if err := unix.Kill(other.Process.Pid, 0); err != nil {
		t.Errorf("a process that is not the client's was ended: %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if _, err := run(ctx, exec.Command("sleep", "63"), place{}, time.Minute); err != context.Canceled {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// A client is confined to the processor it is given, and its CPU is counted.
func TestRunCountsCPUOnTheGivenProcessor(t *testing.T) {
	at := places(processors())
	dir := t.TempDir()
	cmd := exec.Command("sh", "-c", "grep Cpus_allowed_list /proc/self/status > cpus; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done")
	cmd.Dir = dir
	used, err := run(t.Context(), cmd, at, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if used.whole <= 0 {
		t.Errorf("CPU %s: want it counted", used.whole)
	}
	if len(at.client) == 0 {
		t.Skip("one processor: nothing to confine to")
	}
	b, err := os.ReadFile(filepath.Join(dir, "cpus"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strconv.Itoa(at.client[0]); strings.TrimSpace(strings.TrimPrefix(string(b), "Cpus_allowed_list:")) != want {
		t.Errorf("it could run on %q, want %s", b, want)
	}
}

func TestWeigh(t *testing.T) {
	self := process{pid: os.Getpid()}
	if one := weigh([]process{self, {pid: 1 << 30}}); one < 1<<20 {
		t.Errorf("this process weighs %d bytes, want over a mebibyte", one)
	}
}
