package wire

import (
	"regexp"
	"strings"

	"switchover/targets/chat"
)

// What chat completions lose anywhere. thinkingLosses says how reasoning is asked for.
var chatLosses = append([]chat.Loss{
	chat.Lose(chat.FieldPrefill, chat.Approximate, "sent as it is, but most servers begin a new answer after it"),
	chat.Lose(chat.FieldDocumentURL, chat.Rejected, "chat completions take a file's bytes, not its address"),
	chat.Lose(chat.FieldCitations, chat.Dropped, "chat completions cite nothing"),
	chat.Lose(chat.FieldThinkingText, chat.Dropped, "chat completions have no place for earlier reasoning"),
	chat.Lose(chat.FieldSignature, chat.Dropped, "another provider's signature means nothing here"),
	chat.Lose(chat.FieldHiddenThinking, chat.Dropped, "another provider's secret means nothing here"),
	chat.Lose(chat.FieldResultImages, chat.Approximate, "shown by a user message after the results"),
	chat.Lose(chat.FieldResultError, chat.Dropped, "only the result's own words say that it failed"),
	chat.Lose(chat.FieldHostedTools, chat.Rejected, "the tool is run by another provider"),
	chat.Lose(chat.FieldCache, chat.Dropped, "the server decides what it caches"),
	chat.Lose(chat.FieldCacheTTL, chat.Dropped, "the server decides for how long"),
}, thinkingLosses...)

// thinkingLosses are those of protocols that ask for reasoning by its effort alone.
var thinkingLosses = []chat.Loss{
	chat.Lose(chat.FieldThinking, chat.Approximate, "said as an effort: none for off, medium for on, nothing for adaptive"),
	chat.Lose(chat.FieldThinkingBudget, chat.Approximate, "said as an effort: low below 4096 tokens, medium below 16384, then high"),
}

// openAICarriage is what any server of chat completions loses.
var openAICarriage = chat.Carry(append([]chat.Loss{
	chat.Lose(chat.FieldDocument, chat.Approximate, "a file part, which few servers but OpenAI's read"),
}, chatLosses...)...)

// strictOpenAICarriage is what OpenAI and Azure lose, which refuse members of a
// request that they do not know.
var strictOpenAICarriage = chat.Carry(append([]chat.Loss{
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldTopK, chat.Dropped, "OpenAI has no such parameter"),
}, chatLosses...)...)

// openAIServes reports whether a host is OpenAI's, of the world's or of one region's.
func openAIServes(host string) bool {
	return host == "api.openai.com" || strings.HasSuffix(host, ".api.openai.com")
}

// strictOpenAI reports whether a host is OpenAI's or Azure's.
func strictOpenAI(host string) bool {
	return openAIServes(host) || strings.HasSuffix(host, ".openai.azure.com") ||
		strings.HasSuffix(host, ".services.ai.azure.com") || strings.HasSuffix(host, ".cognitiveservices.azure.com")
}

var (
	fixedTemperature = regexp.MustCompile(`^(?i)(openai/)?(o\d|gpt-[5-9]($|[^-]|-[^c]|-co))`) // not gpt-5-chat
	withoutThinking  = regexp.MustCompile(`^(?i)(openai/)?(gpt-3|gpt-4|chatgpt-4)`)
)

// refusesTemperature reports whether OpenAI's model of that name answers 400 to any
// temperature but its own: the o series, gpt-5 and gpt-6, some of which take one where
// they are asked for no reasoning; a later one is taken for alike. At Azure a model is
// called what its deployment is.
//
// Sources: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning; for
// gpt-6, OpenAI's guide to its latest model as cited by
// https://github.com/yologdev/yoagent/releases/tag/v0.27.4.
func refusesTemperature(model string) bool { return fixedTemperature.MatchString(model) }

// openAISampling is the temperature and the top_p that a model is asked for, and what
// that loses. As the API allows is a temperature of 0, and neither of a model whose own
// are fixed: it refuses a top_p, too.
func openAISampling(p *chat.Params, fixed bool, model string) (temperature, topP *float64, losses []chat.Loss) {
	switch {
	case !p.AsAllowed:
		return p.Temperature, p.TopP, nil
	case !fixed:
		return new(float64), p.TopP, nil
	case p.TopP != nil:
		losses = []chat.Loss{chat.Lose(chat.FieldTopP, chat.Dropped, model+" takes none")}
	}
	return nil, nil, losses
}

// neverThinks reports whether OpenAI's model of that name answers 400 to an effort:
// those before the o series and beside it.
func neverThinks(model string) bool { return withoutThinking.MatchString(model) }

// effort is how much reasoning is asked for, in OpenAI's words; empty leaves it to
// the server. OpenAI has no budgets: the steps are ours, near to what its models
// spend at each effort.
func effort(t chat.Thinking) string {
	switch {
	case t.Mode == chat.ThinkingOff:
		return "none"
	case t.Effort != "":
		return t.Effort
	case t.Budget > 0 && t.Budget < 4096:
		return "low"
	case t.Budget > 0 && t.Budget < 16384:
		return "medium"
	case t.Budget > 0:
		return "high"
	case t.Mode == chat.ThinkingOn:
		return "medium"
	}
	return ""
}
