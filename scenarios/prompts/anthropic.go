package prompts

import "switchover/targets/chat"

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
	if request["messages"] == nil {
		if err := foreign(o, FormatAnthropic); err != nil {
			return entry{}, err
		}
	}
	return anthropicRequest(request, response, l)
}

func anthropicRequest(o, response object, l Limits) (entry, *Error) {
	d := dialogue{limits: l}
	if o.given("tools") {
		return entry{}, leaveOut("tools")
	}
	if o.given("system") {
		text, err := content("system", o["system"], "\n\n")
		if err != nil {
			return entry{}, err
		}
		d.System = text
	}
	if err := o.messages(d.anthropicMessage); err != nil {
		return entry{}, err
	}
	if d.last == chat.Assistant {
		return entry{}, leaveOut("a prefilled answer")
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

// anthropicMessage takes one message.
func (d *dialogue) anthropicMessage(at string, m object) *Error {
	name, err := m.role(at)
	if err != nil {
		return err
	}
	glue := "\n\n"
	switch chat.Role(name) {
	case chat.User:
	case chat.Assistant:
		glue = ""
	case chat.System, "developer", chat.ToolRole:
		return mistake(setFormat(FormatOpenAI), "%s has the role %s: Anthropic's messages have user and assistant only", at, quoted(name))
	default:
		return mistake("the roles are: user, assistant", "%s has the role %s", at, quoted(name))
	}
	text, err := content(at+".content", m["content"], glue)
	if err != nil {
		return err
	}
	return d.say(chat.Role(name), text)
}

// anthropicAnswer takes the text of a response, none of an error.
func anthropicAnswer(o object) (string, *Error) {
	if o.given("error") {
		return "", nil
	}
	if o["choices"] != nil {
		return "", mistake(setFormat(FormatOpenAI), "the response has choices, which are not Anthropic's")
	}
	return content("response.content", o["content"], "")
}
