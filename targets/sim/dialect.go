package sim

import (
	"net/http"
	"strings"

	"switchover/targets/chat"
)

// dialect is one protocol as the server speaks it: it reads requests, and puts what
// is sent into that protocol's words. When anything is sent, and what, is decided
// for all of them alike.
type dialect interface {
	// name is what scenarios call the protocol.
	name() string
	// read reads a request whose body is there. The error is a *refusal.
	read(r *http.Request, body []byte) (*request, error)
	// refuse answers with an error status, and says which.
	refuse(w http.ResponseWriter, r *refusal) (status int)
	// id names an answer by a number; empty where the protocol's answers have no name.
	id(n uint64) string
	// whole is an answer in one piece, as JSON. Without a finish it is one that is not
	// over.
	whole(x *exchange, text string, finish chat.Finish) any
	// failed is an error in place of an answer in one piece, as JSON.
	failed() any
	// stream begins an answer of an event a token.
	stream(x *exchange) events
}

// events are the words of one stream, each flushed by itself.
type events interface {
	media() string
	begin() []byte             // before the first token; may be empty
	token(piece string) []byte // one token
	broken() []byte            // an event whose JSON breaks off, though the event itself is whole
	failed() []byte            // an error, as servers send it once the status is out, and how the stream then ends
	end() []byte               // why it ends, the usage, and the terminal marker
}

// routes are where each protocol is asked.
var routes = map[string]dialect{
	"POST /v1/chat/completions":           openAI{},
	"POST /v1/completions":                completions{},
	"POST /v1/messages":                   anthropic{},
	"POST /api/chat":                      ollama{},
	"POST /model/{model}/converse":        bedrock{},
	"POST /model/{model}/converse-stream": bedrock{streaming: true},
}

// Protocols lists what every server speaks, each on its own path, as scenarios name
// it.
var Protocols = []string{"anthropic", "bedrock", "ollama", "openai", "openai-completions"}

// Base is the address that a client of a protocol is given for a server whose
// Ready.URL, or Child.URL, is url: some clients name the version in their paths
// themselves.
func Base(url, protocol string) string {
	switch protocol {
	case "anthropic", "bedrock", "ollama":
		return strings.TrimSuffix(url, version)
	}
	return url
}

// version ends the address of OpenAI's API.
const version = "/v1"

// spokenAt is the protocol in which a request is answered that cannot be served.
func spokenAt(path string) dialect {
	switch {
	case strings.HasPrefix(path, "/v1/messages"):
		return anthropic{}
	case strings.HasPrefix(path, "/api/"):
		return ollama{}
	case strings.HasPrefix(path, "/model/"):
		return bedrock{}
	}
	return openAI{}
}
