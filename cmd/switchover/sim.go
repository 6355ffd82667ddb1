package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"switchover/scenarios"
	"switchover/targets/sim"
)

// defaultQuality is the quality of a simulated server that names none.
const defaultQuality = 4

// maxSimFile bounds the file of a simulated server.
const maxSimFile = 1 << 20

func simCommand() *cobra.Command {
	var o simOptions
	cmd := &cobra.Command{
		Use:   "sim --config FILE",
		Short: "Serve a simulated model in five protocols",
		Long: `Serve a simulated model: known speed, answers of known quality, scripted
faults. The file holds a scenario's simulate block:

  name: small-sim
  simulate: {ttft: 300ms, tpot: 12ms, jitter: 5%, quality: 3.4}

Beside it may stand model, listen, seed, judge, and log: a file to which one
line of JSON per request is appended, with the instant at which each token left.
Once it listens, it prints one line of JSON with its url to stdout. An interrupt
lets running requests finish.

Every protocol is served at once, by its path, and behaves alike in all:

  openai, openai-completions   http://HOST:PORT/v1
  anthropic, ollama, bedrock   http://HOST:PORT`,
		Example: `  switchover sim --config small.yaml --listen 127.0.0.1:8000
  switchover run --url http://127.0.0.1:8000/v1 --model small-sim`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSim(cmd, o) },
	}
	cmd.Flags().StringVar(&o.config, "config", "", "the `FILE` that describes the server")
	cmd.Flags().StringVar(&o.listen, "listen", "", "the `ADDRESS` to listen on (default the file's, else a free port of 127.0.0.1)")
	cmd.Flags().StringVar(&o.log, "log", "", "the `FILE` to append the request log to (default the file's, else none)")
	cmd.Flags().BoolVar(&o.exitWithStdin, "exit-with-stdin", false, "end at once when stdin ends, so that it dies with its parent")
	return cmd
}

type simOptions struct {
	config, listen, log string
	exitWithStdin       bool
}

func runSim(cmd *cobra.Command, o simOptions) (err error) {
	if o.config == "" {
		return usageError(wayOut(cmd), "no file that describes the server: give --config FILE")
	}
	cfg, err := o.read()
	if err != nil {
		return err
	}
	if err := o.guard(cmd.ErrOrStderr(), cfg.Listen); err != nil {
		return err
	}
	var log io.Writer
	if cfg.Log != "" {
		f, openErr := os.OpenFile(cfg.Log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if openErr != nil {
			return fmt.Errorf("open the request log: %w", openErr)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		log = f
	}
	server, err := sim.New(cfg, log)
	if err != nil {
		return usageError("", "%s: %w", o.config, err)
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen for simulated server %s: %w", cfg.Name, err)
	}
	if err := announce(cmd, cfg, listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	if o.exitWithStdin {
		go func() {
			// The read ends when the parent closes the pipe, or is gone.
			_, _ = io.Copy(io.Discard, cmd.InOrStdin())
			cancel()
		}()
	}
	stop := newSignals(ctx, sim.DrainTime)
	stop.atOnce = func() string { return "running requests were cut" }
	defer stop.listen(cmd.ErrOrStderr())()
	return server.Serve(ctx, listener, stop.stop)
}

// read reads the file; flags override it.
func (o simOptions) read() (sim.Config, error) {
	f, err := os.Open(o.config)
	if err != nil {
		return sim.Config{}, usageError("", "open the simulated server's file: %w", err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxSimFile+1))
	if err != nil {
		return sim.Config{}, usageError("", "read the simulated server's file: %w", err)
	}
	if len(src) > maxSimFile {
		return sim.Config{}, usageError("", "%s is larger than %d bytes", o.config, maxSimFile)
	}
	file, err := scenarios.ParseSim(o.config, src)
	if err != nil {
		return sim.Config{}, usageError("", "%w", err)
	}
	cfg := simConfig(file)
	if o.listen != "" {
		cfg.Listen = o.listen
	}
	if o.log != "" {
		cfg.Log = o.log
	}
	if cfg.Listen == "" {
		cfg.Listen = sim.DefaultListen
	}
	return cfg, nil
}

// guard keeps a file from opening a port to other machines; a flag may.
func (o simOptions) guard(talk io.Writer, listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return usageError("write it as HOST:PORT, for instance 127.0.0.1:8000", "the address to listen on: %w", err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	if o.listen == "" {
		return usageError(fmt.Sprintf("if you mean it, say so: --listen %s", listen),
			"%s: listen %s could be reached from other machines", o.config, listen)
	}
	_, err = fmt.Fprintf(talk, "warning: %s can be reached from other machines; the simulator asks nobody for a key\n", listen)
	return err
}

// announce says where the server listens: to people on stderr, to programs on
// stdout.
func announce(cmd *cobra.Command, cfg sim.Config, addr net.Addr) error {
	base := "http://" + addr.String() + "/v1"
	line, err := json.Marshal(sim.Ready{URL: base, Name: cfg.Name, Model: cfg.Model})
	if err != nil {
		return fmt.Errorf("announce simulated server %s: %w", cfg.Name, err)
	}
	if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "listening on %s, model %s\n", base, cfg.Model); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", line)
	return err
}

// simConfig is what a scenario's words mean to the simulator.
func simConfig(f *scenarios.SimFile) sim.Config {
	s := &f.Simulate
	cfg := sim.Config{Name: f.Name, Model: f.Model, Listen: f.Listen, Log: f.Log, Seed: f.Seed, Judge: f.Judge,
		TTFT: time.Duration(s.TTFT), TPOT: time.Duration(s.TPOT), Jitter: float64(s.Jitter), Batch: s.Batch, Queue: s.Queue,
		PrefillPerS: float64(s.Prefill), Output: s.Output, Quality: defaultQuality, Untidy: float64(s.Untidy)}
	if s.Quality != nil {
		cfg.Quality = *s.Quality
	}
	for _, fault := range s.Faults {
		cfg.Faults = append(cfg.Faults, sim.Fault{Kind: fault.Kind, Share: float64(fault.Share), From: time.Duration(fault.From),
			Until: time.Duration(fault.Until), After: fault.After, For: time.Duration(fault.For)})
	}
	return cfg
}
