package main

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// heard is a server of chat completions that keeps what it was sent.
type heard struct {
	mu     sync.Mutex
	bodies []string
}

func (h *heard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	h.bodies = append(h.bodies, string(b))
	h.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
}

// planted is a log with personal data in every place that a log has.
const planted = `{"request":{"system":"You serve carol@example.com.","metadata":{"user_id":"carol@example.com"},"messages":[{"role":"user","content":"I am C-77001122, ring 13800138000"},{"role":"assistant","content":"Hello C-77001122!"},{"role":"user","content":[{"type":"text","text":"card 4111 1111 1111 1111, key sk-proj-Ab12Cd34Ef56Gh78Ij90"}]}]},"response":{"content":[{"type":"text","text":"Not GB82WEST12345698765432?"}]}}
{"system":"S","messages":[{"role":"user","content":"order 112-7403265 of 2026-11-23, please"}]}
{"max_tokens":99,"metadata":{"user_id":"u-carol-0815"},"tools":[{"name":"find","description":"Ask carol@example.com.","input_schema":{"type":"object","description":"for C-77001122"}}],"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},{"type":"document","title":"carol@example.com","source":{"type":"text","media_type":"text/plain","data":"Card 4111 1111 1111 1111"}},{"type":"text","text":"Who is it?"}]},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"find","input":{"mail":"carol@example.com","phone":13800138000}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"C-77001122, sk-proj-Ab12Cd34Ef56Gh78Ij90"}]}]}
{"max_tokens":9,"messages":[{"role":"user","content":"A?"}],"tools":[{"name":"carol@example.com","input_schema":{"type":"object"}}]}
`

var plantedValues = []string{"carol@example.com", "C-77001122", "13800138000", "4111 1111 1111 1111", "sk-proj-Ab12Cd34Ef56Gh78Ij90", "GB82WEST12345698765432", "u-carol-0815"}

// A log's personal data neither leaves the machine nor enters the run's folder,
// and no two sessions begin alike; with both switched off, everything is sent as
// it stands in the log.
func TestWhatOfALogLeavesTheMachine(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "prod.jsonl")
	if err := os.WriteFile(log, []byte(planted), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(out string, flags ...string) (sent []string, said string) {
		h := &heard{}
		server := httptest.NewServer(h)
		defer server.Close()
		args := append([]string{"run", "--results", filepath.Join(dir, out), "--url", server.URL + "/v1", "--model", "m", "--log", log, "--from", "anthropic", "--conversations", "6"}, flags...)
		cmd := exec.Command("switchover", args...)
		b, err := cmd.CombinedOutput()
		if code := exitCodeOf(err); code != exitOK && code != exitInvalid && code != exitInconclusive {
			t.Fatalf("exit %d\n%s", code, b)
		}
		return h.bodies, string(b)
	}
	sent, said := run("safe", "--redact-pattern", "customer=C-[0-9]{8}")
	if len(sent) < 6 {
		t.Fatalf("only %d requests\n%s", len(sent), said)
	}
	nothingPlanted(t, "what was said", said)
	nothingPlanted(t, "what was sent", strings.Join(sent, "\n"))
	err := filepath.WalkDir(filepath.Join(dir, "safe"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		nothingPlanted(t, path, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(sent, "\n")
	for _, stays := range []string{"You serve [EMAIL_1].", "I am [CUSTOMER_1], ring [PHONE_1]", "order 112-7403265 of 2026-11-23, please",
		`data:image/png;base64,aGk=`, `{\"mail\":\"[EMAIL_1]\",\"phone\":\"[PHONE_1]\"}`, `"[CUSTOMER_1], [KEY_1]"`, `"user":"user_1"`} {
		if !strings.Contains(all, stays) {
			t.Errorf("not sent: %s", stays)
		}
	}
	salts := map[string]int{}
	for _, body := range sent {
		salts[firstWords(t, body)]++
	}
	if salts[""] > 0 || len(salts) < 7 { // a warm-up and six sessions
		t.Errorf("sessions begin alike: %v", salts)
	}

	sent, said = run("plain", "--redact", "off", "--salt", "off")
	all = strings.Join(sent, "\n")
	for _, v := range plantedValues[:5] { // the last is an answer, which is not sent
		if !strings.Contains(all, v) {
			t.Errorf("not sent as it is: %s\n%s", v, said)
		}
	}
	if strings.Contains(all, "[session ") {
		t.Error("a salt although it is off")
	}
}

// firstWords is the salt that a request's first message begins with.
func firstWords(t *testing.T, body string) string {
	t.Helper()
	var req struct {
		Messages []struct{ Content json.RawMessage }
	}
	if err := json.Unmarshal([]byte(body), &req); err != nil || len(req.Messages) == 0 {
		t.Fatalf("%v: %s", err, body)
	}
	return regexp.MustCompile(`^("|\[\{"type":"text","text":")\[session [0-9]{18}\]`).FindString(string(req.Messages[0].Content))
}

func nothingPlanted(t *testing.T, where, text string) {
	t.Helper()
	for _, v := range plantedValues {
		if strings.Contains(text, v) {
			t.Errorf("%s is in %s", v, where)
		}
	}
}
