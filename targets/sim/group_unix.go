//go:build unix

package sim

import (
	"os/exec"
	"syscall"
)

// setProcessGroup keeps an interrupt typed at the terminal from the child: the
// parent decides when it stops.
func setProcessGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
