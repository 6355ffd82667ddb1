package wire

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchover/targets/chat"
)

var limitsNow = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// limitOf makes a limit of what was said; -1 is nothing.
func limitOf(most, left int64, reset time.Duration) chat.RateLimit {
	l := chat.RateLimit{}
	if most >= 0 {
		l.Limit = most
	}
	if left >= 0 {
		l.Remaining = &left
	}
	if reset >= 0 {
		l.Reset = &reset
	}
	return l
}

func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestRateLimits(t *testing.T) {
	for _, tc := range []struct {
		intent string
		header http.Header
		want   *chat.RateLimits
	}{
		{"none", headers("Content-Type", "application/json"), nil},
		{"OpenAI's", headers("x-ratelimit-limit-requests", "60", "x-ratelimit-remaining-requests", "59", "x-ratelimit-reset-requests", "1s",
			"x-ratelimit-limit-tokens", "150000", "x-ratelimit-remaining-tokens", "149984", "x-ratelimit-reset-tokens", "6m0s"),
			&chat.RateLimits{Requests: limitOf(60, 59, time.Second), Tokens: limitOf(150000, 149984, 6*time.Minute)}},
		{"Groq's fractions of a second", headers("x-ratelimit-limit-requests", "14400", "x-ratelimit-remaining-requests", "14370", "x-ratelimit-reset-requests", "2m59.56s"),
			&chat.RateLimits{Requests: limitOf(14400, 14370, 179560*time.Millisecond)}},
		{"Azure's seconds", headers("x-ratelimit-limit-tokens", "8000", "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "37"),
			&chat.RateLimits{Tokens: limitOf(8000, 0, 37*time.Second)}},
		{"Azure's no figures", headers("x-ratelimit-limit-tokens", "-1", "x-ratelimit-remaining-tokens", "-1", "x-ratelimit-reset-tokens", "0",
			"x-ratelimit-limit-requests", "0", "x-ratelimit-remaining-requests", "0"), nil},
		{"Anthropic's, to the response's own clock", headers("Date", "Mon, 23 Nov 2026 11:00:00 GMT",
			"anthropic-ratelimit-requests-limit", "4000", "anthropic-ratelimit-requests-remaining", "3999", "anthropic-ratelimit-requests-reset", "2026-11-23T11:00:30Z",
			"anthropic-ratelimit-tokens-limit", "480000", "anthropic-ratelimit-tokens-remaining", "479000",
			"anthropic-ratelimit-input-tokens-limit", "400000", "anthropic-ratelimit-input-tokens-remaining", "399000", "anthropic-ratelimit-input-tokens-reset", "2026-11-23T10:59:59Z",
			"anthropic-ratelimit-output-tokens-limit", "80000", "anthropic-ratelimit-output-tokens-remaining", "80000"),
			&chat.RateLimits{Requests: limitOf(4000, 3999, 30*time.Second), Tokens: limitOf(480000, 479000, -1),
				InputTokens: limitOf(400000, 399000, 0), OutputTokens: limitOf(80000, 80000, -1)}},
		{"Mistral's by size", headers("x-ratelimitbysize-limit-minute", "500000", "x-ratelimitbysize-remaining-minute", "499900", "x-ratelimitbysize-limit-month", "1000000000",
			"ratelimitbysize-reset", "21"),
			&chat.RateLimits{Tokens: limitOf(500000, 499900, -1)}},
		{"Mistral's by minute", headers("x-ratelimit-limit-tokens-minute", "500000", "x-ratelimit-remaining-tokens-minute", "499900",
			"x-ratelimit-limit-req-minute", "60", "x-ratelimit-remaining-req-minute", "59"),
			&chat.RateLimits{Requests: limitOf(60, 59, -1), Tokens: limitOf(500000, 499900, -1)}},
		{"plain names, and a moment in milliseconds", headers("X-RateLimit-Limit", "20", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1795428060000"),
			&chat.RateLimits{Requests: limitOf(20, 0, time.Minute)}},
		{"a moment in seconds", headers("X-RateLimit-Limit", "20", "X-RateLimit-Reset", "1795428002"), &chat.RateLimits{Requests: limitOf(20, -1, 2*time.Second)}},
		{"what remains alone", headers("x-ratelimit-remaining-tokens", "12"), &chat.RateLimits{Tokens: limitOf(-1, 12, -1)}},
		{"nonsense", headers("x-ratelimit-limit-requests", "many", "x-ratelimit-remaining-requests", "NaN", "x-ratelimit-limit-tokens", "1e300",
			"X-RateLimit-Limit", "100;w=60", "x-tokenlimit-limit", "Inf"), nil},
		{"a nonsensical wait is not said", headers("x-ratelimit-limit-requests", "60", "x-ratelimit-reset-requests", "-3s"), &chat.RateLimits{Requests: limitOf(60, -1, -1)}},
		{"a wait of years is not said", headers("x-ratelimit-limit-requests", "60", "x-ratelimit-reset-requests", "99999999"), &chat.RateLimits{Requests: limitOf(60, -1, -1)}},
	} {
		if diff := cmp.Diff(tc.want, RateLimits(tc.header, limitsNow)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.intent, diff)
		}
	}
}

// FuzzRateLimits: whatever the headers say, what is read can be, and a limit is no
// other for what remains of it.
func FuzzRateLimits(f *testing.F) {
	f.Add("60", "59", "6m0s", "Mon, 23 Nov 2026 11:00:00 GMT")
	f.Add("1e15", "-1", "2026-11-23T11:00:30Z", "")
	f.Add("0", "NaN", "1795428060000", "x")
	f.Fuzz(func(t *testing.T, most, left, reset, date string) {
		for i := range knownLimits {
			k := &knownLimits[i]
			h := http.Header{"Date": {date}, k.limit: {most}, k.remaining: {left}, k.reset: {reset}}
			got := RateLimits(h, limitsNow)
			if got == nil {
				continue
			}
			l := k.of(got)
			if l.Limit < 0 || l.Limit > maxLimit || l.Remaining != nil && *l.Remaining < 0 ||
				l.Reset != nil && (*l.Reset < 0 || *l.Reset > maxReset) || l.Limit == 0 && l.Remaining == nil {
				t.Errorf("%s: %+v", k.limit, l)
			}
			h.Del(k.remaining)
			if without := RateLimits(h, limitsNow); without != nil && !got.SameLimits(without) {
				t.Errorf("%s: %+v is another limit than %+v", k.limit, got, without)
			}
		}
	})
}
