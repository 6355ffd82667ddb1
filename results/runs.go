package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// maxID bounds a run's id, in bytes: every file system takes it as a name.
const maxID = 100

// NewID makes a run's id from its start and its scenario's name: the UTC time,
// so that ids sort by age, and what of the name is safe in a path.
func NewID(start time.Time, name string) string {
	safe := strings.Map(func(r rune) rune {
		if isIDRune(r) && r != '.' {
			return r
		}
		return ' '
	}, name)
	safe = strings.Join(strings.Fields(safe), "-")
	if safe == "" {
		safe = "run"
	}
	id := start.UTC().Format("20060102T150405Z") + "-" + safe
	return strings.TrimRight(id[:min(len(id), maxID)], "-")
}

func isIDRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r)
}

// checkID refuses an id that is not a plain folder name starting with a digit,
// as results/[0-9]*/ is what is ignored by git and listed here.
func checkID(id string) error {
	bad := strings.ContainsFunc(id, func(r rune) bool { return !isIDRune(r) })
	if id == "" || len(id) > maxID || bad || id[0] < '0' || id[0] > '9' {
		return fmt.Errorf("id %.120q: want a digit first, then up to %d letters, digits, '-', '_', '.'", id, maxID-1)
	}
	return nil
}

// Listed is one run folder.
type Listed struct {
	ID  string
	Dir string
	Run *Run  // nil when Err is set
	Err error // why run.json could not be read
	// Live is whether a process is writing the run. A run whose state is running
	// and that is not live was killed: it can be resumed.
	Live bool
}

// List returns the runs in a results folder, oldest first. A folder that does
// not exist holds none.
func List(root string) ([]Listed, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	var runs []Listed
	for _, e := range entries { // sorted by name
		dir := filepath.Join(root, e.Name())
		if !e.IsDir() || checkID(e.Name()) != nil {
			continue
		}
		listed, err := Look(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		runs = append(runs, listed)
	}
	return runs, nil
}

// Look is the entry of one run folder. The error is that of Listed.Err.
func Look(dir string) (Listed, error) {
	run, err := readRun(dir)
	return Listed{ID: filepath.Base(dir), Dir: dir, Run: run, Err: err, Live: held(filepath.Join(dir, fileLock))}, err
}

// Find returns the folder of a run: ref is its id, a prefix only it has, the
// word latest, or the path of a run folder anywhere. A name is only ever looked
// up among the folders of root, never joined to it.
func Find(root, ref string) (string, error) {
	if ref == "" {
		return "", errors.New("find run: no run named")
	}
	if strings.ContainsAny(ref, `/\`) || ref == "." || ref == ".." {
		return asRunFolder(ref)
	}
	runs, err := List(root)
	if err != nil {
		return "", err
	}
	if ref == "latest" {
		if len(runs) == 0 {
			return "", fmt.Errorf("find run: there are no runs in %s", root)
		}
		return runs[len(runs)-1].Dir, nil
	}
	var matches []Listed
	for _, r := range runs {
		if r.ID == ref {
			return r.Dir, nil
		}
		if strings.HasPrefix(r.ID, ref) {
			matches = append(matches, r)
		}
	}
	switch len(matches) {
	case 1:
		return matches[0].Dir, nil
	case 0:
		if dir, err := asRunFolder(ref); err == nil {
			return dir, nil
		}
		return "", fmt.Errorf("find run %q: no run in %s has that id or starts with it: %w", ref, root, fs.ErrNotExist)
	}
	return "", fmt.Errorf("find run %q: it fits %d runs, name one: %s", ref, len(matches), idsOf(matches))
}

// idsOf names up to ten runs, the latest first.
func idsOf(runs []Listed) string {
	const most = 10
	var ids []string
	for _, r := range slices.Backward(runs) {
		if len(ids) == most {
			ids = append(ids, fmt.Sprintf("and %d more", len(runs)-most))
			break
		}
		ids = append(ids, r.ID)
	}
	return strings.Join(ids, ", ")
}

// asRunFolder takes a path, of the folder or of its run.json.
func asRunFolder(path string) (string, error) {
	if filepath.Base(path) == fileRun {
		path = filepath.Dir(path)
	}
	if _, err := os.Stat(filepath.Join(path, fileRun)); err != nil {
		return "", fmt.Errorf("find run: %s is no run folder: %w", path, err)
	}
	return filepath.Clean(path), nil
}
