package wire

import (
	"net/url"

	"switchover/targets/chat"
)

// flavour is what servers of chat completions differ in. Its zero value is any
// server's.
type flavour struct {
	name     string        // the protocol's, "openai" where empty
	carriage chat.Carriage // of what any server's OpenAI carries, what this one does not; nil for the same
	host     string        // whose rules hold, wherever it is asked; empty for the address's own
	// address is where to post; nil for the base followed by openAIPath.
	address func(ep *Endpoint) (*url.URL, error)
	// keyHeader is the header that has the key by itself; empty for a bearer token.
	keyHeader string
	// adapt changes what this server wants otherwise. It is given what is lost already
	// and returns what is lost then. Nil is for nothing.
	adapt func(out *openAIRequest, ep *Endpoint, req *chat.Request, losses []chat.Loss) []chat.Loss
}

func (p OpenAI) name() string {
	if p.flavour == nil || p.flavour.name == "" {
		return "openai"
	}
	return p.flavour.name
}

// flavouredCarriage is what any server of chat completions loses, with what one that is
// none of OpenAI's loses otherwise, or does not lose.
func flavouredCarriage(more ...chat.Loss) chat.Carriage {
	out := chat.Carriage{}
	for f, l := range openAICarriage {
		out[f] = l
	}
	for _, l := range more {
		if out[l.Field] = l; l.Fate == chat.Lossless {
			delete(out, l.Field)
		}
	}
	return out
}

// thinkingType turns reasoning on or off, in the words of DeepSeek and Tencent.
type thinkingType struct {
	Type string `json:"type"`
}

// notAdaptive is of thinking that is left to the model: nothing is said.
var notAdaptive = chat.Lose(chat.FieldThinking, chat.Approximate, "on and off are known alone; what the model does by itself is left as it is")

// earlier calls with each of the assistant's messages, as it is said and as it was.
func earlier(out *openAIRequest, req *chat.Request, each func(said *openAIMessage, m *chat.Message)) {
	i := 0
	for j := range out.Messages {
		if out.Messages[j].Role != string(chat.Assistant) {
			continue
		}
		for i < len(req.Messages) && req.Messages[i].Role != chat.Assistant {
			i++
		}
		if i == len(req.Messages) {
			return
		}
		each(&out.Messages[j], &req.Messages[i])
		i++
	}
}

// thoughts is what a message says that its model had reasoned.
func thoughts(m *chat.Message) (text string) {
	for i := range m.Parts {
		if p := &m.Parts[i]; p.Kind == chat.ThinkingPart {
			if text != "" {
				text += "\n"
			}
			text += p.Text
		}
	}
	return text
}

// othersTools rejects tools that OpenAI runs.
func othersTools(out *openAIRequest) []chat.Loss {
	for i := range out.Tools {
		if out.Tools[i].Function == nil {
			return []chat.Loss{chat.Lose(chat.FieldHostedTools, chat.Rejected, "the tool is run by another provider")}
		}
	}
	return nil
}
