// Package dialect reads requests as applications write them, in the form of one
// vendor's API, into the neutral chat.Request, and refuses those that no API would
// take: it names the place, the problem and what to do about it. It is a leaf: it
// sends nothing, opens no file, and writes no request; that is for targets/wire.
package dialect

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"switchover/targets/chat"
)

// The bounds of one request.
const (
	maxBody     = 32 << 20 // bytes
	maxElements = 100_000  // messages, blocks, tools, stop sequences and the like, all together
	maxMembers  = 10_000   // of one object
	maxCalls    = 1_000    // of one message
)

// Invalid is what is wrong with a request. Its parts quote names and small values of
// the request, never a prompt.
type Invalid struct {
	Path    string // messages[2].content[0].tool_use_id; empty for the whole
	Problem string // without the path: "is empty"
	Remedy  string // may be empty
}

// Error is the place, the problem and the remedy in one line.
func (e *Invalid) Error() string {
	said := e.Problem
	if e.Path != "" {
		said = e.Path + " " + said
	}
	if e.Remedy != "" {
		said += ": " + e.Remedy
	}
	return said
}

// readers read the dialects, by their names. A reader takes the request's members
// into what it is given; problems are kept by the values themselves.
var readers = map[string]func(top *object, req *chat.Request){
	"anthropic": readAnthropic,
	"openai":    readOpenAI,
}

// Names lists the dialects in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(readers)) }

// Read reads a request of the named dialect: one JSON object of at most 32 MiB. The
// error of a request that no API would take is an *Invalid. What the neutral form
// cannot say is kept in Foreign, by its path.
func Read(name string, body []byte) (*chat.Request, error) {
	read, ok := readers[name]
	if !ok {
		return nil, fmt.Errorf("reading a request: no dialect %q; there are %s", name, strings.Join(Names(), ", "))
	}
	if len(body) > maxBody {
		return nil, &Invalid{Problem: fmt.Sprintf("the request has %d bytes, more than %d", len(body), maxBody)}
	}
	if bad := checkText(body); bad != nil {
		return nil, bad
	}
	var raw json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil { // checks all of it, and copies it
		where := ""
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			where = fmt.Sprintf(" at byte %d", syntax.Offset)
		}
		return nil, &Invalid{Problem: "the request is not JSON" + where + ": " + err.Error(), Remedy: "write one JSON object a request"}
	}
	req := &chat.Request{Dialect: name}
	doc := &document{foreign: func(path string, raw json.RawMessage) {
		if req.Foreign == nil {
			req.Foreign = map[string]json.RawMessage{}
		}
		req.Foreign[path] = raw
	}}
	top := (&value{doc: doc, raw: raw}).object()
	if doc.problem == nil {
		read(top, req)
	}
	if doc.problem != nil {
		return nil, doc.problem
	}
	return req, nil
}
