package wire

import "testing"

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
