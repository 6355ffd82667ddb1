package dialect

import (
	"fmt"
	"slices"
	"strconv"

	"switchover/targets/chat"
)

// readOpenAI reads a request of chat completions, or of the older completions where it
// has a prompt and no messages. The rules are those of OpenAI's own client library
// (openai-go v3.96.0, chatcompletion.go).
//
// It reads as the same what says the same: a developer's message and a system's,
// content that is one text and content that is a list of that text, functions and
// tools, a function's message and a tool's, max_tokens and max_completion_tokens, a
// refusal and an answer's text. How the answer is to be streamed is for the one who
// asks: of stream_options nothing is kept.
func readOpenAI(top *object, req *chat.Request) {
	a := &openAI{document: top.doc, req: req, open: map[string]string{}, names: map[string]bool{}}
	req.Model = top.take("model").name()
	if top.has("prompt") && !top.has("messages") {
		a.prompt(top.take("prompt"))
	} else {
		a.tools(top.take("tools"))
		a.functions(top.take("functions"))
		remedy := "give at least one message"
		if top.has("input") {
			remedy = "requests of the Responses API are not read: give the form of chat completions"
		}
		a.messages(top.need("messages", remedy))
		a.toolChoice(top.take("tool_choice"), "none", "auto", "required")
		a.toolChoice(top.take("function_call"), "none", "auto")
		single := top.take("parallel_tool_calls")
		req.ToolChoice.Single = single.there() && !single.flag()
		a.format(top.take("response_format"))
		req.Params.Thinking.Effort = top.take("reasoning_effort").text()
	}
	a.length(top)
	a.sampling(top)
	a.about(top)
	top.keep()
}

// openAI is a request while it is read.
type openAI struct {
	*document
	req *chat.Request
	// open are the paths of the calls of the assistant's last message that have no
	// result yet, by their ids, which asked has in their order.
	open  map[string]string
	asked []string
	// older is the latest call in the form of functions; it has an id made here.
	older olderCall
	made  int
	names map[string]bool // of functions
}

// olderCall is a call in the form of functions.
type olderCall struct{ id, name string }

// prompt reads a completion's prompt as a message of the user's.
func (a *openAI) prompt(v *value) {
	if !v.is('"') {
		v.wrong("is "+v.kind()+", not text", "give one text a request")
	}
	text := v.text()
	if text == "" {
		v.wrong("is empty", "")
	}
	a.req.Messages = []chat.Message{{Role: chat.User, Content: text}}
}

// length reads how long the answer may be, or is to be exactly.
func (a *openAI) length(top *object) {
	p := &a.req.Params
	limit, older := top.take("max_completion_tokens"), top.take("max_tokens")
	p.MaxTokens = limit.positive()
	if n := older.positive(); n > 0 && p.MaxTokens > 0 && n != p.MaxTokens {
		older.wrong("is another limit than max_completion_tokens", "keep one")
	} else if n > 0 {
		p.MaxTokens = n
	}
	if string(top.members["ignore_eos"]) != "true" || p.MaxTokens == 0 { // an extension of inference servers
		return
	}
	least := top.members["min_tokens"]
	if least == nil || string(least) == strconv.Itoa(p.MaxTokens) {
		p.Exact = true
		top.take("ignore_eos")
		top.take("min_tokens")
	}
}

// sampling reads what both forms have.
func (a *openAI) sampling(top *object) {
	p := &a.req.Params
	p.Temperature = top.take("temperature").number(0, 2)
	p.TopP = top.take("top_p").number(0, 1)
	p.TopK = top.take("top_k").whole() // an extension of inference servers, to some of which -1 is none
	p.FrequencyPenalty = top.take("frequency_penalty").number(-2, 2)
	p.PresencePenalty = top.take("presence_penalty").number(-2, 2)
	if seed := top.take("seed"); seed.there() {
		n, err := strconv.ParseInt(string(seed.raw), 10, 64)
		if err != nil {
			seed.wrong("is "+shorten(string(seed.raw)), "give a whole number of 64 bits")
		}
		p.Seed = &n
	}
	stop := top.take("stop")
	p.Stop = stop.texts()
	for i, s := range p.Stop {
		if s == "" {
			a.wrong(fmt.Sprintf("%s[%d]", stop.path, i), "is empty", "an answer would end before it begins")
		}
	}
	p.Whole = !top.take("stream").flag()
	top.take("stream_options")
}

// about reads what is said about the request.
func (a *openAI) about(top *object) {
	a.req.User = top.take("user").text()
	a.req.ServiceTier = top.take("service_tier").text()
	about := top.take("metadata").object()
	for _, name := range about.order {
		if a.req.Metadata == nil {
			a.req.Metadata = map[string]string{}
		}
		v := about.take(name)
		if !v.is('"') {
			v.want("text")
		}
		a.req.Metadata[name] = v.text()
	}
	answers := &value{doc: a.document, path: "n", raw: top.members["n"]}
	switch n := answers.whole(); {
	case n == nil:
	case *n < 1:
		answers.wrong("is "+strconv.Itoa(*n), "give at least 1")
	case *n == 1:
		top.take("n")
	} // more than one answer only OpenAI's form can ask for
}

func (a *openAI) tools(v *value) {
	for _, each := range v.list() {
		o := each.object()
		kind := o.need("type", "give function")
		if k := kind.text(); k != "function" { // of another kind, which its server knows
			a.req.Tools = append(a.req.Tools, chat.Tool{Hosted: k, Definition: each.raw})
			continue
		}
		a.function(o.need("function", "say what it is").object())
		o.keep()
	}
}

// functions are what tools were once called.
func (a *openAI) functions(v *value) {
	for _, each := range v.list() {
		a.function(each.object())
	}
}

func (a *openAI) function(o *object) {
	name := o.need("name", "")
	tool := chat.Tool{Name: name.text(), Description: o.take("description").text()}
	switch {
	case !toolName(tool.Name):
		name.wrong("is "+shorten(fmt.Sprintf("%q", tool.Name)), "give 1 to 128 letters, digits, _ and -")
	case a.names[tool.Name]:
		name.wrong("is the name of two functions", "")
	}
	a.names[tool.Name] = true
	if schema := o.take("parameters"); schema.there() {
		if !schema.is('{') {
			schema.want("an object")
		}
		tool.Parameters = schema.raw
	}
	tool.Strict = o.take("strict").flag()
	o.keep()
	a.req.Tools = append(a.req.Tools, tool)
}

// toolChoice reads a word or a function's name, in the form of today or of functions.
func (a *openAI) toolChoice(v *value, words ...string) {
	choice := &a.req.ToolChoice
	switch {
	case !v.there():
	case v.is('"'):
		word := v.text()
		if !slices.Contains(words, word) {
			v.wrong("is "+shorten(word), fmt.Sprintf("give one of %q, or a function", words))
		}
		choice.Mode = map[string]chat.ToolMode{"none": chat.ToolsNone, "auto": chat.ToolsAuto, "required": chat.ToolsAny}[word]
		if choice.Mode == chat.ToolsAny && len(a.req.Tools) == 0 {
			v.wrong("asks for a tool, and the request has none", "give tools")
		}
	default:
		o := v.object()
		if kind := o.take("type"); kind.there() && kind.text() != "function" {
			v.keepForeign()
			return
		}
		from := o
		if o.has("function") {
			from = o.take("function").object()
		}
		name := from.need("name", "say which function")
		choice.Mode, choice.Name = chat.ToolsOne, name.text()
		if !a.names[choice.Name] {
			name.wrong("names no function of the request", "")
		}
		o.keep()
	}
}

func (a *openAI) format(v *value) {
	if !v.there() {
		return
	}
	o, f := v.object(), &a.req.Format
	switch kind := o.need("type", "give text, json_object or json_schema"); kind.text() {
	case "text":
	case "json_object":
		f.JSON = true
	case "json_schema":
		f.JSON = true
		said := o.need("json_schema", "")
		about := said.object()
		f.Name = about.need("name", "").text()
		f.Strict = about.take("strict").flag()
		schema := about.need("schema", "say what the answer is to look like")
		if !schema.is('{') {
			schema.want("an object")
		}
		f.Schema = schema.raw
		about.keep()
	default:
		v.keepForeign() // a grammar, which some servers take
		return
	}
	o.keep()
}
