package prompts

import (
	"strings"

	"switchover/targets/chat"
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
	d := dialogue{limits: l}
	switch {
	case o["system"] != nil:
		return entry{}, mistake(setFormat(FormatAnthropic), "a system prompt apart from the messages is not OpenAI's")
	case o.given("prompt"):
		return entry{}, leaveOut("a text to complete")
	case o.given("tools"), o.given("functions"):
		return entry{}, leaveOut("tools")
	case o.given("response_format") && !strings.Contains(string(o["response_format"]), `"text"`):
		d.change(changeJSON)
	}
	if err := o.messages(d.openAIMessage); err != nil {
		return entry{}, err
	}
	if response != nil {
		if d.last == chat.Assistant {
			return entry{}, leaveOut("a prefilled answer")
		}
		text, err := openAIAnswer(response)
		if err != nil {
			return entry{}, err
		}
		if len(d.Turns) > 0 {
			d.recorded(text)
		}
	}
	return d.done()
}

// openAIMessage takes one message.
func (d *dialogue) openAIMessage(at string, m object) *Error {
	name, err := m.role(at)
	if err != nil {
		return err
	}
	role := chat.Role(name)
	switch role {
	case "developer":
		role = chat.System
	case chat.System, chat.User, chat.Assistant:
	case chat.ToolRole, "function":
		return leaveOut("tools")
	default:
		return mistake("the roles are: system, developer, user, assistant, tool", "%s has the role %s", at, quoted(name))
	}
	if m.given("tool_calls") || m.given("function_call") {
		return leaveOut("tools")
	}
	raw, glue := m["content"], "\n\n"
	if role == chat.Assistant {
		glue = ""
		if raw == nil || string(raw) == "null" {
			return d.say(role, "") // a refusal, or an answer that was cut off
		}
	}
	text, err := content(at+".content", raw, glue)
	if err != nil {
		return err
	}
	return d.say(role, text)
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
	return content("response.choices[0].message.content", message["content"], "")
}
