package scenarios

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchover/scenarios/prompts"
)

const logScenario = `
name: log
targets: [{name: a, simulate: {ttft: 1ms, tpot: 1ms}}]
workload: {conversations: {file: log.jsonl, format: prompts, REDACT}, sample: 3}
load: [{mode: users, users: 1, conversations: 3}]
`

// A workload from a file says how it is read: redacted and sampled unless it says
// otherwise, by the scenario's seed.
func TestReadOptions(t *testing.T) {
	dir := t.TempDir()
	var log strings.Builder
	for range 50 {
		log.WriteString(`{"prompt": "bob@example.com at 10.1.2.3, C-12345678"}` + "\n")
	}
	if err := os.WriteFile(filepath.Join(dir, "log.jsonl"), []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"":                                   "[EMAIL_1] at 10.1.2.3, C-12345678",
		"redact: on":                         "[EMAIL_1] at 10.1.2.3, C-12345678",
		"redact: with-ip":                    "[EMAIL_1] at [IP_1], C-12345678",
		"redact: off":                        "bob@example.com at 10.1.2.3, C-12345678",
		"patterns: {customer: 'C-[0-9]{8}'}": "[EMAIL_1] at 10.1.2.3, [CUSTOMER_1]",
	} {
		s, err := Parse(filepath.Join(dir, "s.yaml"), []byte(strings.Replace(logScenario, "REDACT", given, 1)), Env{})
		if err != nil {
			t.Fatal(err)
		}
		if !s.Salted() {
			t.Error("no salt by default")
		}
		for range 2 { // the same sample each time
			o, err := s.ReadOptions(s.Workload.Parts()[0])
			if err != nil {
				t.Fatal(err)
			}
			set, err := prompts.Read(strings.NewReader(log.String()), "log.jsonl", o)
			if err != nil {
				t.Fatal(err)
			}
			if len(set.Conversations) != 3 || set.Conversations[0].Turns[0] != want {
				t.Errorf("%s: %v", given, set.Conversations)
			}
			p, err := Compile(s, set.Conversations)
			if err != nil || p.Items[0].Item != "line-14" {
				t.Errorf("%v: the sample begins with %s", err, set.Conversations[0].Item)
			}
		}
	}
}

// A file of any size is looked at, not read, before the plan is made.
func TestWorkloadIsNotReadAtOnce(t *testing.T) {
	src := []byte(strings.Replace(logScenario, "REDACT", "redact: on", 1))
	asked := ""
	env := Env{
		ReadFile:  func(string) ([]byte, error) { t.Error("the file was read"); return nil, nil },
		CheckFile: func(path string) error { asked = path; return nil },
	}
	if _, err := Parse("d/s.yaml", src, env); err != nil || asked != filepath.Join("d", "log.jsonl") {
		t.Errorf("checked %q: %v", asked, err)
	}
	env.CheckFile = func(string) error { return errors.New("gone") }
	if _, err := Parse("s.yaml", src, env); err == nil || !strings.Contains(err.Error(), "cannot read log.jsonl: gone") {
		t.Errorf("got %v", err)
	}
	for _, path := range []string{t.TempDir(), "no such file"} {
		if CheckFile(path) == nil {
			t.Errorf("%s can be read", path)
		}
	}
}
