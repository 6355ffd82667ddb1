package wire

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
)

// vectorProtocols have a folder of testdata; that of chat completions is TestVectors'.
var vectorProtocols = []string{"anthropic", "llamacpp", "ollama", "openai-completions", "openai-responses", "tgi"}

// heard is what a body was read as, stamps left out.
type heard struct {
	Chunks  []Chunk
	Outcome Outcome
}

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

// vectorHead is the head of a body by the ending of its file. What TGI says in it is
// there for all.
func vectorHead(extension string) http.Header {
	kind := map[string]string{".sse": "text/event-stream", ".ndjson": "application/x-ndjson", ".json": "application/json; charset=utf-8"}[extension]
	return http.Header{"Content-Type": {kind}, "X-Total-Time": {"123"}, "X-Queue-Time": {"4"}, "X-Inference-Time": {"119"},
		"X-Prompt-Tokens": {"9"}, "X-Generated-Tokens": {"3"}}
}

// vectors calls with each file of testdata of a protocol, golden files left out.
func vectors(tb testing.TB, protocol string, with func(file string, body []byte, readErr error)) {
	files, err := filepath.Glob("testdata/" + protocol + "/*.*")
	if err != nil || len(files) < 12 {
		tb.Fatalf("%d vectors for %s: %v", len(files), protocol, err)
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
		with(file, body, readErr)
	}
}

// TestProtocolVectors reads every file of testdata of these protocols as the body of a
// 200 and compares with the golden file beside it. The name says what is wrong with a
// body; one with .cut in it stands for a connection cut off at its end.
func TestProtocolVectors(t *testing.T) {
	for _, name := range vectorProtocols {
		p, _ := Lookup(name)
		vectors(t, name, func(file string, body []byte, readErr error) {
			t.Run(name+"/"+filepath.Base(file), func(t *testing.T) {
				got := hearAlike(t, p, body, vectorHead(filepath.Ext(file)), []int{1, 2, 3, 7}, readErr)
				if good := strings.HasPrefix(filepath.Base(file), "good"); good != (got.Outcome.Failure == nil) {
					t.Errorf("failure is %v", got.Outcome.Failure)
				}
				holdToGolden(t, file+".golden", got)
			})
		})
	}
}

// hearAlike is what a body is read as, in pieces of whichever size and whenever its
// events are decoded.
func hearAlike(t *testing.T, p Protocol, body []byte, header http.Header, pieces []int, readErr error) heard {
	t.Helper()
	whole := hear(p, body, header, len(body)+1, readErr, false)
	for _, n := range pieces {
		if diff := cmp.Diff(whole, hear(p, body, header, n, readErr, false)); diff != "" {
			t.Errorf("reads differently in pieces of %d (-whole +pieces):\n%s", n, diff)
		}
	}
	if diff := cmp.Diff(hear(p, body, header, 1, readErr, true), whole); diff != "" {
		t.Errorf("reads differently once it is over (-each event at once +all in the end):\n%s", diff)
	}
	return whole
}

func FuzzAnthropic(f *testing.F)   { fuzzProtocol(f, "anthropic") }
func FuzzCompletions(f *testing.F) { fuzzProtocol(f, "openai-completions") }
func FuzzLlamaCPP(f *testing.F)    { fuzzProtocol(f, "llamacpp") }
func FuzzOllama(f *testing.F)      { fuzzProtocol(f, "ollama") }
func FuzzResponses(f *testing.F)   { fuzzProtocol(f, "openai-responses") }
func FuzzTGI(f *testing.F)         { fuzzProtocol(f, "tgi") }

// fuzzProtocol holds a decoder to its invariants, with its vectors to begin with.
func fuzzProtocol(f *testing.F, name string) {
	p, _ := Lookup(name)
	stream := vectorHead(".sse")
	if name == "ollama" {
		stream = vectorHead(".ndjson")
	}
	vectors(f, name, func(file string, body []byte, readErr error) {
		f.Add(body, uint8(len(body)), readErr != nil, filepath.Ext(file) == ".json")
	})
	f.Fuzz(func(t *testing.T, body []byte, split uint8, cut, document bool) {
		header := stream
		if document {
			header = vectorHead(".json")
		}
		holdDecoder(t, p, body, header, split, cut)
	})
}

// holdDecoder holds a decoder to its invariants: how the bytes were split does not
// matter, nor when the events are decoded; a complete outcome has a reason for
// stopping, any other a failure; no chunk is empty, and no count is one that cannot be.
func holdDecoder(t *testing.T, p Protocol, body []byte, header http.Header, split uint8, cut bool) {
	t.Helper()
	var readErr error
	if cut {
		readErr = errors.New("connection reset by peer")
	}
	got := hearAlike(t, p, body, header, []int{int(split) + 1}, readErr)
	o := got.Outcome
	if o.Complete && o.Finish == "" {
		t.Errorf("complete without a reason for stopping: %+v", o)
	}
	answered := o.Failure == nil || slices.Contains([]chat.Class{chat.ContentFilter, chat.NoAnswer}, o.Failure.Class)
	if o.Complete != answered {
		t.Errorf("complete is %v with failure %v", o.Complete, o.Failure)
	}
	for _, c := range got.Chunks {
		if c.Text == "" || c.Tokens < 0 {
			t.Errorf("chunk %+v", c)
		}
	}
	if u := o.Usage; u != nil && !believed(u.Input, u.CacheRead, u.CacheWrite, u.Output, u.Reasoning) {
		t.Errorf("usage %+v", *u)
	}
	if m := o.Timings; m != nil && min(m.Total, m.Load, m.Queue, m.Prompt, m.Decode) < 0 {
		t.Errorf("timings %+v", m)
	}
}
