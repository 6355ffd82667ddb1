package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// amazonMedia is the media type of AWS's binary messages.
const amazonMedia = "application/vnd.amazon.eventstream"

// A message is its own length, that of its headers and a checksum of these two, each
// of four bytes, big endian; headers; payload; a checksum of all that.
const (
	amazonPrelude = 12
	amazonFrame   = amazonPrelude + 4 // bytes of a message that says nothing
)

// amazonMessages splits AWS's binary messages, each with two checksums. A message
// is dispatched as its type and kind in a line ("event messageStart", "exception
// throttlingException") before its payload. Its zero value is ready.
//
// Note: AWS's own decoder takes 43 allocations and 3 KB a message, more time than all
// else that happens to an event while its stream runs. Tests hold this one against it.
type amazonMessages struct {
	message []byte // the one that has not ended
	said    []byte // the latest one as it is dispatched
}

// feed takes bytes and calls dispatch with each message that they complete.
func (m *amazonMessages) feed(b []byte, dispatch func(name string, data []byte) error) error {
	for len(b) > 0 {
		have := len(m.message)
		if have == 0 && len(b) >= amazonPrelude {
			size, err := amazonSize(b)
			if err != nil {
				return err
			}
			if size <= len(b) { // whole: read where it lies
				if err := m.take(b[:size], dispatch); err != nil {
					return err
				}
				b = b[size:]
				continue
			}
		}
		want := amazonPrelude
		if have >= amazonPrelude {
			want = int(binary.BigEndian.Uint32(m.message)) // checked below, when it had come
		}
		n := min(want-have, len(b))
		m.message, b = append(m.message, b[:n]...), b[n:]
		switch have += n; {
		case have < want:
		case want == amazonPrelude:
			if _, err := amazonSize(m.message); err != nil {
				return err
			}
		default:
			message := m.message
			m.message = m.message[:0]
			if err := m.take(message, dispatch); err != nil {
				return err
			}
		}
	}
	return nil
}

// amazonSize is how many bytes the message has that begins so.
func amazonSize(prelude []byte) (int, error) {
	if crc32.ChecksumIEEE(prelude[:8]) != binary.BigEndian.Uint32(prelude[8:]) {
		return 0, errors.New("a message of the stream has the wrong checksum over its lengths")
	}
	size, headers := binary.BigEndian.Uint32(prelude), binary.BigEndian.Uint32(prelude[4:])
	if size < amazonFrame || size > maxEvent || headers > size-amazonFrame {
		return 0, fmt.Errorf("a message of the stream says it has %d bytes, %d of them headers: want %d to %d", size, headers, amazonFrame, maxEvent)
	}
	return int(size), nil
}

// take reads a whole message.
func (m *amazonMessages) take(message []byte, dispatch func(name string, data []byte) error) error {
	end := len(message) - 4
	if crc32.ChecksumIEEE(message[:end]) != binary.BigEndian.Uint32(message[end:]) {
		return errors.New("a message of the stream has the wrong checksum")
	}
	payload := amazonPrelude + int(binary.BigEndian.Uint32(message[4:]))
	h, err := amazonHeadersOf(message[amazonPrelude:payload])
	if err != nil {
		return err
	}
	kind, about := "event", h.event
	switch string(h.kind) {
	case "event":
	case "exception":
		kind, about = "exception", h.exception
	case "error":
		kind, about = "error", h.code
	default:
		return fmt.Errorf("a message of the stream has the type %q: want event, exception or error", clipped(string(h.kind)))
	}
	m.said = append(append(m.said[:0], kind...), ' ')
	m.said = append(append(m.said, about...), '\n')
	if kind != "error" {
		m.said = append(m.said, message[payload:end]...)
		return dispatch(kind, m.said)
	}
	text, err := json.Marshal(map[string]string{"message": string(h.message)})
	if err != nil {
		return err
	}
	m.said = append(m.said, text...)
	return dispatch(kind, m.said)
}

// amazonHeaders are the headers that say what a message is.
type amazonHeaders struct {
	kind, event, exception, code, message []byte
}

// errAmazonHeaders is the error of headers that end inside one.
var errAmazonHeaders = errors.New("a message of the stream has headers that cannot be read")

// amazonHeadersOf reads headers: each a name, one byte of type and a value, as long as
// its type is or, for bytes and text, as two bytes before it say. Of several with one
// name the last counts.
//
// Source: https://smithy.io/2.0/aws/amazon-eventstream.html
func amazonHeadersOf(b []byte) (h amazonHeaders, err error) {
	for len(b) > 0 {
		named := 1 + int(b[0])
		if len(b) < named+1 {
			return h, errAmazonHeaders
		}
		name, kind := b[1:named], b[named]
		b = b[named+1:]
		size := 0
		switch kind {
		case 0, 1: // true, false
		case 2: // a byte
			size = 1
		case 3: // integers
			size = 2
		case 4:
			size = 4
		case 5, 8: // an integer, an instant
			size = 8
		case 6, 7: // bytes, text
			if len(b) < 2 {
				return h, errAmazonHeaders
			}
			size, b = int(binary.BigEndian.Uint16(b)), b[2:]
		case 9: // a UUID
			size = 16
		default:
			return h, errAmazonHeaders
		}
		if len(b) < size {
			return h, errAmazonHeaders
		}
		if value := h.at(name); value != nil && kind == 7 {
			*value = b[:size]
		}
		b = b[size:]
	}
	return h, nil
}

// at is where a header's value belongs; nil for one that does not matter.
func (h *amazonHeaders) at(name []byte) *[]byte {
	switch string(name) {
	case ":message-type":
		return &h.kind
	case ":event-type":
		return &h.event
	case ":exception-type":
		return &h.exception
	case ":error-code":
		return &h.code
	case ":error-message":
		return &h.message
	}
	return nil
}

// amazonParts are what a dispatched message consists of again.
func amazonParts(data []byte) (kind, about string, payload []byte) {
	line, payload, _ := bytes.Cut(data, []byte("\n"))
	first, rest, _ := bytes.Cut(line, []byte(" "))
	return string(first), string(rest), payload
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
