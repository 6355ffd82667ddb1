package wire

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchover/targets/chat"
)

// endless feeds piece over and over until the decoder has had enough. A body of
// skip bytes has come before.
func endless(kind string, skip int, first, piece string) (out Outcome, fed int) {
	d := &decoder{dialect: &openAIAnswers{}, kind: kind, body: skip}
	nothing := func(Chunk) {}
	if d.Feed(0, []byte(first), nothing) == nil {
		for fed = len(first); fed < 2*maxBody && d.Feed(0, []byte(piece), nothing) == nil; fed += len(piece) {
		}
	}
	return d.Close(nil), fed
}

func TestEveryBoundHolds(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	event := func(delta string) string { return `data: {"choices":[{"index":0,"delta":` + delta + "}]}\n\n" }
	for _, tc := range []struct {
		intent, first, piece string
		atMost               int // bytes taken
		say                  string
	}{
		{"a line that never ends", "data: ", long, maxEvent + len(long), "a line of the stream is larger than 1048576 bytes"},
		{"an event that never ends", "", "data: " + long + "\n", maxEvent + 2*len(long), "an event of the stream is larger than 1048576 bytes"},
		{"white space before anything", "", strings.Repeat(" ", 64<<10), maxEvent + 2*len(long), "white space"},
		{"comments for ever", ":\n", ": " + long + "\n", 5 * len(long), "the response is larger than 67108864 bytes"},
		{"text for ever", "", event(`{"content":"` + long + `"}`), maxText + maxBacklog + 3*len(long), "the answer is larger than 4194304 bytes"},
		{"tool arguments for ever", "", event(`{"tool_calls":[{"index":0,"function":{"arguments":"` + long + `"}}]}`), maxText + maxBacklog + 3*len(long), "the answer is larger"},
		{"a document that never closes", `{"choices":"`, long, maxDocument + len(long), "the response is larger than 8388608 bytes"},
		{"another protocol", "SSH-2.0-", long, 2 * len(long), "instead of a chat completion"},
	} {
		kind, skip := "text/event-stream", 0
		switch tc.intent {
		case "another protocol":
			kind = "application/octet-stream"
		case "comments for ever":
			skip = maxBody - 4*len(long)
		}
		out, fed := endless(kind, skip, tc.first, tc.piece)
		if out.Failure == nil || out.Failure.Class != chat.Malformed || !strings.Contains(out.Failure.Message, tc.say) {
			t.Errorf("%s: failure %v, want malformed: %s", tc.intent, out.Failure, tc.say)
		}
		if fed > tc.atMost {
			t.Errorf("%s: took %d bytes", tc.intent, fed)
		}
	}
}

func TestTooManyEvents(t *testing.T) {
	event := []byte(`data: {"choices":[{"index":0,"delta":{"content":"x"}}]}` + "\n\n")
	for i, want := range []string{"", "the stream has more than 262144 events with content"} {
		d := &decoder{dialect: &openAIAnswers{}, answer: answer{chunks: maxChunks - 1}}
		for range i + 1 {
			_ = d.Feed(0, event, func(Chunk) {}) // Close says it again
		}
		if f := d.Close(io.EOF).Failure; (f.Class == chat.Malformed) != (want != "") || !strings.Contains(f.Message, want) {
			t.Errorf("%d events: %v", maxChunks+i, f)
		}
	}
}

func TestTooManyToolCalls(t *testing.T) {
	var body bytes.Buffer
	for i := range maxCalls + 1 {
		fmt.Fprintf(&body, `data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":%d,"id":"c%d"}]}}]}`+"\n\n", i, i)
	}
	if out := readBody(body.Bytes(), nil, 1000, nil).Outcome; out.Failure == nil || out.Failure.Class != chat.Malformed {
		t.Errorf("failure %v", out.Failure)
	}
}

func TestCompressedBodyIsRefused(t *testing.T) {
	header := http.Header{"Content-Type": {"text/event-stream"}, "Content-Encoding": {"gzip"}}
	for _, body := range []string{"\x1f\x8b\x08", ""} {
		out := readBody([]byte(body), header, 1, nil).Outcome
		if out.Failure == nil || out.Failure.Class != chat.Malformed || !strings.Contains(out.Failure.Message, "gzip") {
			t.Errorf("body %q: failure %v", body, out.Failure)
		}
	}
}

// BenchmarkFeed is a stream of single-token events, as servers send them: what one
// costs while the stream runs, and what decoding costs after it.
func BenchmarkFeed(b *testing.B) {
	const events = 1000
	var stream [events][]byte
	for i := range stream {
		stream[i] = fmt.Appendf(nil, `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1795334609,"model":"m-1",`+
			`"choices":[{"index":0,"delta":{"content":" word%d"},"finish_reason":null}],"usage":null}`+"\n\n", i)
	}
	var running, after time.Duration
	b.ReportAllocs()
	streams := 0
	for ; b.Loop(); streams++ {
		chunks := 0
		d := OpenAI{}.Decoder(&http.Response{Header: http.Header{}})
		begin := time.Now()
		for i, event := range stream {
			if err := d.Feed(time.Duration(i), event, func(Chunk) { chunks++ }); err != nil {
				b.Fatal(err)
			}
		}
		ended := time.Now()
		d.Close(nil)
		running, after = running+ended.Sub(begin), after+time.Since(ended)
		if chunks != events {
			b.Fatalf("%d chunks", chunks)
		}
	}
	each := float64(streams * events)
	b.ReportMetric(float64(running.Nanoseconds())/each, "ns/event-running")
	b.ReportMetric(float64(after.Nanoseconds())/each, "ns/event-after")
}
