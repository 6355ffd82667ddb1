package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// Format is the version of the run folder that this program writes. Fields may
// be added without raising it; a reader ignores what it does not know.
const Format = 1

// MaxLine bounds one line of a journal file, in bytes, its newline included.
const MaxLine = 16 << 20

// The files of a run folder.
const (
	fileRun           = "run.json"
	fileConversations = "conversations.jsonl"
	fileRequests      = "requests.jsonl"
	fileEvents        = "events.jsonl"
	fileTelemetry     = "telemetry.jsonl"
	fileVerdicts      = "verdicts.jsonl"
	fileSummary       = "summary.json"
	fileLock          = "lock"
)

// appended are the files that grow.
var appended = []string{fileConversations, fileRequests, fileEvents, fileTelemetry, fileVerdicts}

// syncEvery is how much of a run a power failure may cost.
const syncEvery = time.Second

// ErrLocked is returned when another process is writing the run.
var ErrLocked = errors.New("another process is writing this run")

// Journal appends to a run folder. Each write to a file opened for appending is of
// whole lines, of one or, where much happens at once, of several, so a killed
// process leaves whole lines and at most one torn last one; files are synced to disk every second and at Close. A write that fails
// is final: that call and all later ones return its error, because a line after
// half a line could not be read back.
//
// Its methods may be called from several goroutines. Folders and files are
// private to the user, for they hold dialogues.
type Journal struct {
	dir    string
	unlock func() error

	mu     sync.Mutex
	files  map[string]*appendFile
	err    error // the first failed write or sync
	closed bool

	runMu sync.Mutex
	run   Run

	stop chan struct{}
	done chan struct{}
}

type appendFile struct {
	*os.File
	dirty bool // written since the last sync

	gathering bool      // somebody is about to write the batch
	batch     []byte    // lines that share a write
	batches   int       // written so far, or failed
	change    sync.Cond // of batches; of the journal's lock
}

// Create makes the run's folder root/run.ID, locks it, writes run.json and the
// conversations, and opens the journal. It refuses an id that is not a plain
// folder name, a folder that exists, and a run without its first segment.
func Create(root string, run *Run, convs []Conversation) (*Journal, error) {
	if err := checkID(run.ID); err != nil {
		return nil, fmt.Errorf("create run: %w", err)
	}
	if len(run.Segments) == 0 {
		return nil, fmt.Errorf("create run %s: it has no segment: the wall clock at its zero is unknown", run.ID)
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("create run %s: %w", run.ID, err)
	}
	dir := filepath.Join(root, run.ID)
	if err := os.Mkdir(dir, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("create run %s: %s exists already; runs of one name need different start seconds: %w", run.ID, dir, err)
		}
		return nil, fmt.Errorf("create run %s: %w", run.ID, err)
	}
	unlock, err := lock(filepath.Join(dir, fileLock))
	if err != nil {
		return nil, fmt.Errorf("create run %s: %w", run.ID, err)
	}
	j, err := open(dir, unlock)
	if err != nil {
		return nil, fmt.Errorf("create run %s: %w", run.ID, err)
	}
	for i := range convs {
		if err := j.append(fileConversations, &convs[i]); err != nil {
			return nil, errors.Join(err, j.Close())
		}
	}
	err = j.Update(func(r *Run) {
		*r = *run
		r.Format = Format
		if r.State == "" {
			r.State = StateRunning
		}
	})
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// open opens the files of a locked run folder for appending. The journal takes
// the lock over, also when opening fails.
func open(dir string, unlock func() error) (*Journal, error) {
	j := &Journal{dir: dir, unlock: unlock, files: map[string]*appendFile{},
		stop: make(chan struct{}), done: make(chan struct{})}
	for _, name := range appended {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			for _, f := range j.files {
				f.Close()
			}
			return nil, errors.Join(err, unlock())
		}
		j.files[name] = &appendFile{File: f, change: sync.Cond{L: &j.mu}}
	}
	go j.syncLoop()
	return j, nil
}

// Dir is the run's folder.
func (j *Journal) Dir() string { return j.dir }

// Append writes one attempt to requests.jsonl.
func (j *Journal) Append(r *Record) error {
	l := newLine()
	defer l.free()
	text, err := r.appendJSON(l.text)
	return j.write(fileRequests, l, text, err)
}

// Event writes one event to events.jsonl.
func (j *Journal) Event(e Event) error {
	l := newLine()
	defer l.free()
	text, err := e.appendJSON(l.text)
	return j.write(fileEvents, l, text, err)
}

// Verdict writes one verdict to verdicts.jsonl.
func (j *Journal) Verdict(v *Verdict) error { return j.append(fileVerdicts, v) }

// Telemetry writes one sample to telemetry.jsonl.
func (j *Journal) Telemetry(t Telemetry) error { return j.append(fileTelemetry, &t) }

// append writes v as one line.
func (j *Journal) append(name string, v any) error {
	l := newLine()
	defer l.free()
	text, err := appendAny(l.text, "", v)
	return j.write(name, l, text, err)
}

// write writes text, which l is to hold, as one line, unless encoding it failed. It
// may share its write with others.
func (j *Journal) write(name string, l *line, text []byte, err error) error {
	if l.text = text; err != nil {
		return fmt.Errorf("journal %s: %w", name, err)
	}
	l.text = append(l.text, '\n')
	if len(l.text) > MaxLine {
		return fmt.Errorf("journal %s: a line of %d bytes; at most %d could be read back", name, len(l.text), MaxLine)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	if j.closed {
		return fmt.Errorf("journal %s: %w", name, fs.ErrClosed)
	}
	return j.share(j.files[name], l.text)
}

// share writes a line together with those of all who come with theirs before
// everything that could run has run once: at once where nothing else wants to, and
// with many where much does, when the processor that writes take is short. The lock
// is held, and given up meanwhile.
func (j *Journal) share(f *appendFile, line []byte) error {
	f.batch = append(f.batch, line...)
	if f.gathering {
		for mine := f.batches; f.batches == mine; {
			f.change.Wait()
		}
		return j.err
	}
	f.gathering = true
	j.mu.Unlock()
	runtime.Gosched()
	j.mu.Lock()
	if j.err == nil {
		f.dirty = true
		if _, err := f.Write(f.batch); err != nil {
			j.err = fmt.Errorf("journal: %w", err)
		}
	}
	if f.batch = f.batch[:0]; cap(f.batch) > maxKeptLine {
		f.batch = nil
	}
	f.gathering = false
	f.batches++
	f.change.Broadcast()
	return j.err
}

// Update changes run.json: the change is on disk, whole, when Update returns,
// and a crash leaves either the old file or the new one.
func (j *Journal) Update(change func(*Run)) error {
	j.runMu.Lock()
	defer j.runMu.Unlock()
	change(&j.run)
	if err := writeJSON(filepath.Join(j.dir, fileRun), &j.run); err != nil {
		return fmt.Errorf("update run %s: %w", j.run.ID, err)
	}
	return nil
}

// syncLoop makes what was written durable once a second. Syncing happens
// outside the lock: an attempt that ends must not wait for a disk.
func (j *Journal) syncLoop() {
	defer close(j.done)
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-j.stop:
			return
		case <-tick.C:
			j.sync()
		}
	}
}

// sync flushes every file written since the last time.
func (j *Journal) sync() {
	j.mu.Lock()
	var dirty []*appendFile
	for _, f := range j.files {
		if f.dirty {
			f.dirty = false
			dirty = append(dirty, f)
		}
	}
	j.mu.Unlock()
	for _, f := range dirty {
		if err := f.Sync(); err != nil {
			j.mu.Lock()
			if j.err == nil {
				j.err = fmt.Errorf("journal: %w", err)
			}
			j.mu.Unlock()
		}
	}
}

// Close syncs and closes the files and releases the lock. It returns the first
// write that failed in the journal's life, if any, so that a caller who only
// looks here still learns of a full disk. Closing twice does nothing.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	for _, f := range j.files {
		for f.gathering {
			f.change.Wait()
		}
	}
	j.mu.Unlock()
	close(j.stop)
	<-j.done
	j.sync()
	errs := []error{j.err}
	for _, f := range j.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(append(errs, j.unlock())...)
}

// writeJSON writes v to path atomically and durably: a reader sees the old file
// or the new one.
func writeJSON(path string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	syncDir(filepath.Dir(path))
	return nil
}

// syncDir makes a rename durable. Not every system can sync a folder; the file
// itself is already safe, so a refusal is not an error.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}
