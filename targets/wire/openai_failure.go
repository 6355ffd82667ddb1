package wire

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"switchover/targets/chat"
)

// Failure classifies a response that is not 2xx. What the body says counts for
// more than the status: servers answer 429 for an empty account and 400 for a
// retired model. The message is one sentence with all that the server said; it
// may hold anything that the server wants, of any length up to the body's.
func (OpenAI) Failure(status int, header http.Header, body []byte) *chat.Failure {
	f := &chat.Failure{Class: classOf(status), RetryAfter: retryAfter(header)}
	said, ok := decodeError(body)
	if ok {
		f.Class = refine(f.Class, said)
	} else {
		said.message = plainText(body)
	}
	name := http.StatusText(status)
	if status == statusOverloaded {
		name = "Overloaded"
	}
	f.Message = strings.TrimSpace(fmt.Sprintf("%d %s", status, name))
	if status >= 300 && status < 400 {
		f.Message += redirected(header)
	} else if text := said.String(); text != "" {
		f.Message += ": " + text
	}
	return f
}

// statusOverloaded is what Anthropic and gateways before it answer; no standard has it.
const statusOverloaded = 529

func classOf(status int) chat.Class {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return chat.Auth
	case http.StatusPaymentRequired:
		return chat.Quota
	case http.StatusNotFound, http.StatusGone:
		return chat.NotFound
	case http.StatusRequestEntityTooLarge:
		return chat.TooLarge
	case http.StatusTooManyRequests:
		return chat.RateLimited
	case http.StatusServiceUnavailable, statusOverloaded:
		return chat.Overloaded
	}
	switch {
	case status >= 500:
		return chat.Server
	case status >= 300:
		return chat.BadRequest
	}
	return chat.Malformed // a status that ends no exchange
}

// refinements are what error bodies say that a status does not, tried in order
// against "type code" and, where message is set, against the message of a 4xx.
var refinements = []struct {
	class   chat.Class
	code    *regexp.Regexp
	message *regexp.Regexp
}{
	{chat.Quota, regexp.MustCompile(`(?i)insufficient_quota|billing|insufficient_(user_)?(balance|credit)|exceeded_current_quota|spend_limit`),
		regexp.MustCompile(`(?i)credit balance is too low`)},
	{chat.TooLarge, regexp.MustCompile(`(?i)context_length_exceeded|exceed_context_size|string_above_max_length|request_too_large|model_context_window_exceeded`),
		regexp.MustCompile(`(?i)maximum (context|model) length|context (length|window|size) (of|exceeded)|exceeds? (the )?(available )?context|prompt is too long|\binputs\b.{0,40} must (be <=|have less than) `)},
	{chat.ContentFilter, regexp.MustCompile(`(?i)content_filter|content_policy|ResponsibleAIPolicyViolation`), nil},
	{chat.NotFound, regexp.MustCompile(`(?i)model_not_found|model_decommissioned|model_deprecated|DeploymentNotFound|invalid_model`),
		regexp.MustCompile(`(?i)^model not exist`)},
	{chat.Auth, regexp.MustCompile(`(?i)invalid_api_key|invalid_authentication|authentication_error`), nil},
}

func refine(class chat.Class, said openAIError) chat.Class {
	if class == chat.Server || class == chat.Overloaded || class == chat.Malformed {
		return class
	}
	for _, r := range refinements {
		if r.code.MatchString(said.kind+" "+said.code) ||
			r.message != nil && class == chat.BadRequest && r.message.MatchString(said.message) {
			return r.class
		}
	}
	return class
}

// redirected says where a redirect led, by its host alone: paths and queries may
// carry what the request held.
func redirected(header http.Header) string {
	to := "elsewhere"
	if u, err := url.Parse(header.Get("Location")); err == nil && u.Host != "" {
		to = "to host " + u.Host
	}
	return " " + to + " was not followed, so that the key stays here: put the final address into url"
}

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// plainText is a body that is no error object, as words: a page's title, or all of it.
func plainText(body []byte) string {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '<' {
		if m := htmlTitle.FindSubmatch(body); m != nil {
			return "a page titled: " + string(bytes.TrimSpace(m[1]))
		}
		return "a page"
	}
	return string(body)
}

// maxRetryAfter caps what a server can ask for.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads retry-after-ms, Azure's name for the same, and Retry-After in
// seconds or as a date; a date is measured from the response's own Date, so that
// neither clock matters. Zero when absent or unreadable.
func retryAfter(h http.Header) time.Duration {
	for _, name := range []string{"Retry-After-Ms", "X-Ms-Retry-After-Ms"} {
		if ms, err := strconv.ParseFloat(h.Get(name), 64); err == nil {
			return capped(ms / 1000)
		}
	}
	value := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(value, 64); err == nil {
		return capped(s)
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return capped(until.Sub(now).Seconds())
}

func capped(seconds float64) time.Duration {
	switch {
	case math.IsNaN(seconds) || seconds <= 0:
		return 0
	case seconds >= maxRetryAfter.Seconds():
		return maxRetryAfter
	}
	return time.Duration(seconds * float64(time.Second))
}
