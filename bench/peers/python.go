package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed requirements.txt
var requirements string

//go:embed locustfile.py
var locustfile []byte

// installTime bounds what the installation of one peer may take.
const installTime = 6 * time.Minute

// requirement is the line of requirements.txt for a package.
func requirement(pypi string) (string, error) {
	for line := range strings.Lines(requirements) {
		line = strings.TrimSpace(line)
		name, _, found := strings.Cut(line, "==")
		name, _, _ = strings.Cut(name, "[")
		if found && name == pypi {
			return line, nil
		}
	}
	return "", fmt.Errorf("requirements.txt pins no version of %s", pypi)
}

// install puts a peer into a virtual environment of its own under dir, unless the
// pinned version is there already. What keeps it from doing so becomes the peer's
// row, not an error.
func (c *client) install(ctx context.Context, dir string) {
	if c.pypi == "" {
		return
	}
	pin, err := requirement(c.pypi)
	if err == nil {
		err = venv(ctx, filepath.Join(dir, c.pypi), pin)
	}
	if err != nil {
		c.missing = err.Error()
		return
	}
	_, c.version, _ = strings.Cut(pin, "==")
	c.program = filepath.Join(dir, c.pypi, "bin", c.pypi)
}

func venv(ctx context.Context, dir, pin string) error {
	// Written last, so that an installation that broke off is done again.
	mark := filepath.Join(dir, "installed")
	if b, err := os.ReadFile(mark); err == nil && strings.TrimSpace(string(b)) == pin {
		return nil
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		return fmt.Errorf("python3 is not on the PATH")
	}
	ctx, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	if err := quietly(ctx, python, "-m", "venv", "--clear", dir); err != nil {
		return fmt.Errorf("python3 -m venv: %w", err)
	}
	err = quietly(ctx, filepath.Join(dir, "bin", "python3"), "-m", "pip", "install", "--disable-pip-version-check",
		"--no-input", "--no-compile", "--quiet", pin)
	if err != nil {
		return fmt.Errorf("pip install %s: %w", pin, err)
	}
	return os.WriteFile(mark, []byte(pin+"\n"), 0o600)
}

// quietly runs a command; of what it said, the last line goes into the error.
func quietly(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = politeTime
	ownGroup(cmd)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, lastLine(out))
	}
	return nil
}

// lastLine is the last line that says something, cut to 200 bytes.
func lastLine(out []byte) string {
	all := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	line := bytes.TrimSpace(all[len(all)-1])
	return strings.ToValidUTF8(string(line[:min(len(line), 200)]), "")
}

// settle runs a peer once without a server, so that Python compiles what it imports
// now and not within the first measurement.
func (c *client) settle(ctx context.Context, env []string) {
	args := map[string][]string{"locust": {"--help"}, "guidellm": {"run", "--help"}, "aiperf": {"profile", "--help"}}[c.pypi]
	if c.missing != "" || args == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.program, args...)
	cmd.Env, cmd.WaitDelay = env, politeTime
	ownGroup(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		c.missing = fmt.Sprintf("%s %s: %v: %s", c.pypi, strings.Join(args, " "), err, lastLine(out))
	}
}

// tokenizer is the name of a tokenizer that exists in the cache made by writeTokenizer
// alone. AIPerf loads one even where it has nothing to tokenize, and none may be
// downloaded.
const tokenizer = "bench/words"

// writeTokenizer lays out a model cache that holds a tokenizer of whole words.
func writeTokenizer(cache string) error {
	const revision = "0000000000000000000000000000000000000000"
	base := filepath.Join(cache, "hub", "models--"+strings.ReplaceAll(tokenizer, "/", "--"))
	files := map[string]string{
		"refs/main": revision,
		"snapshots/" + revision + "/tokenizer_config.json": `{"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "eos_token": "[EOS]"}`,
		"snapshots/" + revision + "/tokenizer.json": `{"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Whitespace"},
			"post_processor": null, "decoder": null, "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "[EOS]": 1}, "unk_token": "[UNK]"}}`,
	}
	for name, text := range files {
		path := filepath.Join(base, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
