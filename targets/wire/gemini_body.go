package wire

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/url"
	"path"
	"regexp"
	"strings"

	"switchover/targets/chat"
)

// geminiRequest is the body of generateContent.
type geminiRequest struct {
	SystemInstruction *geminiContent    `json:"systemInstruction,omitempty"`
	Contents          []geminiContent   `json:"contents"`
	Tools             []geminiTools     `json:"tools,omitempty"`
	ToolConfig        *geminiToolConfig `json:"toolConfig,omitempty"`
	GenerationConfig  geminiConfig      `json:"generationConfig,omitzero"`
	Labels            map[string]string `json:"labels,omitempty"`
	ServiceTier       string            `json:"serviceTier,omitempty"`
}

// geminiContent is a turn, of user or model; the system's has no role.
type geminiContent struct {
	Role    string       `json:"role,omitempty"`
	Parts   []geminiPart `json:"parts"`
	results bool         // of functions
}

type geminiPart struct {
	Text             *string           `json:"text,omitempty"`
	InlineData       *geminiData       `json:"inlineData,omitempty"`
	FileData         *geminiFile       `json:"fileData,omitempty"`
	FunctionCall     *geminiCall       `json:"functionCall,omitempty"`
	FunctionResponse *geminiResult     `json:"functionResponse,omitempty"`
	ThoughtSignature string            `json:"thoughtSignature,omitempty"`
	MediaResolution  *geminiResolution `json:"mediaResolution,omitempty"`
}

type geminiData struct {
	MIMEType string `json:"mimeType"`
	Data     string `json:"data"` // base64
}

type geminiFile struct {
	MIMEType string `json:"mimeType,omitempty"`
	URI      string `json:"fileUri"`
}

type geminiResolution struct {
	Level string `json:"level"`
}

type geminiCall struct {
	ID   string          `json:"id,omitempty"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"` // an object
}

type geminiResult struct {
	ID       string            `json:"id,omitempty"`
	Name     string            `json:"name"`
	Response map[string]string `json:"response"` // output or error
	Parts    []geminiPart      `json:"parts,omitempty"`
}

type geminiTools struct {
	Functions []geminiFunction `json:"functionDeclarations"`
}

type geminiFunction struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parametersJsonSchema,omitempty"`
}

type geminiToolConfig struct {
	Calling struct {
		Mode    string   `json:"mode"`
		Allowed []string `json:"allowedFunctionNames,omitempty"`
	} `json:"functionCallingConfig"`
}

type geminiConfig struct {
	MaxOutputTokens  int             `json:"maxOutputTokens,omitempty"`
	Temperature      *float64        `json:"temperature,omitempty"`
	TopP             *float64        `json:"topP,omitempty"`
	TopK             *int            `json:"topK,omitempty"`
	Seed             *int32          `json:"seed,omitempty"`
	StopSequences    []string        `json:"stopSequences,omitempty"`
	PresencePenalty  *float64        `json:"presencePenalty,omitempty"`
	FrequencyPenalty *float64        `json:"frequencyPenalty,omitempty"`
	ResponseMIMEType string          `json:"responseMimeType,omitempty"`
	ResponseSchema   json.RawMessage `json:"responseJsonSchema,omitempty"`
	Thinking         *geminiThinking `json:"thinkingConfig,omitempty"`
}

type geminiThinking struct {
	Include bool   `json:"includeThoughts,omitempty"`
	Budget  *int   `json:"thinkingBudget,omitempty"`
	Level   string `json:"thinkingLevel,omitempty"`
}

// geminiWriter makes a body and notes what of its values is lost.
type geminiWriter struct {
	out    geminiRequest
	losses []chat.Loss
	names  map[string]string // of functions, by the id of their call
	turns  bool              // one has been made
}

func (w *geminiWriter) lose(f chat.Field, fate chat.Fate, why string) {
	w.losses = alsoLost(w.losses, chat.Lose(f, fate, why))
}

// geminiBody is the body of a request, and what its values lose beyond the table.
func geminiBody(req *chat.Request) (*geminiRequest, []chat.Loss) {
	w := &geminiWriter{names: map[string]string{}}
	w.out.Contents = []geminiContent{}
	for i := range req.Messages {
		w.message(&req.Messages[i])
	}
	w.tools(req)
	w.config(req)
	for name, value := range req.Metadata {
		if labelName.MatchString(name) && labelValue.MatchString(value) {
			if w.out.Labels == nil {
				w.out.Labels = map[string]string{}
			}
			w.out.Labels[name] = value
		}
	}
	switch req.ServiceTier {
	case "flex", "priority", "standard":
		w.out.ServiceTier = req.ServiceTier
	case "default", "standard_only": // OpenAI's and Anthropic's words for it
		w.out.ServiceTier = "standard"
	}
	return &w.out, w.losses
}

// What a label of Google Cloud's can be:
// https://cloud.google.com/resource-manager/docs/labels-overview#requirements
var (
	labelName  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)
	labelValue = regexp.MustCompile(`^[a-z0-9_-]{0,63}$`)
)

// message adds a message. What the results of functions are in is a turn of its own;
// otherwise messages of one role share one, because models have refused turns that do
// not alternate.
func (w *geminiWriter) message(m *chat.Message) {
	if m.Role == chat.System && !w.turns {
		if w.out.SystemInstruction == nil {
			w.out.SystemInstruction = &geminiContent{}
		}
		w.out.SystemInstruction.Parts = append(w.out.SystemInstruction.Parts, w.parts(m)...)
		return
	}
	turn := geminiContent{Role: "user"}
	switch m.Role {
	case chat.Assistant:
		turn.Role = "model"
		turn.Parts = append(w.parts(m), w.calls(m)...)
	case chat.ToolRole:
		turn.results = true
		turn.Parts = []geminiPart{w.result(m)}
	default:
		turn.Parts = w.parts(m)
	}
	w.turns = true
	if n := len(w.out.Contents); n > 0 {
		if last := &w.out.Contents[n-1]; last.Role == turn.Role && last.results == turn.results {
			last.Parts = append(last.Parts, turn.Parts...)
			return
		}
	}
	w.out.Contents = append(w.out.Contents, turn)
}

// parts are what a message says, in one part at least unless it calls functions.
func (w *geminiWriter) parts(m *chat.Message) (parts []geminiPart) {
	if len(m.Parts) == 0 && (m.Content != "" || len(m.ToolCalls) == 0) {
		return []geminiPart{{Text: &m.Content}}
	}
	for i := range m.Parts {
		switch p := &m.Parts[i]; p.Kind {
		case chat.TextPart:
			parts = append(parts, geminiPart{Text: &p.Text})
		case chat.ImagePart, chat.AudioPart:
			parts = append(parts, w.media(p))
		case chat.DocumentPart:
			if p.Name != "" {
				w.lose(chat.FieldDocument, chat.Approximate, "its name is a line of text before it")
				name := p.Name + ":"
				parts = append(parts, geminiPart{Text: &name})
			}
			parts = append(parts, w.media(p))
		case chat.ThinkingPart, chat.HiddenThinkingPart: // the table says so
		}
	}
	if len(parts) == 0 && len(m.ToolCalls) == 0 {
		parts = []geminiPart{{Text: new(string)}}
	}
	return parts
}

// media is a picture, a document or a sound: its bytes, or where Google finds it.
func (w *geminiWriter) media(p *chat.Part) geminiPart {
	kind := p.MediaType
	if p.URL != "" {
		if kind == "" {
			if u, err := url.Parse(p.URL); err == nil {
				kind = geminiMedia[strings.ToLower(path.Ext(u.Path))]
			}
		}
		return geminiPart{FileData: &geminiFile{kind, p.URL}, MediaResolution: resolution(p)}
	}
	data := p.Data
	if data == "" && p.Text != "" {
		data = base64.StdEncoding.EncodeToString([]byte(p.Text))
		if kind == "" {
			kind = "text/plain"
		}
	}
	if kind == "" { // which the API requires
		kind = map[chat.PartKind]string{chat.ImagePart: "image/jpeg", chat.AudioPart: "audio/wav", chat.DocumentPart: "application/pdf"}[p.Kind]
	}
	return geminiPart{InlineData: &geminiData{kind, data}, MediaResolution: resolution(p)}
}

// geminiMedia are the types of files that Gemini reads from an address, by what their
// names end in: https://ai.google.dev/gemini-api/docs/file-input-methods
var geminiMedia = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
	".gif": "image/gif", ".bmp": "image/bmp", ".pdf": "application/pdf", ".json": "application/json", ".html": "text/html",
	".css": "text/css", ".csv": "text/csv", ".xml": "text/xml", ".txt": "text/plain", ".md": "text/plain",
	".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".flac": "audio/flac"}

// resolution is OpenAI's detail in Gemini's words; auto is left to the server.
func resolution(p *chat.Part) *geminiResolution {
	switch p.Detail {
	case "low", "high":
		return &geminiResolution{"MEDIA_RESOLUTION_" + strings.ToUpper(p.Detail)}
	}
	return nil
}

// unsigned stands for the signature of a call that another model made. Gemini 3 and
// later refuse a call without a signature and check any other:
// https://ai.google.dev/gemini-api/docs/thought-signatures, on calls from elsewhere.
// The first call of several made at once has it for all.
const unsigned = "skip_thought_signature_validator"

func (w *geminiWriter) calls(m *chat.Message) (parts []geminiPart) {
	for i := range m.ToolCalls {
		c := &m.ToolCalls[i]
		w.names[c.ID] = c.Name
		arguments, losses := argumentsObject(c.Arguments)
		w.losses = alsoLost(w.losses, losses...)
		p := geminiPart{FunctionCall: &geminiCall{ID: c.ID, Name: c.Name, Args: arguments}}
		if i == 0 {
			p.ThoughtSignature = unsigned
		}
		parts = append(parts, p)
	}
	return parts
}

// result is what a function said. The API knows it by its name.
func (w *geminiWriter) result(m *chat.Message) geminiPart {
	r := &geminiResult{ID: m.ToolCallID, Name: w.names[m.ToolCallID]}
	if r.Name == "" {
		w.lose(chat.FieldToolResults, chat.Approximate, "a result without its call has the call's id for a name")
		r.Name = m.ToolCallID
	}
	as := "output"
	if m.IsError {
		as = "error"
	}
	r.Response = map[string]string{as: m.Text()}
	for i := range m.Parts {
		switch p := &m.Parts[i]; p.Kind {
		case chat.ImagePart, chat.DocumentPart, chat.AudioPart:
			r.Parts = append(r.Parts, w.media(p))
			if p.Name != "" {
				w.lose(chat.FieldResultImages, chat.Approximate, "without the names of documents")
			}
		case chat.TextPart:
			if len(r.Parts) > 0 {
				w.lose(chat.FieldResultImages, chat.Approximate, "all after the result's text")
			}
		}
	}
	return geminiPart{FunctionResponse: r}
}

// tools adds the functions, and whether they are to be called.
func (w *geminiWriter) tools(req *chat.Request) {
	var functions []geminiFunction
	strict := false
	for i := range req.Tools {
		if t := &req.Tools[i]; t.Hosted == "" {
			strict = strict || t.Strict
			functions = append(functions, geminiFunction{t.Name, t.Description, t.Parameters})
		}
	}
	if len(functions) > 0 {
		w.out.Tools = []geminiTools{{functions}}
	}
	var c geminiToolConfig
	switch req.ToolChoice.Mode {
	case chat.ToolsAny:
		c.Calling.Mode = "ANY"
	case chat.ToolsOne:
		c.Calling.Mode, c.Calling.Allowed = "ANY", []string{req.ToolChoice.Name}
	case chat.ToolsNone:
		c.Calling.Mode = "NONE"
	case chat.ToolsAuto:
		c.Calling.Mode = "AUTO"
	}
	if strict && (c.Calling.Mode == "" || c.Calling.Mode == "AUTO") {
		c.Calling.Mode = "VALIDATED"
	}
	if c.Calling.Mode != "" {
		w.out.ToolConfig = &c
	}
}

// config adds the parameters.
func (w *geminiWriter) config(req *chat.Request) {
	p, c := &req.Params, &w.out.GenerationConfig
	*c = geminiConfig{MaxOutputTokens: p.MaxTokens, Temperature: p.Temperature, TopP: p.TopP, TopK: p.TopK,
		StopSequences: p.Stop, PresencePenalty: p.PresencePenalty, FrequencyPenalty: p.FrequencyPenalty}
	if p.AsAllowed && p.Temperature == nil {
		c.Temperature = new(float64) // every model takes it
	}
	if p.Seed != nil {
		seed := int32(*p.Seed & math.MaxInt32)
		if int64(seed) != *p.Seed {
			w.lose(chat.FieldSeed, chat.Approximate, "cut to 31 bits")
		}
		c.Seed = &seed
	}
	if req.Format.JSON || len(req.Format.Schema) > 0 {
		c.ResponseMIMEType, c.ResponseSchema = "application/json", req.Format.Schema
		w.losses = alsoLost(w.losses, namelessSchema(&req.Format)...)
	}
	w.thinking(&p.Thinking)
}

// thinking asks for reasoning. Whether a model that reasons does so is its own
// default; asking for it asks to see it. A budget and a level exclude each other:
// https://ai.google.dev/gemini-api/docs/thinking
func (w *geminiWriter) thinking(t *chat.Thinking) {
	var c geminiThinking
	level := map[string]string{"minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH", "max": "HIGH"}[t.Effort]
	switch {
	case t.Mode == chat.ThinkingOff || t.Effort == "none":
		c.Budget = new(int)
	case t.Budget > 0:
		c.Budget = &t.Budget
		if t.Effort != "" {
			w.lose(chat.FieldEffort, chat.Dropped, "the budget says it")
		}
	default:
		c.Level = level
	}
	c.Include = t.Mode == chat.ThinkingOn || t.Mode == chat.ThinkingAdaptive
	if c != (geminiThinking{}) {
		w.out.GenerationConfig.Thinking = &c
	}
}
