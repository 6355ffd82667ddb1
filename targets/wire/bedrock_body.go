package wire

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"switchover/targets/chat"
)

// bedrockRequest is the body of Converse and ConverseStream.
type bedrockRequest struct {
	Messages []bedrockMessage   `json:"messages"`
	System   []bedrockBlock     `json:"system,omitempty"`
	Config   *bedrockInference  `json:"inferenceConfig,omitempty"`
	Tools    *bedrockToolConfig `json:"toolConfig,omitempty"`
	Output   *bedrockOutput     `json:"outputConfig,omitempty"`
	Tier     *bedrockKind       `json:"serviceTier,omitempty"`
	Metadata map[string]string  `json:"requestMetadata,omitempty"`
	// More is what the model's vendor knows and Converse does not.
	More map[string]any `json:"additionalModelRequestFields,omitempty"`
}

type bedrockMessage struct {
	Role    string         `json:"role"`
	Content []bedrockBlock `json:"content"`
}

// bedrockBlock is a piece of a message, of the system prompt, of a tool's result or of
// the list of tools: one member alone is set.
type bedrockBlock struct {
	Text      string            `json:"text,omitempty"`
	Image     *bedrockFile      `json:"image,omitempty"`
	Document  *bedrockFile      `json:"document,omitempty"`
	Audio     *bedrockFile      `json:"audio,omitempty"`
	ToolUse   *bedrockToolUse   `json:"toolUse,omitempty"`
	Result    *bedrockResult    `json:"toolResult,omitempty"`
	Reasoning *bedrockReasoning `json:"reasoningContent,omitempty"`
	Cache     *bedrockKind      `json:"cachePoint,omitempty"`
	Tool      *bedrockTool      `json:"toolSpec,omitempty"`
}

type bedrockFile struct {
	Format string `json:"format"`
	Name   string `json:"name,omitempty"` // of a document
	Source struct {
		Bytes string `json:"bytes"` // in base64
	} `json:"source"`
	Citations *bedrockEnabled `json:"citations,omitempty"`
}

type bedrockEnabled struct {
	Enabled bool `json:"enabled"`
}

type bedrockToolUse struct {
	ID    string          `json:"toolUseId"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

type bedrockResult struct {
	ID      string         `json:"toolUseId"`
	Content []bedrockBlock `json:"content"`
	Status  string         `json:"status,omitempty"`
}

type bedrockReasoning struct {
	Text     *bedrockThought `json:"reasoningText,omitempty"`
	Redacted string          `json:"redactedContent,omitempty"` // in base64
}

type bedrockThought struct {
	Text      string `json:"text"`
	Signature string `json:"signature,omitempty"`
}

type bedrockKind struct {
	Type string `json:"type"`
	TTL  string `json:"ttl,omitempty"`
}

// bedrockEncoding makes a body and notes what it loses.
type bedrockEncoding struct {
	out    bedrockRequest
	model  bedrockModel
	losses []chat.Loss
	names  map[string]int // of documents, and how often one was asked for
	marks  int            // cache points so far
	calls  int            // so far
	asked  []string       // ids of calls without a result
}

func (e *bedrockEncoding) lose(f chat.Field, fate chat.Fate, why string) {
	e.losses = alsoLost(e.losses, chat.Lose(f, fate, why))
}

// bedrockBody makes the body of a request, and says what that loses by its values.
func bedrockBody(model bedrockModel, req *chat.Request) (*bedrockRequest, []chat.Loss) {
	e := &bedrockEncoding{model: model}
	e.out.Messages = []bedrockMessage{}
	for i := range req.Messages {
		e.message(&req.Messages[i])
	}
	if req.Fields().Has(chat.FieldPrefill) {
		e.prefill()
	}
	e.tools(req)
	e.params(req)
	if e.marks > maxCacheMarks {
		e.lose(chat.FieldCache, chat.Rejected, "Converse takes at most 4 cache points")
	}
	return &e.out, e.losses
}

// message adds a message. Those of one role in a row become one, because roles must
// alternate; results are the user's. One that says nothing is left out: Converse refuses
// blank text.
func (e *bedrockEncoding) message(m *chat.Message) {
	switch m.Role {
	case chat.System:
		blocks := e.parts(m)
		for i := range blocks {
			if blocks[i].Text == "" && blocks[i].Cache == nil {
				e.lose(chat.FieldSystem, chat.Rejected, "it holds more than text")
			}
		}
		e.out.System = append(e.out.System, blocks...)
		return
	case chat.ToolRole:
		e.add("user", e.result(m))
		return
	case chat.Assistant:
		e.add("assistant", e.calling(e.parts(m), m.ToolCalls))
		return
	}
	e.add("user", e.parts(m))
}

// prefill says what becomes of an answer to be continued.
func (e *bedrockEncoding) prefill() {
	switch {
	case claudeVersion(string(e.model)).refusesPrefill():
		e.lose(chat.FieldPrefill, chat.Rejected, string(e.model)+" continues no answer: end with a user's message")
	case !e.model.of(ofAnthropic):
		e.lose(chat.FieldPrefill, chat.Approximate, "sent as it is, but few models of other vendors than Anthropic take it")
	}
}

func (e *bedrockEncoding) add(role string, blocks []bedrockBlock) {
	if len(blocks) == 0 {
		return
	}
	if n := len(e.out.Messages); n > 0 && e.out.Messages[n-1].Role == role {
		e.out.Messages[n-1].Content = append(e.out.Messages[n-1].Content, blocks...)
		return
	}
	e.out.Messages = append(e.out.Messages, bedrockMessage{role, blocks})
}

// parts are what a message says, without its calls.
func (e *bedrockEncoding) parts(m *chat.Message) []bedrockBlock {
	var blocks []bedrockBlock
	if len(m.Parts) == 0 {
		return appendText(blocks, m.Content)
	}
	for i := range m.Parts {
		p := &m.Parts[i]
		blocks = e.part(blocks, p)
		if len(blocks) > 0 {
			blocks = e.cachePoint(blocks, p.Cache)
		}
	}
	return blocks
}

func appendText(blocks []bedrockBlock, text string) []bedrockBlock {
	if strings.TrimSpace(text) == "" {
		return blocks
	}
	return append(blocks, bedrockBlock{Text: text})
}

// cachePoint ends a prefix to cache, for models that can be told to.
//
// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
func (e *bedrockEncoding) cachePoint(blocks []bedrockBlock, mark chat.CacheMark) []bedrockBlock {
	if mark == "" {
		return blocks
	}
	long := mark != "5m" // which is what no TTL means
	if !e.model.may(ofAnthropic, ofNova) {
		e.lose(chat.FieldCache, chat.Dropped, "said to models of Anthropic and Amazon alone: others refuse it")
		if long {
			e.lose(chat.FieldCacheTTL, chat.Dropped, "said to models of Anthropic alone")
		}
		return blocks
	}
	e.marks++
	point := &bedrockKind{Type: "default"}
	switch {
	case !long:
	case e.model.may(ofAnthropic):
		point.TTL = string(mark)
	default:
		e.lose(chat.FieldCacheTTL, chat.Dropped, "said to models of Anthropic alone")
	}
	return append(blocks, bedrockBlock{Cache: point})
}

func (e *bedrockEncoding) part(blocks []bedrockBlock, p *chat.Part) []bedrockBlock {
	switch p.Kind {
	case chat.TextPart:
		return appendText(blocks, p.Text)
	case chat.ThinkingPart, chat.HiddenThinkingPart:
		return e.thought(blocks, p)
	case chat.ImagePart:
		return append(blocks, bedrockBlock{Image: e.file(p, chat.FieldImage, imageFormats)})
	case chat.AudioPart:
		return append(blocks, bedrockBlock{Audio: e.file(p, chat.FieldAudio, audioFormats)})
	case chat.DocumentPart:
		return append(blocks, bedrockBlock{Document: e.document(p)})
	}
	return blocks
}

// thought adds earlier reasoning. Claude wants its own again; models of other vendors
// refuse it, or take no other's.
func (e *bedrockEncoding) thought(blocks []bedrockBlock, p *chat.Part) []bedrockBlock {
	if !e.model.may(ofAnthropic) {
		const why = "said to models of Anthropic alone"
		switch {
		case p.Kind == chat.HiddenThinkingPart:
			e.lose(chat.FieldHiddenThinking, chat.Dropped, why)
		case p.Signature != "":
			e.lose(chat.FieldSignature, chat.Dropped, why)
			fallthrough
		default:
			e.lose(chat.FieldThinkingText, chat.Dropped, why)
		}
		return blocks
	}
	r := &bedrockReasoning{}
	if p.Kind == chat.HiddenThinkingPart {
		r.Redacted = p.Data
	} else {
		r.Text = &bedrockThought{p.Text, p.Signature}
	}
	return append(blocks, bedrockBlock{Reasoning: r})
}

// calling adds calls of tools.
func (e *bedrockEncoding) calling(blocks []bedrockBlock, calls []chat.ToolCall) []bedrockBlock {
	e.asked = e.asked[:0]
	for i := range calls {
		c := &calls[i]
		e.calls++
		id := toolUseID(c.ID)
		if id == "" {
			id = "call_" + strconv.Itoa(e.calls)
		}
		e.asked = append(e.asked, id)
		blocks = append(blocks, bedrockBlock{ToolUse: &bedrockToolUse{ID: id, Name: c.Name, Input: e.arguments(c.Arguments)}})
		blocks = e.cachePoint(blocks, c.Cache)
	}
	return blocks
}

// arguments are those of a call as the object that Converse wants.
func (e *bedrockEncoding) arguments(said string) json.RawMessage {
	object, losses := argumentsObject(said)
	e.losses = alsoLost(e.losses, losses...)
	return object
}

// result is what a tool answered, and the mark after it: a point to cache up to cannot
// stand inside.
func (e *bedrockEncoding) result(m *chat.Message) []bedrockBlock {
	r := &bedrockResult{ID: toolUseID(m.ToolCallID), Content: []bedrockBlock{}}
	switch i := slices.Index(e.asked, r.ID); {
	case i >= 0:
		e.asked = slices.Delete(e.asked, i, i+1)
	case r.ID == "" && len(e.asked) > 0: // servers that have no ids answer in order
		r.ID, e.asked = e.asked[0], e.asked[1:]
	}
	inside := *m
	inside.Parts = slices.Clone(m.Parts)
	mark := m.Cache
	for i := range inside.Parts {
		if mark == "" {
			mark = inside.Parts[i].Cache
		}
		inside.Parts[i].Cache = ""
	}
	for _, b := range e.parts(&inside) {
		if b.Text == "" && b.Image == nil && b.Document == nil {
			e.lose(chat.FieldToolResults, chat.Rejected, "a result holds text, pictures and documents alone")
		}
		r.Content = append(r.Content, b)
	}
	switch { // which the SDK says that no others support
	case !m.IsError:
	case e.model.may(ofAnthropic, ofNova):
		r.Status = "error"
	default:
		e.lose(chat.FieldResultError, chat.Dropped, "said to models of Anthropic and Amazon alone")
	}
	return e.cachePoint([]bedrockBlock{{Result: r}}, mark)
}

// maxToolUseID is how many characters the id of a call may have.
const maxToolUseID = 64

// toolUseID is the id of a call as Converse takes it: in the letters that Claude takes,
// too, and its end where it is too long.
func toolUseID(id string) string {
	id = claudeCallID(id)
	return id[max(0, len(id)-maxToolUseID):]
}

// calledTools are the names of the tools that were called, in their order.
func calledTools(messages []chat.Message) []string {
	var names []string
	for i := range messages {
		for j := range messages[i].ToolCalls {
			if name := messages[i].ToolCalls[j].Name; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
