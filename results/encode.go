package results

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"sync"
	"unicode/utf8"
)

// Records and events are encoded by hand: a run writes one of each for every
// attempt while it measures, and encoding/json would take more of the processor
// than the request itself. What comes out is what encoding/json writes without
// escaping HTML, byte for byte.

// maxKeptLine is the longest line, in bytes, whose buffer is kept for the next.
const maxKeptLine = 64 << 10

// line is a buffer for one line of a journal.
type line struct{ text []byte }

var lines = sync.Pool{New: func() any { return new(line) }}

func newLine() *line {
	l := lines.Get().(*line)
	l.text = l.text[:0]
	return l
}

func (l *line) free() {
	if cap(l.text) <= maxKeptLine {
		lines.Put(l)
	}
}

// Each of these appends a member to an open object, if there is a value; name
// brings the comma before it, the quotes and the colon.

func appendText(b []byte, name, s string) []byte {
	if s == "" {
		return b
	}
	return appendString(append(b, name...), s)
}

func appendCount(b []byte, name string, n int) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(append(b, name...), int64(n), 10)
}

func appendFlag(b []byte, name string, set bool) []byte {
	if !set {
		return b
	}
	return append(append(b, name...), "true"...)
}

func appendInstant(b []byte, name string, t Instant) []byte {
	if !t.ok {
		return b
	}
	return strconv.AppendInt(append(b, name...), t.v, 10)
}

func appendTokens(b []byte, name string, n Opt[int]) []byte {
	if !n.ok {
		return b
	}
	return strconv.AppendInt(append(b, name...), int64(n.v), 10)
}

// appendNumber writes what is neither very small nor very large, as money is,
// without an exponent.
func appendNumber(b []byte, name string, v float64) ([]byte, error) {
	if size := math.Abs(v); size != 0 && !(size >= 1e-6 && size < 1e21) {
		return appendAny(b, name, v)
	}
	return strconv.AppendFloat(append(b, name...), v, 'f', -1, 64), nil
}

// appendAny leaves a value to encoding/json.
func appendAny(b []byte, name string, v any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return b, err
	}
	return append(append(b, name...), bytes.TrimSuffix(text.Bytes(), []byte("\n"))...), nil
}

// appendJSON appends the record as one JSON object.
func (r *Record) appendJSON(b []byte) ([]byte, error) {
	b = appendString(append(b, `{"id":`...), r.ID)
	b = strconv.AppendInt(append(b, `,"segment":`...), int64(r.Segment), 10)
	b = appendString(append(b, `,"target":`...), r.Target)
	b = appendText(b, `,"tier":`, r.Tier)
	b = appendString(append(b, `,"stage":`...), r.Stage)
	b = strconv.AppendInt(append(b, `,"session":`...), int64(r.Session), 10)
	b = strconv.AppendInt(append(b, `,"turn":`...), int64(r.Turn), 10)
	b = strconv.AppendInt(append(b, `,"attempt":`...), int64(r.Attempt), 10)
	b = appendString(append(b, `,"item":`...), r.Item)
	b = appendText(b, `,"pair":`, r.Pair)
	b = appendFlag(b, `,"simulated":`, r.Simulated)
	b = appendFlag(b, `,"resent":`, r.Resent)
	b = r.appendTimes(b)
	b = r.appendStream(b)
	return r.appendOutcome(b)
}

func (r *Record) appendTimes(b []byte) []byte {
	b = appendInstant(b, `,"intended":`, r.Intended)
	b = appendInstant(b, `,"scheduled":`, r.Scheduled)
	b = appendInstant(b, `,"dns":`, r.DNS)
	b = appendInstant(b, `,"connect":`, r.Connect)
	b = appendInstant(b, `,"tls":`, r.TLS)
	b = appendFlag(b, `,"reused":`, r.Reused)
	b = appendInstant(b, `,"start":`, r.Start)
	b = appendInstant(b, `,"sent":`, r.Sent)
	b = appendInstant(b, `,"first_byte":`, r.FirstByte)
	b = appendInstant(b, `,"first_token":`, r.FirstToken)
	b = appendInstant(b, `,"first_answer":`, r.FirstAnswer)
	b = appendInstant(b, `,"last_token":`, r.LastToken)
	b = appendInstant(b, `,"end":`, r.End)
	b = appendText(b, `,"clock":`, r.Clock)
	return appendInstant(b, `,"receive_lag":`, r.ReceiveLag)
}

func (r *Record) appendStream(b []byte) []byte {
	b = appendCount(b, `,"events":`, r.Events)
	b = appendCount(b, `,"events_untimed":`, r.EventsUntimed)
	b = appendInstant(b, `,"first_event":`, r.FirstEvent)
	b = appendInstant(b, `,"last_event":`, r.LastEvent)
	b = appendInstant(b, `,"usage_event":`, r.UsageEvent)
	b = appendFlag(b, `,"usage_beside":`, r.UsageBeside)
	b = appendFlag(b, `,"clean_end":`, r.CleanEnd)
	for i, c := range r.Chunks {
		if i == 0 {
			b = append(b, `,"chunks":[`...)
		} else {
			b = append(b, ',')
		}
		b = c.appendJSON(b)
	}
	if len(r.Chunks) > 0 {
		b = append(b, ']')
	}
	b = appendText(b, `,"chunk_source":`, r.ChunkSource)
	b = appendCount(b, `,"coalesced":`, r.Coalesced)
	b = appendTokens(b, `,"input_tokens":`, r.InputTokens)
	b = appendTokens(b, `,"cache_read_tokens":`, r.CacheReadTokens)
	b = appendTokens(b, `,"cache_write_tokens":`, r.CacheWriteTokens)
	b = appendTokens(b, `,"output_tokens":`, r.OutputTokens)
	b = appendTokens(b, `,"reasoning_tokens":`, r.ReasoningTokens)
	return appendText(b, `,"token_source":`, r.TokenSource)
}

func (r *Record) appendOutcome(b []byte) (_ []byte, err error) {
	b = appendCount(b, `,"status":`, r.Status)
	b = appendText(b, `,"model":`, r.Model)
	if r.Error != nil {
		b = appendString(append(b, `,"error":{"class":`...), string(r.Error.Class))
		b = appendString(append(b, `,"message":`...), r.Error.Message)
		b = append(appendInstant(b, `,"retry_after":`, r.Error.RetryAfter), '}')
	}
	b = strconv.AppendBool(append(b, `,"complete":`...), r.Complete)
	b = appendText(b, `,"finish":`, string(r.Finish))
	b = appendText(b, `,"text":`, r.Text)
	b = appendText(b, `,"reasoning_text":`, r.ReasoningText)
	if len(r.ToolCalls) > 0 {
		if b, err = appendAny(b, `,"tool_calls":`, r.ToolCalls); err != nil {
			return b, err
		}
	}
	if r.CostUSD.ok {
		if b, err = appendNumber(b, `,"cost_usd":`, r.CostUSD.v); err != nil {
			return b, err
		}
	}
	b = appendText(b, `,"request_hash":`, r.RequestHash)
	if len(r.Losses) > 0 {
		if b, err = appendAny(b, `,"losses":`, r.Losses); err != nil {
			return b, err
		}
	}
	if r.Timings != nil {
		if b, err = appendAny(b, `,"timings":`, r.Timings); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// appendJSON appends [gap in ns, tokens, kind].
func (c Chunk) appendJSON(b []byte) []byte {
	b = strconv.AppendInt(append(b, '['), int64(c.Gap), 10)
	b = strconv.AppendInt(append(b, ','), int64(c.Tokens), 10)
	return append(appendString(append(b, ','), c.Kind), ']')
}

// appendJSON appends the event as one JSON object.
func (e *Event) appendJSON(b []byte) ([]byte, error) {
	b = strconv.AppendInt(append(b, `{"segment":`...), int64(e.Segment), 10)
	b = strconv.AppendInt(append(b, `,"t":`...), e.T, 10)
	b = appendString(append(b, `,"kind":`...), e.Kind)
	b = appendText(b, `,"target":`, e.Target)
	b = appendText(b, `,"stage":`, e.Stage)
	if len(e.Data) > 0 {
		data := bytes.NewBuffer(append(b, `,"data":`...))
		if err := json.Compact(data, e.Data); err != nil {
			return b, err
		}
		b = data.Bytes()
	}
	return append(b, '}'), nil
}

// Data is the data of an event of kind EventAsked, of which there is one for every
// attempt. WorstUSD is finite.
func (a Asked) Data() json.RawMessage {
	b := appendString(append(make([]byte, 0, 64), `{"id":`...), a.ID)
	if a.WorstUSD != 0 {
		b = strconv.AppendFloat(append(b, `,"worst_usd":`...), a.WorstUSD, 'g', -1, 64)
	}
	return append(b, '}')
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. What is not UTF-8 becomes the
// replacement character; U+2028 and U+2029, which end lines in JavaScript, are
// escaped.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0 // of what is not appended yet
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if plain(c) {
				i++
				continue
			}
			b = appendEscape(append(b, s[from:i]...), c)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[from:i]...), `\ufffd`...)
			from = i + size
		case r == '\u2028' || r == '\u2029':
			b = append(append(append(b, s[from:i]...), `\u202`...), hexDigits[r&0xf])
			from = i + size
		}
		i += size
	}
	return append(append(b, s[from:]...), '"')
}

// appendEscape appends a quote, a backslash or a control character.
func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, `\u00`+string(hexDigits[c>>4])+string(hexDigits[c&0xf])...)
}
