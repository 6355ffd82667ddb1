package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A plan says why each field would be lost to the last word, however wide the table is;
// and that what goes by the hour is no price that is missing.
func TestAPlanSaysAllOfWhyFieldsAreLost(t *testing.T) {
	dir := t.TempDir()
	log := `{"model":"claude-x","max_tokens":50,"messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},` +
		`{"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"},"cache_control":{"type":"ephemeral"}}]}]}` + "\n"
	scenario := `name: lossy
targets:
  - {name: a-target-whose-name-needs-its-room-everywhere, url: "http://127.0.0.1:9", model: m, protocol: tgi, cost: {gpu_hour: 2}}
  - {name: free-of-a-price, url: "http://127.0.0.1:9", model: m, protocol: llamacpp}
workload: {conversations: {file: log.jsonl, format: anthropic}}
load: [{mode: users, users: 1, conversations: 1}]
`
	for name, text := range map[string]string{"log.jsonl": log, "s.yaml": scenario} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("switchover", "run", "--dry-run", "s.yaml")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	said := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range []string{"its text alone, in the prompt", "the server takes no such thing",
		"What a-target-whose-name-needs-its-room-everywhere costs goes by the hour", "No price is known for free-of-a-price,"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing says %q:\n%s", want, out)
		}
	}
	if strings.Contains(said, "…") {
		t.Errorf("something is cut off:\n%s", out)
	}
}

// A judge that is strict and would lose something is refused before anybody is asked.
func TestAStrictJudgeIsHeldToItsProtocol(t *testing.T) {
	dir := t.TempDir()
	scenario := `name: judged
targets:
  - {name: a, url: "http://127.0.0.1:9/v1", model: m}
  - {name: j, role: judge, url: "http://127.0.0.1:9", model: claude-opus-4-7, protocol: anthropic, strict: true, params: {SEED}}
workload: {conversations: bundled}
load: [{mode: users, users: 1, conversations: 1}]
eval: {judges: [j]}
`
	for seed, refused := range map[string]bool{"": false, "seed: 4": true} {
		if err := os.WriteFile(filepath.Join(dir, "s.yaml"), []byte(strings.Replace(scenario, "SEED", seed, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("switchover", "run", "--dry-run", "s.yaml")
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput()
		if said := strings.Join(strings.Fields(string(out)), " "); strings.Contains(said, "cannot carry all that a judge is asked: seed: dropped") != refused {
			t.Errorf("params {%s}:\n%s", seed, out)
		}
	}
}
