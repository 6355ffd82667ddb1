package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may says which packages of this module a package may import, and which
// third-party modules are its alone. It is the layout: a change that needs
// another arrow changes this table first.
var may = map[string][]string{
	"bench/peers":              {"results", "results/stats", "targets/sim"},
	"targets/chat":             {},
	"targets/catalog":          {"targets/price"},
	"targets/price":            {},
	"targets/dialect":          {"targets/chat"},
	"targets/secret":           {},
	"targets/wire":             {"targets/chat", "targets/secret"},
	"targets/convert":          {"targets/chat", "targets/dialect", "targets/wire"},
	"targets/sim":              {"targets/chat", "targets/dialect", "targets/wire"},
	"targets/telemetry":        {"results"},
	"targets":                  {"results", "targets/chat", "targets/secret", "targets/wire"},
	"results":                  {"results/stats", "targets/chat", "targets/price"},
	"results/stats":            {},
	"results/gate":             {"results", "results/stats"},
	"results/as":               {"results", "results/stats", "targets/chat"},
	"results/truth":            {"results", "results/stats", "targets/sim"},
	"scenarios":                {"results", "scenarios/arrival", "scenarios/prompts", "scenarios/prompts/redact", "targets/catalog", "targets/chat", "targets/price", "targets/secret", "targets/wire"},
	"scenarios/arrival":        {},
	"scenarios/prompts":        {"results", "scenarios/prompts/redact", "targets/chat", "targets/dialect"},
	"scenarios/prompts/redact": {},
	"scenarios/drive":          {"results", "scenarios", "targets", "targets/chat"},
	"eval":                     {"results", "results/stats", "targets", "targets/chat", "targets/wire"},
	"report":                   {"results", "results/gate", "targets/chat"},
	"report/terminal":          {"report", "results", "results/as", "results/gate"},
	"report/chart":             {"report", "results"},
	"report/html":              {"report", "report/chart", "results"},
}

// behind names the one package that may import each library.
var behind = map[string][]string{
	"github.com/tsenart/vegeta":     {"scenarios/drive"},
	"github.com/NVIDIA/go-nvml":     {"targets/telemetry"},
	"github.com/olekukonko":         {"report/terminal"},
	"gonum.org/v1/plot":             {"report/chart"},
	"github.com/sashabaranov":       {"targets/wire", "targets/sim"},
	"github.com/aws":                {"targets/wire", "targets/sim"},
	"github.com/spf13/cobra":        {"cmd/switchover"},
	"github.com/vbauerster/mpb":     {"cmd/switchover"},
	"github.com/goccy/go-yaml":      {"scenarios"},
	"github.com/invopop/jsonschema": {"scenarios"},
	"golang.org/x/term":             {"cmd/switchover"},
	"github.com/tiktoken-go":        {"scenarios/prompts"},
	// Vendors' clients check in tests what we serve and read; a run goes past none.
	"github.com/openai":                    {},
	"github.com/anthropics":                {},
	"github.com/aws/aws-sdk-go-v2/service": {},
}

func TestLayout(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "switchover/...").Output()
	if err != nil {
		t.Fatalf("list the packages: %v", err)
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	for dec.More() {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&pkg); err != nil {
			t.Fatal(err)
		}
		checkImports(t, strings.TrimPrefix(pkg.ImportPath, "switchover/"), pkg.Imports)
	}
}

func checkImports(t *testing.T, name string, imports []string) {
	for _, word := range []string{"util", "common", "helpers", "types"} {
		if strings.HasSuffix(name, "/"+word) {
			t.Errorf("%s: a package is a noun of the field, not %q", name, word)
		}
	}
	allowed, listed := may[name]
	testOnly := strings.HasSuffix(name, "test")
	if !listed && name != "cmd/switchover" && !testOnly {
		t.Errorf("%s is not in the layout", name)
	}
	for _, imported := range imports {
		if own, ok := strings.CutPrefix(imported, "switchover/"); ok && listed && !slices.Contains(allowed, own) {
			t.Errorf("%s imports %s, which the layout does not allow", name, own)
		}
		for library, owners := range behind {
			if strings.HasPrefix(imported, library) && !slices.Contains(owners, name) {
				t.Errorf("%s imports %s, which stays behind %v", name, imported, owners)
			}
		}
	}
}
