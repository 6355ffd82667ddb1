package wire

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
)

var amazonHead = http.Header{"Content-Type": {amazonMedia}}

// converseSays is a stream from a script, a message a line: "event messageStop {...}".
func converseSays(tb testing.TB, script string) string {
	tb.Helper()
	var b strings.Builder
	for line := range strings.Lines(script) {
		parts := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(parts) == 3 {
			b.WriteString(amazonEvent(tb, parts[0], parts[1], parts[2]))
		}
	}
	return b.String()
}

const (
	converseBegins = "event messageStart {\"role\":\"assistant\"}\nevent contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"text\":\"Yes\"},\"p\":\"abc\"}\n"
	converseStops  = "event contentBlockStop {\"contentBlockIndex\":0}\nevent messageStop {\"stopReason\":\"end_turn\"}\n"
	converseEnds   = "event metadata {\"usage\":{\"inputTokens\":368,\"outputTokens\":19,\"totalTokens\":10923,\"cacheReadInputTokens\":10536,\"cacheWriteInputTokens\":0},\"metrics\":{\"latencyMs\":12.5}}\n"
)

func TestConverseStream(t *testing.T) {
	full := Outcome{Complete: true, Finish: chat.FinishStop, Timings: &chat.Timings{Total: int64(12500 * time.Microsecond)},
		Usage: &chat.Usage{Input: ptr(368), CacheRead: ptr(10536), CacheWrite: ptr(0), Output: ptr(19)}}
	yes := []Chunk{{Kind: Content, Text: "Yes"}}
	with := func(change func(*Outcome)) Outcome { o := full; change(&o); return o }
	fail := func(class chat.Class, message string) *chat.Failure {
		return &chat.Failure{Class: class, Message: message}
	}
	for _, tc := range []struct {
		intent, script string
		end            error
		want           Outcome
		chunks         []Chunk
	}{
		{"a good stream, with padding and a type of event that is not known yet", converseBegins + "event somethingNew [1]\n" + converseStops + converseEnds, nil, full, yes},
		{"without messageStop", converseBegins + converseEnds, nil,
			Outcome{Usage: full.Usage, Timings: full.Timings, Failure: fail(chat.Interrupted, "metadata came without a stopReason after 1 event with content")}, yes},
		{"without metadata", converseBegins + converseStops, nil,
			Outcome{Finish: chat.FinishStop, Failure: fail(chat.Interrupted, "the stream ended cleanly but without metadata after 1 event with content")}, yes},
		{"cut", converseBegins, io.ErrUnexpectedEOF, Outcome{Failure: fail(chat.Interrupted, "the connection was cut after 1 event with content")}, yes},
		{"an empty body", "", nil, Outcome{Failure: fail(chat.Interrupted, "the response is empty")}, nil},
		{"an exception", converseBegins + "exception throttlingException {\"message\":\"Too many\"}\n" + converseEnds, nil,
			Outcome{Failure: fail(chat.StreamError, "error inside the response: Too many (throttlingException)")}, yes},
		{"an exception of the model's", "exception modelStreamErrorException {\"message\":\"It failed.\",\"originalMessage\":\"CUDA\"}\n", nil,
			Outcome{Failure: fail(chat.StreamError, "error inside the response: It failed. CUDA (modelStreamErrorException)")}, nil},
		{"an error", converseBegins + "error InternalError boom\n", nil,
			Outcome{Failure: fail(chat.StreamError, "error inside the response: boom (InternalError)")}, yes},
		{"an exception that says nothing", "exception internalServerException {}\n", nil,
			Outcome{Failure: fail(chat.StreamError, "error inside the response: (internalServerException)")}, nil},
		{"an event that is no JSON", "event contentBlockDelta {\"delta\":\n", nil,
			Outcome{Failure: fail(chat.Malformed, `an event contentBlockDelta cannot be read: unexpected end of JSON input: {"delta":`)}, nil},
		{"an index that is none", "event contentBlockDelta {\"contentBlockIndex\":\"a\"}\n", nil,
			Outcome{Failure: fail(chat.Malformed, `an event contentBlockDelta cannot be read: the field contentBlockIndex cannot be a string: {"contentBlockIndex":"a"}`)}, nil},
		{"reasoning, its signature and what is hidden", "event contentBlockDelta {\"delta\":{\"reasoningContent\":{\"text\":\"Hm\"}}}\nevent contentBlockDelta {\"delta\":{\"reasoningContent\":{\"signature\":\"c2ln\"}}}\n" +
			"event contentBlockDelta {\"delta\":{\"reasoningContent\":{\"redactedContent\":\"eA==\"}}}\n" + converseBegins + converseStops + converseEnds, nil, full,
			[]Chunk{{Kind: Reasoning, Text: "Hm"}, {Kind: Content, Text: "Yes"}}},
		{"two calls, one without arguments, and one that Bedrock itself answers",
			"event contentBlockStart {\"contentBlockIndex\":1,\"start\":{\"toolUse\":{\"toolUseId\":\"a\",\"name\":\"f\"}}}\nevent contentBlockDelta {\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"{\\\"x\\\":\"}}}\n" +
				"event contentBlockDelta {\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"1}\"}}}\nevent contentBlockStop {\"contentBlockIndex\":1}\n" +
				"event contentBlockStart {\"contentBlockIndex\":2,\"start\":{\"toolUse\":{\"toolUseId\":\"b\",\"name\":\"g\"}}}\nevent contentBlockDelta {\"contentBlockIndex\":2,\"delta\":{\"toolUse\":{\"input\":\"\"}}}\nevent contentBlockStop {\"contentBlockIndex\":2}\n" +
				"event contentBlockStart {\"contentBlockIndex\":3,\"start\":{\"toolUse\":{\"toolUseId\":\"c\",\"name\":\"nova_grounding\",\"type\":\"server_tool_use\"}}}\nevent contentBlockDelta {\"contentBlockIndex\":3,\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}\n" +
				"event messageStop {\"stopReason\":\"tool_use\"}\n" + converseEnds, nil,
			with(func(o *Outcome) {
				o.Finish = chat.FinishToolCalls
				o.ToolCalls = []chat.ToolCall{{ID: "a", Name: "f", Arguments: `{"x":1}`}, {ID: "b", Name: "g", Arguments: `{}`}}
			}), []Chunk{{Kind: ToolCall, Text: `{"x":`}, {Kind: ToolCall, Text: "1}"}}},
		{"a prompt router says which model it took", converseBegins + converseStops + "event metadata {\"trace\":{\"promptRouter\":{\"invokedModelId\":\"anthropic.claude-x\"}}}\n", nil,
			Outcome{Complete: true, Finish: chat.FinishStop, Model: "anthropic.claude-x"}, yes},
		{"counts and times that cannot be are believed in none", converseBegins + converseStops + "event metadata {\"usage\":{\"inputTokens\":-1,\"outputTokens\":4},\"metrics\":{\"latencyMs\":-5}}\n", nil,
			Outcome{Complete: true, Finish: chat.FinishStop}, yes},
		{"nor are counts and times that are words", converseBegins + converseStops + "event metadata {\"usage\":{\"inputTokens\":\"3\",\"outputTokens\":4},\"metrics\":{\"latencyMs\":\"slow\"}}\n", nil,
			Outcome{Complete: true, Finish: chat.FinishStop}, yes},
		{"what models of other kinds stop for is kept in Bedrock's words", converseBegins + "event messageStop {\"stopReason\":\"malformed_tool_use\"}\n" + converseEnds, nil,
			with(func(o *Outcome) { o.Finish = "malformed_tool_use" }), yes},
	} {
		body := []byte(converseSays(t, tc.script))
		for _, n := range []int{1, 7, len(body) + 1} {
			got := hear(Bedrock{}, body, amazonHead, n, tc.end, n == 7)
			if diff := cmp.Diff(heard{tc.chunks, tc.want}, got); diff != "" {
				t.Errorf("%s, in pieces of %d (-want +got):\n%s", tc.intent, n, diff)
				break
			}
		}
	}
}

func TestConverseDocument(t *testing.T) {
	const tail = `,"stopReason":"tool_use","usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5},"metrics":{"latencyMs":412}}`
	got := hear(Bedrock{}, []byte(`{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm","signature":"x"}}},{"text":"Yes"},
		{"citationsContent":{"content":[{"text":", so "},{"text":"they say."}],"citations":[{}]}},{"toolUse":{"toolUseId":"a","name":"f","input":{"x": 1}}},{"toolUse":{"toolUseId":"b","name":"g"}},
		{"toolUse":{"toolUseId":"c","name":"h","type":"server_tool_use"}}]}}`+tail), http.Header{"Content-Type": {"application/json"}}, 5, nil, false)
	want := heard{[]Chunk{{Kind: Reasoning, Text: "Hm"}, {Kind: Content, Text: "Yes"}, {Kind: Content, Text: ", so they say."}, {Kind: ToolCall, Text: `{"x": 1}`}, {Kind: ToolCall, Text: "{}"}},
		Outcome{Complete: true, Finish: chat.FinishToolCalls, Usage: &chat.Usage{Input: ptr(3), Output: ptr(2)}, Timings: &chat.Timings{Total: int64(412 * time.Millisecond)},
			ToolCalls: []chat.ToolCall{{ID: "a", Name: "f", Arguments: `{"x": 1}`}, {ID: "b", Name: "g", Arguments: "{}"}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for intent, tc := range map[string]struct {
		body  string
		class chat.Class
		say   string
	}{
		"no reason for stopping":         {`{"output":{"message":{"content":[{"text":"a"}]}}}`, chat.Interrupted, "stopReason"},
		"half of it":                     {`{"output":{"message":{"content":[`, chat.Interrupted, "inside its JSON document"},
		"an error":                       {`{"message":"Internal error"}`, chat.StreamError, "Internal error"},
		"an error by its type":           {`{"__type":"com.amazon#InternalServerException"}`, chat.StreamError, "InternalServerException"},
		"an operation that is not known": {`{"Output":{"__type":"x"},"Version":"1.0"}`, chat.Malformed, "no output.message"},
		"another kind of JSON":           {`{"output":7}`, chat.Malformed, "the field output cannot be a number"},
	} {
		o := hear(Bedrock{}, []byte(tc.body), http.Header{"Content-Type": {"application/json"}}, 3, nil, false).Outcome
		if o.Failure == nil || o.Failure.Class != tc.class || !strings.Contains(o.Failure.Message, tc.say) || o.Complete {
			t.Errorf("%s: %+v, want %s: %s", intent, o.Failure, tc.class, tc.say)
		}
	}
}

// An answer is recognised by what it is where its server mislabels it, and what no
// answer begins with is quoted.
func TestConverseIsRecognised(t *testing.T) {
	stream := converseSays(t, converseBegins+converseStops+converseEnds)
	for intent, tc := range map[string]struct{ kind, body, say string }{
		"a stream without a type": {"", stream, ""},
		"a stream called JSON":    {"application/json", stream, ""},
		"a page":                  {"text/html", "<html><title>Login</title></html>", `answered "text/html" instead of an answer of Converse's`},
		"a page called a stream":  {amazonMedia, "<html><title>Login</title></html>", "the wrong checksum over its lengths"},
		"server-sent events":      {"text/event-stream", "data: {}\n\n", "instead of an answer of Converse's"},
	} {
		o := hear(Bedrock{}, []byte(tc.body), http.Header{"Content-Type": {tc.kind}}, 4, nil, false).Outcome
		if tc.say == "" && (o.Failure != nil || !o.Complete) || tc.say != "" && (o.Failure == nil || o.Failure.Class != chat.Malformed || !strings.Contains(o.Failure.Message, tc.say)) {
			t.Errorf("%s: %+v", intent, o.Failure)
		}
	}
}

// FuzzBedrock holds the decoder to its invariants for whatever messages come and
// however they end: how the bytes were split does not matter, nor when the events are
// decoded; a complete outcome has a reason for stopping, an incomplete one a failure; no
// chunk is empty, and no count negative.
func FuzzBedrock(f *testing.F) {
	f.Add(converseBegins+converseStops+converseEnds, []byte{}, uint8(0), false)
	f.Add(converseBegins+"exception throttlingException {\"message\":\"m\"}", []byte{}, uint8(1), true)
	f.Add("event contentBlockStart {\"contentBlockIndex\":1,\"start\":{\"toolUse\":{\"toolUseId\":\"a\",\"name\":\"f\"}}}\nevent contentBlockDelta {\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"{}\"}}}", []byte{0, 0, 0, 20}, uint8(7), false)
	f.Add("", []byte(`{"output":{"message":{"content":[{"text":"a"},{"toolUse":{"input":{}}}]}},"stopReason":"end_turn"}`), uint8(3), false)
	f.Add("event metadata null\nevent messageStop []\nerror a b", []byte("\x00"), uint8(3), false)
	f.Fuzz(func(t *testing.T, script string, tail []byte, split uint8, cut bool) {
		if strings.Count(script, "\n") > 100 || len(script) > 1<<14 {
			return
		}
		body := append([]byte(converseSays(t, script)), tail...)
		holdDecoder(t, Bedrock{}, body, amazonHead, split, cut)
	})
}
