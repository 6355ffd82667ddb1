package wire

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/google/go-cmp/cmp"
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
		headers.Set(":error-message", eventstream.StringValue(payload))
		payload = ""
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

// splitAmazon is what messages come to, in pieces of n bytes.
func splitAmazon(body string, n int) (said []string, err error) {
	var m amazonMessages
	for i := 0; i < len(body) && err == nil; i += n {
		err = m.feed([]byte(body[i:min(i+n, len(body))]), func(kind string, data []byte) error {
			said = append(said, kind+"|"+string(data))
			return nil
		})
	}
	return said, err
}

func TestAmazonMessages(t *testing.T) {
	body := amazonEvent(t, "event", "messageStart", `{"role":"assistant"}`) + amazonEvent(t, "event", "empty", "") +
		amazonEvent(t, "exception", "throttlingException", `{"message":"m"}`) + amazonEvent(t, "error", "500", `it said "no"`)
	want := []string{"event|event messageStart\n" + `{"role":"assistant"}`, "event|event empty\n",
		"exception|exception throttlingException\n" + `{"message":"m"}`, "error|error 500\n" + `{"message":"it said \"no\""}`}
	for n := 1; n <= len(body); n++ {
		got, err := splitAmazon(body, n)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("in pieces of %d: %v (-want +got)\n%s", n, err, diff)
		}
	}
	if got, err := splitAmazon(body[:len(body)-1], len(body)); len(got) != len(want)-1 || err != nil {
		t.Errorf("half a message is %q, %v", got, err)
	}
}

// framed is a message with right checksums, whatever is in it.
func framed(size uint32, headers, payload []byte) string {
	b := binary.BigEndian.AppendUint32(nil, size)
	b = binary.BigEndian.AppendUint32(b, uint32(len(headers)))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	b = append(append(b, headers...), payload...)
	return string(binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b)))
}

func wholeFrame(headers, payload []byte) string {
	return framed(uint32(amazonFrame+len(headers)+len(payload)), headers, payload)
}

func TestAmazonMessagesRefuses(t *testing.T) {
	good := amazonEvent(t, "event", "messageStart", `{"role":"assistant"}`)
	for intent, tc := range map[string]struct{ body, want string }{
		"a message of 2 GiB, as soon as it says so": {framed(2<<30, nil, nil)[:amazonPrelude], "says it has 2147483648 bytes"},
		"a message shorter than its frame":          {framed(15, nil, nil), "says it has 15 bytes"},
		"headers longer than the message":           {framed(amazonFrame, []byte("abc"), nil), "3 of them headers"},
		"lengths that a bit was flipped in":         {"\x01" + good[1:], "the wrong checksum over its lengths"},
		"a payload that a bit was flipped in":       {good[:len(good)-6] + "\x00" + good[len(good)-5:], "the wrong checksum"},
		"headers that end inside one":               {wholeFrame([]byte("\x05:mess"), nil), "headers that cannot be read"},
		"a header of no known type":                 {wholeFrame([]byte("\x01a\x0b"), nil), "headers that cannot be read"},
		"text that is longer than the headers":      {wholeFrame([]byte("\x01a\x07\x00\x09ab"), nil), "headers that cannot be read"},
		"no type":                                   {wholeFrame(nil, []byte("{}")), `has the type "": want event, exception or error`},
		"a type of another kind":                    {amazonEvent(t, "ping", "x", ""), `has the type "ping"`},
	} {
		for _, n := range []int{1, 5, len(tc.body)} {
			if said, err := splitAmazon(tc.body, n); err == nil || !strings.Contains(err.Error(), tc.want) || said != nil {
				t.Errorf("%s, in pieces of %d: %q, %v: want %q", intent, n, said, err, tc.want)
			}
		}
	}
}

// FuzzAmazonMessages holds the splitter against AWS's own decoder, in any pieces, and to
// that no flipped bit passes.
func FuzzAmazonMessages(f *testing.F) {
	f.Add([]byte("\x0d:message-type\x07\x00\x05event\x0b:event-type\x07\x00\x0cmessageStart"), []byte(`{"role":"assistant"}`), uint16(9), uint8(3))
	f.Add([]byte("\x0d:message-type\x07\x00\x05error\x01a\x00\x01b\x01\x01c\x02x\x01d\x03xx\x01e\x04xxxx\x01f\x05xxxxxxxx\x01g\x06\x00\x01x\x01h\x08xxxxxxxx\x01i\x09xxxxxxxxxxxxxxxx"), []byte{}, uint16(100), uint8(0))
	f.Add([]byte("\x0d:message-type\x07\x00\x09exception\x0d:message-type\x07\x00\x05event"), []byte("x"), uint16(0), uint8(255))
	f.Fuzz(func(t *testing.T, headers, payload []byte, flip uint16, split uint8) {
		if len(headers)+len(payload) > 1<<16 {
			return
		}
		message := wholeFrame(headers, payload)
		said, err := splitAmazon(message, int(split)+1)
		theirs, theirErr := eventstream.NewDecoder().Decode(strings.NewReader(message), nil)
		text := func(name string) string {
			if v, ok := theirs.Headers.Get(name).(eventstream.StringValue); ok {
				return string(v)
			}
			return ""
		}
		kind := text(":message-type")
		switch {
		case theirErr != nil || kind != "event" && kind != "exception" && kind != "error":
			if err == nil {
				t.Errorf("AWS's decoder says %v, %q; this one %q", theirErr, kind, said)
			}
		case err != nil:
			t.Errorf("AWS's decoder reads it; this one says %v", err)
		case kind != "error":
			want := kind + "|" + kind + " " + text(":"+kind+"-type") + "\n" + string(payload)
			if len(said) != 1 || said[0] != want {
				t.Errorf("%q, AWS's decoder reads %q", said, want)
			}
		}
		bits := []byte(message)
		at := int(flip) % (8 * len(bits))
		bits[at/8] ^= 1 << (at % 8)
		if said, _ := splitAmazon(string(bits), int(split)+1); said != nil {
			t.Errorf("bit %d was flipped, and it was read as %q", at, said)
		}
	})
}

// BenchmarkAmazonMessages is what splitting off one event costs.
func BenchmarkAmazonMessages(b *testing.B) {
	const n = 1000
	body := []byte(strings.Repeat(amazonEvent(b, "event", "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":" word"},"p":"abcdefghijklm"}`), n))
	b.ReportAllocs()
	for b.Loop() {
		var m amazonMessages
		for i := 0; i < len(body); i += 190 {
			if err := m.feed(body[i:min(i+190, len(body))], func(string, []byte) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
}
