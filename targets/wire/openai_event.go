package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	openai "github.com/sashabaranov/go-openai"

	"switchover/targets/chat"
)

// openAIEvent is one event of a stream, or a whole document. The types are our
// own where go-openai's lose what servers send: reasoning (it knows only
// reasoning_content), content as a list of parts, errors and error codes of any
// type, and the difference between no usage and a usage of 0.
type openAIEvent struct {
	Object  string          `json:"object"`
	Choices []openAIChoice  `json:"choices"`
	Model   string          `json:"model"`
	Usage   json.RawMessage `json:"usage"`
	Error   json.RawMessage `json:"error"`
	Timings json.RawMessage `json:"timings"` // of llama.cpp's server
}

// failed reports whether the event is an error instead of an answer.
func (e *openAIEvent) failed() bool {
	return e.Object == "error" || saysError(e.Error)
}

type openAIChoice struct {
	Index        int         `json:"index"`
	Delta        openAIDelta `json:"delta"`   // in an event
	Message      openAIDelta `json:"message"` // in a document
	Text         string      `json:"text"`    // in a completion, which is no chat
	FinishReason chat.Finish `json:"finish_reason"`
}

type openAIDelta struct {
	Content          openAIContent     `json:"content"`
	Refusal          string            `json:"refusal"`
	Reasoning        string            `json:"reasoning"`
	ReasoningContent string            `json:"reasoning_content"`
	ToolCalls        []openai.ToolCall `json:"tool_calls"`
}

// texts returns what the delta adds to the answer and to the reasoning. Servers
// in transition send the reasoning under both names: it is taken once.
func (d *openAIDelta) texts() (answer, reasoning string) {
	reasoning = d.Content.reasoning + d.Reasoning
	if d.Reasoning == "" {
		reasoning += d.ReasoningContent
	}
	return d.Content.text + d.Refusal, reasoning
}

// openAIContent is text, or a list of parts of which text and thinking are read.
type openAIContent struct{ text, reasoning string }

func (c *openAIContent) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		return nil
	case b[0] == '"':
		if plain := b[1 : len(b)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
			c.text = string(plain) // most tokens; a quarter of the decoder's time otherwise
			return nil
		}
		return json.Unmarshal(b, &c.text)
	}
	var parts []struct {
		Type     string          `json:"type"`
		Text     string          `json:"text"`
		Thinking json.RawMessage `json:"thinking"` // text, or again a list of parts
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return errors.New("content is neither text nor a list of parts")
	}
	for _, p := range parts {
		c.text += p.Text
		if len(p.Thinking) > 0 {
			var inner openAIContent
			if err := inner.UnmarshalJSON(p.Thinking); err != nil {
				return err
			}
			c.reasoning += inner.text
		}
	}
	return nil
}

// openAIUsage is the usage object of OpenAI with DeepSeek's name for cached tokens.
type openAIUsage struct {
	Prompt     *int `json:"prompt_tokens"`
	Completion *int `json:"completion_tokens"`
	Total      *int `json:"total_tokens"`
	CacheHit   *int `json:"prompt_cache_hit_tokens"`
	PromptMore struct {
		Cached  *int `json:"cached_tokens"`
		Written *int `json:"cache_write_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionMore struct {
		Reasoning *int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// usage normalises a usage object; nil when there is none, or none to believe.
func usage(raw json.RawMessage) *chat.Usage {
	var u openAIUsage
	if len(raw) == 0 || u.decode(raw) != nil {
		return nil
	}
	return u.normal()
}

// normal is the usage normalised; nil where it is none to believe. prompt_tokens
// includes the cached ones and those written to the cache. completion_tokens includes
// reasoning at OpenAI; where it does not (the total shows it, or there is more
// reasoning than completion) the two are added.
func (u *openAIUsage) normal() *chat.Usage {
	if u.PromptMore.Cached == nil {
		u.PromptMore.Cached = u.CacheHit
	}
	if !u.possible() {
		return nil
	}
	out := &chat.Usage{Input: u.Prompt, Output: u.Completion, Reasoning: u.CompletionMore.Reasoning}
	prompt := 0
	if u.Prompt != nil {
		prompt = *u.Prompt
		if out.CacheRead = u.PromptMore.Cached; out.CacheRead != nil {
			uncached := prompt - *out.CacheRead
			out.Input = &uncached
		}
		if written := u.PromptMore.Written; written != nil && *written > 0 {
			uncached := *out.Input - *written
			out.Input, out.CacheWrite = &uncached, written
		}
	}
	if out.Output != nil && out.Reasoning != nil && *out.Reasoning > 0 {
		sum := *out.Output + *out.Reasoning
		if *out.Reasoning > *out.Output || u.Total != nil && *u.Total == prompt+sum {
			out.Output = &sum
		}
	}
	return out
}

// possible reports whether the counts can be those of a request. A server that
// gives one count that cannot be is believed in none: they become a bill.
func (u *openAIUsage) possible() bool {
	if u.Prompt == nil && u.Completion == nil ||
		!believed(u.Prompt, u.Completion, u.Total, u.PromptMore.Cached, u.PromptMore.Written, u.CompletionMore.Reasoning) {
		return false
	}
	inCache := 0
	for _, n := range []*int{u.PromptMore.Cached, u.PromptMore.Written} {
		if n != nil {
			inCache += *n
		}
	}
	if u.Prompt != nil && inCache > *u.Prompt {
		return false
	}
	// A total of 0 is one that was not filled in.
	return u.Total == nil || *u.Total == 0 ||
		(u.Prompt == nil || *u.Prompt <= *u.Total) && (u.Completion == nil || *u.Completion <= *u.Total)
}

// openAIError is what an error object says, in any of the forms servers use.
type openAIError struct{ message, kind, code string }

// decodeError reads {"error": {...}}, {"error": "..."}, {"object": "error",
// "message": ...}, {"detail": ...}, a bare {"message": ...}, and an array that begins
// with one of them, as Google's servers answer.
func decodeError(body []byte) (openAIError, bool) {
	var outer struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
		Detail  json.RawMessage `json:"detail"`
		Type    json.RawMessage `json:"type"`
		Code    json.RawMessage `json:"code"`
	}
	if body = bytes.TrimSpace(body); len(body) > 0 && body[0] == '[' {
		var several []json.RawMessage
		if json.Unmarshal(body, &several) != nil || len(several) == 0 {
			return openAIError{}, false
		}
		body = several[0]
	}
	if json.Unmarshal(body, &outer) != nil {
		return openAIError{}, false
	}
	if e := bytes.TrimSpace(outer.Error); present(e) && e[0] == '{' {
		return decodeErrorObject(e), true
	}
	out := openAIError{kind: loose(outer.Type), code: loose(outer.Code)}
	for _, raw := range []json.RawMessage{outer.Error, outer.Message, outer.Detail} {
		if present(raw) {
			out.message = spoken(raw)
			return out, true
		}
	}
	return out, false
}

// decodeErrorObject reads an error object. Azure says more in an innererror; OpenRouter
// gives what the provider behind it answered, as text that may be an error's body.
func decodeErrorObject(object []byte) openAIError {
	var said struct {
		Message, Type, Code, InnerError, Metadata json.RawMessage
	}
	if json.Unmarshal(object, &said) != nil {
		return openAIError{message: string(object)}
	}
	out := openAIError{loose(said.Message), loose(said.Type), loose(said.Code)}
	var inner struct {
		Code string `json:"code"`
	}
	if present(said.InnerError) && json.Unmarshal(said.InnerError, &inner) == nil && inner.Code != "" {
		out.code = strings.TrimSpace(out.code + " " + inner.Code)
	}
	var behind struct {
		Raw string `json:"raw"` // what is in it may have one, too: escaping bounds how deep that goes
	}
	if present(said.Metadata) && json.Unmarshal(said.Metadata, &behind) == nil && behind.Raw != "" {
		body := []byte(behind.Raw)
		text := plainText(body)
		if e, ok := decodeError(body); ok {
			text = e.message
		}
		if text != "" && text != out.message {
			out.message = strings.TrimPrefix(out.message+": "+text, ": ")
		}
	}
	return out
}

// jsonProblem says what is wrong with JSON in terms of the JSON, not of Go.
func jsonProblem(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field != "" {
		return fmt.Sprintf("the field %s cannot be a %s", wrong.Field, wrong.Value)
	} else if wrong != nil {
		return "it cannot be a " + wrong.Value
	}
	return err.Error()
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

// saysError reports whether a member that is for errors holds one: some servers always
// have it, and empty where nothing is wrong.
func saysError(raw json.RawMessage) bool { return present(raw) && string(raw) != `""` }

// loose is a JSON value as text: a string's own text, nothing for null, anything
// else as it stands.
func loose(raw json.RawMessage) string {
	var s string
	if !present(raw) {
		return ""
	}
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// String is the error in one line: the message, then kind and code where they add to it.
func (e openAIError) String() string {
	var also []string
	for _, s := range []string{e.kind, e.code} {
		if s != "" && !strings.Contains(e.message, s) && (len(also) == 0 || also[0] != s) {
			also = append(also, s)
		}
	}
	if len(also) == 0 {
		return e.message
	}
	return strings.TrimSpace(e.message + " (" + strings.Join(also, ", ") + ")")
}
