package targets

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/secret"
	"switchover/targets/wire"
)

func TestOpenRefuses(t *testing.T) {
	for _, tc := range []struct{ intent, url, key, say string }{
		{"no scheme", "127.0.0.1:8000", "", "its url"},
		{"a scheme that is not HTTP", "ftp://host/v1", "", "want http:// or https://"},
		{"no host", "http:///v1", "", "names no host"},
		{"a password in the address", "https://user:hunter22@host/v1", "", "user or password"},
		{"a key in the address", "https://host/v1?api_key=hunter22", "", "has a query"},
		{"a key by another name in the address", "https://host/v1?code=hunter22", "", "has a query"},
		{"a fragment", "https://host/v1#hunter22", "", "fragment"},
		{"not an address", "http://host:port/hunter22", "", "cannot be read"},
		{"a key with a line end", "https://host/v1", "hunter22\n", "line end"},
	} {
		_, err := Open(Spec{Name: "t", Protocol: wire.OpenAI{}, Endpoint: wire.Endpoint{URL: tc.url, Key: secret.New(tc.key)}})
		if err == nil || !strings.Contains(err.Error(), tc.say) || !strings.HasPrefix(err.Error(), "opening target t: ") {
			t.Errorf("%s: %v, want %q", tc.intent, err, tc.say)
		} else if strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%s: the error holds the secret: %v", tc.intent, err)
		}
	}
	if _, err := Open(Spec{Name: "t", Endpoint: wire.Endpoint{URL: "http://host"}}); err == nil {
		t.Error("opened without a protocol")
	}
}

func TestWarnings(t *testing.T) {
	for _, tc := range []struct {
		url, key string
		want     int
	}{
		{"http://192.0.2.1:8000/v1", canary, 1}, {"http://192.0.2.1:8000/v1", "", 0}, {"https://192.0.2.1/v1", canary, 0},
		{"http://127.0.0.1:8000/v1", canary, 0}, {"http://[::1]:8000/v1", canary, 0}, {"http://localhost/v1", canary, 0},
		{"https://host/v1", "EMPTY", 1},
	} {
		target, err := Open(Spec{Name: "t", Protocol: wire.OpenAI{}, Endpoint: wire.Endpoint{URL: tc.url, Key: secret.New(tc.key)}})
		if err != nil {
			t.Fatal(err)
		}
		if got := target.Warnings(); len(got) != tc.want {
			t.Errorf("%s, key of %d bytes: %q", tc.url, len(tc.key), got)
		}
		target.Close()
	}
}

func TestRetryNext(t *testing.T) {
	failed := func(class chat.Class, attempt int, after time.Duration) *results.Record {
		rec := &results.Record{Attempt: attempt, Error: &results.Error{Class: class}}
		if after > 0 {
			rec.Error.RetryAfter = results.At(after)
		}
		return rec
	}
	begun := failed(chat.TimeoutIdle, 1, 0)
	begun.FirstToken = results.At(time.Second)
	for _, tc := range []struct {
		intent string
		retry  Retry
		rec    *results.Record
		u      float64
		wait   time.Duration
		again  bool
	}{
		{"first wait, lowest draw", Retry{}, failed(chat.Server, 1, 0), 0, 500 * ms, true},
		{"first wait, highest draw", Retry{}, failed(chat.Server, 1, 0), 0.999999999, time.Second, true},
		{"second wait is doubled", Retry{}, failed(chat.Overloaded, 2, 0), 0, time.Second, true},
		{"three attempts by default", Retry{}, failed(chat.Overloaded, 3, 0), 0, 0, false},
		{"one attempt", Retry{Attempts: 1}, failed(chat.Overloaded, 1, 0), 0, 0, false},
		{"the backoff is capped", Retry{Attempts: 1000, Backoff: time.Minute}, failed(chat.Connect, 999, 0), 0, 15 * time.Second, true},
		{"Retry-After comes first", Retry{}, failed(chat.RateLimited, 1, 7*time.Second), 0.5, 7*time.Second + 250*ms, true},
		{"a Retry-After too long ends the request", Retry{}, failed(chat.RateLimited, 1, time.Hour), 0, time.Hour, false},
		{"an empty account stays empty", Retry{}, failed(chat.Quota, 1, 0), 0, 0, false},
		{"an interrupted stream is not asked again", Retry{}, failed(chat.Interrupted, 1, 0), 0, 0, false},
		{"nor one whose content had begun", Retry{}, begun, 0, 0, false},
		{"success", Retry{}, &results.Record{Attempt: 1, Complete: true}, 0, 0, false},
	} {
		wait, again := tc.retry.Next(tc.rec, tc.u)
		if again != tc.again || wait.Round(time.Microsecond) != tc.wait {
			t.Errorf("%s: %v, %v; want %v, %v", tc.intent, wait, again, tc.wait, tc.again)
		}
	}
}

func TestCountTokens(t *testing.T) {
	n := func(v int) *int { return &v }
	type piece struct {
		bytes int32
		kind  string
	}
	for _, tc := range []struct {
		intent string
		pieces []piece
		usage  *chat.Usage
		tokens string // per chunk
		output int
		source string
	}{
		{"one token an event", []piece{{1, "c"}, {13, "c"}, {4, "c"}}, &chat.Usage{Output: n(3)}, "[1 1 1]", 3, "usage"},
		{"several tokens an event, by bytes", []piece{{10, "c"}, {30, "c"}, {20, "c"}}, &chat.Usage{Output: n(15)}, "[3 7 5]", 15, "usage"},
		{"fewer tokens than events", []piece{{10, "c"}, {10, "c"}, {10, "c"}, {10, "c"}}, &chat.Usage{Output: n(2)}, "[1 0 1 0]", 2, "usage"},
		{"no usage: chunks", []piece{{10, "c"}, {99, "c"}}, nil, "[1 1]", 2, "chunks"},
		{"a usage of 0 beside content is none", []piece{{10, "c"}}, &chat.Usage{Input: n(0), Output: n(0)}, "[1]", 1, "chunks"},
		{"reasoning billed but not streamed", []piece{{10, "c"}, {10, "c"}}, &chat.Usage{Output: n(102), Reasoning: n(100)}, "[1 1]", 102, "usage"},
		{"reasoning streamed and counted", []piece{{10, "r"}, {10, "c"}, {10, "c"}}, &chat.Usage{Output: n(10), Reasoning: n(6)}, "[6 2 2]", 10, "usage"},
		{"reasoning streamed and not counted", []piece{{10, "r"}, {10, "c"}}, &chat.Usage{Output: n(10), Reasoning: n(0)}, "[5 5]", 10, "usage"},
		{"nothing but reasoning", []piece{{10, "r"}, {10, "r"}}, &chat.Usage{Output: n(10), Reasoning: n(10)}, "[5 5]", 10, "usage"},
		{"an empty answer", nil, &chat.Usage{Output: n(0)}, "[]", 0, "usage"},
		{"nothing known", nil, nil, "[]", -1, ""},
	} {
		rec := &results.Record{}
		var sizes []int32
		for _, p := range tc.pieces {
			rec.Chunks = append(rec.Chunks, results.Chunk{Kind: p.kind})
			sizes = append(sizes, p.bytes)
		}
		countTokens(rec, sizes, tc.usage)
		tokens := make([]int, len(rec.Chunks))
		for i, c := range rec.Chunks {
			tokens[i] = c.Tokens
		}
		if got := fmt.Sprint(tokens); got != tc.tokens || rec.OutputTokens.Or(-1) != tc.output || rec.TokenSource != tc.source {
			t.Errorf("%s: %s, output %d from %q; want %s, %d from %q", tc.intent, got, rec.OutputTokens.Or(-1), rec.TokenSource, tc.tokens, tc.output, tc.source)
		}
	}
}

func ExampleOpen() {
	target, err := Open(Spec{Name: "local", Protocol: wire.OpenAI{}, Endpoint: wire.Endpoint{URL: "http://[::1]:9/v1", Model: "m"},
		Timeouts: Timeouts{Connect: time.Second}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer target.Close()
	fmt.Println(target.Spec().Timeouts.Total)
	// Output: 5m0s
}
