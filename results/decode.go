package results

import (
	"encoding/json"
	"slices"
	"time"

	"switchover/targets/chat"
)

// A decoder reads lines of requests.jsonl. Journals hold a million of them, and
// encoding/json takes ten times as long; it stays the judge of every line that is
// not exactly as this program writes it.
type decoder struct {
	lexer
	// whole says that texts are wanted: Text, ReasoningText, ToolCalls, RequestHash.
	// Otherwise they are passed over.
	whole bool
	words map[string]string // those seen, so that each is kept once
}

// maxWords bounds what a decoder remembers: names are few, ids are many.
const maxWords = 4096

func newDecoder(whole bool) *decoder { return &decoder{whole: whole, words: map[string]string{}} }

// decode reads one line into a record, which it clears first. Of a record read
// without its texts, id is the ID, aliasing the line, and r.ID is empty.
func (d *decoder) decode(line []byte, r *Record) (id []byte, err error) {
	d.lexer = lexer{b: line}
	*r = Record{Chunks: r.Chunks[:0]}
	if id, ok := d.record(r); ok {
		if len(r.Chunks) == 0 {
			r.Chunks = nil
		}
		return id, nil
	}
	*r = Record{}
	if err := json.Unmarshal(line, r); err != nil {
		return nil, err
	}
	id = []byte(r.ID)
	if !d.whole {
		r.ID, r.Text, r.ReasoningText, r.ToolCalls, r.RequestHash = "", "", "", nil, ""
	}
	return id, nil
}

// record reads the object of a whole line.
func (d *decoder) record(r *Record) (id []byte, ok bool) {
	if !d.take('{') {
		return nil, false
	}
	if d.word(`"id":`) {
		if id, ok = d.text(); !ok {
			return nil, false
		}
		if d.whole {
			r.ID = string(id)
		}
		if again, ok := d.more('}'); !ok || !again {
			return id, ok && d.i == len(d.b)
		}
	}
	ok = fields(d, recordFields, r)
	return id, ok && d.i == len(d.b)
}

// A member is one of an object's, in the order in which they are written.
type member[T any] struct {
	key  string
	read func(*decoder, *T) bool
}

// fields reads an object's fields and its closing brace, the opening one being
// behind. Each key comes after the one before in the order of the type, so that
// none comes twice.
func fields[T any](d *decoder, known []member[T], v *T) bool {
	for {
		key, ok := d.key()
		if !ok {
			return false
		}
		for len(known) > 0 && known[0].key != string(key) {
			known = known[1:]
		}
		if len(known) == 0 || !known[0].read(d, v) {
			return false
		}
		known = known[1:]
		if again, ok := d.more('}'); !again {
			return ok
		}
	}
}

var recordFields = []member[Record]{
	{"segment", integer(func(r *Record) *int { return &r.Segment })},
	{"target", name(func(r *Record) *string { return &r.Target })},
	{"tier", name(func(r *Record) *string { return &r.Tier })},
	{"stage", name(func(r *Record) *string { return &r.Stage })},
	{"session", integer(func(r *Record) *int { return &r.Session })},
	{"turn", integer(func(r *Record) *int { return &r.Turn })},
	{"attempt", integer(func(r *Record) *int { return &r.Attempt })},
	{"item", name(func(r *Record) *string { return &r.Item })},
	{"pair", name(func(r *Record) *string { return &r.Pair })},
	{"simulated", boolean(func(r *Record) *bool { return &r.Simulated })},
	{"resent", boolean(func(r *Record) *bool { return &r.Resent })},
	{"intended", instant(func(r *Record) *Instant { return &r.Intended })},
	{"scheduled", instant(func(r *Record) *Instant { return &r.Scheduled })},
	{"dns", instant(func(r *Record) *Instant { return &r.DNS })},
	{"connect", instant(func(r *Record) *Instant { return &r.Connect })},
	{"tls", instant(func(r *Record) *Instant { return &r.TLS })},
	{"reused", boolean(func(r *Record) *bool { return &r.Reused })},
	{"start", instant(func(r *Record) *Instant { return &r.Start })},
	{"sent", instant(func(r *Record) *Instant { return &r.Sent })},
	{"first_byte", instant(func(r *Record) *Instant { return &r.FirstByte })},
	{"first_token", instant(func(r *Record) *Instant { return &r.FirstToken })},
	{"first_answer", instant(func(r *Record) *Instant { return &r.FirstAnswer })},
	{"last_token", instant(func(r *Record) *Instant { return &r.LastToken })},
	{"end", instant(func(r *Record) *Instant { return &r.End })},
	{"clock", name(func(r *Record) *string { return &r.Clock })},
	{"receive_lag", instant(func(r *Record) *Instant { return &r.ReceiveLag })},
	{"events", integer(func(r *Record) *int { return &r.Events })},
	{"events_untimed", integer(func(r *Record) *int { return &r.EventsUntimed })},
	{"first_event", instant(func(r *Record) *Instant { return &r.FirstEvent })},
	{"last_event", instant(func(r *Record) *Instant { return &r.LastEvent })},
	{"usage_event", instant(func(r *Record) *Instant { return &r.UsageEvent })},
	{"usage_beside", boolean(func(r *Record) *bool { return &r.UsageBeside })},
	{"clean_end", boolean(func(r *Record) *bool { return &r.CleanEnd })},
	{"chunks", (*decoder).chunks},
	{"chunk_source", name(func(r *Record) *string { return &r.ChunkSource })},
	{"coalesced", integer(func(r *Record) *int { return &r.Coalesced })},
	{"input_tokens", counted(func(r *Record) *Opt[int] { return &r.InputTokens })},
	{"cache_read_tokens", counted(func(r *Record) *Opt[int] { return &r.CacheReadTokens })},
	{"cache_write_tokens", counted(func(r *Record) *Opt[int] { return &r.CacheWriteTokens })},
	{"output_tokens", counted(func(r *Record) *Opt[int] { return &r.OutputTokens })},
	{"reasoning_tokens", counted(func(r *Record) *Opt[int] { return &r.ReasoningTokens })},
	{"token_source", name(func(r *Record) *string { return &r.TokenSource })},
	{"status", integer(func(r *Record) *int { return &r.Status })},
	{"model", name(func(r *Record) *string { return &r.Model })},
	{"error", (*decoder).failure},
	{"complete", boolean(func(r *Record) *bool { return &r.Complete })},
	{"finish", func(d *decoder, r *Record) bool {
		s, ok := d.name()
		r.Finish = chat.Finish(s)
		return ok
	}},
	{"text", text(func(r *Record) *string { return &r.Text })},
	{"reasoning_text", text(func(r *Record) *string { return &r.ReasoningText })},
	{"tool_calls", (*decoder).toolCalls},
	{"cost_usd", func(d *decoder, r *Record) bool {
		v, ok := d.number()
		r.CostUSD = Known(v)
		return ok
	}},
	{"request_hash", text(func(r *Record) *string { return &r.RequestHash })},
	{"losses", (*decoder).losses},
	{"timings", func(d *decoder, r *Record) bool {
		r.Timings = new(chat.Timings)
		return d.take('{') && fields(d, timingFields, r.Timings)
	}},
}

func integer(of func(*Record) *int) func(*decoder, *Record) bool {
	return func(d *decoder, r *Record) bool {
		return d.small(of(r))
	}
}

func counted(of func(*Record) *Opt[int]) func(*decoder, *Record) bool {
	return func(d *decoder, r *Record) bool {
		n, ok := d.integer()
		*of(r) = Known(int(n))
		return ok && int64(int(n)) == n
	}
}

func instant(of func(*Record) *Instant) func(*decoder, *Record) bool {
	return func(d *decoder, r *Record) bool {
		n, ok := d.integer()
		*of(r) = Known(n)
		return ok
	}
}

func boolean(of func(*Record) *bool) func(*decoder, *Record) bool {
	return func(d *decoder, r *Record) bool {
		if d.word("true") {
			*of(r) = true
			return true
		}
		return d.word("false")
	}
}

func name(of func(*Record) *string) func(*decoder, *Record) bool {
	return func(d *decoder, r *Record) (ok bool) {
		*of(r), ok = d.name()
		return ok
	}
}

func text(of func(*Record) *string) func(*decoder, *Record) bool {
	return func(d *decoder, r *Record) bool {
		if !d.whole {
			_, _, ok := d.literal()
			return ok
		}
		s, ok := d.text()
		*of(r) = string(s)
		return ok
	}
}

// name reads a string that many lines repeat.
func (d *decoder) name() (string, bool) {
	b, ok := d.text()
	if !ok {
		return "", false
	}
	s, seen := d.words[string(b)]
	if !seen {
		s = string(b)
		if len(d.words) < maxWords {
			d.words[s] = s
		}
	}
	return s, true
}

// chunks reads [[gap,tokens,"kind"],...], the greater part of a journal.
func (d *decoder) chunks(r *Record) bool {
	if !d.take('[') {
		return false
	}
	for {
		if !d.take('[') {
			return false
		}
		gap, ok1 := d.integer()
		ok2 := d.take(',')
		tokens, ok3 := d.integer()
		b := d.b[d.i:]
		if !ok1 || !ok2 || !ok3 || len(b) < 5 || b[0] != ',' || b[1] != '"' || !plain(b[2]) || b[3] != '"' || b[4] != ']' ||
			int64(int(tokens)) != tokens {
			return false
		}
		d.i += 5
		r.Chunks = append(r.Chunks, Chunk{time.Duration(gap), int(tokens), string(b[2:3])})
		if again, ok := d.more(']'); !again {
			return ok
		}
	}
}

var errorFields = []member[Error]{
	{"class", func(d *decoder, e *Error) bool {
		s, ok := d.name()
		e.Class = chat.Class(s)
		return ok
	}},
	{"message", func(d *decoder, e *Error) bool {
		b, ok := d.text()
		e.Message = string(b)
		return ok
	}},
	{"retry_after", func(d *decoder, e *Error) bool {
		n, ok := d.integer()
		e.RetryAfter = Known(n)
		return ok
	}},
}

func (d *decoder) failure(r *Record) bool {
	r.Error = new(Error)
	return d.take('{') && fields(d, errorFields, r.Error)
}

func (d *decoder) losses(r *Record) bool {
	if !d.take('[') {
		return false
	}
	for {
		s, ok := d.name()
		if !ok {
			return false
		}
		r.Losses = append(r.Losses, s)
		if again, ok := d.more(']'); !again {
			return ok
		}
	}
}

var timingFields = []member[chat.Timings]{
	{"total", timing(func(t *chat.Timings) *int64 { return &t.Total })},
	{"load", timing(func(t *chat.Timings) *int64 { return &t.Load })},
	{"queue", timing(func(t *chat.Timings) *int64 { return &t.Queue })},
	{"prompt", timing(func(t *chat.Timings) *int64 { return &t.Prompt })},
	{"decode", timing(func(t *chat.Timings) *int64 { return &t.Decode })},
	{"prompt_tokens", func(d *decoder, t *chat.Timings) bool { return d.small(&t.PromptTokens) }},
	{"decode_tokens", func(d *decoder, t *chat.Timings) bool { return d.small(&t.DecodeTokens) }},
}

func timing(of func(*chat.Timings) *int64) func(*decoder, *chat.Timings) bool {
	return func(d *decoder, t *chat.Timings) (ok bool) {
		*of(t), ok = d.integer()
		return ok
	}
}

// small reads an integer that fits an int.
func (d *decoder) small(to *int) bool {
	n, ok := d.integer()
	*to = int(n)
	return ok && int64(int(n)) == n
}

var callFields = []member[chat.ToolCall]{
	{"id", callText(func(c *chat.ToolCall) *string { return &c.ID })},
	{"name", callText(func(c *chat.ToolCall) *string { return &c.Name })},
	{"arguments", callText(func(c *chat.ToolCall) *string { return &c.Arguments })},
}

func callText(of func(*chat.ToolCall) *string) func(*decoder, *chat.ToolCall) bool {
	return func(d *decoder, c *chat.ToolCall) bool {
		b, ok := d.text()
		*of(c) = string(b)
		return ok
	}
}

func (d *decoder) toolCalls(r *Record) bool {
	if !d.take('[') {
		return false
	}
	var calls []chat.ToolCall
	for {
		var c chat.ToolCall
		if !d.take('{') || !fields(d, callFields, &c) {
			return false
		}
		calls = append(calls, c)
		again, ok := d.more(']')
		if !again {
			if d.whole {
				r.ToolCalls = slices.Clip(calls)
			}
			return ok
		}
	}
}
