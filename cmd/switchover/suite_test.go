package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"switchover/scenarios"
)

// A scenario of a suite that cannot be carried out does not keep the others from
// it, and the suite's code says that one was not.
func TestSuiteGoesOnAfterAFailure(t *testing.T) {
	const src = "targets: [{name: api, url: 'http://127.0.0.1:1/v1', model: m, retry: {attempts: 1}}]\n" +
		"workload: {conversations: bundled, max_turns: 1}\nload: [{name: s, mode: concurrency, users: 1, conversations: 1}]\n"
	var out, talk bytes.Buffer
	a := &app{call: "switchover", out: &out, err: &talk, env: func(string) (string, bool) { return "", false }}
	var plans []*scenarios.Plan
	for _, name := range []string{"first", "second"} {
		s, err := scenarios.Parse(name+".yaml", []byte("name: "+name+"\n"+src), a.scenarioEnv())
		if err != nil {
			t.Fatal(err)
		}
		p, err := a.compile(s, "", ".")
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, p)
	}
	plans[0].Scenario.Targets[0].Protocol = "broken"
	root := t.TempDir()
	err := a.suite(t.Context(), plans, runFlags{out: root, quiet: true}, false)
	if code := err.(*exitError).code; code != exitInvalid {
		t.Errorf("the suite ended with %d: %v", code, err)
	}
	if !strings.Contains(talk.String(), "broken") || !strings.Contains(out.String(), "second") {
		t.Errorf("printed %q and %q", talk.String(), out.String())
	}
	if runs, err := os.ReadDir(root); err != nil || len(runs) != 2 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}
