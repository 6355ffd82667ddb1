package wire

import (
	"testing"

	"switchover/targets/chat"
)

// An address that was copied from another form of the same server asks that server.
func TestAddressesOfOtherForms(t *testing.T) {
	for _, tc := range []struct {
		p         Protocol
		url, want string
	}{
		{OpenAI{}, "http://h/v1/completions", "http://h/v1/chat/completions"},
		{OpenAI{}, "http://h/v1/responses/", "http://h/v1/chat/completions"},
		{OpenAI{}, "http://h/a%2Fb/v1/chat/completions", "http://h/a%2Fb/v1/chat/completions"},
		{Completions{}, "http://h/v1/chat/completions", "http://h/v1/completions"},
		{Completions{}, "http://h/v1/completions", "http://h/v1/completions"},
		{Responses{}, "http://h/v1/chat/completions", "http://h/v1/responses"},
		{Ollama{}, "http://h/v1", "http://h/api/chat"},
		{Ollama{}, "http://h/proxy/v1/", "http://h/proxy/api/chat"},
		{TGI{}, "http://h/v1", "http://h/generate_stream"},
		{LlamaCPP{}, "http://h/v1/", "http://h/completion"},
	} {
		req := chat.Request{Messages: []chat.Message{{Role: chat.User, Content: "x"}}}
		r, _, err := tc.p.Encode(Endpoint{URL: tc.url, Model: "m"}, req)
		if err != nil || r.URL.String() != tc.want {
			t.Errorf("%T for %s asks %v (%v), want %s", tc.p, tc.url, r.URL, err, tc.want)
		}
	}
}

// Addresses are made once; who gets one may change it.
func TestAddressesAreNotShared(t *testing.T) {
	for range 2 {
		u, err := joinURL("http://127.0.0.1:8000/v1", "/chat/completions")
		if err != nil || u.String() != "http://127.0.0.1:8000/v1/chat/completions" {
			t.Fatalf("%v, %v", u, err)
		}
		u.Path, u.RawQuery = "/other", "api-version=1"
	}
}

// Past the number of addresses that are kept, each is made anew.
func TestManyAddresses(t *testing.T) {
	for i := range 3 * maxAddresses {
		base := "http://127.0.0.1/" + string(rune('A'+i%26)) + string(rune('A'+i/26))
		for range 2 {
			if u, err := joinURL(base, "/chat"); err != nil || u.String() != base+"/chat" {
				t.Fatalf("%v, %v", u, err)
			}
		}
	}
	if n := addressCount.Load(); n < maxAddresses {
		t.Errorf("%d were asked for", n)
	}
	kept := 0
	addresses.Range(func(any, any) bool { kept++; return true })
	if kept > maxAddresses {
		t.Errorf("%d are kept", kept)
	}
}
