package main

import (
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	line := "4242 (a (b) c) S 17 4242 4242 0 -1 4194304 100 0 0 0 250 50 7 8 20 0 3 0 99887 1000 200 18446744073709551615 0 0"
	got, ok := parseStat([]byte(line))
	if want := (process{pid: 4242, parent: 17, cpu: 3 * time.Second, born: 99887}); !ok || got != want {
		t.Errorf("got %+v, %t; want %+v", got, ok, want)
	}
	for _, bad := range []string{"", "1 (x)", "x (y) S 1 2 3", ") 1 (", "1 (x) S 1 1 1 0 -1 4 0 0 0 0 -5 0 0 0 20 0 1 0 9"} {
		if p, ok := parseStat([]byte(bad)); ok {
			t.Errorf("%q is read as %+v", bad, p)
		}
	}
}

func TestProportional(t *testing.T) {
	if got, ok := proportional([]byte("5500-7f00 ---p 0 00:00 0 [rollup]\nRss:     900 kB\nPss:     120 kB\nPss_Anon: 5 kB\n")); !ok || got != 120<<10 {
		t.Errorf("%d, %t; want 120 KiB", got, ok)
	}
	for _, bad := range []string{"", "Rss: 1 kB\n", "Pss: x kB\n", "Pss: 5\n", "Pss: -5 kB\n"} {
		if v, ok := proportional([]byte(bad)); ok {
			t.Errorf("%q is read as %d", bad, v)
		}
	}
}

func TestDescendants(t *testing.T) {
	all := []process{{pid: 1, parent: 0}, {pid: 10, parent: 1}, {pid: 30, parent: 20}, {pid: 20, parent: 10}, {pid: 21, parent: 10},
		{pid: 40, parent: 21}, {pid: 99, parent: 1}, {pid: 7, parent: 7}}
	var pids []int
	for _, p := range descendants(all, 10, map[int]bool{21: true}) {
		pids = append(pids, p.pid)
	}
	if len(pids) != 2 || pids[0] != 20 || pids[1] != 30 {
		t.Errorf("%v, want 20 and 30: not the one left out, and nothing beneath it", pids)
	}
}

func TestMeterKeepsWhatHasEnded(t *testing.T) {
	var m meter
	m.add([]process{{pid: 1, cpu: time.Second}, {pid: 2, cpu: 2 * time.Second}})
	m.add([]process{{pid: 1, cpu: 3 * time.Second}})
	// The pid comes back with another process.
	if got := m.add([]process{{pid: 1, cpu: 3 * time.Second}, {pid: 2, born: 9, cpu: time.Second}}); got != 6*time.Second {
		t.Errorf("%s, want 6s: 3 and 2 and 1", got)
	}
}

func TestCPUBetweenSamples(t *testing.T) {
	u := usage{points: []point{{0, 0}, {100, 10}, {200, 10}, {300, 40}}}
	for _, tc := range []struct {
		from, to int64
		want     time.Duration
		known    bool
	}{
		{0, 300, 40, true}, {50, 250, 20, true}, {100, 200, 0, true}, {-1, 100, 0, false}, {100, 301, 0, false},
	} {
		if got, known := u.between(tc.from, tc.to); known != tc.known || known && got != tc.want {
			t.Errorf("from %d to %d: %d, %t; want %d, %t", tc.from, tc.to, got, known, tc.want, tc.known)
		}
	}
}
