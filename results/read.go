package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// MaxFile bounds a journal file that Read takes into memory, in bytes.
const MaxFile = 2 << 30

// Data is everything a run folder holds, in the order it was written.
type Data struct {
	Run           *Run
	Conversations []Conversation
	Records       []Record
	Events        []Event
	Verdicts      []Verdict
	Telemetry     []Telemetry
	// Torn names the files whose last line was cut short, by a kill or because the
	// run is being written at this moment, and what was left out of Data.
	Torn []string
	// Replaced counts records whose id a later line took again: the later counts.
	Replaced int
}

// Read reads a run folder. It takes no lock: a run can be read while it is
// written. A last line without its newline is left out and named in Data.Torn;
// any other line that cannot be read, or holds numbers that cannot have been
// measured, is an error with file and line, for what it held would otherwise be
// missing from every figure in silence. Fields that
// this version does not know are ignored.
func Read(dir string) (*Data, error) {
	run, err := readRun(dir)
	if err != nil {
		return nil, err
	}
	d := &Data{Run: run}
	err = errors.Join(
		readLines(d, dir, fileConversations, func(c *Conversation) { d.Conversations = append(d.Conversations, *c) }),
		readLines(d, dir, fileRequests, d.addRecords()),
		readLines(d, dir, fileEvents, func(e *Event) { d.Events = append(d.Events, *e) }),
		readLines(d, dir, fileVerdicts, func(v *Verdict) { d.Verdicts = append(d.Verdicts, *v) }),
		readLines(d, dir, fileTelemetry, func(t *Telemetry) { d.Telemetry = append(d.Telemetry, *t) }),
	)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// addRecords returns what adds a record: a later one of the same id takes the
// earlier one's place.
func (d *Data) addRecords() func(*Record) {
	byID := map[string]int{}
	return func(r *Record) {
		if i, ok := byID[r.ID]; ok {
			d.Records[i] = *r
			d.Replaced++
			return
		}
		byID[r.ID] = len(d.Records)
		d.Records = append(d.Records, *r)
	}
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

// readLines decodes each whole line of one file. Verdicts and telemetry may be
// missing: not every run has them.
func readLines[T any](d *Data, dir, name string, add func(*T)) error {
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
	} else if info.Size() > MaxFile {
		return fmt.Errorf("read run: %s is %d MiB; at most %d MiB fit in memory", path, info.Size()>>20, MaxFile>>20)
	}
	return decode(d, path, f, add)
}

// decode decodes the whole lines of one file's content.
func decode[T any](d *Data, path string, r io.Reader, add func(*T)) error {
	torn, err := scan(r, func(n int, line []byte) error {
		v := new(T)
		if err := json.Unmarshal(line, v); err != nil {
			return fmt.Errorf("read run: %s:%d: %w; remove the line to go on without it", path, n, err)
		}
		if c, ok := any(v).(checker); ok {
			if err := c.check(); err != nil {
				return fmt.Errorf("read run: %s:%d: %w; remove the line to go on without it", path, n, err)
			}
		}
		add(v)
		return nil
	})
	if err != nil {
		if errors.Is(err, errLong) {
			return fmt.Errorf("read run: %s:%w", path, err)
		}
		return err
	}
	if torn > 0 {
		d.Torn = append(d.Torn, fmt.Sprintf("%s: the last line was cut short after %d bytes", filepath.Base(path), torn))
	}
	return nil
}

var errLong = fmt.Errorf("longer than %d MiB", MaxLine>>20)

// scan calls line for each line that ends in a newline, without it, and returns
// the length of an unterminated rest. Memory is bounded by MaxLine.
func scan(r io.Reader, line func(n int, b []byte) error) (torn int, err error) {
	in := bufio.NewReaderSize(r, 256<<10)
	var long []byte // a line longer than the buffer
	for n := 1; ; {
		part, err := in.ReadSlice('\n')
		if len(long)+len(part) > MaxLine {
			return 0, fmt.Errorf("%d: %w", n, errLong)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			long = append(long, part...)
			continue
		case errors.Is(err, io.EOF):
			return len(long) + len(part), nil
		case err != nil:
			return 0, err
		}
		whole := part
		if len(long) > 0 {
			long = append(long, part...)
			whole = long
		}
		if err := line(n, bytes.TrimSuffix(whole, []byte("\n"))); err != nil {
			return 0, err
		}
		long = long[:0]
		n++
	}
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
