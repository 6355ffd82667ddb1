package wire

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// heard is what a body was read as, stamps left out.
type heard struct {
	Chunks  []Chunk
	Outcome Outcome
}

// localProtocols are those of the servers that run on a machine of one's own.
var localProtocols = map[string]Protocol{"ollama": Ollama{}, "tgi": TGI{}, "llamacpp": LlamaCPP{}}

// hear feeds a body in pieces of n bytes, and has the events decoded one by one or,
// as they are when nothing is urgent, all in the end.
func hear(p Protocol, body []byte, header http.Header, n int, readErr error, each bool) heard {
	var out heard
	d := p.Decoder(&http.Response{StatusCode: 200, Header: header}).(*decoder)
	for i := 0; i < len(body); i += n {
		err := d.Feed(time.Duration(i), body[i:min(i+n, len(body))], func(c Chunk) {
			c.At = 0
			out.Chunks = append(out.Chunks, c)
		})
		if err != nil || each && d.drain() != nil {
			break
		}
	}
	out.Outcome = d.Close(readErr)
	return out
}

// localHeader is the head of a body by the ending of its file. What TGI says in it is
// there for all.
func localHeader(extension string) http.Header {
	kind := map[string]string{".sse": "text/event-stream", ".ndjson": "application/x-ndjson", ".json": "application/json; charset=utf-8"}[extension]
	return http.Header{"Content-Type": {kind}, "X-Total-Time": {"123"}, "X-Queue-Time": {"4"}, "X-Inference-Time": {"119"},
		"X-Prompt-Tokens": {"9"}, "X-Generated-Tokens": {"3"}}
}

// localVectors calls with each file of testdata of a protocol, golden files left out.
func localVectors(tb testing.TB, protocol string, with func(file string, body []byte, header http.Header, readErr error)) {
	files, err := filepath.Glob("testdata/" + protocol + "/*.*")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no vectors for %s: %v", protocol, err)
	}
	for _, file := range files {
		if filepath.Ext(file) == ".golden" {
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
		with(file, body, localHeader(filepath.Ext(file)), readErr)
	}
}

// TestLocalVectors reads every file of testdata of these protocols as the body of a
// 200 and compares with the golden file beside it. The name says what is wrong with a
// body; one with .cut in it stands for a connection cut off at its end.
func TestLocalVectors(t *testing.T) {
	for name, p := range localProtocols {
		localVectors(t, name, func(file string, body []byte, header http.Header, readErr error) {
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

func holdToGolden(t *testing.T, file string, got heard) {
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

func FuzzOllama(f *testing.F)   { fuzzLocal(f, "ollama") }
func FuzzTGI(f *testing.F)      { fuzzLocal(f, "tgi") }
func FuzzLlamaCPP(f *testing.F) { fuzzLocal(f, "llamacpp") }

// fuzzLocal holds a decoder to its invariants: how the bytes were split does not
// matter, nor when the events are decoded; a complete outcome has a reason for
// stopping, an incomplete one a failure; no chunk is empty, and no count negative.
func fuzzLocal(f *testing.F, name string) {
	p := localProtocols[name]
	localVectors(f, name, func(file string, body []byte, _ http.Header, readErr error) {
		f.Add(body, uint8(len(body)), readErr != nil, filepath.Ext(file) == ".json")
	})
	f.Fuzz(func(t *testing.T, body []byte, split uint8, cut, document bool) {
		var readErr error
		if cut {
			readErr = errors.New("connection reset by peer")
		}
		header := localHeader(".ndjson")
		if document {
			header = localHeader(".json")
		}
		whole := hear(p, body, header, len(body)+1, readErr, false)
		if diff := cmp.Diff(whole, hear(p, body, header, int(split)+1, readErr, false)); diff != "" {
			t.Errorf("the split matters (-whole +pieces):\n%s", diff)
		}
		if diff := cmp.Diff(hear(p, body, header, 1, readErr, true), whole); diff != "" {
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
			if c.Text == "" || c.Tokens < 0 {
				t.Errorf("chunk %+v", c)
			}
		}
		if o.Usage != nil {
			for _, n := range []*int{o.Usage.Input, o.Usage.CacheRead, o.Usage.Output} {
				if n != nil && (*n < 0 || *n > maxTokens) {
					t.Errorf("%d tokens", *n)
				}
			}
		}
		if m := o.Timings; m != nil && min(m.Total, m.Load, m.Queue, m.Prompt, m.Decode) < 0 {
			t.Errorf("timings %+v", m)
		}
	})
}
