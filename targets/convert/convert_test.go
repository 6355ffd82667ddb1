package convert

import (
	"encoding/json"
	"strings"
	"testing"

	"switchover/targets/chat"
	"switchover/targets/wire"
)

func to(t *testing.T, protocol string) wire.Protocol {
	t.Helper()
	p, ok := wire.Lookup(protocol)
	if !ok {
		t.Fatalf("no protocol %s", protocol)
	}
	return p
}

const asked = `{"model":"claude-sonnet-5","max_tokens":64,"top_k":40,"system":"Be brief.","messages":[{"role":"user","content":"Where is my order?"}]}`

func TestARequestIsConverted(t *testing.T) {
	c := Converter{From: "anthropic", Protocol: to(t, "openai"), Model: "gpt-5"}
	got := c.Convert([]byte(asked))
	if got.Refused != nil {
		t.Fatal(got.Refused)
	}
	var body struct {
		Model    string
		Messages []struct{ Role, Content string }
	}
	if err := json.Unmarshal(got.Body, &body); err != nil {
		t.Fatal(err)
	}
	if body.Model != "gpt-5" || len(body.Messages) != 2 || body.Messages[0].Role != "system" || body.Messages[1].Content != "Where is my order?" {
		t.Errorf("%s", got.Body)
	}
	fields := map[string]bool{}
	for _, f := range got.Fields {
		fields[f.Field.String()] = true
	}
	if !fields["system"] || !fields["max_tokens"] || !fields["top_k"] {
		t.Errorf("fields %v", got.Fields)
	}
}

// A line of a batch file becomes one that the other API takes.
func TestBatchLines(t *testing.T) {
	chat := `{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":9}`
	for _, tc := range []struct{ from, to, line, want string }{
		{"anthropic", "openai", `{"custom_id":"r-1","params":` + asked + `}`, `{"custom_id":"r-1","method":"POST","url":"/v1/chat/completions","body":{`},
		{"anthropic", "anthropic", `{"custom_id":"r-1","params":` + strings.Replace(asked, "claude-sonnet-5", "m", 1) + `}`, `{"custom_id":"r-1","params":{`},
		{"anthropic", "ollama", `{"custom_id":"r-1","params":` + asked + `}`, `{"custom_id":"r-1","params":{`},
		{"openai", "anthropic", `{"custom_id":1,"method":"POST","url":"/v1/chat/completions","body":` + chat + `}`, `{"custom_id":1,"params":{`},
		{"openai", "openai-responses", `{"custom_id":1,"method":"POST","url":"/v1/chat/completions","body":` + chat + `}`, `{"custom_id":1,"method":"POST","url":"/v1/responses","body":{`},
		{"openai", "mistral", `{"custom_id":1,"method":"POST","url":"/v1/chat/completions","body":` + chat + `}`, `{"custom_id":1,"body":{`},
		{"openai", "mistral", `{"request":` + chat + `,"response":{}}`, `{"model":"m",`},
		{"openai", "openai", `{"body":{"a":1},` + chat[1:], `{"body":{"a":1},"max_tokens":9,`},
	} {
		c := Converter{From: tc.from, Protocol: to(t, tc.to)}
		if got := c.Convert([]byte(tc.line)); got.Refused != nil || !strings.HasPrefix(string(got.Body), tc.want) {
			t.Errorf("%s to %s: %v: %s, want %s", tc.from, tc.to, got.Refused, got.Body, tc.want)
		}
	}
	c := Converter{From: "openai", Protocol: to(t, "openai")}
	if got := c.Convert([]byte(`{"custom_id":1,"custom_id":2,"body":` + chat + `}`)); !got.Invalid() || got.Refused.Error() != "custom_id is there twice: keep one" {
		t.Errorf("two ids: %v: %s", got.Refused, got.Body)
	}
}

// Where the model is named is not to be mistaken in an address that looks like its name.
func TestWhereTheModelIs(t *testing.T) {
	for protocol, want := range map[string]bool{"anthropic": false, "bedrock": true, "gemini": true, "openai": false} {
		c := Converter{From: "anthropic", Protocol: to(t, protocol), Model: "m"}
		if got := c.Convert([]byte(asked)); got.Addressed != want {
			t.Errorf("%s: %v, want %v, %v", protocol, got.Addressed, want, got.Refused)
		}
	}
}

func TestStrictRefusesALoss(t *testing.T) {
	lossy := fates(chat.FieldSet(0).With(chat.FieldSystem), []chat.Loss{chat.Lose(chat.FieldTopK, chat.Dropped, "has none"), chat.Lose(chat.FieldTopK, chat.Approximate, "")})
	if len(lossy) != 2 || lossy[0].Fate != chat.Lossless || lossy[1].Fate != chat.Dropped {
		t.Errorf("fates %v", lossy)
	}
	seeded := `{"model":"m","seed":7,"messages":[{"role":"user","content":"Hi"}]}`
	c := Converter{From: "openai", Protocol: to(t, "anthropic"), Strict: true}
	got := c.Convert([]byte(seeded))
	if got.Body != nil || got.Refused == nil || got.Invalid() || !strings.Contains(got.Refused.Error(), "seed: dropped") {
		t.Errorf("%v: %s", got.Refused, got.Body)
	}
}

func TestAnInvalidRequestIsRefused(t *testing.T) {
	c := Converter{From: "anthropic", Protocol: to(t, "openai")}
	for _, src := range []string{`{}`, `[]`, `{"model":"m","max_tokens":1,"messages":[]}`, `{"custom_id":"x","params":{"model":"m"}}`} {
		if got := c.Convert([]byte(src)); !got.Invalid() || got.Body != nil {
			t.Errorf("%s: %v", src, got.Refused)
		}
	}
}

func TestRequestsOfAFile(t *testing.T) {
	for _, tc := range []struct {
		intent, file string
		want         string // of each its line and its length
	}{
		{"a line each", "{\"a\":1}\n\n{\"b\":2}", "1:7 3:7"},
		{"one over several lines, then another", "{\n  \"a\": {\n  }\n}\n{\"b\":2}\n", "1:16 5:7"},
		{"a broken line does not swallow the next", "{\"a\":1\n{\"b\":2}\n", "1:6 2:7"},
		{"an object that never closes", "{\n\"a\":1,\n", "1:8"},
		{"nothing", "\n", ""},
	} {
		var got []string
		for r, err := range Requests(strings.NewReader(tc.file)) {
			if err != nil {
				t.Fatal(err)
			}
			b, _ := json.Marshal(len(strings.TrimSpace(string(r.JSON))))
			n, _ := json.Marshal(r.Line)
			got = append(got, string(n)+":"+string(b))
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %q, want %q", tc.intent, got, tc.want)
		}
	}
	for file, want := range map[string]string{"\n[\n{}\n]\n": "line 2: a list begins here", "\x1f\x8b\b": "gunzip", "\xff\xfe{\x00": "UTF-16"} {
		for _, err := range Requests(strings.NewReader(file)) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %s", file, err, want)
			}
		}
	}
	long := strings.NewReader("{" + strings.Repeat(" ", MaxRequest) + "}")
	for _, err := range Requests(long) {
		if err == nil || !strings.Contains(err.Error(), "line 1: the request has more than 33554432 bytes") {
			t.Errorf("a request that is too long: %v", err)
		}
	}
}

func TestTally(t *testing.T) {
	var tally Tally
	c := Converter{From: "anthropic", Protocol: to(t, "openai")}
	for range 2 {
		tally.Add(c.Convert([]byte(asked)))
	}
	tally.Add(c.Convert([]byte(`{}`)))
	if tally.Requests != 3 || tally.Converted != 2 || tally.Invalid != 1 || tally.Fields[0].Field != "system" || tally.Fields[0].Requests != 2 {
		t.Errorf("%+v", tally)
	}
}
