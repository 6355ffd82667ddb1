package wire

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkClock measures what each clock is off by, against the stamps of a
// server that writes into every token when it sent it, and what it costs. The
// server sends 50 tokens/s to each stream.
func BenchmarkClock(b *testing.B) {
	const seconds = 4
	for _, streams := range []int{400, 800} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			got := map[string]clockResult{}
			for b.Loop() {
				for _, role := range []string{clientFloor, clientBatched, clientUser, clientKernel, clientDecoded, clientAsked} {
					got[role] = clockRun(b, role, clockLoad{streams, seconds * int(time.Second/tokenGap), tokenGap})
				}
			}
			floor, user, kernel := got[clientFloor], got[clientUser], got[clientKernel]
			b.ReportMetric(kernel.ErrorP50, "ms-error-p50-kernel")
			b.ReportMetric(user.ErrorP50, "ms-error-p50-user")
			b.ReportMetric(kernel.ErrorP99, "ms-error-p99-kernel")
			b.ReportMetric(user.ErrorP99, "ms-error-p99-user")
			b.ReportMetric(user.ErrorP99/kernel.ErrorP99, "x-error-p99-user/kernel")
			b.ReportMetric(kernel.GapP99, "ms-gap-error-p99-kernel")
			b.ReportMetric(user.GapP99, "ms-gap-error-p99-user")
			b.ReportMetric(100*kernel.Coalesced, "%-coalesced-kernel")
			b.ReportMetric(100*user.Coalesced, "%-coalesced-user")
			b.ReportMetric(100*kernel.Kernel, "%-kernel-stamped")
			b.ReportMetric(kernel.LagP99, "ms-receive-lag-p99")
			b.ReportMetric(floor.CPU, "us/event-floor")
			b.ReportMetric(got[clientBatched].CPU, "us/event-floor-batched")
			b.ReportMetric(kernel.CPU, "us/event-kernel")
			b.ReportMetric(got[clientDecoded].CPU, "us/event-kernel-decoded")
			b.ReportMetric(got[clientAsked].CPU, "us/event-asked")
			b.ReportMetric(user.CPU, "us/event-user")
			b.ReportMetric(kernel.CPU/floor.CPU, "x-cpu-kernel/floor")
			b.ReportMetric(got[clientDecoded].CPU/floor.CPU, "x-cpu-kernel-decoded/floor")
			b.ReportMetric(got[clientAsked].CPU/floor.CPU, "x-cpu-asked/floor")
			b.ReportMetric(user.CPU/floor.CPU, "x-cpu-user/floor")
			b.ReportMetric(0, "ns/op") // it is the length of the streams
		})
	}
}

// clockRun starts a server and one client against it.
func clockRun(b *testing.B, role string, load clockLoad) (res clockResult) {
	b.Helper()
	server, out := clockProcess(b, "server", load.args())
	defer func() { _ = server.Wait() }()
	stop, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	defer stop.Close()
	if err := startOn(0, server); err != nil {
		b.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = stop.Close()
		b.Fatalf("the server does not listen: %v", err)
	}
	client, out := clockProcess(b, role, append(load.args(), strings.TrimSpace(address)))
	if err := startOn(1, client); err != nil {
		b.Fatal(err)
	}
	err = json.NewDecoder(out).Decode(&res)
	if waited := client.Wait(); err != nil || waited != nil {
		b.Fatalf("the client %s failed: %v, %v", role, err, waited)
	}
	return res
}

func clockProcess(b *testing.B, role string, args []string) (*exec.Cmd, io.Reader) {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), exe, args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), clockRole+"="+role), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	return cmd, out
}

// startOn starts a process that runs on one processor, if there are two.
func startOn(processor int, cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil || all.Count() < 2 {
		return cmd.Start()
	}
	for i, seen := 0, 0; seen <= processor; i++ {
		if all.IsSet(i) {
			if seen == processor {
				one.Set(i)
			}
			seen++
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil { // the child inherits it
		return err
	}
	err := cmd.Start()
	if restored := unix.SchedSetaffinity(0, &all); err == nil {
		err = restored
	}
	return err
}
