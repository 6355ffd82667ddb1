package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"switchover/targets/chat"
)

// TemplateSource is how a user describes a service that takes JSON and answers in
// JSON, in no protocol that has a name here. Compile it once.
type TemplateSource struct {
	// Path is joined to the target's url, a query included; {{model}} in it is the
	// model. Empty, the url is the whole address.
	Path string
	// Body is the request's body, an object with placeholders; see Placeholders.
	Body json.RawMessage
	// KeyHeader has the key by itself; empty, the key is a bearer token.
	KeyHeader string
	// Stream is how an answer arrives: StreamNone (or empty), StreamSSE, StreamNDJSON.
	Stream string
	// DoneLine is the data that ends a stream, [DONE] for instance; DonePath is what is
	// true in its last event. With neither it ends where its body ends.
	DoneLine, DonePath string
	// Whole says that each event's text is all so far and not what is new.
	Whole bool
	// What an answer, or each event of one, says, as paths: choices[0].delta.text. Only
	// Text is required. Where there is Finish, an answer without it is no whole answer.
	// Error is what a failed one has; empty, it is "error".
	Text, Reasoning, Finish, Model, InputTokens, OutputTokens, Error string
}

// How an answer of protocol http arrives.
const (
	StreamNone   = "none"   // one JSON document
	StreamSSE    = "sse"    // server-sent events, a JSON document each
	StreamNDJSON = "ndjson" // a JSON document a line
)

// StreamForms lists them.
var StreamForms = []string{StreamNone, StreamSSE, StreamNDJSON}

// Bounds of a template.
const (
	maxTemplate      = 256 << 10 // bytes of its body
	maxTemplateDepth = 32        // objects and arrays in each other
	maxTemplatePath  = 512       // bytes of a path
)

// Template is a TemplateSource that has been checked.
type Template struct {
	path, query                                              []segment
	body                                                     node
	keyHeader                                                string
	form                                                     string
	doneLine                                                 string
	whole                                                    bool
	done, text, reasoning, finish, model, input, output, err answerPath

	uses     map[string]bool // placeholders
	carriage chat.Carriage
	traits   traits
}

// TemplateProblem is one mistake of a template.
type TemplateProblem struct {
	// At is the field with the mistake in TemplateSource's words in small letters, and
	// the way into the body: path, key_header, text, body.parameters.seed, body.stop[0].
	At              string
	Problem, Remedy string
}

func (p *TemplateProblem) Error() string { return p.At + ": " + p.Problem }

// TemplateProblems are all mistakes of a template, an error of at least one.
type TemplateProblems []*TemplateProblem

func (ps TemplateProblems) Error() string {
	said := make([]string, 0, len(ps))
	for _, p := range ps {
		said = append(said, p.Error())
	}
	return "the template of protocol http: " + strings.Join(said, "; ")
}

// templateCompiler gathers what is wrong.
type templateCompiler struct {
	out      *Template
	problems TemplateProblems
}

// maxProblems bounds how many mistakes are told.
const maxProblems = 32

func (c *templateCompiler) wrong(at, remedy, format string, args ...any) {
	if len(c.problems) == maxProblems {
		return
	}
	c.problems = append(c.problems, &TemplateProblem{at, fmt.Sprintf(format, args...), remedy})
}

// Compile checks the template. Its error is of type TemplateProblems.
func (s *TemplateSource) Compile() (*Template, error) {
	c := &templateCompiler{out: &Template{keyHeader: http.CanonicalHeaderKey(s.KeyHeader), form: s.Stream, doneLine: s.DoneLine, whole: s.Whole,
		uses: map[string]bool{}}}
	t := c.out
	c.address(s.Path)
	c.compileBody(s.Body)
	if s.KeyHeader != "" && (!headerName.MatchString(s.KeyHeader) || slices.Contains(ownHeaders, t.keyHeader)) {
		c.wrong("key_header", "for instance X-Api-Key; left out, the key is a bearer token", "%q is no header that a key can be in", clipped(s.KeyHeader))
	}
	switch s.Stream {
	case "":
		t.form = StreamNone
	case StreamNone, StreamSSE, StreamNDJSON:
	default:
		c.wrong("stream", "", "%q is none of %s", clipped(s.Stream), strings.Join(StreamForms, ", "))
	}
	streams := t.form != StreamNone
	for _, f := range []struct {
		at  string
		set bool
	}{{"done_line", s.DoneLine != ""}, {"done_path", s.DonePath != ""}, {"text_is", s.Whole}} {
		if f.set && !streams {
			c.wrong(f.at, "add stream: sse or stream: ndjson, or leave this out", "an answer that is no stream has no such thing")
		}
	}
	if s.DoneLine != "" && s.DonePath != "" {
		c.wrong("done_path", "", "a stream ends by a line or by what an event says, not by either")
	}
	for _, f := range []struct {
		at, path string
		to       *answerPath
	}{{"text", s.Text, &t.text}, {"reasoning", s.Reasoning, &t.reasoning}, {"finish", s.Finish, &t.finish}, {"model", s.Model, &t.model},
		{"input_tokens", s.InputTokens, &t.input}, {"output_tokens", s.OutputTokens, &t.output}, {"error", s.Error, &t.err}, {"done_path", s.DonePath, &t.done}} {
		if f.path != "" {
			c.answer(f.at, f.path, f.to)
		}
	}
	if s.Text == "" {
		c.wrong("text", "for instance text: choices[0].message.content", "nothing says where in the answer its text is")
	}
	if s.Error == "" {
		t.err, _ = parseAnswerPath("error")
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	t.carriage = templateCarriage(t.uses)
	t.traits = t.makeTraits()
	return t, nil
}

func (c *templateCompiler) answer(at, text string, to *answerPath) {
	path, err := parseAnswerPath(text)
	if err != nil {
		c.wrong(at, "write it as choices[0].message.content or $.a.b[0]", "%v", err)
	}
	*to = path
}

var (
	headerName = regexp.MustCompile(`^[A-Za-z0-9-]{1,128}$`)
	// keyLike is in the name of a query's parameter that has a key.
	keyLike = regexp.MustCompile(`(?i)key|token|secret|passw|sig|auth|credential`)
	// ownHeaders are this program's and the transport's.
	ownHeaders = []string{"Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "Accept", "Accept-Encoding",
		"Content-Encoding", "Upgrade", "Te", "Trailer", "User-Agent", "X-Client-Request-Id"}
)

// address checks the path, of which the model can be part.
func (c *templateCompiler) address(text string) {
	if text == "" {
		return
	}
	if len(text) > maxTemplatePath || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }) || strings.Contains(text, "://") {
		c.wrong("path", "write it as /v1/generate; the host stands in the target's url", "%q is no path below the target's url", clipped(text))
		return
	}
	path, query, _ := strings.Cut(text, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(pair, "="); keyLike.MatchString(name) {
			c.wrong("path", "give it as the target's key: {env: NAME}, with key_header: NAME where it is no bearer token", "a key does not belong into an address")
			return
		}
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	onlyModel := func(s []segment) {
		for _, part := range s {
			if part.name != "" && part.name != "model" {
				c.wrong("path", "", "only {{model}} can be part of an address, not {{%s}}", part.name)
			}
		}
	}
	c.out.path = c.segments("path", path)
	onlyModel(c.out.path)
	c.out.query = c.segments("path", query)
	onlyModel(c.out.query)
}
