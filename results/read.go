package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// MaxFile bounds a journal file that is taken into memory, in bytes. Of
// requests.jsonl and events.jsonl Skim keeps less than an eighth, and reads up to
// MaxSkim.
const (
	MaxFile = 2 << 30
	MaxSkim = 16 << 30
)

// Data is what a run folder holds, in the order it was written.
type Data struct {
	Run           *Run
	Conversations []Conversation
	// Records are empty after Skim. All and Whole give the records of either way of
	// reading.
	Records   []Record
	Events    []Event // after Skim without those of EventAsked, of which there is one an attempt
	Verdicts  []Verdict
	Telemetry []Telemetry
	// Torn names the files whose last line was cut short, by a kill or because the
	// run is being written at this moment, and what was left out of Data.
	Torn []string
	// Replaced counts lines of records whose id a later line took again: the later
	// counts.
	Replaced int

	skimmed *skimmed
}

// Read reads a run folder. It takes no lock: a run can be read while it is
// written. A last line without its newline is left out and named in Data.Torn;
// any other line that cannot be read, or holds numbers that cannot have been
// measured, is an error with file and line, for what it held would otherwise be
// missing from every figure in silence. Fields that
// this version does not know are ignored.
func Read(dir string) (*Data, error) { return read(dir, MaxFile, true) }

// Skim reads a run folder as Read does, and keeps what figures are computed from:
// packed records without texts, about 150 bytes each where Read needs ten times as
// many, and no events of EventAsked. So a run of millions of requests fits.
func Skim(dir string) (*Data, error) { return read(dir, MaxSkim, false) }

func read(dir string, limit int64, whole bool) (*Data, error) {
	run, err := readRun(dir)
	if err != nil {
		return nil, err
	}
	d := &Data{Run: run}
	events, records := kept(&d.Events), d.whole
	if !whole {
		events, records = d.skimEvents, d.skim
	}
	// The records come last, when what reading the others left behind is free again.
	err = errors.Join(
		d.readFile(dir, fileConversations, MaxFile, kept(&d.Conversations)),
		d.readFile(dir, fileEvents, limit, events),
		d.readFile(dir, fileVerdicts, MaxFile, kept(&d.Verdicts)),
		d.readFile(dir, fileTelemetry, MaxFile, kept(&d.Telemetry)),
		d.readFile(dir, fileRequests, limit, records),
	)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// readFile reads one file by a function that returns the length of a last line cut
// short. Verdicts and telemetry may be missing: not every run has them.
func (d *Data) readFile(dir, name string, limit int64, by func(path string, r io.Reader) (torn int, err error)) error {
	path := filepath.Join(dir, name)
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && (name == fileVerdicts || name == fileTelemetry) {
			return nil
		}
		return fmt.Errorf("read run: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return fmt.Errorf("read run: %w", err)
	} else if info.Size() > limit {
		return fmt.Errorf("read run: %s is %d MiB; at most %d MiB can be read", path, info.Size()>>20, limit>>20)
	}
	torn, err := by(path, f)
	if err != nil {
		return fmt.Errorf("read run: %s:%w", path, err)
	}
	if torn > 0 {
		d.Torn = append(d.Torn, fmt.Sprintf("%s: the last line was cut short after %d bytes", name, torn))
	}
	return nil
}

// kept reads a file whose every line is kept.
func kept[T any](into *[]T) func(string, io.Reader) (int, error) {
	return func(_ string, r io.Reader) (int, error) { return readEach(r, into, nil) }
}

// readEach decodes the lines of a file, but those that skip takes on itself.
func readEach[T any](r io.Reader, into *[]T, skip func(line []byte) bool) (torn int, err error) {
	return lineReader[[]T]{
		newWorker: func() func(*batch[[]T]) {
			return func(b *batch[[]T]) {
				b.out = b.out[:0]
				b.each(func(line []byte) error {
					if skip != nil && skip(line) {
						return nil
					}
					var v T
					if err := json.Unmarshal(line, &v); err != nil {
						return err
					}
					if c, ok := any(&v).(checker); ok {
						if err := c.check(); err != nil {
							return err
						}
					}
					b.out = append(b.out, v)
					return nil
				})
			}
		},
		take: func(b *batch[[]T]) error {
			*into = append(*into, b.out...)
			return nil
		},
	}.read(r)
}

// skimEvents reads events.jsonl but for the events of EventAsked.
func (d *Data) skimEvents(_ string, r io.Reader) (torn int, err error) {
	torn, err = readEach(r, &d.Events, isAsked)
	// Those that were written in another way.
	d.Events = slices.DeleteFunc(d.Events, func(e Event) bool { return e.Kind == EventAsked })
	return torn, err
}

// isAsked reports whether a line is a sound event of EventAsked as Journal writes
// it.
func isAsked(line []byte) bool {
	l := lexer{b: line}
	if !l.word(`{"segment":`) {
		return false
	}
	_, ok := l.integer()
	if !ok || !l.word(`,"t":`) {
		return false
	}
	t, ok := l.integer()
	if !ok || t < -maxInstant || t > maxInstant || !l.word(`,"kind":"`+EventAsked+`","target":`) {
		return false
	}
	if _, _, ok = l.literal(); !ok || !l.word(`,"stage":`) {
		return false
	}
	if _, _, ok = l.literal(); !ok || !l.word(`,"data":{"id":`) {
		return false
	}
	if _, _, ok = l.literal(); !ok {
		return false
	}
	if l.word(`,"worst_usd":`) {
		if _, ok = l.number(); !ok {
			return false
		}
	}
	return l.word(`}}`) && l.i == len(line)
}

// skim packs requests.jsonl.
func (d *Data) skim(path string, r io.Reader) (torn int, err error) {
	d.skimmed, torn, err = skim(path, r)
	d.Replaced = len(d.skimmed.again)
	return torn, err
}

// whole reads requests.jsonl with everything in it: a later record of an id takes
// the earlier one's place.
func (d *Data) whole(_ string, r io.Reader) (torn int, err error) {
	byID := map[string]int{}
	return lineReader[[]Record]{newWorker: decodeWhole, take: func(b *batch[[]Record]) error {
		for _, r := range b.out {
			r.Chunks = slices.Clone(r.Chunks)
			if i, ok := byID[r.ID]; ok {
				d.Records[i] = r
				d.Replaced++
				continue
			}
			byID[r.ID] = len(d.Records)
			d.Records = append(d.Records, r)
		}
		return nil
	}}.read(r)
}

// readRun reads run.json and refuses what this version cannot understand.
func readRun(dir string) (*Run, error) {
	path := filepath.Join(dir, fileRun)
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read run: %s is no run folder: %w", dir, err)
		}
		return nil, fmt.Errorf("read run: %w", err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, MaxLine+1))
	if err != nil {
		return nil, fmt.Errorf("read run: %w", err)
	}
	if len(src) > MaxLine {
		return nil, fmt.Errorf("read run: %s is larger than %d MiB", path, MaxLine>>20)
	}
	// The format comes first: a newer file may not fit the types below.
	var version struct{ Format int }
	if err := json.Unmarshal(src, &version); err != nil {
		return nil, fmt.Errorf("read run: %s: %w", path, err)
	}
	if version.Format > Format {
		return nil, fmt.Errorf("read run: %s has format %d, this version reads up to %d: use a newer switchover", path, version.Format, Format)
	}
	if version.Format < 1 {
		return nil, fmt.Errorf("read run: %s: no format: not a run of this program", path)
	}
	var run Run
	if err := json.Unmarshal(src, &run); err != nil {
		return nil, fmt.Errorf("read run: %s: %w", path, err)
	}
	if err := run.check(); err != nil {
		return nil, fmt.Errorf("read run: %s: %w", path, err)
	}
	return &run, nil
}

// ErrComplete is returned for a run that has nothing left to do.
var ErrComplete = errors.New("the run is complete: there is nothing to resume")

// Reopen opens an unfinished run for more: it takes the lock, reads the folder,
// cuts a torn last line off each file (Data.Torn says which), and opens a new
// segment whose zero is given. Data.Run already holds that segment, last. A
// complete run is left as it is, with ErrComplete.
func Reopen(dir string, zero time.Time) (*Journal, *Data, error) {
	if _, err := readRun(dir); err != nil { // before a lock file is made in a folder that is no run
		return nil, nil, err
	}
	unlock, err := lock(filepath.Join(dir, fileLock))
	if err != nil {
		return nil, nil, fmt.Errorf("reopen run: %w", err)
	}
	d, err := unfinished(dir) // before open makes what is missing
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("reopen run: %w", err), unlock())
	}
	j, err := open(dir, unlock)
	if err != nil {
		return nil, nil, fmt.Errorf("reopen run: %w", err)
	}
	d.Run.Segments = append(d.Run.Segments, Segment{Index: len(d.Run.Segments), EpochUnixNs: zero.UnixNano()})
	d.Run.State, d.Run.Valid, d.Run.Reasons = StateRunning, nil, nil
	err = j.Update(func(r *Run) { *r = *d.Run })
	if err == nil {
		err = j.Event(Event{Segment: len(d.Run.Segments) - 1, Kind: EventResume})
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("reopen run: %w", err), j.Close())
	}
	return j, d, nil
}

// unfinished reads a run that is not complete and cuts torn last lines off.
func unfinished(dir string) (*Data, error) {
	d, err := Read(dir)
	if err != nil {
		return nil, err
	}
	if d.Run.State == StateComplete {
		return nil, fmt.Errorf("%s: %w", d.Run.ID, ErrComplete)
	}
	for _, name := range appended {
		if err := cutTorn(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return d, nil
}

// cutTorn shortens a file to its last newline. Half a line holds nothing that
// could be used: its request is asked again.
func cutTorn(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	buf := make([]byte, 64<<10)
	for end := info.Size(); ; {
		from := max(0, end-int64(len(buf)))
		part := buf[:end-from]
		if _, err := f.ReadAt(part, from); err != nil {
			return err
		}
		if i := bytes.LastIndexByte(part, '\n'); i >= 0 || from == 0 {
			if keep := from + int64(i) + 1; keep < info.Size() {
				return errors.Join(f.Truncate(keep), f.Sync())
			}
			return nil
		}
		end = from
	}
}
