package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"

	"switchover/targets/chat"
)

// mistral is chat completions as Mistral serves them: POST {url}/chat/completions, the
// url with /v1. It refuses members of a request that it does not know, says its usage
// without being asked, and streams content as text or as a list of typed parts, of which
// text and thinking are read. It takes ids of calls of nine letters and digits alone
// (code 3280).
//
// Sources: https://docs.mistral.ai/api/ and, for the members, Mistral's client for
// Python (models/chatcompletionstreamrequest.py, models/assistantmessage.py).
var mistral = flavour{name: "mistral", adapt: adaptMistral, carriage: flavouredCarriage(
	chat.Lose(chat.FieldPrefill, chat.Lossless, ""),
	chat.Lose(chat.FieldDocument, chat.Approximate, "as an address that holds its bytes, which models with document reading take"),
	chat.Lose(chat.FieldThinkingText, chat.Lossless, ""),
	chat.Lose(chat.FieldExact, chat.Dropped, "an upper limit alone"),
	chat.Lose(chat.FieldTopK, chat.Dropped, whyNotMistral),
	chat.Lose(chat.FieldThinking, chat.Approximate, "said as an effort: none for off, high for on, nothing for adaptive"),
	chat.Lose(chat.FieldThinkingBudget, chat.Approximate, "said as an effort: high"),
	chat.Lose(chat.FieldUser, chat.Dropped, whyNotMistral),
)}

const whyNotMistral = "Mistral has no such parameter"

func adaptMistral(out *openAIRequest, _ *Endpoint, req *chat.Request, losses []chat.Loss) []chat.Loss {
	out.StreamOptions, out.TopK, out.MinTokens, out.IgnoreEOS, out.User = nil, nil, 0, false, ""
	if out.Seed != nil {
		out.further("random_seed", *out.Seed)
		out.Seed = nil
	}
	if req.ToolChoice.Mode == chat.ToolsAny {
		out.ToolChoice = "any"
	}
	if out.ReasoningEffort != "" && out.ReasoningEffort != "none" {
		out.ReasoningEffort = "high"
		if asked := req.Params.Thinking.Effort; asked != "" && asked != "high" {
			losses = alsoLost(losses, chat.Lose(chat.FieldEffort, chat.Approximate, "said as high: Mistral knows none and high alone"))
		}
	}
	switch req.ServiceTier {
	case "", "auto":
	case "standard_only": // Anthropic's word, and Mistral's, for what OpenAI says otherwise
		out.ServiceTier = req.ServiceTier
		losses = slices.DeleteFunc(losses, func(l chat.Loss) bool { return l.Field == chat.FieldServiceTier })
	default:
		out.ServiceTier = ""
		losses = alsoLost(losses, chat.Lose(chat.FieldServiceTier, chat.Dropped, "Mistral knows auto and standard_only alone"))
	}
	losses = alsoLost(losses, othersTools(out)...)
	losses = alsoLost(losses, forgetUnknown(req)...)
	for i := range out.Messages {
		mistralMessage(&out.Messages[i])
	}
	reasons := out.ReasoningEffort == "high"
	earlier(out, req, func(said *openAIMessage, m *chat.Message) {
		switch text := thoughts(m); {
		case text == "":
		case !reasons:
			losses = alsoLost(losses, chat.Lose(chat.FieldThinkingText, chat.Dropped, "said only where reasoning is asked for: models that never reason refuse it"))
		default:
			said.Content.parts = append([]openAIPart{{Type: "thinking", Thinking: []openAIPart{textPart(text)}}}, said.Content.inParts()...)
			said.Content.text = nil
		}
	})
	if n := len(out.Messages); n > 0 && out.Messages[n-1].Role == string(chat.Assistant) && len(out.Messages[n-1].ToolCalls) == 0 {
		out.Messages[n-1].Prefix = true
	}
	return alsoLost(losses, afterResults(out)...)
}

// mistralMembers are those of Mistral's requests that OpenAI's dialect does not read.
var mistralMembers = []string{"n", "prediction", "prompt_mode", "random_seed", "safe_prompt", "guardrails"}

// forgetUnknown leaves out of a request of OpenAI's form what Mistral would refuse it for.
func forgetUnknown(req *chat.Request) (losses []chat.Loss) {
	if req.Dialect != openAIDialect {
		return nil
	}
	known := map[string]json.RawMessage{}
	for path, raw := range req.Foreign {
		if slices.Contains(mistralMembers, path) {
			known[path] = raw
			continue
		}
		losses = []chat.Loss{chat.Lose(chat.FieldForeign, chat.Dropped, "Mistral refuses members that it does not know")}
	}
	req.Foreign = known
	return losses
}

// afterResults puts what the user says right after the results of tools into the last of
// them: Mistral answers 400 to a user's message there (code 3230).
func afterResults(out *openAIRequest) (losses []chat.Loss) {
	kept := out.Messages[:0]
	for _, m := range out.Messages {
		if n := len(kept); n > 0 && m.Role == string(chat.User) && kept[n-1].Role == string(chat.ToolRole) {
			result := &kept[n-1].Content
			result.parts, result.text = append(result.inParts(), m.Content.inParts()...), nil
			losses = []chat.Loss{chat.Lose(chat.FieldToolResults, chat.Approximate, "what the user says after them is put into the last: Mistral takes no message there")}
			continue
		}
		kept = append(kept, m)
	}
	out.Messages = kept
	return losses
}

// inParts is what is said as parts.
func (w *openAIWords) inParts() []openAIPart {
	if w.parts == nil && w.text != nil && *w.text != "" {
		return []openAIPart{textPart(*w.text)}
	}
	return w.parts
}

// mistralMessage says a message's files, sounds and ids of calls as Mistral takes them.
// The parts are the request's own, made for it.
func mistralMessage(m *openAIMessage) {
	for i := range m.Content.parts {
		p := &m.Content.parts[i]
		if p.File != nil {
			*p = openAIPart{Type: "document_url", DocumentURL: p.File.Data, DocumentName: p.File.Name}
		}
		if sound, ok := p.Audio.(*openAIAudio); ok {
			p.Audio = sound.Data
		}
	}
	for i := range m.ToolCalls {
		m.ToolCalls[i].ID = mistralCallID(m.ToolCalls[i].ID)
	}
	m.ToolCallID = mistralCallID(m.ToolCallID)
}

var mistralID = regexp.MustCompile(`^[A-Za-z0-9]{9}$`)

// mistralCallID is a call's id as Mistral takes one: nine letters and digits. Another
// vendor's becomes nine of its hash, the same wherever the id is named.
func mistralCallID(id string) string {
	if id == "" || mistralID.MatchString(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:5])[:9]
}
