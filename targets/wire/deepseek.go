package wire

import (
	"fmt"

	"switchover/targets/chat"
)

// deepSeek is chat completions as DeepSeek serves them: POST {url}/chat/completions,
// the url without /v1. Its models reason unless thinking is turned off. While a request
// waits in its queue come empty lines or comments, which are no part of the answer.
//
// Sources: https://api-docs.deepseek.com/api/create-chat-completion,
// https://api-docs.deepseek.com/guides/thinking_mode.
var deepSeek = flavour{name: "deepseek", adapt: adaptDeepSeek, carriage: flavouredCarriage(
	chat.Lose(chat.FieldDocument, chat.Approximate, "its text, as part of the message; DeepSeek reads no files"),
	chat.Lose(chat.FieldAudio, chat.Rejected, "DeepSeek takes no sounds"),
	chat.Lose(chat.FieldThinkingText, chat.Approximate, "with the calls of tools it led to; DeepSeek wants no other"),
	chat.Lose(chat.FieldStrictTools, chat.Dropped, "DeepSeek knows it at its beta address alone"),
	chat.Lose(chat.FieldSingleTool, chat.Dropped, whyNotDeepSeek),
	chat.Lose(chat.FieldSchema, chat.Approximate, "as JSON, without the schema"),
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldTopK, chat.Dropped, whyNotDeepSeek),
	chat.Lose(chat.FieldSeed, chat.Dropped, whyNotDeepSeek),
	chat.Lose(chat.FieldThinking, chat.Lossless, ""),
	chat.Lose(chat.FieldThinkingBudget, chat.Approximate, "said as an effort: low below 4096 tokens, else high"),
	chat.Lose(chat.FieldUser, chat.Dropped, whyNotDeepSeek),
	chat.Lose(chat.FieldMetadata, chat.Dropped, whyNotDeepSeek),
	chat.Lose(chat.FieldServiceTier, chat.Dropped, whyNotDeepSeek),
)}

const whyNotDeepSeek = "DeepSeek has no such parameter"

// maxDeepSeekStops is how many stop sequences DeepSeek takes.
const maxDeepSeekStops = 16

func adaptDeepSeek(out *openAIRequest, _ *Endpoint, req *chat.Request, losses []chat.Loss) []chat.Loss {
	out.TopK, out.Seed, out.MinTokens, out.IgnoreEOS = nil, nil, 0, false
	out.User, out.Metadata, out.ServiceTier, out.ParallelToolCalls = "", nil, "", nil
	if out.ResponseFormat != nil && out.ResponseFormat.Schema != nil {
		out.ResponseFormat = &openAIFormat{Type: "json_object"}
	}
	if n := len(out.Stop); n > maxDeepSeekStops {
		out.Stop = out.Stop[:maxDeepSeekStops]
		losses = alsoLost(losses, chat.Lose(chat.FieldStop, chat.Approximate, fmt.Sprintf("the first %d of %d: DeepSeek takes no more", maxDeepSeekStops, n)))
	}
	losses = alsoLost(losses, plainTools(out)...)
	losses = alsoLost(losses, withoutFiles(out)...)
	thinks := req.Params.Thinking.Mode != chat.ThinkingOff && req.Params.Thinking.Effort != "none"
	switch req.Params.Thinking.Mode {
	case chat.ThinkingOn:
		out.further("thinking", thinkingType{"enabled"})
	case chat.ThinkingAdaptive:
		losses = alsoLost(losses, notAdaptive)
	}
	if !thinks {
		out.further("thinking", thinkingType{"disabled"})
	}
	var lost []chat.Loss
	out.ReasoningEffort, lost = deepSeekEffort(&req.Params.Thinking, thinks, out.ReasoningEffort)
	losses = alsoLost(losses, lost...)
	if thinks {
		losses = alsoLost(losses, unheard(req)...)
		giveReasoningBack(out, req)
	}
	return losses
}

// deepSeekEffort is how much reasoning is asked for: low, high or max. DeepSeek's own
// table says what it makes of the others.
func deepSeekEffort(t *chat.Thinking, thinks bool, asked string) (string, []chat.Loss) {
	if !thinks {
		if t.Effort != "" && t.Effort != "none" {
			return "", []chat.Loss{chat.Lose(chat.FieldEffort, chat.Dropped, "thinking is turned off")}
		}
		return "", nil
	}
	said := map[string]string{"minimal": "low", "low": "low", "medium": "high", "high": "high", "xhigh": "high", "max": "max"}[asked]
	if t.Effort == "" {
		if t.Budget == 0 { // turned on, without saying how much
			return "", nil
		}
		return said, nil
	}
	switch said {
	case t.Effort:
		return said, nil
	case "":
		return "", []chat.Loss{chat.Lose(chat.FieldEffort, chat.Dropped, "DeepSeek knows low, high and max alone")}
	}
	return said, []chat.Loss{chat.Lose(chat.FieldEffort, chat.Approximate, "said as "+said+": DeepSeek knows low, high and max alone")}
}

// unheard are the parameters that DeepSeek takes and does not heed while it reasons.
func unheard(req *chat.Request) (losses []chat.Loss) {
	const why = "DeepSeek heeds it only with thinking off"
	if req.Params.Temperature != nil || req.Params.AsAllowed {
		losses = append(losses, chat.Lose(chat.FieldTemperature, chat.Approximate, why))
	}
	if req.Params.FrequencyPenalty != nil || req.Params.PresencePenalty != nil {
		losses = append(losses, chat.Lose(chat.FieldPenalties, chat.Approximate, why))
	}
	return losses
}

// giveReasoningBack says again what an earlier answer had reasoned before it called
// tools: without it, be it empty, a model that reasons answers 400. That of answers
// without calls stays out, which DeepSeek would not read.
func giveReasoningBack(out *openAIRequest, req *chat.Request) {
	earlier(out, req, func(said *openAIMessage, m *chat.Message) {
		if len(m.ToolCalls) == 0 {
			return
		}
		text := thoughts(m)
		said.Reasoning = &text
	})
}

// plainTools leaves functions whose arguments need not keep to the schema, and says
// that tools of OpenAI's own are unknown here.
func plainTools(out *openAIRequest) (losses []chat.Loss) {
	for i := range out.Tools {
		if f := out.Tools[i].Function; f != nil {
			f.Strict = false
		}
	}
	return othersTools(out)
}

// withoutFiles rejects documents that are not text.
func withoutFiles(out *openAIRequest) []chat.Loss {
	for i := range out.Messages {
		for j := range out.Messages[i].Content.parts {
			if out.Messages[i].Content.parts[j].File != nil {
				return []chat.Loss{chat.Lose(chat.FieldDocument, chat.Rejected, "DeepSeek reads no files")}
			}
		}
	}
	return nil
}
