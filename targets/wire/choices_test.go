package wire

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An event without content has no chunk: it is timed only where it came with
// another event, or as the first or last.
func TestChoices(t *testing.T) {
	const (
		empty   = `data: {"choices":[{"index":0,"delta":{"content":""}}]}` + "\n\n"
		content = `data: {"choices":[{"index":0,"delta":{"content":"a"}}]}` + "\n\n"
		both    = `data: {"choices":[{"index":0,"delta":{"content":"a","reasoning":"b"}}],"usage":{"completion_tokens":1}}` + "\n\n"
		usage   = `data: {"choices":[],"usage":{"completion_tokens":9}}` + "\n\n"
	)
	for _, tc := range []struct {
		intent string
		reads  []string // one a nanosecond, from 0
		want   Choices
	}{
		{"nothing came", nil, Choices{}},
		{"the first, the last and those in a read with content are timed",
			[]string{empty + empty, content + empty, content, empty + empty}, Choices{Count: 7, Last: 3}},
		{"those in mid-stream are not", []string{"", content, empty + empty, content, empty, empty}, Choices{Count: 6, First: 1, Last: 5, Untimed: 3}},
		{"keep-alive comments are no events", []string{": a\n\n", content, ": b\n\n"}, Choices{Count: 1, First: 1, Last: 1}},
		{"an event with two kinds of content is one", []string{both}, Choices{Count: 1, HasUsage: true, UsageBeside: true}},
		{"usage of its own is not beside", []string{both, usage}, Choices{Count: 1, Usage: 1, HasUsage: true}},
		{"nor is it once it was", []string{usage, both}, Choices{Count: 1, First: 1, Last: 1, Usage: 1, HasUsage: true}},
	} {
		d := OpenAI{}.Decoder(&http.Response{Header: http.Header{"Content-Type": {"text/event-stream"}}})
		for i, read := range tc.reads {
			if err := d.Feed(time.Duration(i), []byte(read), func(Chunk) {}); err != nil {
				t.Fatal(err)
			}
		}
		d.Close(nil)
		if diff := cmp.Diff(tc.want, d.(ChoiceCounter).Choices()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.intent, diff)
		}
	}
}
