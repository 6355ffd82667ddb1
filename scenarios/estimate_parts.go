package scenarios

import (
	"encoding/base64"

	"switchover/targets/chat"
)

// How many tokens what is no text is likely to be: a picture of about 1000 x 1000
// points (Claude counts its area over 750, OpenAI 765 tokens), and a page of a PDF,
// which has some 80 kB and makes some 2000 tokens.
const (
	likelyPicture = 1200
	likelyBytes   = 40 // of a file, for one token
)

// messageLikely is how many tokens a message is likely to have.
func messageLikely(m *chat.Message) int {
	n := expectedTokens(m.Content)
	for i := range m.Parts {
		p := &m.Parts[i]
		switch p.Kind {
		case chat.ImagePart:
			n += likelyPicture
		case chat.HiddenThinkingPart:
			n += len(p.Data) / 4
		default:
			n += expectedTokens(p.Text) + base64.StdEncoding.DecodedLen(len(p.Data))/likelyBytes
		}
	}
	for i := range m.ToolCalls {
		n += expectedTokens(m.ToolCalls[i].Name) + expectedTokens(m.ToolCalls[i].Arguments)
	}
	return n
}
