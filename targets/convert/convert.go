// Package convert writes requests that were made for one API in the form of
// another, and says of each field what becomes of it on the way. It reads with
// targets/dialect and writes with targets/wire, so a converted request is byte for
// byte what a run would send. It refuses to change a request silently: a field is
// carried, or its loss is counted and named.
package convert

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"switchover/targets/chat"
	"switchover/targets/dialect"
	"switchover/targets/wire"
)

// Converter converts requests one after the other.
type Converter struct {
	From     string // the dialect they are in, one of dialect.Names
	Protocol wire.Protocol
	Model    string // replaces the request's own; empty keeps it
	// URL is the server's address, or empty: whose it is decides what it takes, where
	// several speak one protocol.
	URL string
	// Strict refuses requests that would lose or change a field.
	Strict bool
}

// Converted is one request's conversion.
type Converted struct {
	// Body is the request in its new form; nil where it was refused. A line of a batch
	// file becomes one of the API it is now for.
	Body []byte
	// Fields are those that the request has, each with its fate; Lossless ones
	// included.
	Fields []chat.Loss
	// Addressed says that the model is named by the address the request is sent to, and
	// not in Body.
	Addressed bool
	// Unnamed says that neither names a model, because the request had none, where the
	// protocol names one.
	Unnamed bool
	// Refused is why there is no Body: the request itself, or what would be lost.
	Refused error
}

// nowhere stands for the address, which is no part of a body.
const nowhere = "http://localhost"

// Convert converts one request: one JSON object.
func (c *Converter) Convert(src []byte) *Converted {
	body, in, err := unwrap(src)
	if err != nil {
		return &Converted{Refused: err}
	}
	req, err := dialect.Read(c.From, body)
	if err != nil {
		return &Converted{Refused: err}
	}
	if c.Model != "" {
		req.Model = c.Model
	}
	out := &Converted{}
	ep := wire.Endpoint{URL: cmp.Or(c.URL, nowhere), Model: req.Model, Region: "us-east-1"}
	if strings.Contains(ep.URL, "/openai/deployments/") {
		ep.APIVersion = "2024-10-21" // which Azure's address wants there, and no body has
	}
	r, losses, err := c.Protocol.Encode(ep, *req)
	out.Fields = fates(req.Fields(), losses)
	switch {
	case err != nil:
		out.Refused = err
	case c.Strict && len(losses) > 0:
		out.Refused = fmt.Errorf("strict: %s", sentence(losses))
	default:
		out.Body, out.Refused = read(r.Body)
		out.Addressed = addressed(r.URL.Path, req.Model)
		_, one := c.Protocol.(wire.TGI) // a server of one model, which no request names
		out.Unnamed = req.Model == "" && !one
	}
	if out.Body != nil && in != nil {
		out.Body, out.Refused = in.wrap(out.Body, c.Protocol, r.URL.Path)
	}
	return out
}

func read(body io.ReadCloser) ([]byte, error) {
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("writing the request: %w", err)
	}
	return b, nil
}

// fates are the fields of a request with what becomes of each: the worst, where a
// value makes it worse than the table says.
func fates(has chat.FieldSet, losses []chat.Loss) []chat.Loss {
	worst := map[chat.Field]chat.Loss{}
	for _, l := range losses {
		if have, ok := worst[l.Field]; !ok || l.Fate.Compare(have.Fate) > 0 {
			worst[l.Field] = l
		}
		has = has.With(l.Field)
	}
	var out []chat.Loss
	for f := range has.All() {
		l, lost := worst[f]
		if !lost {
			l = chat.Lose(f, chat.Lossless, "")
		}
		out = append(out, l)
	}
	return out
}

func sentence(losses []chat.Loss) string {
	var b bytes.Buffer
	for i, l := range losses {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(l.String())
		if l.Why != "" {
			b.WriteString(" (" + l.Why + ")")
		}
	}
	return b.String()
}

// Invalid reports whether a request was refused for what it is itself, and not for
// what the conversion would lose.
func (c *Converted) Invalid() bool {
	var invalid *dialect.Invalid
	return errors.As(c.Refused, &invalid)
}
