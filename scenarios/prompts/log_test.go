package prompts

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
	"switchover/scenarios/prompts/redact"
	"switchover/targets/chat"
)

// Each log gives what was asked and, where it has them, the incumbent's answers.
func TestReadLogs(t *testing.T) {
	tests := []struct {
		name, format, src string
		want              []results.Conversation
	}{
		{"OpenAI requests", "openai", `{"model":"m","max_tokens":9,"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"One?"},{"type":"text","text":"Or two?"}]}]}
{"messages":[{"role":"user","content":"A?"},{"role":"assistant","content":"a"},{"role":"user","content":"B?"}]}`,
			[]results.Conversation{{Item: "line-1", System: "Be brief.", Turns: []string{""}, Parts: [][]chat.Part{{{Kind: chat.TextPart, Text: "One?"}, {Kind: chat.TextPart, Text: "Or two?"}}}, MaxTokens: 9, Request: &chat.Request{}},
				{Item: "line-2", Turns: []string{"A?", "B?"}, Recorded: []string{"a", ""}}}},
		{"OpenAI batch", "openai", `{"custom_id":"bob@example.com","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":"Hello"}]}}`,
			[]results.Conversation{{Item: "line-1", Turns: []string{"Hello"}}}},
		{"OpenAI pairs", "openai", `{"request":{"messages":[{"role":"user","content":"A?"}]},"response":{"choices":[{"message":{"role":"assistant","content":"a"}}]}}
{"request":{"messages":[{"role":"user","content":"B?"}]},"response":{"error":{"message":"overloaded"}}}
{"request":{"messages":[{"role":"user","content":"C?"}]},"response":{"status_code":200,"body":{"choices":[{"message":{"content":"c"}}]}}}
{"request":{"messages":[{"role":"user","content":"D?"}]},"response":null}`,
			[]results.Conversation{{Item: "line-1", Turns: []string{"A?"}, Recorded: []string{"a"}}, {Item: "line-2", Turns: []string{"B?"}},
				{Item: "line-3", Turns: []string{"C?"}, Recorded: []string{"c"}}, {Item: "line-4", Turns: []string{"D?"}}}},
		{"OpenAI with the last answer", "openai", `{"messages":[{"role":"user","content":"A?"},{"role":"assistant","content":"a"}]}`,
			[]results.Conversation{{Item: "line-1", Turns: []string{"A?"}, Recorded: []string{"a"}}}},
		{"Anthropic requests", "anthropic", `{"system":"Be brief.","messages":[{"role":"user","content":"A?"}]}
{"system":[{"type":"text","text":"Be","cache_control":{"type":"ephemeral"}},{"type":"text","text":"kind."}],"messages":[{"role":"user","content":[{"type":"text","text":"B?"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"b"},{"type":"text","text":"b"}]},{"role":"user","content":"C?"}]}`,
			[]results.Conversation{{Item: "line-1", System: "Be brief.", Turns: []string{"A?"}},
				{Item: "line-2", Turns: []string{"B?", "C?"}, Recorded: []string{"bb", ""}, Request: &chat.Request{Messages: []chat.Message{{Role: chat.System,
					Parts: []chat.Part{{Kind: chat.TextPart, Text: "Be", Cache: "5m"}, {Kind: chat.TextPart, Text: "kind."}}}}}}}},
		{"Anthropic's older form", "anthropic", `{"prompt":"Be brief.\n\nHuman: A?\n\nAssistant: a\n\nHuman: B?\n\nAssistant:","max_tokens_to_sample":9}`,
			[]results.Conversation{{Item: "line-1", System: "Be brief.", Turns: []string{"A?", "B?"}, Recorded: []string{"a", ""}, MaxTokens: 9, Request: &chat.Request{}}}},
		{"Anthropic pairs and batches", "anthropic", `{"request":{"messages":[{"role":"user","content":"A?"}]},"response":{"type":"message","role":"assistant","content":[{"type":"text","text":"a"}]}}
{"request":{"messages":[{"role":"user","content":"B?"}]},"response":{"type":"error","error":{"type":"overloaded_error"}}}
{"custom_id":"c","params":{"messages":[{"role":"user","content":"C?"}]}}`,
			[]results.Conversation{{Item: "line-1", Turns: []string{"A?"}, Recorded: []string{"a"}}, {Item: "line-2", Turns: []string{"B?"}}, {Item: "line-3", Turns: []string{"C?"}}}},
		{"prompts", "prompts", `{"prompt":"What is the capital of India?"}` + "\n\n" + `{"prompt":"Explain.","output_tokens":256}`,
			[]results.Conversation{{Item: "line-1", Turns: []string{"What is the capital of India?"}}, {Item: "line-3", Turns: []string{"Explain."}, MaxTokens: 256}}},
		{"ShareGPT", "sharegpt", "\ufeff[\n {\"id\":\"a_0\",\"conversations\":[{\"from\":\"system\",\"value\":\"S\"},{\"from\":\"human\",\"value\":\"A?\"},{\"from\":\"gpt\",\"value\":\"a\"},{\"from\":\"human\",\"value\":\"B?\"},{\"from\":\"gpt\",\"value\":\"b\"}]}\n,{\"conversations\":[{\"from\":\"user\",\"value\":\"C?\"}]}]\n",
			[]results.Conversation{{Item: "entry-1", System: "S", Turns: []string{"A?", "B?"}, Recorded: []string{"a", "b"}}, {Item: "entry-2", Turns: []string{"C?"}}}},
		{"ShareGPT by lines", "sharegpt", `{"conversations":[{"from":"human","value":"A?"}]}` + "\n" + `{"conversations":[{"from":"human","value":"B?"}]}` + "\n",
			[]results.Conversation{{Item: "entry-1", Turns: []string{"A?"}}, {Item: "entry-2", Turns: []string{"B?"}}}},
		{"CSV", "csv", "\ufeffid,answer,prompt,system\r\n1,a,\"A, \"\"really\"\"?\nYes?\",S\r\n2,,B?,\r\n",
			[]results.Conversation{{Item: "line-2", System: "S", Turns: []string{"A, \"really\"?\nYes?"}, Recorded: []string{"a"}}, {Item: "line-4", Turns: []string{"B?"}}}},
		{"evalscope", "evalscope", `{"body":{"messages":[{"role":"user","content":"A?"}]},"timestamp":1700000000.5,"headers":{"Authorization":"Bearer x"},"request_id":"r","completion_tokens":4}`,
			[]results.Conversation{{Item: "line-1", Turns: []string{"A?"}}}},
		{"recorded answers in the own format", "conversations", `{"item":"a","turns":["A?","B?"],"recorded":["a",""],"max_tokens":7}`,
			[]results.Conversation{{Item: "a", Turns: []string{"A?", "B?"}, Recorded: []string{"a", ""}, MaxTokens: 7}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, err := Read(strings.NewReader(tt.src), "f", Options{Format: tt.format})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, set.Conversations); d != "" {
				t.Error(d)
			}
			if len(set.Left) > 0 || set.Entries != len(tt.want) {
				t.Errorf("%d entries, left out: %v", set.Entries, set.Left)
			}
		})
	}
}

// What cannot be asked again is counted with its reason, and so is what is asked
// a little differently.
func TestLogsSayWhatIsLeftOut(t *testing.T) {
	src := `{"messages":[{"role":"user","content":"Fine?"},{"role":"user","content":"Really?"}],"response_format":{"type":"json_object"}}
{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:x"}}]}]}
{"messages":[{"role":"user","content":"A?"}],"tools":[{"type":"function"}]}
{"messages":[{"role":"user","content":"A?"},{"role":"assistant","tool_calls":[{}]},{"role":"tool","content":"x"}]}
{"messages":[{"role":"assistant","content":"a"},{"role":"user","content":"A?"}]}
{"messages":[{"role":"user","content":"  "}]}
{"messages":[{"role":"system","content":"S"}]}
{"messages":[{"role":"user","content":"A?"},{"role":"system","content":"S"}]}
{"messages":[{"role":"user","content":"cut off \ud83d"}]}
{"custom_id":"x","url":"/v1/embeddings","body":{"input":"x"}}
{"messages":[{"role":"user","content":[{"type":"hologram"}]}]}
{"messages":[{"role":"user","content":"1"},{"role":"assistant","content":"1"},{"role":"user","content":"2"},{"role":"assistant","content":"2"},{"role":"user","content":"3"}]}`
	set, err := Read(strings.NewReader(src), "f", Options{Format: "openai", Limits: Limits{Turns: 2}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Tally{{"what no API takes: messages[0].content[0].image_url.url is a data: URL of another kind: give data:TYPE;base64,DATA", 1, 2},
		{"what no API takes: tools[0].function is missing: say what it is", 1, 3}, {"what no API takes: messages[1].tool_calls[0].id is missing: the result names it", 1, 4},
		{"an answer before the first question", 1, 5}, {"a blank question", 1, 6}, {"no question", 1, 7}, {"a system message at the end", 1, 8}, {"half of a character", 1, 9},
		{`the url "/v1/embeddings", which is no chat`, 1, 10},
		{"what no API takes: messages[0].content[0].type is hologram: give text, image_url, input_audio or file", 1, 11}, {"more than 2 turns", 1, 12}}
	if d := cmp.Diff(want, set.Left); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Tally{{changeJoined, 1, 1}}, set.Changed); d != "" {
		t.Error(d)
	}
	if set.Entries != 12 || len(set.Conversations) != 1 || set.Conversations[0].Turns[0] != "Fine?\n\nReally?" {
		t.Errorf("%d entries, %v", set.Entries, set.Conversations)
	}

	_, err = Read(strings.NewReader(strings.SplitAfter(src, "\n")[1]), "f", Options{Format: "openai"})
	if want := `f: holds nothing that can be asked: 1 with what no API takes: messages[0].content[0].image_url.url is a data: URL of another kind: give data:TYPE;base64,DATA (the first on line 1) (what is asked again is a whole request with a question in it)`; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// Reasons that a log's own words make are bounded.
func TestReasonsAreBounded(t *testing.T) {
	var src strings.Builder
	for i := range 200 {
		fmt.Fprintf(&src, `{"conversations":[{"from":"speaker %d","value":"x"}]}`, i)
	}
	src.WriteString(`{"conversations":[{"from":"human","value":"x"}]}`)
	set, err := Read(strings.NewReader(src.String()), "f", Options{Format: "sharegpt"})
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, l := range set.Left {
		sum += l.Count
	}
	if len(set.Left) != maxReasons+1 || sum != 200 || set.Left[0] != (Tally{"other reasons", 180, 1}) {
		t.Errorf("%d reasons for %d entries: %v", len(set.Left), sum, set.Left[0])
	}
}

// A log of the wrong shape or unit is refused with its place.
func TestLogsRefused(t *testing.T) {
	const ask = `{"messages":[{"role":"user","content":"A?"}]}`
	tests := []struct{ name, format, src, want string }{
		{"no messages", "openai", `{"model":"m"}`, `f:1: messages is missing`},
		{"empty messages", "openai", `{"messages":[]}`, `f:1: messages is empty`},
		{"messages a string", "openai", `{"messages":"hi"}`, `f:1: messages is a string, not a list`},
		{"a message that is none", "openai", ask + "\n" + `{"messages":["hi"]}`, `f:2: messages[0] is a string, not an object`},
		{"no role", "openai", `{"messages":[{"content":"hi"}]}`, `f:1: messages[0] has no role`},
		{"an unknown role", "openai", `{"messages":[{"role":"human","content":"hi"}]}`, `f:1: messages[0] has the role "human" (the roles are: system, developer, user, assistant, tool)`},
		{"no content", "openai", `{"messages":[{"role":"user"}]}`, `f:1: messages[0].content is missing`},
		{"content a number", "openai", `{"messages":[{"role":"user","content":3}]}`, `f:1: messages[0].content is a number, neither a string nor a list of parts`},
		{"a part without a type", "openai", `{"messages":[{"role":"user","content":[{"text":"x"}]}]}`, `f:1: messages[0].content[0].type is null, not a string`},
		{"a request as text", "openai", `{"request":"{}","response":{}}`, `f:1: request is a string, not an object`},
		{"a response without choices", "openai", `{"request":` + ask + `,"response":{}}`, `f:1: response.choices is missing`},
		{"Anthropic's read as OpenAI's", "openai", `{"system":"S","messages":[{"role":"user","content":"A?"}]}`, `f:1: the file looks like anthropic, not openai (set format: anthropic, or --from anthropic)`},
		{"an Anthropic batch read as OpenAI's", "openai", `{"custom_id":"x","params":` + ask + `}`, `f:1: the file looks like anthropic, not openai (set format: anthropic, or --from anthropic)`},
		{"OpenAI's read as Anthropic's", "anthropic", `{"messages":[{"role":"system","content":"S"}]}`, `f:1: messages[0] has the role "system": Anthropic's messages have user and assistant only (set format: openai, or --from openai)`},
		{"OpenAI's response read as Anthropic's", "anthropic", `{"request":` + ask + `,"response":{"choices":[]}}`, `f:1: the response has choices, which are not Anthropic's (set format: openai, or --from openai)`},
		{"the Responses API", "openai", `{"model":"m","input":"Hi"}`, `f:1: the file looks like requests to the Responses API, which are not read, not openai (write each conversation as {"item": ..., "turns": [...]} and set format: conversations)`},
		{"a batch's results", "openai", `{"custom_id":"x","response":{}}`, `f:1: the file looks like the results of a batch, which have no questions, not openai (write each conversation as {"item": ..., "turns": [...]} and set format: conversations)`},
		{"a trace of lengths", "prompts", `{"timestamp":0,"input_length":6758,"output_length":500,"hash_ids":[0]}`, `f:1: the file looks like a trace of lengths, which has no text, not prompts (a trace is replayed: workload: {trace: {file: FILE, format: mooncake}} and a stage of mode: trace, or --from mooncake)`},
		{"prompt a list", "prompts", `{"prompt":["a"]}`, `f:1: prompt is a list, not a string`},
		{"output_tokens of words", "prompts", `{"prompt":"a","output_tokens":"many"}`, `f:1: output_tokens is not a whole number from 1 to 1000000`},
		{"output_tokens none", "prompts", `{"prompt":"a","output_tokens":0}`, `f:1: output_tokens is not a whole number from 1 to 1000000`},
		{"milliseconds", "evalscope", `{"body":` + ask + `,"timestamp":1700000000000}`, `f:1: timestamp 1700000000000 is not in seconds: that would be thousands of years from now (divide it by 1000 or more)`},
		{"no time", "evalscope", `{"body":` + ask + `,"timestamp":null}`, `f:1: timestamp is null, not seconds since 1970`},
		{"a time of day", "evalscope", `{"body":` + ask + `,"timestamp":"12:00"}`, `f:1: timestamp is a string, not seconds since 1970`},
		{"lines read as an array", "sharegpt", ask, `f:1: entry 1: the file looks like openai, not sharegpt (set format: openai, or --from openai)`},
		{"an array cut off", "sharegpt", `[{"conversations":[{"from":"human","value":"A?"}]},` + "\n" + `{"conversations":[`, `f:1: entry 2 does not end (the file was cut off)`},
		{"an array without its end", "sharegpt", `[{"conversations":[{"from":"human","value":"A?"}]}`, `f:1: the array does not end (the file was cut off)`},
		{"something behind the array", "sharegpt", `[{"conversations":[{"from":"human","value":"A?"}]}] {}`, `f:1: something follows the array (it is one JSON array of conversations and nothing else)`},
		{"no JSON", "sharegpt", `hello`, `f:1: the file begins with neither [ nor { (it is one JSON array of conversations)`},
		{"an empty array", "sharegpt", `[]`, `f: holds no conversation (it is one JSON array of conversations)`},
		{"an element that is none", "sharegpt", "[\n\n3]", `f:3: entry 1: it is a number, not an object`},
		{"a value that is none", "sharegpt", "[{\"conversations\":[{\"from\":\"human\"}]}]", `f:1: entry 1: conversations[0].value is null, not a string`},
		{"not UTF-8", "sharegpt", "[{\"conversations\":[{\"from\":\"human\",\"value\":\"\xff\"}]}]", `f:1: entry 1: it is not UTF-8 (save the file as UTF-8)`},
		{"an entry too long", "sharegpt", "[\n{\"x\":\"" + strings.Repeat("x", 200_000) + `"}]`, `f:2: an entry is longer than 1000 bytes (shorten it or leave it out)`},
		{"no column", "csv", "question,reply\na,b\n", `f:1: the header has no column prompt; it has "question", "reply" (call the questions' column prompt; answers may stand in answer, a system prompt in system)`},
		{"semicolons", "csv", "prompt;answer\na;b\n", `f:1: the columns are parted by something else than commas (save it with commas between the columns)`},
		{"JSON read as CSV", "csv", ask + "\n", `f:1: the file looks like JSON, not csv (name its format: conversations, openai, anthropic, prompts, sharegpt, csv, evalscope, mt-bench, mooncake, burstgpt, azure)`},
		{"a trace as CSV", "csv", azureTrace, `f:1: the file looks like a trace of lengths, which has no text, not csv (a trace is replayed: workload: {trace: {file: FILE, format: azure}} and a stage of mode: trace, or --from azure)`},
		{"a column twice", "csv", "prompt,prompt\na,b\n", `f:1: the column prompt is there twice (keep one of them)`},
		{"a row too short", "csv", "prompt,answer\na,b\nc\n", `f:3: the row has more or fewer columns than the header (quote texts that hold commas or line ends)`},
		{"a quote without its end", "csv", "prompt\n\"a\nb\n", `f:2: column 3: extraneous or missing " in quoted-field (quote texts that hold commas, quotes or line ends, and double the quotes in them)`},
		{"a quote that swallows the file", "csv", "prompt\n\"" + strings.Repeat("a\n", 100_000), `f:2: an entry is longer than 1000 bytes (shorten it or leave it out)`},
		{"only a header", "csv", "prompt\n", `f: holds no conversation (a header and rows, with a column prompt)`},
		{"CSV in another encoding", "csv", "prompt\ncaf\xe9\n", `f:2: column 1 is not UTF-8 (save the file as UTF-8)`},
		{"an archive", "csv", "PK\x03\x04", `f:1: the file is a zip archive (unpack it first, with unzip)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, err := Read(strings.NewReader(tt.src), "f", Options{Format: tt.format, Limits: Limits{LineBytes: 1000}})
			if err == nil {
				t.Fatalf("read without an error: %v", set)
			}
			if d := cmp.Diff(tt.want, err.Error()); d != "" {
				t.Error(d)
			}
		})
	}
}

// numbered is a log of n prompts that is never in memory as a whole.
type numbered struct {
	n, i int
	rest string
}

func (r *numbered) Read(p []byte) (int, error) {
	for r.rest == "" {
		if r.i == r.n {
			return 0, io.EOF
		}
		r.i++
		r.rest = fmt.Sprintf("{\"prompt\":\"%d %s\"}\n", r.i, strings.Repeat("x", 2000))
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// A sample of a log that is larger than every limit of a whole one: even, the
// same for the same seed, in the log's order, in little memory.
func TestSampleOfALargeLog(t *testing.T) {
	const n, size = 4_000, 200
	sample := func(seed uint64) []results.Conversation {
		set, err := Read(&numbered{n: n}, "f", Options{Format: "prompts", Sample: size, Random: rand.New(rand.NewPCG(seed, 1)),
			Limits: Limits{Conversations: 1000, Held: 1 << 20}})
		if err != nil {
			t.Fatal(err)
		}
		if set.Entries != n || len(set.Conversations) != size {
			t.Fatalf("%d of %d", len(set.Conversations), set.Entries)
		}
		return set.Conversations
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	one := sample(1)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("%d MiB are held of a sample of 0.4 MiB", grown>>20)
	}
	if cmp.Equal(one, sample(2)) || !cmp.Equal(one, sample(1)) {
		t.Error("the seed does not decide the sample")
	}
	var last, sum int
	for _, c := range one {
		var at int
		if _, err := fmt.Sscanf(c.Item, "line-%d", &at); err != nil || at <= last {
			t.Fatalf("%s after line %d: %v", c.Item, last, err)
		}
		last, sum = at, sum+at
	}
	// The mean line of an even sample has a standard error of 2 % of n.
	if mean := float64(sum) / size / n; mean < 0.43 || mean > 0.57 {
		t.Errorf("the sample's mean line is at %.2f of the log", mean)
	}
	_, err := Read(&numbered{n: n}, "f", Options{Format: "prompts", Limits: Limits{Bytes: 1 << 20}})
	if err == nil || !strings.Contains(err.Error(), "(draw a sample: sample: 200, or --sample 200)") {
		t.Errorf("a large log without a sample: %v", err)
	}
	_, err = Read(&numbered{n: 3}, "f", Options{Format: "prompts", Sample: 4, Random: rand.New(rand.NewPCG(1, 1))})
	if err == nil || err.Error() != "f: a sample of 4 was asked for, and there are 3 conversations (draw a smaller sample)" {
		t.Errorf("a sample of too little: %v", err)
	}
}

// Nothing personal is in what is returned, in no field, and what was replaced is
// counted. Errors do not show it either.
func TestReadRedacts(t *testing.T) {
	r, err := redact.New(redact.Rules{Patterns: map[string]string{"customer": `C-[0-9]+`}})
	if err != nil {
		t.Fatal(err)
	}
	src := `{"item":"bob@example.com","category":"13800138000","system":"You are bob@example.com's.","turns":["I am C-77 at bob@example.com","order 12345"],"recorded":["Hi bob@example.com",""],"reference":["","4111111111111111"]}
{"item":"fine","turns":["Nothing here"]}`
	set, err := Read(strings.NewReader(src), "f", Options{Format: "conversations", Redact: r})
	if err != nil {
		t.Fatal(err)
	}
	want := []results.Conversation{{Item: "line-1", Category: "[PHONE_1]", System: "You are [EMAIL_1]'s.", Turns: []string{"I am [CUSTOMER_1] at [EMAIL_1]", "order 12345"},
		Recorded: []string{"Hi [EMAIL_1]", ""}, Reference: []string{"", "[CARD_1]"}}, {Item: "fine", Turns: []string{"Nothing here"}}}
	if d := cmp.Diff(want, set.Conversations); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(redact.Counts{"email": 4, "phone": 1, "card": 1, "customer": 1}, set.Redacted); d != "" || set.RedactedIn != 1 {
		t.Errorf("in %d conversations: %s", set.RedactedIn, d)
	}
	named := `{"item":"line-2","turns":["a"]}` + "\n" + `{"item":"bob@example.com","turns":["b"]}`
	if set, err = Read(strings.NewReader(named), "f", Options{Format: "conversations", Redact: r}); err != nil || set.Conversations[0].Item != "line-2" || set.Conversations[1].Item != "line-2-redacted" {
		t.Errorf("a place that another is called: %v, %v", set, err)
	}
	set, err = Read(strings.NewReader(src), "f", Options{Format: "conversations"})
	if err != nil || set.Conversations[0].Turns[0] != "I am C-77 at bob@example.com" || set.Redacted.Total() != 0 {
		t.Errorf("without redaction: %v, %v", set, err)
	}
}

// The place of an entry is its name in a log, and nothing that a pattern could mean.
func TestPlacesAreNotRedacted(t *testing.T) {
	r, err := redact.New(redact.Rules{Patterns: map[string]string{"number": `[0-9]+`}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := Read(strings.NewReader(`{"prompt":"order 12345"}`), "f", Options{Format: FormatPrompts, Redact: r})
	if err != nil || set.Redacted.Total() != 1 || set.Conversations[0].Turns[0] != "order [NUMBER_1]" || set.Conversations[0].Item != "line-1" {
		t.Errorf("%+v, %v", set, err)
	}
}

// FuzzReadLogs: every log is read into the shape that callers rely on, or refused
// cleanly; a sample of everything is everything; and what was read can be written
// and read again as conversations of our own.
func FuzzReadLogs(f *testing.F) {
	logs := []string{FormatOpenAI, FormatAnthropic, FormatPrompts, FormatShareGPT, FormatCSV, FormatEvalScope}
	for i, s := range []string{`{"messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":null}]}`,
		`{"request":{"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"a"}]},"response":{"content":[]}}`,
		`{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"b"}],"tools":[{"type":"function","function":{"name":"f"}}],"n":2,"max_tokens":3,"user":"u"}`,
		`{"system":[{"type":"text","text":"s"},{"type":"text","text":"t"}],"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},{"type":"search_result"}]}],"metadata":{"user_id":"u"}}`,
		`{"prompt":"a","output_tokens":3}`, `[{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}]}]`,
		"prompt,answer\n\"a\n\",b\n", `{"body":{"messages":[{"role":"user","content":"a"}]},"timestamp":1}`} {
		f.Add([]byte(s), i)
		f.Add([]byte("\ufeff"+s+"\n"+s), i)
	}
	f.Fuzz(func(t *testing.T, src []byte, which int) {
		format := logs[uint(which)%uint(len(logs))]
		l := Limits{LineBytes: 4096, Bytes: 1 << 20, Conversations: 50, Turns: 4}
		set, err := Read(strings.NewReader(string(src)), "f", Options{Format: format, Limits: l})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.File != "f" || e.Reason == "" || set != nil || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("not a clean refusal: %q", err)
			}
			return
		}
		left := 0
		for _, tally := range set.Left {
			left += tally.Count
		}
		if set.Entries != len(set.Conversations)+left {
			t.Fatalf("%d entries are not %d kept and %d left out", set.Entries, len(set.Conversations), left)
		}
		rich := false // more than our own format says
		for _, c := range set.Conversations {
			rich = rich || c.Request != nil || c.Parts != nil || c.Tools != nil
			if len(c.Turns) == 0 || len(c.Turns) > l.Turns || c.Recorded != nil && len(c.Recorded) != len(c.Turns) {
				t.Fatalf("bad conversation: %+v", c)
			}
		}
		if !rich {
			again, err := read(string(encode(t, set.Conversations)), "f", FormatConversations, Limits{})
			if err != nil {
				t.Fatalf("written and read again: %v", err)
			}
			if d := cmp.Diff(set.Conversations, again); d != "" {
				t.Fatal(d)
			}
		}
		n := len(set.Conversations)
		sampled, err := Read(strings.NewReader(string(src)), "f", Options{Format: format, Limits: l, Sample: n, Random: rand.New(rand.NewPCG(1, 2))})
		if err != nil || !cmp.Equal(sampled.Conversations, set.Conversations) {
			t.Fatalf("a sample of all %d: %v", n, err)
		}
	})
}
