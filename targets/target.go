// Package targets opens what is asked: an API somewhere, or a simulated server
// started for the run. A Target makes one attempt at a time per call, stamps
// what arrives, and writes what it saw into a results.Record. It refuses to
// retry by itself (the driver schedules attempts), to follow redirects, to send
// a key to another host, and to keep a key in anything it returns.
package targets

import (
	"time"

	"switchover/results"
	"switchover/targets/chat"
	"switchover/targets/wire"
)

// Spec is one target, resolved: nothing left to look up.
type Spec struct {
	Name     string
	Protocol wire.Protocol
	Endpoint wire.Endpoint
	Params   chat.Params
	// DefaultLimit says that Params.MaxTokens is this program's and not the target's
	// own: conversations that say how long answers are to be are not held to it.
	DefaultLimit bool
	System       string // replaces the conversation's system prompt when not empty
	Price        *results.Price
	Timeouts     Timeouts
	Retry        Retry
	Simulated    bool // started by this run as a simulator
	// Strict has requests refused, not sent, of which the protocol would lose anything.
	Strict bool
	// MaxSockets caps open connections; 0 is no cap.
	MaxSockets int
	// Clock results.ClockUser has arrivals stamped in user space, even where the
	// kernel would; empty is the best there is.
	Clock string
}

// Timeouts of one attempt; zero values take the defaults.
type Timeouts struct {
	Connect   time.Duration // to an established connection; default 5s
	FirstByte time.Duration // from sent to the first byte of the head; default 30s
	Idle      time.Duration // between two reads of the body; default 30s
	Total     time.Duration // of the whole attempt; default 5m
}

// Retry bounds the attempts of one request.
type Retry struct {
	Attempts int           // at most; default 3
	Backoff  time.Duration // before the second attempt, doubling, capped at 30s; default 1s
}
