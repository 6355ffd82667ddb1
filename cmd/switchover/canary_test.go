package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const canary = "sk-canary-9F3kQ7xZ2mW8vB5n"

// escaped writes every character as a JSON escape.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// hostile echoes the key it was sent in every way a server can: in answers and
// errors, verbatim, escaped, in base64 at each alignment, and split.
func hostile(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	id := r.Header.Get("X-Client-Request-Id")
	w.Header().Set("X-Echo", key)
	if strings.Contains(id, "/1/0/") { // some requests fail, with the key in the error
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":{"message":"bad key %s or %s","type":"%s","code":"%s"}}`, key, escaped(key), key, hex.EncodeToString([]byte(key)))
		return
	}
	if strings.Contains(id, "/2/0/") {
		http.Redirect(w, r, "http://127.0.0.1:1/"+key, http.StatusFound)
		return
	}
	if strings.Contains(id, "/3/0/") { // a whole answer, and more that nobody asked for
		unasked(w, key)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	say := func(text string) {
		fmt.Fprintf(w, "data: {\"id\":\"%s\",\"model\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n", key, key, text)
		w.(http.Flusher).Flush()
	}
	say("verbatim " + key + " escaped " + escaped(key) + " ")
	for pad := range 3 {
		say(" base64 " + base64.StdEncoding.EncodeToString([]byte("xyz"[:pad]+key+"tail")) + " url " + base64.URLEncoding.EncodeToString([]byte("xyz"[:pad]+key)))
	}
	for i := 0; i < len(key); i += 5 { // split across chunks
		say(key[i:min(i+5, len(key))])
	}
	fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"%s\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n", key)
}

// unasked answers, and then goes on talking on a connection that is idle.
func unasked(w http.ResponseWriter, key string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	body := "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
	fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n%sBearer %s\r\n", len(body), body, key)
	time.Sleep(50 * time.Millisecond)
}

func TestAKeyNeverReachesWhatIsWritten(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(hostile))
	defer server.Close()
	dir := t.TempDir()
	cmd := exec.Command("switchover", "run", "--results", dir, "--url", server.URL+"/v1", "--model", "m", "--key-env", "CANARY_KEY", "--price", "1,2")
	cmd.Env = append(os.Environ(), "CANARY_KEY="+canary)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if listing, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid)); err == nil {
		clean(t, "the process listing", listing)
	}
	_ = cmd.Wait()
	clean(t, "the program's output", out.Bytes())
	files, answers := 0, 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		files++
		answers += bytes.Count(b, []byte("verbatim"))
		clean(t, path, b)
		return err
	})
	if err != nil || files < 6 || answers == 0 {
		t.Fatalf("looked at %d files with %d echoed answers: %v\n%s", files, answers, err, out.String())
	}
	exported := exec.Command("switchover", "report", "--results", dir, "--json", "latest")
	b, _ := exported.CombinedOutput()
	clean(t, "report --json", b)
}

// clean fails when text holds the key in any of the forms it was echoed in.
func clean(t *testing.T, where string, text []byte) {
	t.Helper()
	forms := map[string]string{
		"verbatim": canary,
		"escaped":  escaped(canary),
		"hex":      hex.EncodeToString([]byte(canary)),
		"tail":     canary[len(canary)-14:],
	}
	for pad := range 3 {
		// The characters that do not depend on what stands around the key.
		enc := base64.RawStdEncoding.EncodeToString([]byte("xyz"[:pad] + canary))
		forms[fmt.Sprintf("base64 at %d", pad)] = enc[4 : len(enc)-4]
	}
	for form, s := range forms {
		if bytes.Contains(bytes.ToLower(text), []byte(strings.ToLower(s))) {
			t.Errorf("%s holds the key, %s", where, form)
		}
	}
}
