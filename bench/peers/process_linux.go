package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	cpuEvery    = 250 * time.Millisecond
	memoryEvery = time.Second
)

// adopt makes this process the parent of whatever its children leave behind, so
// that no process of a client gets out of sight.
func adopt() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become the parent of orphaned processes: %w", err)
	}
	return nil
}

// processors are those that this process may run on.
func processors() []int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil
	}
	var cpus []int
	for i := range len(set) * strconv.IntSize {
		if set.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	return cpus
}

// onProcessor runs f on a thread that may run on these processors only; what f
// starts inherits that. No processors: wherever this process may.
func onProcessor(cpus []int, f func() error) error {
	if len(cpus) == 0 {
		return f()
	}
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread ends with the goroutine.
		runtime.LockOSThread()
		err := confine(cpus)
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

func confine(cpus []int) error {
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("confine to processors %v: %w", cpus, err)
	}
	return nil
}

// ownGroup gives a command a process group: an interrupt at the terminal is for us
// alone, and what ends the command early ends what it started as well.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if cmd.Cancel != nil { // it was made with a context
		cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	}
}

// place says which processors the client and everything else may use.
type place struct{ client, rest []int }

// run runs a client to its end, for limit at most, and says what it took.
// Whatever it started is gone when run returns.
func run(ctx context.Context, cmd *exec.Cmd, at place, limit time.Duration) (*usage, error) {
	others := map[int]bool{} // this process's other children, such as the server
	for _, p := range descendants(allProcesses(), os.Getpid(), nil) {
		others[p.pid] = true
	}
	ownGroup(cmd)
	if err := onProcessor(at.client, cmd.Start); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	sampled, stop := make(chan *usage, 1), make(chan struct{})
	go func() { sampled <- sample(at.rest, others, stop) }()

	timer := time.NewTimer(limit)
	defer timer.Stop()
	var err error
	waited := false
	select {
	case err = <-ended:
		waited = true
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = fmt.Errorf("stopped: it had not ended after %s", limit)
	}
	close(stop)
	u := <-sampled
	end(others, cmd.Process.Pid)
	if !waited {
		select {
		case <-ended:
			waited = true
		case <-time.After(politeTime):
		}
	}
	if waited && cmd.ProcessState != nil {
		// This has also what came and went between two samples, if it was waited for.
		u.whole = max(u.whole, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	}
	return u, err
}

// end ends every process beneath this one but the others, politely first, and reaps
// it; root is left to whoever waits for it.
func end(others map[int]bool, root int) {
	signal := unix.SIGTERM
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		left := descendants(allProcesses(), os.Getpid(), others)
		if len(left) == 0 {
			return
		}
		if time.Since(began) > politeTime {
			signal = unix.SIGKILL
		}
		for _, p := range left {
			_ = unix.Kill(p.pid, signal) // it may be gone by now
			if p.parent == os.Getpid() && p.pid != root {
				_, _ = unix.Wait4(p.pid, nil, unix.WNOHANG, nil)
			}
		}
		if time.Since(began) > 2*politeTime {
			return // unkillable, or waiting for a disk: nothing is left to try
		}
	}
}

// sample watches the descendants of this process, without the others, until stop
// is closed. It wants a goroutine of its own, whose thread stays on the processors it
// is given and gives way to everything else there.
func sample(cpus []int, others map[int]bool, stop <-chan struct{}) *usage {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
	// Where either is refused it still samples, at some cost to the measurement.
	if len(cpus) > 0 {
		_ = confine(cpus)
	}
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), 19)
	u := &usage{}
	var m meter
	var weighed time.Time
	tick := time.NewTicker(cpuEvery)
	defer tick.Stop()
	for {
		now := time.Now()
		ps := descendants(allProcesses(), os.Getpid(), others)
		u.whole = m.add(ps)
		u.points = append(u.points, point{now.UnixNano(), u.whole})
		if now.Sub(weighed) >= memoryEvery {
			weighed = now
			u.peak = max(u.peak, weigh(ps))
		}
		select {
		case <-stop:
			return u
		case <-tick.C:
		}
	}
}

func allProcesses() []process {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var all []process
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		// A process that ends meanwhile is left out.
		if b, err := os.ReadFile(filepath.Join("/proc", name, "stat")); err == nil {
			if p, ok := parseStat(b); ok {
				all = append(all, p)
			}
		}
	}
	return all
}

// weigh adds up the memory of processes, in bytes.
func weigh(ps []process) int64 {
	var sum int64
	for _, p := range ps {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.pid))
		if err != nil {
			continue // it has ended
		}
		if pss, ok := proportional(b); ok {
			sum += pss
		}
	}
	return sum
}
