// Package results is the vocabulary of a run and its only store: the record of
// one attempt, the run it belongs to, the journal they are appended to, the
// figures computed from it, and the comparison matrix with its verdict.
//
// Everything here works from what a journal holds. The package never asks a
// server anything, reads no clock and no environment, and refuses to turn what
// is unknown into a zero: a figure without data has a null value and a reason.
//
// What every figure means is written once, in Figures.
package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"switchover/targets/chat"
)

// Record is one attempt: one request sent once. It is one line of
// requests.jsonl. Times are nanoseconds since the segment's zero; absent is
// unknown.
type Record struct {
	// ID is stage/target/session/turn/attempt: the same attempt of the same plan
	// has the same id in every run.
	ID      string `json:"id"`
	Segment int    `json:"segment"`
	Target  string `json:"target"`
	Tier    string `json:"tier,omitempty"`
	Stage   string `json:"stage"`
	Session int    `json:"session"` // from 0, per stage and target
	Turn    int    `json:"turn"`    // from 0
	Attempt int    `json:"attempt"` // from 1
	// Item is the conversation asked, the same across targets: what pairing joins on.
	Item      string `json:"item"`
	Pair      string `json:"pair,omitempty"`
	Simulated bool   `json:"simulated,omitempty"`
	// Resent marks an attempt that was in flight when an earlier segment died.
	Resent bool `json:"resent,omitempty"`

	Intended    Instant `json:"intended,omitzero"`  // when the schedule says the request leaves; retries keep it
	Scheduled   Instant `json:"scheduled,omitzero"` // when this attempt was to leave
	DNS         Instant `json:"dns,omitzero"`       // duration; absent on a reused connection
	Connect     Instant `json:"connect,omitzero"`   // duration
	TLS         Instant `json:"tls,omitzero"`       // duration
	Reused      bool    `json:"reused,omitempty"`
	Start       Instant `json:"start,omitzero"` // a connection was ready for it
	Sent        Instant `json:"sent,omitzero"`  // its last byte was written
	FirstByte   Instant `json:"first_byte,omitzero"`
	FirstToken  Instant `json:"first_token,omitzero"`
	FirstAnswer Instant `json:"first_answer,omitzero"`
	LastToken   Instant `json:"last_token,omitzero"`
	End         Instant `json:"end,omitzero"`
	Clock       string  `json:"clock,omitempty"` // ClockKernel or, if any instant of the stream is user space's, ClockUser
	// ReceiveLag is a duration: the longest that bytes of the response lay in the
	// kernel before this program took them; absent where the kernel stamped none.
	ReceiveLag Instant `json:"receive_lag,omitzero"`

	// Events counts the stream's events with choices, those without content (role,
	// finish reason) included; 0 is unknown. FirstEvent and LastEvent are the first
	// and last of them; EventsUntimed counts those without content that came at no
	// instant of this record. No figure of this package uses them; results/as does.
	Events        int     `json:"events,omitempty"`
	EventsUntimed int     `json:"events_untimed,omitempty"`
	FirstEvent    Instant `json:"first_event,omitzero"`
	LastEvent     Instant `json:"last_event,omitzero"`
	UsageEvent    Instant `json:"usage_event,omitzero"`   // the latest usage
	UsageBeside   bool    `json:"usage_beside,omitempty"` // usage came in events with choices and in none of its own
	// CleanEnd marks a stream that lacks its terminal marker though its body ended
	// as HTTP says: what many clients take for a success.
	CleanEnd bool `json:"clean_end,omitempty"`

	Chunks      []Chunk `json:"chunks,omitempty"`
	ChunkSource string  `json:"chunk_source,omitempty"` // where Chunk.Tokens come from: usage, tokenizer, apportioned
	Coalesced   int     `json:"coalesced,omitempty"`    // reads that held more than one content event

	InputTokens      Opt[int] `json:"input_tokens,omitzero"` // uncached input tokens
	CacheReadTokens  Opt[int] `json:"cache_read_tokens,omitzero"`
	CacheWriteTokens Opt[int] `json:"cache_write_tokens,omitzero"`
	OutputTokens     Opt[int] `json:"output_tokens,omitzero"` // reasoning included
	ReasoningTokens  Opt[int] `json:"reasoning_tokens,omitzero"`
	TokenSource      string   `json:"token_source,omitempty"` // usage, tokenizer, chunks

	Status        int             `json:"status,omitempty"` // HTTP
	Model         string          `json:"model,omitempty"`  // the model that the server says answered
	Error         *Error          `json:"error,omitempty"`
	Complete      bool            `json:"complete"` // the terminal marker was seen
	Finish        chat.Finish     `json:"finish,omitempty"`
	Text          string          `json:"text,omitempty"`
	ReasoningText string          `json:"reasoning_text,omitempty"`
	ToolCalls     []chat.ToolCall `json:"tool_calls,omitempty"`
	CostUSD       Opt[float64]    `json:"cost_usd,omitzero"`
	RequestHash   string          `json:"request_hash,omitempty"`
	// Losses are the fields of the request that the target's protocol could not carry
	// as asked, as chat.Loss says them: "top_k: dropped".
	Losses []string `json:"losses,omitempty"`
	// Timings are what the server says of its own work.
	Timings *chat.Timings `json:"timings,omitempty"`
}

// The clocks a record's instants can come from.
const (
	ClockKernel = "kernel"
	ClockUser   = "user"
)

// Where token counts come from.
const (
	FromUsage       = "usage"
	FromTokenizer   = "tokenizer"
	FromChunks      = "chunks"
	FromApportioned = "apportioned"
)

// Error is why an attempt failed.
type Error struct {
	Class      chat.Class `json:"class"`
	Message    string     `json:"message"`
	RetryAfter Instant    `json:"retry_after,omitzero"` // duration
}

// Chunk is one content-bearing event of a stream, written as [gap, tokens, kind].
type Chunk struct {
	Gap    time.Duration // since the chunk before; the first since Record.Start
	Tokens int           // 0 unknown
	Kind   string        // "c" content, "r" reasoning, "t" tool call
}

// MarshalJSON writes [gap in ns, tokens, kind].
func (c Chunk) MarshalJSON() ([]byte, error) { return c.appendJSON(make([]byte, 0, 32)), nil }

// UnmarshalJSON reads [gap in ns, tokens, kind].
func (c *Chunk) UnmarshalJSON(b []byte) error {
	if c.scan(b) {
		return nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return fmt.Errorf("chunk: %w", err)
	}
	if len(parts) != 3 {
		return fmt.Errorf("chunk: want [gap, tokens, kind], have %d values", len(parts))
	}
	for i, dst := range []any{&c.Gap, &c.Tokens, &c.Kind} {
		if err := json.Unmarshal(parts[i], dst); err != nil {
			return fmt.Errorf("chunk: value %d: %w", i+1, err)
		}
	}
	return nil
}

// scan reads the form that MarshalJSON writes. Chunks are most of a journal, and
// the general way is ten times slower.
func (c *Chunk) scan(b []byte) bool {
	rest, ok := bytes.CutPrefix(b, []byte("["))
	gap, rest, ok1 := bytes.Cut(rest, []byte(","))
	tokens, rest, ok2 := bytes.Cut(rest, []byte(","))
	if !ok || !ok1 || !ok2 || len(rest) != 4 || rest[0] != '"' || rest[2] != '"' || rest[3] != ']' || !plain(rest[1]) {
		return false
	}
	g, err := strconv.ParseInt(string(gap), 10, 64)
	n, err2 := strconv.Atoi(string(tokens))
	if err != nil || err2 != nil {
		return false
	}
	*c = Chunk{Gap: time.Duration(g), Tokens: n, Kind: string(rest[1:2])}
	return true
}

// plain reports whether a byte stands for itself in a JSON string.
func plain(b byte) bool { return b >= ' ' && b < utf8.RuneSelf && b != '"' && b != '\\' }

// RecordID is the deterministic id of an attempt. Turn counts from 0, attempt
// from 1.
func RecordID(stage, target string, session, turn, attempt int) string {
	return string(appendID(make([]byte, 0, 64), stage, target, session, turn, attempt))
}

// appendID appends what RecordID returns.
func appendID(b []byte, stage, target string, session, turn, attempt int) []byte {
	b = append(append(append(append(b, stage...), '/'), target...), '/')
	b = append(strconv.AppendInt(b, int64(session), 10), '/')
	b = append(strconv.AppendInt(b, int64(turn), 10), '/')
	return strconv.AppendInt(b, int64(attempt), 10)
}

// OK reports whether the attempt succeeded: complete and without an error.
func (r *Record) OK() bool { return r.Complete && r.Error == nil }
