package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"switchover/targets/chat"
)

// folder writes a run folder with one file, if named, replaced.
func folder(t testing.TB, file, content string) string {
	t.Helper()
	dir := t.TempDir()
	run, err := json.Marshal(handmadeRun())
	if err != nil {
		t.Fatal(err)
	}
	run = bytes.Replace(run, []byte(`"format":0`), []byte(`"format":1`), 1)
	files := map[string]string{fileRun: string(run), fileConversations: "", fileRequests: "", fileEvents: ""}
	if file != "" {
		files[file] = content
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, file, content string
		want                []string
	}{
		{"a damaged line in the middle", fileRequests, "{}\n{\"id\":\n{}\n", []string{"requests.jsonl:2: ", "remove the line"}},
		{"an empty line", fileRequests, "{}\n\n{}\n", []string{"requests.jsonl:2: "}},
		{"a chunk of two", fileRequests, `{"chunks":[[1,2]]}` + "\n", []string{"requests.jsonl:1: ", "want [gap, tokens, kind], have 2 values"}},
		{"a wrong type", fileEvents, `{"t":"soon"}` + "\n", []string{"events.jsonl:1: "}},
		{"a line without end", fileRequests, strings.Repeat("x", MaxLine+1), []string{"requests.jsonl:1: longer than 16 MiB"}},
		{"tokens below zero", fileRequests, `{"id":"a","output_tokens":-5}` + "\n", []string{"requests.jsonl:1: output_tokens is -5, want 0 to ", "remove the line"}},
		{"tokens that overflow a sum", fileRequests, "{}\n" + `{"id":"a","cache_read_tokens":9000000000000000000}` + "\n", []string{"requests.jsonl:2: cache_read_tokens is 9"}},
		{"a cost below zero", fileRequests, `{"id":"a","cost_usd":-1}` + "\n", []string{"cost_usd is -1"}},
		{"a cost that overflows a sum", fileRequests, `{"id":"a","cost_usd":1e308}` + "\n", []string{"cost_usd is 1e+308"}},
		{"a cost that is no number", fileRequests, `{"id":"a","cost_usd":NaN}` + "\n", []string{"requests.jsonl:1: invalid character 'N'"}},
		{"a difference that overflows", fileRequests, `{"id":"a","intended":-9223372036854775808}` + "\n", []string{"intended is -9223372036854775808"}},
		{"an end before the start", fileRequests, `{"id":"a","start":5000000000,"end":3000000000}` + "\n", []string{"end is 2s before start"}},
		{"a gap that goes back", fileRequests, `{"id":"a","chunks":[[1,1,"c"],[-2000000000,1,"c"]]}` + "\n", []string{"chunk 2: its gap in ns is -2000000000"}},
		{"gaps that overflow a sum", fileRequests, `{"id":"a","chunks":[[900000000000000000,1,"c"],[900000000000000000,1,"c"]]}` + "\n", []string{"chunk 2: its gap"}},
		{"a chunk of fewer than no tokens", fileRequests, `{"id":"a","chunks":[[1,-1,"c"]]}` + "\n", []string{"chunk 1: its token count is -1"}},
		{"a session below zero", fileRequests, `{"id":"a","session":-1}` + "\n", []string{"session is -1"}},
		{"a score beyond the scale", fileVerdicts, `{"target":"inc","scores":{"coherence":9}}` + "\n", []string{"verdicts.jsonl:1: the score of coherence is 9, want 0 to 5"}},
		{"power below zero", fileTelemetry, `{"power_w":-3}` + "\n", []string{"telemetry.jsonl:1: power_w is -3"}},
		{"an event beyond all time", fileEvents, `{"t":9223372036854775807}` + "\n", []string{"events.jsonl:1: t is 9223372036854775807"}},
		{"two stages of one name", fileRun, `{"format":1,"stages":[{"name":"a"},{"name":"a"}]}`, []string{`run.json: two stages are named "a"`}},
		{"two targets of one name", fileRun, `{"format":1,"targets":[{"name":"a"},{"name":"a"}]}`, []string{`run.json: two targets are named "a"`}},
		{"a price that overflows", fileRun, `{"format":1,"targets":[{"name":"a","price":{"input":1e308}}]}`, []string{`target "a": a price is 1e+308`}},
		{"weights that overflow", fileRun, `{"format":1,"policy":{"weights":{"cost":1e308,"quality":1e308}}}`, []string{"the weights add up to +Inf"}},
		{"a newer format", fileRun, `{"format":2,"targets":"elsewhere"}`, []string{"format 2", "use a newer switchover"}},
		{"something else", fileRun, `{"name":"x"}`, []string{"not a run of this program"}},
		{"no JSON", fileRun, `format: 1`, []string{"run.json: invalid character"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := Read(folder(t, tc.file, tc.content))
			if err == nil {
				t.Fatalf("read %+v", d)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestReadRefusesFolders(t *testing.T) {
	if _, err := Read(t.TempDir()); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "is no run folder") {
		t.Errorf("an empty folder: %v", err)
	}
	dir := folder(t, "", "")
	if err := os.Remove(filepath.Join(dir, fileRequests)); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without requests: %v", err)
	}
	if _, _, err := Reopen(dir, time.Time{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reopened without requests: %v", err)
	}
	if _, _, err := Reopen(t.TempDir(), time.Time{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reopening what is no run: %v", err)
	}
}

func TestReadTolerates(t *testing.T) {
	d, err := Read(folder(t, fileRequests, `{"id":"a","from_the_future":{"x":1},"text":"first"}
{"id":"b"}
{"id":"a","text":"again"}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Records) != 2 || d.Records[0].Text != "again" || d.Replaced != 1 {
		t.Errorf("a later line of the same id does not count: %+v", d.Records)
	}
	if s, _ := Summarise(d); !strings.Contains(strings.Join(s.Warnings, "\n"), "1 records were written again") {
		t.Errorf("the summary does not say it: %q", s.Warnings)
	}
}

// FuzzRequests feeds anything as requests.jsonl: it is read or refused with the
// file's name, and what was read survives being written and read again.
func FuzzRequests(f *testing.F) {
	var seed bytes.Buffer
	for _, r := range incFirst() {
		seed.Write(append(data(r), '\n'))
	}
	f.Add(seed.Bytes())
	f.Add([]byte(`{"id":"a","chunks":[[1,2,"c"],[3,4,"\u0063"],[-1,0,""]],"intended":null}` + "\n{\"id\""))
	f.Add([]byte("null\n[]\n"))
	f.Add([]byte(`{"id":"a","stage":"steady","target":"inc","complete":true,"intended":-9223372036854775808,"start":1,"end":9223372036854775807,"first_token":0,"last_token":9,"chunks":[[1,1,"c"],[9223372036854775807,9223372036854775807,"c"],[1,9223372036854775807,"c"]]}` + "\n"))
	run := handmadeRun()
	f.Fuzz(func(t *testing.T, content []byte) {
		d := &Data{Run: run, Conversations: handmadeConversations}
		torn, err := d.skim(fileRequests, bytes.NewReader(content))
		if err != nil {
			return
		}
		if lines := bytes.Count(content, []byte("\n")); d.skimmed.pack.n+d.Replaced != lines {
			t.Errorf("%d lines gave %d records and %d replaced", lines, d.skimmed.pack.n, d.Replaced)
		}
		if rest := len(content) - 1 - bytes.LastIndexByte(content, '\n'); torn != rest {
			t.Errorf("%d bytes of a torn line, want %d", torn, rest)
		}
		s, _ := Summarise(d)
		if _, err := json.Marshal(s); err != nil {
			t.Errorf("the summary cannot be written: %v", err)
		}
		written := wholeLines(t, d.skimmed, content)
		again := &Data{}
		if _, err := again.skim(fileRequests, bytes.NewReader(written)); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if twice := wholeLines(t, again.skimmed, written); !bytes.Equal(written, twice) {
			t.Errorf("read and written again:\n%s\nwas\n%s", twice, written)
		}
		checkPacked(t, d, written)
	})
}

// wholeLines are the records with their texts, as lines.
func wholeLines(t *testing.T, rs *skimmed, content []byte) []byte {
	var b bytes.Buffer
	err := rs.whole(bytes.NewReader(content), func(r *Record) error {
		b.Write(append(data(r), '\n'))
		return nil
	})
	if err != nil {
		t.Fatalf("what was read cannot be read again: %v", err)
	}
	return b.Bytes()
}

// checkPacked holds what is packed against the lines that it was made of: but for
// the texts and their order it is the same.
func checkPacked(t *testing.T, d *Data, lines []byte) {
	have, want := map[string]bool{}, map[string]bool{}
	for r := range d.All() {
		have[string(data(r))] = true
	}
	for line := range bytes.Lines(lines) {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		r.Text, r.ReasoningText, r.ToolCalls, r.RequestHash = "", "", nil, ""
		want[string(data(&r))] = true
	}
	if !maps.Equal(have, want) {
		t.Errorf("packed:\n%v\nwant\n%v", have, want)
	}
}

// FuzzDecode holds the quick way of reading a line against encoding/json's: what
// it takes, that takes too, for the same record, its texts wanted or not.
func FuzzDecode(f *testing.F) {
	for _, r := range append(incFirst(), candAll()...) {
		f.Add([]byte(data(r)))
	}
	for _, s := range []string{
		`{"id":"a"}`, `{}`, `{"id":"a",}`, `{"id":"a"}x`, `{"id":"a","segment":1,"segment":2}`, `{"target":"x","segment":1}`, `{"segment":-0,"turn":00}`,
		`{"id":"\u00e9\n","item":"\ud800","text":"\"\\ \u2028","request_hash":"00"}`, `{"text":"\x"}`, `{"text":"\u12"}`, "{\"text\":\"\t\"}", "{\"item\":\"\xff\"}",
		`{"cost_usd":1e-7}`, `{"cost_usd":0x1p-2}`, `{"cost_usd":1_0}`, `{"cost_usd":.5}`, `{"intended":null}`, `{"session":9223372036854775808}`, `{"session":1.0}`,
		`{"chunks":[]}`, `{"chunks":[[1,2,"c"],[3,4,"t"]]}`, `{"chunks":[[1,2,"cc"]]}`, `{"chunks":[[1,2,"c",4]]}`, `{"chunks":null}`,
		`{"error":{"class":"server","message":"a\"b","retry_after":5},"complete":true,"finish":"stop"}`, `{"error":{}}`, `{"error":null}`,
		`{"tool_calls":[{"id":"1","name":"f","arguments":"{\"x\":1}"},{"name":"g","arguments":""}]}`, `{"tool_calls":[{"arguments":"","name":"f"}]}`, `{"tool_calls":[]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var slow Record
		failed := json.Unmarshal(line, &slow)
		for _, whole := range []bool{true, false} {
			var quick Record
			d := newDecoder(whole)
			d.lexer = lexer{b: line}
			id, ok := d.record(&quick)
			if !ok {
				continue
			}
			if failed != nil {
				t.Fatalf("the quick way reads %q, json says %v", line, failed)
			}
			want := slow
			if !whole {
				want.ID, want.Text, want.ReasoningText, want.ToolCalls, want.RequestHash = "", "", "", nil, ""
			}
			if string(id) != slow.ID || !reflect.DeepEqual(quick, want) {
				t.Fatalf("%q, texts %v: %+v of id %q, json says %+v", line, whole, quick, id, slow)
			}
		}
	})
}

// What this program writes is read the quick way.
func TestDecodeIsQuick(t *testing.T) {
	for _, r := range append(incFirst(), candAll()...) {
		r.Text, r.ReasoningText, r.RequestHash = "a \"quoted\" line\nand é", "\u2028", "00ff"
		r.ToolCalls = []chat.ToolCall{{ID: "1", Name: "f", Arguments: `{"x":1}`}}
		line, err := r.appendJSON(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, whole := range []bool{true, false} {
			d := newDecoder(whole)
			d.lexer = lexer{b: line}
			if _, ok := d.record(new(Record)); !ok {
				t.Errorf("not read the quick way: %s", line)
			}
		}
	}
}

// FuzzChunk holds the quick way of reading a chunk against encoding/json's.
func FuzzChunk(f *testing.F) {
	for _, s := range []string{`[1,2,"c"]`, `[01,2,"c"]`, `[1,2,"\\"]`, `[1,2,"é"]`, `[+1,2,"c"]`, `[1e3,2,"c"]`, `[1,2,"""]`, `[ 1,2,"c"]`, "[1,2,\"\x80\"]", `[1_0,2,"c"]`, `[-0,2,"c"]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var c Chunk
		if !json.Valid(b) || !c.scan(b) {
			return
		}
		var parts [3]any
		if err := json.Unmarshal(b, &parts); err != nil {
			t.Fatalf("the quick way reads %q, json says %v", b, err)
		}
		var gap time.Duration
		var tokens int
		var kind string
		if err := json.Unmarshal(b, &[]any{&gap, &tokens, &kind}); err != nil || c != (Chunk{gap, tokens, kind}) {
			t.Fatalf("%q: %+v, json says %v %v %q, %v", b, c, gap, tokens, kind, err)
		}
	})
}
