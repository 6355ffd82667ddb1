package sim

import (
	"encoding/json"
	"io"
	"sync"
)

// Entry is one line of the request log: what the server really did, to compare
// with what a client measured. Times are Unix nanoseconds: the wall clock when the
// server was made, and the monotonic clock since, as in a run's segments, so that
// a step of the wall clock puts no error into either.
type Entry struct {
	// ID is the request's X-Client-Request-Id, or else its X-Request-Id, cut to 200 bytes.
	ID string `json:"id,omitempty"`
	// Completion is the id that the answer carries, or of bedrock its header; empty where
	// none was begun, and of ollama, whose answers have none.
	Completion string `json:"completion,omitempty"`
	// Protocol is what it was asked in, one of Protocols.
	Protocol string `json:"protocol,omitempty"`
	Stream   bool   `json:"stream"`
	// Arrived is when the request's last byte had been read.
	Arrived int64 `json:"arrived"`
	// Queued is how long it waited for a place in the batch, in nanoseconds.
	Queued int64 `json:"queued,omitempty"`
	// Prefill is the time from admission to the first token as it was drawn, in
	// nanoseconds, a slow first byte included.
	Prefill int64 `json:"prefill,omitempty"`
	// Tokens are the instants just before each token was handed to the socket; of a
	// response that does not stream, one instant for all. Where Serve does not hold
	// the connection they are just after.
	Tokens []int64 `json:"tokens,omitempty"`
	Ended  int64   `json:"ended"`

	InputTokens  int    `json:"input_tokens"`
	OutputTokens int    `json:"output_tokens"` // sent, not planned
	Status       int    `json:"status,omitempty"`
	Finish       string `json:"finish,omitempty"`
	Fault        string `json:"fault,omitempty"` // the kind injected
	// End says how it ended: complete, fault, rejected (an error status that was
	// not scripted), or gone (the client, or the server itself, went away).
	End string `json:"end"`
}

// The values of Entry.End.
const (
	EndComplete = "complete"
	EndFault    = "fault"
	EndRejected = "rejected"
	EndGone     = "gone"
)

// Listening is the log line of a window in which nobody listened.
type Listening struct {
	Event string `json:"event"` // deaf, listening
	At    int64  `json:"at"`    // Unix nanoseconds
}

// LogFull is the event of a log's last line where more would have gone beyond its bound.
const LogFull = "log full"

// maxLog bounds a request log, in bytes.
const maxLog = 1 << 30

// requestLog writes one line per request in one write each, so that what was
// written survives a kill.
type requestLog struct {
	mu   sync.Mutex
	w    io.Writer
	left int64
	err  error
}

func newRequestLog(w io.Writer) *requestLog { return &requestLog{w: w, left: maxLog} }

// write appends v as a line. At the bound, or after an error, one last line says
// so where it can, and nothing more is written.
func (l *requestLog) write(v any) {
	if l.w == nil {
		return
	}
	line, err := json.Marshal(v)
	if err != nil {
		return // an Entry always marshals
	}
	line = append(line, '\n')
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil || l.left == 0:
		return
	case int64(len(line)) > l.left:
		l.left = 0
		_, l.err = io.WriteString(l.w, `{"event":"`+LogFull+`"}`+"\n")
		return
	}
	l.left -= int64(len(line))
	_, l.err = l.w.Write(line)
}

// failure is the error that stopped the log, if any.
func (l *requestLog) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
