package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEveryPeerIsPinned(t *testing.T) {
	for _, c := range []*client{locust(), guideLLM(), aiPerf()} {
		pin, err := requirement(c.pypi)
		if err != nil || !strings.Contains(pin, "==") || !strings.HasPrefix(pin, c.pypi) {
			t.Errorf("%s: %q, %v", c.pypi, pin, err)
		}
	}
	if _, err := requirement("left-pad"); err == nil {
		t.Error("a package that nobody asked for is pinned")
	}
}

// Without Python a peer's row says so, and nothing is an error.
func TestWithoutPython(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	c := locust()
	c.install(t.Context(), t.TempDir())
	if c.missing != "python3 is not on the PATH" {
		t.Errorf("missing: %q", c.missing)
	}
	c.settle(t.Context(), nil)
	if r := (&row{client: c}); r.unmeasured() != "not installed: python3 is not on the PATH" {
		t.Errorf("the row says %q", r.unmeasured())
	}
}

// A kept environment is used again if it holds the pinned version, and only then.
func TestAKeptEnvironment(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // with nothing to install by
	dir := t.TempDir()
	pin, err := requirement("aiperf")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "aiperf"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ holds, missing string }{{pin, ""}, {"aiperf==0.0.1", "python3 is not on the PATH"}} {
		if err := os.WriteFile(filepath.Join(dir, "aiperf", "installed"), []byte(tc.holds+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c := aiPerf()
		if c.install(t.Context(), dir); c.missing != tc.missing {
			t.Errorf("holding %s: missing %q, want %q", tc.holds, c.missing, tc.missing)
		}
	}
}

func TestTheEnvironmentStaysOutsideTheRepository(t *testing.T) {
	for _, inside := range []string{".", "env", "./a/../env"} {
		if _, err := environment(inside, "work"); err == nil {
			t.Errorf("PEERS_ENV=%s is taken", inside)
		}
	}
	outside := filepath.Join(t.TempDir(), "env")
	if got, err := environment(outside, "work"); err != nil || got != outside {
		t.Errorf("PEERS_ENV=%s: %q, %v", outside, got, err)
	}
	if got, err := environment("", "work"); err != nil || got != filepath.Join("work", "env") {
		t.Errorf("without PEERS_ENV: %q, %v", got, err)
	}
}

func TestStreams(t *testing.T) {
	if got, err := parseStreams("20, 100"); err != nil || len(got) != 2 || got[0] != 20 || got[1] != 100 {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "0", "-1", "2001", "20,,30", "many"} {
		if got, err := parseStreams(bad); err == nil {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}

// No two requests of a run can be alike, and every client is asked for the same.
func TestEachClientGetsTheSameLoad(t *testing.T) {
	j := &job{streams: 3, url: "http://127.0.0.1:1/v1", dir: t.TempDir(), run: 15 * time.Second}
	alike := map[string]bool{}
	for _, p := range prompts(j) {
		alike[p] = true
	}
	if got, least := len(alike), 3*int(j.run/stream); got < least {
		t.Errorf("%d different prompts, want at least %d", got, least)
	}
	for _, c := range []*client{ours("sw", "v1"), locust(), guideLLM(), aiPerf(), vllmBench("bench")} {
		args, env, err := c.prepare(j)
		if err != nil {
			t.Fatal(err)
		}
		told := shown("/somewhere/"+c.name, args, env, j)
		files, err := os.ReadDir(j.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(j.file(f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			told += string(b)
			if err := os.Remove(j.file(f.Name())); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []string{"3", "64", "127.0.0.1:1", model, "Question 000000"} {
			if !strings.Contains(told, want) {
				t.Errorf("%s is not told %q", c.name, want)
			}
		}
		if strings.Contains(strings.SplitN(told, "\n", 2)[0], j.dir) {
			t.Errorf("the command line of %s shows a folder of this machine: %s", c.name, told)
		}
	}
}

func TestShown(t *testing.T) {
	j := &job{dir: "/tmp/x"}
	got := shown("/opt/bin/tool", []string{"--out", "/tmp/x/out.json", "--dir", "/tmp/x", "--prefix", "", "--text", "it's one"}, []string{"A=1"}, j)
	if want := `A=1 tool --out out.json --dir . --prefix '' --text 'it'\''s one'`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTokenizerIsJSON(t *testing.T) {
	dir := t.TempDir()
	if err := writeTokenizer(dir); err != nil {
		t.Fatal(err)
	}
	n := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		n++
		b, err := os.ReadFile(path)
		if err == nil && !json.Valid(b) {
			t.Errorf("%s is no JSON", path)
		}
		return err
	})
	if err != nil || n != 2 {
		t.Errorf("%d files of JSON, %v; want 2", n, err)
	}
}
