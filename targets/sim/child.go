package sim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// The bounds of a child process.
const (
	readyTime  = 10 * time.Second // until it says where it listens
	closeTime  = 5 * time.Second  // from the end of its stdin to a kill
	maxReady   = 4 << 10          // bytes of its first line
	maxComment = 8 << 10          // bytes kept of its stderr
)

// Ready is the line of JSON that a simulated server writes to stdout once it
// listens.
type Ready struct {
	URL   string `json:"url"` // of OpenAI's protocols, for instance http://127.0.0.1:40123/v1; see Base for the others
	Name  string `json:"name"`
	Model string `json:"model"`
}

// Child is a simulated server in a process of its own. It ends with Close, and
// by itself as soon as this process is gone, however that dies: its stdin is a
// pipe that only this process holds open.
type Child struct {
	URL   string // of OpenAI's protocols; see Base for the others
	Model string

	cmd     *exec.Cmd
	stdin   io.Closer
	comment *tail
	grace   time.Duration // from the end of its stdin to a kill
	done    chan struct{}
	err     error // of Wait; set when done is closed
	closing sync.Once
}

// StartChild runs "exe sim --config base.json --exit-with-stdin" and waits, for
// ten seconds at most, until it listens. It writes base.json from the config; the
// child appends its request log to base.jsonl. The child gets none of this
// process's environment, so no key of it either, and a process group of its own,
// so that an interrupt at the terminal reaches only this process. The context
// bounds the start alone.
func StartChild(ctx context.Context, exe string, cfg Config, base string) (*Child, error) {
	c, ready, err := launch(exe, cfg, base)
	if err != nil {
		return nil, fmt.Errorf("start simulated server %s: %w", cfg.Name, err)
	}
	limit := time.NewTimer(readyTime)
	defer limit.Stop()
	select {
	case r, ok := <-ready:
		if ok && r.URL != "" {
			c.URL, c.Model = r.URL, r.Model
			return c, nil
		}
		err = errors.New("it did not say where it listens")
	case <-limit.C:
		err = fmt.Errorf("it was not ready within %s", readyTime)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	c.kill()
	return nil, fmt.Errorf("start simulated server %s: %w%s", cfg.Name, err, c.said())
}

// launch starts the process. ready yields what it announced, or is closed.
func launch(exe string, cfg Config, base string) (*Child, <-chan Ready, error) {
	configPath := base + ".json"
	cfg.Log = base + ".jsonl"
	file, err := cfg.File()
	if err != nil {
		return nil, nil, err
	}
	if err := os.WriteFile(configPath, file, 0o600); err != nil {
		return nil, nil, fmt.Errorf("write its configuration: %w", err)
	}
	c := &Child{cmd: exec.Command(exe, "sim", "--config", configPath, "--exit-with-stdin"), comment: &tail{}, grace: closeTime, done: make(chan struct{})}
	c.cmd.Env = []string{} // not nil, which would hand down everything
	c.cmd.Stderr = c.comment
	c.cmd.WaitDelay = time.Second
	setProcessGroup(c.cmd)
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, nil, err
	}
	ready := make(chan Ready, 1)
	go func() {
		defer close(c.done)
		announce(stdout, ready)
		c.err = c.cmd.Wait()
	}()
	return c, ready, nil
}

// announce reads the first line, then drops the rest until the pipe ends.
func announce(stdout io.Reader, ready chan<- Ready) {
	defer close(ready)
	lines := bufio.NewReaderSize(stdout, maxReady)
	line, err := lines.ReadSlice('\n')
	var r Ready
	if err == nil && json.Unmarshal(line, &r) == nil {
		ready <- r
	}
	_, _ = io.Copy(io.Discard, lines) // the end of the pipe is the end of the process
}

// Err says why the process ended before Close, with its last words; nil while it
// runs.
func (c *Child) Err() error {
	select {
	case <-c.done:
		if c.err == nil {
			return fmt.Errorf("the simulated server ended by itself%s", c.said())
		}
		return fmt.Errorf("the simulated server ended: %w%s", c.err, c.said())
	default:
		return nil
	}
}

// Close ends the process: it closes its stdin, waits five seconds at most for it
// to write its log and leave, then kills it. Further calls do nothing. The error
// is how it ended, if that was not in order.
func (c *Child) Close() error {
	var err error
	c.closing.Do(func() {
		_ = c.stdin.Close() // closed already when the process is gone
		limit := time.NewTimer(c.grace)
		defer limit.Stop()
		select {
		case <-c.done:
			if c.err != nil {
				err = fmt.Errorf("stop simulated server: %w%s", c.err, c.said())
			}
		case <-limit.C:
			c.kill()
			err = fmt.Errorf("stop simulated server: it did not end within %s and was killed%s", c.grace, c.said())
		}
	})
	return err
}

// kill ends the process at once and waits for it.
func (c *Child) kill() {
	_ = c.cmd.Process.Kill() // it may have ended by itself
	_ = c.stdin.Close()
	<-c.done
}

// said is the end of the process's stderr, on a line of its own.
func (c *Child) said() string {
	if s := c.comment.String(); s != "" {
		return "\nit said: " + s
	}
	return ""
}

// tail keeps the last bytes written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write never fails.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if extra := len(t.buf) - maxComment; extra > 0 {
		t.buf = append([]byte(nil), t.buf[extra:]...)
	}
	return len(b), nil
}

// String is what was kept, without control characters but line ends.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	clean := bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return ' '
		}
		return r
	}, t.buf)
	return strings.TrimSpace(string(clean))
}
