package wire

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// reading is what a body was read as, stamps left out.
type reading struct {
	Chunks  []readChunk
	Outcome Outcome
	events  int // with choices
	beside  bool
}

type readChunk struct {
	Kind Kind
	Text string
}

// readBody feeds a body to chat completions' decoder in pieces of n bytes.
func readBody(body []byte, header http.Header, n int, readErr error) reading {
	return readWith(OpenAI{}, body, header, n, false, readErr)
}

// readEach has every event decoded by itself as soon as it is whole.
func readEach(body []byte, header http.Header, readErr error) reading {
	return readWith(OpenAI{}, body, header, 1, true, readErr)
}

// readWith feeds a body in pieces of n bytes, and counts the events with choices, too.
func readWith(p Protocol, body []byte, header http.Header, n int, each bool, readErr error) reading {
	var out reading
	d := p.Decoder(&http.Response{StatusCode: 200, Header: header}).(*decoder)
	for i := 0; i < len(body); i += n {
		err := d.Feed(time.Duration(i), body[i:min(i+n, len(body))], func(c Chunk) {
			out.Chunks = append(out.Chunks, readChunk{c.Kind, c.Text})
		})
		if err != nil || each && d.drain() != nil {
			break
		}
	}
	out.Outcome = d.Close(readErr)
	choices := d.Choices()
	out.events, out.beside = choices.Count, choices.UsageBeside
	return out
}

var vectorTypes = map[string]string{".sse": "text/event-stream; charset=utf-8", ".json": "application/json",
	".html": "text/html", ".txt": "text/plain"}

// TestVectors reads every file of testdata/openai as the body of a 200 and
// compares with the golden file beside it. The name says what is wrong with a
// body; one that ends in ".cut" stands for a connection cut off at its end.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob("testdata/openai/*.*")
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, file := range files {
		kind, ok := vectorTypes[filepath.Ext(file)]
		if !ok {
			continue
		}
		tested++
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var readErr error
			if strings.Contains(file, ".cut.") {
				readErr = io.ErrUnexpectedEOF
			}
			header := http.Header{"Content-Type": {kind}}
			got := readBody(body, header, max(len(body), 1), readErr)
			for _, n := range []int{1, 2, 3, 7} {
				if diff := cmp.Diff(got, readBody(body, header, n, readErr), readings); diff != "" {
					t.Errorf("reads differently in pieces of %d (-whole +pieces):\n%s", n, diff)
				}
			}
			if diff := cmp.Diff(readEach(body, header, readErr), got, readings); diff != "" {
				t.Errorf("reads differently once it is over (-each event at once +all in the end):\n%s", diff)
			}
			if good := strings.HasPrefix(filepath.Base(file), "good"); good != (got.Outcome.Failure == nil) {
				t.Errorf("failure is %v", got.Outcome.Failure)
			}
			holdToGolden(t, file+".golden", got)
		})
	}
	if tested < 60 {
		t.Errorf("only %d vectors", tested)
	}
}

// holdToGolden compares what was read with a golden file.
func holdToGolden(t *testing.T, file string, got any) {
	t.Helper()
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (make it with -update and read it)", err)
	}
	if diff := cmp.Diff(string(want), string(text)); diff != "" {
		t.Errorf("differs from %s (-want +got):\n%s", file, diff)
	}
}

var readings = cmp.AllowUnexported(reading{})

// FuzzDecoder holds the decoder to its invariants: how the bytes were split does
// not matter, nor when the events are decoded, a complete outcome has a reason for stopping, an incomplete one a
// failure, and the text is within its bounds.
func FuzzDecoder(f *testing.F) {
	files, err := filepath.Glob("testdata/openai/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for i, file := range files {
		if _, ok := vectorTypes[filepath.Ext(file)]; ok {
			body, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(body, uint8(i), i%2 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, split uint8, cut bool) {
		var readErr error
		if cut {
			readErr = errors.New("connection reset by peer")
		}
		header := http.Header{"Content-Type": {"text/event-stream"}}
		whole := readBody(body, header, max(len(body), 1), readErr)
		pieces := readBody(body, header, int(split)+1, readErr)
		if diff := cmp.Diff(whole, pieces, readings); diff != "" {
			t.Errorf("the split matters (-whole +pieces):\n%s", diff)
		}
		if diff := cmp.Diff(readEach(body, header, readErr), whole, readings); diff != "" {
			t.Errorf("it matters when events are decoded (-each at once +all in the end):\n%s", diff)
		}
		o := whole.Outcome
		if o.Complete && o.Finish == "" {
			t.Error("complete without a finish_reason")
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
