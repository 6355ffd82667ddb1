package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// exitCodeOf is a program's exit code, -1 when it did not exit by itself.
func exitCodeOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// waitFor polls until ok, for half a minute at most.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("waited half a minute for %s", what)
		}
	}
}

func lineCount(glob string) int {
	n := 0
	paths, _ := filepath.Glob(glob)
	for _, p := range paths {
		b, _ := os.ReadFile(p)
		n += bytes.Count(b, []byte("\n"))
	}
	return n
}
