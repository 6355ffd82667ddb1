package targets

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"switchover/targets/chat"
	"switchover/targets/secret"
	"switchover/targets/wire"
)

// A server that answers with all that it was sent, as AWS does when a signature is
// wrong, gets neither half of a signing key nor its session into a record.
func TestNothingOfASigningKeyIsRecorded(t *testing.T) {
	const id, session = "AKIACANARYCANARY1234", "session-canary-session-canary"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"message":"it came with `+strings.Join([]string{r.Header.Get("X-Amz-Security-Token"), id, canary}, ", ")+`"}`)
	}))
	defer server.Close()
	target, err := Open(Spec{Name: "t", Protocol: wire.Bedrock{}, Endpoint: wire.Endpoint{URL: server.URL, Model: "m", Region: "eu-central-1",
		Key: secret.New(canary), KeyID: secret.New(id), Session: secret.New(session)}})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	rec := askOpen(t, target)
	if rec.Error == nil || rec.Error.Class != chat.Auth || !strings.Contains(rec.Error.Message, secret.Mask) {
		t.Fatalf("error %+v", rec.Error)
	}
	for _, part := range []string{id, session, canary} {
		if strings.Contains(rec.Error.Message, part) {
			t.Errorf("the record says %q", rec.Error.Message)
		}
	}
}

// What no key holds is refused by name, and a key that signs does not travel.
func TestSigningKeysAreChecked(t *testing.T) {
	ep := wire.Endpoint{URL: "http://api.example.com", Key: secret.New("canary-key-canary"), KeyID: secret.New("AKIA1234567890")}
	target, err := Open(Spec{Name: "t", Protocol: wire.Bedrock{}, Endpoint: ep})
	if err != nil {
		t.Fatal(err)
	}
	target.Close()
	if w := target.Warnings(); len(w) > 0 {
		t.Errorf("warns %q", w)
	}
	ep.Session = secret.New("canary\nsession")
	if _, err := Open(Spec{Name: "t", Protocol: wire.Bedrock{}, Endpoint: ep}); err == nil || !strings.Contains(err.Error(), "its session holds a space") || strings.Contains(err.Error(), "canary") {
		t.Errorf("error %v", err)
	}
}
