package wire

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"switchover/targets/chat"
)

// bedrockModel is the name of a model at Bedrock: of the model itself
// (anthropic.claude-x-v1:0), of an inference profile (eu.anthropic.claude-x-v1:0), or an
// ARN. Profiles that an account made are named by a number, which tells nothing.
type bedrockModel string

// of reports whether the model is of a vendor, by the prefix its models have. Claude's
// own names, which requests for Anthropic's API have, are Anthropic's without it.
func (m bedrockModel) of(vendor string) bool {
	return m.after(vendor) != "" || vendor == ofAnthropic && strings.HasPrefix(string(m), "claude-")
}

// after is the model's name after the vendor's prefix; empty for another vendor's.
func (m bedrockModel) after(vendor string) string {
	at := strings.Index(string(m), vendor)
	if at < 0 || at > 0 && !strings.ContainsRune("./", rune(m[at-1])) {
		return ""
	}
	return string(m[at+len(vendor):])
}

// unnamed reports whether the name tells nothing of the model: an ARN that ends in a
// number.
func (m bedrockModel) unnamed() bool {
	return strings.HasPrefix(string(m), "arn:") && !strings.Contains(string(m[strings.LastIndexByte(string(m), '/')+1:]), ".")
}

// may reports whether the model is of one of these vendors, as far as its name tells.
func (m bedrockModel) may(vendors ...string) bool {
	return m.unnamed() || slices.ContainsFunc(vendors, m.of)
}

// The prefixes of vendors' models.
const (
	ofAnthropic = "anthropic."
	ofMistral   = "mistral."
	ofNova      = "amazon.nova-"
	ofOpenAI    = "openai."
)

type bedrockInference struct {
	MaxTokens   int      `json:"maxTokens,omitempty"`
	Temperature *float64 `json:"temperature,omitempty"`
	TopP        *float64 `json:"topP,omitempty"`
	Stop        []string `json:"stopSequences,omitempty"`
}

type bedrockOutput struct {
	Effort string             `json:"effort,omitempty"`
	Format *bedrockTextFormat `json:"textFormat,omitempty"`
}

type bedrockTextFormat struct {
	Type      string `json:"type"`
	Structure struct {
		Schema struct {
			Schema string `json:"schema"` // JSON as text
			Name   string `json:"name,omitempty"`
		} `json:"jsonSchema"`
	} `json:"structure"`
}

type bedrockToolConfig struct {
	Tools  []bedrockBlock     `json:"tools"`
	Choice *bedrockToolChoice `json:"toolChoice,omitempty"`
}

type bedrockTool struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Input       struct {
		JSON json.RawMessage `json:"json"`
	} `json:"inputSchema"`
	Strict bool `json:"strict,omitempty"`
}

type bedrockToolChoice struct {
	Auto *struct{} `json:"auto,omitempty"`
	Any  *struct{} `json:"any,omitempty"`
	Tool *struct {
		Name string `json:"name"`
	} `json:"tool,omitempty"`
}

// tools declares the tools. Where calls were made there must be some, whatever is asked
// for now.
func (e *bedrockEncoding) tools(req *chat.Request) {
	called := calledTools(req.Messages)
	config := &bedrockToolConfig{}
	for i := range req.Tools {
		t := &req.Tools[i]
		config.Tools = append(config.Tools, bedrockBlock{Tool: newBedrockTool(t)})
		config.Tools = e.cachePoint(config.Tools, t.Cache)
	}
	none := req.ToolChoice.Mode == chat.ToolsNone
	switch {
	case none && len(called) == 0:
		return
	case none:
		e.lose(chat.FieldToolChoiceNone, chat.Dropped, "the tools of earlier calls must be declared")
	}
	if len(config.Tools) == 0 {
		if len(called) == 0 {
			return
		}
		for _, name := range called {
			config.Tools = append(config.Tools, bedrockBlock{Tool: newBedrockTool(&chat.Tool{Name: name})})
		}
		e.lose(chat.FieldToolCalls, chat.Approximate, "their tools are declared, without parameters: Converse wants them declared")
		e.out.Tools = config
		return
	}
	switch choice := &(bedrockToolChoice{}); req.ToolChoice.Mode {
	case chat.ToolsAuto:
		choice.Auto = &struct{}{}
		config.Choice = choice
	case chat.ToolsAny:
		choice.Any = &struct{}{}
		config.Choice = choice
	case chat.ToolsOne:
		choice.Tool = &struct {
			Name string `json:"name"`
		}{req.ToolChoice.Name}
		config.Choice = choice
	}
	e.out.Tools = config
}

func newBedrockTool(t *chat.Tool) *bedrockTool {
	out := &bedrockTool{Name: t.Name, Description: t.Description, Strict: t.Strict}
	out.Input.JSON = schemaOf(t)
	return out
}

// params says what is neither a message nor a tool.
func (e *bedrockEncoding) params(req *chat.Request) {
	if e.model.of(ofAnthropic) {
		e.claude(req)
	} else {
		e.sampling(&req.Params)
		e.effort(&req.Params.Thinking)
	}
	config := e.config()
	config.MaxTokens, config.Stop = req.Params.MaxTokens, req.Params.Stop
	if config.MaxTokens == 0 && len(config.Stop) == 0 && config.Temperature == nil && config.TopP == nil {
		e.out.Config = nil
	}
	if len(req.Format.Schema) > 0 {
		format := &bedrockTextFormat{Type: "json_schema"}
		format.Structure.Schema.Schema, format.Structure.Schema.Name = string(req.Format.Schema), req.Format.Name
		e.output().Format = format
	}
	e.tier(req.ServiceTier)
	e.metadata(req)
}

// claude says what Claude's own API would be told of sampling and reasoning: Converse
// hands to the model what it has no word for.
func (e *bedrockEncoding) claude(req *chat.Request) {
	w := &anthropicWriter{req: req, model: string(e.model), claude: claudeVersion(string(e.model))}
	w.sampling()
	w.thinking()
	e.losses = alsoLost(e.losses, w.losses...)
	config := e.config()
	config.Temperature, config.TopP = w.out.Temperature, w.out.TopP
	if w.out.TopK != nil {
		e.more("top_k", *w.out.TopK)
	}
	if w.out.Thinking != nil {
		e.more("thinking", w.out.Thinking)
	}
	if w.out.OutputConfig != nil {
		e.output().Effort = w.out.OutputConfig.Effort
	}
}

// sampling asks models of other vendors for what Converse takes, or they do.
//
// Source of top_k: the pages on each vendor's models at
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html, and
// https://docs.aws.amazon.com/nova/latest/userguide/using-converse-api.html
func (e *bedrockEncoding) sampling(p *chat.Params) {
	config := e.config()
	config.Temperature, config.TopP = p.Temperature, p.TopP
	switch {
	case p.AsAllowed && !e.model.unnamed() && !refusesTemperature(e.model.after(ofOpenAI)):
		config.Temperature = new(float64)
	case p.Temperature != nil && (*p.Temperature < 0 || *p.Temperature > 1):
		e.lose(chat.FieldTemperature, chat.Rejected, "Converse takes 0 to 1")
	}
	switch {
	case p.TopK == nil:
	case e.model.of(ofMistral):
		e.more("top_k", *p.TopK)
	case e.model.of(ofNova):
		e.more("inferenceConfig", map[string]int{"topK": *p.TopK})
	default:
		e.lose(chat.FieldTopK, chat.Dropped, "said to models of Anthropic, Mistral and Amazon alone")
	}
}

// effort asks models of other vendors for reasoning, for which Converse has a measure
// and no switch.
func (e *bedrockEncoding) effort(t *chat.Thinking) {
	switch t.Effort {
	case "":
	case "low", "medium", "high", "xhigh", "max":
		e.output().Effort = t.Effort
	case "minimal":
		e.output().Effort = "low"
		e.lose(chat.FieldEffort, chat.Approximate, "low is the least")
	default:
		e.lose(chat.FieldEffort, chat.Dropped, "low is the least")
	}
	if t.Mode != "" {
		e.lose(chat.FieldThinking, chat.Dropped, "said to Anthropic's models alone: others have words of their own for it")
	}
	if t.Budget > 0 {
		e.lose(chat.FieldThinkingBudget, chat.Dropped, "said to Anthropic's models alone")
	}
}

func (e *bedrockEncoding) config() *bedrockInference {
	if e.out.Config == nil {
		e.out.Config = &bedrockInference{}
	}
	return e.out.Config
}

func (e *bedrockEncoding) output() *bedrockOutput {
	if e.out.Output == nil {
		e.out.Output = &bedrockOutput{}
	}
	return e.out.Output
}

func (e *bedrockEncoding) more(name string, value any) {
	if e.out.More == nil {
		e.out.More = map[string]any{}
	}
	e.out.More[name] = value
}

// tier is the class of service.
func (e *bedrockEncoding) tier(tier string) {
	switch tier {
	case "":
	case "default", "flex", "priority", "reserved":
		e.out.Tier = &bedrockKind{Type: tier}
	case "standard", "standard_only":
		e.out.Tier = &bedrockKind{Type: "default"}
	case "auto":
		e.lose(chat.FieldServiceTier, chat.Approximate, "left to the account")
	default:
		e.lose(chat.FieldServiceTier, chat.Dropped, "Bedrock knows default, flex, priority and reserved")
	}
}

// maxMetadata is how many entries a request's metadata may have, and what they consist
// of: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
const maxMetadata = 16

var (
	metadataName  = regexp.MustCompile(`^[a-zA-Z0-9\s:_@$#=/+,.-]{1,256}$`)
	metadataValue = regexp.MustCompile(`^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$`)
)

// metadata says what is kept with the request, the user among it.
func (e *bedrockEncoding) metadata(req *chat.Request) {
	keep := func(f chat.Field, name, value string) {
		if len(e.out.Metadata) == maxMetadata || !metadataName.MatchString(name) || !metadataValue.MatchString(value) {
			e.lose(f, chat.Dropped, "Bedrock keeps 16 entries, of up to 256 plain characters each")
			return
		}
		if e.out.Metadata == nil {
			e.out.Metadata = map[string]string{}
		}
		e.out.Metadata[name] = value
	}
	if req.User != "" {
		keep(chat.FieldUser, "user_id", req.User)
	}
	for _, name := range slices.Sorted(maps.Keys(req.Metadata)) {
		keep(chat.FieldMetadata, name, req.Metadata[name])
	}
}
