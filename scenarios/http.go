package scenarios

import (
	"cmp"
	"encoding/json"
	"errors"

	"github.com/invopop/jsonschema"

	"switchover/targets/wire"
)

// HTTP says how protocol http asks a service of its own kind, and where in its answer
// is what. Placeholders in the body are {{prompt}}, {{messages}}, {{last}}, {{system}},
// {{model}}, {{user}}, {{max_tokens}}, {{temperature}}, {{top_p}}, {{top_k}}, {{seed}}
// and {{stop}}; a text that is one of them becomes its value, and is left out where
// there is none. Paths are written as choices[0].message.content.
type HTTP struct {
	// Path below the target's url; {{model}} can be part of it.
	Path string `json:"path,omitempty"`
	// Body is the request's body: {inputs: "{{prompt}}"}.
	Body JSON `json:"body"`
	// KeyHeader has the key by itself. Default: the key is a bearer token.
	KeyHeader string `json:"key_header,omitempty"`
	// Stream is how the answer arrives: none (one JSON document, the default), sse
	// (server-sent events) or ndjson (a JSON document a line).
	Stream string `json:"stream,omitempty" jsonschema:"enum=none,enum=sse,enum=ndjson"`
	// DoneLine is the data that ends a stream: "[DONE]". Default: the body's own end.
	DoneLine string `json:"done_line,omitempty"`
	// DonePath is what is true in a stream's last event. Default: the body's own end.
	DonePath string `json:"done_path,omitempty"`
	// Text is where the answer's text is.
	Text string `json:"text"`
	// TextIs says whether an event's text is what is new (delta, the default) or all so
	// far (whole).
	TextIs string `json:"text_is,omitempty" jsonschema:"enum=delta,enum=whole"`
	// Reasoning is where the text of its reasoning is.
	Reasoning string `json:"reasoning,omitempty"`
	// Finish is where the reason for stopping is; an answer without it is then broken off.
	Finish string `json:"finish,omitempty"`
	// Model is where the name of the model that answered is.
	Model string `json:"model,omitempty"`
	// InputTokens is where the number of tokens read is.
	InputTokens string `json:"input_tokens,omitempty"`
	// OutputTokens is where the number of tokens written is.
	OutputTokens string `json:"output_tokens,omitempty"`
	// Error is what a failed answer has instead. Default: error.
	Error string `json:"error,omitempty"`
}

// Template makes of it what the protocol asks and reads by. Its error is of type
// wire.TemplateProblems.
func (h *HTTP) Template() (*wire.Template, error) {
	s := wire.TemplateSource{Path: h.Path, Body: json.RawMessage(h.Body), KeyHeader: h.KeyHeader, Stream: h.Stream,
		DoneLine: h.DoneLine, DonePath: h.DonePath, Whole: h.TextIs == "whole", Text: h.Text, Reasoning: h.Reasoning,
		Finish: h.Finish, Model: h.Model, InputTokens: h.InputTokens, OutputTokens: h.OutputTokens, Error: h.Error}
	return s.Compile()
}

// JSONSchemaExtend wants an object for a body.
func (HTTP) JSONSchemaExtend(s *jsonschema.Schema) {
	if p, ok := s.Properties.Get("body"); ok {
		description := p.Description
		*p = jsonschema.Schema{Type: "object", Description: description}
	}
}

// protocolHTTP asks by a template.
const protocolHTTP = "http"

// http checks a template, each mistake at its place, and takes its protocol for
// granted.
func (c *checker) http(at string, t *Target) {
	path := at + ".http"
	if !c.given(path) {
		if t.Protocol == protocolHTTP && c.has(at+".protocol") {
			c.wrong(at+".protocol", `add http: {body: {inputs: "{{prompt}}"}, text: generated_text}`, "protocol http asks by a template, and the target has none")
		}
		return
	}
	if c.given(at + ".simulate") {
		c.misplaced(path, "remove one of the two", "a simulated target is asked in its own protocol, not by a template")
		return
	}
	if !c.given(at+".protocol") && !c.bad[at+".protocol"] {
		t.Protocol = cmp.Or(t.Protocol, protocolHTTP)
	}
	if t.Protocol != protocolHTTP && !c.bad[at+".protocol"] {
		c.misplaced(path, "write protocol: http, or remove this", "protocol %s asks by no template", clip(t.Protocol))
		return
	}
	if c.given(at + ".stream") {
		c.misplaced(at+".stream", "write http: {stream: none}", "how an answer arrives is the template's to say")
	}
	for _, name := range []string{"", ".body", ".text", ".stream", ".text_is"} {
		if c.bad[path+name] {
			return
		}
	}
	_, err := t.HTTP.Template()
	var problems wire.TemplateProblems
	if errors.As(err, &problems) {
		for _, p := range problems {
			c.wrong(path+"."+p.At, p.Remedy, "%s", p.Problem)
		}
	}
}
