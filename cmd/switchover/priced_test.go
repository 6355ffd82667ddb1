package main

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"switchover/results"
	"switchover/targets/catalog"
)

// A run is priced from a published list, to the cent that its requests cost by hand:
// at a plain price, at one whose tier the requests reach, and at one that was changed
// on a day, before which they would have cost twice as much. Each price says its source.
func TestARunIsPricedFromAPublishedList(t *testing.T) {
	list := filepath.Join(cmp.Or(os.Getenv("SWITCHOVER_DATA"), filepath.Join("..", "..", "..", "shared", "data")), "prices", "genai-prices_v2_slim.json")
	if _, err := os.Stat(list); err != nil {
		t.Skipf("the published prices are not here (SWITCHOVER_DATA): %v", err)
	}
	const input, cached, output = 150_000, 100_000, 1000
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"yes\"}}]}\n\n",
			"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n")
		fmt.Fprintf(w, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"prompt_tokens_details\":{\"cached_tokens\":%d}}}\n\ndata: [DONE]\n\n",
			input+cached, output, cached)
	}))
	defer server.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "prices.json")
	if out, err := exec.Command("switchover", "catalog", "import", "genai-prices", list, "--out", file).CombinedOutput(); err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}
	moved(t, file, server.URL)
	args := []string{"run", "--quiet", "--results", dir, "--catalog", file, "--conversations", "2", "--budget", "1000"}
	for _, m := range []string{"/anthropic claude-opus-4-20250514", "/google gemini-2.5-pro", "/anthropic claude-opus-4-6"} {
		path, model, _ := strings.Cut(m, " ")
		args = append(args, "--url", server.URL+path, "--model", model)
	}
	out, _ := exec.Command("switchover", args...).CombinedOutput() // a busy machine makes it invalid
	run, err := results.Find(dir, "latest")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := results.Read(run)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{
		"claude-opus-4-20250514": (input*15 + cached*1.5 + output*75) / 1e6,
		"gemini-2.5-pro":         (input*2.5 + cached*0.25 + output*15) / 1e6,
		"claude-opus-4-6":        (input*5 + cached*0.5 + output*25) / 1e6,
	}
	priced := map[string]int{}
	for _, r := range data.Records {
		target := data.Run.Target(r.Target)
		if got, ok := r.CostUSD.Get(); !ok || math.Abs(got-want[target.Model]) > 1e-9 {
			t.Errorf("a request to %s cost $%v, known %v; by hand it is $%v\n%s", target.Model, got, ok, want[target.Model], out)
		}
		if !strings.HasPrefix(target.Price.Source, "catalog, checked 20") || !strings.HasSuffix(target.Price.Source, "genai-prices") {
			t.Errorf("the price of %s is said to be from %q", target.Model, target.Price.Source)
		}
		priced[target.Model]++
	}
	if len(priced) != len(want) {
		t.Errorf("requests were priced for %v", priced)
	}
}

// moved makes the providers of an imported catalog answer at paths of an address.
func moved(t *testing.T, file, address string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Providers {
		p := &c.Providers[i]
		p.Addresses = []string{regexp.QuoteMeta(address + "/" + p.ID)}
	}
	var moved bytes.Buffer
	if err := c.Write(&moved); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, moved.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
