package prompts

import (
	"encoding/json"
	"maps"
	"strconv"

	"switchover/targets/chat"
)

// decodeAnthropic reads a line of a log of Anthropic's Messages: a request, a
// batch's line, or a pair of request and response.
func decodeAnthropic(line []byte, first bool, l Limits) (entry, *Error) {
	o, err := parse(line, first)
	if err != nil {
		return entry{}, err
	}
	request, response, err := o.pair()
	if err != nil {
		return entry{}, err
	}
	if o["custom_id"] != nil && o["params"] != nil {
		if request, err = inner("params", o["params"]); err != nil {
			return entry{}, err
		}
	}
	if request["messages"] == nil && !olderAnthropic(request) {
		if err := foreign(o, FormatAnthropic); err != nil {
			return entry{}, err
		}
	}
	return anthropicRequest(request, response, l)
}

// olderAnthropic reports whether a request is of the form before messages: a prompt
// with turns in it, and a limit.
func olderAnthropic(o object) bool {
	return o["prompt"] != nil && (o["max_tokens_to_sample"] != nil || o["max_tokens"] != nil)
}

func anthropicRequest(o, response object, l Limits) (entry, *Error) {
	unlimited := false
	if !olderAnthropic(o) || o["messages"] != nil {
		if err := o.shape(anthropicRole); err != nil {
			return entry{}, err
		}
		if unlimited = o["max_tokens"] == nil; unlimited { // a log can be without what the API wants
			o = maps.Clone(o)
			o["max_tokens"] = json.RawMessage(strconv.Itoa(maxAnswerTokens))
		}
	}
	d, err := logged("anthropic", o, l)
	switch {
	case err != nil:
		return entry{}, err
	case d.last == chat.Assistant:
		return entry{}, leaveOut("a prefilled answer")
	}
	if unlimited {
		d.unlimited()
	}
	if response != nil {
		text, err := anthropicAnswer(response)
		if err != nil {
			return entry{}, err
		}
		d.recorded(text)
	}
	return d.done()
}

// unlimited takes back the limit that the log did not have.
func (d *dialogue) unlimited() {
	d.MaxTokens = 0
	if r := d.Request; len(r.Messages) == 0 && r.Fields() == 0 {
		d.Request = nil
	}
}

// anthropicRole holds a message to the roles there are.
func anthropicRole(at, name string) *Error {
	switch chat.Role(name) {
	case chat.User, chat.Assistant:
		return nil
	case chat.System:
		if at != "messages[0]" {
			return nil // newer models take one in between
		}
		fallthrough
	case "developer", chat.ToolRole:
		return mistake(setFormat(FormatOpenAI), "%s has the role %s: Anthropic's messages have user and assistant only", at, quoted(name))
	}
	return mistake("the roles are: user, assistant", "%s has the role %s", at, quoted(name))
}

// anthropicAnswer takes the text of a response, none of an error.
func anthropicAnswer(o object) (string, *Error) {
	if o.given("error") {
		return "", nil
	}
	if o["choices"] != nil {
		return "", mistake(setFormat(FormatOpenAI), "the response has choices, which are not Anthropic's")
	}
	return answerText("response.content", o["content"])
}
