package wire

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// openAIFamily are OpenAI's protocols beside chat completions.
var openAIFamily = map[string]Protocol{"openai-responses": Responses{}, "openai-completions": Completions{}}

// familyVectors calls with each file of testdata of a protocol.
func familyVectors(tb testing.TB, protocol string, with func(file string, body []byte, header http.Header, readErr error)) {
	files, err := filepath.Glob("testdata/" + protocol + "/*.*")
	if err != nil || len(files) < 12 {
		tb.Fatalf("%d vectors for %s: %v", len(files), protocol, err)
	}
	for _, file := range files {
		kind, ok := vectorTypes[filepath.Ext(file)]
		if !ok {
			continue
		}
		body, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		var readErr error
		if strings.Contains(file, ".cut.") {
			readErr = io.ErrUnexpectedEOF
		}
		with(file, body, http.Header{"Content-Type": {kind}}, readErr)
	}
}

// TestOpenAIFamilyVectors reads every file of testdata of these protocols as the body
// of a 200 and compares with the golden file beside it. The name says what is wrong
// with a body; one with .cut in it stands for a connection cut off at its end.
func TestOpenAIFamilyVectors(t *testing.T) {
	for name, p := range openAIFamily {
		familyVectors(t, name, func(file string, body []byte, header http.Header, readErr error) {
			t.Run(name+"/"+filepath.Base(file), func(t *testing.T) {
				got := hear(p, body, header, len(body)+1, readErr, false)
				for _, n := range []int{1, 2, 3, 7} {
					if diff := cmp.Diff(got, hear(p, body, header, n, readErr, false)); diff != "" {
						t.Errorf("reads differently in pieces of %d (-whole +pieces):\n%s", n, diff)
					}
				}
				if diff := cmp.Diff(hear(p, body, header, 1, readErr, true), got); diff != "" {
					t.Errorf("reads differently once it is over (-each event at once +all in the end):\n%s", diff)
				}
				if good := strings.HasPrefix(filepath.Base(file), "good"); good != (got.Outcome.Failure == nil) {
					t.Errorf("failure is %v", got.Outcome.Failure)
				}
				holdToGolden(t, file+".golden", got)
			})
		})
	}
}

func FuzzResponses(f *testing.F)   { fuzzFamily(f, "openai-responses") }
func FuzzCompletions(f *testing.F) { fuzzFamily(f, "openai-completions") }

// fuzzFamily holds a decoder to its invariants: how the bytes were split does not
// matter, nor when the events are decoded; a complete outcome has a reason for
// stopping, an incomplete one a failure; no chunk is empty.
func fuzzFamily(f *testing.F, name string) {
	p := openAIFamily[name]
	familyVectors(f, name, func(_ string, body []byte, _ http.Header, readErr error) {
		f.Add(body, uint8(len(body)), readErr != nil)
	})
	f.Fuzz(func(t *testing.T, body []byte, split uint8, cut bool) {
		var readErr error
		if cut {
			readErr = errors.New("connection reset by peer")
		}
		whole := hear(p, body, streaming, len(body)+1, readErr, false)
		if diff := cmp.Diff(whole, hear(p, body, streaming, int(split)+1, readErr, false)); diff != "" {
			t.Errorf("the split matters (-whole +pieces):\n%s", diff)
		}
		if diff := cmp.Diff(hear(p, body, streaming, 1, readErr, true), whole); diff != "" {
			t.Errorf("it matters when events are decoded (-each at once +all in the end):\n%s", diff)
		}
		o := whole.Outcome
		if o.Complete && o.Finish == "" {
			t.Error("complete without a reason for stopping")
		}
		if !o.Complete && o.Failure == nil {
			t.Error("incomplete without a failure")
		}
		for _, c := range whole.Chunks {
			if c.Text == "" {
				t.Error("an empty chunk")
			}
		}
	})
}
