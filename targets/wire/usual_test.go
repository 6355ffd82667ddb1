package wire

import (
	"encoding/json"
	"reflect"
	"testing"
)

var usualDocuments = []string{
	`{"id":"c","object":"chat.completion","created":17,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi \"you\"\n漢"},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":null}}`,
	`{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"reasoning_content":"hm","content":null,"tool_calls":[],"refusal":null},"finish_reason":null}],"usage":null}`,
	` { "choices" : [ { "delta" : { "content" : "a" , "x" : [ { "y" : "]}" } , 1.5e3 , true ] } } ] , "error" : { "code" : 3 } } `,
	`{"object":"text_completion","choices":[{"index":0,"text":" spare","logprobs":null,"finish_reason":null}],"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2}}}`,
	`{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":0}}`,
}

// Of these every one is valid, and none is decoded quickly.
var unusualDocuments = []string{
	`[]`, `null`, `"x"`, `3`,
	`{"choices":null}`, `{"choices":[null]}`, `{"choices":{}}`, `{"model":3}`,
	`{"choices":[{"delta":null}]}`, `{"choices":[{"index":1.0}]}`, `{"choices":[{"index":-1}]}`, `{"choices":[{"index":1234567890}]}`,
	`{"Model":"m"}`, `{"mod\u0065l":"m"}`, `{"\u017f":1}`, `{"ſ":1}`, `{"model":"m","model":"n"}`,
	`{"choices":[{"delta":{"content":[{"type":"text","text":"a"}]}}]}`, `{"choices":[{"delta":{"content":"a","content":"b"}}]}`,
	`{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}`,
}

func decodedQuickly(t *testing.T, data []byte) bool {
	t.Helper()
	var quick, full openAIEvent
	ok := quick.usual(data)
	err := json.Unmarshal(data, &full)
	if ok && (err != nil || !reflect.DeepEqual(quick, full)) {
		t.Fatalf("%s:\nquickly %+v\nin full %+v, %v", data, quick, full, err)
	}
	if !json.Valid(data) {
		return ok
	}
	var quickUsage, fullUsage openAIUsage
	okUsage := quickUsage.usual(data)
	err = json.Unmarshal(data, &fullUsage)
	if okUsage && (err != nil || !reflect.DeepEqual(quickUsage, fullUsage)) {
		t.Fatalf("%s as usage:\nquickly %+v\nin full %+v, %v", data, quickUsage, fullUsage, err)
	}
	return ok
}

// What is decoded quickly says the same as what is decoded in full.
func TestUsualDocuments(t *testing.T) {
	for _, s := range usualDocuments {
		if !decodedQuickly(t, []byte(s)) {
			t.Errorf("not decoded quickly: %s", s)
		}
	}
	for _, s := range unusualDocuments {
		if decodedQuickly(t, []byte(s)) {
			t.Errorf("decoded quickly: %s", s)
		}
	}
	u := `{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_cache_hit_tokens":2,"completion_tokens_details":{"reasoning_tokens":1}}`
	if !new(openAIUsage).usual([]byte(u)) {
		t.Errorf("not decoded quickly: %s", u)
	}
	decodedQuickly(t, []byte(u))
}

func FuzzUsual(f *testing.F) {
	for _, s := range append(usualDocuments, unusualDocuments...) {
		f.Add([]byte(s))
	}
	f.Add([]byte(`{"prompt_tokens":null,"prompt_tokens_details":{"cached_tokens":null},"total_tokens":1}`))
	f.Fuzz(func(t *testing.T, data []byte) { decodedQuickly(t, data) })
}

func BenchmarkDocument(b *testing.B) {
	data := []byte(usualDocuments[0])
	b.Run("quickly", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var e openAIEvent
			if !e.usual(data) || usage(e.Usage) == nil {
				b.Fatal("not decoded")
			}
		}
	})
	b.Run("in full", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var e openAIEvent
			var u openAIUsage
			if json.Unmarshal(data, &e) != nil || json.Unmarshal(e.Usage, &u) != nil {
				b.Fatal("not decoded")
			}
		}
	})
}
