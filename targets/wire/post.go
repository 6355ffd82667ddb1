package wire

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// field is a header field; its name is in canonical form.
type field struct{ name, value string }

// post makes a request whose body can be read again. Fields without a value are
// left out.
//
// Note: http.NewRequest would parse the address again, and each Header.Set has a
// list made for its value: a good part of what a small request costs.
func post(address *url.URL, body []byte, fields ...field) *http.Request {
	content := func() io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }
	header, values := make(http.Header, len(fields)), make([]string, 0, len(fields))
	for _, f := range fields {
		if f.value != "" {
			n := len(values)
			values = append(values, f.value)
			header[f.name] = values[n : n+1 : n+1]
		}
	}
	return &http.Request{
		Method: http.MethodPost, URL: address, Host: address.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header,
		Body: content(), ContentLength: int64(len(body)),
		GetBody: func() (io.ReadCloser, error) { return content(), nil },
	}
}

// requestID makes an id fit for a header: bytes other than printable ASCII are
// percent-encoded, because OpenAI refuses requests whose id has any.
func requestID(id string) string {
	if strings.IndexFunc(id, unprintable) < 0 {
		return id
	}
	var b strings.Builder
	for i := range len(id) {
		if c := id[i]; unprintable(rune(c)) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func unprintable(c rune) bool { return c <= ' ' || c > '~' }
