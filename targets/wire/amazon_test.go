package wire

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

// amazonEvent is one message of a stream, as AWS's own encoder writes it.
func amazonEvent(tb testing.TB, kind, name, payload string) string {
	tb.Helper()
	headers := eventstream.Headers{}
	switch kind {
	case "exception":
		headers.Set(":exception-type", eventstream.StringValue(name))
	case "error":
		headers.Set(":error-code", eventstream.StringValue(name))
	default:
		headers.Set(":event-type", eventstream.StringValue(name))
	}
	headers.Set(":content-type", eventstream.StringValue("application/json"))
	headers.Set(":message-type", eventstream.StringValue(kind))
	var b bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&b, eventstream.Message{Headers: headers, Payload: []byte(payload)}); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// BenchmarkAmazonMessages is what one event of a stream costs while it runs.
func BenchmarkAmazonMessages(b *testing.B) {
	var stream strings.Builder
	const n = 1000
	for range n {
		stream.WriteString(amazonEvent(b, "event", "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":" word"},"p":"abcdefghijklm"}`))
	}
	body := []byte(stream.String())
	b.ReportAllocs()
	for b.Loop() {
		var m amazonMessages
		start := time.Now()
		_ = start
		for i := 0; i < len(body); i += 190 {
			if err := m.feed(body[i:min(i+190, len(body))], func(string, []byte) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
}
