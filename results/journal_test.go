package results

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func smallRun() *Run {
	run := handmadeRun()
	run.ID = NewID(time.Unix(1795338062, 0), "small")
	return run
}

func create(t *testing.T, root string) *Journal {
	t.Helper()
	j, err := Create(root, smallRun(), handmadeConversations)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestMain lets this test binary be the process that is killed: see TestKilled.
func TestMain(m *testing.M) {
	if root := os.Getenv("SWITCHOVER_TEST_JOURNAL"); root != "" {
		j, err := Create(root, smallRun(), handmadeConversations)
		for i := 0; err == nil; i++ {
			if err = j.Append(attempt("inc", i, 0, int64(i), ch(100, 1, "c")).answered(incPrice, 1, 1)); err == nil {
				fmt.Println(i) // tells the parent that record i is written
			}
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestKilled kills a writing process with SIGKILL: every record it had written is
// there, the run can be reopened at once, and it goes on in a new segment.
func TestKilled(t *testing.T) {
	root := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SWITCHOVER_TEST_JOURNAL="+root)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	last := -1
	for last < 200 && lines.Scan() {
		last, _ = strconv.Atoi(lines.Text())
	}
	dir := filepath.Join(root, smallRun().ID)
	if _, _, err := Reopen(dir, time.Unix(1, 0)); !errors.Is(err, ErrLocked) {
		t.Errorf("reopening a run that is being written: %v, want ErrLocked", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it had said before it died
		last, _ = strconv.Atoi(lines.Text())
	}
	_ = cmd.Wait()
	runs, err := List(root)
	if err != nil || len(runs) != 1 || runs[0].Live || runs[0].Run.State != StateRunning {
		t.Fatalf("a killed run is listed as %+v, %v", runs, err)
	}
	j, d, err := Reopen(dir, time.Unix(1795338100, 0))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Records) < last+1 {
		t.Errorf("%d records are there, %d were written", len(d.Records), last+1)
	}
	if n := len(d.Run.Segments); n != 2 || d.Run.Segments[1] != (Segment{1, 1795338100e9}) {
		t.Errorf("segments are %+v", d.Run.Segments)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	d, err = Read(dir)
	if err != nil || len(d.Events) != 1 || d.Events[0].Kind != EventResume || d.Events[0].Segment != 1 {
		t.Errorf("after the resume: events %+v, %v", d.Events, err)
	}
}

// TestTornLine cuts files in the middle of their last line, as a full disk or a
// power failure does.
func TestTornLine(t *testing.T) {
	for _, tc := range []struct {
		name, file, tail string
	}{
		{"half a record", fileRequests, `{"id":"steady/inc/9/0/1","tar`},
		{"a whole record without its newline", fileRequests, `{"id":"steady/inc/9/0/1"}`},
		{"zeros, as a file system leaves them", fileEvents, strings.Repeat("\x00", 4096)},
		{"longer than one block read backwards", fileVerdicts, `{"reasons":"` + strings.Repeat("x", 200<<10)},
		{"a first line", fileTelemetry, `{`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := t.TempDir()
			j := create(t, root)
			for i := range 3 {
				if err := errors.Join(j.Append(attempt("inc", i, 0, 0)), j.Event(Event{Kind: EventWarning}), j.Verdict(&Verdict{})); err != nil {
					t.Fatal(err)
				}
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(j.Dir(), tc.file)
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, append(whole, tc.tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			said := fmt.Sprintf("%s: the last line was cut short after %d bytes", tc.file, len(tc.tail))
			for _, read := range []func() (*Data, error){
				func() (*Data, error) { return Read(j.Dir()) },
				func() (*Data, error) {
					j, d, err := Reopen(j.Dir(), time.Unix(2, 0))
					if err == nil {
						err = j.Close()
					}
					return d, err
				},
			} {
				d, err := read()
				if err != nil {
					t.Fatal(err)
				}
				if len(d.Records) != 3 || len(d.Torn) != 1 || d.Torn[0] != said {
					t.Errorf("%d records, torn %q; want 3 and %q", len(d.Records), d.Torn, said)
				}
				if s, _ := Summarise(d); !strings.Contains(strings.Join(s.Warnings, "\n"), said) {
					t.Errorf("the summary does not say it: %q", s.Warnings)
				}
			}
			if d, err := Read(j.Dir()); err != nil || len(d.Torn) != 0 || len(d.Records) != 3 {
				t.Errorf("after reopening: torn %q, %v", d.Torn, err)
			}
		})
	}
}

func TestWriteThatFailsIsFinal(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full on this system to write to")
	}
	j := create(t, t.TempDir())
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	j.mu.Lock()
	j.files[fileRequests].Close()
	j.files[fileRequests].File = full
	j.mu.Unlock()
	first := j.Append(attempt("inc", 0, 0, 0))
	if first == nil || !strings.Contains(first.Error(), "no space left") {
		t.Fatalf("a full disk: %v", first)
	}
	if err := j.Event(Event{}); err != first {
		t.Errorf("after a failed write: %v, want %v", err, first)
	}
	if err := j.Close(); !errors.Is(err, first) {
		t.Errorf("Close says %v, want the failed write", err)
	}
}

// TestCompleteStays: asking to resume a complete run changes nothing.
func TestCompleteStays(t *testing.T) {
	j := create(t, t.TempDir())
	if err := errors.Join(j.Update(func(r *Run) { r.State = StateComplete }), j.Close()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Reopen(j.Dir(), time.Unix(1, 0)); !errors.Is(err, ErrComplete) {
		t.Errorf("reopening a complete run: %v", err)
	}
	if d, err := Read(j.Dir()); err != nil || d.Run.State != StateComplete || len(d.Run.Segments) != 1 || len(d.Events) != 0 {
		t.Errorf("after that: %+v, %v", d.Run, err)
	}
}

func TestCreateRefuses(t *testing.T) {
	root := t.TempDir()
	j := create(t, root)
	defer j.Close()
	if _, err := Create(root, smallRun(), nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second run of one id: %v", err)
	}
	for _, id := range []string{"", "..", "../x", "1/../../x", "latest", `2\x`, "20261122T090102Z-" + strings.Repeat("x", 100), "2\x00"} {
		run := smallRun()
		run.ID = id
		if _, err := Create(root, run, nil); err == nil || !strings.Contains(err.Error(), "want a digit first") {
			t.Errorf("id %q: %v", id, err)
		}
	}
	run := smallRun()
	run.ID, run.Segments = "2x", nil
	if _, err := Create(root, run, nil); err == nil || !strings.Contains(err.Error(), "no segment") {
		t.Errorf("no segment: %v", err)
	}
}

func TestPrivate(t *testing.T) {
	j := create(t, t.TempDir())
	defer j.Close()
	entries, err := os.ReadDir(j.Dir())
	if err != nil || len(entries) < 6 {
		t.Fatalf("files: %v, %v", entries, err)
	}
	for _, name := range append(entries, nil) {
		path := j.Dir()
		if name != nil {
			path = filepath.Join(path, name.Name())
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: others may use it: %v, %v", path, info.Mode(), err)
		}
	}
}

// TestTogether appends from many goroutines: every line is whole.
func TestTogether(t *testing.T) {
	j := create(t, t.TempDir())
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			if err := j.Update(func(r *Run) { r.Host.CPUs++ }); err != nil {
				t.Error(err)
			}
			for i := range 50 {
				r := attempt("inc", g, i, 0)
				r.Text = strings.Repeat("text \n", 1000)
				if err := errors.Join(j.Append(r), j.Event(Event{T: int64(i), Kind: EventAsked})); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(j.Close(), j.Close()); err != nil {
		t.Fatal(err)
	}
	d, err := Read(j.Dir())
	if err != nil || len(d.Records) != 400 || len(d.Events) != 400 || len(d.Conversations) != 2 || d.Run.Host.CPUs != 10 {
		t.Errorf("%d records, %d events, %d CPUs, %v", len(d.Records), len(d.Events), d.Run.Host.CPUs, err)
	}
	if err := j.Append(&Record{}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("append after close: %v", err)
	}
}

// TestSyncEnds runs the journal on a virtual clock: its goroutine syncs while the
// run lasts and ends with Close, or the bubble would not.
func TestSyncEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := create(t, t.TempDir())
		if err := j.Append(attempt("inc", 0, 0, 0)); err != nil {
			t.Fatal(err)
		}
		dirty := func() bool {
			j.mu.Lock()
			defer j.mu.Unlock()
			return j.files[fileRequests].dirty
		}
		if !dirty() {
			t.Error("what was just written counts as synced")
		}
		time.Sleep(syncEvery + time.Millisecond)
		synctest.Wait()
		if dirty() {
			t.Errorf("not synced after %v", syncEvery)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestLineTooLong(t *testing.T) {
	j := create(t, t.TempDir())
	r := attempt("inc", 0, 0, 0)
	r.Text = strings.Repeat("x", MaxLine)
	if err := j.Append(r); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a line that could not be read back: %v", err)
	}
	r.Text = strings.Repeat("x", 1<<20) // longer than the reader's buffer
	if err := errors.Join(j.Append(r), j.Close()); err != nil {
		t.Fatal(err)
	}
	if d, err := Read(j.Dir()); err != nil || len(d.Records) != 1 || d.Records[0].Text != r.Text {
		t.Errorf("a long line was not read back: %v", err)
	}
}
