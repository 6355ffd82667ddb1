package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// Commands that are printed to be copied start the program the way the user did.
func TestCommandsToCopyStartThisProgram(t *testing.T) {
	for arg0, want := range map[string]string{
		"switchover": "switchover", "bin/switchover": "bin/switchover", "./switchover": "./switchover", "/opt/x-1.2/switchover": "/opt/x-1.2/switchover",
		"/opt/my tools/switchover": "switchover", "/opt/$(x)/switchover": "switchover", "": "switchover",
	} {
		if got := callable(arg0); got != want {
			t.Errorf("started as %q: %q, want %q", arg0, got, want)
		}
	}
	var talk bytes.Buffer
	a := &app{call: "bin/switchover", out: &talk, err: &talk}
	if code := a.main(t.Context(), []string{"results", "--results", filepath.Join(t.TempDir(), "none")}); code != exitOK || !strings.Contains(talk.String(), "try: bin/switchover run outage") {
		t.Errorf("exit %d: %s", code, talk.String())
	}
}
