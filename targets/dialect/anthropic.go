package dialect

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"switchover/targets/chat"
)

// readAnthropic reads a request of Anthropic's Messages API, or of the older text
// completions where it has a prompt and no messages. The rules are those that
// platform.claude.com/docs/en/api/messages states and Anthropic's own client library
// (anthropic-sdk-go v1.84.0, message.go) repeats.
//
// It reads as the same what the API takes for the same: content that is one text and
// content that is a list of that text, a cache mark without a time and one of 5
// minutes, a tool without a type and one of type custom. Within one message, tool
// results come first and calls last. Bedrock's anthropic_version belongs to the way
// a request is sent and is left out.
func readAnthropic(top *object, req *chat.Request) {
	a := &anthropic{document: top.doc, req: req}
	keep := a.foreign
	a.foreign = func(path string, raw json.RawMessage) {
		keep(path, raw)
		a.kept = append(a.kept, path)
	}
	req.Model = top.take("model").name()
	top.take("anthropic_version")
	if top.has("prompt") && !top.has("messages") {
		a.completion(top)
	} else {
		a.system(top.take("system"))
		a.tools(top.take("tools"))
		a.messages(top.need("messages", "give at least one message"))
		a.toolChoice(top.take("tool_choice"))
		req.Params.MaxTokens = top.need("max_tokens", "the API has no limit of its own: give one").positive()
		a.thinking(top.take("thinking"))
		a.output(top.take("output_config"))
		req.ServiceTier = top.take("service_tier").text()
	}
	a.sampling(top)
	top.keep()
}

// anthropic is a request while it is read.
type anthropic struct {
	*document
	req   *chat.Request
	marks int // cache marks so far
	// calls are all calls so far, by their ids, and asked those of the assistant's last
	// turn, in their order.
	calls map[string]*madeCall
	asked []*madeCall
	// kept are the paths of what was kept as foreign since the message began.
	kept []string
	told told
}

type madeCall struct {
	path     string // of its id
	answered bool
}

// maxMarks is how many cache marks the API takes in one request.
const maxMarks = 4

// sampling reads what both forms have.
func (a *anthropic) sampling(top *object) {
	p := &a.req.Params
	p.Temperature = top.take("temperature").number(0, 1)
	p.TopP = top.take("top_p").number(0, 1)
	topK := top.take("top_k")
	if p.TopK = topK.whole(); p.TopK != nil && *p.TopK < 0 {
		topK.wrong("is below 0", "give a whole number from 0")
	}
	stop := top.take("stop_sequences")
	p.Stop = stop.texts()
	for i, s := range p.Stop {
		if s == "" {
			a.wrong(fmt.Sprintf("%s[%d]", stop.path, i), "is empty", "an answer would end before it begins")
		}
	}
	p.Whole = !top.take("stream").flag()
	about := top.take("metadata")
	metadata := about.object()
	a.req.User = metadata.take("user_id").text()
	keepAll(about, metadata, a.req.User != "")
}

func (a *anthropic) system(v *value) {
	if !v.there() {
		return
	}
	m := chat.Message{Role: chat.System}
	if v.is('"') {
		m.Content = v.text()
		a.told.system = 1
	} else {
		a.told.system = len(a.content(v, &m, "text"))
	}
	if m.Content != "" || len(m.Parts) > 0 {
		a.req.Messages = append(a.req.Messages, m)
	}
}

func (a *anthropic) toolChoice(v *value) {
	if !v.there() {
		return
	}
	o, choice := v.object(), &a.req.ToolChoice
	kind := o.need("type", "give auto, any, tool or none")
	switch mode := kind.text(); mode {
	case "auto", "any", "tool", "none":
		choice.Mode = chat.ToolMode(mode)
	default:
		kind.wrong("is "+shorten(mode), "give auto, any, tool or none")
	}
	if choice.Mode == chat.ToolsOne {
		name := o.need("name", "say which tool")
		choice.Name = name.text()
		if !slices.ContainsFunc(a.req.Tools, func(t chat.Tool) bool { return t.Name == choice.Name }) {
			name.wrong("names no tool of the request", "")
		}
	}
	if choice.Mode == chat.ToolsAny && len(a.req.Tools) == 0 {
		v.wrong("asks for a tool, and the request has none", "give tools")
	}
	choice.Single = o.take("disable_parallel_tool_use").flag()
	o.keep()
}

// leastThinking is the least that the API lets a model think, in tokens.
const leastThinking = 1024

func (a *anthropic) thinking(v *value) {
	if !v.there() {
		return
	}
	o, thinking := v.object(), &a.req.Params.Thinking
	kind := o.need("type", "give enabled, adaptive or disabled")
	switch mode := kind.text(); mode {
	case "enabled":
		thinking.Mode = chat.ThinkingOn
		budget := o.need("budget_tokens", fmt.Sprintf("give at least %d", leastThinking))
		thinking.Budget = budget.positive()
		switch limit := a.req.Params.MaxTokens; {
		case thinking.Budget < leastThinking:
			budget.wrong(fmt.Sprintf("is %d", thinking.Budget), fmt.Sprintf("give at least %d", leastThinking))
		case thinking.Budget >= limit:
			budget.wrong(fmt.Sprintf("is %d and max_tokens %d", thinking.Budget, limit), "thinking counts among max_tokens: give it less")
		}
	case "adaptive":
		thinking.Mode = chat.ThinkingAdaptive
	case "disabled":
		thinking.Mode = chat.ThinkingOff
	case "between_tools": // no other API has it
		v.keepForeign()
		return
	default:
		kind.wrong("is "+shorten(mode), "give enabled, adaptive or disabled")
	}
	o.keep()
}

func (a *anthropic) output(v *value) {
	if !v.there() {
		return
	}
	o := v.object()
	effort := o.take("effort")
	a.req.Params.Thinking.Effort = effort.text()
	if e := a.req.Params.Thinking.Effort; e != "" && !slices.Contains([]string{"low", "medium", "high", "xhigh", "max"}, e) {
		effort.wrong("is "+shorten(e), "give low, medium, high, xhigh or max")
	}
	if format := o.take("format"); format.there() {
		f := format.object()
		if kind := f.need("type", "give json_schema"); kind.text() != "json_schema" {
			kind.wrong("is "+shorten(kind.text()), "give json_schema")
		}
		schema := f.need("schema", "give a JSON Schema")
		if !schema.is('{') {
			schema.want("an object")
		}
		a.req.Format = chat.Format{JSON: true, Schema: schema.raw, Strict: true}
		f.keep()
	}
	keepAll(v, o, effort.there() || a.req.Format.JSON)
}

// keepAll keeps what is left of an object as foreign: by its members where the object
// will be written again, because some were read, and else as a whole.
func keepAll(v *value, o *object, written bool) {
	if written {
		o.keep()
	} else if len(o.members) > 0 {
		v.keepForeign()
	}
}

func (a *anthropic) tools(v *value) {
	names := map[string]bool{}
	for _, each := range v.list() {
		o := each.object()
		kind := o.take("type").text()
		name := o.take("name")
		tool := chat.Tool{Name: name.text()}
		if kind != "" && kind != "custom" { // the provider's own, which may have no name
			tool.Hosted, tool.Definition = kind, each.raw
			a.req.Tools = append(a.req.Tools, tool)
			continue
		}
		switch {
		case !toolName(tool.Name):
			name.wrong("is "+shorten(fmt.Sprintf("%q", tool.Name)), "give 1 to 128 letters, digits, _ and -")
		case names[tool.Name]:
			name.wrong("is the name of two tools", "")
		}
		names[tool.Name] = true
		tool.Description = o.take("description").text()
		schema := o.need("input_schema", `a tool without input has {"type":"object"}`)
		if !schema.is('{') {
			schema.want("an object")
		}
		tool.Parameters = schema.raw
		tool.Strict = o.take("strict").flag()
		tool.Cache = a.cache(o)
		o.keep()
		a.req.Tools = append(a.req.Tools, tool)
	}
}

// toolName reports whether it can be a function's: 1 to 128 letters, digits, _ and -.
func toolName(s string) bool {
	return len(s) > 0 && len(s) <= 128 && strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-'
	}) < 0
}

// cache reads a block's cache mark.
func (a *anthropic) cache(o *object) chat.CacheMark {
	v := o.take("cache_control")
	if !v.there() {
		return ""
	}
	if a.marks++; a.marks > maxMarks {
		v.wrong(fmt.Sprintf("is one more than %d cache marks", maxMarks), "the API takes no more")
	}
	mark := v.object()
	if kind := mark.need("type", "give ephemeral"); kind.text() != "ephemeral" {
		kind.wrong("is "+shorten(kind.text()), "give ephemeral")
	}
	ttl := mark.take("ttl")
	t := ttl.text()
	if t == "" {
		t = "5m"
	}
	if t != "5m" && t != "1h" {
		ttl.wrong("is "+shorten(t), "give 5m or 1h")
	}
	mark.keep()
	return chat.CacheMark(t)
}
