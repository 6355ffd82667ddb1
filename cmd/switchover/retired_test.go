package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// That a model is about to end is said beside a verdict to move to it, not only before
// the run.
func TestAReportSaysThatAModelRetires(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"yes\"}}]}\n\n",
			"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	}))
	defer server.Close()
	proof := `"source":"their page","checked":"2026-11-01"`
	known, err := json.Marshal(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "own.json")
	own := `{"providers":[{"id":"acme","name":"Acme","addresses":[` + strings.ReplaceAll(string(known), ".", `\\.`) + `],"failure":{"vendor":"Acme",` + proof + `},` + proof + `}],` +
		`"models":[{"id":"m-1","vendor":"Acme","status":"deprecated","retires":"2999-12-24","successor":"m-2",` + proof + `}]}`
	if err := os.WriteFile(file, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("switchover", "run", "--quiet", "--results", dir, "--catalog", file, "--conversations", "1",
		"--url", server.URL, "--model", "m-1").CombinedOutput() // without a judge there is no verdict
	if said := strings.Join(strings.Fields(string(out)), " "); !strings.Contains(said, "the model m-1 is deprecated and retires on 2999-12-24; its successor is m-2") {
		t.Errorf("%s", out)
	}
}
