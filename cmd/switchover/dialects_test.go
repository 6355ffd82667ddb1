package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchover/results"
	"switchover/targets/sim"
)

// The scenario that comes with the program asks one model in every protocol that the
// simulator speaks: each is measured as it was served, gives the same answers, and is
// said to be simulated wherever it is shown.
func TestFiveProtocolsInOneMatrix(t *testing.T) {
	dir := t.TempDir()
	out, err := exec.Command("switchover", "run", "--quiet", "--results", dir, "dialects").CombinedOutput()
	if code := exitCodeOf(err); code != exitOK && code != exitInvalid { // invalid: the machine was too busy to measure
		t.Fatalf("%v\n%s", err, out)
	}
	checkFigures(t, dir)
	run, err := results.Find(dir, "latest")
	if err != nil {
		t.Fatal(err)
	}
	data, err := results.Read(run)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]map[string]string{} // by conversation and turn, then by protocol
	for _, r := range data.Records {
		target := data.Run.Target(r.Target)
		if !r.Simulated || !target.Simulated {
			t.Errorf("%s is not said to be simulated", r.ID)
		}
		if target.Role != "" || r.Error != nil {
			continue
		}
		place := strings.Replace(r.ID, "/"+r.Target+"/", "/", 1)
		if answers[place] == nil {
			answers[place] = map[string]string{}
		}
		answers[place][target.Protocol] = r.Text
	}
	for place, said := range answers {
		for protocol, text := range said {
			if text != said["openai"] && said["openai"] != "" {
				t.Errorf("%s: in %s it said %q, in openai %q", place, protocol, text, said["openai"])
			}
		}
	}
	asked := map[string]bool{}
	for _, target := range data.Run.Targets {
		asked[target.Protocol] = true
		checkLogged(t, filepath.Join(run, "sim", target.Name+".jsonl"), target.Protocol)
	}
	for _, protocol := range sim.Protocols {
		if !asked[protocol] {
			t.Errorf("nothing was asked in %s", protocol)
		}
	}
	if shown := strings.ToLower(string(out)); !strings.Contains(shown, "simulated") || !strings.Contains(shown, "rank") {
		t.Errorf("no matrix that says it was simulated:\n%s", out)
	}
	for _, page := range []string{"report.html", "summary.json"} {
		b, err := os.ReadFile(filepath.Join(run, page))
		if err != nil || !strings.Contains(strings.ToLower(string(b)), "simulated") {
			t.Errorf("%s does not say that it was simulated (%v)", page, err)
		}
	}
}

// checkLogged holds a simulator's log to one protocol.
func checkLogged(t *testing.T, path, protocol string) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var in []string
	for line := range strings.Lines(string(src)) {
		var e sim.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		in = append(in, e.Protocol)
	}
	if in = slices.Compact(in); !slices.Equal(in, []string{protocol}) {
		t.Errorf("%s was asked in %v, want %s alone", path, in, protocol)
	}
}
