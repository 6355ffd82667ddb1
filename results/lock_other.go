//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// lock makes the file, which must not exist, and writes the process id into it.
// A process that dies leaves it behind: the error then says what to remove.
func lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		pid, _ := os.ReadFile(path)
		return nil, fmt.Errorf("lock %s: %w (process %.20q; if it no longer runs, remove the file)", path, ErrLocked, pid)
	}
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprint(f, os.Getpid()); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return func() error { return errors.Join(f.Close(), os.Remove(path)) }, nil
}

// held reports whether a process holds the lock, or died holding it.
func held(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
