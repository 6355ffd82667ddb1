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

func TestMain(m *testing.M) { testscript.Main(m, commands) }

// The scripts run the real program, its simulators included, as a person would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			small, err := os.ReadFile("testdata/small.yaml")
			if err != nil {
				return err
			}
			return os.WriteFile(e.WorkDir+"/small.yaml", small, 0o600)
		},
	})
}
