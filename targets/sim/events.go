package sim

import (
	"encoding/json"
	"fmt"
	"time"
)

// doneMark is the terminal marker of a stream.
const doneMark = "data: [DONE]\n\n"

// events writes the chunks of one stream.
type events struct {
	x    *exchange
	head string // what every chunk begins with
}

func newEvents(x *exchange) *events {
	head := fmt.Sprintf(`data: {"id":%s,"object":"chat.completion.chunk","created":%d,"model":%s,`, quoted(x.id), time.Now().Unix(), quoted(x.server.cfg.Model))
	if x.req.Options.IncludeUsage {
		head += `"usage":null,`
	}
	return &events{x, head}
}

// quoted is a JSON string.
func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		return []byte(`""`) // a string always marshals
	}
	return b
}

// role opens a stream; it carries no token.
func (e *events) role() []byte {
	return []byte(e.head + `"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}` + "\n\n")
}

// content is the event of one token.
func (e *events) content(piece string) []byte {
	return fmt.Appendf(nil, "%s\"choices\":[{\"index\":0,\"delta\":{\"content\":%s},\"finish_reason\":null}]}\n\n", e.head, quoted(piece))
}

// broken is an event whose JSON breaks off, though the event itself is whole.
func (e *events) broken() []byte {
	return []byte(e.head + `"choices":[{"index":0,"delta":{"conte` + "\n\n")
}

// failed is an error object, as servers send it once the status is out, and
// the terminal marker that follows it.
func (e *events) failed() []byte {
	body, err := json.Marshal(errorBody("server_error", "engine_error", "the engine failed while answering"))
	if err != nil {
		return nil // the body always marshals
	}
	return fmt.Appendf(nil, "data: %s\n\n%s", body, doneMark)
}

// last is the finish reason, the usage where it was asked for, and the terminal
// marker.
func (e *events) last() []byte {
	out := fmt.Appendf(nil, "%s\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":%s}]}\n\n", e.head, quoted(string(e.x.finish)))
	if e.x.req.Options.IncludeUsage {
		counts, err := json.Marshal(usage{e.x.input, len(e.x.pieces), e.x.input + len(e.x.pieces)})
		if err == nil {
			out = fmt.Appendf(out, "data: {\"id\":%s,\"object\":\"chat.completion.chunk\",\"created\":%d,\"model\":%s,\"usage\":%s,\"choices\":[]}\n\n",
				quoted(e.x.id), time.Now().Unix(), quoted(e.x.server.cfg.Model), counts)
		}
	}
	return append(out, doneMark...)
}
