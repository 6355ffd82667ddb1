package main

import (
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

// commands are the programs that tests can start by name.
var commands = map[string]func(){"switchover": main}

// The tests start the program hundreds of times; under the race detector each would wait
// for a second at its end.
func TestMain(m *testing.M) {
	if os.Getenv(raceOptions) == "" {
		os.Setenv(raceOptions, "atexit_sleep_ms=20")
	}
	testscript.Main(m, commands)
}

// raceOptions names the race detector's own variable.
const raceOptions = "GORACE"

// The scripts run the real program, its simulators included, as a person would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv(raceOptions, os.Getenv(raceOptions))
			small, err := os.ReadFile("testdata/small.yaml")
			if err != nil {
				return err
			}
			return os.WriteFile(e.WorkDir+"/small.yaml", small, 0o600)
		},
	})
}
