package wire

import "switchover/targets/chat"

// tencent is chat completions as Tencent serves them, at TokenHub
// (https://tokenhub.tencentmaas.com/v1) and for Hunyuan alone
// (https://api.hunyuan.cloud.tencent.com/v1). What only Tencent knows, enable_enhancement
// for instance, is said by extra. Earlier reasoning stays out: Hunyuan answers an error
// to it.
//
// Sources: https://cloud.tencent.com/document/product/1823/132252,
// https://cloud.tencent.com/document/product/1729/111007.
var tencent = flavour{name: "tencent", adapt: adaptTencent, carriage: flavouredCarriage(
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldThinking, chat.Lossless, ""),
)}

func adaptTencent(out *openAIRequest, _ *Endpoint, req *chat.Request, losses []chat.Loss) []chat.Loss {
	out.MinTokens, out.IgnoreEOS = 0, false
	switch t := &req.Params.Thinking; {
	case t.Mode == chat.ThinkingOff:
		out.further("thinking", thinkingType{"disabled"})
		out.ReasoningEffort = ""
	case t.Mode == chat.ThinkingOn:
		out.further("thinking", thinkingType{"enabled"})
		if t.Effort == "" && t.Budget == 0 {
			out.ReasoningEffort = ""
		}
	case t.Mode == chat.ThinkingAdaptive:
		losses = alsoLost(losses, notAdaptive)
	}
	return alsoLost(losses, othersTools(out)...)
}
