package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"switchover/targets/chat"
)

// field is a header field; its name is in canonical form.
type field struct{ name, value string }

// post makes a request whose body, which is JSON, can be read again. accept is the media
// type of the answer that is asked for. Of the fields those without a value are left
// out.
//
// The endpoint's own headers come last: they replace the protocol's.
//
// Note: http.NewRequest would parse the address again, and each Header.Set has a
// list made for its value: a good part of what a small request costs.
func post(address *url.URL, body []byte, ep *Endpoint, req *chat.Request, accept string, more ...field) *http.Request {
	content := func() io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }
	fields := [...]field{{"Content-Type", "application/json"}, {"Accept", accept}, {"User-Agent", "switchover"}, {"X-Client-Request-Id", requestID(req.ID)}}
	n := len(fields) + len(more)
	header, values := make(http.Header, n), make([]string, 0, n)
	for _, some := range [...][]field{fields[:], more} {
		for _, f := range some {
			if f.value != "" {
				n := len(values)
				values = append(values, f.value)
				header[f.name] = values[n : n+1 : n+1]
			}
		}
	}
	for name, value := range ep.Headers {
		header.Set(name, value)
	}
	return &http.Request{
		Method: http.MethodPost, URL: address, Host: address.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header,
		Body: content(), ContentLength: int64(len(body)),
		GetBody: func() (io.ReadCloser, error) { return content(), nil },
	}
}

// accepted is the media type of the answer that is asked for.
func accepted(req *chat.Request) string {
	if req.Params.Whole {
		return "application/json"
	}
	return "text/event-stream"
}

// bearer is the header with the key as a bearer token; none where there is no key.
func bearer(ep *Endpoint) field {
	if ep.Key.Empty() {
		return field{}
	}
	return field{"Authorization", "Bearer " + ep.Key.Reveal()}
}

// addresses holds addresses that joinURL has made, the first maxAddresses of them: a run
// asks a few very often.
var (
	addresses     sync.Map // of [2]string to url.URL
	addressCount  atomic.Int32
	addressFilled sync.Mutex // held while one is kept
)

const maxAddresses = 64

// joinURL is where to post: the API's base followed by a path, or the base itself
// where it ends in that path already.
func joinURL(base, path string) (*url.URL, error) {
	of := [2]string{base, path}
	if known, ok := addresses.Load(of); ok {
		u := known.(url.URL)
		return &u, nil
	}
	u, err := join(base, path)
	if err == nil {
		keepAddress(of, u)
	}
	return u, err
}

// keepAddress keeps an address once, however many have just made it, while there is
// room.
func keepAddress(of [2]string, u *url.URL) {
	if addressCount.Load() >= maxAddresses {
		return
	}
	addressFilled.Lock()
	defer addressFilled.Unlock()
	if addressCount.Load() >= maxAddresses {
		return
	}
	if _, kept := addresses.LoadOrStore(of, *u); !kept {
		addressCount.Add(1)
	}
}

func join(base, path string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, errors.New("encoding a request: the target's url is none")
	}
	switch base := strings.TrimRight(u.Path, "/"); {
	case strings.HasSuffix(base, path):
	case u.RawPath != "" || strings.Contains(base, "//") || strings.Contains(base, "/."):
		u = u.JoinPath(path) // tidies up
	default:
		u.Path = base + path
	}
	u.Host = strings.TrimSuffix(u.Host, ":") // a colon without a port
	return u, nil
}

// withoutEnd is a base without the first of these ends that it has: those of the same
// server's other forms, whose addresses are easily copied.
func withoutEnd(base string, ends ...string) string {
	bare := strings.TrimRight(base, "/")
	for _, end := range ends {
		if rest, had := strings.CutSuffix(bare, end); had {
			return rest
		}
	}
	return base
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
