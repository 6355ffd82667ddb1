package wire

import (
	"encoding/json"
	"strconv"
)

// appendJSON appends what encoding/json makes of the request, byte for byte. It is
// written by hand because encoding/json takes as long for a small request as the
// kernel takes to send it; what requests seldom have is left to it.
func (r *openAIRequest) appendJSON(b []byte) (_ []byte, err error) {
	b = appendQuoted(append(b, `{"model":`...), r.Model)
	b = appendLimit(b, `,"max_tokens":`, r.MaxTokens)
	b = appendLimit(b, `,"max_completion_tokens":`, r.MaxCompletionTokens)
	b = strconv.AppendBool(append(b, `,"stream":`...), r.Stream)
	if len(r.Stop) > 0 {
		b, err = appendOther(b, `,"stop":`, r.Stop, err)
	}
	if len(r.Tools) > 0 {
		b, err = appendOther(b, `,"tools":`, r.Tools, err)
	}
	if r.StreamOptions != nil {
		b = strconv.AppendBool(append(b, `,"stream_options":{"include_usage":`...), r.StreamOptions.IncludeUsage)
		if padded := r.StreamOptions.IncludeObfuscation; padded != nil {
			b = strconv.AppendBool(append(b, `,"include_obfuscation":`...), *padded)
		}
		b = append(b, '}')
	}
	b, err = r.appendMessages(append(b, `,"messages":`...), err)
	if r.Temperature != nil {
		b, err = appendOther(b, `,"temperature":`, r.Temperature, err)
	}
	if r.TopP != nil {
		b, err = appendOther(b, `,"top_p":`, r.TopP, err)
	}
	if r.Seed != nil {
		b = strconv.AppendInt(append(b, `,"seed":`...), *r.Seed, 10)
	}
	b = appendLimit(b, `,"min_tokens":`, r.MinTokens)
	if r.IgnoreEOS {
		b = append(b, `,"ignore_eos":true`...)
	}
	if r.seldom() {
		b, err = appendMembers(b, &r.openAISeldom, err)
	}
	if len(r.Further) > 0 {
		b, err = appendMembers(b, r.Further, err)
	}
	return append(b, '}'), err
}

// appendMembers appends the members of an object that has some, as they are.
func appendMembers(b []byte, of any, err error) ([]byte, error) {
	if err != nil {
		return b, err
	}
	object, err := json.Marshal(of)
	if err != nil {
		return b, err
	}
	return append(append(b, ','), object[1:len(object)-1]...), nil
}

func (r *openAIRequest) appendMessages(b []byte, err error) ([]byte, error) {
	if r.Messages == nil {
		return append(b, "null"...), err
	}
	b = append(b, '[')
	for i := range r.Messages {
		m := &r.Messages[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(append(b, `{"role":`...), m.Role)
		switch b = append(b, `,"content":`...); {
		case m.Content.parts != nil:
			b, err = appendOther(b, "", m.Content.parts, err)
		case m.Content.text == nil:
			b = append(b, "null"...)
		default:
			b = appendQuoted(b, *m.Content.text)
		}
		if len(m.ToolCalls) > 0 {
			b, err = appendOther(b, `,"tool_calls":`, m.ToolCalls, err)
		}
		if m.ToolCallID != "" {
			b = appendQuoted(append(b, `,"tool_call_id":`...), m.ToolCallID)
		}
		if m.Reasoning != nil {
			b = appendQuoted(append(b, `,"reasoning_content":`...), *m.Reasoning)
		}
		if m.Prefix {
			b = append(b, `,"prefix":true`...)
		}
		b = append(b, '}')
	}
	return append(b, ']'), err
}

// size is about how long the request is encoded, in bytes.
func (r *openAIRequest) size() int {
	n := 256 + len(r.Model)
	for i := range r.Messages {
		n += 48
		if text := r.Messages[i].Content.text; text != nil {
			n += len(*text) + len(*text)/16
		}
	}
	return n
}

// appendLimit appends a member of an object that has a value; 0 is none.
func appendLimit(b []byte, name string, n int) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(append(b, name...), int64(n), 10)
}

// appendOther leaves a member's value to encoding/json, unless something has failed.
func appendOther(b []byte, name string, v any, err error) ([]byte, error) {
	if err != nil {
		return b, err
	}
	value, err := json.Marshal(v)
	return append(append(b, name...), value...), err
}

// appendQuoted appends a string. It escapes line feeds alone, which prompts are full
// of, and leaves any other that does not stand for itself to encoding/json.
func appendQuoted(b []byte, s string) []byte {
	start := len(b)
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\n':
			b = append(append(b, s[from:i]...), `\n`...)
			from = i + 1
		case c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&':
			value, _ := json.Marshal(s) // of a string, which always works
			return append(b[:start], value...)
		}
	}
	return append(append(b, s[from:]...), '"')
}
