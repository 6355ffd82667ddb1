package wire

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAnthropicVectors reads every file of testdata/anthropic as TestLocalVectors does
// those of other protocols.
func TestAnthropicVectors(t *testing.T) {
	localVectors(t, "anthropic", func(file string, body []byte, header http.Header, readErr error) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := hear(Anthropic{}, body, header, len(body)+1, readErr, false)
			for _, n := range []int{1, 2, 3, 7} {
				if diff := cmp.Diff(got, hear(Anthropic{}, body, header, n, readErr, false)); diff != "" {
					t.Errorf("reads differently in pieces of %d (-whole +pieces):\n%s", n, diff)
				}
			}
			if diff := cmp.Diff(hear(Anthropic{}, body, header, 1, readErr, true), got); diff != "" {
				t.Errorf("reads differently once it is over (-each event at once +all in the end):\n%s", diff)
			}
			if good := strings.HasPrefix(filepath.Base(file), "good"); good != (got.Outcome.Failure == nil) {
				t.Errorf("failure is %v", got.Outcome.Failure)
			}
			holdToGolden(t, file+".golden", got)
		})
	})
}

// FuzzAnthropic holds the decoder to its invariants: how the bytes were split does not
// matter, nor when the events are decoded; a complete outcome has a reason for
// stopping, an incomplete one a failure; no chunk is empty, and no count negative.
func FuzzAnthropic(f *testing.F) {
	localVectors(f, "anthropic", func(_ string, body []byte, _ http.Header, readErr error) {
		f.Add(body, uint8(len(body)), readErr != nil)
	})
	f.Fuzz(func(t *testing.T, body []byte, split uint8, cut bool) {
		var readErr error
		if cut {
			readErr = errors.New("connection reset by peer")
		}
		header := localHeader(".sse")
		whole := hear(Anthropic{}, body, header, len(body)+1, readErr, false)
		if diff := cmp.Diff(whole, hear(Anthropic{}, body, header, int(split)+1, readErr, false)); diff != "" {
			t.Errorf("the split matters (-whole +pieces):\n%s", diff)
		}
		if diff := cmp.Diff(hear(Anthropic{}, body, header, 1, readErr, true), whole); diff != "" {
			t.Errorf("it matters when events are decoded (-each at once +all in the end):\n%s", diff)
		}
		o := whole.Outcome
		if o.Complete && o.Finish == "" || !o.Complete && o.Failure == nil {
			t.Errorf("%+v", o)
		}
		for _, c := range whole.Chunks {
			if c.Text == "" {
				t.Error("an empty chunk")
			}
		}
		if u := o.Usage; u != nil {
			for _, n := range []*int{u.Input, u.CacheRead, u.CacheWrite, u.Output, u.Reasoning} {
				if n != nil && *n < 0 {
					t.Errorf("usage %+v", *u)
				}
			}
		}
	})
}
