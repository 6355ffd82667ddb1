package wire

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"switchover/targets/chat"
)

// HTTP asks services that take JSON and answer in JSON and whose protocol has no name
// here: the servers of libraries, gateways at the edge, a team's own. The template
// says how. Without one it can ask nothing.
type HTTP struct{ Template *Template }

// Carriage says what becomes of each field, by what the template's body has places
// for; without a template, of one that has them all.
func (p HTTP) Carriage() chat.Carriage {
	if p.Template == nil {
		return anyTemplate
	}
	return p.Template.carriage
}

var anyTemplate = func() chat.Carriage {
	all := map[string]bool{}
	for _, name := range Placeholders {
		all[name] = true
	}
	return templateCarriage(all)
}()

const lastAlone = "the template sends what the user said last alone"

// templateCarriage is the table of a template with these placeholders.
func templateCarriage(uses map[string]bool) chat.Carriage {
	table := promptCarriage()
	lossless := func(fields ...chat.Field) {
		for _, f := range fields {
			delete(table, f)
		}
	}
	lose := func(fate chat.Fate, why string, fields ...chat.Field) {
		for _, f := range fields {
			table[f] = chat.Lose(f, fate, why)
		}
	}
	talk := []chat.Field{chat.FieldTurns, chat.FieldSameRole, chat.FieldSystemLater, chat.FieldPrefill}
	switch {
	case uses["messages"]:
		lossless(append(talk, chat.FieldSystem)...)
	case !uses["prompt"]:
		lose(chat.Dropped, lastAlone, append(talk, chat.FieldSystem, chat.FieldSystemBlocks)...)
		lose(chat.Approximate, lastAlone, chat.FieldSameRole)
	}
	if uses["system"] {
		lossless(chat.FieldSystem)
	}
	if uses["system"] || uses["messages"] {
		lose(chat.Approximate, "joined into one text", chat.FieldSystemBlocks)
	}
	for _, p := range []struct {
		name  string
		field chat.Field
	}{{"max_tokens", chat.FieldMaxTokens}, {"temperature", chat.FieldTemperature}, {"top_p", chat.FieldTopP}, {"top_k", chat.FieldTopK},
		{"seed", chat.FieldSeed}, {"stop", chat.FieldStop}, {"user", chat.FieldUser}} {
		if uses[p.name] {
			lossless(p.field)
		} else {
			lose(chat.Dropped, "the template has no {{"+p.name+"}}", p.field)
		}
	}
	lose(chat.Dropped, "the template has no place for it", chat.FieldExact, chat.FieldPenalties, chat.FieldFormat, chat.FieldSchema)
	return table
}

// Encode fills in the template. The key is in a header and nowhere else.
func (p HTTP) Encode(ep Endpoint, req chat.Request) (*http.Request, []chat.Loss, error) {
	t := p.Template
	if t == nil {
		return nil, nil, errors.New("encoding a request: protocol http asks by a template, and the target has none: add http: {body: ..., text: ...}")
	}
	losses := t.carriage.Losses(req.Fields())
	messages, more := textParts(req.Messages, wordless)
	losses = alsoLost(losses, more...)
	if err := refused("http", losses); err != nil {
		return nil, losses, err
	}
	values, err := t.fill(ep.model(&req), &req, messages)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding a request: %w", err)
	}
	u, err := joinURL(ep.URL, strings.TrimRight(fillText(t.path, values), "/"))
	if err != nil {
		return nil, nil, err
	}
	if len(t.query) > 0 {
		u.RawQuery = fillText(t.query, values)
	}
	body, _ := t.body.appendJSON(nil, values)
	if body, err = withExtra(body, req.Params.Extra); err != nil {
		return nil, nil, fmt.Errorf("encoding a request: %w", err)
	}
	auth := bearer(&ep)
	if t.keyHeader != "" {
		auth = field{t.keyHeader, ep.Key.Reveal()}
	}
	return post(u, body, &ep, &req, t.accept(), auth), losses, nil
}

func (t *Template) accept() string {
	switch t.form {
	case StreamSSE:
		return "text/event-stream"
	case StreamNDJSON:
		return "application/x-ndjson"
	}
	return "application/json"
}

// Failure classifies a response that is not 2xx by its status, and by what the body
// says in any of the forms that servers use, or where the template finds it.
func (p HTTP) Failure(status int, header http.Header, body []byte) *chat.Failure {
	f := OpenAI{}.Failure(status, header, body)
	if p.Template == nil {
		return f
	}
	if _, usual := decodeError(body); usual {
		return f
	}
	if doc, err := readJSON(body); err == nil {
		if said, err := p.Template.err.textIn(doc); err == nil && said != "" {
			f.Message = statusLine(status) + ": " + said
		}
	}
	return f
}
