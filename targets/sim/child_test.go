package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain is also the child: started as "EXE sim --config FILE
// --exit-with-stdin" the test binary behaves as the server's name says.
func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == "sim" && os.Args[2] == "--config" && os.Args[4] == "--exit-with-stdin" {
		if err := beChild(os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(4)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func beChild(file string) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var cfg struct{ Name, Model, Log string }
	if err := json.Unmarshal(src, &cfg); err != nil {
		return err
	}
	switch cfg.Name {
	case "broken":
		return errors.New("the port is taken")
	case "mute":
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	}
	log, err := os.OpenFile(cfg.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	s, err := New(Config{Name: cfg.Name, Model: cfg.Model}, log)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", DefaultListen)
	if err != nil {
		return err
	}
	line, err := json.Marshal(Ready{URL: "http://" + l.Addr().String() + "/v1", Name: cfg.Name, Model: strings.Join(os.Environ(), " ")})
	if err != nil {
		return err
	}
	fmt.Printf("%s\n", line)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		if cfg.Name != "stubborn" {
			cancel()
		}
	}()
	return s.Serve(ctx, l, nil)
}

func child(t *testing.T, name string, patience time.Duration) (*Child, string, error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(t.TempDir(), name)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := StartChild(ctx, exe, Config{Name: name, Model: "m", TPOT: time.Millisecond}, base)
	return c, base, err
}

func TestChild(t *testing.T) {
	t.Setenv("SOME_API_KEY", "sk-canary")
	c, base, err := child(t, "good", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(c.Model, "canary") {
		t.Errorf("the child has this process's environment: %s", c.Model)
	}
	resp, err := http.Post(c.URL+"/chat/completions", "application/json", strings.NewReader(`{"model":"m",`+question+`}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if c.Err() != nil {
		t.Errorf("a running child has the error %v", c.Err())
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("the second close: %v", err)
	}
	if _, err := http.Get(c.URL + "/models"); err == nil {
		t.Error("a closed child still answers")
	}
	if log, err := os.ReadFile(base + ".jsonl"); err != nil || !strings.Contains(string(log), `"end":"complete"`) {
		t.Errorf("the log holds %q (%v)", log, err)
	}
}

func TestAChildThatCannotStart(t *testing.T) {
	if _, _, err := child(t, "broken", time.Minute); err == nil || !strings.Contains(err.Error(), "start simulated server broken") || !strings.Contains(err.Error(), "the port is taken") {
		t.Errorf("the error is %v, want the child's name and its last words", err)
	}
	began := time.Now()
	if _, _, err := child(t, "mute", 500*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("a child that never listens: %v after %s", err, time.Since(began))
	}
	if _, err := StartChild(t.Context(), filepath.Join(t.TempDir(), "absent"), Config{Name: "x"}, filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("a program that is not there was started")
	}
	if _, err := StartChild(t.Context(), "unused", Config{Name: "x", Quality: 7}, filepath.Join(t.TempDir(), "x")); err == nil || !strings.Contains(err.Error(), "quality 7") {
		t.Errorf("an impossible quality: %v", err)
	}
}

func TestAChildThatDiesSaysSo(t *testing.T) {
	c, _, err := child(t, "good", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.done:
	case <-time.After(5 * time.Second):
		t.Fatal("its end goes unnoticed")
	}
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the error is %v", err)
	}
	if err := c.Close(); err == nil {
		t.Error("closing it hides how it ended")
	}
}

func TestAChildThatWillNotLeaveIsKilled(t *testing.T) {
	c, _, err := child(t, "stubborn", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c.grace = 300 * time.Millisecond
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "was killed") {
		t.Errorf("close: %v", err)
	}
	if _, err := http.Get(c.URL + "/models"); err == nil {
		t.Error("it still answers")
	}
}
