package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"switchover/results"
	"switchover/scenarios"
	"switchover/scenarios/drive"
	"switchover/targets"
	"switchover/targets/secret"
	"switchover/targets/sim"
	"switchover/targets/wire"
)

// fleet is every target of one run, opened.
type fleet struct {
	candidates []*targets.Target
	judges     []*targets.Target
	children   []*sim.Child
}

// close ends the targets and the simulators that were started for them.
func (f *fleet) close() {
	for _, t := range append(f.candidates, f.judges...) {
		t.Close()
	}
	for _, c := range f.children {
		c.Close()
	}
}

// open opens every target of a plan: keys are read, simulators started with
// their configuration and log under dir/sim.
func (a *app) open(ctx context.Context, p *scenarios.Plan, dir string) (*fleet, error) {
	f := &fleet{}
	for i := range p.Scenario.Targets {
		t := &p.Scenario.Targets[i]
		spec, err := a.spec(t)
		spec.Price = p.Scenario.PriceOf(t)
		if err == nil && t.Simulate != nil {
			var child *sim.Child
			child, err = a.startSim(ctx, t, p.Scenario.Seed, dir)
			if err == nil {
				f.children = append(f.children, child)
				spec.Endpoint.URL, spec.Simulated = sim.Base(child.URL, protocolName(t)), true
			}
		}
		var opened *targets.Target
		if err == nil {
			opened, err = targets.Open(spec)
		}
		if err != nil {
			f.close()
			return nil, fmt.Errorf("open target %s: %w", t.Name, err)
		}
		for _, w := range opened.Warnings() {
			fmt.Fprintf(a.err, "warning: %s: %s\n", t.Name, w)
		}
		if t.Role == results.RoleJudge {
			f.judges = append(f.judges, opened)
		} else {
			f.candidates = append(f.candidates, opened)
		}
	}
	return f, nil
}

// spec resolves a scenario's target.
func (a *app) spec(t *scenarios.Target) (targets.Spec, error) {
	protocol, ok := wire.Lookup(protocolName(t))
	if !ok {
		return targets.Spec{}, fmt.Errorf("protocol %q is not one of %s", t.Protocol, strings.Join(wire.Names(), ", "))
	}
	var keys [3]secret.Value
	for i, k := range []*scenarios.Key{t.Key, t.KeyID, t.Session} {
		var err error
		if keys[i], err = k.Value(a.scenarioEnv()); err != nil {
			return targets.Spec{}, err
		}
	}
	s := targets.Spec{
		Name:     t.Name,
		Protocol: protocol,
		Endpoint: wire.Endpoint{URL: t.URL, Model: modelName(t), Key: keys[0], KeyID: keys[1], Session: keys[2],
			Region: t.Region, APIVersion: t.APIVersion, Headers: t.Headers},
		Strict: t.Strict,
		Params: t.ChatParams(),
		Clock:  a.clock,

		DefaultLimit: t.OwnLimit() == 0,
	}
	if t.HTTP != nil {
		template, err := t.HTTP.Template()
		if err != nil {
			return targets.Spec{}, err
		}
		s.Protocol = wire.HTTP{Template: template}
	}
	if t.System != nil {
		s.System = t.System.Text
	}
	if t.Timeouts != nil {
		s.Timeouts = targets.Timeouts{Connect: time.Duration(t.Timeouts.Connect), FirstByte: time.Duration(t.Timeouts.FirstByte),
			Idle: time.Duration(t.Timeouts.Idle), Total: time.Duration(t.Timeouts.Total)}
	}
	if t.Retry != nil {
		s.Retry = targets.Retry{Attempts: t.Retry.Attempts, Backoff: time.Duration(t.Retry.Backoff)}
	}
	if t.Limits != nil {
		s.MaxSockets = t.Limits.Concurrent
	}
	return s, nil
}

func protocolName(t *scenarios.Target) string {
	if t.Protocol == "" {
		return "openai"
	}
	return t.Protocol
}

// modelName is the model asked for; a simulated target goes by its own name.
func modelName(t *scenarios.Target) string {
	if t.Model == "" && t.Simulate != nil {
		return t.Name
	}
	return t.Model
}

// startSim starts the simulator of one target as a child process.
func (a *app) startSim(ctx context.Context, t *scenarios.Target, seed int64, dir string) (*sim.Child, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program to start the simulator: %w", err)
	}
	folder := filepath.Join(dir, "sim")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the simulator's folder: %w", err)
	}
	file := scenarios.SimFile{Name: t.Name, Model: modelName(t), Seed: seed, Judge: t.Role == results.RoleJudge, Simulate: *t.Simulate}
	return sim.StartChild(ctx, exe, simConfig(&file), filepath.Join(folder, t.Name))
}

// runTargets is how the run's record names its targets.
func runTargets(p *scenarios.Plan, f *fleet) []results.RunTarget {
	urls, lost := map[string]string{}, map[string]map[string]string{}
	for _, t := range append(f.candidates, f.judges...) {
		urls[t.Spec().Name] = t.Spec().Endpoint.URL
	}
	for _, t := range f.candidates {
		lost[t.Spec().Name] = drive.LossesOf(p, t.Spec()).Reasons()
	}
	var out []results.RunTarget
	for i := range p.Scenario.Targets {
		t := &p.Scenario.Targets[i]
		rt := results.RunTarget{Name: t.Name, Role: t.Role, Incumbent: t.Name == p.Scenario.Incumbent && t.Name != "",
			Protocol: protocolName(t), URL: urls[t.Name], Model: modelName(t), Simulated: t.Simulate != nil, Price: p.Scenario.PriceOf(t), Facts: t.Facts, FactSources: t.FactSources,
			LossReasons: lost[t.Name]}
		if t.Cost != nil {
			rt.GPUHourUSD = t.Cost.GPUHour * float64(max(t.Cost.GPUs, 1))
		}
		out = append(out, rt)
	}
	return out
}

// onThisHost names the one real candidate served from this machine, whose doing
// the GPU readings are; empty when there is none or more than one.
func (f *fleet) onThisHost() string {
	name := ""
	for _, t := range f.candidates {
		u, err := url.Parse(t.Spec().Endpoint.URL)
		if err != nil || t.Spec().Simulated {
			continue
		}
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			continue
		}
		if name != "" {
			return ""
		}
		name = t.Spec().Name
	}
	return name
}
