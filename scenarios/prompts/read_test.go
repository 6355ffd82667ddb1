package prompts

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"switchover/results"
)

const own = `{"item":"en-code-loop","language":"en","category":"coding","system":"Be brief.","turns":["One?","Two?"],"reference":["1","2"]}`

func read(src, name, format string, l Limits) ([]results.Conversation, error) {
	set, err := Read(strings.NewReader(src), name, Options{Format: format, Limits: l})
	if err != nil {
		if set != nil {
			return nil, fmt.Errorf("a set beside the error %w", err)
		}
		return nil, err
	}
	return set.Conversations, nil
}

func TestReadConversations(t *testing.T) {
	src := "\ufeff" + own + "\r\n\n  \n" + `{"item":"zh-写作","turns":["\u4f60\u597d😀\ud83d\ude00"]}`
	got, err := read(src, "c.jsonl", "conversations", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []results.Conversation{
		{Item: "en-code-loop", Language: "en", Category: "coding", System: "Be brief.",
			Turns: []string{"One?", "Two?"}, Reference: []string{"1", "2"}},
		{Item: "zh-写作", Turns: []string{"你好😀😀"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReadMTBench(t *testing.T) {
	src := `{"question_id": 81, "category": "writing", "turns": ["Compose.", "Rewrite."], "reference": ["a", ""], "origin": {"any": 1}}
{"question_id": "82b", "turns": ["Only one."]}`
	got, err := read(src, "q.jsonl", "mt-bench", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []results.Conversation{
		{Item: "mt-bench-81", Category: "writing", Turns: []string{"Compose.", "Rewrite."}, Reference: []string{"a", ""}},
		{Item: "mt-bench-82b", Turns: []string{"Only one."}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Every mistake names its place and, where there is one, the remedy.
func TestReadRefuses(t *testing.T) {
	const asks = `"turns":["Hello?"]`
	tests := []struct{ name, format, src, want string }{
		{"unknown format", "share-gpt", own, `f: unknown format "share-gpt" (the formats are: conversations, openai, anthropic, prompts, sharegpt, csv, evalscope, mt-bench)`},
		{"empty file", "", "", `f: holds no conversation (each line is one JSON object; see the format conversations)`},
		{"only blank lines", "", "\n \r\n", `f: holds no conversation (each line is one JSON object; see the format conversations)`},
		{"turns missing", "", own + "\n" + `{"item":"b"}`, `f:2: turns is missing (it is the list of what the user says, in order)`},
		{"turns empty", "", `{"item":"b","turns":[]}`, `f:1: turns is empty`},
		{"turns null", "", `{"item":"b","turns":null}`, `f:1: turns is null, not a list of strings`},
		{"turns a string", "", `{"item":"b","turns":"Hello?"}`, `f:1: turns is a string, not a list of strings`},
		{"a turn is a number", "", `{"item":"b","turns":["Hello?",3]}`, `f:1: turns[1] is a number, not a string`},
		{"a turn is a message", "", `{"item":"b","turns":[{"role":"user"}]}`, `f:1: turns[0] is an object, not a string`},
		{"a turn is null", "", `{"item":"b","turns":[null]}`, `f:1: turns[0] is null, not a string`},
		{"a turn is blank", "", `{"item":"b","turns":["Hello?"," \t\u3000"]}`, `f:1: turns[1] is blank`},
		{"too many turns", "", `{"item":"b","turns":["1","2","3","4"]}`, `f:1: 4 turns are more than 3 (cut the conversation)`},
		{"item missing", "", `{` + asks + `}`, `f:1: item is missing (it is the conversation's name, unique in the file)`},
		{"item empty", "", `{"item":"",` + asks + `}`, `f:1: item is empty`},
		{"item a number", "", `{"item":7,` + asks + `}`, `f:1: item is a number, not a string`},
		{"item with a line end", "", `{"item":"a\nb",` + asks + `}`, `f:1: item "a\nb" holds a space or a control character (use letters, digits, - and _)`},
		{"item too long", "", `{"item":"` + strings.Repeat("a", 200) + `",` + asks + `}`, `f:1: item is 200 bytes long, more than 128`},
		{"item twice", "", own + "\n\n" + own, `f:3: "en-code-loop" names a second conversation; the first is on line 1 (every conversation needs a name of its own)`},
		{"unknown fields", "", `{"item":"b",` + asks + `,"Language":"en","sytem":""}`, `f:1: unknown field "Language", "sytem" (the fields are: item, language, category, system, turns, recorded, reference, max_tokens)`},
		{"field twice", "", `{"item":"b",` + asks + `,` + asks + `}`, `f:1: the field "turns" is there twice (keep one of them)`},
		{"language a name", "", `{"item":"b","language":"English (US)",` + asks + `}`, `f:1: language "English (US)" is not a BCP 47 tag (for instance en, zh or pt-BR)`},
		{"reference for one turn of two", "", `{"item":"b","turns":["1","2"],"reference":["a"]}`, `f:1: 1 reference answers for 2 turns (one for each turn; "" where there is none)`},
		{"a second object on the line", "", own + own, `f:1: something follows the JSON object that ends at byte 126 (each line is one JSON object and nothing else)`},
		{"an object over several lines", "", "{\n  \"item\": \"b\",\n", `f:1: the JSON object does not end on this line (each line is one whole JSON object; jq -c . FILE writes a file like that)`},
		{"cut off", "", own + "\n" + own[:50], `f:2: the JSON object does not end on this line (each line is one whole JSON object; jq -c . FILE writes a file like that)`},
		{"trailing comma", "", `{"item":"b",}`, `f:1: not JSON at byte 12: invalid character '}' looking for beginning of object key string`},
		{"a JSON array", "", "[" + own + "]", `f:1: the file is a JSON array, not one JSON object on each line (write one object on each line; jq -c '.[]' FILE does that)`},
		{"CSV", "", "item,language,turn\na,en,Hello?\n", `f:1: the line is not a JSON object; the file looks like CSV (write each row as a JSON object on a line of its own)`},
		{"CSV with quotes", "", "\"item\",\"turn\"\n", `f:1: the line is not a JSON object; the file looks like CSV (write each row as a JSON object on a line of its own)`},
		{"text", "", own + "\nHello, world", `f:2: the line is not a JSON object (each line is one JSON object)`},
		{"not UTF-8", "", own + "\n" + "{\"item\":\"caf\xe9\"," + asks + "}", `f:2: byte 13 of the line is not UTF-8 (save the file as UTF-8)`},
		{"half a surrogate pair", "", `{"item":"b","turns":["\ud83d"]}`, `f:1: turns[0] holds half of a surrogate pair (a \ud8.. to \udf.. escape alone) (write the character itself, as UTF-8)`},
		{"UTF-16", "", "\xff\xfe{\x00", `f:1: the file is UTF-16 (save the file as UTF-8)`},
		{"gzip", "", "\x1f\x8b\x08\x00", `f:1: the file is compressed with gzip (unpack it first, with gunzip)`},
		{"line too long", "", own + "\n" + `{"item":"b","turns":["` + strings.Repeat("x", 1200) + `"]}`, `f:2: the line is longer than 1000 bytes (one conversation a line; shorten it or leave it out)`},
		{"too many conversations", "", own + "\n" + `{"item":"b",` + asks + `}` + "\n" + `{"item":"c",` + asks + `}`, `f:3: more than 2 conversations (draw a sample: sample: 200, or --sample 200)`},
		{"too many bytes", "", strings.Repeat(" \n", 2000), `f:1501: the file is longer than 3000 bytes (draw a sample: sample: 200, or --sample 200)`},

		{"mt-bench read as conversations", "", `{"question_id":81,"turns":["Hello?"]}`, `f:1: the file looks like mt-bench, not conversations (set format: mt-bench, or --from mt-bench)`},
		{"conversations read as mt-bench", "mt-bench", own, `f:1: the file looks like conversations, not mt-bench (set format: conversations, or --from conversations)`},
		{"MT-Bench's answers", "", `{"question_id":101,"choices":[]}`, `f:1: the file looks like answers to MT-Bench, which have no questions, not conversations (write each conversation as {"item": ..., "turns": [...]} and set format: conversations)`},
		{"ShareGPT", "mt-bench", `{"id":"x","conversations":[]}`, `f:1: the file looks like sharegpt, not mt-bench (set format: sharegpt, or --from sharegpt)`},
		{"a request log", "", `{"model":"m","messages":[]}`, `f:1: the file looks like openai, not conversations (set format: openai, or --from openai)`},
		{"question_id missing", "mt-bench", `{` + asks + `}`, `f:1: question_id is missing`},
		{"question_id not whole", "mt-bench", `{"question_id":8.5,` + asks + `}`, `f:1: question_id is not a whole number (it is a number, such as 81)`},
		{"question_id null", "mt-bench", `{"question_id":null,` + asks + `}`, `f:1: question_id is null (it is a number, such as 81)`},
		{"question_id twice", "mt-bench", `{"question_id":81,` + asks + `}` + "\n" + `{"question_id":"81",` + asks + `}`, `f:2: "mt-bench-81" names a second conversation; the first is on line 1 (every conversation needs a name of its own)`},
	}
	small := Limits{LineBytes: 1000, Bytes: 3000, Conversations: 2, Turns: 3}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.format == "" {
				tt.format = "conversations"
			}
			got, err := read(tt.src, "f", tt.format, small)
			if err == nil {
				t.Fatalf("read %v without an error", got)
			}
			if d := cmp.Diff(tt.want, err.Error()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadErrorOfTheReaderIsKept(t *testing.T) {
	broken := errors.New("disk gone")
	_, err := Read(io.MultiReader(strings.NewReader(own+"\n"), iotest.ErrReader(broken)), "f", Options{Format: "conversations"})
	if !errors.Is(err, broken) || err.Error() != "f:2: reading: disk gone" {
		t.Errorf("got %v", err)
	}
}

// A line that never ends must not fill the memory.
func TestReadStopsInAnEndlessLine(t *testing.T) {
	endless := &counter{}
	_, err := Read(endless, "f", Options{Format: "conversations"})
	if err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
		t.Errorf("got %v", err)
	}
	if endless.n > 2<<20 {
		t.Errorf("read %d bytes of a line that is too long after 1 MiB", endless.n)
	}
}

type counter struct{ n int }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	c.n += len(p)
	return len(p), nil
}

func TestReadThePublishedMTBench(t *testing.T) {
	dir := os.Getenv("SWITCHOVER_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(dir, "mt-bench", "question.jsonl")
	f, err := os.Open(path)
	if err != nil {
		t.Skipf("public data not here (set SWITCHOVER_DATA to its folder): %v", err)
	}
	defer f.Close()
	set, err := Read(f, path, Options{Format: "mt-bench"})
	if err != nil {
		t.Fatal(err)
	}
	got := set.Conversations
	if len(got) != 80 || got[0].Item != "mt-bench-81" || got[79].Item != "mt-bench-160" {
		t.Errorf("%d conversations from %s to %s, want 80 from mt-bench-81 to mt-bench-160",
			len(got), got[0].Item, got[len(got)-1].Item)
	}
	for _, c := range got {
		if len(c.Turns) != 2 {
			t.Errorf("%s has %d turns, want 2", c.Item, len(c.Turns))
		}
	}
	if !slices.ContainsFunc(got, func(c results.Conversation) bool { return len(c.Reference) == 2 }) {
		t.Error("no reference answers, though some questions have them")
	}
}

// FuzzRead: whatever is read obeys the limits and the shape that callers rely
// on, can be written and read again, and whatever is refused names the file.
func FuzzRead(f *testing.F) {
	for _, s := range []string{own, own + "\n" + own, `{"question_id":81,"turns":["a","b"]}`, "[]", "a,b",
		`{"item":"b","turns":["\ud83d"]}`, "\ufeff{}", "{\"item\":\"\xff\"}", `{"item":"b","turns":[[[[`} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, src []byte, mt bool) {
		format := FormatConversations
		if mt {
			format = FormatMTBench
		}
		l := Limits{LineBytes: 4096, Bytes: 16384, Conversations: 5, Turns: 4}
		got, err := read(string(src), "f", format, l)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.File != "f" || e.Reason == "" || got != nil {
				t.Fatalf("not a clean refusal: %v, %#v", got, err)
			}
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("an error over several lines: %q", err)
			}
			return
		}
		if len(got) == 0 || len(got) > l.Conversations {
			t.Fatalf("%d conversations", len(got))
		}
		seen := map[string]bool{}
		for _, c := range got {
			if c.Item == "" || seen[c.Item] || len(c.Turns) == 0 || len(c.Turns) > l.Turns {
				t.Fatalf("bad conversation: %+v", c)
			}
			seen[c.Item] = true
			for _, turn := range c.Turns {
				if strings.TrimSpace(turn) == "" {
					t.Fatalf("a blank turn: %+v", c)
				}
			}
		}
		again, err := read(string(encode(t, got)), "f", FormatConversations, Limits{})
		if err != nil {
			t.Fatalf("written and read again: %v", err)
		}
		if d := cmp.Diff(got, again); d != "" {
			t.Fatal(d)
		}
	})
}
