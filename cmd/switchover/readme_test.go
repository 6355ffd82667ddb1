package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The README's commands and files are what a newcomer types: every one runs
// here. A run is turned into a dry run, so nothing is sent to the addresses it
// names; `make` is left to whoever is running this test.
func TestReadmeCommands(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	copyFile(t, "testdata/small.yaml", filepath.Join(dir, "small.yaml"))
	if err := os.Mkdir(filepath.Join(dir, "scenarios"), 0o700); err != nil {
		t.Fatal(err)
	}
	copyFile(t, "../../scenarios/outage.yaml", filepath.Join(dir, "scenarios", "outage.yaml"))
	log := strings.Repeat(`{"model": "claude-sonnet-4-5", "max_tokens": 256, "messages": [{"role": "user", "content": "Where is my order?"}]}`+"\n", 300)
	if err := os.WriteFile(filepath.Join(dir, "prod.jsonl"), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	trace := `{"timestamp": 0, "input_length": 600, "output_length": 6, "hash_ids": [0, 1]}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "trace.jsonl"), []byte(trace), 0o600); err != nil {
		t.Fatal(err)
	}
	readme := func(args string) (string, int) {
		cmd := exec.Command("sh", "-c", args)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "OPENAI_API_KEY=placeholder-key", "ANTHROPIC_API_KEY=placeholder-key", "GROQ_API_KEY=placeholder-key")
		out, err := cmd.CombinedOutput()
		return string(out), exitCodeOf(err)
	}
	if out, code := readme("switchover run --quiet small.yaml"); code != exitOK && code != exitInvalid {
		t.Fatalf("exit %d\n%s", code, out)
	}
	ran := 0
	for _, line := range shellLines(string(text)) {
		command, want := runnable(line)
		if command == "" {
			continue
		}
		ran++
		out, code := readme(command)
		if code != want && !(code == exitInvalid && (strings.Contains(line, "latest") || strings.HasPrefix(command, "switchover selftest"))) {
			t.Errorf("%s\nas %s: exit %d, want %d\n%s", line, command, code, want, out)
		}
	}
	if ran < 10 {
		t.Errorf("only %d commands were found", ran)
	}
	for i, block := range blocks(string(text), "yaml") {
		file := filepath.Join(dir, "block.yaml")
		if err := os.WriteFile(file, []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
		command := "switchover validate block.yaml"
		if strings.Contains(block, "listen:") {
			command = "timeout -s INT 2 switchover sim --config block.yaml --listen 127.0.0.1:0"
		}
		if out, code := readme(command); code != exitOK && code != 124 {
			t.Errorf("YAML block %d: exit %d\n%s", i+1, code, out)
		}
	}
}

// runnable turns a line of the README into a command that sends nothing beyond
// this machine and is soon done, and the exit code it must have.
func runnable(line string) (string, int) {
	command, isOurs := strings.CutPrefix(line, "bin/switchover ")
	if !isOurs {
		return "", 0
	}
	command = strings.NewReplacer("FILE...", "scenarios/outage.yaml small.yaml", "FILE", "scenarios/outage.yaml", " RUN", " latest").Replace(command)
	switch {
	case command == "selftest":
		command += " --streams 10 --duration 1s"
	case strings.Contains(command, "--resume"):
		return "switchover " + command, exitUsage // the run is complete
	case strings.HasPrefix(command, "run ") && !strings.Contains(command, "--dry-run"):
		command += " --dry-run"
	}
	return "switchover " + command, exitOK
}

// blocks are the fenced blocks of one language.
func blocks(text, language string) []string {
	var out []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// shellLines are the command lines of the sh blocks, without comments,
// continuations joined.
func shellLines(text string) []string {
	var out []string
	for _, block := range blocks(text, "sh") {
		for line := range strings.Lines(strings.ReplaceAll(block, "\\\n", " ")) {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
	}
	return out
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
