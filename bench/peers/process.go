package main

import (
	"bytes"
	"slices"
	"strconv"
	"time"
)

// ticks is how many clock ticks of /proc make a second: Linux shows 100 to user
// space on every architecture.
const ticks = 100

// politeTime is from SIGTERM to SIGKILL.
const politeTime = 3 * time.Second

// process is what /proc/PID/stat says of one process.
type process struct {
	pid, parent int
	cpu         time.Duration // user and system, of all its threads
	born        uint64        // ticks since boot: tells a pid from its next holder
}

// parseStat reads a line of /proc/PID/stat.
func parseStat(b []byte) (process, bool) {
	// The name stands in brackets and may hold anything, brackets included.
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 1 || end < open {
		return process{}, false
	}
	fields := bytes.Fields(b[end+1:]) // from the third on: state, ppid, ...
	if len(fields) < 20 {
		return process{}, false
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(b[:open])))
	parent, err1 := strconv.Atoi(string(fields[1]))
	user, err2 := strconv.ParseUint(string(fields[11]), 10, 48)
	system, err3 := strconv.ParseUint(string(fields[12]), 10, 48)
	born, err4 := strconv.ParseUint(string(fields[19]), 10, 64)
	if err != nil || err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		return process{}, false
	}
	return process{pid, parent, time.Duration(user+system) * (time.Second / ticks), born}, true
}

// proportional is the proportional set size in /proc/PID/smaps_rollup, in bytes:
// memory that several processes share is divided among them.
func proportional(b []byte) (int64, bool) {
	for line := range bytes.Lines(b) {
		rest, ok := bytes.CutPrefix(line, []byte("Pss:"))
		if !ok {
			continue
		}
		fields := bytes.Fields(rest)
		if len(fields) != 2 || string(fields[1]) != "kB" {
			return 0, false
		}
		kib, err := strconv.ParseInt(string(fields[0]), 10, 53)
		return kib << 10, err == nil && kib >= 0
	}
	return 0, false
}

// descendants are the processes beneath root, without those in leave and beneath
// them, in order of their pids.
func descendants(all []process, root int, leave map[int]bool) []process {
	children := map[int][]process{}
	for _, p := range all {
		children[p.parent] = append(children[p.parent], p)
	}
	var found []process
	seen := map[int]bool{root: true}
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		for _, p := range children[queue[0]] {
			if !leave[p.pid] && !seen[p.pid] {
				seen[p.pid] = true
				found = append(found, p)
				queue = append(queue, p.pid)
			}
		}
	}
	slices.SortFunc(found, func(a, b process) int { return a.pid - b.pid })
	return found
}

// usage is what a client and all processes it started took.
type usage struct {
	points []point
	whole  time.Duration // CPU from the client's start to its end
	peak   int64         // the largest sum of proportional set sizes seen, in bytes
}

// point is the CPU used by an instant.
type point struct {
	at  int64 // Unix ns
	cpu time.Duration
}

// between is the CPU used from one instant to another, interpolated between the
// samples; false where they do not cover it.
func (u *usage) between(from, to int64) (time.Duration, bool) {
	a, ok := u.at(from)
	b, ok2 := u.at(to)
	return b - a, ok && ok2
}

func (u *usage) at(t int64) (time.Duration, bool) {
	i, exact := slices.BinarySearchFunc(u.points, t, func(p point, t int64) int {
		return int(min(1, max(-1, p.at-t)))
	})
	switch {
	case exact:
		return u.points[i].cpu, true
	case i == 0 || i == len(u.points):
		return 0, false
	}
	a, b := u.points[i-1], u.points[i]
	share := float64(t-a.at) / float64(b.at-a.at)
	return a.cpu + time.Duration(share*float64(b.cpu-a.cpu)), true
}

// meter adds up the CPU of a changing set of processes.
type meter struct {
	latest map[[2]uint64]time.Duration // by pid and birth: what ended keeps its last value
	sum    time.Duration
}

// add takes a sample and returns the CPU of all processes ever seen.
func (m *meter) add(ps []process) time.Duration {
	if m.latest == nil {
		m.latest = map[[2]uint64]time.Duration{}
	}
	for _, p := range ps {
		key := [2]uint64{uint64(p.pid), p.born}
		if before := m.latest[key]; p.cpu > before {
			m.sum += p.cpu - before
			m.latest[key] = p.cpu
		}
	}
	return m.sum
}
