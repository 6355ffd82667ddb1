package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"switchover/targets/chat"
)

// completions is OpenAI's older protocol, which continues a prompt: POST
// /v1/completions. Its errors are those of chat completions.
type completions struct{ openAI }

func (completions) name() string { return "openai-completions" }

// prompt is one text, or a list of one.
type prompt string

// UnmarshalJSON accepts the two forms.
func (p *prompt) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte("[")) {
		var list []string
		if err := json.Unmarshal(b, &list); err != nil {
			return fmt.Errorf("prompt is a text: this server takes no tokens: %w", err)
		}
		if len(list) != 1 {
			return fmt.Errorf("prompt has %d texts: this server takes one", len(list))
		}
		*p = prompt(list[0])
		return nil
	}
	return json.Unmarshal(b, (*string)(p))
}

func (completions) read(_ *http.Request, body []byte) (*request, error) {
	var in struct {
		openAIParams
		Prompt prompt `json:"prompt"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, badRequest("the request is not a completion request: %v", err)
	}
	if in.Prompt == "" {
		return nil, badRequest("prompt is empty")
	}
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	req.prompt = string(in.Prompt)
	req.conversation = transcript(req.prompt)
	return req, nil
}

// speakers begin the paragraphs of a conversation that was written out.
var speakers = []struct {
	mark string
	role chat.Role
}{{"User: ", chat.User}, {"Assistant: ", chat.Assistant}, {"Tool: ", chat.ToolRole}}

// transcript is the conversation that a prompt goes on with, so that it is answered
// as the same one would be elsewhere: paragraphs that begin with who speaks, system
// messages before them, and "Assistant:" last. Any other prompt is what a user says.
func transcript(prompt string) []chat.Message {
	written, ok := strings.CutSuffix(prompt, "\n\nAssistant:")
	if !ok {
		return []chat.Message{{Role: chat.User, Content: prompt}}
	}
	var out []chat.Message
	for i, paragraph := range strings.Split(written, "\n\n") {
		m := chat.Message{Content: paragraph}
		for _, s := range speakers {
			if text, ok := strings.CutPrefix(paragraph, s.mark); ok {
				m = chat.Message{Role: s.role, Content: text}
			}
		}
		switch {
		case m.Role == "" && i > 0: // it goes on with what was being said
			out[len(out)-1].Content += "\n\n" + paragraph
			continue
		case m.Role == "":
			m.Role = chat.System
		}
		out = append(out, m)
	}
	return out
}

func (completions) id(n uint64) string { return fmt.Sprintf("cmpl-%016x", n) }

func (completions) whole(x *exchange, text string, finish chat.Finish) any {
	type choice struct {
		Text     string       `json:"text"`
		Index    int          `json:"index"`
		Logprobs *struct{}    `json:"logprobs"`
		Finish   *chat.Finish `json:"finish_reason"`
	}
	return struct {
		ID      string   `json:"id"`
		Object  string   `json:"object"`
		Created int64    `json:"created"`
		Model   string   `json:"model"`
		Choices []choice `json:"choices"`
		Usage   usage    `json:"usage"`
	}{x.id, "text_completion", time.Now().Unix(), x.server.cfg.Model, []choice{{Text: text, Finish: orNull(finish)}}, x.openAIUsage()}
}

func (completions) stream(x *exchange) events {
	return newOpenAIEvents(x, "text_completion", openAIEvents{
		before:     `{"index":0,"text":`,
		after:      `,"logprobs":null,"finish_reason":null}`,
		lastChoice: `{"index":0,"text":"","logprobs":null,"finish_reason":`,
	})
}
