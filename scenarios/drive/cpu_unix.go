//go:build unix

package drive

import (
	"syscall"
	"time"
)

// cpuTime is the processor time this process has used, 0 when the system does
// not say.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
