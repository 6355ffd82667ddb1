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
	"unicode/utf8"

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
	f.Message = statusLine(status)
	if status >= 300 && status < 400 {
		f.Message += redirected(header)
	} else if text := said.String(); text != "" && !strings.EqualFold(text, http.StatusText(status)) {
		f.Message += ": " + text
	}
	return f
}

// statusLine is a status with its name.
func statusLine(status int) string {
	switch name := http.StatusText(status); {
	case status == statusOverloaded:
		return fmt.Sprintf("%d Overloaded", status)
	case name == "":
		return fmt.Sprintf("%d, a status without a meaning", status)
	default:
		return fmt.Sprintf("%d %s", status, name)
	}
}

// statusOverloaded is what Anthropic and gateways before it answer; no standard has it.
const statusOverloaded = 529

func classOf(status int) chat.Class {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return chat.Auth
	case http.StatusRequestTimeout: // of a proxy that waited in vain for what is behind it
		return chat.Server
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

// redirected says where a redirect led, by its scheme and host alone: paths and
// queries may carry what the request held.
func redirected(header http.Header) string {
	to := "to another path"
	if u, err := url.Parse(header.Get("Location")); err == nil && u.Host != "" {
		to = "to " + (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
	}
	return " " + to + " was not followed, so that the key stays here: put the final address into url"
}

var (
	htmlTitle  = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	xmlMessage = regexp.MustCompile(`(?is)<message[^>]*>(.*?)</message>`)
)

// plainText is a body that is no error object, as words: a page's title, the message of
// an error in XML, or all of it.
func plainText(body []byte) string {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '<' {
		if m := htmlTitle.FindSubmatch(body); m != nil {
			return "a page titled: " + string(bytes.TrimSpace(m[1]))
		}
		if m := xmlMessage.FindSubmatch(body); m != nil {
			return string(bytes.TrimSpace(m[1]))
		}
		return "a page"
	}
	if !isText(body) {
		return fmt.Sprintf("%d bytes that are no text", len(body))
	}
	return string(body)
}

// isText reports whether a body is UTF-8, which may be cut off within a letter.
func isText(body []byte) bool {
	for cut := range min(utf8.UTFMax, len(body)+1) {
		if whole := body[:len(body)-cut]; utf8.Valid(whole) {
			return bytes.IndexByte(whole, 0) < 0
		}
	}
	return false
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
