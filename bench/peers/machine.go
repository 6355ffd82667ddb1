package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine names this machine: processor, cores, kernel.
func machine() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		info = nil // it says "unknown processor" then
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		kernel = []byte("unknown")
	}
	return fmt.Sprintf("%s, %d cores, %s kernel %s.", processorName(info), runtime.NumCPU(), runtime.GOOS, strings.TrimSpace(string(kernel)))
}

// processorName is the first model name in /proc/cpuinfo.
func processorName(info []byte) string {
	for line := range bytes.Lines(info) {
		if key, value, found := bytes.Cut(line, []byte(":")); found && string(bytes.TrimSpace(key)) == "model name" {
			return string(bytes.TrimSpace(value))
		}
	}
	return "unknown processor"
}

// loadAverages are the machine's over 1, 5 and 15 minutes.
func loadAverages() string {
	b, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(b))
	if err != nil || len(fields) < 3 {
		return "unknown"
	}
	return strings.Join(fields[:3], " ")
}
