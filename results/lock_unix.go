//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package results

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockPatience outlasts a held call, which takes the lock for microseconds.
const lockPatience = 100 * time.Millisecond

// lock takes an advisory lock that the kernel drops when the process dies,
// however it dies.
func lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for step := time.Duration(0); ; step += lockPatience / 10 {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || step >= lockPatience {
			break
		}
		time.Sleep(lockPatience / 10)
	}
	if err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrLocked
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	// The file stays: removing it would let two processes lock two files of one name.
	return f.Close, nil
}

// held reports whether a process holds the lock.
func held(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
