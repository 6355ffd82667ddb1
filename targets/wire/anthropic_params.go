package wire

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"switchover/targets/chat"
)

// anthropicLimit is asked for where a request has no limit of output tokens: every
// Claude model since 2023 can write as many.
const anthropicLimit = 4096

// leastBudget is the least that the API lets a model think, in tokens.
const leastBudget = 1024

// limit asks for at most so many tokens, thinking included.
func (w *anthropicWriter) limit() {
	w.out.MaxTokens = w.req.Params.MaxTokens
	if _, said := w.req.Params.Extra["max_tokens"]; w.out.MaxTokens == 0 && !said {
		w.out.MaxTokens = anthropicLimit + w.budget()
		w.lose(chat.FieldMaxTokens, chat.Approximate, fmt.Sprintf("the API wants a limit: %d", w.out.MaxTokens))
	}
}

// budget is what thinking may take at most; 0 for no such limit.
func (w *anthropicWriter) budget() int {
	if w.out.Thinking == nil {
		return 0
	}
	return w.out.Thinking.Budget
}

// thinking asks for reasoning, in the way that the model knows.
func (w *anthropicWriter) thinking() {
	t := w.req.Params.Thinking
	switch t.Effort {
	case "":
	case "none":
		t.Mode = chat.ThinkingOff
		w.lose(chat.FieldEffort, chat.Approximate, "no effort is no thinking")
	case "minimal":
		w.output().Effort = "low"
		w.lose(chat.FieldEffort, chat.Approximate, "low is the least")
	default:
		w.output().Effort = t.Effort
	}
	switch {
	case t.Mode == chat.ThinkingOff:
		w.out.Thinking = &anthropicThinking{Type: "disabled"}
	case t.Mode == chat.ThinkingAdaptive:
		w.out.Thinking = &anthropicThinking{Type: "adaptive"}
	case t.Budget > 0 && w.claude.fixed():
		w.out.Thinking = &anthropicThinking{Type: "adaptive"}
		w.lose(chat.FieldThinkingBudget, chat.Approximate, w.model+" takes no budget and decides by itself how much it thinks")
	case t.Budget > 0:
		w.enable(t.Budget)
	case t.Mode == chat.ThinkingOn && w.claude.adapts():
		w.out.Thinking = &anthropicThinking{Type: "adaptive"}
		w.lose(chat.FieldThinking, chat.Approximate, "the model decides how much it thinks")
	case t.Mode == chat.ThinkingOn:
		w.enable(max(leastBudget, w.req.Params.MaxTokens/2))
		w.lose(chat.FieldThinking, chat.Approximate, fmt.Sprintf("%s wants a budget: %d tokens", w.model, w.budget()))
	}
	if t.Budget > 0 && (t.Mode == chat.ThinkingOff || t.Mode == chat.ThinkingAdaptive) {
		w.lose(chat.FieldThinkingBudget, chat.Dropped, "only thinking that is on has a budget")
	}
}

// enable asks for thinking of at most so many tokens.
func (w *anthropicWriter) enable(budget int) {
	if budget < leastBudget {
		budget = leastBudget
		w.lose(chat.FieldThinkingBudget, chat.Approximate, "raised to 1024 tokens, the least")
	}
	if limit := w.req.Params.MaxTokens; limit > 0 && budget >= limit {
		w.lose(chat.FieldThinking, chat.Rejected, fmt.Sprintf("thinking of %d tokens does not fit into max_tokens of %d", budget, limit))
	}
	w.out.Thinking = &anthropicThinking{"enabled", budget}
}

// sampling asks for what the model takes. As the API allows is a temperature of 0 for
// models known to take one, and none for others and while they think, which they do at
// a temperature of 1 alone.
func (w *anthropicWriter) sampling() {
	p := &w.req.Params
	w.out.Temperature, w.out.TopP, w.out.TopK = p.Temperature, p.TopP, p.TopK
	switch t := p.Temperature; {
	case t == nil:
		thinks := p.Thinking.Mode != "" && p.Thinking.Mode != chat.ThinkingOff || p.Thinking.Budget > 0
		if p.AsAllowed && w.claude.samples() && !thinks {
			w.out.Temperature = new(float64)
		}
	case *t < 0 || *t > 1:
		w.lose(chat.FieldTemperature, chat.Rejected, "Claude takes 0 to 1")
	case *t != 1 && w.claude.fixed():
		w.lose(chat.FieldTemperature, chat.Rejected, w.model+" takes 1 alone: "+leaveOut)
	}
	if p.TopP != nil && *p.TopP < 0.99 && w.claude.fixed() {
		w.out.TopP = nil
		w.unsampled(chat.FieldTopP, "none below 0.99")
	}
	if p.TopK != nil && w.claude.fixed() {
		w.out.TopK = nil
		w.unsampled(chat.FieldTopK, "none")
	}
}

// leaveOut is what to do about a parameter that a model refuses.
const leaveOut = "leave it out, in a scenario by temperature: as-allowed"

// unsampled is a parameter that the model refuses: it is dropped where only what the
// API allows is asked for.
func (w *anthropicWriter) unsampled(f chat.Field, takes string) {
	if w.req.Params.AsAllowed {
		w.lose(f, chat.Dropped, w.model+" takes "+takes)
		return
	}
	w.lose(f, chat.Rejected, w.model+" takes "+takes+": "+leaveOut)
}

// stop leaves out what the API refuses: stops of white space alone.
func (w *anthropicWriter) stop() []string {
	var out []string
	for _, s := range w.req.Params.Stop {
		if strings.TrimSpace(s) == "" {
			w.lose(chat.FieldStop, chat.Dropped, "the Messages API does not stop at white space alone")
			continue
		}
		out = append(out, s)
	}
	return out
}

// tier is the class of service in Anthropic's words. OpenAI's default is without
// priority, which is Anthropic's standard_only.
func (w *anthropicWriter) tier() string {
	switch tier := w.req.ServiceTier; tier {
	case "", "auto", "standard_only":
		return tier
	case "default", "standard":
		return "standard_only"
	}
	if w.own {
		return w.req.ServiceTier
	}
	w.lose(chat.FieldServiceTier, chat.Dropped, "Anthropic has auto and standard_only")
	return ""
}

// anthropicHosted are the types of the tools that Anthropic defines.
var anthropicHosted = regexp.MustCompile(`^[a-z_0-9]+_20\d{6}$|^mcp_toolset$`)

// tools adds the functions, and whether they are to be called.
func (w *anthropicWriter) tools() {
	for i := range w.req.Tools {
		t := &w.req.Tools[i]
		switch {
		case t.Hosted == "":
			schema := t.Parameters
			if len(schema) == 0 {
				schema = json.RawMessage(`{"type":"object"}`)
			}
			w.out.Tools = append(w.out.Tools, anthropicTool{t.Name, t.Description, schema, t.Strict, w.cache(t.Cache)})
		case len(t.Definition) > 0 && (w.own || anthropicHosted.MatchString(t.Hosted)):
			w.out.Tools = append(w.out.Tools, t.Definition)
		default:
			w.lose(chat.FieldHostedTools, chat.Rejected, "the tool is run by another provider")
		}
	}
	choice := w.req.ToolChoice
	switch {
	case len(w.req.Tools) == 0 && (choice.Mode == chat.ToolsAny || choice.Mode == chat.ToolsOne):
		f := chat.FieldToolChoiceAny
		if choice.Mode == chat.ToolsOne {
			f = chat.FieldToolChoiceOne
		}
		w.lose(f, chat.Rejected, "the request has no tool to call")
		return
	case len(w.req.Tools) == 0 || choice == chat.ToolChoice{}:
		return // without tools none is called, and the API refuses a choice
	case choice.Mode == "":
		choice.Mode = chat.ToolsAuto
	}
	w.out.ToolChoice = map[string]any{"type": choice.Mode}
	if choice.Mode == chat.ToolsOne {
		w.out.ToolChoice["name"] = choice.Name
	}
	if choice.Single && choice.Mode != chat.ToolsNone {
		w.out.ToolChoice["disable_parallel_tool_use"] = true
	}
}
