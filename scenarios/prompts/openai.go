package prompts

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// decodeOpenAI reads a line of a log of chat completions: a request, a batch
// file's line, or a pair of request and response.
func decodeOpenAI(line []byte, first bool, l Limits) (entry, *Error) {
	o, err := parse(line, first)
	if err != nil {
		return entry{}, err
	}
	request, response, err := o.pair()
	if err != nil {
		return entry{}, err
	}
	if o["custom_id"] != nil && o["body"] != nil {
		if o["url"] != nil {
			url, err := str("url", o["url"])
			if err != nil {
				return entry{}, err
			}
			if !strings.HasSuffix(strings.TrimRight(url, "/"), "/chat/completions") {
				return entry{}, leaveOut("the url %s, which is no chat", quoted(url))
			}
		}
		if request, err = inner("body", o["body"]); err != nil {
			return entry{}, err
		}
	}
	if request["messages"] == nil || request["system"] != nil {
		if err := foreign(o, FormatOpenAI); err != nil {
			return entry{}, err
		}
	}
	return openAIRequest(request, response, l)
}

// openAIRequest reads a request to chat completions and, if not nil, its response.
func openAIRequest(o, response object, l Limits) (entry, *Error) {
	switch {
	case o["system"] != nil:
		return entry{}, mistake(setFormat(FormatAnthropic), "a system prompt apart from the messages is not OpenAI's")
	case o.given("prompt"):
		return entry{}, leaveOut("a text to complete")
	}
	if err := o.shape(openAIRole); err != nil {
		return entry{}, err
	}
	o, said, err := cutAnswers(o)
	if err != nil {
		return entry{}, err
	}
	d, err := logged("openai", o, l)
	if err != nil {
		return entry{}, err
	}
	switch {
	case response != nil && said != nil:
		return entry{}, leaveOut("a prefilled answer")
	case response != nil:
		text, err := openAIAnswer(response)
		if err != nil {
			return entry{}, err
		}
		d.recorded(text)
	case len(said) > 1:
		d.change(changeJoined)
		fallthrough
	case said != nil:
		for _, text := range said {
			d.Recorded[len(d.Turns)-1] = joinTexts(d.Recorded[len(d.Turns)-1], text)
		}
	}
	return d.done()
}

// cutAnswers takes the answers at the end out of a request: they were recorded, and
// are not asked.
func cutAnswers(o object) (without object, said []string, err *Error) {
	list, err := o.list("messages")
	if err != nil {
		return nil, nil, err
	}
	n := len(list)
	for ; n > 0; n-- {
		at := fmt.Sprintf("messages[%d]", n-1)
		m, err := inner(at, list[n-1])
		if err != nil {
			return nil, nil, err
		}
		if string(m["role"]) != `"assistant"` {
			break
		}
		text, err := answerText(at+".content", orNull(m["content"]))
		if err != nil {
			return nil, nil, err
		}
		said = append(said, text)
	}
	if n == 0 {
		return nil, nil, leaveOut("an answer before the first question")
	}
	slices.Reverse(said)
	without = maps.Clone(o)
	raw, failed := json.Marshal(list[:n])
	if failed != nil {
		return nil, nil, mistake("", "messages: %v", failed)
	}
	without["messages"] = raw
	return without, said, nil
}

// openAIRole holds a message to the roles there are.
func openAIRole(at, name string) *Error {
	if !slices.Contains([]string{"system", "developer", "user", "assistant", "tool", "function"}, name) {
		return mistake("the roles are: system, developer, user, assistant, tool", "%s has the role %s", at, quoted(name))
	}
	return nil
}

// openAIAnswer takes the text of a response: of a chat completion, of a batch's
// envelope around one, or none of an error.
func openAIAnswer(o object) (string, *Error) {
	if o["body"] != nil && o["choices"] == nil {
		body, err := inner("response.body", o["body"])
		if err != nil {
			return "", err
		}
		o = body
	}
	if o.given("error") {
		return "", nil
	}
	choices, err := o.list("choices")
	if err != nil {
		err.Reason = "response." + err.Reason
		return "", err
	}
	if len(choices) == 0 {
		return "", nil
	}
	choice, err := inner("response.choices[0]", choices[0])
	if err != nil {
		return "", err
	}
	message, err := inner("response.choices[0].message", orNull(choice["message"]))
	if err != nil {
		return "", err
	}
	if !message.given("content") {
		return "", nil
	}
	return answerText("response.choices[0].message.content", message["content"])
}
