// Peers holds this tool beside other load tools: it drives the same truth server
// with each in turn and prints one table of what each was off by and what it cost,
// theirs in multiples of ours. `make bench-peers` builds and runs it.
//
// The truth server is `switchover sim` in a process of its own. Its log says when each
// request came and when each token left, and names requests by their X-Request-Id and
// by the id of the answer, which is how the peers' own records of single requests are
// found in it. What the peers' own output files say is taken as it is; which of their
// settings were chosen is printed with the table.
//
// Locust, GuideLLM and AIPerf are installed by pip, each into a virtual environment of
// its own in a temporary folder that is removed at the end; they take 7 GB there, most of
// it what GuideLLM depends on. Variables:
//
//	PEERS_ENV=DIR         install into this folder, keep it, and use what is there
//	PEERS_STREAMS=LIST    how many streams to keep open, in turn; default 20,100,200
//	PEER_VLLM_BENCH=FILE  compare vLLM's client in Rust as well, whose binary this is
//
// A peer that cannot be installed or run gets a row that says so. The program fails
// only where the measurement itself does, or ours.
//
// It refuses to download anything but the packages pinned in requirements.txt and what
// they depend on, to pass the environment's keys on to them, and to leave a process or a
// folder behind.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	totalTime = 15 * time.Minute
	// startTime is what a client may take in all beyond its time of asking.
	startTime   = 45 * time.Second
	versionTime = 5 * time.Second
)

func main() {
	program := flag.String("switchover", "bin/switchover", "the `PROGRAM` to hold beside the others")
	points := flag.String("streams", "20,100,200", "how many streams to keep open, a `LIST` of numbers")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeoutCause(ctx, totalTime, fmt.Errorf("its %s were over", totalTime))
	defer cancel()
	if err := compareAll(ctx, *program, *points, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "bench-peers:", err)
		os.Exit(1)
	}
}

// parseStreams reads the list of loads.
func parseStreams(list string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || n > 2000 {
			return nil, fmt.Errorf("-streams %s: %q is no number from 1 to 2000", list, part)
		}
		out = append(out, n)
	}
	return out, nil
}

func compareAll(ctx context.Context, program, points string, getenv func(string) string) (err error) {
	streams, err := parseStreams(points)
	if err != nil {
		return err
	}
	if program, err = filepath.Abs(program); err != nil {
		return err
	}
	version, err := exec.CommandContext(ctx, program, "version").Output()
	if err != nil {
		return fmt.Errorf("ask %s for its version: %w", program, err)
	}
	if err := adopt(); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "bench-peers-")
	if err != nil {
		return err
	}
	defer func() {
		if rmErr := os.RemoveAll(work); err == nil {
			err = rmErr
		}
	}()
	env, err := environment(getenv("PEERS_ENV"), work)
	if err != nil {
		return err
	}
	b := &bench{program: program, work: work, at: places(processors()), path: getenv("PATH")}
	clients := []*client{ours(program, ourVersion(string(version))), locust(), guideLLM(), aiPerf()}
	if binary := getenv("PEER_VLLM_BENCH"); binary != "" {
		c := vllmBench(binary)
		c.find(ctx)
		clients = append(clients, c)
	}
	if err := b.ready(ctx, clients, env); err != nil {
		return err
	}
	rows, err := b.rows(ctx, clients, streams)
	if err != nil {
		return err
	}
	where := machine()
	if len(b.at.client) == 0 {
		where += " Client and server shared its one processor."
	}
	if err := write(os.Stdout, where, rows); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, r := range rows {
		if r.client.own && r.unmeasured() != "" {
			return fmt.Errorf("switchover at %d streams: %s", r.streams, r.unmeasured())
		}
	}
	return nil
}

// ourVersion is the version in what `switchover version` prints after the name.
func ourVersion(said string) string {
	if words := strings.Fields(said); len(words) > 1 {
		return words[1]
	}
	return ""
}

// environment is the folder that peers are installed into.
func environment(asked, work string) (string, error) {
	if asked == "" {
		return filepath.Join(work, "env"), nil
	}
	dir, err := filepath.Abs(asked)
	if err != nil {
		return "", err
	}
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(here, dir); err == nil && filepath.IsLocal(rel) {
		return "", fmt.Errorf("PEERS_ENV=%s is inside the repository: name a folder outside it", asked)
	}
	return dir, os.MkdirAll(dir, 0o700)
}

// places gives the client the last processor and everything else the others. With one
// processor nothing is confined.
func places(cpus []int) place {
	if len(cpus) < 2 {
		return place{}
	}
	return place{client: cpus[len(cpus)-1:], rest: cpus[:len(cpus)-1]}
}

// ready installs the peers, all at once, and lets each settle.
func (b *bench) ready(ctx context.Context, clients []*client, env string) error {
	say("installing the peers into %s", env)
	var wg sync.WaitGroup
	for _, c := range clients {
		wg.Go(func() { c.install(ctx, env) })
	}
	wg.Wait()
	b.home = filepath.Join(b.work, "home")
	if err := os.MkdirAll(b.home, 0o700); err != nil {
		return err
	}
	if err := writeTokenizer(filepath.Join(b.home, "models")); err != nil {
		return fmt.Errorf("write a tokenizer: %w", err)
	}
	for _, c := range clients {
		c.settle(ctx, b.env())
		if c.missing != "" {
			say("%s is not installed: %s", c.name, c.missing)
		}
	}
	end(nil, 0) // what pip or a peer left running
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// find looks for a program that the user named, and asks it for its version.
func (c *client) find(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	path, err := filepath.Abs(c.program)
	if err != nil {
		c.missing = err.Error()
		return
	}
	c.program = path
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.WaitDelay = politeTime
	ownGroup(cmd)
	out, err := cmd.Output()
	if err != nil {
		c.missing = fmt.Sprintf("ask %s for its version: %v", path, err)
		return
	}
	c.version = strings.TrimSpace(strings.TrimPrefix(lastLine(out), c.name))
}

// say tells whoever waits how far it is.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench-peers: "+format+"\n", args...)
}
