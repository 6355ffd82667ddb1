package prompts

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"strconv"
	"time"
)

// mooncake reads Mooncake's JSON Lines: timestamp in milliseconds, input_length,
// output_length, and hash_ids, which name the blocks of 512 tokens that the prompt
// consists of, the last one shorter.
func mooncake(r io.Reader, l Limits) iter.Seq[request] {
	return func(yield func(request) bool) {
		lines := newLines(r, l)
		for lines.next() {
			q, err := decodeMooncake(lines.text, lines.first())
			q.line, q.err = lines.number, err
			if !yield(q) {
				return
			}
		}
		if lines.err != nil {
			yield(request{line: lines.number, err: lines.err})
		}
	}
}

// foreignFields are what other tools add to the format, and what cannot be left
// out without asking something else.
var foreignFields = []string{"session_id", "delay", "messages", "text_input", "payload", "tools"}

func decodeMooncake(line []byte, first bool) (q request, err *Error) {
	o, err := parse(line, first)
	if err != nil {
		return q, err
	}
	var n [3]int64
	for i, name := range []string{"timestamp", "input_length", "output_length"} {
		raw, ok := o[name]
		if !ok {
			if is, _ := looks(o); is != "" && is != lengthsOnly {
				return q, mistake("", "the file looks like %s, not a trace", is)
			}
			return q, mistake("a request is {\"timestamp\": milliseconds, \"input_length\": ..., \"output_length\": ..., \"hash_ids\": [...]}", "%s is missing", name)
		}
		if n[i], err = whole(name, raw); err != nil {
			return q, err
		}
	}
	for _, name := range foreignFields {
		if o[name] != nil {
			return q, mistake("only requests of lengths and blocks can be replayed", "the request has %s, which Mooncake's format does not", name)
		}
	}
	if n[0] < 0 || n[0] > latest.Milliseconds() {
		return q, mistake("timestamp is milliseconds since the trace's beginning", "timestamp %d is out of range", n[0])
	}
	q.at = time.Duration(n[0]) * time.Millisecond
	q.input, q.output = int(n[1]), int(n[2])
	if err := lengthsOf(n[1], n[2], "input_length", "output_length"); err != nil {
		return q, err
	}
	q.blocks, err = blockIDs(o, q.input)
	return q, err
}

// blockIDs takes the blocks, which must be as many as the length needs.
func blockIDs(o object, input int) ([]int64, *Error) {
	raw, ok := o["hash_ids"]
	if !ok {
		return nil, mistake("a trace without blocks, such as GuideLLM's in seconds, can be written as CSV with the columns Timestamp (in seconds), Request tokens and Response tokens: format burstgpt",
			"hash_ids is missing")
	}
	var ids []int64
	// null is no number, though encoding/json would leave a zero for it.
	if raw[0] != '[' || bytes.Contains(raw, []byte("null")) || json.Unmarshal(raw, &ids) != nil {
		return nil, mistake("", "hash_ids is not a list of whole numbers")
	}
	if want := (input + blockTokens - 1) / blockTokens; len(ids) != want {
		return nil, mistake("the blocks have 512 tokens each", "input_length %d is %d blocks, and hash_ids names %d", input, want, len(ids))
	}
	return ids, nil
}

// whole takes a whole number, written as one.
func whole(name string, raw json.RawMessage) (int64, *Error) {
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err == nil {
		return n, nil
	}
	switch what := kind(raw); {
	case what != "a number":
		return 0, mistake("", "%s is %s, not a whole number", name, what)
	case name == "timestamp":
		return 0, mistake("timestamp is whole milliseconds since the trace's beginning; one in seconds is multiplied by 1000", "timestamp %s is not a whole number", quoted(string(raw)))
	}
	return 0, mistake("", "%s %s is not a whole number", name, quoted(string(raw)))
}
