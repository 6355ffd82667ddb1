package wire

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchover/targets/chat"
)

// limitHeaders are the header fields of one limit, in canonical form; empty where a
// provider has none such.
type limitHeaders struct {
	of                      func(*chat.RateLimits) *chat.RateLimit
	limit, remaining, reset string
}

func ofRequests(r *chat.RateLimits) *chat.RateLimit { return &r.Requests }
func ofTokens(r *chat.RateLimits) *chat.RateLimit   { return &r.Tokens }
func ofInput(r *chat.RateLimits) *chat.RateLimit    { return &r.InputTokens }
func ofOutput(r *chat.RateLimits) *chat.RateLimit   { return &r.OutputTokens }

// knownLimits are those of every provider, in the order in which they are believed:
// limits of a minute before those of longer.
//
// Sources: https://platform.openai.com/docs/guides/rate-limits (Azure and Groq have
// the same names), https://docs.claude.com/en/api/rate-limits (tokens altogether are
// those of the strictest limit), the Mistral API's responses (two generations of
// names), https://docs.together.ai/docs/rate-limits,
// https://openrouter.ai/docs/api-reference/limits.
var knownLimits = func() []limitHeaders {
	var out []limitHeaders
	add := func(of func(*chat.RateLimits) *chat.RateLimit, pattern string) {
		name := func(what string) string {
			return http.CanonicalHeaderKey(strings.Replace(pattern, "*", what, 1))
		}
		out = append(out, limitHeaders{of, name("limit"), name("remaining"), name("reset")})
	}
	add(ofRequests, "x-ratelimit-*-requests")
	add(ofRequests, "x-ratelimit-*-req-minute")
	add(ofRequests, "anthropic-ratelimit-requests-*")
	add(ofRequests, "x-ratelimit-*")
	add(ofTokens, "x-ratelimit-*-tokens")
	add(ofTokens, "x-ratelimit-*-tokens-minute")
	add(ofTokens, "anthropic-ratelimit-tokens-*")
	add(ofTokens, "x-ratelimitbysize-*-minute")
	add(ofTokens, "ratelimitbysize-*")
	add(ofTokens, "x-tokenlimit-*")
	add(ofInput, "anthropic-ratelimit-input-tokens-*")
	add(ofOutput, "anthropic-ratelimit-output-tokens-*")
	return out
}()

// RateLimits reads what a response's headers say of the account's limits; nil where
// they say nothing, or nothing that can be: Azure for instance says -1 and 0 where it
// has no figure. A moment at which a limit is whole again is measured from the
// response's own Date, so that neither clock matters, and from now where it has none.
func RateLimits(h http.Header, now time.Time) *chat.RateLimits {
	if !speaksOfLimits(h) {
		return nil
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	var out chat.RateLimits
	said := false
	for i := range knownLimits {
		k := &knownLimits[i]
		into := k.of(&out)
		if into.Limit != 0 || into.Remaining != nil {
			continue // said under a better name
		}
		limit, hasLimit := count(first(h, k.limit))
		remaining, hasRemaining := count(first(h, k.remaining))
		switch {
		case hasLimit && limit > 0:
			into.Limit = limit
		case hasLimit || !hasRemaining: // a limit of 0 is none, and then nothing remains of it
			continue
		}
		if hasRemaining {
			into.Remaining = &remaining
		}
		if wait, ok := untilReset(first(h, k.reset), now); ok {
			into.Reset = &wait
		}
		said = true
	}
	if !said {
		return nil
	}
	return &out
}

// speaksOfLimits reports whether any field can be a limit's: most servers state none,
// and every answer is asked.
func speaksOfLimits(h http.Header) bool {
	for name := range h {
		if strings.Contains(name, "limit") { // in the midst of every name, in canonical form
			return true
		}
	}
	return false
}

// first is a field's first value; the name is in canonical form.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 && len(v[0]) <= 64 {
		return v[0]
	}
	return ""
}

// maxLimit is more than anybody's limit.
const maxLimit = 1e15

// count reads a number that is not negative.
func count(text string) (int64, bool) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n >= 0 && n <= maxLimit) {
		return 0, false
	}
	return int64(n), true
}

// maxReset is the longest that a limit takes to be whole again: a month.
const maxReset = 31 * 24 * time.Hour

// Numbers above these are no wait but a moment, in seconds or milliseconds since 1970.
const (
	epochSeconds = 1e9
	epochMillis  = 1e12
)

// untilReset reads how long a limit takes: "6m0s" as OpenAI writes it, seconds, or a
// moment, as a date or as seconds or milliseconds since 1970. A moment that has passed
// is no wait.
func untilReset(text string, now time.Time) (time.Duration, bool) {
	var wait time.Duration
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		switch {
		case math.IsNaN(n) || n < 0 || n > 1e15:
			return 0, false
		case n >= epochMillis:
			wait = time.UnixMilli(int64(n)).Sub(now)
		case n >= epochSeconds:
			wait = time.Unix(int64(n), 0).Sub(now)
		case n > maxReset.Seconds():
			return 0, false
		default:
			wait = time.Duration(n * float64(time.Second))
		}
	} else if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		wait = d
	} else if at, err := time.Parse(time.RFC3339, text); err == nil {
		wait = at.Sub(now)
	} else {
		return 0, false
	}
	return max(wait, 0), wait <= maxReset
}
