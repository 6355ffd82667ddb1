package scenarios

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// testEnv is the environment of the tests: some variables, and the files beside
// the scenario.
var testEnv = Env{LookupEnv: func(name string) (string, bool) {
	v, ok := map[string]string{
		"GOOD_KEY":   "sk-canary-from-the-environment",
		"EMPTY_KEY":  " ",
		"BROKEN_KEY": "sk-canary two words",
	}[name]
	return v, ok
}}

// TestBroken holds what is printed for each broken file to its golden file.
// Look at them: they are the first thing a person with a mistake sees.
func TestBroken(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			_, err := Load(file, testEnv)
			ps, ok := err.(Problems)
			if !ok {
				t.Fatalf("error is %T (%v), want Problems", err, err)
			}
			got := ps.Error() + "\n"
			for i, p := range ps {
				if i > 0 && p.Line != 0 && (p.Line < ps[i-1].Line || p.Line == ps[i-1].Line && p.Column < ps[i-1].Column) {
					t.Errorf("problem %d (line %d) comes after line %d", i, p.Line, ps[i-1].Line)
				}
				for _, field := range []string{p.Message, p.Hint, p.Path, p.Excerpt} {
					if strings.Contains(field, "canary") {
						t.Errorf("a key is shown: %q", field)
					}
				}
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("printed problems differ (-want +got); run with -update if that is right:\n%s", diff)
			}
		})
	}
}
