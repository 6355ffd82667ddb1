package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"switchover/targets/chat"
)

// Decoder reads the body of one 2xx response.
func (Gemini) Decoder(resp *http.Response) Decoder { return newDecoder(resp, geminiAnswers{}) }

// geminiAnswers reads GenerateContentResponses.
type geminiAnswers struct{}

var geminiTraits = traits{answer: "a generateContent response", reason: "finishReason", frame: frameSSE, look: lookGemini}

func (geminiAnswers) traits() *traits { return &geminiTraits }

// lookGemini finds what may be an error. The end is the body's own.
func lookGemini(name string, data []byte) urgency {
	if name == "error" || suspect(data) {
		return now
	}
	return later
}

// geminiEvent is an event of a stream, or a whole document.
type geminiEvent struct {
	Candidates []struct {
		Index   int `json:"index"`
		Content struct {
			Parts []geminiSaid `json:"parts"`
		} `json:"content"`
		FinishReason string `json:"finishReason"`
	} `json:"candidates"`
	PromptFeedback struct {
		BlockReason string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage        json.RawMessage `json:"usageMetadata"`
	ModelVersion string          `json:"modelVersion"`
	Error        json.RawMessage `json:"error"`
}

// geminiSaid is a part of an answer. Code that a model has run, and pictures, are no
// text and are not read.
type geminiSaid struct {
	Text         string `json:"text"`
	Thought      bool   `json:"thought"` // then the text is reasoning
	FunctionCall *struct {
		ID   string          `json:"id"`
		Name string          `json:"name"`
		Args json.RawMessage `json:"args"`
	} `json:"functionCall"`
}

// event takes an event of the stream.
func (geminiAnswers) event(a *answer, e *event) error {
	if e.name == "error" {
		return geminiInside(e.data)
	}
	var said geminiEvent
	if err := json.Unmarshal(e.data, &said); err != nil {
		return fmt.Errorf("an event is no generateContent response: %s: %s", jsonProblem(err), e.data)
	}
	if saysError(said.Error) {
		return geminiInside(e.data)
	}
	return takeGemini(a, &said)
}

// document takes a body that is one document.
func (geminiAnswers) document(a *answer, data []byte) error {
	var said geminiEvent
	if err := json.Unmarshal(data, &said); err != nil {
		return fmt.Errorf("the response is no generateContent response: %s: %s", jsonProblem(err), data)
	}
	if saysError(said.Error) {
		return geminiInside(data)
	}
	if len(said.Candidates) == 0 && said.PromptFeedback.BlockReason == "" {
		return fmt.Errorf("the response has no candidates: %s", data)
	}
	return takeGemini(a, &said)
}

func takeGemini(a *answer, e *geminiEvent) error {
	if e.ModelVersion != "" {
		a.model = e.ModelVersion
	}
	before := a.chunks
	for i := range e.Candidates {
		c := &e.Candidates[i]
		if c.Index != 0 {
			continue
		}
		for j := range c.Content.Parts {
			if err := takeGeminiPart(a, &c.Content.Parts[j]); err != nil {
				return err
			}
		}
		if c.FinishReason != "" && c.FinishReason != "FINISH_REASON_UNSPECIFIED" {
			a.finish = geminiFinish(c.FinishReason)
		}
	}
	if e.PromptFeedback.BlockReason != "" && e.PromptFeedback.BlockReason != "BLOCKED_REASON_UNSPECIFIED" && len(e.Candidates) == 0 {
		a.finish = chat.FinishContentFilter
	}
	if a.finish == chat.FinishStop && len(a.calls) > 0 { // a call has no reason of its own
		a.finish = chat.FinishToolCalls
	}
	if u := geminiUsage(e.Usage, a.chunks == 0); u != nil {
		a.usage = u // running counts are cumulative
		a.tally.usage(a.at, len(e.Candidates) > 0)
	}
	if len(e.Candidates) > 0 {
		a.tally.event(a.at, a.chunks > before)
	}
	return nil
}

func takeGeminiPart(a *answer, p *geminiSaid) error {
	kind := Content
	if p.Thought {
		kind = Reasoning
	}
	if err := a.add(kind, p.Text); err != nil || p.FunctionCall == nil {
		return err
	}
	index := len(a.calls) // each comes whole
	var arguments bytes.Buffer
	if present(p.FunctionCall.Args) {
		_ = json.Compact(&arguments, p.FunctionCall.Args) // of JSON that has been read
	} else {
		arguments.WriteString("{}") // as a function without parameters is called
	}
	return a.addCall(&index, p.FunctionCall.ID, p.FunctionCall.Name, arguments.String())
}

// geminiFinish is a FinishReason in this program's words; one that has no word there
// is kept in small letters. All whose reason is what the answer says are the filter's.
func geminiFinish(reason string) chat.Finish {
	switch reason {
	case "STOP":
		return chat.FinishStop
	case "MAX_TOKENS":
		return chat.FinishLength
	case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
		"IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR":
		return chat.FinishContentFilter
	}
	return chat.Finish(strings.ToLower(clipped(reason)))
}

// geminiUsage normalises usageMetadata; nil when there is none, or none to believe.
//
// promptTokenCount includes the cached tokens; what tools that the provider runs have
// added to the prompt is counted apart, and so is reasoning: totalTokenCount is the
// sum of prompt, candidates, tool use and thoughts
// (https://ai.google.dev/api/generate-content#UsageMetadata). Where the total shows
// that candidates include the thoughts, as some versions of Vertex AI have counted,
// they are not added. Counts of 0 are left out: silent says that nothing was answered,
// so that what is missing is 0 and not yet to come.
func geminiUsage(raw json.RawMessage, silent bool) *chat.Usage {
	var u struct {
		Prompt     *int `json:"promptTokenCount"`
		Cached     *int `json:"cachedContentTokenCount"`
		Candidates *int `json:"candidatesTokenCount"`
		Thoughts   *int `json:"thoughtsTokenCount"`
		ToolUse    *int `json:"toolUsePromptTokenCount"`
		Total      *int `json:"totalTokenCount"`
	}
	if !present(raw) || json.Unmarshal(raw, &u) != nil || u.Prompt == nil {
		return nil
	}
	count := func(n *int) int {
		if n == nil {
			return 0
		}
		return *n
	}
	if !believed(u.Prompt, u.Cached, u.Candidates, u.Thoughts, u.ToolUse, u.Total) || count(u.Cached) > *u.Prompt {
		return nil
	}
	input := *u.Prompt + count(u.ToolUse) - count(u.Cached)
	out := &chat.Usage{Input: &input, CacheRead: u.Cached, Reasoning: u.Thoughts}
	if u.Candidates != nil || u.Thoughts != nil || silent && u.Total != nil {
		output := count(u.Candidates)
		if u.Total == nil || *u.Total != *u.Prompt+count(u.ToolUse)+output || output < count(u.Thoughts) {
			output += count(u.Thoughts)
		}
		out.Output = &output
	}
	return out
}
