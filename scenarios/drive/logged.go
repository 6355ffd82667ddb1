package drive

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"switchover/results"
	"switchover/targets/chat"
)

// withLogged are a target's own parameters and, where it names none, those of a log's
// request. How much is answered, and how, is the target's own alone.
func withLogged(own, logged chat.Params) chat.Params {
	if own.Temperature == nil && !own.AsAllowed {
		own.Temperature = logged.Temperature
	}
	if own.TopP == nil {
		own.TopP = logged.TopP
	}
	if own.TopK == nil {
		own.TopK = logged.TopK
	}
	if own.Seed == nil {
		own.Seed = logged.Seed
	}
	if own.Stop == nil {
		own.Stop = logged.Stop
	}
	if own.FrequencyPenalty == nil {
		own.FrequencyPenalty = logged.FrequencyPenalty
	}
	if own.PresencePenalty == nil {
		own.PresencePenalty = logged.PresencePenalty
	}
	if own.Thinking == (chat.Thinking{}) {
		own.Thinking = logged.Thinking
	}
	return own
}

// foreignOf is what a log's request said that only its own dialect knows, at the
// places it has where the target's system prompt replaces the log's: what was said of
// that one is gone.
func foreignOf(c *results.Conversation, system string) map[string]json.RawMessage {
	if system == "" || len(c.Request.Foreign) == 0 {
		return c.Request.Foreign
	}
	before := systems(c.Opening(""))
	out := make(map[string]json.RawMessage, len(c.Request.Foreign))
	for path, raw := range c.Request.Foreign {
		if strings.HasPrefix(path, "system") {
			continue
		}
		if rest, ok := strings.CutPrefix(path, "messages["); ok && c.Request.Dialect != anthropic {
			number, rest, _ := strings.Cut(rest, "]")
			n, err := strconv.Atoi(number)
			if err != nil || n < before {
				continue
			}
			path = fmt.Sprintf("messages[%d]%s", n-before+1, rest)
		}
		out[path] = raw
	}
	return out
}

// anthropic is the dialect whose system prompt is none of its messages.
const anthropic = "anthropic"

// systems is how many messages a system prompt at the beginning has.
func systems(messages []chat.Message) int {
	n := 0
	for n < len(messages) && messages[n].Role == chat.System {
		n++
	}
	return n
}
