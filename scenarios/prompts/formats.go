package prompts

import (
	"regexp"
	"strings"

	"switchover/results"
)

// languageTag is the shape of a BCP 47 tag, not its registry.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$`)

// decodeConversation reads a line of the project's own format.
func decodeConversation(line []byte, first bool, l Limits) (c results.Conversation, err *Error) {
	o, err := parse(line, first)
	if err != nil {
		return c, err
	}
	if o["item"] == nil {
		if err := foreign(o, FormatConversations); err != nil {
			return c, err
		}
		return c, mistake("it is the conversation's name, unique in the file", "item is missing")
	}
	if err := o.only("item", "language", "category", "system", "turns", "reference"); err != nil {
		return c, err
	}
	if c.Item, err = o.text("item"); err != nil {
		return c, err
	}
	if err := name("item", c.Item); err != nil {
		return c, err
	}
	if c.Language, err = o.text("language"); err != nil {
		return c, err
	}
	if c.Language != "" && !languageTag.MatchString(c.Language) {
		return c, mistake("for instance en, zh or pt-BR", "language %s is not a BCP 47 tag", quoted(c.Language))
	}
	if err := category(o, &c); err != nil {
		return c, err
	}
	if c.System, err = o.text("system"); err != nil {
		return c, err
	}
	return c, questions(o, &c, l)
}

// decodeMTBench reads a line of MT-Bench's question file.
func decodeMTBench(line []byte, first bool, l Limits) (c results.Conversation, err *Error) {
	o, err := parse(line, first)
	if err != nil {
		return c, err
	}
	raw, ok := o["question_id"]
	if !ok {
		if err := foreign(o, FormatMTBench); err != nil {
			return c, err
		}
		return c, mistake("", "question_id is missing")
	}
	id := string(raw)
	if raw[0] == '"' {
		if id, err = str("question_id", raw); err != nil {
			return c, err
		}
	} else if strings.Trim(id, "0123456789") != "" {
		what := kind(raw)
		if what == "a number" {
			what = "not a whole number"
		}
		return c, mistake("it is a number, such as 81", "question_id is %s", what)
	}
	if err := name("question_id", id); err != nil {
		return c, err
	}
	c.Item = "mt-bench-" + id
	if err := category(o, &c); err != nil {
		return c, err
	}
	return c, questions(o, &c, l)
}

func category(o object, c *results.Conversation) (err *Error) {
	if c.Category, err = o.text("category"); err != nil || c.Category == "" {
		return err
	}
	return name("category", c.Category)
}

// questions takes the two fields that all formats share.
func questions(o object, c *results.Conversation, l Limits) (err *Error) {
	if c.Turns, err = o.turns(l); err != nil {
		return err
	}
	c.Reference, err = o.reference(len(c.Turns))
	return err
}

// foreign says which format an object is in that lacks the wanted one's name
// field, or nil when it is none that is known.
func foreign(o object, want string) *Error {
	has := func(names ...string) bool {
		for _, n := range names {
			if o[n] == nil {
				return false
			}
		}
		return true
	}
	readable := func(format string) *Error {
		return mistake("set format: "+format, "the file looks like %s, not %s", format, want)
	}
	unreadable := func(what string) *Error {
		return mistake("write each conversation as {\"item\": ..., \"turns\": [...]} and set format: "+FormatConversations,
			"the file looks like %s, not %s", what, want)
	}
	switch {
	case want != FormatMTBench && has("question_id", "turns"):
		return readable(FormatMTBench)
	case want != FormatConversations && has("item", "turns"):
		return readable(FormatConversations)
	case has("question_id", "choices"):
		return unreadable("answers to MT-Bench, which have no questions")
	case has("conversations"):
		return unreadable("ShareGPT")
	case has("messages"), has("body"):
		return unreadable("a log of chat requests")
	case has("instruction"):
		return unreadable("an instruction data set")
	case has("prompt"):
		return unreadable("a list of prompts")
	}
	return nil
}
