package wire

import (
	"encoding/json"
	"strings"

	"switchover/targets/chat"
)

// maxSpoken bounds how many mistakes of a request are told.
const maxSpoken = 8

// spoken is what an error says, in words. Servers made with FastAPI, Mistral's and
// vLLM's among them, list a request's mistakes each with its place; what was sent there,
// which may be a prompt, is left out.
func spoken(raw json.RawMessage) string {
	var more struct {
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(raw, &more) == nil && present(more.Detail) {
		raw = more.Detail
	}
	var mistakes []struct {
		Where []json.RawMessage `json:"loc"`
		What  string            `json:"msg"`
	}
	if json.Unmarshal(raw, &mistakes) != nil || len(mistakes) == 0 {
		return loose(raw)
	}
	said := make([]string, 0, maxSpoken)
	for _, m := range mistakes[:min(len(mistakes), maxSpoken)] {
		if m.What == "" {
			return loose(raw)
		}
		place := make([]string, 0, len(m.Where))
		for _, part := range m.Where {
			place = append(place, loose(part))
		}
		said = append(said, strings.TrimPrefix(strings.Join(place, ".")+": "+m.What, ": "))
	}
	return strings.Join(said, "; ")
}

// finishOf is why an answer ended in OpenAI's words, whoever says it: Mistral ends at
// the model's own length, Together with eos, Hunyuan where its moderation does. An
// answer that ends in an error is one.
func finishOf(reason chat.Finish) (chat.Finish, error) {
	switch reason {
	case "eos":
		return chat.FinishStop, nil
	case "model_length":
		return chat.FinishLength, nil
	case "sensitive":
		return chat.FinishContentFilter, nil
	case "error":
		return reason, inside(openAIError{message: "the server ended its answer with an error, and says no more"})
	}
	return reason, nil
}
