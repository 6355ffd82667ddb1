//go:build unix

package main

import (
	"os"
	"syscall"
)

// spareFiles are kept for what a run opens beside its connections: summaries being
// written, a resolver's sockets, a connection's second descriptor while it changes
// hands.
const spareFiles = 12

// freeSockets is how many connections this process can hold by its file limit, which
// Go has raised as far as the system lets it: 1 at least, 0 where it is no bound.
func freeSockets() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || uint64(limit.Cur) > 1<<20 {
		return 0
	}
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return 0
	}
	return max(1, int(limit.Cur)-len(open)-spareFiles)
}
