package sim

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// By what a client knows of its request one finds the line of what really happened.
func TestTheLogNamesARequestAsItsClientDoes(t *testing.T) {
	for _, tc := range []struct{ intent, client, other, want string }{
		{"the header of OpenAI's clients", "a", "", "a"},
		{"the header of load tools", "", "b", "b"},
		{"both", "a", "b", "a"},
		{"neither", "", "", ""},
	} {
		t.Run(tc.intent, func(t *testing.T) {
			var log bytes.Buffer
			s := newServer(t, Config{}, &log)
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/v1/chat/completions",
				strings.NewReader(`{"model":"m","max_tokens":2,"messages":[{"role":"user","content":"Who am I?"}]}`))
			for header, value := range map[string]string{RequestID: tc.client, RequestIDOther: tc.other} {
				if value != "" {
					r.Header.Set(header, value)
				}
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			var answer struct{ ID string }
			var e Entry
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Fatalf("the answer %s: %v", w.Body, err)
			}
			if err := json.Unmarshal(log.Bytes(), &e); err != nil {
				t.Fatalf("the log %s: %v", log.String(), err)
			}
			if e.ID != tc.want {
				t.Errorf("the log calls the request %q, want %q", e.ID, tc.want)
			}
			if e.Completion == "" || e.Completion != answer.ID {
				t.Errorf("the log calls the answer %q, the answer itself %q", e.Completion, answer.ID)
			}
		})
	}
}
