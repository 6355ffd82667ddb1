package wire

import (
	"net/http"
	"time"

	"switchover/targets/chat"
)

// serverTimes are the header fields in which hosted APIs say how long they worked on
// a request, and their units.
//
// Sources: OpenAI's API reference, "Debugging requests"; Fireworks' documentation,
// "How to get performance metrics for streaming responses".
//
// Note: x-envoy-upstream-service-time and its like are none: a gateway says there how
// long it waited, not how long anybody worked.
var serverTimes = []struct {
	name string
	unit time.Duration
}{
	{"Openai-Processing-Ms", time.Millisecond},
	{"Fireworks-Server-Processing-Time", time.Second},
}

// ServerTime is what the head of a response says of how long its server worked on it,
// as Timings.Total; nil where it does not say. The head of a stream is sent before
// the work is done, so what it says is not that: nil, too.
func ServerTime(header http.Header) *chat.Timings {
	switch mediaType(header.Get("Content-Type")) {
	case "text/event-stream", "application/x-ndjson", amazonMedia:
		return nil
	}
	for _, f := range serverTimes {
		if total := headerMeasure(header, f.name).nanoseconds(f.unit); total > 0 {
			return &chat.Timings{Total: total}
		}
	}
	return nil
}
