package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"switchover/targets/sim"
)

// bench is one comparison.
type bench struct {
	program string // ours, which serves the truth as well
	work    string // a folder of this comparison's own
	home    string // the home of the peers
	path    string
	at      place
}

// env is the environment of every client: no key of this process's, no network but
// loopback for models.
func (b *bench) env() []string {
	return []string{"PATH=" + b.path, "HOME=" + b.home, "TMPDIR=" + b.work, "LANG=C.UTF-8", "HF_HOME=" + filepath.Join(b.home, "models"),
		"HF_HUB_OFFLINE=1", "TRANSFORMERS_OFFLINE=1", "HF_DATASETS_OFFLINE=1", "HF_HUB_DISABLE_TELEMETRY=1", "DO_NOT_TRACK=1", "NO_COLOR=1"}
}

// rows measures every client at every load. Once the context has ended, rows say that
// they were not measured. The error is one of the measurement itself.
func (b *bench) rows(ctx context.Context, clients []*client, streams []int) ([]*row, error) {
	var out []*row
	for _, n := range streams {
		for _, c := range clients {
			r := &row{client: c, streams: n, load: loadAverages()}
			out = append(out, r)
			if c.missing != "" {
				continue
			}
			if ctx.Err() == nil {
				say("%s: %d streams", c.name, n)
				err := b.measure(ctx, r)
				if err != nil && ctx.Err() == nil {
					return nil, fmt.Errorf("%s at %d streams: %w", c.name, n, err)
				}
			}
			if ctx.Err() != nil {
				r.failed = "not measured: " + context.Cause(ctx).Error()
			}
			if why := r.unmeasured(); why != "" {
				say("%s: %s", c.name, why)
			}
		}
	}
	return out, nil
}

// measure runs one client against a server of its own. What the client does wrong
// ends in its row.
func (b *bench) measure(ctx context.Context, r *row) error {
	dir, err := os.MkdirTemp(b.work, "run-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // if it stays it goes with the whole folder
	server, err := b.serve(ctx, filepath.Join(dir, "server"), r.streams)
	if err != nil {
		return err
	}
	defer server.Close()
	j := &job{streams: r.streams, url: server.URL, dir: filepath.Join(dir, "client"), run: warm + measured + tail}
	used, ran := b.client(ctx, r, j)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := errors.Join(server.Err(), server.Close()); err != nil {
		return err
	}
	truth, err := readTruth(filepath.Join(dir, "server.jsonl"))
	if err != nil {
		return fmt.Errorf("read what the server did: %w", err)
	}
	if ran != nil {
		r.failed = ran.Error()
		return nil
	}
	said, remark, err := r.client.read(j)
	if err != nil {
		r.failed = "its output cannot be read: " + err.Error()
		return nil
	}
	w := counted(truth, warm, measured)
	r.said, r.sent, r.whole, r.peak = remark, w.events(truth), used.whole, used.peak
	r.cpu, r.covered = used.between(w.from, w.to)
	r.off = compare(w.in(truth, tokens), said)
	return nil
}

func (b *bench) serve(ctx context.Context, base string, streams int) (server *sim.Child, err error) {
	cfg := sim.Config{Name: model, Seed: 1, TTFT: ttft, TPOT: tpot, Jitter: jitter, Batch: 2 * streams,
		Output: 4 * tokens} // every answer is cut at what the request allows
	err = onProcessor(b.at.rest, func() (err error) {
		server, err = sim.StartChild(ctx, b.program, cfg, base)
		return err
	})
	return server, err
}

// client runs the client itself. The error is why its run cannot count.
func (b *bench) client(ctx context.Context, r *row, j *job) (*usage, error) {
	if err := os.Mkdir(j.dir, 0o700); err != nil {
		return nil, err
	}
	args, env, err := r.client.prepare(j)
	if err != nil {
		return nil, err
	}
	r.command = shown(r.client.program, args, env, j)
	out, err := os.Create(filepath.Join(j.dir, "output"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(r.client.program, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = j.dir, append(b.env(), env...), out, out
	used, err := run(ctx, cmd, b.at, j.run+startTime)
	if status := new(exec.ExitError); errors.As(err, &status) && r.client.passes(status.ExitCode()) {
		err = nil
	}
	if err != nil {
		said, readErr := readFile(out.Name())
		if readErr == nil && len(bytes.TrimSpace(said)) > 0 {
			err = fmt.Errorf("%w: %s", err, lastLine(said))
		}
		return nil, fmt.Errorf("it failed: %w", err)
	}
	return used, nil
}

// passes reports whether an exit status other than 0 still leaves a run to compare:
// ours also has one for a verdict that is open and one for a run that calls itself
// invalid.
func (c *client) passes(status int) bool {
	return c.own && (status == 3 || status == 4)
}

// shown is a command line as one could type it, its folders abbreviated.
func shown(program string, args, env []string, j *job) string {
	parts := append(append([]string{}, env...), filepath.Base(program))
	parts = append(parts, args...)
	for i, p := range parts {
		p = strings.ReplaceAll(strings.ReplaceAll(p, j.dir+"/", ""), j.dir, ".")
		if p == "" || strings.ContainsAny(p, " '\"$&|;<>()*?#~") {
			p = "'" + strings.ReplaceAll(p, "'", `'\''`) + "'"
		}
		parts[i] = p
	}
	return strings.Join(parts, " ")
}
