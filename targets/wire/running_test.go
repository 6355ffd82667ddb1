package wire

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var streaming = http.Header{"Content-Type": {"text/event-stream"}}

// TestAlikeEventsSayWhatTheySay: events that differ in little are not all decoded,
// and are read as if they were.
func TestAlikeEventsSayWhatTheySay(t *testing.T) {
	const token = `{"id":"1","choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}`
	tokens := func(texts ...string) (events []string) {
		for _, s := range texts {
			events = append(events, fmt.Sprintf(token, s))
		}
		return events
	}
	for _, tc := range []struct {
		intent string
		events []string
		texts  string // the chunks', each with a mark behind it
	}{
		{"tokens", tokens("a", " b", "cc", "c", "c", "é", "è", "中"), "a| b|cc|c|c|é|è|中|"},
		{"one that grows and shrinks into itself", tokens("aaa", "aaaa", "aa", "a", "aaaaaa"), "aaa|aaaa|aa|a|aaaaaa|"},
		{"an empty one among them", tokens("a", "", "b", "c"), "a|b|c|"},
		{"escapes", tokens("a", `\n`, "b", `\"`, `\u00e9`, `c`, `d`), "a|\n|b|\"|é|c|d|"},
		{"a quote that ends the text and begins a name", append(tokens("a", "b"), fmt.Sprintf(token, `c","content":"d`)), "a|b|d|"},
		{"half a character", tokens("é", "\xc3", "\xa9", "è"), "é|\uFFFD|\uFFFD|è|"},
		{"the text stands elsewhere, too", []string{`{"content":"a","choices":[{"index":0,"delta":{"content":"a"}}]}`,
			`{"content":"b","choices":[{"index":0,"delta":{"content":"a"}}]}`, `{"content":"b","choices":[{"index":0,"delta":{"content":"b"}}]}`}, "a|a|b|"},
		{"two values of one name", []string{`{"choices":[{"delta":{"content":"a","content":"a"}}]}`,
			`{"choices":[{"delta":{"content":"b","content":"a"}}]}`, `{"choices":[{"delta":{"content":"b","content":"c"}}]}`}, "a|a|c|"},
		{"names in another case", []string{`{"choices":[{"delta":{"Content":"a"}}]}`, `{"choices":[{"delta":{"Content":"b"}}]}`}, "a|b|"},
		{"another number of the choice", []string{`{"choices":[{"index":0,"delta":{"content":"a"}}]}`, `{"choices":[{"index":1,"delta":{"content":"a"}}]}`}, "a|"},
		{"a second choice", []string{`{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"x"}}]}`,
			`{"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"y"}}]}`}, "a|a|"},
		{"reasoning, then content", []string{`{"choices":[{"delta":{"reasoning":"a","content":null}}]}`, `{"choices":[{"delta":{"reasoning":"b","content":null}}]}`,
			`{"choices":[{"delta":{"reasoning":null,"content":"c"}}]}`, `{"choices":[{"delta":{"reasoning":null,"content":"d"}}]}`}, "a|b|c|d|"},
		{"content as parts", []string{`{"choices":[{"delta":{"content":[{"type":"text","text":"a"}]}}]}`, `{"choices":[{"delta":{"content":[{"type":"text","text":"b"}]}}]}`}, "a|b|"},
		{"tool calls", []string{`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"a"}}]}}]}`,
			`{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"b"}}]}}]}`}, "a|b|"},
		{"a running usage", []string{`{"choices":[{"delta":{"content":"a"}}],"usage":{"completion_tokens":1}}`,
			`{"choices":[{"delta":{"content":"b"}}],"usage":{"completion_tokens":2}}`}, "a|b|"},
		{"something malformed among them", append(tokens("a", "b"), `{"id":"1","choices":[{"index":0,"delta":{"content":7},"finish_reason":null}]}`), "a|b|"},
		{"an error that looks like a token", append(tokens("a", "b"), `{"id":"1","choices":[{"index":0,"delta":{"content":"c"},"finish_reason":null}],"\u0065rror":"no"}`), "a|b|"},
		{"a reason to stop", append(tokens("a", "b"), `{"id":"1","choices":[{"index":0,"delta":{"content":"c"},"finish_reason":"stop"}]}`), "a|b|c|"},
	} {
		body := []byte("data: " + strings.Join(tc.events, "\n\ndata: ") + "\n\ndata: [DONE]\n\n")
		got := readBody(body, streaming, len(body), nil)
		if diff := cmp.Diff(readEach(body, streaming, nil), got, readings); diff != "" {
			t.Errorf("%s: reads differently (-each event at once +all in the end):\n%s", tc.intent, diff)
		}
		texts := ""
		for _, c := range got.Chunks {
			texts += c.Text + "|"
		}
		if texts != tc.texts {
			t.Errorf("%s: read %q, want %q", tc.intent, texts, tc.texts)
		}
	}
}

// TestEventsOfManyShapesAreLookedAtFewTimes: where no event helps with the next, the
// decoder soon stops looking whether it might.
func TestEventsOfManyShapesAreLookedAtFewTimes(t *testing.T) {
	var a alike
	looked := 0
	for i := range 1000 {
		event := fmt.Appendf(nil, `{"choices":[{"delta":{"content":"%d"}}],"padding":"%d"}`, i, i)
		if text, ok := a.text(event, 32, 0); ok {
			t.Fatalf("read %q of an event that differs elsewhere", text)
		}
		var e openAIEvent
		if err := e.decode(event); err != nil {
			t.Fatal(err)
		}
		if a.learn(event, &e); a.to > 0 {
			looked++
		}
	}
	if looked != maxVain {
		t.Errorf("looked %d times", looked)
	}
}

// TestAnEventIsStampedWhenItIsWhole: its instant is the stamp of the read that
// completed it, wherever the reads before it ended.
func TestAnEventIsStampedWhenItIsWhole(t *testing.T) {
	event := []byte(`data: {"choices":[{"index":0,"delta":{"content":"a"}}]}` + "\n\n")
	for cut := 1; cut < len(event); cut++ {
		var at []time.Duration
		emit := func(c Chunk) { at = append(at, c.At) }
		d := OpenAI{}.Decoder(&http.Response{Header: streaming})
		for i, piece := range [][]byte{event, event[:cut], event[cut:], event} {
			if err := d.Feed(time.Duration(10*i), piece, emit); err != nil {
				t.Fatal(err)
			}
		}
		d.Close(nil)
		if diff := cmp.Diff([]time.Duration{0, 20, 30}, at); diff != "" {
			t.Errorf("cut after %d bytes (-want +got):\n%s", cut, diff)
		}
	}
}

// TestFailuresThatEndAStreamAtOnce: a server that has said that it failed is not
// waited for.
func TestFailuresThatEndAStreamAtOnce(t *testing.T) {
	const token = `data: {"choices":[{"index":0,"delta":{"content":"\"error\""}}],"error":null}` + "\n\n"
	for _, event := range []string{`data: {"error":{"message":"no"}}`, `data: {"object":"error","message":"no"}`, "event: error\ndata: {\"message\":\"no\"}", "data: no", `data: {"choices":[`} {
		chunks := 0
		d := OpenAI{}.Decoder(&http.Response{Header: streaming})
		if err := d.Feed(0, []byte(token+token), func(Chunk) { chunks++ }); err != nil || chunks != 0 {
			t.Errorf("a token ended the stream, or did not wait for its end: %v, %d chunks", err, chunks)
		}
		if err := d.Feed(0, []byte(event+"\n\n"), func(Chunk) { chunks++ }); err == nil || chunks != 2 {
			t.Errorf("%s: %v after %d chunks", event, err, chunks)
		}
	}
}

// FuzzBacklog: what goes in comes out, and takes hardly more room than it has.
func FuzzBacklog(f *testing.F) {
	f.Add([]byte("a|ab|aab|b||aaaaaaaaaaaaaaaa|aaaaaaaaaaaaaaab|baaaaaaaaaaaaaaab"), int64(1))
	f.Add([]byte(`{"content":"one"}|{"content":"two"}|{"content":"three"}`), int64(-1<<62))
	f.Fuzz(func(t *testing.T, text []byte, step int64) {
		var l backlog
		events := bytes.Split(text, []byte("|"))
		for i, e := range events {
			l.add(time.Duration(int64(i)*step), e)
		}
		if most := len(text) + len(events)*(3*3+10); len(l.entries) > most || l.size < len(l.entries) {
			t.Errorf("%d bytes take %d", len(text), len(l.entries))
		}
		n := 0
		var before []byte
		err := l.drain(func(at time.Duration, event []byte, front, behind int) error {
			if at != time.Duration(int64(n)*step) || !bytes.Equal(event, events[n]) {
				t.Errorf("event %d is %q at %d, was %q at %d", n, event, at, events[n], int64(n)*step)
			}
			if front+behind > min(len(before), len(event)) || !bytes.Equal(before[:front], event[:front]) || !bytes.Equal(before[len(before)-behind:], event[len(event)-behind:]) {
				t.Errorf("event %d %q shares no %d and %d bytes with %q", n, event, front, behind, before)
			}
			before = bytes.Clone(event)
			n++
			return nil
		})
		if err != nil || n != len(events) || l.size != 0 || len(l.entries) != 0 {
			t.Errorf("%d events of %d, %v; %d bytes are left", n, len(events), err, l.size)
		}
	})
}

// FuzzAlike: events that differ in one place say the same whether they are decoded
// one by one or all in the end.
func FuzzAlike(f *testing.F) {
	f.Add(`{"choices":[{"index":0,"delta":{"content":"`, "a|b|cc||\\n|d", `"},"finish_reason":null}]}`)
	f.Add(`{"choices":[{"delta":{"content":"a","reasoning":"`, "a|b", `"}}]}`)
	f.Add(`{"choices":[{"delta":{"content":"a`, `b|","content":"c|d`, `"}}]}`)
	f.Add(`{"choices":[{"delta":{"content":"a"}},{"delta":{"content":"`, "a|b", `"}}]}`)
	f.Add(`{"choices":[{"delta":{"content":"a"}}],"choices":[{"delta":{"content":"`, "a|b", `"}}]}`)
	f.Add(`{"choices":[{"delta":{"content":"a"},"message":{"content":"`, "|a|b", `"}}]}`)
	f.Fuzz(func(t *testing.T, front, differs, behind string) {
		var body []byte
		for _, d := range strings.Split(differs, "|") {
			body = fmt.Appendf(body, "data: %s%s%s\n\n", front, d, behind)
		}
		if diff := cmp.Diff(readEach(body, streaming, nil), readBody(body, streaming, len(body), nil), readings); diff != "" {
			t.Errorf("reads differently (-each event at once +all in the end):\n%s", diff)
		}
	})
}
