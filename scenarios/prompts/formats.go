package prompts

import (
	"regexp"
	"strings"

	"switchover/results"
)

// languageTag is the shape of a BCP 47 tag, not its registry.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$`)

// decodeConversation reads a line of the project's own format.
func decodeConversation(line []byte, first bool, l Limits) (c entry, err *Error) {
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
	if err := o.only("item", "language", "category", "system", "turns", "recorded", "reference", "max_tokens"); err != nil {
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
	if err := category(o, &c.Conversation); err != nil {
		return c, err
	}
	if c.System, err = o.text("system"); err != nil {
		return c, err
	}
	if c.MaxTokens, err = o.maxTokens("max_tokens"); err != nil {
		return c, err
	}
	if err := questions(o, &c.Conversation, l); err != nil {
		return c, err
	}
	c.Recorded, err = o.answers("recorded", len(c.Turns))
	return c, err
}

// decodeMTBench reads a line of MT-Bench's question file.
func decodeMTBench(line []byte, first bool, l Limits) (c entry, err *Error) {
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
	if err := category(o, &c.Conversation); err != nil {
		return c, err
	}
	return c, questions(o, &c.Conversation, l)
}

func category(o object, c *results.Conversation) (err *Error) {
	if c.Category, err = o.text("category"); err != nil || c.Category == "" {
		return err
	}
	return name("category", c.Category)
}

// questions takes the two fields that both formats share.
func questions(o object, c *results.Conversation, l Limits) (err *Error) {
	if c.Turns, err = o.turns(l); err != nil {
		return err
	}
	c.Reference, err = o.answers("reference", len(c.Turns))
	return err
}

// foreign says which format an object is in that lacks what the wanted one needs,
// or nil when it is none that is known. It only ever names a format: reading
// takes the one that the user names.
func foreign(o object, want string) *Error {
	is, readable := looks(o)
	switch {
	case is == "" || is == want:
		return nil
	case readable:
		return mistake(setFormat(is), "the file looks like %s, not %s", is, want)
	case is == lengthsOnly:
		return mistake(traceHint(TraceMooncake), "the file looks like %s, not %s", is, want)
	}
	return mistake("write each conversation as {\"item\": ..., \"turns\": [...]} and set format: "+FormatConversations,
		"the file looks like %s, not %s", is, want)
}

func setFormat(format string) string { return "set format: " + format + ", or --from " + format }

// lengthsOnly is what a trace looks like to who looks for text.
const lengthsOnly = "a trace of lengths, which has no text"

// looks names what an object seems to be: a format, or something else.
func looks(o object) (is string, readable bool) {
	has := func(names ...string) bool {
		for _, n := range names {
			if o[n] == nil {
				return false
			}
		}
		return true
	}
	switch {
	case has("question_id", "turns"):
		return FormatMTBench, true
	case has("item", "turns"):
		return FormatConversations, true
	case has("question_id", "choices"):
		return "answers to MT-Bench, which have no questions", false
	case has("conversations"):
		return FormatShareGPT, true
	case has("custom_id", "params"):
		return FormatAnthropic, true
	case has("custom_id", "response"), has("custom_id", "result"):
		return "the results of a batch, which have no questions", false
	case has("body", "timestamp"):
		return FormatEvalScope, true
	case has("body"):
		return FormatOpenAI, true
	case has("request"):
		if request, err := inner("request", o["request"]); err == nil && request["request"] == nil {
			return looks(request)
		}
	case has("messages", "system"), has("messages", "stop_sequences"), has("messages", "anthropic_version"):
		return FormatAnthropic, true
	case has("messages"):
		return FormatOpenAI, true
	case has("hash_ids"), has("input_length"):
		return lengthsOnly, false
	case has("input", "model"):
		return "requests to the Responses API, which are not read", false
	case has("instruction"):
		return "an instruction data set", false
	case has("prompt"):
		return FormatPrompts, true
	}
	return "", false
}
