package wire

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	openai "github.com/sashabaranov/go-openai"

	"switchover/targets/chat"
)

// decode decodes an event or a document.
func (e *openAIEvent) decode(data []byte) error {
	if e.usual(data) {
		return nil
	}
	*e = openAIEvent{}
	return json.Unmarshal(data, e)
}

// usual decodes an event or a document that says only what most do, as
// encoding/json would, in a fraction of the time. It reports false for any other,
// which is then decoded in full; whatever it has written is meaningless then.
func (e *openAIEvent) usual(data []byte) bool {
	if !json.Valid(data) {
		return false
	}
	*e = openAIEvent{}
	c, seen := cursor{text: data}, 0
	return c.object(func(name []byte) bool {
		switch string(name) {
		case "object":
			return once(&seen, 0) && c.string(&e.Object)
		case "model":
			return once(&seen, 1) && c.string(&e.Model)
		case "choices":
			e.Choices = []openAIChoice{}
			return once(&seen, 2) && c.array(func() bool {
				e.Choices = append(e.Choices, openAIChoice{})
				return e.Choices[len(e.Choices)-1].usual(&c)
			})
		case "usage":
			e.Usage = c.value()
			return once(&seen, 3)
		case "error":
			e.Error = c.value()
			return once(&seen, 4)
		case "timings":
			e.Timings = c.value()
			return once(&seen, 5)
		}
		c.value()
		return true
	})
}

func (e *openAIChoice) usual(c *cursor) bool {
	seen := 0
	return c.object(func(name []byte) bool {
		switch string(name) {
		case "index":
			return once(&seen, 0) && c.int(&e.Index)
		case "delta":
			return once(&seen, 1) && e.Delta.usual(c)
		case "message":
			return once(&seen, 2) && e.Message.usual(c)
		case "finish_reason":
			var reason string
			ok := once(&seen, 3) && c.string(&reason)
			e.FinishReason = chat.Finish(reason)
			return ok
		case "text":
			return once(&seen, 4) && c.string(&e.Text)
		}
		c.value()
		return true
	})
}

func (e *openAIDelta) usual(c *cursor) bool {
	seen := 0
	return c.object(func(name []byte) bool {
		switch string(name) {
		case "content":
			return once(&seen, 0) && c.string(&e.Content.text)
		case "refusal":
			return once(&seen, 1) && c.string(&e.Refusal)
		case "reasoning":
			return once(&seen, 2) && c.string(&e.Reasoning)
		case "reasoning_content":
			return once(&seen, 3) && c.string(&e.ReasoningContent)
		case "tool_calls":
			calls := string(c.value())
			if calls == "[]" {
				e.ToolCalls = []openai.ToolCall{}
			}
			return once(&seen, 4) && (calls == "null" || calls == "[]")
		}
		c.value()
		return true
	})
}

// decode decodes a usage, which is valid JSON.
func (u *openAIUsage) decode(data []byte) error {
	if u.usual(data) {
		return nil
	}
	*u = openAIUsage{}
	return json.Unmarshal(data, u)
}

// usual decodes the usage that most servers give, as openAIEvent's does.
func (u *openAIUsage) usual(data []byte) bool {
	*u = openAIUsage{}
	c, seen, counts := cursor{text: data}, 0, new([7]int)
	count := func(i int, into **int) bool {
		*into = nil
		if c.null() {
			return once(&seen, i)
		}
		*into = &counts[i]
		return once(&seen, i) && c.int(*into)
	}
	// details is an object in which counts matter.
	details := func(i int, wanted func(name string) (int, **int)) bool {
		return once(&seen, i) && (c.null() || c.object(func(name []byte) bool {
			if i, into := wanted(string(name)); into != nil {
				return count(i, into)
			}
			c.value()
			return true
		}))
	}
	return c.object(func(name []byte) bool {
		switch string(name) {
		case "prompt_tokens":
			return count(0, &u.Prompt)
		case "completion_tokens":
			return count(1, &u.Completion)
		case "total_tokens":
			return count(2, &u.Total)
		case "prompt_cache_hit_tokens":
			return count(3, &u.CacheHit)
		case "prompt_tokens_details":
			return details(7, func(name string) (int, **int) {
				switch name {
				case "cached_tokens":
					return 4, &u.PromptMore.Cached
				case "cache_write_tokens":
					return 6, &u.PromptMore.Written
				}
				return 0, nil
			})
		case "completion_tokens_details":
			return details(8, func(name string) (int, **int) {
				if name == "reasoning_tokens" {
					return 5, &u.CompletionMore.Reasoning
				}
				return 0, nil
			})
		}
		c.value()
		return true
	})
}

// once reports whether a member comes for the first time: what encoding/json makes
// of two of one name is left to it.
func once(seen *int, member int) bool {
	before := *seen
	*seen |= 1 << member
	return *seen != before
}

// cursor walks a text that is known to be one valid JSON value. Its methods report
// false at what they do not read, and then it stands nowhere in particular.
type cursor struct {
	text []byte
	at   int
}

// peek skips white space and returns the byte after it.
func (c *cursor) peek() byte {
	for {
		switch b := c.text[c.at]; b {
		case ' ', '\t', '\n', '\r':
			c.at++
		default:
			return b
		}
	}
}

// object calls member at the value of each, which it must pass. Names that
// encoding/json might take for others are not read: it does not tell cases apart.
func (c *cursor) object(member func(name []byte) bool) bool {
	if c.peek() != '{' {
		return false
	}
	c.at++
	for c.peek() != '}' {
		quoted := c.value()
		name := quoted[1 : len(quoted)-1]
		for _, b := range name {
			if b == '\\' || b >= utf8.RuneSelf || b >= 'A' && b <= 'Z' {
				return false
			}
		}
		c.peek()
		c.at++ // the colon
		if !member(name) {
			return false
		}
		if c.peek() == ',' {
			c.at++
		}
	}
	c.at++
	return true
}

// array calls element at each, which it must pass.
func (c *cursor) array(element func() bool) bool {
	if c.peek() != '[' {
		return false
	}
	c.at++
	for c.peek() != ']' {
		if !element() {
			return false
		}
		if c.peek() == ',' {
			c.at++
		}
	}
	c.at++
	return true
}

// value passes any value and returns its text.
func (c *cursor) value() []byte {
	first := c.peek()
	from, depth := c.at, 0
	switch first {
	case '"':
		c.quoted()
		return c.text[from:c.at]
	case '{', '[':
		for {
			switch c.text[c.at] {
			case '"':
				c.quoted()
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			if c.at++; depth == 0 {
				return c.text[from:c.at]
			}
		}
	}
	for c.at < len(c.text) && bytes.IndexByte([]byte(",]} \t\r\n"), c.text[c.at]) < 0 {
		c.at++
	}
	return c.text[from:c.at]
}

// quoted passes a string and reports whether it stands for itself.
func (c *cursor) quoted() (plain bool) {
	plain = true
	for c.at++; c.text[c.at] != '"'; c.at++ {
		if c.text[c.at] == '\\' {
			plain = false
			c.at++
		}
	}
	c.at++
	return plain
}

// null passes a null, if there is one.
func (c *cursor) null() bool {
	if c.peek() != 'n' {
		return false
	}
	c.value()
	return true
}

// string reads a string; null leaves what there was.
func (c *cursor) string(into *string) bool {
	if c.null() {
		return true
	}
	if c.peek() != '"' {
		return false
	}
	from := c.at
	if plain, text := c.quoted(), c.text[from+1:c.at-1]; plain && utf8.Valid(text) {
		*into = string(text)
		return true
	}
	return json.Unmarshal(c.text[from:c.at], into) == nil
}

// int reads a whole number of at most nine digits.
func (c *cursor) int(into *int) bool {
	digits := c.value()
	if len(digits) > 9 {
		return false
	}
	*into = 0
	for _, b := range digits {
		if b < '0' || b > '9' {
			return false
		}
		*into = *into*10 + int(b-'0')
	}
	return true
}
