package chat

import "time"

// Class is the kind of a failure: what decides whether it is retried, whether
// the target is quarantined, and under which heading it is counted.
type Class string

// The error classes. Each failed attempt has exactly one.
const (
	DNS              Class = "dns"                // the name did not resolve
	Connect          Class = "connect"            // refused, unreachable or reset before a connection stood
	TLS              Class = "tls"                // the handshake or the certificate failed
	TimeoutConnect   Class = "timeout_connect"    // no connection within the connect limit
	TimeoutFirstByte Class = "timeout_first_byte" // no byte of the response head within the limit
	TimeoutIdle      Class = "timeout_idle"       // a gap between two reads was longer than the limit
	TimeoutTotal     Class = "timeout_total"      // the whole attempt was longer than the limit
	RateLimited      Class = "rate_limited"       // 429
	Overloaded       Class = "overloaded"         // 503, 529
	Quota            Class = "quota"              // 402, insufficient_quota, a spend limit
	Auth             Class = "auth"               // 401, 403
	NotFound         Class = "not_found"          // 404: a wrong address or a retired model
	BadRequest       Class = "bad_request"        // other 4xx
	TooLarge         Class = "too_large"          // 413, or the context is longer than the model's
	Server           Class = "server"             // other 5xx, and 408
	StreamError      Class = "stream_error"       // an error object inside a 200 that is not of auth, quota or not_found
	Interrupted      Class = "interrupted"        // ended without its terminal marker, however cleanly
	Malformed        Class = "malformed"          // not the protocol, or larger than its bounds
	ContentFilter    Class = "content_filter"     // the provider refused to answer
	Cancelled        Class = "cancelled"          // this side gave up; left out of every rate
	Client           Class = "client"             // this machine had no file, port or memory left to send it: never the target's
	NoAnswer         Class = "no_answer"          // it ended as it should before the first word of the answer, as when the token limit went into reasoning
)

// Classes lists every class in the order reports show them.
var Classes = []Class{DNS, Connect, TLS, TimeoutConnect, TimeoutFirstByte, TimeoutIdle,
	TimeoutTotal, RateLimited, Overloaded, Quota, Auth, NotFound, BadRequest, TooLarge, Server,
	StreamError, Interrupted, Malformed, ContentFilter, NoAnswer, Client, Cancelled}

// Ours reports whether a failure of this class is this side's doing, and so in no
// figure of the target's.
func (c Class) Ours() bool { return c == Client || c == Cancelled }

// Retryable reports whether a failure of this class may be asked again, as long
// as no content had arrived: the ones that pass by themselves.
func (c Class) Retryable() bool {
	switch c {
	case RateLimited, Overloaded, Server, Connect, TimeoutConnect, TimeoutFirstByte, TimeoutIdle, TimeoutTotal:
		return true
	}
	return false
}

// Quarantines reports whether a failure of this class ends all traffic to the
// target: asking again cannot succeed and may cost or lock something.
func (c Class) Quarantines() bool { return c == Auth || c == Quota || c == NotFound }

// Failure is why an attempt failed.
type Failure struct {
	Class   Class  `json:"class"`
	Message string `json:"message"`
	// RetryAfter is what the server asked for; zero when it did not.
	RetryAfter time.Duration `json:"retry_after,omitempty"`
}

// Error makes a Failure an error: the class, then what was said.
func (f *Failure) Error() string { return string(f.Class) + ": " + f.Message }
