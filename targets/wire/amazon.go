package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream/eventstreamapi"
)

// amazonMedia is the media type of AWS's binary messages.
const amazonMedia = "application/vnd.amazon.eventstream"

// The bytes around a message's headers and payload, and the most that its headers
// may have.
const (
	amazonPrelude = 12
	amazonFrame   = amazonPrelude + 4
)

// amazonMessages splits AWS's binary messages, each with two checksums. A message
// is dispatched as its type and kind in a line ("event messageStart", "exception
// throttlingException") before its payload. Its zero value is ready.
type amazonMessages struct {
	message []byte // the one that has not ended
	decoder *eventstream.Decoder
}

// feed takes bytes and calls dispatch with each message that they complete.
func (m *amazonMessages) feed(b []byte, dispatch func(name string, data []byte) error) error {
	for len(b) > 0 {
		want := amazonFrame
		if len(m.message) >= 4 {
			want = int(binary.BigEndian.Uint32(m.message))
		}
		if want < amazonFrame || want > maxEvent {
			return fmt.Errorf("a message of the stream says it has %d bytes: want %d to %d", want, amazonFrame, maxEvent)
		}
		if len(m.message) < 4 {
			want = 4
		}
		n := min(want-len(m.message), len(b))
		m.message, b = append(m.message, b[:n]...), b[n:]
		if want == 4 || len(m.message) < want {
			continue
		}
		data, kind, err := m.decode()
		m.message = m.message[:0]
		if err == nil {
			err = dispatch(kind, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// decode reads the whole message.
func (m *amazonMessages) decode() (data []byte, kind string, err error) {
	if m.decoder == nil {
		m.decoder = eventstream.NewDecoder()
	}
	msg, err := m.decoder.Decode(bytes.NewReader(m.message), nil)
	if err != nil {
		return nil, "", fmt.Errorf("a message of the stream cannot be read: %w", err)
	}
	header := func(name string) string {
		if v := msg.Headers.Get(name); v != nil {
			return v.String()
		}
		return ""
	}
	kind = header(eventstreamapi.MessageTypeHeader)
	switch kind {
	case eventstreamapi.EventMessageType:
		return append([]byte(kind+" "+header(eventstreamapi.EventTypeHeader)+"\n"), msg.Payload...), kind, nil
	case eventstreamapi.ExceptionMessageType:
		return append([]byte(kind+" "+header(eventstreamapi.ExceptionTypeHeader)+"\n"), msg.Payload...), kind, nil
	case eventstreamapi.ErrorMessageType:
		said, err := json.Marshal(map[string]string{"message": header(eventstreamapi.ErrorMessageHeader)})
		return append([]byte(kind+" "+header(eventstreamapi.ErrorCodeHeader)+"\n"), said...), kind, err
	}
	return nil, "", fmt.Errorf("a message of the stream has the type %q: want event, exception or error", clipped(kind))
}

// clipped is what a server said, short enough for an error.
func clipped(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}

// flush has nothing to do: half a message is none.
func (*amazonMessages) flush(func(name string, data []byte) error) error { return nil }
