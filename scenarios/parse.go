package scenarios

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"switchover/targets/catalog"
)

// Env is what a scenario may look at outside its own text.
type Env struct {
	// LookupEnv finds environment variables; nil finds none.
	LookupEnv func(string) (string, bool)
	// ReadFile reads the files a scenario names; nil is ReadFile of this package.
	ReadFile func(string) ([]byte, error)
	// CheckFile says whether a file can be read that is too large to read at once;
	// nil is CheckFile of this package.
	CheckFile func(string) error
	// Catalog is what is known of models and those who serve them; nil is nothing.
	Catalog func() (*catalog.Catalog, error)
	// Now is the wall clock, which says which prices hold and which models are gone;
	// nil is none.
	Now func() time.Time
	// KeysUnread leaves API keys alone: what they open is not asked.
	KeysUnread bool
}

func (e Env) lookup(name string) (string, bool) {
	if e.LookupEnv == nil {
		return "", false
	}
	return e.LookupEnv(name)
}

func (e Env) read(path string) ([]byte, error) {
	if e.ReadFile == nil {
		return ReadFile(path)
	}
	return e.ReadFile(path)
}

func (e Env) check(path string) error {
	if e.CheckFile == nil {
		return CheckFile(path)
	}
	return e.CheckFile(path)
}

// maxReadBytes bounds ReadFile.
const maxReadBytes = 256 << 20

// CheckFile opens a regular file of any size: no device, pipe or folder, which
// could last forever.
func CheckFile(path string) error {
	f, err := open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// open opens a regular file.
func open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	return os.Open(path)
}

// ReadFile reads a regular file of at most 256 MiB: no device, pipe or folder,
// which could last forever.
func ReadFile(path string) ([]byte, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxReadBytes+1))
	if err == nil && len(b) > maxReadBytes {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("more than %d bytes", maxReadBytes)}
	}
	return b, err
}

// Load reads a scenario file. Paths in it are relative to it. The error is
// Problems, or that the file could not be read.
func Load(path string, env Env) (*Scenario, error) {
	src, err := env.read(path)
	if err != nil {
		return nil, fmt.Errorf("reading the scenario: %w", err)
	}
	return Parse(path, src, env)
}

// Parse reads a scenario from memory; file names it in messages, and its folder
// is where relative paths start. The scenario it returns is resolved: defaults
// are filled in, system prompts read, paths absolute.
// The error is Problems, all of them.
func Parse(file string, src []byte, env Env) (*Scenario, error) {
	return parse(file, src, env, true)
}

// Restore reads a scenario that Parse resolved and that was written as JSON into
// a run's folder. It does not look for the file of conversations again: the run
// keeps what was asked.
func Restore(src []byte, env Env) (*Scenario, error) {
	return parse("run.json", src, env, false)
}

func parse(file string, src []byte, env Env, fresh bool) (*Scenario, error) {
	s := &Scenario{}
	c := &checker{document: newDocument(file, src), env: env, dir: filepath.Dir(file), fresh: fresh}
	if c.root != nil {
		c.decode(c.root, reflect.ValueOf(s).Elem(), "", "")
		c.scenario(s)
	}
	if ps := c.finish(); len(ps) > 0 {
		return nil, ps
	}
	s.fillDefaults()
	c.know(s)
	s.foregone()
	c.strictPlaces(s)
	return s, nil
}

// strictPlaces notes where targets were said to be strict: whether they can be asked
// shows only once it is known what is asked.
func (c *checker) strictPlaces(s *Scenario) {
	s.Read.StrictAt = map[string]string{}
	for i := range s.Targets {
		if s.Targets[i].Strict {
			at := c.where(fmt.Sprintf("targets[%d].strict", i)).key
			s.Read.StrictAt[s.Targets[i].Name] = fmt.Sprintf("%s:%d:%d", c.document.file, at.line, at.column)
		}
	}
}

// SimFile is what `switchover sim --config` reads: one simulated server.
type SimFile struct {
	// Name is what the server calls itself. Default sim.
	Name string `json:"name,omitempty"`
	// Model is what requests name. Default the server's name.
	Model string `json:"model,omitempty"`
	// Listen is the address. Default 127.0.0.1:0, a free port of this machine only.
	Listen string `json:"listen,omitempty"`
	Seed   int64  `json:"seed,omitempty"`
	// Log is the file that what was really sent, and when, is written to.
	Log string `json:"log,omitempty"`
	// Judge makes it grade dialogues rather than answer.
	Judge    bool     `json:"judge,omitempty"`
	Simulate Simulate `json:"simulate"`
}

// ParseSim reads the file of a simulated server, as strictly as a scenario. The
// error is Problems.
func ParseSim(file string, src []byte) (*SimFile, error) {
	s := &SimFile{}
	c := &checker{document: newDocument(file, src), dir: filepath.Dir(file)}
	if c.root != nil {
		c.decode(c.root, reflect.ValueOf(s).Elem(), "", "")
		if s.Name != "" {
			c.name("name", s.Name)
		}
		if c.has("simulate") {
			c.simulate("simulate", &s.Simulate)
		}
	}
	if ps := c.finish(); len(ps) > 0 {
		return nil, ps
	}
	if s.Name == "" {
		s.Name = "sim"
	}
	if s.Model == "" {
		s.Model = s.Name
	}
	return s, nil
}

// checker holds a decoded file to what its types cannot say.
type checker struct {
	*document
	env   Env
	dir   string
	fresh bool // false when a run's own copy is read again
	known *catalog.Catalog
}

// has reports whether a field was given, and could be read.
func (c *checker) has(path string) bool {
	_, given := c.at[path]
	return given && !c.bad[path]
}

// given reports whether a field was written, readable or not.
func (c *checker) given(path string) bool {
	_, given := c.at[path]
	return given
}

// where finds the place of a path, or of what encloses it.
func (c *checker) where(path string) place {
	for {
		if at, ok := c.at[path]; ok {
			return at
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return place{start(c.root), start(c.root)}
		}
		path = path[:i]
	}
}

// wrong records a mistake in the value at path, unless that could not be read
// in the first place.
func (c *checker) wrong(path, hint, format string, args ...any) {
	if c.bad[path] {
		return
	}
	c.problem(c.where(path).value, path, fmt.Sprintf(format, args...), hint)
}

// misplaced records a key that does not belong where it stands.
func (c *checker) misplaced(path, hint, format string, args ...any) {
	c.problem(c.where(path).key, path, fmt.Sprintf(format, args...), hint)
}

// beside finds a file that the scenario names: relative paths start at the
// scenario's folder.
func (c *checker) beside(path string) string {
	if !c.fresh || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.dir, path)
}

// anywhere makes such a path absolute, so that a resumed run finds the file from
// another folder.
func (c *checker) anywhere(path string) string {
	path = c.beside(path)
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// readable reads a file that the scenario names.
func (c *checker) readable(path, name string) ([]byte, bool) {
	b, err := c.env.read(c.beside(name))
	return b, c.canRead(path, name, err)
}

// canRead records that a file the scenario names cannot be read, if so.
func (c *checker) canRead(path, name string, err error) bool {
	if err != nil {
		c.wrong(path, "paths are relative to the scenario file", "cannot read %s: %v", clip(c.beside(name)), cause(err))
	}
	return err == nil
}

// cause is why a file could not be read, without its path.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
