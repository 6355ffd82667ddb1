package wire

import (
	"sync"
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

// forgetAddresses has the test begin with none kept, and leaves none behind.
func forgetAddresses(t *testing.T) {
	forget := func() { addresses.Clear(); addressCount.Store(0) }
	forget()
	t.Cleanup(forget)
}

func keptAddresses() (n int) {
	addresses.Range(func(any, any) bool { n++; return true })
	return n
}

// Many who make one address at the same time take one place.
func TestAnAddressIsKeptOnce(t *testing.T) {
	forgetAddresses(t)
	u, err := join("http://127.0.0.1/v1", "/chat")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 * maxAddresses {
		all.Go(func() { keepAddress([2]string{"http://127.0.0.1/v1", "/chat"}, u) })
	}
	all.Wait()
	if n := addressCount.Load(); n != 1 || keptAddresses() != 1 {
		t.Errorf("%d places taken by %d addresses, want 1 by 1", n, keptAddresses())
	}
}

// Past the number of addresses that are kept, each is made anew.
func TestManyAddresses(t *testing.T) {
	forgetAddresses(t)
	for i := range 3 * maxAddresses {
		base := "http://127.0.0.1/" + string(rune('A'+i%26)) + string(rune('A'+i/26))
		for range 2 {
			if u, err := joinURL(base, "/chat"); err != nil || u.String() != base+"/chat" {
				t.Fatalf("%v, %v", u, err)
			}
		}
	}
	if n := addressCount.Load(); n != maxAddresses || keptAddresses() != maxAddresses {
		t.Errorf("%d places taken by %d addresses, want %d", n, keptAddresses(), maxAddresses)
	}
}
