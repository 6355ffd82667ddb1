package results

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestNewID(t *testing.T) {
	start := time.Date(2026, 11, 22, 10, 1, 2, 999, time.FixedZone("CET", 3600))
	for name, want := range map[string]string{
		"outage":                 "20261122T090102Z-outage",
		"Claude outage, day 1":   "20261122T090102Z-Claude-outage-day-1",
		"../../etc/passwd":       "20261122T090102Z-etc-passwd",
		"":                       "20261122T090102Z-run",
		"断供":                     "20261122T090102Z-run",
		"..":                     "20261122T090102Z-run",
		"a\x00b\nc":              "20261122T090102Z-a-b-c",
		strings.Repeat("x", 999): "20261122T090102Z-" + strings.Repeat("x", 83),
	} {
		if id := NewID(start, name); id != want || checkID(id) != nil {
			t.Errorf("NewID(%q) = %q, want %q; %v", name, id, want, checkID(id))
		}
	}
}

func FuzzNewID(f *testing.F) {
	plain := regexp.MustCompile(`^\d{8}T\d{6}Z-[A-Za-z0-9_-]+$`)
	f.Add("a/../b")
	f.Fuzz(func(t *testing.T, name string) {
		id := NewID(time.Unix(1795338062, 0), name)
		if !plain.MatchString(id) || len(id) > maxID || filepath.Base(id) != id {
			t.Errorf("NewID(%q) = %q", name, id)
		}
	})
}

func TestFind(t *testing.T) {
	root := filepath.Join(t.TempDir(), "results")
	if runs, err := List(root); err != nil || runs != nil {
		t.Errorf("a folder that does not exist: %v, %v", runs, err)
	}
	if _, err := Find(root, "latest"); err == nil || !strings.Contains(err.Error(), "there are no runs in") {
		t.Errorf("latest of none: %v", err)
	}
	ids := []string{"20261122T090102Z-outage", "20261122T090102Z-people", "20261123T000000Z-outage"}
	for _, id := range ids {
		run := smallRun()
		run.ID = id
		j, err := Create(root, run, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
	}
	// Neighbours that are no runs: the Go package of that name, a file, a link.
	for _, name := range []string{"stats", "2024-notes"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "3.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	runs, err := List(root)
	if err != nil || len(runs) != 3 || runs[0].ID != ids[0] || runs[2].Run.ID != ids[2] || !runs[1].Live {
		t.Fatalf("listed %+v, %v", runs, err)
	}
	outside := folder(t, "", "")
	for ref, want := range map[string]string{
		ids[0]:                               filepath.Join(root, ids[0]),
		"20261123":                           filepath.Join(root, ids[2]),
		"20261122T090102Z-p":                 filepath.Join(root, ids[1]),
		"latest":                             filepath.Join(root, ids[2]),
		outside:                              outside,
		outside + "/":                        outside,
		filepath.Join(outside, "run.json"):   outside,
		filepath.Join(root, ids[0], ".", ""): filepath.Join(root, ids[0]),
	} {
		if dir, err := Find(root, ref); err != nil || dir != want {
			t.Errorf("Find(%q) = %q, %v; want %q", ref, dir, err, want)
		}
	}
	for ref, want := range map[string]string{
		"2026":      "it fits 3 runs, name one: " + ids[2] + ", " + ids[1] + ", " + ids[0],
		"":          "no run named",
		"..":        "is no run folder",
		"../x":      "is no run folder",
		"stats":     "no run in",
		"20270101":  "no run in",
		"..%2fetc":  "no run in",
		root + "/x": "is no run folder",
	} {
		if dir, err := Find(root, ref); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Find(%q) = %q, %v; want an error with %q", ref, dir, err, want)
		}
	}
	if _, err := Find(root, "20270101"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a run that is not there: %v", err)
	}
}

// TestBrokenRunIsListed: one damaged folder must not hide the others.
func TestBrokenRunIsListed(t *testing.T) {
	root := t.TempDir()
	j := create(t, root)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(root, "1bad")
	if err := errors.Join(os.Mkdir(bad, 0o700), os.WriteFile(filepath.Join(bad, fileRun), []byte("{"), 0o600)); err != nil {
		t.Fatal(err)
	}
	runs, err := List(root)
	if err != nil || len(runs) != 2 || runs[0].Err == nil || runs[0].Run != nil || runs[1].Err != nil || runs[1].Live {
		t.Errorf("listed %+v, %v", runs, err)
	}
}
