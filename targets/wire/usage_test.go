package wire

import (
	"encoding/json"
	"fmt"
	"testing"

	"switchover/targets/chat"
)

func TestUsageIsBelievedWholeOrNotAtAll(t *testing.T) {
	for _, tc := range []struct{ intent, usage, want string }{
		{"as OpenAI counts", `{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":6},"completion_tokens_details":{"reasoning_tokens":3}}`,
			"input 4, cached 6, output 4, reasoning 3"},
		{"written to the cache", `{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":6,"cache_write_tokens":3}}`,
			"input 1, cached 6, written 3, output 4"},
		{"more in the cache than asked", `{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":6,"cache_write_tokens":5}}`, "none"},
		{"no total", `{"prompt_tokens":10,"completion_tokens":4}`, "input 10, output 4"},
		{"a total that was not filled in", `{"prompt_tokens":10,"completion_tokens":4,"total_tokens":0}`, "input 10, output 4"},
		{"a total with thoughts that nobody counted", `{"prompt_tokens":10,"completion_tokens":4,"total_tokens":99}`, "input 10, output 4"},
		{"reasoning beside the completion", `{"prompt_tokens":10,"completion_tokens":4,"total_tokens":17,"completion_tokens_details":{"reasoning_tokens":3}}`,
			"input 10, output 7, reasoning 3"},
		{"only the output", `{"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":6}}`, "output 4"},
		{"the longest context there is, and more", `{"prompt_tokens":10000000,"completion_tokens":4}`, "input 10000000, output 4"},

		{"nothing", ``, "none"},
		{"null", `null`, "none"},
		{"empty", `{}`, "none"},
		{"a negative prompt", `{"prompt_tokens":-5,"completion_tokens":4}`, "none"},
		{"a negative completion", `{"prompt_tokens":5,"completion_tokens":-4}`, "none"},
		{"an absurd prompt", `{"prompt_tokens":1000000000000000000,"completion_tokens":4}`, "none"},
		{"an absurd completion", `{"prompt_tokens":5,"completion_tokens":1000000000}`, "none"},
		{"a number that no machine holds", `{"prompt_tokens":5,"completion_tokens":1e999}`, "none"},
		{"absurd reasoning would be added to the output", `{"prompt_tokens":5,"completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":1000000000}}`, "none"},
		{"negative reasoning", `{"prompt_tokens":5,"completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":-1}}`, "none"},
		{"more cached than asked", `{"prompt_tokens":5,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":6}}`, "none"},
		{"a total below its parts", `{"prompt_tokens":500,"completion_tokens":4,"total_tokens":9}`, "none"},
		{"words", `{"prompt_tokens":"many","completion_tokens":4}`, "none"},
	} {
		if got := told(usage(json.RawMessage(tc.usage))); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.intent, got, tc.want)
		}
	}
}

func told(u *chat.Usage) string {
	if u == nil {
		return "none"
	}
	out := ""
	for _, c := range []struct {
		name string
		n    *int
	}{{"input", u.Input}, {"cached", u.CacheRead}, {"written", u.CacheWrite}, {"output", u.Output}, {"reasoning", u.Reasoning}} {
		if c.n != nil {
			if out != "" {
				out += ", "
			}
			out += fmt.Sprintf("%s %d", c.name, *c.n)
		}
	}
	return out
}
